"""Found passages -> which of them are one: the same text, or a reprint's nearly equal passage beside its origin's."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from functools import lru_cache

from assistant.search.tables import text_key
from assistant.types import Article, Passage

Stored = Mapping[int, tuple[Passage, Article]]

_WORDS_IN_A_ROW = 5
NEARLY_EQUAL = 0.7
"""Share of the shorter passage's runs of five words that the other holds, too. Reprints are cut at other places, and
change a headline or a figure; two passages about one thing by two hands share less than a tenth."""
_WORDS = re.compile(r"[\u3400-\u9fff]|\w+")


def same_text(stored: Stored) -> dict[int, str]:
    """For each passage the key of its text: those whose words are the same to the letter share it."""
    return {passage_id: text_key(passage.text) for passage_id, (passage, _) in stored.items()}


def one_per_origin(stored: Stored) -> dict[int, str]:
    """The same, and what stands nearly equal in a reprint has the key of its origin's passage.

    Passages are compared only where one's article is a reprint of the other's document, or both are of a third.
    """
    keys = same_text(stored)
    families: dict[str, list[int]] = defaultdict(list)
    for passage_id in sorted(stored, key=lambda i: (stored[i][1].reprint_of is not None, i)):
        passage, article = stored[passage_id]
        families[article.reprint_of or passage.document].append(passage_id)
    for members in families.values():
        if any(stored[i][1].reprint_of for i in members):
            _join(members, stored, keys)
    return keys


def _join(members: list[int], stored: Stored, keys: dict[int, str]) -> None:
    """Give each passage the key of the first one before it, in another document, that is nearly equal."""
    runs = {i: _runs(stored[i][0].text) for i in members}
    for at, passage_id in enumerate(members):
        for earlier in members[:at]:
            elsewhere = stored[earlier][0].document != stored[passage_id][0].document
            if elsewhere and _share(runs[earlier], runs[passage_id]) >= NEARLY_EQUAL:
                joined, old = keys[earlier], keys[passage_id]
                for i in members:
                    if keys[i] == old:
                        keys[i] = joined
                break


@lru_cache(maxsize=2_000)  # some 20 MB: the same passages are found again and again
def _runs(text: str) -> frozenset[int]:
    """The runs of five words in a text, as their hashes."""
    words = [word.casefold() for word in _WORDS.findall(text)]
    length = min(_WORDS_IN_A_ROW, len(words))
    return frozenset(hash(tuple(words[i : i + length])) for i in range(len(words) - length + 1))


def _share(first: frozenset[int], second: frozenset[int]) -> float:
    shorter = min(len(first), len(second))
    return len(first & second) / shorter if shorter else 0.0
