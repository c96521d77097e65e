"""A stretch of text -> the exact spans of its sentences, in English, German and Chinese.

The boundaries come from sentencex (a library of the Wikimedia Foundation); what is ours is that they are kept as
offsets, and five repairs that newsletters need, each where it is made.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

import sentencex

from assistant.types import Span

# A unit or month that ends in a full stop, and goes on: "USD 1.2 bn. to", "am 30. Jan. 2025", "No. 5".
_ABBREVIATION = re.compile(
    r"(?:\b(?:bn|mn|m|tn|mio|mrd|approx|ca|no|nos|nr|vol|art|sec|fig|ed|dept|est|inc|ltd|corp|co|univ"
    r"|jan|feb|mar|apr|jun|jul|aug|sep|sept|oct|nov|dec|okt|dez|mrz)|\b\d{1,2})\.\s*$",
    re.IGNORECASE,
)
_GOES_ON = re.compile(
    r"[\s\"'“”‘’»«)\]]*(?:[a-z]|\d|(?:Jan|Feb|Apr|Aug|Sept?|Okt|Nov|Dez|Januar|Februar|März|April|Mai|Juni?|Juli?|August"
    r"|September|Oktober|November|Dezember|Euro|Dollar|Yuan|US)\b)"
)
# What a name or a number always follows: "Ms. Li", "Vgl. S. 12"; and the German ordinal, "Im 3. Quartal".
_NEVER_LAST = re.compile(
    r"\b(?:Mr|Mrs|Ms|Dr|Prof|Gov|Sen|Rep|Gen|Col|Lt|Sgt|Capt|Adm|Rev|Hon|Messrs|Hr|Fr|Vgl|vgl|Bzw|bzw)\.\s*$"
    r"|\b(?:[Ii]m|[Aa]m|[Dd]er|[Dd]as|[Dd]em|[Dd]es|[Dd]en|[Vv]om|[Zz]um|[Zz]ur|[Bb]eim)\s\d{1,2}\.\s*$"
)
# Ends that sentencex passes over: after the one month that is never shortened, and after a sentence in brackets.
_MISSED = re.compile(r"(?:\b(?:May|Mai)\.|[^\W\d_A-Z]{3}[.!?]\))\s+(?=[\"“„‘»]?[A-ZÄÖÜ])")
_ORDINAL_DAY = re.compile(r"\b\d{1,2}\.\s*$")
CUT_LENGTH = 40  # characters: what a page break leaves of a sentence; a shorter line is a heading or an item
_NEAR = 60  # characters on either side of a boundary that decide whether it is one
_AT_ONCE = 10_000  # characters given to sentencex at a time
_CLOSING = re.compile(r"[\"”’»)\]】」』*_]+\s*")
_LONE_SURROGATE = re.compile(r"[\ud800-\udfff]")  # no file holds one, but a text from another program may
_CHINESE = re.compile(r"[\u3400-\u9fff]")


def language_of(text: str) -> str:
    """The language whose abbreviations apply: "zh" where a fifth of the letters are Chinese, else "en".

    German needs no rules of its own once "30. Jan." is repaired below; sentencex's English ones cover the rest.
    """
    letters = sum(ch.isalpha() for ch in text)
    return "zh" if letters and len(_CHINESE.findall(text)) / letters > 0.2 else "en"


def split_sentences(text: str, start: int, end: int) -> tuple[Span, ...]:
    """The sentences of `text[start:end]`, a block without paragraph breaks, as absolute offsets without outer space."""
    part = text[start:end]
    # One line, so that sencentex sees no paragraph break; replacing one character by one keeps every offset.
    flat = _LONE_SURROGATE.sub("\ufffd", re.sub(r"\s", " ", part))
    spans: list[Span] = []
    begin = 0
    for boundary in _boundaries(flat, language_of(part)):
        # A closing quote or bracket belongs to the sentence before it.
        closing = _CLOSING.match(flat, boundary)
        stop = closing.end() if closing and not flat[boundary - 1].isspace() else boundary
        if stop <= begin or (
            stop < len(flat) and _continues(flat[max(begin, stop - _NEAR) : stop], flat[stop : stop + _NEAR])
        ):
            continue
        spans.append(Span(begin, stop))
        begin = stop
    if begin < len(flat):
        spans.append(Span(begin, len(flat)))
    trimmed = (_trim(flat, span) for span in spans)
    return tuple(Span(start + s.start, start + s.end) for s in trimmed if s.end > s.start)


def _boundaries(flat: str, language: str) -> Iterator[int]:
    """Where sentencex sees sentences end; on a line with many brackets it takes a time that grows with the square."""
    start = 0
    while start < len(flat):
        part = flat[start : start + _AT_ONCE]
        ends = [start + b["end_index"] for b in sentencex.get_sentence_boundaries(language, part)]
        if start + len(part) < len(flat) and len(ends) > 1:
            ends.pop()  # it ended where the part does
        missed = (found.end() for found in _MISSED.finditer(flat, start, ends[-1] if ends else start + len(part)))
        yield from sorted({*ends, *missed})
        start = ends[-1] if ends else start + len(part)


def _continues(before: str, after: str) -> bool:
    """Whether a boundary is none: an abbreviation before it, or a lower-case letter after it."""
    following = after.lstrip()
    if not following:
        return False
    if following[0].islower() and before.rstrip()[-1:] not in "。！？":
        return True
    if _NEVER_LAST.search(before):
        return True
    return bool(_ABBREVIATION.search(before) and _GOES_ON.match(after)) and not (
        _ORDINAL_DAY.search(before) and following[0].isdigit()
    )


def _trim(text: str, span: Span) -> Span:
    """The span without white space at either end."""
    inner = text[span.start : span.end]
    return Span(span.start + len(inner) - len(inner.lstrip()), span.end - len(inner) + len(inner.rstrip()))


def continuations(text: str, sentences: Sequence[Span]) -> tuple[int, ...]:
    """Which sentences (by index) go on with the one before: a page break cut it, and a citation needs both spans.

    The first part is long and breaks off without a stop; the second follows a blank line and begins with a small
    letter, or the first ended in a comma. A heading or a bullet between two texts is short, or begins otherwise.
    """
    return tuple(
        index
        for index, (before, after) in enumerate(pairwise(sentences), start=1)
        if before.end - before.start >= CUT_LENGTH
        and "\n" in text[before.end : after.start]
        and not text[before.end : after.start].strip()
        and (
            (text[before.end - 1].isalpha() and text[after.start].islower())
            or (text[before.end - 1] == "," and text[after.start].isalpha())
        )
    )
