"""A web page -> its main text with headings, and what its metadata says of title, author, site and date."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date
from typing import Any
from urllib.parse import urlsplit

import trafilatura
from lxml.etree import ParserError
from lxml.html import HtmlElement, HTMLParser, document_fromstring
from trafilatura.settings import Document as Extracted

from assistant.ingest.formats.blocks import Assembled, assemble
from assistant.ingest.formats.dates import parse_date
from assistant.ingest.formats.decoding import BYTE_ORDER_MARKS, decode_text, guess_encoding, with_line_feeds
from assistant.ingest.formats.file_properties import stated_language
from assistant.ingest.formats.main_text import main_blocks
from assistant.ingest.formats.markup import blocks_of
from assistant.ingest.formats.source import Source, unreadable
from assistant.types import Document, How

FURNITURE = frozenset({"nav", "footer", "aside", "form", "dialog", "menu"})
DECLARED_ENCODING = re.compile(rb"<(?:meta|\?xml)\b[^>]{0,200}?(?:charset|encoding)\s*=\s*[\"']?\s*([\w.:-]+)", re.I)
# What browsers take these names for: their supersets.
BROADER = {"gb2312": "gb18030", "gbk": "gb18030", "iso-8859-1": "cp1252", "latin-1": "cp1252", "us-ascii": "cp1252"}
LINE_BREAKS = re.compile(r"(?:<br\s*/?>\s*){3,}", re.IGNORECASE)
XML_DECLARATION = re.compile(r"^\s*<\?xml[^>]*\?>")
PUBLISHED = frozenset(
    {"article:published_time", "og:article:published_time", "og:published_time", "datepublished", "date", "pubdate"}
    | {"dc.date", "dc:date", "dc.date.issued", "dcterms.date", "dcterms.issued", "dcterms.created", "publish_date"}
    | {"publishdate", "publication_date", "parsely-pub-date", "sailthru.date", "citation_publication_date"}
    | {"citation_date", "citation_online_date", "article.published", "published-date", "datecreated"}
)
REMEDY = "Save the page from a browser as a complete page or as PDF, or take it out of the folder."


def read_web_page(source: Source) -> Document:
    """Read a web page: its main text, and its date only where the page's metadata states one.

    Raises:
        ReadError: it is not HTML, or there is no text in it.
    """
    tree = parse_page(source, decode_page(source))
    day, how = _date(tree)
    language = _language(tree)
    _prepare(tree)
    everything = blocks_of(_body(tree), FURNITURE)
    extracted = trafilatura.bare_extraction(
        tree,
        favor_recall=True,
        include_comments=False,
        with_metadata=True,
        date_extraction_params={"extensive_search": False, "original_date": True},
    )
    found = extracted if isinstance(extracted, Extracted) else Extracted()
    assembled = assemble(main_blocks(everything, blocks_of(found.body)))
    if not assembled.text.strip():
        raise unreadable(source, "has no readable text: the page may be built by scripts, or be an empty frame", REMEDY)
    return Document(
        name=source.name,
        text=assembled.text,
        sha256=source.sha256,
        media_type=source.media_type,
        title=_title(tree, found.title, assembled),
        publisher=_site(found.sitename, found.url),
        author=found.author or None,
        url=found.url or None,
        date=day,
        date_how=how,
        language=language,
        language_how="stated" if language else "unknown",
        headings=assembled.headings,
    )


def decode_page(source: Source) -> str:
    """Decode HTML: byte order mark, UTF-8, the encoding it declares, else the most plausible.

    Raises:
        ReadError: it is binary, or in no encoding that is known.
    """
    head = source.data[:4096]
    if b"\x00" not in head and not head.startswith(tuple(mark for mark, _ in BYTE_ORDER_MARKS)):
        declared = DECLARED_ENCODING.search(head)
        encoding = declared[1].decode("ascii", "replace").lower() if declared else ""
        for candidate in filter(None, ("utf-8", BROADER.get(encoding, encoding))):
            try:
                return source.data.decode(candidate)
            except (UnicodeDecodeError, LookupError):
                continue
        return guess_encoding(source)
    return decode_text(source)


def parse_page(source: Source, markup: str) -> HtmlElement:
    """Parse HTML as a browser would, whatever is wrong with it.

    Raises:
        ReadError: there is no element in it.
    """
    parser = HTMLParser(remove_comments=True, remove_pis=True, huge_tree=True)
    markup = XML_DECLARATION.sub("", with_line_feeds(markup).replace("\x00", ""))
    markup = LINE_BREAKS.sub(
        "<br><br>", markup
    )  # two end a paragraph, and a million more say nothing but fill the memory
    try:
        return document_fromstring(markup, parser=parser)
    except ParserError:
        raise unreadable(source, "has no readable text: there is no HTML in it", REMEDY) from None


def _prepare(tree: HtmlElement) -> None:
    """Put what trafilatura would drop, or take for a block, into forms that it keeps."""
    for quote in list(tree.iter("q")):
        quote.text = "“" + (quote.text or "")
        if len(quote):
            quote[-1].tail = (quote[-1].tail or "") + "”"
        else:
            quote.text += "”"
        quote.drop_tag()
    for element in list(tree.iter("details")):
        element.tag = "div"
    for element in list(tree.iter("summary")):
        element.tag = "p"


def _body(tree: HtmlElement) -> HtmlElement:
    return next(tree.iter("body"), tree.makeelement("body"))  # a page of frames has none


def _title(tree: HtmlElement, found: str | None, assembled: Assembled) -> str | None:
    """The title that the page's head states; where trafilatura took it from the body, its main heading goes first."""
    stated = " ".join(e.get("content") or e.text or "" for e in tree.iter("title", "meta"))
    printed = (assembled.text[h.span.start : h.span.end] for h in assembled.headings if h.level == 1)
    return found if found and found in " ".join(stated.split()) else next(printed, found or None)


def _site(name: str | None, url: str | None) -> str | None:
    """The site's name where the page states one: trafilatura falls back to the host's, which is not a name."""
    host = urlsplit(url or "").hostname or ""
    return None if not name or host.endswith(name.lower()) or re.match(r"https?://", name) else name


def _language(tree: HtmlElement) -> str:
    """What the outermost elements state, or the head in the server's place."""
    stated = (tree.get(name) for tree in (tree, *tree.iter("body")) for name in ("lang", "xml:lang"))
    in_head = (
        meta.get("content", "").partition(",")[0]
        for meta in tree.iter("meta")
        if meta.get("http-equiv", "").lower() == "content-language"
    )
    return next((code for written in (*stated, *in_head) if (code := stated_language(written))), "")


def _date(tree: HtmlElement) -> tuple[date | None, How]:
    """The day that the metadata states; a page's only <time> is taken as inferred, for it may date something else.

    trafilatura's own date is not asked for: it also takes years from copyright lines and days from running text.
    """
    for written in (*_meta_dates(tree), *_linked_data_dates(tree)):
        if day := parse_date(written):
            return day, "stated"
    times = {day for time in tree.iter("time") if (day := parse_date(time.get("datetime", "")))}
    return (times.pop(), "inferred") if len(times) == 1 else (None, "unknown")


def _meta_dates(tree: HtmlElement) -> Iterator[str]:
    for element in tree.iter("meta", "time", "span"):
        names = {element.get(name, "").lower() for name in ("property", "name", "itemprop")}
        if names & PUBLISHED or "pubdate" in element.attrib:
            yield element.get("content") or element.get("datetime") or ""


def _linked_data_dates(tree: HtmlElement) -> Iterator[str]:
    for script in tree.iterfind('.//script[@type="application/ld+json"]'):
        try:
            nodes: list[Any] = [json.loads(script.text or "")]
        except (ValueError, RecursionError):
            continue  # a page's scripts are often broken, and its text none the worse
        while nodes:
            node = nodes.pop(0)
            if isinstance(node, dict):
                if isinstance(written := node.get("datePublished"), str):
                    yield written
                nodes.append(node.get("@graph"))
            elif isinstance(node, list):
                nodes.extend(node)
