"""One SQLite file -> rows, written in transactions; what goes wrong with it is said in the user's words."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from assistant.errors import AssistantError, IndexMismatchError, LockedError
from assistant.search.tables import SCHEMA, SCHEMA_VERSION, UPGRADES


class Database:
    """One connection, which all threads share, one at a time."""

    def __init__(self, path: Path, wait_seconds: float = 30) -> None:
        self._path = path
        self._lock = threading.RLock()
        with self._reported():
            path.parent.mkdir(parents=True, exist_ok=True)
            # Autocommit: every transaction below is an explicit one.
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=wait_seconds)
            try:
                self._prepare()
            except BaseException:
                self._db.close()
                raise

    def _prepare(self) -> None:
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.execute("PRAGMA foreign_keys = ON")
        if self._version() == SCHEMA_VERSION:
            return
        with self.transaction():
            version = self._version()  # another process may have been quicker
            if version not in {0, SCHEMA_VERSION, *UPGRADES}:
                raise self._other_format(version)
            for known in range(version, SCHEMA_VERSION) if version else ():
                self._run(UPGRADES[known])
            self._run(SCHEMA)
            self._db.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")

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
            f"Use that version; or, since all in it can be read from your documents again, remove the folder"
            f" {self._path.parent} and run: assistant index PATH",
        )

    @contextmanager
    def _reported(self) -> Iterator[None]:
        """SQLite's errors, and those of the disk, in the user's words."""
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY:
                raise LockedError(
                    f"Another process is writing to the library at {self._path}.",
                    "Wait until it is done, then run this again.",
                ) from error
            raise AssistantError(
                f"The library at {self._path} cannot be used: {error}.",
                f"If the file is damaged, remove the folder {self._path.parent} and run: assistant index PATH",
            ) from error

    def rows(self, query: str, values: Sequence[Any] = ()) -> list[sqlite3.Row]:
        """What a query finds."""
        with self._lock, self._reported():
            return self._db.execute(query, values).fetchall()

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
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise
