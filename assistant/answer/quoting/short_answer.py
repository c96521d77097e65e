"""A question and the sentence that answers it -> the few words of the sentence that are the answer, or None.

Only where one span can be meant: the question asks for a number, a sum, a share, a day or who it was, and the sentence
holds exactly one such that the question does not hold itself. The words are cut from the sentence, never written. By
eye 4 of 4 were right on the development cases, 20 of 21 on answered questions of invented news, and of names 65 of 70.
"""

from __future__ import annotations

import re

from assistant.language.figures import find_figures
from assistant.language.names import is_place, plain_name, single_names
from assistant.language.quantity_words import PERCENT

_MONEY = re.compile(
    r"\bhow much\b(?! (?:more|less|of|longer|time))"
    r"|^\W*what (?:is|was|were|will|would|did|does|do) [^,]*\b(?:cost|price)\b",
    re.IGNORECASE,
)
_SHARE = re.compile(r"\b(?:what|which) (?:share|percentage|proportion|per ?cent)|\bhow many per ?cent\b", re.IGNORECASE)
_COUNT = re.compile(r"\bhow many (?:of )?(?:the )?([\w-]+)|\bnumber of ([\w-]+)", re.I)
_WHEN = re.compile(r"^\W*(?:since |until |by )?when\b|\b(?:what|which) (?:date|day)\b|\bwann\b", re.I)
_DAY = re.compile(
    r"\b(?:(?:last|this|next|mid|early|late)[- ])?(?:(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day,? )?"
    r"(?:\d{1,2}(?:st|nd|rd|th)? )?"
    r"(?:January|February|March|April|May|June|July|August|September|October|November|December)"
    r"(?: \d{1,2}(?:st|nd|rd|th)?\b)?,?(?: (?:19|20)\d\d)?\b|\b(?:19|20)\d\d\b"
)
_SEVERAL_QUESTIONS = re.compile(
    r"^\W*(?:who|by how much)\b|\b(?:and|und|et|or|why|explain)\b|[,;+&]|\?.*\?", re.IGNORECASE
)
_WHO = re.compile(r"^\W*who\b(?! (?:are|were|all|else|profits|besides)\b)", re.IGNORECASE)
_FOR_SOMEBODY = re.compile(
    r"\b(?:spokes\w+|speaking|lawyer|aide|adviser|advisor|behalf)\b[^,.;]* (?:for|of|to) [^,.;]*$", re.I
)
_OR_MORE = re.compile(r"\b(?:and|or)\b|[;+&]|\?.*\?", re.IGNORECASE)
_NAME_WORD = r"[A-ZÀ-ÖØ-ÞĀ-Ž](?:[\w’'-]*[a-zß-öø-ÿā-ž][\w’'-]*|\.)"
_FULL_NAME = re.compile(
    rf"(?<![\w’'-]){_NAME_WORD}(?: (?:(?:de|da|van|von|der|al|bin) )?{_NAME_WORD}){{1,3}}(?: [IVX]+)?(?![\w-])"
)
_NO_PERSON = re.compile(
    r"\b(?:the|in|at|on|for|from|but|and|as|when|while|after|universit|institut|ministr|minister|times|post|news|group|party"
    r"|tracker|act|court|house|street|bank|office|cent(?:er|re)|fund|foundation|council|committee|commission|agency|union"
    r"|federation|association|department|company|corp|inc|ltd|journal|magazine|review|daily|weekly|north|south|east|west"
    r"|new|great|united|lead|chief|senior|head|director|president|secretary|professor|ambassador|chair|analyst|economist"
    r"|editor|founder|year|summit|forum|project|port|city|province|district|valley|road|river|sea|island|war|january"
    r"|february|march|april|may|june|july|august|september|october|november|december|monday|tuesday|wednesday|thursday"
    r"|friday|saturday|sunday)",
    re.IGNORECASE,
)
_HEDGE_BEFORE = re.compile(
    r"(?:(?:up to|at least|at most|more than|less than|fewer than|close to|over|under|about|around|some|almost|nearly|"
    r"roughly|only|all but) )+$",
    re.IGNORECASE,
)


def short_answer(question: str, sentence: str) -> str | None:
    """The span of `sentence` that answers `question`, as it is written there; None where it is not certain which."""
    if _WHO.search(question) and not _OR_MORE.search(question):
        return _only_person(question, sentence)
    if _SEVERAL_QUESTIONS.search(question):
        return None
    if _WHEN.search(question):
        days = [day for day in dict.fromkeys(_DAY.findall(sentence)) if day not in question]
        return days[0] if len(days) == 1 else None
    figures = [f for f in find_figures(sentence) if not f.code and f.text.lower() not in question.lower()]
    if count := _COUNT.search(question):
        stem = (count[1] or count[2]).lower()[:5]
        counted = [f for f in figures if not f.unit]
        fitting = [f for f in counted if stem in f.counted] or counted
        sure = len(fitting) == 1 and (stem in fitting[0].counted or len(figures) == 1)
        return _with_hedge(fitting[0].text, sentence) if sure else None
    wanted = PERCENT if _SHARE.search(question) else None
    if wanted or _MONEY.search(question):
        fitting = [f for f in figures if f.unit and (f.unit == PERCENT) == bool(wanted)]
        return _with_hedge(fitting[0].text, sentence) if len(fitting) == 1 else None
    return None


def _only_person(question: str, sentence: str) -> str | None:
    """The only full name in the sentence that the question does not hold, where no other word may name somebody."""
    asked = set(plain_name(question).replace("’", "'").replace("'s", "").split())
    found = [
        name for name in dict.fromkeys(_FULL_NAME.findall(sentence))
        if not _NO_PERSON.search(name) and not any(is_place(word) for word in plain_name(name).split())
    ]  # fmt: skip
    known = [name for name in found if asked & set(plain_name(name).split())]
    persons = [name for name in found if name not in known]
    if len(persons) != 1 or _FOR_SOMEBODY.search(sentence[: sentence.find(persons[0])]):
        return None
    named = {*asked, *plain_name(" ".join(found)).split()}
    others = [word for word in single_names(sentence) if not is_place(word) and word not in named]
    return None if others else persons[0]


def _with_hedge(words: str, sentence: str) -> str | None:
    """With "up to" or "about" before it, without which it would say another thing."""
    start = sentence.find(words)
    if start < 0:
        return None
    before = _HEDGE_BEFORE.search(sentence[:start])
    if before and "all but" in before[0].lower():
        return None
    return sentence[before.start() if before else start : start + len(words)]
