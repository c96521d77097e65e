"""What several commands share: --library, the filters, and the check that there is something to ask or to list."""

from __future__ import annotations

import calendar
import datetime
import re
from collections.abc import Sequence
from typing import Annotated

import typer

from assistant.errors import InputError, NoIndexError
from assistant.settings import Settings
from assistant.types import Filters

LibraryOption = Annotated[
    str | None,
    typer.Option("--library", "-l", help="Name of the library; ASSISTANT_LIBRARY or “default” if not given."),
]
SinceOption = Annotated[
    str | None, typer.Option("--since", metavar="DATE", help="Only texts of this day, month or year, or later.")
]
UntilOption = Annotated[
    str | None, typer.Option("--until", metavar="DATE", help="Only texts of this day, month or year, or earlier.")
]
PublisherOption = Annotated[
    list[str] | None, typer.Option("--publisher", metavar="NAME", help="Only what they put out; may be given again.")
]
OutletOption = Annotated[
    list[str] | None,
    typer.Option("--outlet", metavar="NAME", help="Only what first appeared there; may be given again."),
]
AuthorOption = Annotated[
    list[str] | None, typer.Option("--author", metavar="NAME", help="Only what they wrote; may be given again.")
]
DocumentOption = Annotated[
    list[str] | None, typer.Option("--document", metavar="NAME", help="Only this document; may be given again.")
]
ArticleOption = Annotated[
    list[str] | None,
    typer.Option("--article", metavar="NAME#N", help="Only this article of a document, as sources show numbers it."),
]
LanguageOption = Annotated[
    list[str] | None, typer.Option("--language", metavar="CODE", help="Only texts in en, de, zh …; may be given again.")
]
_DATE = re.compile(r"(?P<year>\d{4})(?:-(?P<month>\d{1,2})(?:-(?P<day>\d{1,2}))?)?")


def make_filters(
    since: str | None,
    until: str | None,
    publisher: Sequence[str] | None,
    outlet: Sequence[str] | None,
    author: Sequence[str] | None,
    document: Sequence[str] | None,
    language: Sequence[str] | None,
    article: Sequence[str] | None = None,
) -> Filters | None:
    """The options of a command as a filter; None if none was given.

    Raises:
        InputError: a date is none, or an article has no number.
    """
    filters = Filters(
        documents=tuple(document or ()),
        since=days_of(since, "--since")[0] if since is not None else None,
        until=days_of(until, "--until")[1] if until is not None else None,
        publishers=tuple(publisher or ()),
        outlets=tuple(outlet or ()),
        authors=tuple(author or ()),
        languages=tuple(language or ()),
        articles=tuple(_article(text) for text in article or ()),
    )
    return None if filters == Filters() else filters


def _article(text: str) -> tuple[str, int]:
    """The document and the place, counted from 0, of "letter.md#2", its second article."""
    name, _, number = text.rpartition("#")
    if not name or not re.fullmatch(r"[1-9]\d{0,5}", number):
        raise InputError(
            f"--article {text} names no article.",
            "Write the document, # and the article's number: see them with assistant sources show DOCUMENT",
        )
    return name, int(number) - 1


def days_of(text: str, option: str) -> tuple[datetime.date, datetime.date]:
    """The first and the last day that is meant by "2025-01-30", "2025-01" or "2025".

    Raises:
        InputError: it is none of these, or there is no such day.
    """
    match = _DATE.fullmatch(text.strip())
    try:
        found = match.groupdict() if match else {"year": "0"}  # which is none
        year, month, day = (int(found[part]) if found.get(part) else None for part in ("year", "month", "day"))
        first = datetime.date(year or 0, 1 if month is None else month, 1 if day is None else day)
        last_month = month or 12
        return first, datetime.date(first.year, last_month, day or calendar.monthrange(first.year, last_month)[1])
    except ValueError:
        raise InputError(
            f"{option} {text} is no date.", f"Write year, month and day, or less: {option} 2025-01-30, 2025-01 or 2025"
        ) from None


def check_not_empty(settings: Settings) -> None:
    """See that there is something to be asked, before seconds are spent on importing what asks it.

    Raises:
        NoIndexError: there is no library, or an empty one.
    """
    from assistant.search.library import open_library

    library = open_library(settings.library_dir)
    documents = library.summary().documents
    library.close()
    if not documents:
        raise NoIndexError(
            f"The library “{settings.library}” is empty.", "Index a folder of documents: assistant index PATH"
        )
