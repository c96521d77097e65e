"""Title and author out of a file's properties -> what somebody stated, or None where a program filled them in."""

from __future__ import annotations

import re

from assistant.ingest.formats.decoding import without_surrogates

NO_TITLE = re.compile(
    r"untitled.*|unbenannt.*|\(?anonymous\)?|\(?unspecified\)?|no title|(word )?document\s?\d*|layout \d+|slide \d+"
    r"|microsoft (word|powerpoint|excel)\b.*|powerpoint[ -]pr\w*|[\W\d_]*"
    r"|.*\.(docx?|pdf|pptx?|xlsx?|indd|qxd|tex|dvi|rtf|odt|html?|txt|md)",
    re.IGNORECASE,
)
NO_AUTHOR = re.compile(
    r"\(?anonymous\)?|\(?unspecified\)?|unknown|admin(istrator)?|user|(.*\b)?(office|windows)[ -]user|python-docx"
    r"|[\W\d_]*",
    re.IGNORECASE,
)
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f]")


def stated_title(value: str | None) -> str | None:
    """The title in one line; None for the names of files and programs that stand in its place."""
    return _unless(NO_TITLE, value)


def stated_author(value: str | None) -> str | None:
    """The author in one line; None for the names of programs and accounts that stand in their place."""
    return _unless(NO_AUTHOR, value)


def _unless(nothing: re.Pattern[str], value: str | None) -> str | None:
    said = " ".join(without_surrogates(CONTROL.sub("", value or "")).split())
    return None if nothing.fullmatch(said) else said
