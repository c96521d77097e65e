"""Folders and files that hold what somebody reads and asks -> for their user alone, whatever the system's habit."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

FOLDER, FILE = 0o700, 0o600
LIBRARIES, CONVERSATIONS = "libraries", "conversations"
"""What lies in the data folder."""


def private_folder(folder: Path) -> None:
    """Make a folder, with all above it that is missing; close it, and the data folder above it, where they are open.

    A folder that holds anything else than ours is left as it is, and so is one that this user may not close.

    Raises:
        OSError: it cannot be made.
    """
    for missing in reversed([above for above in (folder, *folder.parents) if not above.exists()]):
        missing.mkdir(FOLDER, exist_ok=True)
    for known in (folder, *folder.parents[:2]):
        with suppress(OSError):
            if _is_ours(known):
                _close(known)


def private_file(file: Path) -> None:
    """Make an empty file if there is none, or close one that is open to others.

    Raises:
        OSError: it cannot be made.
    """
    if not file.exists():
        os.close(os.open(file, os.O_WRONLY | os.O_CREAT, FILE))
    _close(file)


def private_database(file: Path) -> None:
    """Make the folder and the file of a SQLite database, or close them; its journals get the rights of the file.

    Raises:
        OSError: they cannot be made.
    """
    private_folder(file.parent)
    private_file(file)
    for journal in ("-wal", "-shm"):
        _close(file.with_name(file.name + journal))


def close_all(folder: Path) -> None:
    """Close all that lies in a folder: what Chroma and tantivy wrote, and what earlier versions left open."""
    with suppress(OSError):  # removed meanwhile
        for path in folder.rglob("*"):
            _close(path)


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


def _is_ours(folder: Path) -> bool:
    """Whether nobody but this program puts anything there."""
    ours = {LIBRARIES, CONVERSATIONS}
    return folder.name in ours or folder.parent.name == LIBRARIES or all(p.name in ours for p in folder.iterdir())


def _close(path: Path) -> None:
    with suppress(OSError):  # not there, not ours, or a disk that knows no rights
        mode = path.lstat().st_mode
        if mode & 0o077 and (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
            path.chmod(FOLDER if stat.S_ISDIR(mode) else FILE)
