"""Bytes -> text: byte order mark, else UTF-8, whole or but for a few places, else the encoding most plausible."""

from __future__ import annotations

import codecs
import logging
import re

from charset_normalizer import from_bytes

from assistant.ingest.formats.mixed_encodings import split_utf8
from assistant.ingest.formats.source import Source, shown_name, unreadable
from assistant.ingest.formats.utf16 import decode_utf16
from assistant.unicode_text import without_surrogates as without_surrogates

_LOG = logging.getLogger(__name__)

# UTF-32 first: its little-endian mark begins with that of UTF-16.
BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

# Those that files are really written in. Left to choose among all, the guesser reads short Western texts as DOS tables.
GUESSED_ENCODINGS = [
    *("cp1252", "cp1250", "cp1251", "koi8_r", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257"),
    *("gb18030", "big5", "cp932", "euc_jp", "cp949"),
]
BINARY_SIGNATURES = (b"%PDF-", b"PK\x03\x04", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"\xd0\xcf\x11\xe0", b"\x1f\x8b")
CONTROL = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")  # not \t \n \v \f \r, nor the escape of coloured logs
HIGH_RUN = re.compile(rb"[\x80-\xff]+")
CLEAR_LANGUAGE = 0.2
"""Of charset-normalizer's coherence, 0 to 1: how much the letters are those of some language."""
MAX_CONTROL_SHARE = 0.05
SAVE_AS_UTF8 = "Save it as UTF-8 text, or take it out of the folder."


def decode_text(source: Source) -> str:
    """Decode a text file; the mark at its beginning is removed and line ends become LF, nothing else changes.

    Raises:
        ReadError: it is binary, or in no encoding that makes sense of it.
    """
    text = _decode(source)
    if "\x00" in text or source.data.startswith(BINARY_SIGNATURES):
        raise unreadable(source, "is not text, whatever its name says: it is a binary file", SAVE_AS_UTF8)
    if len(CONTROL.findall(text)) > MAX_CONTROL_SHARE * len(text):
        raise unreadable(source, "is not text: too much of it is control characters", SAVE_AS_UTF8)
    return with_line_feeds(text)


def with_line_feeds(text: str) -> str:
    """CRLF and CR become LF."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _decode(source: Source) -> str:
    data = source.data
    for mark, encoding in BYTE_ORDER_MARKS:
        if data.startswith(mark):
            try:
                return data.decode(encoding)
            except UnicodeDecodeError:
                raise unreadable(source, f"announces {encoding} but is not valid {encoding}", SAVE_AS_UTF8) from None
    if b"\x00" in data and (text := decode_utf16(data)):  # NUL is valid UTF-8, but no text has one
        return text
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return guess_encoding(source)


def guess_encoding(source: Source) -> str:
    """Decode bytes that declare no encoding and are not UTF-8, at least not all of them.

    Raises:
        ReadError: no encoding makes sense of them.
    """
    mixed = None if b"\x00" in source.data else split_utf8(source.data)
    if mixed is None:
        return _guess(source, source.data)
    said = "%s is UTF-8 but for %d broken bytes and %d lines in another encoding"
    _LOG.warning(said, shown_name(source.name), mixed.mended, len(mixed.foreign))
    foreign = b"\n".join(mixed.foreign)
    return mixed.join(_guess(source, foreign) if foreign else "")


def _guess(source: Source, data: bytes) -> str:
    best = None if b"\x00" in data else from_bytes(data, cp_isolation=GUESSED_ENCODINGS).best()
    # A text too short to show its language leaves the guesser with a draw between all tables, or with none.
    if (best is None or best.coherence < CLEAR_LANGUAGE) and b"\x00" not in data and _looks_western(data):
        return data.decode("cp1252")
    if best is None:
        raise unreadable(source, "is not text in any encoding that is known here", SAVE_AS_UTF8)
    return data.decode(best.encoding)


def _looks_western(data: bytes) -> bool:
    """Accented letters and typographic quotes stand alone or in twos; Cyrillic or Chinese bytes come in longer runs."""
    runs = HIGH_RUN.findall(data)
    alone = sum(len(run) <= 2 for run in runs)
    try:
        data.decode("cp1252")
    except UnicodeDecodeError:
        return False
    return alone >= 0.7 * len(runs)
