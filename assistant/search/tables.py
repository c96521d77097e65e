"""The library's tables; and their rows -> the nouns they were made from."""

from __future__ import annotations

import datetime
import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import lru_cache
from operator import itemgetter
from typing import Any

from assistant.errors import DamagedError
from assistant.types import Article, Document, Exclusion, Heading, Passage, Span

SCHEMA_VERSION = 5


def _digest_in_sql(names: str) -> str:
    """The digest of columns, as bytes: what cannot be decoded has one, too."""
    return f"row_digest({', '.join(f'CAST({name} AS BLOB)' for name in names.split())})"


UPGRADES = {
    2: """
ALTER TABLE articles DROP COLUMN reprint_of;
ALTER TABLE articles ADD COLUMN origin_document INTEGER REFERENCES documents ON DELETE SET NULL;
ALTER TABLE articles ADD COLUMN origin_position INTEGER;
ALTER TABLE passages ADD COLUMN joined TEXT NOT NULL DEFAULT '[]';
""",
    3: """
ALTER TABLE documents ADD COLUMN language_how TEXT NOT NULL DEFAULT 'unknown';
ALTER TABLE articles ADD COLUMN language TEXT NOT NULL DEFAULT '';
ALTER TABLE articles ADD COLUMN language_how TEXT NOT NULL DEFAULT 'unknown';
ALTER TABLE articles ADD COLUMN introduction TEXT;
UPDATE documents SET language_how = 'given' WHERE language <> '';
UPDATE articles SET (language, language_how) =
    (SELECT d.language, d.language_how FROM documents d WHERE d.id = document_id);
""",
    4: f"""
ALTER TABLE documents ADD COLUMN digest BLOB NOT NULL DEFAULT x'';
ALTER TABLE articles ADD COLUMN digest BLOB NOT NULL DEFAULT x'';
ALTER TABLE passages ADD COLUMN digest BLOB NOT NULL DEFAULT x'';
UPDATE documents SET digest = {_digest_in_sql("text headings pages")};
UPDATE articles SET digest = {
        _digest_in_sql(
            "start end title title_how publisher publisher_how outlet outlet_how author author_how relayed_by date"
            " date_how date_basis url language language_how introduction"
        )
    };
UPDATE passages SET digest = {_digest_in_sql("article_position start end text heading sentences joined")}
    WHERE key_of_text(CAST(text AS BLOB)) = text_key;
INSERT OR IGNORE INTO facts VALUES ('identity', lower(hex(randomblob(16))));
""",
}
"""What makes a library of each older format one of the next; what the new columns hold, the next index run fills in.
Digests are made here: of what the texts say now, but of a passage only where its key, made when it was stored, fits."""
SCHEMA = """
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS documents (
    id INTEGER PRIMARY KEY AUTOINCREMENT, root TEXT NOT NULL, path TEXT NOT NULL, name TEXT NOT NULL UNIQUE,
    size INTEGER NOT NULL, modified_ns INTEGER NOT NULL, recipe TEXT NOT NULL, metadata_key TEXT NOT NULL,
    as_read TEXT NOT NULL DEFAULT '', sha256 TEXT NOT NULL,
    media_type TEXT NOT NULL, text TEXT NOT NULL, title TEXT, title_how TEXT NOT NULL, publisher TEXT,
    publisher_how TEXT NOT NULL, author TEXT, author_how TEXT NOT NULL, url TEXT, date TEXT, date_how TEXT NOT NULL,
    date_basis TEXT NOT NULL, language TEXT NOT NULL, notes TEXT NOT NULL, headings TEXT NOT NULL, pages TEXT NOT NULL,
    language_how TEXT NOT NULL DEFAULT 'unknown', digest BLOB NOT NULL DEFAULT x'',
    UNIQUE (root, path));
CREATE TABLE IF NOT EXISTS articles (
    document_id INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE, position INTEGER NOT NULL,
    start INTEGER NOT NULL, end INTEGER NOT NULL, title TEXT, title_how TEXT NOT NULL, publisher TEXT,
    publisher_how TEXT NOT NULL, outlet TEXT, outlet_how TEXT NOT NULL, author TEXT, author_how TEXT NOT NULL,
    relayed_by TEXT, date TEXT, date_how TEXT NOT NULL, date_basis TEXT NOT NULL, url TEXT,
    origin_document INTEGER REFERENCES documents ON DELETE SET NULL, origin_position INTEGER,
    language TEXT NOT NULL DEFAULT '', language_how TEXT NOT NULL DEFAULT 'unknown', introduction TEXT,
    digest BLOB NOT NULL DEFAULT x'',
    PRIMARY KEY (document_id, position)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS articles_by_origin ON articles (origin_document, origin_position);
CREATE TABLE IF NOT EXISTS samples (
    number INTEGER NOT NULL, document_id INTEGER NOT NULL, position INTEGER NOT NULL,
    PRIMARY KEY (number, document_id, position),
    FOREIGN KEY (document_id, position) REFERENCES articles ON DELETE CASCADE) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS samples_by_article ON samples (document_id, position);
CREATE TABLE IF NOT EXISTS passages (
    id INTEGER PRIMARY KEY AUTOINCREMENT, document_id INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE,
    article_position INTEGER NOT NULL, start INTEGER NOT NULL, end INTEGER NOT NULL, text TEXT NOT NULL,
    heading TEXT NOT NULL, sentences TEXT NOT NULL, text_key TEXT NOT NULL, joined TEXT NOT NULL DEFAULT '[]',
    digest BLOB NOT NULL DEFAULT x'');
CREATE INDEX IF NOT EXISTS passages_by_document ON passages (document_id);
CREATE INDEX IF NOT EXISTS passages_by_text ON passages (text_key);
CREATE TABLE IF NOT EXISTS exclusions (
    document_id INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE,
    start INTEGER NOT NULL, end INTEGER NOT NULL, reason TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS exclusions_by_document ON exclusions (document_id);
CREATE TABLE IF NOT EXISTS aliases (
    document_id INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE,
    start INTEGER NOT NULL, end INTEGER NOT NULL, name TEXT NOT NULL, other TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS aliases_by_document ON aliases (document_id);
CREATE TABLE IF NOT EXISTS date_mentions (
    document_id INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE,
    start INTEGER NOT NULL, end INTEGER NOT NULL, words TEXT NOT NULL, first TEXT NOT NULL, last TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS date_mentions_by_document ON date_mentions (document_id);
CREATE TABLE IF NOT EXISTS replies (key TEXT PRIMARY KEY, reply TEXT NOT NULL);
INSERT OR IGNORE INTO facts VALUES ('identity', lower(hex(randomblob(16))));
"""

DOCUMENT_COLUMNS = (
    "name", "sha256", "media_type", "text", "title", "title_how", "publisher", "publisher_how", "author", "author_how",
    "url", "date", "date_how", "date_basis", "language", "language_how", "notes", "headings",
    "pages",
)  # fmt: skip
ARTICLE_COLUMNS = (
    "title", "title_how", "publisher", "publisher_how", "outlet", "outlet_how", "author", "author_how", "relayed_by",
    "date", "date_how", "date_basis", "url", "language", "language_how", "introduction",
)  # fmt: skip
# What a user may say of a document; of its articles it is each of their columns. The rest is made of the text alone.
DOCUMENT_METADATA = (
    "title", "title_how", "publisher", "publisher_how", "author", "author_how", "url", "date", "date_how",
    "date_basis", "language", "language_how", "notes",
)  # fmt: skip
DIGESTED = {
    "documents": ("text", "headings", "pages"),
    "articles": ("start", "end", *ARTICLE_COLUMNS),
    "passages": ("article_position", "start", "end", "text", "heading", "sentences", "joined"),
}
"""What a row's digest is made of, by table: all that a quote rests on, and whose words it says they are."""


def row_digest(*values: object) -> bytes:
    """A digest of a row's values, 16 bytes, made when they are stored: other values, and they were changed on the disk.

    It says nothing against somebody who means to change them.
    """
    if any(isinstance(value, bytes) for value in values):  # in SQL: what cannot be decoded has a digest, too
        whole = b"\x1f".join(v if isinstance(v, bytes) else b"\0" if v is None else str(v).encode() for v in values)
    else:
        whole = "\x1f".join(["\0" if v is None else str(v) for v in values]).encode(errors="surrogatepass")
    return hashlib.blake2b(whole, digest_size=16).digest()


@lru_cache(maxsize=2_000)  # some 2 MB: the same passages are found again and again, also for one question
def text_key(text: str) -> str:
    """A digest of a text with white space folded and case ignored: reprints of a passage share it."""
    return hashlib.sha256(" ".join(text.split()).casefold().encode()).hexdigest()[:32]


def with_digest(table: str, values: dict[str, Any]) -> dict[str, Any]:
    """A row's values by column, and their digest."""
    return values | {"digest": row_digest(*(values[name] for name in DIGESTED[table]))}


def document_values(document: Document) -> dict[str, Any]:
    """A document's columns, by name."""
    values = {name: getattr(document, name) for name in DOCUMENT_COLUMNS}
    headings = json.dumps([[*h.span, h.level] for h in document.headings])
    values |= {"date": iso(document.date), "headings": headings, "pages": json.dumps(document.pages)}
    return with_digest("documents", values)


def article_values(article: Article) -> dict[str, Any]:
    """An article's columns but its document and its number in it, by name."""
    place = {"start": article.span.start, "end": article.span.end}
    return with_digest("articles", place | _article_metadata(article))


def _article_metadata(article: Article) -> dict[str, Any]:
    introduction = json.dumps(article.introduction) if article.introduction else None
    values = {name: getattr(article, name) for name in ARTICLE_COLUMNS}
    return values | {"date": iso(article.date), "introduction": introduction}


def metadata_to_json(document: Document, articles: Sequence[Article]) -> str:
    """What is known of a document and its articles, to be laid aside while the user's word stands in its place."""
    return json.dumps(
        {
            "document": {name: value for name, value in document_values(document).items() if name in DOCUMENT_METADATA},
            "articles": [_article_metadata(a) for a in articles],
        },
        ensure_ascii=False,
    )


def with_metadata(document: Document, articles: Sequence[Article], written: str) -> tuple[Document, list[Article]]:
    """A document and its articles with what `metadata_to_json` wrote, by this version or an earlier one."""
    laid_aside = json.loads(written)
    return (
        replace(document, **_typed({"language_how": "unknown"} | laid_aside["document"])),
        [
            replace(a, **_typed({"language": "", "language_how": "unknown", "introduction": None} | values))
            for a, values in zip(articles, laid_aside["articles"], strict=True)
        ],
    )


def _typed(values: dict[str, Any]) -> dict[str, Any]:
    """Stored values as the nouns have them."""
    typed = values | {"date": date_from(values["date"])}
    if said := values.get("introduction"):
        typed["introduction"] = Span(*json.loads(said))
    return typed


def iso(value: datetime.date | None) -> str | None:
    """A date as it is stored: "2025-01-30"; these sort as dates do."""
    return None if value is None else value.isoformat()


def date_from(value: str | None) -> datetime.date | None:
    """The date that `iso` wrote.

    Raises:
        DamagedError: it wrote no such thing.
    """
    try:
        return None if value is None else datetime.date.fromisoformat(value)
    except ValueError:
        raise DamagedError("A date in the library is damaged.", "Mend it: assistant index --repair") from None


def document_from(row: sqlite3.Row, exclusions: Iterable[sqlite3.Row]) -> Document:
    """A row of `documents`, and those of its exclusions."""
    same: dict[str, Any] = {key: row[key] for key in DOCUMENT_COLUMNS if key not in {"date", "headings", "pages"}}
    return Document(
        id=row["id"],
        **same,
        date=date_from(row["date"]),
        headings=tuple(Heading(Span(s, e), level) for s, e, level in json.loads(row["headings"])),
        pages=tuple(json.loads(row["pages"])),
        exclusions=tuple(Exclusion(Span(e["start"], e["end"]), e["reason"]) for e in exclusions),
    )


def article_from(row: sqlite3.Row) -> Article:
    """A row of `articles`, joined with its document's name, and its origin's if that is another article."""
    values = _typed({key: row[key] for key in ("document_id", "reprint_of", *ARTICLE_COLUMNS)})
    return Article(document=row["name"], span=Span(row["start"], row["end"]), **values)


def is_whole(table: str, row: sqlite3.Row, digest: str = "digest", prefix: str = "") -> bool:
    """Whether a row says what was stored; `prefix` stands before `start` and `end` where two tables were joined."""
    return bool(row_digest(*_digested(table, prefix)(row)) == row[digest])


@lru_cache(maxsize=8)
def _digested(table: str, prefix: str) -> Callable[[sqlite3.Row], tuple[object, ...]]:
    """What takes the digested values out of a row."""
    return itemgetter(*(f"{prefix}{name}" if name in {"start", "end"} else name for name in DIGESTED[table]))


def passage_from(row: sqlite3.Row) -> Passage:
    """A row of `passages`, joined with its document's name."""
    return Passage(
        document=row["name"],
        span=Span(row["passage_start"], row["passage_end"]),
        text=row["text"],
        sentences=tuple(map(Span._make, json.loads(row["sentences"]))),
        joined=tuple(json.loads(row["joined"])),
        heading=row["heading"],
        article_index=row["article_position"],
        document_id=row["document_id"],
        id=row["passage_id"],
    )
