"""A document -> its articles: span, title, outlet, author and date, each with how it is known.

`find_sections` says where they begin; what the text says of each of them is read here. Articles hold all that is
content, in order; what lies between them is the masthead, or a second copy of an article.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from assistant.ingest.articles.announced import announced_authors
from assistant.ingest.articles.bylines import byline, code_behind, lone_name, name_behind, signature
from assistant.ingest.articles.duplicates import copies
from assistant.ingest.articles.introductions import read_introduction
from assistant.ingest.articles.issue_date import marked_dates, stated_date
from assistant.ingest.articles.item_signs import dateline_agency
from assistant.ingest.articles.masthead import describe
from assistant.ingest.articles.sections import find_sections
from assistant.ingest.blocks.clean import exclude_blocks
from assistant.ingest.blocks.junk import contents_titles
from assistant.ingest.blocks.page import Page, Section
from assistant.ingest.blocks.split import Block, split_blocks
from assistant.language.people import PERSON, is_person
from assistant.types import Article, Document, How, Span

__all__ = ["describe", "split_articles"]

INTRODUCTION_BLOCKS = 14  # an editor's introduction ends within so many
BYLINE_BLOCKS = 4  # below a headline: byline, day, place
QUESTION_LENGTH = 120  # characters
MASTHEAD_LENGTH = 300  # characters before the first article that are no sentence
_SENTENCE = re.compile(r"[.!?。！？][\"'”’»)\]*_]*(?:\s|$)")
_UNDERLINE = re.compile(r"\n\s*(?:=+|-+)\s*$")  # of a Markdown heading
_SELF = re.compile(rf"^(?:I am|I’m|I'm|My name is)\s+(?P<name>{PERSON})\b")


def split_articles(document: Document) -> list[Article]:
    """The articles of a document, in order; one at least. Those that the format itself tells apart stay as they are."""
    if document.articles:
        return [_inheriting(article, document) for article in _told_apart(document)]
    blocks = split_blocks(document)
    document = describe(document, blocks)
    kept, _ = exclude_blocks(document, blocks)
    if not kept:
        return [_whole(document)]
    page = _page(document, blocks, kept)
    sections = find_sections(page)
    if sections and sections[0].first > 0 and not _is_masthead(page, sections[0].first):
        sections.insert(0, Section(0))
    if len(sections) < 2 and not any(section.outlet for section in sections):
        return [_single(document, page)]
    ends = [section.first for section in sections[1:]] + [len(kept)]
    dates = _item_dates(page, ends, document.date)
    articles = [
        _article(document, page, section, end, day)
        for section, end, day in zip(sections, ends, dates, strict=True)
        if section.first < end
    ]
    texts = [document.text[slice(*a.span)] for a in articles]
    dropped = copies(texts)
    articles = [a for index, a in enumerate(articles) if index not in dropped]
    return announced_authors(document.text, articles)


def _page(document: Document, blocks: Sequence[Block], kept: Sequence[Block]) -> Page:
    text = document.text
    lines = [text[slice(*b.span)] for b in kept]
    all_lines = [text[slice(*b.span)] for b in blocks]
    starts = {b.span.start: index for index, b in enumerate(kept)}
    set_aside: list[tuple[int, str]] = []
    following = len(kept)
    for block, line in zip(reversed(blocks), reversed(all_lines), strict=True):
        if block.span.start in starts:
            following = starts[block.span.start]
        else:
            set_aside.append((following, line))
    return Page(
        blocks=kept,
        lines=lines,
        ranks={h.span.start: h.level for h in document.headings},
        set_aside=set_aside[::-1],
        contents=[*contents_titles(all_lines, [b.is_heading for b in blocks]), *_outlined(document)],
    )


def _outlined(document: Document) -> list[str]:
    """What a PDF's outline lists, as a table of contents does: the first level that names several texts."""
    if document.media_type != "application/pdf":
        return []
    titles: dict[int, list[str]] = {}
    for heading in document.headings:
        titles.setdefault(heading.level, []).append(" ".join(document.text[slice(*heading.span)].split()))
    return next((titles[level] for level in sorted(titles) if len(titles[level]) > 1), [])


def _whole(document: Document) -> Article:
    """All of a document as one article, with what the document knows."""
    return Article(
        document=document.name,
        span=Span(0, len(document.text)),
        title=document.title,
        title_how=document.title_how,
        publisher=document.publisher,
        publisher_how=document.publisher_how,
        author=document.author,
        author_how=document.author_how,
        date=document.date,
        date_how=document.date_how,
        date_basis=document.date_basis,
        url=document.url,
        document_id=document.id,
    )


def _told_apart(document: Document) -> list[Article]:
    """The articles that the format tells apart, each reaching to where the next one starts."""
    starts = [0, *(article.span.start for article in document.articles[1:])]
    ends = [*starts[1:], len(document.text)]
    return [
        replace(article, span=Span(*span))
        for article, span in zip(document.articles, zip(starts, ends, strict=True), strict=True)
    ]


def _inheriting(article: Article, document: Document) -> Article:
    """An article that the format tells apart: what it says is stated, and what it lacks, its document may know."""
    said = [name for name in ("title", "publisher", "author") if getattr(article, name) is not None]
    stated: dict[str, Any] = {f"{name}_how": "stated" for name in said if getattr(article, f"{name}_how") == "unknown"}
    article = replace(article, **stated)
    if article.date is None and document.date is not None:
        article = replace(article, date=document.date, date_how="inferred", date_basis="the document's date")
    if article.publisher is None:
        article = replace(article, publisher=document.publisher, publisher_how=document.publisher_how)
    return replace(article, document=document.name, document_id=document.id)


def _single(document: Document, page: Page) -> Article:
    """A document that is one article: an introduction or a byline may still say whose it is."""
    whole = _whole(document)
    source = read_introduction(page.lines[:INTRODUCTION_BLOCKS])
    agency = next((a for line in page.lines[:BYLINE_BLOCKS] if (a := dateline_agency(line))), None)
    outlet = source.outlet or agency
    if outlet and document.publisher and _same(outlet, document.publisher):
        outlet = None
    if outlet or (source.announced and source.author):
        whole = _relayed(whole, document, outlet, stated=True)
        if document.author_how != "given":
            whole = replace(whole, author=None, author_how="unknown")
        if source.date:
            whole = replace(whole, date=source.date, date_how="stated", date_basis="its introduction")
        elif whole.date and whole.date_how != "given":
            basis = f"date of the page that relays it: {whole.date_basis}".rstrip(": ")
            whole = replace(whole, date_how="inferred", date_basis=basis)
    if whole.author is None:
        name, how = _author(page, 0, len(page.lines), source.author)
        whole = replace(whole, author=name, author_how=how)
    return whole


def _article(document: Document, page: Page, section: Section, end: int, marked: datetime.date | None) -> Article:
    """The article that begins with a section, with what its own text says."""
    lines = page.lines[section.first : end]
    whole = _whole(document)
    article = replace(
        whole,
        span=Span(page.blocks[section.first].span.start, page.blocks[end - 1].span.end),
        title=None,
        title_how="unknown",
    )
    title = section.title or _headline(page, section.first, end)
    if title:
        article = replace(article, title=title, title_how="stated")
    article = _inherit_date(article)
    if section.is_imprint or section.is_event:
        return replace(article, author=None, author_how="unknown")
    code = code_behind(lines[-1])
    source = read_introduction(lines[:INTRODUCTION_BLOCKS])
    agency = dateline_agency(next((x for i, x in enumerate(lines) if not page.is_heading(section.first + i)), ""))
    outlet = section.outlet or source.outlet or agency or (code.agency if code else None)
    if outlet or section.is_relayed or (source.announced and source.author):
        is_stated = bool(section.outlet or source.outlet or agency)
        article = _relayed(article, document, outlet, stated=is_stated)
    name, how = _author(page, section.first, end, source.author)
    if name is None and code and code.editor:
        name, how = code.editor, "stated"
    if name or article.relayed_by:
        article = replace(article, author=name, author_how=how)
    return _with_own_date(article, document, page, section, end, source.date or marked)


def _relayed(article: Article, document: Document, outlet: str | None, *, stated: bool) -> Article:
    how: How = "unknown" if not outlet else "stated" if stated else "inferred"
    titled = document.title if article.title and article.title not in (document.title or "") else None
    return replace(article, outlet=outlet, outlet_how=how, relayed_by=document.publisher or titled)


def _inherit_date(article: Article) -> Article:
    """An article of an issue is from the issue's day, unless it says otherwise."""
    if article.date is None:
        return article
    return replace(article, date_how="inferred", date_basis=f"issue date: {article.date_basis}".rstrip(": "))


def _with_own_date(
    article: Article, document: Document, page: Page, section: Section, end: int, stated: datetime.date | None
) -> Article:
    if stated:
        return replace(article, date=stated, date_how="stated", date_basis="stated with the article")
    below = page.lines[section.first : min(end, section.first + BYLINE_BLOCKS)]
    day = next((d for line in below if (d := stated_date(line))), None)
    if day and day != document.date:
        return replace(article, date=day, date_how="stated", date_basis="the line below its headline")
    return article


def _headline(page: Page, first: int, end: int) -> str | None:
    """The last of the headings that an article begins with: a rubric may stand above it."""
    headline: str | None = None
    for index in range(first, end):
        if not page.is_heading(index):
            break
        line = page.lines[index]
        if not byline(line) and not stated_date(line) and not (headline and lone_name(line)):
            headline = " ".join(re.sub(r"\]\([^)]*\)$", "", _UNDERLINE.sub("", line)).strip("#*[] ").split())
    line = page.lines[first]
    if not headline and first + 1 < end and len(line) <= QUESTION_LENGTH and line.endswith("?"):
        return line  # a headline may be a question, which looks like a sentence
    return headline or None


def _author(page: Page, first: int, end: int, introduced: str | None) -> tuple[str | None, How]:
    """Who wrote the blocks: by an introduction, a byline, a name below the headline or behind the text, a signature."""
    if introduced:
        return introduced, "stated"
    head = page.lines[first : min(end, first + BYLINE_BLOCKS)]
    for offset, line in enumerate(head):
        name = byline(line) or (lone_name(line) if offset and page.is_heading(first + offset - 1) else None)
        if name:
            return name, "stated"
    last = page.lines[end - 1]
    name = (
        name_behind(last)
        or signature(last)
        or next((n for x in page.lines[max(first, end - 3) : end] if (n := signature(x))), None)
    )
    if name:
        return name, "stated"
    for line in page.lines[first : min(end, first + INTRODUCTION_BLOCKS)]:
        found = _SELF.match(line)
        if found and is_person(found["name"]):
            return found["name"], "inferred"
    return None, "unknown"


def _item_dates(page: Page, ends: Sequence[int], issue: datetime.date | None) -> list[datetime.date | None]:
    """The day in brackets behind each article's last paragraph."""
    return marked_dates([page.lines[end - 1] for end in ends], issue)


def _is_masthead(page: Page, end: int) -> bool:
    """Whether the lines before the first article hold no sentence: title, day, place."""
    lines = page.lines[:end]
    return sum(map(len, lines)) <= MASTHEAD_LENGTH and not any(_SENTENCE.search(line) for line in lines)


def _same(one: str, other: str) -> bool:
    return one.casefold().removeprefix("the ") == other.casefold().removeprefix("the ")
