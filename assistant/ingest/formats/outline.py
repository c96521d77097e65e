"""The bookmarks of a PDF and its text -> headings: those that stand there, on the page that the bookmark opens."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.types import Heading, Span

FEWEST = 2  # bookmarks that are found: one alone is the document's title
FOUND = 0.5  # share of the bookmarks: else they name something else, such as slides or figures
LONGEST = 300  # characters of a title


@dataclass(frozen=True, slots=True)
class Bookmark:
    """An entry of a PDF's outline."""

    title: str
    level: int
    """1 is the highest."""
    page: int | None
    """Counted from 0; None where it leads to no page."""


def outline_headings(bookmarks: Sequence[Bookmark], text: str, pages: Sequence[int]) -> tuple[Heading, ...]:
    """Each bookmark whose title is one or several whole lines of its page; none where most are not to be found.

    `pages` are the offsets at which the pages start. Bookmarks are in the order of the text; one that leads to no page
    is looked for behind the one before.
    """
    found: list[Heading] = []
    position = 0
    for bookmark in bookmarks:
        start, end = position, len(text)
        if bookmark.page is not None and bookmark.page < len(pages):
            start = max(position, pages[bookmark.page])
            end = (*pages, len(text))[bisect_right(pages, pages[bookmark.page])]
        place = _line(bookmark.title, text, start, end)
        if place:
            found.append(Heading(place, bookmark.level))
            position = place.end
    return tuple(found) if len(found) >= max(FEWEST, FOUND * len(bookmarks)) else ()


def _line(title: str, text: str, start: int, end: int) -> Span | None:
    """Where a title stands on lines of its own, in whatever case and however they are wrapped."""
    words = title[: LONGEST + 1].split()
    if not words or len(title) > LONGEST:
        return None
    wrapped = r"\s+".join(re.escape(word) for word in words)
    wanted = re.compile(rf"^[^\S\n]*({wrapped})[^\S\n]*$", re.IGNORECASE | re.MULTILINE)
    match = wanted.search(text, start, end)
    return Span(*match.span(1)) if match else None
