"""SQLite: the truth. Documents, articles, passages and exclusions in; the same out, joined for evidence.

Chroma and tantivy hold nothing that cannot be made again from here. A passage's row never changes after it was
written: what is new gets a new id, so two indexes with the same ids hold the same texts.
"""

from __future__ import annotations

import datetime
import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from assistant.errors import AssistantError, NoIndexError
from assistant.search.database import Database
from assistant.search.reprints import Appearance, appearances, settle, unsettle
from assistant.search.tables import (
    DOCUMENT_METADATA,
    article_from,
    article_values,
    date_from,
    document_from,
    document_values,
    is_whole,
    passage_from,
    text_key,
    with_digest,
    with_metadata,
)
from assistant.search.trouble import damaged
from assistant.types import Alias, Article, DateMention, Document, Exclusion, LibrarySummary, Passage, Span

_ARTICLE = """
    d.name, a.*, CASE WHEN a.origin_document = a.document_id AND a.origin_position = a.position THEN NULL
        ELSE (SELECT name FROM documents WHERE id = a.origin_document) END AS reprint_of"""
_SIGN = "\ufffd"  # what stands for bytes that are no text
_PASSAGES = f"""
    SELECT p.id AS passage_id, p.start AS passage_start, p.end AS passage_end, p.text, p.heading, p.sentences, p.joined,
        p.article_position, p.digest AS passage_digest, {_ARTICLE}
    FROM passages p JOIN documents d ON d.id = p.document_id
    JOIN articles a ON a.document_id = p.document_id AND a.position = p.article_position"""


@dataclass(frozen=True, slots=True)
class FileState:
    """A file as it stood when it was last read: enough to see, without opening it, that it did not change."""

    root: str
    path: str
    size: int
    modified_ns: int
    recipe: str
    """How it was read and cut: the program's ingest version and settings. Another recipe, another reading."""
    metadata_key: str = ""
    """A digest of what the user says of the file; "" for nothing. Another key: other metadata, no other reading."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A document's row without its text: what a sync compares."""

    id: int
    name: str
    sha256: str
    state: FileState


@dataclass(frozen=True, slots=True)
class ReadDocument:
    """A document with all that was made of it, ready to be stored."""

    document: Document
    state: FileState
    articles: Sequence[Article]
    passages: Sequence[Passage]
    exclusions: Sequence[Exclusion]
    as_read: str = ""
    """What was known of it before the user's word was put in its place, by `metadata_to_json`."""
    aliases: Sequence[Alias] = ()
    mentions: Sequence[DateMention] = ()


@dataclass(frozen=True, slots=True)
class DamagedDocument:
    """A document of which something is not what was stored: its text, an article or a passage."""

    id: int
    name: str
    state: FileState
    """Where it was read from; with signs for bytes that are no text."""


@dataclass(frozen=True, slots=True)
class DocumentOverview:
    """One line of a list of sources."""

    name: str
    title: str | None
    publisher: str | None
    date: str | None
    date_how: str
    passages: int
    exclusions: int


class Library(Database):
    """The documents of a library, with all that was made of them."""

    # Facts about the library itself.

    def fact(self, name: str) -> str | None:
        """A stored fact, such as which embedder made the vectors."""
        row = self.row("SELECT value FROM facts WHERE name = ?", (name,))
        return None if row is None else str(row["value"])

    def set_fact(self, name: str, value: str) -> None:
        """Store a fact."""
        self.write("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))

    def reply(self, key: str) -> str | None:
        """What a language model said before, by a digest of what it was asked; None if it was not asked."""
        row = self.row("SELECT reply FROM replies WHERE key = ?", (key,))
        return None if row is None else str(row["reply"])

    def remember_reply(self, key: str, reply: str) -> None:
        """Store what a language model said."""
        self.write("INSERT OR REPLACE INTO replies VALUES (?, ?)", (key, reply))

    @property
    def generation(self) -> int:
        """A number that grows with every change: a reader that sees a new one opens the indexes anew."""
        return int(self.fact("generation") or 0)

    @property
    def state(self) -> tuple[str, int]:
        """Which library this is, and its generation: a folder that was deleted and made anew holds another library."""
        rows = self.rows("SELECT name, value FROM facts WHERE name IN ('identity', 'generation')")
        facts = {row["name"]: row["value"] for row in rows}
        return str(facts.get("identity", "")), int(facts.get("generation") or 0)

    # Writing, inside a transaction.

    def add(
        self,
        document: Document,
        state: FileState,
        articles: Sequence[Article],
        passages: Sequence[Passage],
        exclusions: Sequence[Exclusion],
        as_read: str = "",
        aliases: Sequence[Alias] = (),
        mentions: Sequence[DateMention] = (),
    ) -> tuple[int, list[int]]:
        """Store a document with all that was made of it. Returns its id and the ids of its passages.

        `as_read` is what was known before the user's word was put in its place, by `metadata_to_json`; "" if that is
        what is stored.
        """
        document_id = self.insert("documents", asdict(state) | document_values(document) | {"as_read": as_read})
        for position, a in enumerate(articles):
            self.insert("articles", {"document_id": document_id, "position": position} | article_values(a))
        for e in exclusions:
            self.write("INSERT INTO exclusions VALUES (?,?,?,?)", (document_id, *e.span, e.reason))
        for alias in aliases:
            self.write("INSERT INTO aliases VALUES (?,?,?,?,?)", (document_id, *alias.span, alias.name, alias.other))
        self._add_mentions(document_id, mentions)
        return document_id, [self._add_passage(document_id, document.text, p) for p in passages]

    def _add_mentions(self, document_id: int, mentions: Iterable[DateMention]) -> None:
        for m in mentions:
            days = (m.first.isoformat(), m.last.isoformat())
            self.write("INSERT INTO date_mentions VALUES (?,?,?,?,?,?)", (document_id, *m.span, m.words, *days))

    def _add_passage(self, document_id: int, text: str, passage: Passage) -> int:
        if text[slice(*passage.span)] != passage.text:
            raise ValueError(f"A passage of {passage.document} is not what its document says at {passage.span}.")
        values = {
            "article_position": passage.article_index,
            "start": passage.span.start,
            "end": passage.span.end,
            "text": passage.text,
            "heading": passage.heading,
            "sentences": json.dumps(passage.sentences),
            "joined": json.dumps(passage.joined),
        }
        place = {"document_id": document_id, "text_key": text_key(passage.text)}
        return self.insert("passages", place | with_digest("passages", values))

    def remove(self, document_id: int) -> list[int]:
        """Delete a document and all that was made of it. Returns the ids of its passages."""
        rows = self.rows("SELECT id FROM passages WHERE document_id = ? ORDER BY id", (document_id,))
        self.write("DELETE FROM documents WHERE id = ?", (document_id,))
        return [int(row["id"]) for row in rows]

    def touch(self, document_id: int, name: str, state: FileState) -> None:
        """Note that a file was renamed or saved again with the same content."""
        self.write(
            "UPDATE documents SET name = ?, root = ?, path = ?, size = ?, modified_ns = ? WHERE id = ?",
            (name, state.root, state.path, state.size, state.modified_ns, document_id),
        )

    def set_metadata(
        self,
        document_id: int,
        document: Document,
        articles: Sequence[Article],
        metadata_key: str,
        as_read: str,
        mentions: Sequence[DateMention],
        recipe: str = "",
    ) -> None:
        """Replace what is known of a document and its articles; text and passages stay.

        `recipe` says how it counts as read from now on; "" for as before.
        """
        values = document_values(document)
        values = {name: values[name] for name in DOCUMENT_METADATA} | {"metadata_key": metadata_key, "as_read": as_read}
        values |= {"recipe": recipe} if recipe else {}
        known = self.articles(document_id)
        self.update("documents", values, "id = ?", (document_id,))
        for position, (old, new) in enumerate(zip(known, articles, strict=True)):
            self.update("articles", article_values(new), "document_id = ? AND position = ?", (document_id, position))
            if (old.date, old.relayed_by is None) != (new.date, new.relayed_by is None):
                unsettle(self, (document_id, position))
        self.write("DELETE FROM date_mentions WHERE document_id = ?", (document_id,))
        self._add_mentions(document_id, mentions)

    def settle_origins(self) -> None:
        """See which articles are reprints of which, where documents were stored, removed or described anew."""
        settle(self)

    # Reading.

    def metadata_as_read(self, document_id: int) -> tuple[Document, list[Article]]:
        """A document and its articles with what was known of them before the user's word was put in its place.

        Raises:
            AssistantError: it is no longer in the library.
        """
        document, articles = self.document(document_id), self.articles(document_id)
        row = self.row("SELECT as_read FROM documents WHERE id = ?", (document_id,))
        return with_metadata(document, articles, row["as_read"]) if row and row["as_read"] else (document, articles)

    def passages_of(self, document_id: int) -> list[tuple[Passage, Article]]:
        """The passages of a document and the articles they stand in, in the order of the text.

        Raises:
            DamagedError: one of them is not what was stored.
        """
        rows = self.rows_as_they_are(f"{_PASSAGES} WHERE p.document_id = ? ORDER BY p.start", (document_id,))
        for row in rows:
            self._check(_is_whole(row), row["name"])
        return [(passage_from(row), article_from(row)) for row in rows]

    def entries_of(self, document_id: int) -> list[tuple[Passage, Article]]:
        """The same as an index takes them: damaged ones as they are now, to be found and told of."""
        rows = self.rows_as_they_are(f"{_PASSAGES} WHERE p.document_id = ? ORDER BY p.start", (document_id,))
        return [_readable(row) for row in rows]

    def entries(self, ids: Iterable[int]) -> list[tuple[Passage, Article]]:
        """The passages with these ids as an index takes them; ids that are gone are left out."""
        return [_readable(row) for row in self._by_ids(_PASSAGES, ids)]

    def files(self, root: str | None = None) -> list[StoredFile]:
        """Every document's row, in the order of names; of one corpus folder, or of all."""
        where, values = ("WHERE root = ?", (root,)) if root is not None else ("", ())
        rows = self.rows(
            f"SELECT id, name, sha256, {', '.join(FileState.__slots__)} FROM documents {where} ORDER BY name",
            values,
        )
        return [
            StoredFile(r["id"], r["name"], r["sha256"], FileState(*(r[k] for k in FileState.__slots__))) for r in rows
        ]

    def document(self, document_id: int) -> Document:
        """A document with its text.

        Raises:
            AssistantError: it is no longer in the library.
            DamagedError: its text is not what was stored.
        """
        row = next(iter(self.rows_as_they_are("SELECT * FROM documents WHERE id = ?", (document_id,))), None)
        if row is None:
            raise AssistantError(
                "This document is no longer in the library.", "Ask the question again to see today's sources."
            )
        self._check(is_whole("documents", row), row["name"])
        marks = self.rows("SELECT * FROM exclusions WHERE document_id = ? ORDER BY start, end", (document_id,))
        return document_from(row, marks)

    def holds(self, document_id: int) -> bool:
        """Whether there is such a document."""
        return self.row("SELECT 1 FROM documents WHERE id = ?", (document_id,)) is not None

    def pages(self, document_id: int) -> tuple[int, ...]:
        """The offsets at which a document's pages start; empty for formats without pages."""
        row = self.row("SELECT name, pages FROM documents WHERE id = ?", (document_id,))
        try:
            return tuple(json.loads(row["pages"])) if row else ()
        except ValueError:
            self._check(False, row["name"] if row else "")
            raise

    def articles(self, document_id: int) -> list[Article]:
        """The articles of a document, in order.

        Raises:
            DamagedError: one of them is not what was stored.
        """
        rows = self.rows_as_they_are(
            f"SELECT {_ARTICLE} FROM articles a JOIN documents d ON d.id = a.document_id"
            " WHERE a.document_id = ? ORDER BY a.position",
            (document_id,),
        )
        for row in rows:
            self._check(is_whole("articles", row), row["name"])
        return [article_from(row) for row in rows]

    def reprints_of(self, document_id: int, position: int) -> list[Appearance]:
        """Where else an article of a document stands, near-copies included: the origin first, then by date."""
        here = (document_id, position)
        return [found for found in appearances(self, here) if (found.document_id, found.position) != here]

    def aliases(self) -> list[tuple[str, Alias]]:
        """Every pair of names that a document states, with the document's name, in the order of documents."""
        rows = self.rows(
            "SELECT d.name AS document, a.* FROM aliases a JOIN documents d ON d.id = a.document_id"
            " ORDER BY d.name, a.start"
        )
        return [(r["document"], Alias(r["name"], r["other"], Span(r["start"], r["end"]))) for r in rows]

    def mentions(self, document_id: int) -> list[DateMention]:
        """The relative dates of a document, with the days that they come to, in order."""
        rows = self.rows("SELECT * FROM date_mentions WHERE document_id = ? ORDER BY start", (document_id,))
        return [
            DateMention(
                Span(r["start"], r["end"]),
                r["words"],
                datetime.date.fromisoformat(r["first"]),
                datetime.date.fromisoformat(r["last"]),
            )
            for r in rows
        ]

    def passages(self, ids: Iterable[int]) -> dict[int, tuple[Passage, Article]]:
        """The passages with these ids and the articles they stand in; ids that are gone or damaged are left out."""
        return self.checked_passages(ids)[0]

    def checked_passages(self, ids: Iterable[int]) -> tuple[dict[int, tuple[Passage, Article]], list[int]]:
        """The same; and the ids of those that are not what was stored, which must not be quoted."""
        found: dict[int, tuple[Passage, Article]] = {}
        damaged_ids: list[int] = []
        articles: dict[tuple[int, int], Article | None] = {}  # the ninety passages of a question are of some thirty
        for row in self._by_ids(_PASSAGES, ids):
            key = (row["document_id"], row["article_position"])
            if key not in articles:
                articles[key] = article_from(row) if is_whole("articles", row) else None
            article = articles[key]
            if article is None or not _is_whole_passage(row):
                damaged_ids.append(row["passage_id"])
            else:
                found[row["passage_id"]] = (passage_from(row), article)
        return found, damaged_ids

    def _by_ids(self, query: str, ids: Iterable[int]) -> Iterator[sqlite3.Row]:
        wanted = list(ids)
        for start in range(0, len(wanted), 500):  # SQLite takes a limited number of values
            part = wanted[start : start + 500]
            yield from self.rows_as_they_are(f"{query} WHERE p.id IN ({','.join('?' * len(part))})", part)

    def _check(self, whole: bool, document: str) -> None:
        if not whole:
            raise damaged(f"What is stored of {document} is damaged, and is not shown.", self._path.parent)

    def _damaged(self) -> AssistantError:
        names = ", ".join(found.name for found in self.damaged_documents())
        said = f"What is stored of {names} is damaged, and cannot be read." if names else super()._damaged().message
        return damaged(said, self._path.parent)

    def damaged_documents(self) -> list[DamagedDocument]:
        """The documents of which something is not what was stored. Reads all that there is: 2 to 6 s for 100,000
        passages.
        """
        ids = [row["id"] for row in self.rows("SELECT id FROM documents ORDER BY id")]
        return [found for found in map(self._if_damaged, ids) if found]

    def _if_damaged(self, document_id: int) -> DamagedDocument | None:
        (row,) = self.rows_as_they_are("SELECT * FROM documents WHERE id = ?", (document_id,))
        names = (row[column] for column in ("name", "root", "path"))
        whole = is_whole("documents", row) and not any(_SIGN in str(name) for name in names)
        articles = self.rows_as_they_are("SELECT * FROM articles WHERE document_id = ?", (document_id,))
        passages = self.rows_as_they_are("SELECT * FROM passages WHERE document_id = ?", (document_id,))
        whole = whole and all(is_whole("articles", article) for article in articles)
        whole = whole and all(
            is_whole("passages", p) and p["text"] == row["text"][p["start"] : p["end"]] for p in passages
        )
        if whole:
            return None
        return DamagedDocument(document_id, row["name"], FileState(*(row[k] for k in FileState.__slots__)))

    def check_pages(self) -> list[str]:
        """What SQLite finds wrong with its own file; empty where nothing is. 0.2 s for 100,000 passages."""
        said = [str(row[0]) for row in self.rows("PRAGMA quick_check(5)")]
        return [] if said == ["ok"] else said

    def article_columns(self) -> list[sqlite3.Row]:
        """What filters look at, of every article, in the order of documents and places."""
        return self.rows(
            "SELECT a.document_id, a.position, a.date, a.publisher, a.outlet, a.author, a.relayed_by, a.language"
            " FROM articles a ORDER BY a.document_id, a.position"
        )

    def passage_columns(self, after: int = 0) -> list[sqlite3.Row]:
        """Of every passage with a higher id: its id, its document's, and its article's place, in the order of ids."""
        return self.rows("SELECT id, document_id, article_position FROM passages WHERE id > ? ORDER BY id", (after,))

    def passage_ids(self) -> set[int]:
        """The ids of all passages: what both indexes must hold."""
        return {int(row["id"]) for row in self.rows("SELECT id FROM passages")}

    def has_passages(self) -> bool:
        """Whether there is anything to be found."""
        return bool(self.rows("SELECT 1 FROM passages LIMIT 1"))

    def documents_with(self, key: str) -> list[str]:
        """The names of the documents in which a text stands, by its key."""
        rows = self.rows(
            "SELECT DISTINCT d.name FROM passages p JOIN documents d ON d.id = p.document_id"
            " WHERE p.text_key = ? ORDER BY d.name",
            (key,),
        )
        return [str(row["name"]) for row in rows]

    def document_ids(self, names: Sequence[str]) -> list[int]:
        """The ids of documents by name; unknown names are left out."""
        marks = ",".join("?" * len(names))
        return [int(r["id"]) for r in self.rows(f"SELECT id FROM documents WHERE name IN ({marks})", names)]

    def overview(self) -> list[DocumentOverview]:
        """Every document with what is known of it, in the order of names."""
        rows = self.rows(
            "SELECT name, title, publisher, date, date_how,"
            " (SELECT count(*) FROM passages p WHERE p.document_id = d.id) AS passages,"
            " (SELECT count(*) FROM exclusions e WHERE e.document_id = d.id) AS exclusions"
            " FROM documents d ORDER BY name"
        )
        return [DocumentOverview(**dict(row)) for row in rows]

    def summary(self) -> LibrarySummary:
        """How much there is, and from when."""
        (row,) = self.rows(
            "SELECT (SELECT count(*) FROM documents) AS documents, (SELECT count(*) FROM passages) AS passages,"
            " min(date) AS oldest, max(date) AS newest FROM articles"
        )
        return LibrarySummary(row["documents"], row["passages"], date_from(row["oldest"]), date_from(row["newest"]))


def open_library(folder: Path) -> Library:
    """The library of a folder, to be read; neither index is opened.

    Raises:
        NoIndexError: there is none.
    """
    file = folder / "library.db"
    if not file.exists():
        raise NoIndexError(
            f"Nothing has been indexed yet in the library “{folder.name}”.",
            "Index a folder of documents first: assistant index PATH   (or try the sample: make chat)",
        )
    return Library(file)


def _is_whole_passage(row: sqlite3.Row) -> bool:
    return is_whole("passages", row, "passage_digest", "passage_")


def _is_whole(row: sqlite3.Row) -> bool:
    """Whether a passage, and the article that it stands in, is what was stored."""
    return _is_whole_passage(row) and is_whole("articles", row)


def _readable(row: sqlite3.Row) -> tuple[Passage, Article]:
    """A passage and its article as they are; of what is damaged, so much as an index needs."""
    if _is_whole(row):
        return passage_from(row), article_from(row)
    span = Span(row["passage_start"], row["passage_end"])
    passage = Passage(row["name"], span, str(row["text"]), (), str(row["heading"]), row["article_position"])
    passage = replace(passage, document_id=row["document_id"], id=row["passage_id"])
    return passage, Article(row["name"], span, document_id=row["document_id"])


def with_ids(passages: Sequence[Passage], document_id: int, ids: Sequence[int]) -> list[Passage]:
    """The passages as they were stored: with their own and their document's id."""
    return [replace(p, document_id=document_id, id=i) for p, i in zip(passages, ids, strict=True)]
