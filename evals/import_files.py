"""A published file -> checked rows, and ids -> names of files. Every function raises InputError, naming the place."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from assistant.errors import InputError

LONGEST_NAME = 60  # of characters that may take four bytes each; file systems allow 255 bytes
_UNSAFE = re.compile(r"[^\w.-]+")


def rows(path: Path) -> list[Mapping[str, Any]]:
    """The objects of a JSON list or of JSON Lines. Raises InputError as the others do."""
    text = read_text(path)
    if text.lstrip().startswith("["):
        return objects(load_json(path), str(path))
    return [row for _, row in json_lines(path)]


def json_lines(path: Path) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every line's object, with file and line for messages."""
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        if line.strip():
            where = f"{path}, line {number}"
            yield where, _object(line, where)


def _object(line: str, where: str) -> Mapping[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        row = None
    if not isinstance(row, dict):
        raise InputError(f"{where}: this is no JSON object.", "Take an unchanged file.")
    return row


def load_json(path: Path) -> Any:
    """What a JSON file holds."""
    try:
        return json.loads(read_text(path))
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is not JSON: {error}.", "Take an unchanged file.") from None


def read_text(path: Path) -> str:
    """A file's text."""
    try:
        return path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise InputError(f"{path} cannot be read: {reason}.", "Name what the set's own download unpacks to.") from None


def objects(value: Any, where: str) -> list[Mapping[str, Any]]:
    """The value, if it is a list of objects."""
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise InputError(f"{where}: this should be a list of objects.", "Take an unchanged file.")
    return value


def several(value: Any) -> list[Any]:
    """One or many as a list; None as none."""
    return [] if value is None else value if isinstance(value, list) else [value]


def text_of(row: Mapping[str, Any], field: str, where: str) -> str:
    """A field that must hold a text that is not empty, or a whole number."""
    value = row.get(field) if isinstance(row, Mapping) else None
    if isinstance(value, int):
        return str(value)
    if not isinstance(value, str) or not value.strip():
        raise InputError(f"{where}, field {field}: it is missing or no text.", "Take an unchanged file.")
    return value


def unique_names(ids: Iterable[str]) -> dict[str, str]:
    """A file name for every id, no two alike, even where letters' case does not count."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    for one in ids:
        name = file_name(one)
        if name.casefold() in taken:
            name = file_name(f"{one[:LONGEST_NAME]}-{digest(one)}")
        taken.add(name.casefold())
        names[one] = name
    return names


def file_name(text: str) -> str:
    """A `.txt` name that no file system takes for a path."""
    safe = _UNSAFE.sub("-", text).strip("-.")
    kept = safe if len(safe) <= LONGEST_NAME else f"{safe[: LONGEST_NAME - 9]}-{digest(text)}"
    return f"{kept or digest(text)}.txt"


def digest(text: str) -> str:
    """Eight letters that tell texts apart."""
    return hashlib.sha256(text.encode()).hexdigest()[:8]
