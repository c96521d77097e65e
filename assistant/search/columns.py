"""The library -> columns in memory by which passages are narrowed down: days, names, documents, languages.

Read anew when the library's generation has changed, so that a filter sees what the library says now. Rows of passages
never change, so of those only new ones are read.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.search.library import Library
from assistant.search.rows import Ids
from assistant.search.tables import date_from

Mask = NDArray[np.bool_]
NAMED = ("publisher", "outlet", "author", "language")
"""What is filtered by name, in the order in which it is listed."""
_POSITIONS = 1 << 20  # articles of a document, at most: document and place fit into one number
_AND = re.compile(r"\s*(?:,|;|&|、|\band\b|\bund\b|和)\s*")


@dataclass(slots=True)
class Names:
    """The names of one kind: as they are written, and the articles of each, by its folded form."""

    written: dict[str, str] = field(default_factory=dict)
    articles: dict[str, list[int]] = field(default_factory=dict)

    def note(self, name: str, article: int) -> None:
        """An article has this name."""
        key = folded(name)
        self.written.setdefault(key, " ".join(name.split()))
        self.articles.setdefault(key, []).append(article)


@dataclass(frozen=True, slots=True)
class Columns:
    """One number an article and two a passage, and the names."""

    generation: int
    """The library's, when they were read."""
    passage_ids: Ids
    """In rising order."""
    passage_keys: Ids
    """Of each passage the article that it stands in."""
    passage_articles: Ids
    """The same as a place in the columns below; -1 for a passage that is gone."""
    documents: Ids
    positions: Ids
    days: Ids
    """Ordinals of dates; 0 where it is not known."""
    names: dict[str, Names]

    def mask(self, kind: str, wanted: Sequence[str]) -> Mask:
        """Which articles have one of these names, which must be known."""
        chosen = np.zeros(len(self.documents), dtype=np.bool_)
        for name in wanted:
            chosen[self.names[kind].articles[folded(name)]] = True
        return chosen

    def passages(self, articles: Mask) -> Ids:
        """The ids of the passages of these articles, in rising order."""
        inside = np.append(articles, False)  # where -1 points
        admitted: Ids = self.passage_ids[inside[self.passage_articles]]
        return admitted


def read_columns(library: Library, generation: int, before: Columns | None = None) -> Columns:
    """The columns of a library as it stands; passages that an earlier reading knew are not read again."""
    articles = library.article_columns()
    known, keys = (before.passage_ids, before.passage_keys) if before else (_numbers([]), _numbers([]))
    new = library.passage_columns(int(known[-1]) if len(known) else 0)
    numbers = np.fromiter((n for row in new for n in row), dtype=np.int64, count=3 * len(new)).reshape(-1, 3)
    known = np.concatenate([known, numbers[:, 0]])
    keys = np.concatenate([keys, numbers[:, 1] * _POSITIONS + numbers[:, 2]])
    documents = _numbers([row["document_id"] for row in articles])
    positions = _numbers([row["position"] for row in articles])
    article_keys = documents * _POSITIONS + positions  # in rising order, as the rows are
    at = np.searchsorted(article_keys, keys)
    there = at < len(article_keys)
    there[there] = article_keys[at[there]] == keys[there]
    days = _numbers([day.toordinal() if (day := date_from(row["date"] or None)) else 0 for row in articles])
    return Columns(generation, known[there], keys[there], at[there], documents, positions, days, _names(articles))


def folded(name: str) -> str:
    """A name as it is compared: case and the width of white space do not matter."""
    return " ".join(name.split()).casefold()


def outlet_of(outlet: str | None, publisher: str | None, relayed_by: str | None) -> str | None:
    """The outlet by which an article is found: its publisher, where it is the publisher's own text.

    Own is what names no outlet and was relayed by nobody: the outlet of a text that somebody relays is not known.
    """
    return outlet or (None if relayed_by else publisher)


def authors_of(author: str | None) -> list[str]:
    """The names by which an article is found: the whole line, and each person in it."""
    if not author:
        return []
    return list(dict.fromkeys([author, *filter(None, (part.strip() for part in _AND.split(author)))]))


def languages_of(code: str) -> list[str]:
    """The codes by which an article is found: the whole, and the language without its script or country ("de-AT")."""
    return list(dict.fromkeys([code, code.partition("-")[0]])) if code else []


def _names(articles: Sequence[Any]) -> dict[str, Names]:
    names = {kind: Names() for kind in NAMED}
    for number, row in enumerate(articles):
        values = {
            "publisher": [row["publisher"]],
            "outlet": [outlet_of(row["outlet"], row["publisher"], row["relayed_by"])],
            "author": authors_of(row["author"]),
            "language": languages_of(row["language"]),
        }
        for kind, found in values.items():
            for name in found:
                if name:
                    names[kind].note(name, number)
    return names


def _numbers(values: Sequence[int]) -> Ids:
    return np.array(values, dtype=np.int64)
