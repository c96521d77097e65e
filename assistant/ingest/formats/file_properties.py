"""Title, author and language out of a file's properties -> what somebody stated, or nothing where nobody did."""

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
LANGUAGE = re.compile(r"([a-z]{2,3})(?:[-_][a-z0-9]{1,8})*", re.IGNORECASE)
# Books and catalogues write three letters where the rule has two: the library codes of ISO 639-2.
SHORT_CODES = {
    "eng": "en", "ger": "de", "deu": "de", "chi": "zh", "zho": "zh", "fre": "fr", "fra": "fr", "spa": "es", "ita": "it",
    "jpn": "ja", "kor": "ko", "rus": "ru", "por": "pt", "dut": "nl", "nld": "nl", "pol": "pl", "swe": "sv", "dan": "da",
    "nor": "no", "fin": "fi", "cze": "cs", "ces": "cs", "tur": "tr", "ara": "ar", "heb": "he", "ukr": "uk", "gre": "el",
    "ell": "el", "hun": "hu",
}  # fmt: skip
NO_LANGUAGE = frozenset({"und", "zxx", "mul", "mis", "xx"})
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f]")


def stated_title(value: str | None) -> str | None:
    """The title in one line; None for the names of files and programs that stand in its place."""
    return _unless(NO_TITLE, value)


def stated_author(value: str | None) -> str | None:
    """The author in one line; None for the names of programs and accounts that stand in their place."""
    return _unless(NO_AUTHOR, value)


def stated_language(value: str | None) -> str:
    """The code of the language alone, "de" for "de-AT" and "ger"; "" where none is stated, or the value is no code."""
    found = LANGUAGE.fullmatch((value or "").strip())
    code = found[1].lower() if found else ""
    return "" if code in NO_LANGUAGE else SHORT_CODES.get(code, code)


def _unless(nothing: re.Pattern[str], value: str | None) -> str | None:
    said = " ".join(without_surrogates(CONTROL.sub("", value or "")).split())
    return None if nothing.fullmatch(said) else said
