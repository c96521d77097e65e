"""Bytes that are UTF-8 in part -> what is UTF-8 as text, and the lines that are in another encoding.

Files are pasted together from several sources, and a program that takes one byte for one letter leaves a broken one
behind. To read all of such a file in the other encoding would spoil every letter that is right.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

SEQUENCE = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xed[\x80-\x9f][\x80-\xbf]"
    rb"|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2}"
)
"""A letter beyond ASCII in UTF-8."""
LEAST_SHARE = 0.5
"""Of letters in UTF-8 to broken bytes. In Chinese encodings one letter in six is valid UTF-8 by accident."""


@dataclass(frozen=True, slots=True)
class Mixed:
    """The lines of a file in order: as text where they are UTF-8, else None, with those others in `foreign`."""

    lines: tuple[str | None, ...]
    foreign: tuple[bytes, ...]
    mended: int
    """How many bytes of the lines in UTF-8 were broken."""

    def join(self, foreign: str) -> str:
        """The whole text, once the foreign lines were decoded, together and as many as they were."""
        others = iter(foreign.split("\n"))
        return "\n".join(next(others) if line is None else line for line in self.lines)


def split_utf8(data: bytes) -> Mixed | None:
    """Tell the lines in UTF-8 from the others; None if there is not enough UTF-8 to call the file that.

    A line with a few broken bytes stays: one between ASCII, or two in a word, are read as cp1252, the Western encoding
    that is mostly the cause, and others become U+FFFD, so that nobody takes them for what was written.
    """
    lines: list[str | None] = []
    foreign: list[bytes] = []
    letters = broken = mended = 0
    for line in data.split(b"\n"):
        text, wrong = _decode_line(line)
        valid = sum(1 for _ in SEQUENCE.finditer(line))
        if valid >= wrong:
            letters += valid
            mended += wrong
            lines.append(text)
        else:
            broken += wrong
            lines.append(None)
            foreign.append(line)
    if not letters or letters < LEAST_SHARE * (broken + mended):
        return None
    return Mixed(tuple(lines), tuple(foreign), mended)


def _decode_line(line: bytes) -> tuple[str, int]:
    """A line as UTF-8 with its broken bytes mended, and how many they were."""
    try:
        return line.decode("utf-8"), 0
    except UnicodeDecodeError:
        text = line.decode("utf-8", "surrogateescape")
    runs = re.findall("[\udc80-\udcff]+", text)
    return re.sub("[\udc80-\udcff]+", _mend, text), sum(map(len, runs))


def _mend(run: re.Match[str]) -> str:
    data = run[0].encode("utf-8", "surrogateescape")
    beside = run.string[max(0, run.start() - 1) : run.start()] + run.string[run.end() : run.end() + 1]
    within_word = len(data) == 2 and any(letter.isascii() and letter.isalpha() for letter in beside)  # "süß"
    if (len(data) == 1 and beside.isascii()) or within_word:
        return data.decode("cp1252", "replace")
    return "\ufffd" * len(data)
