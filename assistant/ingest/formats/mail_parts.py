"""What e-mails and saved web pages are made of: a part's bytes -> text to read, a header -> what it says."""

from __future__ import annotations

from contextlib import suppress
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import MIMEPart

from assistant.ingest.formats.decoding import without_surrogates
from assistant.ingest.formats.source import Source

# A mail program that says "gb2312" writes whatever its successors can.
BROADER = {"gb2312": "gb18030", "gbk": "gb18030", "iso-8859-1": "cp1252", "us-ascii": "utf-8", "unknown-8bit": "utf-8"}


def decode_part(source: Source, part: MIMEPart) -> Source:
    """The bytes of one part, as UTF-8 where its charset is right; else as they are, to be decoded like a file."""
    kind, charset = part.get_content_type(), part.get_content_charset("utf-8")
    try:
        data = part.get_payload(decode=True)
    except ValueError:  # a zero byte in the charset's name
        del part["Content-Type"]
        data = part.get_payload(decode=True)
    data = data if isinstance(data, bytes) else b""
    # Where the part's own word is wrong, decoding finds out; ValueError is also what impossible names raise.
    with suppress(LookupError, ValueError):
        data = data.decode(BROADER.get(charset, charset)).encode("utf-8")
    return Source(source.name, data, kind, source.sha256)


def header(part: MIMEPart, name: str) -> str | None:
    """A header in one line, its encoded words decoded; None if it is missing or says nothing."""
    return decode_words(raw_header(part, name))


def raw_header(part: MIMEPart, name: str) -> str:
    """A header as it was written. The standard library's own parsing of it stops with errors of all kinds."""
    written = (str(value) for key, value in part.raw_items() if key.lower() == name.lower())
    return without_surrogates(next(written, ""))


def decode_words(written: str) -> str | None:
    """Encoded words (=?utf-8?B?…?=) -> what they say. Neighbours are decoded together: a letter may be cut in two."""
    try:
        chunks = decode_header(" ".join(written.split()))
    except (HeaderParseError, ValueError):  # not base64 after all
        chunks = [(written, None)]
    said = "".join(chunk if isinstance(chunk, str) else _chunk(chunk, charset) for chunk, charset in chunks)
    return " ".join(without_surrogates(said).split()) or None


def _chunk(data: bytes, charset: str | None) -> str:
    if charset is None:  # how the library returns what stands between encoded words
        return data.decode("raw-unicode-escape", "replace")
    with suppress(LookupError, ValueError):
        return data.decode(BROADER.get(charset.lower(), charset))
    return data.decode("utf-8", "replace")
