"""What is wrong with a `sources.toml` -> a sentence that names the line."""

from __future__ import annotations

import difflib
import re
from bisect import bisect_left
from collections.abc import Iterable

from pydantic import ValidationError

_PROBLEMS_NAMED = 5
_HEADER = re.compile(r"^[ \t]*\[\[[ \t]*source[ \t]*\]\]", re.MULTILINE)
_LONG_TEXT = re.compile(
    r'''
    """(?:[^"\\]|\\.|"(?!""))*+"""
    | '{3}.*?'{3}
    | "(?:[^"\\\n]|\\.)*+"
    | '[^'\n]*+'
    | \#[^\n]*+
    ''',
    re.DOTALL | re.VERBOSE,
)
"""A text over several lines; and what may hold its marks without being one: texts on a line, and comments."""


def entry_problems(text: str, error: ValidationError, known: Iterable[str]) -> str:
    """What cannot be in the entries, each with its line, on one line."""
    # A value of several possible kinds is complained of once for each: one sentence a place is enough.
    lines = Lines(text)
    problems = {lines.of(e["loc"]): _reason(e["loc"], e["type"], e["msg"], known) for e in reversed(error.errors())}
    named = [f"line {line}: {problems[line]}" for line in sorted(problems)][:_PROBLEMS_NAMED]
    more = f"; and {len(problems) - len(named)} more" if len(problems) > len(named) else ""
    return f"{'; '.join(named)}{more}"


def _reason(location: tuple[int | str, ...], kind: str, message: str, known: Iterable[str]) -> str:
    names = [str(part) for part in location if isinstance(part, str)]
    key = names[1] if len(names) > 1 else names[0]
    if len(location) == 1 and key != "source":
        return f"“{key}” stands outside an entry; an entry begins with [[source]]"
    if len(location) < 3 and kind != "missing":
        return "an entry begins with [[source]], in two pairs of brackets"
    if kind == "extra_forbidden":
        near = difflib.get_close_matches(key.lower(), list(known), 1)
        return f"“{key}” is not known" + (f"; “{near[0]}” is" if near else "")
    if kind == "missing":
        return f"the entry has no “{key}”"
    if kind == "value_error":
        return f"“{key}” {message.removeprefix('Value error, ')}"
    return f"“{key}” must be text in quotation marks"


class Lines:
    """A whole TOML file -> the lines in which its values stand, which tomllib does not tell."""

    def __init__(self, text: str) -> None:
        self._text = _LONG_TEXT.sub(_blank, text)
        self._ends = [found.start() for found in re.finditer("\n", text)]
        self._headers = [found.start() for found in _HEADER.finditer(self._text)]

    def of(self, location: tuple[int | str, ...]) -> int:
        """The line, counted from 1: that of the value's key, else the one its entry begins in, else the first."""
        names = [part for part in location if isinstance(part, str)]
        start, end = 0, len(self._text)
        if len(location) > 1 and isinstance(location[1], int) and location[1] < len(self._headers):
            start, *following = self._headers[location[1] : location[1] + 2]
            end = following[0] if following else end
        key = names[1] if len(names) > 1 else names[0]
        written = re.compile(rf"^[ \t]*(?:\[+[ \t]*)?[\"']?{re.escape(key)}[\"']?[ \t]*[=.\]]", re.MULTILINE)
        found = written.search(self._text, start, end)
        return bisect_left(self._ends, found.start() if found else start) + 1


def _blank(found: re.Match[str]) -> str:
    """As many characters and lines that say nothing, for a text over several lines; other texts as they are."""
    text = found[0]
    return re.sub(r"[^\n]", " ", text) if text.startswith(('"""', "'''")) else text
