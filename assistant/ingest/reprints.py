"""Articles of many documents -> which are reprints of which, by small samples of their word sequences.

A sample keeps every sixteenth sequence, chosen by its own digest, so that two texts keep the same ones: a few numbers
an article, which can be stored and looked up, in place of comparing each text with every other.
"""

from __future__ import annotations

import datetime
import re
import zlib
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

SHINGLE = 8  # words, or Chinese characters, in a row
SAMPLED = 16  # one sequence in so many is kept
SHARED = 6  # sequences in common, at least: about a hundred words
CONTAINED = 0.5  # share of the shorter one's sample: an introduction around a reprint leaves that much
Place = tuple[str, int]
"""A document's name, and which of its articles."""
_WORDS = re.compile(r"[\u3400-\u9fff]|\w+")


@dataclass(frozen=True, slots=True)
class Sampled:
    """An article as far as reprints are told by it."""

    key: Place
    sample: frozenset[int]
    date: datetime.date | None = None
    is_relayed: bool = False


def sample(text: str) -> frozenset[int]:
    """The sequences that are kept of a text; the same on every machine."""
    words = [word.casefold() for word in _WORDS.findall(text)]
    digests = (zlib.crc32(" ".join(words[i : i + SHINGLE]).encode()) for i in range(len(words) - SHINGLE + 1))
    return frozenset(digest for digest in digests if digest % SAMPLED == 0)


def find_origins(articles: Sequence[Sampled]) -> dict[Place, Place]:
    """For each reprint the article that stands first: not relayed rather than relayed, then by date, then in order."""
    order = sorted(
        range(len(articles)),
        key=lambda i: (articles[i].is_relayed, articles[i].date or datetime.date.max, i),
    )
    holders: dict[int, list[int]] = defaultdict(list)
    found: dict[Place, Place] = {}
    for index in order:
        article = articles[index]
        common = Counter(other for number in article.sample for other in holders[number])
        best, count = max(common.items(), key=lambda item: item[1], default=(None, 0))
        if best is not None and count >= SHARED:
            shorter = min(len(article.sample), len(articles[best].sample))
            if count >= CONTAINED * shorter:
                found[article.key] = articles[best].key
                continue
        for number in article.sample:
            holders[number].append(index)
    return found
