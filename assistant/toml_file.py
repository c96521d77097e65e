"""A TOML file that somebody else may have put there -> its text and its values, within bounds of size, depth and time.

`assistant.toml` and `sources.toml` lie in folders that come from anywhere: a pipe would be waited for for ever, a
device never ends, and tomllib takes hours for one key of a million parts.
"""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path
from typing import Any

from assistant.errors import AssistantError

KEY_PARTS = 100
"""Of a dotted key: tomllib's time grows with their square."""

_PART = r"(?:[\w-]++|\"[^\"\n]*+\"|'[^'\n]*+')[ \t]*+"
_LONG_KEY = re.compile(rf"(?<![\w-]){_PART}(?:\.[ \t]*+{_PART}){{{KEY_PARTS}}}")


def read_toml(file: Path, most_bytes: int, kind: type[AssistantError], remedy: str) -> tuple[str, dict[str, Any]]:
    """The text of a file, with line feeds for line ends, and what it says.

    Raises:
        FileNotFoundError: there is none.
        AssistantError: of the given kind, with the remedy: it is no file, leads out of its folder, is too large, or
            cannot be read; the line is named where there is one.
    """
    try:
        data = _bounded(file, most_bytes)
        text = data.decode("utf-8-sig").replace("\r\n", "\n")
    except FileNotFoundError:
        raise
    except OSError as error:
        raise kind(f"{file} cannot be read: {error.strerror}.", remedy) from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise kind(f"{file}, line {line}: this is not UTF-8 text.", "Save it as UTF-8.") from None
    if found := _LONG_KEY.search(text):
        line = text.count("\n", 0, found.start()) + 1
        raise kind(f"{file}, line {line}: a key has more than {KEY_PARTS} parts.", remedy)
    try:
        return text, tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise kind(f"{file}, {_problem(str(error), text)}.", remedy) from None
    except RecursionError:
        raise kind(f"{file} is nested too deeply.", remedy) from None
    except ValueError:  # Python reads no numbers of more than 4,300 digits
        raise kind(f"{file} holds a number that is too long.", remedy) from None


def _bounded(file: Path, most_bytes: int) -> bytes:
    """The bytes of an ordinary file; what is none is not waited for."""
    if file.is_symlink() and not file.resolve().is_relative_to(file.parent.resolve()):
        raise OSError(None, "it is a link that leads out of its folder")
    if file.is_symlink() and not file.exists():
        raise OSError(None, "it is a link that leads nowhere")
    if file.exists() and not file.is_file():
        raise OSError(None, "it is no ordinary file")
    with os.fdopen(os.open(file, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0)), "rb") as stream:
        data = stream.read(most_bytes + 1)
    if len(data) > most_bytes:
        raise OSError(None, f"it has more than {most_bytes // 1_000_000} MB")
    return data


def _problem(said: str, text: str) -> str:
    """The words of tomllib, which end in "(at line 4, column 8)" or "(at end of document)", with the line in front."""
    reason, _, place = said.partition(" (at ")
    found = re.match(r"line (\d+)", place)
    line = int(found[1]) if found else text.rstrip("\n").count("\n") + 1
    return f"line {line}: this is not valid TOML ({reason})"
