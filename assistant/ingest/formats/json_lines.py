"""A JSON Lines file (.jsonl), an article a line -> one text of all of them, each with what its line states."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from assistant.errors import ReadError
from assistant.ingest.formats.dates import parse_date
from assistant.ingest.formats.decoding import decode_text, with_line_feeds, without_surrogates
from assistant.ingest.formats.file_properties import stated_language
from assistant.ingest.formats.source import Source, unreadable
from assistant.types import Article, Document, Heading, Span

REMEDY = (
    'Write each line as one JSON object such as {"title": "…", "text": "…", "date": "2025-01-30"}; '
    "url, publisher and author may be added."
)
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class _Line(BaseModel):
    """What a line may say of an article; what else it says is passed over."""

    model_config = ConfigDict(strict=True, extra="ignore")

    text: str
    title: str | None = None
    publisher: str | None = None
    author: str | None = None
    date: str | None = None
    url: str | None = None
    language: str | None = None


def read_json_lines(source: Source) -> Document:
    """Read the articles in order: the title in a line of its own, the text below it, blank lines between.

    A title is a heading. What all articles have in common (one alone has all of it) is said of the document too.

    Raises:
        ReadError: it is not text, or a line is no object with a text; the line is named.
    """
    parts: list[str] = []
    articles: list[Article] = []
    headings: list[Heading] = []
    length = 0
    for line in _lines(source):
        title = _one_line(line.title)
        whole = "\n\n".join(filter(None, (title, _plain(line.text))))
        if title:
            headings.append(Heading(Span(length, length + len(title)), 1))
        articles.append(_article(source, line, Span(length, length + len(whole)), title))
        parts.append(whole)
        length += len(whole) + len("\n\n")
    document = Document(
        name=source.name,
        text="\n\n".join(parts),
        sha256=source.sha256,
        media_type=source.media_type,
        headings=tuple(headings),
        articles=tuple(articles),
    )
    return _with_common_values(document) if articles else document


def _article(source: Source, line: _Line, span: Span, title: str | None) -> Article:
    day = parse_date(line.date or "")
    return Article(
        document=source.name,
        span=span,
        title=title,
        publisher=_one_line(line.publisher),
        author=_one_line(line.author),
        date=day,
        date_how="stated" if day else "unknown",
        url=_one_line(line.url),
        language=stated_language(line.language),
    )


def _with_common_values(document: Document) -> Document:
    first, *others = document.articles
    if not others:
        return replace(
            document,
            title=first.title,
            publisher=first.publisher,
            author=first.author,
            date=first.date,
            date_how=first.date_how,
            url=first.url,
        )
    same = all(other.publisher == first.publisher for other in others)
    return replace(document, publisher=first.publisher if same else None)


def _lines(source: Source) -> Iterator[_Line]:
    # Only a line feed ends a line here: str.splitlines would also cut at signs that may stand inside JSON strings.
    for number, written in enumerate(decode_text(source).split("\n"), start=1):
        if not written.strip():
            continue
        try:
            line = _Line.model_validate(
                _whole_letters(json.loads(written, parse_int=float))
            )  # of any length: none is used
        except ValidationError as error:
            raise _broken(source, number, _reason(error)) from None
        except (ValueError, RecursionError):
            raise _broken(source, number, "it is not valid JSON") from None
        if not _plain(line.text):
            raise _broken(source, number, "its text is empty")
        yield line


def _broken(source: Source, number: int, reason: str) -> ReadError:
    return unreadable(source, f"has no article in line {number}: {reason}", REMEDY)


def _whole_letters(line: Any) -> Any:
    r"""JSON can write half a letter (\ud83d); it could not be stored."""
    if not isinstance(line, dict):
        return line
    return {key: without_surrogates(value) if isinstance(value, str) else value for key, value in line.items()}


def _reason(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    key = ".".join(map(str, first["loc"]))
    match first["type"]:
        case "missing":
            return f"it has no {key}"
        case _ if key:
            return f"its {key} is not text in quotation marks"
        case _:
            return "it is not a JSON object"


def _plain(written: str) -> str:
    return CONTROL.sub("", with_line_feeds(written)).strip()


def _one_line(written: str | None) -> str | None:
    return " ".join(CONTROL.sub("", written or "").split()) or None
