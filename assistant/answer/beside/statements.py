"""A sentence of the evidence -> what tells whether another one speaks of the same thing: names, moment, period."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from assistant.answer.reading.reader import Candidate, sentence_text
from assistant.language.figures import Figure, find_figures
from assistant.language.names import COMMON_ACRONYMS, are_one_place, is_place, single_names
from assistant.language.quantities import plain

MOST_FIGURES = 20  # of a sentence; more are a table, in which the order of words does not tell what each counts
NO_NAMES = COMMON_ACRONYMS | set("ev evs gpu gpus gdp llm corp inc ltd chairman president minister executives".split())
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_MONTHS = re.compile(
    r"\b(january|february|march|april|june|july|august|september|october|november|december)\b|\b(may) (?:\d|of\b)"
)
_PERIOD = re.compile(
    r"\b(first|second|third|fourth|last) (?:quarter|half)|\b(q[1-4]|full[- ]year|annual\w*|yearly|monthly|weekly"
    r"|quarter(?:ly)?|half[- ]year)\b"
)
_PRONOUN_FIRST = re.compile(r"^\W*(?:it|they|he|she|this|these|those|the company|the firm|the group)\b", re.I)


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence with what can be compared."""

    candidate: Candidate
    text: str
    figures: tuple[Figure, ...]
    names: frozenset[str]
    years: tuple[int, ...]
    months: frozenset[str]
    periods: frozenset[str]
    leans_back: bool
    """It begins with a pronoun: whom it is about stands in the sentence before."""

    @property
    def article(self) -> tuple[int, int]:
        """Which article it stands in."""
        passage = self.candidate.evidence.passage
        return passage.document_id, passage.article_index


def statement_of(candidate: Candidate) -> Statement:
    """Read a sentence; one that begins with a pronoun gets the names of the sentence before it."""
    text = " ".join(sentence_text(candidate.evidence, candidate.sentence).split())
    folded = plain(text)
    names = _names(text)
    leans_back = bool(_PRONOUN_FIRST.search(text))
    if leans_back:
        names |= _names(_sentence_before(candidate))
    return Statement(
        candidate=candidate,
        text=text,
        figures=_figures(text),
        names=names,
        years=tuple(int(year) for year in _YEAR.findall(text)),
        months=frozenset(match[1] or match[2] for match in _MONTHS.finditer(folded)),
        periods=frozenset(match[0] for match in _PERIOD.finditer(folded)),
        leans_back=leans_back,
    )


# A corpus has the same sentences for all who ask, and to read fifty of them is most of the work beside the models.
@lru_cache(maxsize=10_000)
def _names(text: str) -> frozenset[str]:
    return frozenset(single_names(text, acronyms=True)) - NO_NAMES


@lru_cache(maxsize=10_000)
def _figures(text: str) -> tuple[Figure, ...]:
    figures = tuple(find_figures(text))
    return figures if len(figures) <= MOST_FIGURES else ()


def _sentence_before(candidate: Candidate) -> str:
    sentences = candidate.evidence.passage.sentences
    index = sentences.index(candidate.sentence) if candidate.sentence in sentences else 0
    before = sentence_text(candidate.evidence, sentences[index - 1]) if index else ""
    return f"{candidate.evidence.passage.heading} {before}"


def may_be_of_one_thing(one: Statement, other: Statement) -> bool:
    """Whether neither names a place, a name, a moment or a period that the other puts another in the place of."""
    only_one, only_other = _besides(one.names, other.names), _besides(other.names, one.names)
    if any(map(is_place, only_one)) and any(map(is_place, only_other)):
        return False
    if (one.leans_back or other.leans_back) and not any(
        not is_place(name) for name in one.names if name not in only_one
    ):
        return False
    if only_one and only_other and len(only_one) == len(one.names) and len(only_other) == len(other.names):
        return False  # no name in common
    if one.years and other.years and (max(one.years) < min(other.years) or max(other.years) < min(one.years)):
        return False
    if one.months and other.months and not one.months & other.months:
        return False
    return not (one.periods and other.periods and one.periods != other.periods)


def _besides(names: frozenset[str], others: frozenset[str]) -> set[str]:
    return {name for name in names if not any(_may_be_one(name, other) for other in others)}


def _may_be_one(name: str, other: str) -> bool:
    """China and Chinese; the US and America; VW and Volkswagen, in which its consonants stand in order."""
    if name[:4] == other[:4] or are_one_place(name, other):
        return True
    short, long = sorted((name, other), key=len)
    abbreviates = len(short) <= 4 and short[0] == long[0] and not set(short) & set("aeiou")
    return abbreviates and bool(re.search(".*".join(map(re.escape, short)), long))
