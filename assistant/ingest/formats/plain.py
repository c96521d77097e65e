"""A text or Markdown file -> a Document whose text is the file itself, to the letter."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise

from markdown_it import MarkdownIt
from markdown_it.token import Token

from assistant.ingest.formats.dates import parse_date
from assistant.ingest.formats.decoding import decode_text
from assistant.ingest.formats.file_properties import stated_language
from assistant.ingest.formats.front_matter import FrontMatter, read_front_matter
from assistant.ingest.formats.source import Source
from assistant.types import Document, Exclusion, Heading, Span


def read_text(source: Source) -> Document:
    """Read a text file; only front matter says anything about it.

    Raises:
        ReadError: it is not text, or its front matter is broken.
    """
    text = decode_text(source)
    return _document(source, text, read_front_matter(source, text))


def read_markdown(source: Source) -> Document:
    """Read a Markdown file; its headings are marked, and the first of level 1 is the title if nothing else is.

    Raises:
        ReadError: it is not text, or its front matter is broken.
    """
    text = decode_text(source)
    matter = read_front_matter(source, text)
    headings, title = markdown_headings(text, matter.span.end if matter else 0)
    return _document(source, text, matter, headings, title)


def markdown_headings(text: str, start: int = 0) -> tuple[tuple[Heading, ...], str | None]:
    """The headings from `start` on, each span its whole lines (a setext underline included), and the first title."""
    tokens = MarkdownIt("commonmark").parse(text[start:])
    lengths = [len(line) + 1 for line in text[start:].split("\n")]
    line_starts = list(accumulate(lengths, initial=start))
    headings, title = [], None
    for token, inline in pairwise(tokens):
        if token.type != "heading_open" or token.level > 0 or token.map is None:
            continue  # inside a list or a quotation it heads no section
        first, end = token.map
        heading = Heading(Span(line_starts[first], min(line_starts[end] - 1, len(text))), int(token.tag[1:]))
        headings.append(heading)
        if heading.level == 1 and title is None:
            title = _words(inline.children or ()) or None
    return tuple(headings), title


def _words(tokens: Sequence[Token]) -> str:
    return "".join(t.content if t.type in {"text", "code_inline"} else " " * t.type.endswith("break") for t in tokens)


def _document(
    source: Source,
    text: str,
    matter: FrontMatter | None,
    headings: tuple[Heading, ...] = (),
    title: str | None = None,
) -> Document:
    # Front matter is the user's own word: what it says is given, and wins over all that is read from the text.
    day = parse_date(matter.date) if matter and matter.date else None
    written = matter.title if matter else None
    language = stated_language(matter.language) if matter else ""
    return Document(
        name=source.name,
        text=text,
        sha256=source.sha256,
        media_type=source.media_type,
        title=written or title,
        title_how="given" if written else "stated" if title else "unknown",
        publisher=matter.publisher if matter else None,
        publisher_how="given" if matter and matter.publisher else "unknown",
        author=matter.author if matter else None,
        author_how="given" if matter and matter.author else "unknown",
        url=matter.url if matter else None,
        date=day,
        date_how="given" if day else "unknown",
        date_basis="front matter" if day else "",
        language=language,
        language_how="given" if language else "unknown",
        headings=headings,
        exclusions=(Exclusion(matter.span, "front matter"),) if matter else (),
    )
