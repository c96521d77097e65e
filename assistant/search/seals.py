"""The files of a derived index -> a note of how their writer left them; later, what is no longer so.

A writer says when it begins and notes, when it ends, each file's size, time and digest. Files that differ from the note
of a writer that ended were changed by something else: they are damaged. Those that differ from the note of one that did
not end may be what it was writing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

SEAL_FILE = "seal.json"
_CHUNK = 1 << 20
_APPENDED = {".ids", ".rows"}  # written only at their end: what stood there stays


@dataclass(frozen=True, slots=True)
class Seen:
    """What differs from the note, as paths within the folder."""

    ended: bool | None
    """Whether the writer that left the note came to its end; None where there is no note."""
    changed: tuple[str, ...] = ()
    """Files with other bytes than were noted."""
    missing: tuple[str, ...] = ()
    added: tuple[str, ...] = ()


def begin(folder: Path) -> None:
    """Note that files may change from here on."""
    _, files = _read(folder)
    _write(folder, {"ended": False, "files": files})


def seal(folder: Path, files: Iterable[Path]) -> None:
    """Note how the files are. A digest is made only of those that changed since the last note: 0.07 s for 100 MB."""
    _, before = _read(folder)
    noted = {}
    for file in files:
        name, status = file.relative_to(folder).as_posix(), file.stat()
        known = before.get(name)
        if known and known[:2] == [status.st_size, status.st_mtime_ns]:
            noted[name] = known
        else:
            noted[name] = [status.st_size, status.st_mtime_ns, _digest(file, status.st_size)]
    _write(folder, {"ended": True, "files": noted})


def compare(folder: Path, files: Iterable[Path], *, thorough: bool = False) -> Seen:
    """What differs from the note. Files of the noted size and time are read only if it is to be `thorough`."""
    ended, noted = _read(folder)
    there = {file.relative_to(folder).as_posix(): file for file in files}
    changed = [n for n, file in there.items() if n in noted and _differs(file, noted[n], ended, thorough)]
    return Seen(ended, tuple(changed), tuple(sorted(noted.keys() - there)), tuple(sorted(there.keys() - noted.keys())))


def _differs(file: Path, noted: list[int | str], ended: bool | None, thorough: bool) -> bool:
    size, time, digest = noted
    try:
        status = file.stat()
        if (status.st_size, status.st_mtime_ns) == (size, time) and not thorough:
            return False
        grown = status.st_size > int(size) and file.suffix in _APPENDED and not ended
        return (status.st_size != size and not grown) or _digest(file, int(size)) != digest
    except OSError:  # gone since, or not to be read
        return True


def _digest(file: Path, size: int) -> str:
    """Of the first `size` bytes."""
    hashed = hashlib.sha256()
    with file.open("rb") as handle:
        while size > 0 and (part := handle.read(min(size, _CHUNK))):
            hashed.update(part)
            size -= len(part)
    return hashed.hexdigest()


def _read(folder: Path) -> tuple[bool | None, dict[str, list[int | str]]]:
    try:
        note = json.loads((folder / SEAL_FILE).read_text("utf-8"))
        files: dict[str, list[int | str]] = {
            str(name): [int(size), int(time), str(digest)] for name, (size, time, digest) in note["files"].items()
        }
        return bool(note["ended"]), files
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None, {}  # none, or a garbled one: it says nothing


def _write(folder: Path, note: dict[str, object]) -> None:
    """Whole or not at all; where the disk has no room, what was noted before is taken away, for it is no longer so."""
    file = folder / SEAL_FILE
    draft = file.with_suffix(".part")
    try:
        draft.write_text(json.dumps(note), encoding="utf-8")
        draft.replace(file)
    except OSError:
        with suppress(OSError):
            file.unlink(missing_ok=True)
