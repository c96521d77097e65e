"""A Word file (.docx) -> its paragraphs, lists and tables as text, with headings and title."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO
from itertools import takewhile
from typing import Any

import docx
from docx.oxml.ns import qn
from docx.text.paragraph import Paragraph
from lxml.etree import _Element

from assistant.ingest.formats.archive import open_archive
from assistant.ingest.formats.blocks import Block, assemble
from assistant.ingest.formats.file_properties import stated_author, stated_language, stated_title
from assistant.ingest.formats.source import Source, unreadable
from assistant.types import Document

LONGEST_CELL = 500
"""In characters. A table with longer cells lays out a page and holds no data."""
OLD_OR_LOCKED = b"\xd0\xcf\x11\xe0"
DAMAGED = "is damaged, or is no Word file"
REMEDY = "Open it in Word or LibreOffice and save it anew as .docx, or take it out of the folder."

# python-docx's own paragraph.text leaves out tracked insertions, content controls and text boxes.
OUTER = ".//w:p[not(ancestor::w:tbl)] | .//w:tbl[not(ancestor::w:tbl)]"
PARAGRAPH, ROW, CELL, RUN = qn("w:p"), qn("w:tr"), qn("w:tc"), qn("w:r")
SIGNS = {qn("w:t"): "", qn("w:tab"): " ", qn("w:br"): "\n", qn("w:cr"): "\n", qn("w:noBreakHyphen"): "-"}
FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"  # the same text for old programs
NOT_SHOWN = frozenset({qn("w:del"), qn("w:moveFrom"), FALLBACK})
SPACES = re.compile(r"[^\S\n]+")


def read_word_file(source: Source) -> Document:
    """Read a Word file. Its dates are left alone: they are the template's or the file's, not the text's.

    Raises:
        ReadError: it is damaged, locked, not a Word file, too large when unpacked, or has no text.
    """
    _check_archive(source)
    try:
        word = docx.Document(BytesIO(source.data))
    except Exception as error:  # zipfile, lxml and python-docx each raise their own for a broken part
        raise unreadable(source, DAMAGED, REMEDY) from error
    assembled = assemble(_blocks(word))
    if not assembled.text.strip():
        raise unreadable(source, "has no text in it", "If it holds pictures of text, run text recognition (OCR) first.")
    properties = word.core_properties
    language = stated_language(properties.language)
    printed = next((p.text for p in word.paragraphs if _styles(p)[:1] == ["title"] and p.text.strip()), None)
    return Document(
        name=source.name,
        text=assembled.text,
        sha256=source.sha256,
        media_type=source.media_type,
        title=stated_title(printed) or stated_title(properties.title),
        author=stated_author(properties.author),
        language=language,
        language_how="stated" if language else "unknown",
        headings=assembled.headings,
        exclusions=assembled.exclusions,
    )


def _check_archive(source: Source) -> None:
    """Refuse what python-docx would not, or would unpack until the memory is full."""
    if source.data.startswith(OLD_OR_LOCKED):
        raise unreadable(
            source,
            "is locked by a password, or is in Word's old format",
            "Open it in Word or LibreOffice and save it as .docx without a password.",
        )
    open_archive(source, DAMAGED, REMEDY)


def _blocks(word: Any) -> Iterator[Block]:
    for element in word.element.body.xpath(OUTER):
        if any(outer.tag in NOT_SHOWN for outer in element.iterancestors()):
            continue
        if element.tag == PARAGRAPH:
            yield from _paragraph(element, word)
        else:
            yield from _table(element, word)


def _paragraph(element: Any, word: Any) -> Iterator[Block]:
    text = _text(element)
    if not text:
        return
    styles = _styles(Paragraph(element, word))
    level = next((level for style in styles if (level := _level(style))), 0)
    if any(style.startswith("toc ") for style in styles):
        yield Block(text, not_content="table of contents")
    elif level:
        yield Block(" ".join(text.split()), "heading", level)
    elif any(style.startswith("list ") for style in styles) or element.xpath("./w:pPr/w:numPr"):
        yield Block(f"- {text}", "item")
    else:
        yield Block(text)


def _table(table: _Element, word: Any) -> Iterator[Block]:
    rows = [
        [" ".join(_text(p).replace("\n", " ") for p in cell.iter(PARAGRAPH)).strip() for cell in row.iter(CELL)]
        for row in table.iter(ROW)
    ]
    if max(map(len, rows), default=0) > 1 and max(len(cell) for row in rows for cell in row) <= LONGEST_CELL:
        yield from (Block(" | ".join(row).strip(), "row") for row in rows if any(row))
        return
    for paragraph in table.iter(PARAGRAPH):
        yield from _paragraph(paragraph, word)


def _text(paragraph: _Element) -> str:
    """What a reader sees of a paragraph: with tracked insertions, without deletions and anchored text boxes."""
    said: list[str] = []
    for sign in paragraph.iter(*SIGNS):
        between = list(takewhile(lambda outer: outer is not paragraph, sign.iterancestors()))
        if between[:1] and between[0].tag == RUN and not any(o.tag in NOT_SHOWN or o.tag == PARAGRAPH for o in between):
            said.append(SIGNS[sign.tag] or sign.text or "")
    return "\n".join(SPACES.sub(" ", line).strip() for line in "".join(said).split("\n")).strip()


def _styles(paragraph: Paragraph) -> list[str]:
    """The names of a paragraph's style and of those it is based on, in lower case; Word stores them in English."""
    names: list[str] = []
    style = paragraph.style
    while style is not None and len(names) < 10:
        names.append((style.name or "").lower())
        style = style.base_style
    return names


def _level(style: str) -> int:
    if style == "title":
        return 1
    found = re.fullmatch(r"heading ([1-9])", style)
    return int(found[1]) if found else 0
