"""A question -> what it is about: the names, quotations, days, figures and other words in it, and what it asks for."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator
from dataclasses import dataclass

from assistant.answer.question.follow_ups import names_in
from assistant.answer.question.library_names import NameTable
from assistant.answer.question.translations import english_words, is_foreign
from assistant.language.periods import Period, find_periods
from assistant.search.words import stems

_QUOTED = re.compile(r"[“„\"«「]([^”“\"»」]{6,120})[”“\"»」]|(?<!\w)['‘]([^'’‘]{6,80})['’](?!\w)")
_FIGURE = re.compile(
    r"(?<![\w.,-])[$€£¥]?\d[\d.,]*\d?(?:\s?(?:%|per ?cent|percent|bn|tn|thousand|million|billion|trillion)\b|\s?%)?"
    r"(?![\w-])",
    re.IGNORECASE,
)
_WORD = re.compile(r"[A-Za-zÀ-ÖØ-öø-ÿ][\w’'-]*\w")
_DOES_WHAT = re.compile(r"(?<=\bwho )(?:else )?[a-z]+(?:s|ed)\b", re.IGNORECASE)
"""What somebody is asked for having done: "leads" says no more of the sources than "is head of"."""
_ENDING = re.compile(r"['’]s?$")
_SENTENCE_START = re.compile(r"(?:^|[.?!:]\s)\W*$")
_LATIN = re.compile(r"[A-Za-z][\w&.-]*(?:\s[A-Z][\w&.-]*)*")
_ODD_CAPITALS = re.compile(r"\w*(?:[A-Z]\w*[A-Z]|\d)\w*")  # BYD, TikTok, H800: a name in any language
_AND = re.compile(r"\s(?:and|und|&)\s(?:the\s)?")
_MASK = "|"
LONGEST_NAME = 60  # characters; what is longer is no name, and is not repeated to who wrote it
SAYS_WHAT_IS_WANTED = frozenset(  # of the answer, not what the question is about
    "say says said tell tells told name names named list lists full complete exactly precisely total amount figure"
    " figures number numbers many much kind kinds sort sorts type types way ways reason reasons cause causes happen"
    " happened happens mean means meant meaning thing things people person somebody anybody long far big large high old"
    " new year years month months week weeks day days time times date dates comment comments commented mention mentions"
    " mentioned according article articles source sources text texts document documents file files report reports"
    " reported newsletter newsletters issue issues currently current latest newest recent recently now please describe"
    " explain summarise summarize summary give gives gave given get gets got make makes made take takes took taken come"
    " comes came goes going went want wants wanted use uses used done being ever still yet also think thinks thought"
    " call called compare compared difference different same another every each any several first second third"
    " last next following today tomorrow yesterday question answer answers know known does did has have was were will"
    " would can could should must might shall let per versus not corpus record view position role work works status"
    " situation timeline chronology overview background detail details information facts".split()
)
_KINDS = {
    "reason": (
        r"\b(?:why|how come|what (?:is|was|were|are) the (?:reason|cause)s?|warum|weshalb|wieso|pourquoi)\b"
        r"|为什么|为何"
    ),
    "date": r"\b(?:when|(?:what|which) (?:year|date|day|month)|wann|quand)\b|何时|什么时候|哪[年天]",
    "figure": (
        r"\bhow (?:many|much|large|big|high|old|long|far)\b|\b(?:price|cost|costs|revenue|valuation|percentage|salary"
        r"|share of|rate|sum|in (?:euros?|dollars|yuan))\b|\bwie ?(?:viele?|hoch|groß|lang|alt)\b|\bcombien\b"
        r"|多少|几[个家人]"
    ),
    "person": r"\b(?:who|whom|whose|wer|wem|wen)\b|谁",
    "place": r"\b(?:where|(?:which|what) (?:city|country|place|town|province)|wo|wohin|woher|où)\b|哪里|在哪|何处",
    "name": r"\b(?:names? of|what (?:is|was) .{1,40} called|which (?:\w+ ){0,2}(?:company|outlet|zoo|school))\b",
}
_ASKED = {kind: re.compile(pattern, re.IGNORECASE) for kind, pattern in _KINDS.items()}


@dataclass(frozen=True, slots=True)
class Name:
    """A name as the question writes it, and what else the library's documents or the list of translations call it."""

    words: str
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class QuestionTerms:
    """What a question speaks of, in its own words and order."""

    names: tuple[Name, ...]
    quotations: tuple[str, ...]
    figures: tuple[str, ...]
    periods: tuple[tuple[str, Period], ...]
    phrases: tuple[tuple[str, ...], ...]
    """Other words that stand side by side: (solar, panels). None of a question in another language than English."""
    asks_for: str
    """A figure, date, reason, person, place or name; empty where it is not clear which."""


def terms_of(question: str, names: NameTable, newest: datetime.date | None, sources: str = "") -> QuestionTerms:
    """Take a question apart.

    `sources` tell whether a word is a name, where the question does not: it is always written with a capital there.
    `newest` is the day of the library's newest text, for a month without its year.
    """
    question = " ".join(question.split())
    quotations = tuple(one or other for one, other in _QUOTED.findall(question))
    rest = _QUOTED.sub(_masked, question)
    periods = tuple((question[p.start : p.end], p) for p in find_periods(rest, newest))
    for words, _ in periods:
        rest = rest.replace(words, _MASK * len(words), 1)
    foreign = is_foreign(question)
    found = []
    for name in dict.fromkeys(_foreign_names(rest) if foreign else [*_names(rest, sources)]):
        rest = rest.replace(name, _MASK * len(name))
        others = dict.fromkeys([*names.others(name), *(english_words(name) if foreign else ())])
        if len(name) <= LONGEST_NAME:
            found.append(Name(name, tuple(others)))
    figures = tuple(dict.fromkeys(figure.strip(" .,") for figure in _FIGURE.findall(rest)))
    rest = _DOES_WHAT.sub(_masked, _FIGURE.sub(_masked, rest))
    phrases = () if foreign else tuple(dict.fromkeys(_phrases(rest)))
    return QuestionTerms(tuple(found), quotations, figures, periods, phrases, _asked_kind(question))


def _asked_kind(question: str) -> str:
    kinds = [kind for kind, asked in _ASKED.items() if asked.search(question)]
    return kinds[0] if len(kinds) == 1 else ""


def _names(text: str, sources: str) -> Iterator[str]:
    """Capitalised words; the first one of a sentence, and one in small letters, where the sources have it as a name."""
    at = 0
    for name in (part for run in names_in(text) for part in _AND.split(run)):
        at = text.index(name, at)
        words = _ENDING.sub("", name)
        opens = bool(_SENTENCE_START.search(text[:at])) and " " not in words
        at += len(name)
        if stems(words) and (not opens or _ODD_CAPITALS.fullmatch(words) or _is_name_in(sources, words)):
            yield words
    for word in _WORD.findall(text):
        if word.islower() and stems(word) and len(word) > 3 and _is_name_in(sources, word.capitalize()):
            yield _ENDING.sub("", word)


def _is_name_in(sources: str, word: str) -> bool:
    """Whether texts write a word with a capital within their sentences, and never without."""
    inner = re.search(rf"[a-z,] {re.escape(word)}\b", sources)
    return bool(inner) and not re.search(rf"\b{re.escape(word[0].lower() + word[1:])}\b", sources)


def _foreign_names(text: str) -> Iterator[str]:
    """What is a name whatever the language: Latin words in Chinese, and words with capitals within."""
    is_chinese = bool(re.search(r"[\u3400-\u9fff]", text))
    for found in _LATIN.finditer(text):
        if stems(found[0]) and (is_chinese or all(_ODD_CAPITALS.fullmatch(word) for word in found[0].split())):
            yield found[0]


def _phrases(text: str) -> Iterator[tuple[str, ...]]:
    """Runs of words that stand for something, a space between each."""
    run: list[str] = []
    end = 0
    for found in _WORD.finditer(text):
        word = _ENDING.sub("", found[0])
        counts = 2 < len(word) <= LONGEST_NAME and word.lower() not in SAYS_WHAT_IS_WANTED and bool(stems(word))
        if run and (not counts or text[end : found.start()] != " "):
            yield tuple(run)
            run = []
        if counts:
            run.append(word)
        end = found.end()
    if run:
        yield tuple(run)


def _masked(found: re.Match[str]) -> str:
    return _MASK * len(found[0])
