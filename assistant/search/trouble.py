"""What SQLite, Chroma, tantivy or the disk raised -> what it is, in the user's words, and a remedy that does no harm.

A full disk, a folder that cannot be written to and a damaged file raise much the same errors, and are three things: the
first two leave what is stored as it is, and nothing that is stored may be removed for their sake.
"""

from __future__ import annotations

import errno
import sqlite3
from pathlib import Path

from assistant.errors import AssistantError, DamagedError, LockedError, StorageError

DEFAULT_LIBRARY = "default"
ELSEWHERE = "or set another folder for all data: ASSISTANT_DATA_DIR=PATH"
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}
# Chroma and tantivy hand on only what the system or SQLite said, as text.
_SAID_FULL = ("no space left", "disk is full", "quota exceeded", "file too large")
_SAID_FORBIDDEN = ("read-only file system", "readonly database", "permission denied", "operation not permitted",
                   "unable to open database file")  # fmt: skip


def repair_command(folder: Path) -> str:
    """What mends the library of a folder."""
    return "assistant index --repair" + ("" if folder.name == DEFAULT_LIBRARY else f" --library {folder.name}")


def damaged(message: str, folder: Path) -> DamagedError:
    """That something of the library in `folder` is damaged, with the command that mends it."""
    return DamagedError(message, f"Mend it, from your documents: {repair_command(folder)}")


def explained(error: BaseException, thing: str, folder: Path) -> AssistantError:
    """The error for people: `thing` is what could not be used ("The library at …"), `folder` that of the library."""
    if is_full(error):
        return StorageError(
            f"{thing} cannot be used: no room is left on its disk ({_reason(error)}).",
            f"Make room there, then run this again; what is stored is whole. O{ELSEWHERE[1:]}",
        )
    if is_forbidden(error):
        return StorageError(
            f"{thing} cannot be used: it may not be written to, or not be read ({_reason(error)}).",
            f"Check the rights of the folder {folder}, {ELSEWHERE}",
        )
    if isinstance(error, OSError):
        return StorageError(
            f"{thing} cannot be used: {_reason(error)}.", f"Check the disk and the rights of {folder}, {ELSEWHERE}"
        )
    if _primary(error) in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return LockedError(
            f"{thing} cannot be used: another process is writing.", "Wait until it is done, then run this again."
        )
    if _primary(error) == sqlite3.SQLITE_IOERR:
        return StorageError(
            f"{thing} cannot be used: the disk did not do what was asked of it ({_reason(error)}).",
            f"See that the disk is whole and has room, {ELSEWHERE}",
        )
    return damaged(f"{thing} cannot be used: {_reason(error)}.", folder)


def is_full(error: BaseException) -> bool:
    """Whether an error says that a disk, or a quota of it, is full."""
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno in _FULL
    return _primary(error) == sqlite3.SQLITE_FULL or any(said in str(error).lower() for said in _SAID_FULL)


def is_forbidden(error: BaseException) -> bool:
    """Whether an error says that a file or a folder may not be written to, or not be opened."""
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno in _FORBIDDEN
    codes = {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM}
    return _primary(error) in codes or any(said in str(error).lower() for said in _SAID_FORBIDDEN)


def forbids_writing(error: BaseException) -> bool:
    """Whether what failed for want of room or rights may still be read."""
    return is_full(error) or is_forbidden(error) or _primary(error) == sqlite3.SQLITE_IOERR


def _primary(error: BaseException) -> int | None:
    """SQLite's error code, without its finer half."""
    code = getattr(error, "sqlite_errorcode", None)
    return None if code is None else int(code) & 0xFF


def _reason(error: BaseException) -> str:
    return str(error.strerror) if isinstance(error, OSError) and error.strerror else str(error).rstrip(".")
