"""A damaged library -> the same library, whole: what is damaged is read again from the files that it was read from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from assistant.errors import AssistantError, NoIndexError
from assistant.ingest.sync.sync import Failure, Progress, compare, sync
from assistant.search.embedding import open_embedder
from assistant.search.index import Index, OnProgress, mend_indexes, open_for_writing
from assistant.search.library import DamagedDocument, StoredFile
from assistant.search.lock import writing
from assistant.search.salvage import Salvage, needs_salvage, salvage
from assistant.search.vectors import remove_vectors
from assistant.settings import Settings

_DAMAGED = "damaged"  # a recipe by which no file is read: it counts as read otherwise, and is read anew


@dataclass(frozen=True, slots=True)
class RepairReport:
    """What was found and mended."""

    documents: int
    """How many the library holds now."""
    salvaged: Salvage | None
    """What became of the library's file, where it was damaged itself."""
    read_again: tuple[str, ...]
    """Documents that were damaged, and were read again from their files."""
    not_restored: tuple[Failure, ...]
    """Those that could not be; what is whole of them is still in the library."""
    mended: tuple[str, ...]
    """What was done to the indexes, a sentence each."""


def repair(
    settings: Settings,
    on_document: Callable[[Progress], None] | None = None,
    on_vectors: OnProgress | None = None,
) -> RepairReport:
    """Check everything that is stored of a library, and mend what is damaged. Chats are elsewhere and not touched.

    Raises:
        NoIndexError: there is no library.
        DamagedError: nothing in it can be read any more.
        LockedError: another process writes.
    """
    folder, file = settings.library_dir, settings.library_dir / "library.db"
    if not file.exists():
        raise NoIndexError(f"There is no library “{folder.name}”.", "Index your documents: assistant index PATH")
    embedder = open_embedder(settings)
    with writing(folder, "repairing the library"):
        salvaged = salvage(file) if needs_salvage(file) else None
        if salvaged and not salvaged.kept and not salvaged.lost:
            remove_vectors(folder / "vectors")
            raise AssistantError(
                f"Nothing in the library at {file} can be read any more; it is kept as {salvaged.copy.name}.",
                "Index your documents again: assistant index PATH",
            )
        mended = mend_indexes(folder, thorough=True)
    with open_for_writing(folder, embedder, on_vectors, purpose="repairing the library") as index:
        mended += [said for said in index.news if said not in mended]
        damaged = index.library.damaged_documents()
        lost = salvaged.lost if salvaged else ()
        read, failures = _read_again(settings, index, damaged, lost, on_document)
        documents = index.library.summary().documents
    return RepairReport(documents, salvaged, tuple(read), tuple(failures), tuple(mended))


def _read_again(
    settings: Settings,
    index: Index,
    damaged: Sequence[DamagedDocument],
    lost: Sequence[DamagedDocument],
    on_document: Callable[[Progress], None] | None,
) -> tuple[list[str], list[Failure]]:
    """Read the files of damaged documents again, in their place. Returns their names, and what could not be read."""
    stale = [StoredFile(d.id, d.name, "", replace(d.state, recipe=_DAMAGED)) for d in damaged]
    stale += [StoredFile(0, d.name, "", replace(d.state, recipe=_DAMAGED)) for d in lost]  # 0: in nobody's place
    there = [f for f in stale if Path(f.state.root, f.state.path).is_file()]
    failures = [
        Failure(f.name, f"{f.name} cannot be read again: its file is gone.", "Put it back, and run this again.")
        for f in stale
        if f not in there
    ]
    if not there:
        return [], failures
    plan = compare([Path(f.state.root, f.state.path) for f in there], there, settings.passage_characters)
    report = sync(plan, index, settings.passage_characters, on_document)
    failures += report.failures
    failed = {failure.name for failure in failures}
    return [f.name for f in there if f.name not in failed], failures
