r"""A rich text file (.rtf) -> its paragraphs and tables as text, with what its \info group says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from striprtf.striprtf import rtf_to_text

from assistant.ingest.formats.blocks import Block, assemble
from assistant.ingest.formats.decoding import BYTE_ORDER_MARKS, without_surrogates
from assistant.ingest.formats.file_properties import stated_author, stated_title
from assistant.ingest.formats.source import Source, unreadable
from assistant.types import Document

REMEDY = "Open it in Word or LibreOffice and save it anew, or take it out of the folder."
HEADER = re.compile(rb"\{\\rtf\d*")
BINARY = re.compile(rb"\\bin(\d{1,9}) ?")
# Pictures and objects are written as hexadecimal digits; striprtf would walk through each of millions of them.
HEXADECIMAL = re.compile(rb"(?:[0-9A-Fa-f]{2}[\r\n]*){100,}")
RAW = re.compile(rb"[\x80-\xff]")
CODE_PAGE = re.compile(rb"\\ansicpg(\d{1,5})")
# A field with a link: striprtf looks for them with a pattern that is slow on long lines, and puts the address into the
# text, where no reader sees it. With a space after the word, which means nothing in RTF, the pattern finds none.
FIELD = b"\\field{"
FONT = re.compile(rb"\\f(\d{1,5})(?!\d)[^;]{0,300}?\\fcharset(\d{1,3})(?!\d)")
LONGEST_FONT_TABLE = 1_000_000
"""In bytes."""
TITLE = re.compile(rb"\{\\title\s?((?:[^{}\\]|\\[^{}]|\\[{}])*)\}")
AUTHOR = re.compile(rb"\{\\author\s?((?:[^{}\\]|\\[^{}]|\\[{}])*)\}")
CREATED = re.compile(rb"\{\\creatim\s*\\yr(\d{4})\\mo(\d{1,2})\\dy(\d{1,2})(?!\d)")
INFO = re.compile(rb"\{\\info\b")
LONGEST_INFO = 20_000
"""In bytes."""
ITEM = re.compile(r"[•·▪◦–-]\s+")
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f\u00ad]")  # the soft hyphen hides a word from the search
SPACES = re.compile(r"[^\S\n]+")


def read_rich_text(source: Source) -> Document:
    """Read an RTF file. Its creation date is taken as inferred: it says when the file was made, not when it came out.

    Raises:
        ReadError: it is no RTF, is damaged, or has no text.
    """
    data = source.data.lstrip()
    for mark, _ in BYTE_ORDER_MARKS:
        data = data.removeprefix(mark)
    if not data.startswith(b"{\\rtf"):
        raise unreadable(source, "is no rich text, whatever its name says", REMEDY)
    data = _without_pictures(data)
    assembled = assemble(_blocks(_text(source, data)))
    if not assembled.text.strip():
        raise unreadable(source, "has no text in it", "If it holds pictures of text, run text recognition (OCR) first.")
    found = INFO.search(data)
    info = data[found.start() : found.start() + LONGEST_INFO] if found else b""
    day = _creation_day(info)
    return Document(
        name=source.name,
        text=assembled.text,
        sha256=source.sha256,
        media_type=source.media_type,
        title=stated_title(_said(source, data, TITLE.search(info))),
        author=stated_author(_said(source, data, AUTHOR.search(info))),
        date=day,
        date_how="inferred" if day else "unknown",
    )


def _without_pictures(data: bytes) -> bytes:
    r"""The file without what follows \binN, N bytes that may hold braces, and without long hexadecimal runs."""
    kept: list[bytes] = []
    end = 0
    for found in BINARY.finditer(data):
        if found.start() >= end:
            kept.append(data[end : found.start()])
            end = found.end() + int(found[1])
    return HEXADECIMAL.sub(b"", b"".join((*kept, data[end:])))


def _text(source: Source, data: bytes) -> str:
    r"""What striprtf makes of it. RTF is ASCII: a raw byte, which careless programs write, gets its escape (\'e4)."""
    plain = _with_plain_font_table(data.replace(FIELD, b"\\field {"))
    escaped = RAW.sub(lambda byte: b"\\'%02x" % byte[0][0], plain).decode("ascii")
    try:
        # Without a line end the last letters of a file that breaks off are lost.
        text: str = rtf_to_text(escaped + "\n", errors="replace")  # type: ignore[no-untyped-call]
    except (ValueError, LookupError, TypeError, OverflowError):  # a number that is none, or no letter's
        raise unreadable(source, "is damaged, or is no rich text", REMEDY) from None
    return without_surrogates(text)  # beyond the first 65,536 a letter is written in two halves


def _with_plain_font_table(data: bytes) -> bytes:
    """The font table as nothing but numbers and character sets: with others striprtf's search may take hours."""
    start = data.find(b"\\fonttbl")
    if start < 0:
        return data
    fonts = FONT.findall(data, start, start + LONGEST_FONT_TABLE)
    table = b"{\\fonttbl%b}" % b"".join(b"{\\f%b\\fcharset%b x;}" % font for font in fonts)
    return HEADER.sub(lambda header: header[0] + table, data.replace(b"\\fonttbl", b"\\*\\oldfonts"), count=1)


def _blocks(text: str) -> Iterator[Block]:
    """A paragraph a line; a table's row is a line whose cells end in bars."""
    for line in text.split("\n"):
        said = SPACES.sub(" ", CONTROL.sub("", line)).strip()
        if said.endswith("|"):
            row = " | ".join(cell.strip() for cell in said[:-1].split("|")).strip()
            if row.strip("| "):
                yield Block(row, "row")
        elif ITEM.match(said):
            yield Block(ITEM.sub("- ", said, count=1), "item")
        elif said:
            yield Block(said)


def _said(source: Source, data: bytes, found: re.Match[bytes] | None) -> str | None:
    r"""A value of the \info group, which is itself written in RTF, in the file's code page."""
    if found is None:
        return None
    page = CODE_PAGE.search(data)
    return _text(source, b"{\\rtf1\\ansi%b %b}" % (page[0] if page else b"", found[1]))


def _creation_day(info: bytes) -> date | None:
    found = CREATED.search(info)
    try:
        return date(*map(int, found.groups())) if found else None
    except ValueError:  # 0/0/0, where a program knew of none
        return None
