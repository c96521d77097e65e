"""What is wrong with a `sources.toml` -> a sentence that names the line. tomllib tells no lines of values."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable, Iterator

from pydantic import ValidationError

_PROBLEMS_NAMED = 5
_HEADER = re.compile(r"^[ \t]*\[\[[ \t]*source[ \t]*\]\]", re.MULTILINE)


def toml_problem(said: str, text: str) -> str:
    """The words of tomllib, which end in "(at line 4, column 8)" or "(at end of document)", with the line in front."""
    reason, _, place = said.partition(" (at ")
    found = re.match(r"line (\d+)", place)
    line = int(found[1]) if found else text.rstrip("\n").count("\n") + 1
    return f"line {line}: this is not valid TOML ({reason})"


def entry_problems(text: str, error: ValidationError, known: Iterable[str]) -> str:
    """What cannot be in the entries, each with its line, on one line."""
    # A value of several possible kinds is complained of once for each: one sentence a place is enough.
    problems = {
        line_of(text, e["loc"]): _reason(e["loc"], e["type"], e["msg"], known) for e in reversed(error.errors())
    }
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


def line_of(text: str, location: tuple[int | str, ...]) -> int:
    """The line, counted from 1, in which a value stands: its key's, else the one its entry begins in, else the first.

    tomllib tells no lines. A line is where a key is set if all that stands before it is whole TOML of its own: inside
    a text over several lines it would not be.
    """
    names = [part for part in location if isinstance(part, str)]
    start, end = 0, len(text)
    if len(location) > 1 and isinstance(location[1], int):
        headers = [found.start() for found in _statements(_HEADER, text, 0, end)]
        if location[1] < len(headers):
            start = headers[location[1]]
            end = headers[location[1] + 1] if location[1] + 1 < len(headers) else len(text)
    key = names[1] if len(names) > 1 else names[0]
    written = re.compile(rf"^[ \t]*(?:\[+[ \t]*)?[\"']?{re.escape(key)}[\"']?[ \t]*[=.\]]", re.MULTILINE)
    found = next(_statements(written, text, start, end), None)
    return text.count("\n", 0, found.start() if found else start) + 1


def _statements(pattern: re.Pattern[str], text: str, start: int, end: int) -> Iterator[re.Match[str]]:
    for found in pattern.finditer(text, start, end):
        try:
            tomllib.loads(text[: found.start()])
        except tomllib.TOMLDecodeError:
            continue
        yield found
