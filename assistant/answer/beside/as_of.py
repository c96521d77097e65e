"""The claims of an answer -> from when it is: the oldest and the newest date of what it cites."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from assistant.types import AsOf, Citation, Claim, How

MUCH_NEWER_DAYS = 30  # from here on the library's newest text is named beside the newest that is cited


def as_of(claims: Sequence[Claim], *, latest: bool = False, library_newest: datetime.date | None = None) -> AsOf | None:
    """The dates of the cited articles; None where nothing is cited.

    `latest` says that the question wishes for the newest there is: the newest source is named then, and the day of the
    library's newest text where that is more than 30 days newer.
    """
    cited = {_article(c): c for claim in claims for c in claim.citations}
    if not cited:
        return None
    dated = sorted((c for c in cited.values() if c.date), key=lambda c: c.date or datetime.date.min)
    note = _note(dated[-1] if dated else None, library_newest) if latest else ""
    if not dated:
        return AsOf(None, None, "unknown", len(cited), note)
    how: How = "stated" if all(c.date_how == "stated" for c in dated) else "inferred"
    if all(c.date_how == "given" for c in dated):
        how = "given"
    return AsOf(dated[0].date, dated[-1].date, how, len(cited) - len(dated), note)


def _article(citation: Citation) -> tuple[str, str | None, str | None]:
    return citation.document, citation.title, citation.outlet or citation.publisher


def _note(newest: Citation | None, library_newest: datetime.date | None) -> str:
    if newest is None or newest.date is None:
        known = f" The newest text of the library is of {_day(library_newest)}." if library_newest else ""
        return f"The sources cited here have no date.{known}"
    name = newest.outlet or newest.publisher or newest.title or newest.document
    said = f"The newest source here is {name}, {_day(newest.date)}."
    if library_newest and (library_newest - newest.date).days > MUCH_NEWER_DAYS:
        return f"{said} The newest text of the library is of {_day(library_newest)}: this may have changed since."
    return said


def _day(date: datetime.date) -> str:
    return f"{date.day} {date:%B %Y}"
