"""A damaged library file -> a new one with every document that can still be read whole, and the list of the others.

The damaged file is kept beside the new one. Ids stay, so that both indexes fit what was kept.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from assistant.errors import DamagedError
from assistant.search.library import DamagedDocument, FileState, Library
from assistant.search.tables import DIGESTED, is_whole

_OF_DOCUMENT = ("articles", "passages", "exclusions", "aliases", "date_mentions")
_JOURNALS = ("-wal", "-shm")


@dataclass(frozen=True, slots=True)
class Salvage:
    """What became of a damaged file."""

    copy: Path
    """The damaged file, as it was."""
    kept: int
    """Documents that are in the new one."""
    lost: tuple[DamagedDocument, ...]
    """Documents that are not, as far as it can still be read which they were."""


def needs_salvage(file: Path) -> bool:
    """Whether SQLite cannot open a library's file, or finds its pages damaged.

    Raises:
        AssistantError: it cannot be opened for another reason.
    """
    try:
        library = Library(file)
    except DamagedError:
        return True
    with closing(library):
        try:
            return bool(library.check_pages())
        except DamagedError:
            return True


def salvage(file: Path) -> Salvage:
    """Put a whole file in the place of a damaged one. For who writes; a crash leaves the one or the other."""
    copy = file.with_name(f"{file.name}.damaged-{datetime.now(UTC):%Y%m%d-%H%M%S}")
    for ending in ("", *_JOURNALS):
        with suppress(FileNotFoundError):
            shutil.copy2(file.with_name(file.name + ending), copy.with_name(copy.name + ending))
    draft = file.with_name(f"{file.name}.part")
    for ending in ("", *_JOURNALS):
        draft.with_name(draft.name + ending).unlink(missing_ok=True)
    with closing(Library(draft)) as new, closing(sqlite3.connect(copy)) as old:
        old.row_factory = sqlite3.Row
        old.text_factory = lambda text: text.decode("utf-8", "replace")
        lost, kept = [], 0
        with new.transaction():
            _copy_all(old, new, "facts")
            _copy_all(old, new, "replies")
            for known in _known(old):
                if _copy_document(old, new, known.id):
                    kept += 1
                elif known.state.path:
                    lost.append(known)
    for ending in _JOURNALS:
        file.with_name(file.name + ending).unlink(missing_ok=True)
    draft.replace(file)
    return Salvage(copy, kept, tuple(lost))


def _known(old: sqlite3.Connection) -> Iterator[DamagedDocument]:
    """Every document that left a trace: names and paths stand in two indexes, too, apart from the rows themselves."""
    paths = {row["id"]: (row["root"], row["path"]) for row in _readable(old, "SELECT id, root, path FROM documents")}
    names = {row["id"]: row["name"] for row in _readable(old, "SELECT id, name FROM documents")}
    counted = _readable(old, "SELECT seq FROM sqlite_sequence WHERE name = 'documents'")
    last = max((row["seq"] for row in counted), default=0)
    for document_id in sorted({*paths, *names, *range(1, last + 1)}):
        root, path = paths.get(document_id, ("", ""))
        yield DamagedDocument(document_id, names.get(document_id, path), FileState(root, path, 0, 0, ""))


def _readable(old: sqlite3.Connection, query: str, values: tuple[int, ...] = ()) -> list[sqlite3.Row]:
    """The rows up to the first that cannot be read."""
    rows = []
    with suppress(sqlite3.Error):
        for row in old.execute(query, values):
            rows.append(row)  # noqa: PERF402 (an error must not cost the rows before it)
    return rows


def _copy_all(old: sqlite3.Connection, new: Library, table: str) -> None:
    for row in _readable(old, f"SELECT * FROM {table}"):
        new.write(f"INSERT OR REPLACE INTO {table} VALUES (?,?)", tuple(row))


def _copy_document(old: sqlite3.Connection, new: Library, document_id: int) -> bool:
    """Copy a document with all that was made of it, if every part is what was stored. Returns whether it is."""
    try:
        document = old.execute("SELECT * FROM documents WHERE id = ?", (document_id,)).fetchone()
        rows = {
            table: old.execute(f"SELECT * FROM {table} WHERE document_id = ?", (document_id,)).fetchall()
            for table in _OF_DOCUMENT
        }
    except sqlite3.Error:
        return False
    if document is None or not rows["articles"] or not rows["passages"] or not is_whole("documents", document):
        return False
    if not all(is_whole(table, row) for table in rows if table in DIGESTED for row in rows[table]):
        return False
    new.insert("documents", dict(document))
    for table in _OF_DOCUMENT:
        for row in rows[table]:
            # Which articles are reprints of which is found again when the next document is stored.
            new.insert(table, {k: row[k] for k in row.keys() if not k.startswith("origin_")})  # noqa: SIM118
    return True
