"""A pattern such as "china-table/*.txt" and a path within a folder -> whether the path is meant.

The rules are those of a .gitignore file: without a slash a pattern means names in every folder, with one it starts at
the folder itself; `*`, `?` and `[abc]` stand for parts of a name, `**` for any number of folders; and a pattern that
names a folder means everything in it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from fnmatch import fnmatchcase

_WILD = re.compile(r"[*?\[]")


def matches(pattern: str, path: str) -> bool:
    """Whether a pattern means a path (POSIX style, relative to its folder). Letters count as they look: é is é."""
    wanted, anchored = _parts(pattern)
    there = _composed(path).split("/")
    if not wanted:
        return False
    if anchored:
        return _match(wanted, there)
    return any(_match(wanted, there[start:]) for start in range(len(there)))


def matches_any(patterns: Sequence[str], path: str) -> bool:
    """Whether at least one pattern means a path."""
    return any(matches(pattern, path) for pattern in patterns)


def is_literal(pattern: str) -> bool:
    """Whether a pattern names one path and nothing else: it starts at the folder and holds no wild card."""
    return "/" in pattern.rstrip("/") and not _WILD.search(pattern)


def literal_path(pattern: str) -> str:
    """The path that a literal pattern names."""
    return "/".join(_parts(pattern)[0])


def enclosing_paths(path: str) -> list[str]:
    """A path and the folders around it: what a literal pattern must name to mean it."""
    parts = _composed(path).split("/")
    return ["/".join(parts[:length]) for length in range(1, len(parts) + 1)]


def pattern_for(path: str) -> str:
    """The literal pattern that means just this path; its own brackets and stars stand for themselves."""
    escaped = _WILD.sub(lambda found: f"[{found[0]}]", path)
    return escaped if "/" in escaped else f"/{escaped}"


def _parts(pattern: str) -> tuple[list[str], bool]:
    """A pattern's names, and whether it starts at the folder itself."""
    trimmed = _composed(pattern).rstrip("/")
    return [part for part in trimmed.split("/") if part not in {"", "."}], "/" in trimmed


def _match(wanted: list[str], there: list[str]) -> bool:
    if not wanted:
        return True  # what is left of the path lies in the folder that the pattern names
    if wanted[0] == "**":
        return any(_match(wanted[1:], there[skipped:]) for skipped in range(len(there)))
    return bool(there) and fnmatchcase(there[0], wanted[0]) and _match(wanted[1:], there[1:])


def _composed(text: str) -> str:
    """One spelling for letters with accents, which some disks store in two parts."""
    return unicodedata.normalize("NFC", text)
