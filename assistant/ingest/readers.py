"""A file -> a Document: its text, with what the format knows of title, author, date, headings and pages."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable
from dataclasses import fields, replace
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, cast

from assistant.errors import ReadError
from assistant.ingest.formats.source import Source, shown_name, unreadable
from assistant.types import Article, Document

LARGEST_FILE = 100_000_000
"""In bytes."""


HALF_LETTER = re.compile("[\ud800-\udfff]")

_Read = TypeVar("_Read", Document, Article)


class _Format(NamedTuple):
    media_type: str
    module: str
    function: str


# By name, so that a run without PDFs never loads PDFium: the libraries together take seconds to import.
TEXT = _Format("text/plain", "plain", "read_text")
MARKDOWN = _Format("text/markdown", "plain", "read_markdown")
WEB_PAGE = _Format("text/html", "web_page", "read_web_page")
SAVED_PAGE = _Format("multipart/related", "saved_page", "read_saved_page")
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
FORMATS = {
    ".txt": TEXT,
    ".text": TEXT,
    ".md": MARKDOWN,
    ".markdown": MARKDOWN,
    ".html": WEB_PAGE,
    ".htm": WEB_PAGE,
    ".mhtml": SAVED_PAGE,
    ".mht": SAVED_PAGE,
    ".pdf": _Format("application/pdf", "pdf", "read_pdf"),
    ".docx": _Format(WORD, "word_file", "read_word_file"),
    ".rtf": _Format("application/rtf", "rich_text", "read_rich_text"),
    ".epub": _Format("application/epub+zip", "book", "read_book"),
    ".eml": _Format("message/rfc822", "mail", "read_mail"),
    ".jsonl": _Format("application/jsonl", "json_lines", "read_json_lines"),
}
READABLE: frozenset[str] = frozenset(FORMATS)
"""The endings of the files that can be read, in lower case, with the dot."""


def read_document(path: Path, name: str) -> Document:
    """Read one file. `name` is its path within the corpus, POSIX style; it is what errors call the file.

    The text of a .txt or .md file is the file itself with line ends as LF; of all other formats it is extracted, and
    headings, pages, exclusions and articles are spans of it.

    Raises:
        ReadError: the file is missing, cannot be opened, is too large, empty, damaged, locked or without text.
    """
    ending = path.suffix.lower()
    if ending not in FORMATS:
        kinds = ", ".join(sorted(READABLE))
        raise ReadError(f"{shown_name(name)} is of no kind that can be read.", f"Save it as one of: {kinds}.")
    kind = FORMATS[ending]
    data = _bytes(path, name)
    source = Source(name, data, kind.media_type, hashlib.sha256(data).hexdigest())
    if not data.strip():
        raise _empty(source)
    document = _parse(source, kind)
    if not document.text.strip():
        raise _empty(source)
    document = _whole_letters(document)
    return replace(document, articles=tuple(map(_whole_letters, document.articles)))


def _whole_letters(read: _Read) -> _Read:
    r"""Half letters (\ud83d), which a format can write and nobody can store, as "�". All spans are as they were."""
    written = {field.name: getattr(read, field.name) for field in fields(read)}
    halves = {name: said for name, said in written.items() if isinstance(said, str) and HALF_LETTER.search(said)}
    whole: dict[str, Any] = {name: HALF_LETTER.sub("\ufffd", said) for name, said in halves.items()}
    return replace(read, **whole)


def _parse(source: Source, kind: _Format) -> Document:
    module = import_module(f"assistant.ingest.formats.{kind.module}")
    reader = cast("Callable[[Source], Document]", getattr(module, kind.function))
    try:
        return reader(source)
    except (ReadError, MemoryError):
        raise
    except Exception as error:  # parsers of foreign files raise whatever they please; the others are still to be read
        raise unreadable(
            source,
            f"cannot be read: its parser stopped with {type(error).__name__}",
            "Open it in the program it was made with and save it anew, or take it out of the folder.",
        ) from error


def _bytes(path: Path, name: str) -> bytes:
    shown = shown_name(name)
    try:
        if path.is_dir():
            raise ReadError(f"{shown} is a folder.", "Name a file, or index the folder: assistant index FOLDER")
        if path.exists() and not path.is_file():  # a pipe would be waited on for ever
            raise ReadError(f"{shown} is not a regular file.", "Name a file.")
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_size > LARGEST_FILE:
                raise _too_large(shown)
            data = file.read(LARGEST_FILE + 1)
    except FileNotFoundError:
        raise ReadError(f"{shown} is not there.", "Check the path, or index the folder again.") from None
    except PermissionError:
        raise ReadError(
            f"{shown} may not be read by this user.", f'Allow it: chmod u+r "{shown_name(str(path))}"'
        ) from None
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ReadError(f"{shown} cannot be opened: {reason}.", "Check the path and the disk.") from None
    if len(data) > LARGEST_FILE:  # it has grown meanwhile
        raise _too_large(shown)
    return data


def _too_large(shown: str) -> ReadError:
    limit = LARGEST_FILE // 1_000_000
    return ReadError(f"{shown} is larger than {limit} MB.", "Split it, or take it out of the folder.")


def _empty(source: Source) -> ReadError:
    return unreadable(source, "is empty", "Fill it, or take it out of the folder.")
