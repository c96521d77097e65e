"""A document's first and last lines -> its title, publisher and date, where its format states none."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from assistant.ingest.articles.bylines import byline
from assistant.ingest.articles.introductions import read_introduction
from assistant.ingest.articles.issue_date import DATE, date_in_name, stated_date
from assistant.ingest.articles.outlets import bracketed_name
from assistant.ingest.blocks.split import Block, split_blocks
from assistant.language.people import UPPER
from assistant.types import Document

HEAD_LINES = 12  # blocks at the top of a document in which a line may state its date
TITLE_LIMIT = 140  # characters
PARAGRAPH = 150  # characters: below a paragraph of that length stands no title of the whole
_PAPER = re.compile(
    r"\b(?:Times|Post|Journal|Daily|News|Weekly|Monitor|Review|Gazette|Zeitung|Brief)$|(?:周报|日报|时报|晚报|周刊|新闻|報)$"
)
_ENDS_SENTENCE = re.compile(r"[.!?。！？][\"'”’»)\]]*$")
_LETTERS = re.compile(r"[^\W\d_]{3}|[\u3400-\u9fff]{2}")
_CONTENTS = re.compile(r"\W*(?:table of )?(?:contents|inhalt(?:sverzeichnis)?|目录|in this issue)\W*", re.IGNORECASE)
_WORD = rf"(?<!\w)[{UPPER}][\w’'.&-]{{0,40}}"
_NAME = rf"{_WORD}(?:\s(?:(?:of|the|in|and|for|&|der|die|des|für|und)\s){{0,2}}{_WORD}){{0,6}}"
# A newsletter names itself where it greets its readers or asks something of them.
_OWN_NAME = re.compile(
    rf"\b(?:(?i:welcome (?:back )?to|willkommen (?:bei|zu|beim)|thanks? (?:you )?for reading|(?:you"
    rf"|do you) like about)"
    rf"|(?:[Ss]ubscribe to|(?:issue|edition|Ausgabe) (?:of|von|des)))\s+(?:the\s+)?(?P<name>{_NAME})(?=[\s,.!?:–—]|$)"
)
_PUBLISHER = re.compile(
    r"\W*(?:publisher|published by|herausgeber(?:in)?|herausgegeben von|verlag|出版)\W*", re.IGNORECASE
)
_PUBLISHER_LINE = re.compile(
    r"\W*(?:(?i:publisher|published by|herausgeber(?:in)?|herausgegeben von|verlag|主办|出版)\s*[:：]|(?:©|\(c\)"
    r"|Copyright)\s*(?:\d{4}\s*)?(?:by\s+)?)\s*(?P<name>.{2,80}?)\W*"
)
_OWN_EVENT = re.compile(
    rf"\b(?:co-?)?(?:organi[sz]ed|hosted|veranstaltet)\s+(?:by"
    rf"|von)\s+(?:the\s+)?(?P<name>{_NAME}?)(?=\s+(?:and|und|with|mit)\s|[,.;])"
)
_OUR_EVENT = re.compile(
    r"\b(?:our|unser\w*) (?:\w+ )?(?:webinar|event|conference|seminar|delegation|veranstaltung)\b", re.I
)


def describe(document: Document, blocks: list[Block] | None = None) -> Document:
    """The document with title, publisher and date filled in from its text and name, where its format states none.

    Where the format tells articles apart, the first lines are the first article's and say nothing of the document.
    """
    if document.articles:
        return document
    blocks = split_blocks(document) if blocks is None else blocks
    lines = [document.text[b.span.start : b.span.end] for b in blocks]
    document = _known_from_format(document)
    if document.title is None:
        document = _under_masthead(document, lines)
    if document.title is None:
        document = _with_title(document, blocks, lines)
    if document.publisher is None:
        document = _with_publisher(document, lines)
    if document.date is None:
        document = _with_date(document, lines)
    return document


def _known_from_format(document: Document) -> Document:
    """What a format's own fields hold is stated, where the reader did not say otherwise."""
    fields = [name for name in ("title", "publisher", "author") if getattr(document, name) is not None]
    unsaid = {f"{name}_how": "stated" for name in fields if getattr(document, f"{name}_how") == "unknown"}
    return replace(document, **unsaid) if unsaid else document  # type: ignore[arg-type]


def _under_masthead(document: Document, lines: Sequence[str]) -> Document:
    """A paper's name, the day, a headline: "PEARL DELTA MONITOR", "21 January 2025", "How they moved in".

    The first line counts as a name in capitals, with a word such as "Weekly", or where the line below the headline says
    that the text is from elsewhere; else it is a title with its day.
    """
    if len(lines) < 4 or len(lines[0]) > 60 or not stated_date(lines[1]) or len(lines[2]) > TITLE_LIMIT:
        return document
    is_name = (lines[0].isupper() and len(lines[0].split()) > 1) or _PAPER.search(lines[0])
    is_relayed = len(lines[3]) <= TITLE_LIMIT and read_introduction(lines[3:4]).outlet
    if not (is_name or is_relayed) or byline(lines[2]) or bracketed_name(lines[2]) or stated_date(lines[2]):
        return document
    name, title = lines[0].strip("#* "), lines[2].strip("#* ")
    document = replace(document, title=title, title_how="stated")
    if document.publisher is None:
        document = replace(document, publisher=name.title() if name.isupper() else name, publisher_how="inferred")
    return document


def _with_title(document: Document, blocks: Sequence[Block], lines: Sequence[str]) -> Document:
    own = _own_name(lines[:2])  # "Welcome back to …": said in the first lines, it is no headline of the issue
    if own:
        return replace(document, title=own, title_how="inferred")
    head = [(line, block.is_heading) for line, block in zip(lines[:HEAD_LINES], blocks[:HEAD_LINES], strict=True)]
    title = _first_title(head)
    if title and any("ontinue reading " + title in " ".join(line.split()) for line in lines[:-1]):
        title = None  # the first post of a category page: its title is not the page's
    if title:
        return replace(document, title=title, title_how="stated")
    own = _own_name(lines)
    return replace(document, title=own, title_how="inferred") if own else document


def _first_title(head: list[tuple[str, bool]]) -> str | None:
    """The first heading among the first lines that is more than a date, or the first line if it may be one."""
    lines = [(line, heading) for line, heading in head if _LETTERS.search(re.sub(DATE, "", line, flags=re.IGNORECASE))]
    lines = [(line, heading) for line, heading in lines if not stated_date(line)] or lines
    first = [line for line, _ in lines[:1] if len(line) <= TITLE_LIMIT and not _ENDS_SENTENCE.search(line)]
    contents = next((i for i, (line, _) in enumerate(lines) if _CONTENTS.fullmatch(line)), None)
    text = next(
        (i for i, (line, _) in enumerate(lines) if len(line) >= PARAGRAPH and _ENDS_SENTENCE.search(line)), None
    )
    stop = min((i for i in (contents, text) if i is not None), default=None)
    headings = [line for line, heading in lines[:stop] if heading]
    chosen = headings or first
    return " ".join(chosen[0].strip("#* ").split()) if chosen else None


def _own_name(lines: Sequence[str]) -> str | None:
    found = next((m for line in lines if (m := _OWN_NAME.search(line))), None)
    return found["name"].rstrip(".") if found else None


def _with_publisher(document: Document, lines: Sequence[str]) -> Document:
    """Who an imprint names; else what the newsletter calls itself; else who invites to "our" events."""
    for line, after in zip(lines, [*lines[1:], ""], strict=False):
        if _PUBLISHER.fullmatch(line) and 0 < len(after) <= 100:
            return replace(document, publisher=after, publisher_how="stated")
        found = _PUBLISHER_LINE.fullmatch(line) if len(line) <= 120 else None
        if found:
            return replace(document, publisher=re.split(r"\.\s+All", found["name"])[0].strip(), publisher_how="stated")
    own = _own_name(lines)
    if own:
        return replace(document, publisher=own, publisher_how="inferred")
    if any(_OUR_EVENT.search(line) for line in lines):
        host = next((m for line in lines if (m := _OWN_EVENT.search(line))), None)
        if host:
            return replace(document, publisher=host["name"], publisher_how="inferred")
    return document


def _with_date(document: Document, lines: Sequence[str]) -> Document:
    days = [stated_date(line) for line in lines]
    of_posts = len({day for day in days if day}) > 1 and not any(days[:2])  # each post of a page has its own
    for line, day in zip(lines[:HEAD_LINES], days, strict=False):
        if day and not of_posts:
            return replace(
                document, date=day, date_how="stated", date_basis=f"the line “{' '.join(line.split())[:80]}”"
            )
    day = date_in_name(document.name)
    return replace(document, date=day, date_how="stated", date_basis="the file's name") if day else document
