"""A question for a timeline, and the passages found -> the sentences that name its moments, in the order of time.

The order is that of the days, months and years that the sentences name. A month without a year is of the year that the
passage named last before, else the latest up to the day of its article; where neither is known, it has no place in the
order, and comes last.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.answer.reading.reader import sentence_text
from assistant.language.periods import Period, find_periods
from assistant.search.words import stems
from assistant.types import Evidence, Span

MOST_MOMENTS = 6
SHARE_NAMED = 0.5  # of as many as stand with the sentence that has most of them
ENOUGH_NAMED = 2  # words of what the question is about, that must stand in a sentence, beside or above it

_ASKED = re.compile(
    r"\b(?:time ?lines?|chronolog(?:y|ical\w*)|sequence of events|course of events|what happened when|step by step"
    r"|zeitleiste|zeitlicher (?:ab|ver)lauf|chronologie)\b|时间线|时间轴|大事记|来龙去脉",
    re.IGNORECASE,
)
_WISH = re.compile(
    r"\b(?:please|give|show|make|write|draw|list|need|want|events?|key|full|short|brief)\b", re.IGNORECASE
)
_YEAR = re.compile(r"(?<![\d.,$€£])(?:19|20)\d\d(?![\d%])")
_THAT_YEAR = re.compile(r"\b(?:that|the same) year\b", re.IGNORECASE)
_THIS_YEAR = re.compile(r"\b(?:this|last|next) year\b", re.IGNORECASE)
_ANY_YEAR = datetime.date(2000, 12, 31)  # for finding months of an unknown year
Place = tuple[Evidence, Span]


@dataclass(frozen=True, slots=True)
class Timeline:
    """Sentences in the order of time, and after them those whose year is not known."""

    places: tuple[Place, ...]
    without_year: int
    """How many of them, the last ones, name a day or month of a year that is not known."""


def asks_for_timeline(question: str) -> bool:
    """Whether a question wants to know what happened one after the other."""
    return bool(_ASKED.search(question))


def timeline_for(question: str, evidence: Sequence[Evidence]) -> Timeline | None:
    """Up to six sentences, each with a moment of its own; None where fewer than two are found.

    Of two with one moment counts the one that names more of the question or was found sooner, whatever a reader makes
    of them: so a timeline can be given before all is read. Moments outside of the years and days that the question
    names are left out.
    """
    if not asks_for_timeline(question):
        return None
    wanted = find_periods(question, None)
    about = set(stems(_WISH.sub(" ", _ASKED.sub(" ", _without(question, wanted)))))
    found = [
        (moment, _named(item, number, about), rank, (item, sentence))
        for rank, item in enumerate(sorted(evidence, key=lambda e: (-e.score, e.passage.id)), start=1)
        for number, sentence in enumerate(item.passage.sentences)
        if (moment := _moment(item, number, wanted, about))
    ]
    # A sentence may stand in two places, of which only one tells its year: that one counts.
    earliest: dict[str, tuple[bool, datetime.date]] = {}
    for moment, _, _, place in found:
        earliest[_words(place)] = min(moment, earliest.get(_words(place), moment))
    enough = max(min(ENOUGH_NAMED, len(about)), SHARE_NAMED * max((named for _, named, _, _ in found), default=0))
    likeliest: dict[tuple[bool, datetime.date], tuple[float, Place]] = {}
    for moment, named, rank, place in found:
        if named < enough or moment != earliest[_words(place)]:
            continue
        if moment not in likeliest or named / rank > likeliest[moment][0]:
            likeliest[moment] = (named / rank, place)
    chosen = sorted(sorted(likeliest, key=lambda moment: -likeliest[moment][0])[:MOST_MOMENTS])
    if len(chosen) < 2:
        return None
    return Timeline(tuple(likeliest[moment][1] for moment in chosen), sum(unplaced for unplaced, _ in chosen))


def _words(place: Place) -> str:
    return " ".join(sentence_text(*place).split())


def _named(item: Evidence, number: int, about: set[str]) -> int:
    """How many words of the question stand in a sentence, beside or above it; 0 where they stand only above."""
    beside = item.passage.sentences[max(0, number - 1) : number + 2]
    near = about & set(stems(" ".join(sentence_text(item, sentence) for sentence in beside)))
    return len(near | about & set(stems(item.passage.heading))) if near else 0


def _moment(
    item: Evidence, number: int, wanted: Sequence[Period], about: set[str]
) -> tuple[bool, datetime.date] | None:
    """Whether the year is unknown, and the first day of what a sentence names; a day or month before a mere year.

    A mere year counts only in a sentence that itself names what the question is about.
    """
    text = sentence_text(item, item.passage.sentences[number])
    today = _day_known_for(item, number, text)
    periods = find_periods(text, today)
    if wanted:
        first, last = min(p.first for p in wanted), max(p.last for p in wanted)
        periods = [p for p in periods if first <= p.last and p.first <= last]
    exact = [p for p in periods if not p.is_year] or (periods if about & set(stems(text)) else [])
    if exact:
        return False, exact[0].first
    unplaced = find_periods(text, _ANY_YEAR) if today is None else []
    return (True, unplaced[0].first) if unplaced and not _YEAR.search(text) else None


def _day_known_for(item: Evidence, number: int, text: str) -> datetime.date | None:
    """The last day that a month without a year can be of; None where nothing tells the year."""
    if _THIS_YEAR.search(text):
        return item.article.date
    before = " ".join(sentence_text(item, sentence) for sentence in item.passage.sentences[:number])
    years = _YEAR.findall(before)
    if years and (item.article.date is None or _THAT_YEAR.search(text)):
        return datetime.date(int(years[-1]), 12, 31)
    return item.article.date


def _without(question: str, periods: Sequence[Period]) -> str:
    for period in reversed(periods):
        question = f"{question[: period.start]} {question[period.end :]}"
    return question
