"""A chapter of an e-book, which is XHTML -> blocks of text."""

from __future__ import annotations

import re
from contextlib import suppress
from html import escape
from html.entities import html5

from lxml.etree import QName, XMLParser, XMLSyntaxError, _Element, fromstring

from assistant.ingest.formats.blocks import Block
from assistant.ingest.formats.markup import blocks_of
from assistant.ingest.formats.source import Source
from assistant.ingest.formats.web_page import decode_page, parse_page

FURNITURE = frozenset({"nav"})
PROLOGUE = re.compile(r"^\s*<\?xml[^>]*\?>|<!DOCTYPE[^>\[]*(?:\[[^\]]*\])?\s*>", re.IGNORECASE)
ENTITY = re.compile(r"&(#?\w{1,32};)?")
XML_ENTITIES = frozenset({"amp;", "lt;", "gt;", "quot;", "apos;"})
NOTE_MARK = re.compile(r"\bnoteref\b")


def chapter_blocks(page: Source) -> list[Block]:
    """The blocks of a chapter; the marks of its notes, which would stand as a figure behind a word, are left out.

    Raises:
        ReadError: it is no text.
    """
    if not page.data.strip():
        return []
    tree = _tree(page)
    for element in tree.iter():
        if isinstance(element.tag, str):
            element.tag = QName(element).localname
            if NOTE_MARK.search(" ".join(value for key, value in element.items() if key.endswith(("type", "role")))):
                element.set("hidden", "")
    return blocks_of(next(tree.iter("body"), tree), FURNITURE)


def _tree(page: Source) -> _Element:
    """Parsed as XML, for to HTML an empty <title/> is open to the end; as a browser would where it is no XML."""
    markup = PROLOGUE.sub("", decode_page(page))
    parser = XMLParser(recover=True, resolve_entities=False, no_network=True, huge_tree=True, encoding="utf-8")
    tree = None
    with suppress(XMLSyntaxError):
        tree = fromstring(ENTITY.sub(_character, markup).encode(), parser)
    return parse_page(page, markup) if tree is None else tree


def _character(entity: re.Match[str]) -> str:
    """XML knows five names of characters; XHTML has the others from a definition that is not in the file."""
    name = entity[1] or ""
    if name in XML_ENTITIES or name.startswith("#"):
        return entity[0]
    return escape(html5.get(name, entity[0]), quote=False)
