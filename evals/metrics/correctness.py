"""An answer's text and what it must contain -> is it right?"""

from __future__ import annotations

import re

from evals.spans import PLAIN, Placed

READ_CHARACTERS = 1_200
"""A reader does not scroll through a dump: what comes later does not count."""
_MARKER = re.compile(r"\[\d+(?:\s*,\s*\d+)*\]")


def correct(placed: Placed) -> float | None:
    """1 if the case was answered, its text contains one of every `must_include` group and none of `must_not_include`.

    Compared without case and with plain quotation marks and dashes, in the first 1,200 characters after the citation
    markers are taken out. Refusals and errors are wrong. Unscored where there is no answer: see `grounded`.
    """
    case = placed.case
    if not case.answerable:
        return None
    if placed.answer is None:
        return 0.0
    text = _MARKER.sub("", placed.answer.text).translate(PLAIN)[:READ_CHARACTERS].casefold()
    complete = all(any(mentions(text, word) for word in group) for group in case.must_include)
    return float(complete and not any(mentions(text, word) for word in case.must_not_include))


def mentions(folded: str, word: str) -> bool:
    """Whether a text that is already plain and case-folded contains the word."""
    return word.translate(PLAIN).casefold() in folded


def length(placed: Placed) -> float | None:
    """Characters of an answer's text, markers and all. Unscored for refusals and errors."""
    return None if placed.answer is None else float(len(placed.answer.text))
