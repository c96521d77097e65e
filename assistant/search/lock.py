"""A library's folder -> the right to write to it, one process at a time; and who has it, for the others to be told."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import filelock

from assistant.errors import LockedError
from assistant.private import close_all, private_folder
from assistant.search.trouble import explained

LOCK_FILE = "writer.lock"
WRITER_FILE = "writer.json"


@dataclass(frozen=True, slots=True)
class Writer:
    """The process that holds the lock. A note for people: the lock itself is the operating system's."""

    process: int
    since: str
    """When it took the lock, in UTC: "2025-01-30T08:15:00+00:00"."""
    purpose: str
    """What it does: "indexing papers"."""


@contextmanager
def writing(folder: Path, purpose: str) -> Iterator[None]:
    """Be the one process that writes; the folder is made if it is not there. A crash lets go of the lock.

    Raises:
        LockedError: another process is writing; which, since when and what for, as far as it says.
        StorageError: the folder cannot be written to, or the disk is full.
    """
    lock = filelock.FileLock(folder / LOCK_FILE)
    note = folder / WRITER_FILE
    try:
        private_folder(folder)
        lock.acquire(timeout=0)
        _leave_note(note, Writer(os.getpid(), datetime.now(UTC).isoformat(timespec="seconds"), purpose))
    except filelock.Timeout:
        raise LockedError(_who_writes(folder), "Wait until it is done, then run this again.") from None
    except OSError as error:
        lock.release()
        raise explained(error, f"The folder {folder}", folder) from error
    try:
        yield
    finally:
        with suppress(OSError):  # a note that is left is not believed
            note.unlink(missing_ok=True)
        close_all(folder)
        lock.release()


def current_writer(folder: Path) -> Writer | None:
    """Who says to be writing to a library; None if nobody does, or if that process is no longer there."""
    try:
        said = json.loads((folder / WRITER_FILE).read_text("utf-8"))
        writer = Writer(int(said["process"]), str(said["since"]), str(said["purpose"]))
        datetime.fromisoformat(writer.since)
    except (OSError, ValueError, KeyError, TypeError):
        return None  # a note that is missing or garbled says nothing; the lock is what counts
    return writer if _is_running(writer.process) else None


def _leave_note(note: Path, writer: Writer) -> None:
    """Write it whole or not at all: another process may be reading it."""
    draft = note.with_suffix(f".{writer.process}")
    draft.write_text(json.dumps(asdict(writer)), encoding="utf-8")
    draft.replace(note)


def _who_writes(folder: Path) -> str:
    writer = current_writer(folder)
    if writer is None:
        return f"Another process is writing to the library in {folder}."
    since = datetime.fromisoformat(writer.since).astimezone()
    return (
        f"Another process is writing to the library in {folder}:"
        f" process {writer.process}, {writer.purpose}, since {since:%Y-%m-%d %H:%M:%S}."
    )


def _is_running(process: int) -> bool:
    """Whether a process is there; where that cannot be asked without harm (Windows), it is taken to be."""
    if os.name != "posix":
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True
