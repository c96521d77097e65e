"""One SQLite file -> rows, written in transactions; what goes wrong with it is said in the user's words."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from assistant.errors import AssistantError, IndexMismatchError, InputError, StorageError
from assistant.private import private_database
from assistant.search.tables import SCHEMA, SCHEMA_VERSION, UPGRADES, row_digest, text_key
from assistant.search.trouble import damaged, explained, forbids_writing


class Database:
    """One connection, which all threads share, one at a time."""

    def __init__(self, path: Path, wait_seconds: float = 30) -> None:
        self._path = path
        self._lock = threading.RLock()
        self.read_only = False
        """Whether the disk lets it be read only, because it is full or the folder may not be written to."""
        with self._reported():
            try:
                private_database(path)
                # Autocommit: every transaction below is an explicit one.
                self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=wait_seconds)
                self._prepared(self._prepare)
            except (sqlite3.Error, OSError) as error:
                if not forbids_writing(error) or not path.exists():
                    raise
                self._open_to_be_read(wait_seconds)

    def _prepared(self, prepare: Callable[[], None]) -> None:
        """Prepare the connection, or close it."""
        try:
            self._db.row_factory = sqlite3.Row
            prepare()
        except BaseException:
            self._db.close()
            raise

    def _prepare(self) -> None:
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.execute("PRAGMA foreign_keys = ON")
        if self._version() == SCHEMA_VERSION:
            return
        self._db.create_function("row_digest", -1, row_digest, deterministic=True)
        self._db.create_function("key_of_text", 1, _key_of_text, deterministic=True)
        with self.transaction():
            version = self._version()  # another process may have been quicker
            if version not in {0, SCHEMA_VERSION, *UPGRADES}:
                raise self._other_format(version)
            for known in range(version, SCHEMA_VERSION) if version else ():
                self._run(UPGRADES[known])
            self._run(SCHEMA)
            self._db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")

    def _open_to_be_read(self, wait_seconds: float) -> None:
        """Open without writing a byte.

        SQLite needs two files beside the library's own to share it, which it cannot make on such a disk. Where a
        writer has left them, they are used. Else the file alone is the whole library, and is taken not to change while
        it is open; who asks it looks whether it did.
        """
        self.read_only = True
        journal = self._path.with_name(f"{self._path.name}-wal")
        address = f"{self._path.absolute().as_uri()}?mode=ro"
        for option in ("", "&immutable=1"):
            try:
                self._db = sqlite3.connect(
                    address + option, uri=True, isolation_level=None, check_same_thread=False, timeout=wait_seconds
                )
                self._prepared(self._check_to_be_read)
            except sqlite3.Error as error:
                unwritten = journal.exists() and journal.stat().st_size > 0  # which the file alone would not show
                if option or not forbids_writing(error) or unwritten:
                    raise
            else:
                return

    def _check_to_be_read(self) -> None:
        version = self._version()
        if version in UPGRADES:
            raise StorageError(
                f"The library at {self._path} was made by an earlier version, and cannot be written to.",
                "Open it once where it can be written to: assistant doctor",
            )
        if version != SCHEMA_VERSION:
            raise self._other_format(version)

    def _version(self) -> int:
        return int(self._db.execute("PRAGMA user_version").fetchone()[0])

    def _run(self, script: str) -> None:
        """Statements one by one: `executescript` would commit the transaction that it stands in."""
        for statement in script.split(";"):
            if statement.strip():
                self._db.execute(statement)

    def _other_format(self, version: int) -> IndexMismatchError:
        age = "a newer" if version > SCHEMA_VERSION else "a much older"
        return IndexMismatchError(
            f"The library at {self._path} was made by {age} version of this program (format {version}; this one knows"
            f" {min(UPGRADES)} to {SCHEMA_VERSION}).",
            f"Use that version; or read your documents into another library: assistant index PATH --library NAME"
            f" (the folder {self._path.parent} is left as it is)",
        )

    @contextmanager
    def _reported(self) -> Iterator[None]:
        """SQLite's errors, and those of the disk, in the user's words; never with text out of the library."""
        try:
            yield
        except UnicodeEncodeError as error:
            raise InputError(
                f"{error.object!a} is no text that can be stored or looked up.", "Type it again, as UTF-8 text."
            ) from None
        except (sqlite3.Error, OSError) as error:
            if _is_undecodable(error):
                raise self._damaged() from None  # SQLite's own words hold the whole text
            raise explained(error, f"The library at {self._path}", self._path.parent) from error

    def _damaged(self) -> AssistantError:
        """That a text holds bytes that are none."""
        return damaged(f"A text in the library at {self._path} is damaged, and cannot be read.", self._path.parent)

    def rows(self, query: str, values: Sequence[Any] = ()) -> list[sqlite3.Row]:
        """What a query finds."""
        with self._lock, self._reported():
            return self._db.execute(query, values).fetchall()

    def rows_as_they_are(self, query: str, values: Sequence[Any] = ()) -> list[sqlite3.Row]:
        """What a query finds; where bytes of a text are none, a sign stands for them. For rows with a digest."""
        with self._lock, self._reported():
            try:
                return self._db.execute(query, values).fetchall()
            except sqlite3.OperationalError as error:
                if not _is_undecodable(error):
                    raise
            self._db.text_factory = _with_signs
            try:
                return self._db.execute(query, values).fetchall()
            finally:
                self._db.text_factory = str

    def row(self, query: str, values: Sequence[Any] = ()) -> sqlite3.Row | None:
        """The first row that a query finds; None if it finds none."""
        rows = self.rows(query, values)
        return rows[0] if rows else None

    def write(self, query: str, values: Sequence[Any] = ()) -> int:
        """Run a statement that changes something. Returns the id of the row that it inserted, if it did."""
        with self._lock, self._reported():
            return int(self._db.execute(query, values).lastrowid or 0)

    def write_many(self, query: str, values: Iterable[Sequence[Any]]) -> None:
        """Run a statement once for each row of values."""
        with self._lock, self._reported():
            self._db.executemany(query, values)

    def insert(self, table: str, values: Mapping[str, Any]) -> int:
        """Insert a row by the names of its columns. Returns its id."""
        marks = ",".join("?" * len(values))
        return self.write(f"INSERT INTO {table} ({','.join(values)}) VALUES ({marks})", tuple(values.values()))

    def update(self, table: str, values: Mapping[str, Any], where: str, keys: Sequence[Any]) -> None:
        """Change columns by their names, in the rows that `where` means."""
        marks = ", ".join(f"{name} = ?" for name in values)
        self.write(f"UPDATE {table} SET {marks} WHERE {where}", (*values.values(), *keys))

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of what is written inside, or nothing. Other threads wait until it is over.

        Raises:
            LockedError: another process is writing, and did not end within `wait_seconds`.
        """
        with self._lock:
            self.write("BEGIN IMMEDIATE")
            try:
                yield
                self.write("COMMIT")
            except BaseException:
                if self._db.in_transaction:  # SQLite may have done so itself, for want of room
                    with suppress(sqlite3.Error):
                        self._db.execute("ROLLBACK")
                raise


def _is_undecodable(error: BaseException) -> bool:
    return isinstance(error, sqlite3.OperationalError) and "Could not decode to UTF-8" in str(error)


def _with_signs(text: bytes) -> str:
    return text.decode("utf-8", "replace")


def _key_of_text(text: bytes) -> str:
    return text_key(_with_signs(text))
