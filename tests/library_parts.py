"""A document of given paragraphs, ready to be stored: every paragraph a passage of one sentence."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from assistant.search.library import FileState, ReadDocument
from assistant.types import Article, Document, Exclusion, Heading, Passage, Span

DATE = datetime.date(2025, 1, 30)


def made_document(
    name: str,
    paragraphs: Sequence[str],
    *,
    title: str | None = "Harbour notes",
    heading: str = "",
    outlet: str = "Gazette",
) -> ReadDocument:
    """A document whose text is its paragraphs, an empty line between them."""
    text = "\n\n".join(paragraphs)
    starts = [sum(len(p) + 2 for p in paragraphs[:i]) for i in range(len(paragraphs))]
    spans = [Span(start, start + len(p)) for start, p in zip(starts, paragraphs, strict=True)]
    document = Document(
        name, text, "0" * 64, "text/plain", title=title, publisher="Publisher", author="Author",
        url="https://example.org", date=DATE, date_how="stated", headings=(Heading(Span(0, 1), 2),), pages=(0, 5),
    )  # fmt: skip
    article = Article(
        name,
        Span(0, len(text)),
        title=title,
        publisher="Publisher",
        outlet=outlet,
        author="Author",
        relayed_by="Relay",
        date=DATE,
        date_how="inferred",
        url="https://example.org",
    )
    passages = [Passage(name, s, p, (s,), heading) for s, p in zip(spans, paragraphs, strict=True)]
    exclusions = [Exclusion(Span(0, 2), "front matter"), Exclusion(Span(2, 3), "navigation")]
    return ReadDocument(document, FileState("/corpus", name, len(text), 7, "1:900"), [article], passages, exclusions)
