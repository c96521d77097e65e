"""Text that came from anywhere -> text that can be stored and sent: without half characters."""

from __future__ import annotations


def without_surrogates(text: str) -> str:
    """Bytes that a parser smuggled through as half characters are read as UTF-8, and what is left is replaced."""
    if not any("\ud800" <= character <= "\udfff" for character in text):
        return text
    try:
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
