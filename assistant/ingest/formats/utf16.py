"""UTF-16 without a byte order mark -> text, recognised by where its zero bytes stand and what the letters then are."""

from __future__ import annotations

import re

# What texts are made of: Latin, Greek, Cyrillic, Hebrew, Arabic, signs, Chinese, Japanese, Korean, emoji.
USUAL = re.compile(
    "[\t\n\r -\u024f\u0370-\u06ff\u1e00-\u206f\u20a0-\u22ff\u2500-\u27bf\u3000-\u30ff\u4e00-\u9fff\uac00-\ud7a3"
    "\uff00-\uffef\U0001f000-\U0001faff]"
)
FAMILIAR = re.compile("[\n -~\u3001\u3002\uff0c\uff1a]")
"""Read from the wrong end these are rare signs, and rare signs are not these."""
LEAST_FAMILIAR = 3
LEAST_USUAL = 0.97
"""Of all characters. Bytes at random are spread over everything there is."""
SAMPLE = 100_000
"""How many bytes of the file decide."""


def decode_utf16(data: bytes) -> str | None:
    """The text, if one of the two byte orders makes a plausible one of `data`; None if neither does."""
    return _reading(data, "utf-16-le") or _reading(data, "utf-16-be")


def _reading(data: bytes, encoding: str) -> str | None:
    start = data[:SAMPLE].decode(encoding, "ignore")
    if len(USUAL.findall(start)) < LEAST_USUAL * len(start) or len(FAMILIAR.findall(start)) < LEAST_FAMILIAR:
        return None
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        return None
    return None if "\x00" in text else text  # two zero bytes in a row are what programs' files have, and texts never
