"""Articles of one issue -> the same, with the author whom the editor's greeting announces for an unsigned one.

"Ann Example looks at the harbour's debts": the unsigned article that shares most of such a sentence's words is hers,
if she has signed none and no other article comes near.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from assistant.language.people import PERSON, is_person
from assistant.types import Article

HEAD_LENGTH = 3_000  # characters of a greeting that are read
SHARED = 4  # rare words in common, at least
MARGIN = 1.5  # times as many as the next best article
_ANNOUNCED = re.compile(
    rf"(?P<name>{PERSON})(?:\s+has)?\s+(?:looks? (?:at|into)|reports?|writes|analy[sz]e[sd]|explains?"
    rf"|examines?|asks|describes|explores"
    r"|investigates?|traces|tells|profiles|takes a look|schaut|berichtet|analysiert|erklärt|beschreibt"
    r"|schreibt)\b(?=(?P<rest>[^.!?]*[.!?](?:[^.!?]*[.!?])?))"
)
_WORD = re.compile(r"[^\W\d_]{4,}")


def announced_authors(text: str, articles: Sequence[Article]) -> list[Article]:
    """The articles, with authors filled in from the first one where that is the editor's greeting."""
    result = list(articles)
    if len(result) < 3 or result[0].outlet or result[0].span.end - result[0].span.start > HEAD_LENGTH:
        return result
    greeting = text[slice(*result[0].span)]
    words = [_words(text[slice(*a.span)]) for a in result]
    signed = {a.author for a in result}
    for found in _ANNOUNCED.finditer(greeting):
        name = found["name"]
        if not is_person(name) or name in signed:
            continue
        topic = {w for w in _words(found["rest"]) if sum(w in other for other in words[1:]) <= max(1, len(words) // 3)}
        scores = sorted(((len(topic & other), i) for i, other in enumerate(words) if i), reverse=True)
        (best, index), (second, _) = scores[0], scores[1]
        if best >= SHARED and best >= MARGIN * second and not result[index].author and not result[index].relayed_by:
            result[index] = replace(result[index], author=name, author_how="inferred")
    return result


def _words(text: str) -> set[str]:
    return {word.casefold() for word in _WORD.findall(text)}
