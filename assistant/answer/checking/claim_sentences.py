"""A claim -> its sentences, each to be checked by itself; doubt whether one ends leaves two of them together."""

from __future__ import annotations

import re

_END = re.compile(
    r"[.!?…][”\"’»)]{0,3}\s+(?=[“\"‘«„(]?[^\W_a-zß-öø-ÿ])|[。！？][”」』）]{0,3}(?=.)"  # "what? he asked" goes on
)
_ABBREVIATION = re.compile(
    r"(?:^|[\s(“\"-])(?:[^\W_]|(?:[^\W_]\.){1,4}[^\W_]|mrs?|ms|dr|prof|sen|gov|rep|gen|col|capt|lt|sgt|st|mt|jr|sr|inc"
    r"|ltd|co|corp|bros|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec|nos?|vol|fig|art|sec|vs|etc|approx|incl|ca|bzw|nr"
    r"|abs|str|z\.b|u\.a)\.$",
    re.IGNORECASE,
)
_LONGEST_ABBREVIATION = 12  # characters


def sentences_of(claim: str) -> list[str]:
    """The sentences of a claim in order; the claim itself where it is one, or none."""
    found, start = [], 0
    for end in _END.finditer(claim):
        if _ABBREVIATION.search(claim[max(0, end.start() - _LONGEST_ABBREVIATION) : end.start() + 1]):
            continue
        found.append(claim[start : end.end()].strip())
        start = end.end()
    return [*found, claim[start:].strip()]
