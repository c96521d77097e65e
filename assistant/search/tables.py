"""The library's tables; and their rows -> the nouns they were made from."""

from __future__ import annotations

import datetime
import json
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from assistant.types import Article, Document, Exclusion, Heading, Passage, Span

SCHEMA_VERSION = 4
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
}
"""What makes a library of each older format one of the next; what the new columns hold, the next index run fills in."""
SCHEMA = """
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS documents (
    id INTEGER PRIMARY KEY AUTOINCREMENT, root TEXT NOT NULL, path TEXT NOT NULL, name TEXT NOT NULL UNIQUE,
    size INTEGER NOT NULL, modified_ns INTEGER NOT NULL, recipe TEXT NOT NULL, metadata_key TEXT NOT NULL,
    as_read TEXT NOT NULL DEFAULT '', sha256 TEXT NOT NULL,
    media_type TEXT NOT NULL, text TEXT NOT NULL, title TEXT, title_how TEXT NOT NULL, publisher TEXT,
    publisher_how TEXT NOT NULL, author TEXT, author_how TEXT NOT NULL, url TEXT, date TEXT, date_how TEXT NOT NULL,
    date_basis TEXT NOT NULL, language TEXT NOT NULL, notes TEXT NOT NULL, headings TEXT NOT NULL, pages TEXT NOT NULL,
    language_how TEXT NOT NULL DEFAULT 'unknown',
    UNIQUE (root, path));
CREATE TABLE IF NOT EXISTS articles (
    document_id INTEGER NOT NULL REFERENCES documents ON DELETE CASCADE, position INTEGER NOT NULL,
    start INTEGER NOT NULL, end INTEGER NOT NULL, title TEXT, title_how TEXT NOT NULL, publisher TEXT,
    publisher_how TEXT NOT NULL, outlet TEXT, outlet_how TEXT NOT NULL, author TEXT, author_how TEXT NOT NULL,
    relayed_by TEXT, date TEXT, date_how TEXT NOT NULL, date_basis TEXT NOT NULL, url TEXT,
    origin_document INTEGER REFERENCES documents ON DELETE SET NULL, origin_position INTEGER,
    language TEXT NOT NULL DEFAULT '', language_how TEXT NOT NULL DEFAULT 'unknown', introduction TEXT,
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
    heading TEXT NOT NULL, sentences TEXT NOT NULL, text_key TEXT NOT NULL, joined TEXT NOT NULL DEFAULT '[]');
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


def document_values(document: Document) -> dict[str, Any]:
    """A document's columns, by name."""
    values = {name: getattr(document, name) for name in DOCUMENT_COLUMNS}
    headings = json.dumps([[*h.span, h.level] for h in document.headings])
    return values | {"date": iso(document.date), "headings": headings, "pages": json.dumps(document.pages)}


def article_values(article: Article) -> dict[str, Any]:
    """An article's columns but its place, by name."""
    introduction = json.dumps(article.introduction) if article.introduction else None
    values = {name: getattr(article, name) for name in ARTICLE_COLUMNS}
    return values | {"date": iso(article.date), "introduction": introduction}


def metadata_to_json(document: Document, articles: Sequence[Article]) -> str:
    """What is known of a document and its articles, to be laid aside while the user's word stands in its place."""
    return json.dumps(
        {
            "document": {name: value for name, value in document_values(document).items() if name in DOCUMENT_METADATA},
            "articles": [article_values(a) for a in articles],
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
    """The date that `iso` wrote."""
    return None if value is None else datetime.date.fromisoformat(value)


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
