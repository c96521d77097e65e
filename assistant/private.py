"""Folders and files that hold what somebody reads and asks -> for their user alone, whatever the system's habit."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

FOLDER, FILE = 0o700, 0o600


def private_folder(folder: Path) -> None:
    """Make a folder, with all above it that is missing, or close one that was open to others.

    A folder of somebody else's cannot be closed: it is left as it is.

    Raises:
        OSError: it cannot be made.
    """
    missing = []
    for above in (folder, *folder.parents):
        if above.exists():
            break
        missing.append(above)
    for above in reversed(missing):
        above.mkdir(FOLDER, exist_ok=True)
    _restrict(folder, FOLDER)


def private_file(file: Path) -> None:
    """Make an empty file if there is none, or close one that was open to others.

    Raises:
        OSError: it cannot be made.
    """
    os.close(os.open(file, os.O_WRONLY | os.O_CREAT, FILE))
    _restrict(file, FILE)


def write_private(file: Path, text: str) -> None:
    """Write a whole file, or leave the one that is there.

    Raises:
        OSError: it cannot be written.
    """
    private_folder(file.parent)
    draft = file.with_name(f"{file.name}.{os.getpid()}")
    private_file(draft)
    draft.write_text(text, encoding="utf-8")
    draft.replace(file)


def _restrict(path: Path, mode: int) -> None:
    with suppress(OSError):  # not ours, or a disk that knows no rights
        if path.stat().st_mode & 0o077:
            path.chmod(mode)
