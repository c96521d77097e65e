"""Stored articles -> which are reprints of which, by small samples of their word sequences.

A sample keeps every sixteenth sequence, chosen by its own digest, so that two texts keep the same ones. Only those of
origins are stored, by number: a new article is compared with the few origins that share numbers with it, however many
documents there are, and a thousand reprints of one text cost no more to look through than the text itself.
"""

from __future__ import annotations

import datetime
import heapq
import re
import zlib
from collections import Counter
from dataclasses import dataclass
from itertools import accumulate

from assistant.search.database import Database

SHINGLE = 8  # words, or Chinese characters, in a row
SAMPLED = 16  # one sequence in so many is kept
SHARED = 6  # sequences in common, at least: about a hundred words
CONTAINED = 0.5  # share of the shorter one's sample: an introduction around a reprint leaves that much
STOCK = 50  # origins that hold a sequence: one that more hold is a stock phrase, and tells nothing
LONGEST = 200_000  # characters of an article that are sampled: as much as a long issue; of a book, its beginning
_WORDS = re.compile(r"[\u3400-\u9fff]|\w+")

Place = tuple[int, int]
"""A document's id, and which of its articles."""
Rank = tuple[bool, str, int, int]
"""Which of two articles stands first: not relayed rather than relayed, then by date, then as they were stored."""


@dataclass(frozen=True, slots=True)
class Appearance:
    """A document in which an article stands."""

    document: str
    """Its name."""
    publisher: str | None
    date: datetime.date | None
    is_origin: bool
    """Whether it stands there first."""
    document_id: int
    position: int
    """Which of the document's articles it is."""


def sample(text: str) -> frozenset[int]:
    """The sequences that are kept of a text; the same on every machine."""
    words = [word.casefold().encode() for word in _WORDS.findall(text[:LONGEST])]
    joined = b" ".join(words)
    starts = [0, *accumulate(len(word) + 1 for word in words)]
    digests = (
        zlib.crc32(joined[start : end - 1]) for start, end in zip(starts, starts[SHINGLE:], strict=False)
    )  # fmt: skip
    return frozenset(digest for digest in digests if digest % SAMPLED == 0)


def settle(database: Database) -> None:
    """Find the origin of every article that has none noted: what was just stored, or lost its origin.

    An article is a reprint of the origin before it that it has most in common with; where there is none it is an
    origin, and those after it that are like it become reprints. Articles are taken in their order, so none is taken
    twice. To be called within a transaction.
    """
    waiting = [_rank(database, place) for place in _unsettled(database)]
    heapq.heapify(waiting)
    while waiting:
        rank = heapq.heappop(waiting)
        place = rank[2:]
        own = sample(_text(database, place))
        alike = _origins_like(database, own)
        before = {other: common for other, common in alike.items() if other < rank}
        if before:
            origin = min(before, key=lambda other: (-before[other], other))
            _note_origin(database, place, origin[2:])
            continue
        for other in alike:
            for freed in unsettle(database, other[2:]):
                heapq.heappush(waiting, _rank(database, freed))
        _note_origin(database, place, place)
        database.write_many("INSERT INTO samples VALUES (?,?,?)", ((number, *place) for number in own))


def unsettle(database: Database, place: Place) -> list[Place]:
    """Forget whether an article is an origin; those that are noted as its reprints lose theirs. Returns all of them."""
    database.write("DELETE FROM samples WHERE document_id = ? AND position = ?", place)
    _note_origin(database, place, None)
    freed = _reprints(database, place)
    for reprint in freed:
        _note_origin(database, reprint, None)
    return [place, *freed]


def appearances(database: Database, place: Place) -> list[Appearance]:
    """Where an article stands, itself included: the origin first, then by date."""
    rows = database.rows(
        "SELECT d.name, a.publisher, a.date, a.document_id, a.position,"
        " a.origin_document = a.document_id AND a.origin_position = a.position AS is_origin"
        " FROM articles mine JOIN articles a USING (origin_document, origin_position)"
        " JOIN documents d ON d.id = a.document_id WHERE mine.document_id = ? AND mine.position = ?"
        " ORDER BY is_origin DESC, a.date IS NULL, a.date, d.name, a.position",
        place,
    )
    return [
        Appearance(
            document=r["name"],
            publisher=r["publisher"],
            date=datetime.date.fromisoformat(r["date"]) if r["date"] else None,
            is_origin=bool(r["is_origin"]),
            document_id=r["document_id"],
            position=r["position"],
        )
        for r in rows
    ]


def _unsettled(database: Database) -> list[Place]:
    rows = database.rows("SELECT document_id, position FROM articles WHERE origin_document IS NULL")
    return [(row["document_id"], row["position"]) for row in rows]


def _reprints(database: Database, place: Place) -> list[Place]:
    rows = database.rows(
        "SELECT document_id, position FROM articles WHERE origin_document = ? AND origin_position = ?", place
    )
    return [(row["document_id"], row["position"]) for row in rows]


def _note_origin(database: Database, place: Place, origin: Place | None) -> None:
    database.write(
        "UPDATE articles SET origin_document = ?, origin_position = ? WHERE document_id = ? AND position = ?",
        (*(origin or (None, None)), *place),
    )


def _rank(database: Database, place: Place) -> Rank:
    (row,) = database.rows(
        "SELECT relayed_by IS NOT NULL AS is_relayed, date FROM articles WHERE document_id = ? AND position = ?", place
    )
    return bool(row["is_relayed"]), row["date"] or "unknown, and so after every date", *place


def _text(database: Database, place: Place) -> str:
    """What is indexed of an article: its teasers and notices, which other pages share, are left out."""
    rows = database.rows(
        "SELECT text FROM passages WHERE document_id = ? AND article_position = ? ORDER BY start", place
    )
    return "\n".join(row["text"] for row in rows)


def _origins_like(database: Database, own: frozenset[int]) -> dict[Rank, int]:
    """The origins that share enough with a sample to be the same article, each with the numbers they share."""
    common: Counter[Place] = Counter()
    for number in own:  # one by one: a stock phrase is not read through to its end
        rows = database.rows(f"SELECT document_id, position FROM samples WHERE number = ? LIMIT {STOCK + 1}", (number,))
        if len(rows) <= STOCK:
            common.update((row["document_id"], row["position"]) for row in rows)
    return {
        _rank(database, place): count
        for place, count in common.items()
        if count >= SHARED and count >= CONTAINED * min(len(own), _sample_size(database, place))
    }


def _sample_size(database: Database, place: Place) -> int:
    (row,) = database.rows("SELECT count(*) AS size FROM samples WHERE document_id = ? AND position = ?", place)
    return int(row["size"])
