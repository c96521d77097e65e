"""Texts -> which of them repeat another: share of word sequences in common, so that a changed word does not hide it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

SHINGLE = 8  # words (or Chinese characters) in a row
COPY = 0.9  # share of a text's shingles that stand in an earlier one: it adds nothing
SHORTEST = 20  # shingles: of a shorter text nothing is said
_WORDS = re.compile(r"[\u3400-\u9fff]|\w+")


def shingles(text: str) -> frozenset[int]:
    """The sequences of eight words of a text, as numbers."""
    words = [word.casefold() for word in _WORDS.findall(text)]
    return frozenset(hash(tuple(words[i : i + SHINGLE])) for i in range(len(words) - SHINGLE + 1))


def copies(texts: Sequence[str]) -> dict[int, int]:
    """For each text that stands nearly whole in an earlier one: which. Time grows with the total length."""
    found: dict[int, int] = {}
    seen: dict[int, list[int]] = defaultdict(list)
    for index, text in enumerate(texts):
        own = shingles(text)
        shared: dict[int, int] = defaultdict(int)
        for shingle in own:
            for other in seen[shingle][:20]:
                shared[other] += 1
        best = max(shared, key=lambda other: shared[other], default=None)
        if best is not None and len(own) >= SHORTEST and shared[best] >= COPY * len(own):
            found[index] = best
            continue
        for shingle in own:
            seen[shingle].append(index)
    return found
