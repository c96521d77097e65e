"""A plan -> the library: reads what is new or changed, stores it, and deletes what is gone.

`make_plan` says what will be done (that is what `--dry-run` prints), `sync` does it: documents are read one after the
other and stored in small groups, each group one transaction. A run that is stopped keeps every document that was read,
and the next run goes on from there. A file that cannot be read is reported and keeps its earlier version.

`read` is what reads a file: `prepare` does it right here, `ReadingProcess.read` where a file can do no harm.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from assistant.errors import AssistantError, ReadError
from assistant.ingest.articles.editors_words import with_introductions
from assistant.ingest.sync.listing import Filter
from assistant.ingest.sync.plan import Failure, Plan, compare, make_plan
from assistant.ingest.sync.preparing import prepare
from assistant.ingest.user.given_values import apply_sources
from assistant.ingest.user.sources_file import FILE_NAME, Given
from assistant.language.languages import with_languages
from assistant.language.mentions import mentions_in
from assistant.search.index import Index, NewMetadata
from assistant.search.library import FileState, ReadDocument
from assistant.search.tables import metadata_to_json

__all__ = ["Failure", "Filter", "Plan", "Progress", "SyncReport", "compare", "make_plan", "prepare", "sync"]

GROUP_PASSAGES = 128  # passages stored in one transaction: below it the indexes' commits cost more than the embedding
GROUP_DOCUMENTS = 64
GROUP_UPDATED = 256

Read = Callable[[Path, str, FileState, int, Given], tuple[ReadDocument, list[str]]]
"""What `prepare` does, wherever. Raises ReadError."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a sync is, before each document and at the end."""

    done: int
    total: int
    name: str
    """The document that is read now; "" at the end."""
    passages: int = 0
    """Stored so far; those of the last documents follow with their group."""
    seconds: float = 0.0
    """Since the first document."""

    @property
    def documents_a_second(self) -> float:
        """The rate so far; 0 before there is one."""
        return self.done / self.seconds if self.seconds > 0 else 0.0

    @property
    def passages_a_second(self) -> float:
        """The rate at which passages were stored so far; 0 before there is one."""
        return self.passages / self.seconds if self.seconds > 0 else 0.0

    @property
    def seconds_left(self) -> float | None:
        """How long the rest will take at this rate; None before there is one."""
        return (self.total - self.done) / self.documents_a_second if self.documents_a_second else None


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What a sync did."""

    plan: Plan
    stored: int
    passages: int
    failures: tuple[Failure, ...]
    seconds: float
    warnings: tuple[str, ...] = ()


def sync(
    plan: Plan,
    index: Index,
    passage_characters: int,
    on_progress: Callable[[Progress], None] | None = None,
    read: Read = prepare,
) -> SyncReport:
    """Carry out a plan."""
    started = time.monotonic()
    moved = [(stored.id, name, state) for stored, name, state in plan.renamed]
    moved += [(stored.id, stored.name, state) for stored, state in (*plan.touched, *plan.updated, *plan.described)]
    if moved:
        index.touch(moved)
    _update_metadata(plan, index)
    if plan.removed:
        index.store([], replaced=[stored.id for stored in plan.removed])
    notes = _Notes(list(plan.failures), list(plan.warnings))
    count = passages = 0
    begun = time.monotonic()

    def report(done: int, name: str) -> None:
        if on_progress:
            on_progress(Progress(done, len(plan.to_read), name, passages, time.monotonic() - begun))

    def read_one(path: Path, name: str, state: FileState) -> tuple[ReadDocument, list[str]]:
        return read(path, name, state, passage_characters, plan.given(state))

    for group in _groups(plan, read_one, notes, report):
        index.store(group, replaced=[plan.replaced[d.document.name] for d in group if d.document.name in plan.replaced])
        count += len(group)
        passages += sum(len(d.passages) for d in group)
    seconds = time.monotonic() - started
    return SyncReport(plan, count, passages, tuple(notes.failures), seconds, tuple(notes.warnings))


def _update_metadata(plan: Plan, index: Index) -> None:
    """Put what is now known of stored documents in its place, a group of documents a transaction.

    That is what the user says of them, and of those that an earlier version read what it did not note.
    """
    states = [(stored.id, state) for stored, state in (*plan.updated, *plan.described)]
    states += [(old.id, state) for old, _, state in plan.renamed if old.state.metadata_key != state.metadata_key]
    described = {stored.id for stored, _ in plan.described}
    for start in range(0, len(states), GROUP_UPDATED):
        part = states[start : start + GROUP_UPDATED]
        index.set_metadata(
            [_new_metadata(index, i, state, plan.given(state), anew=i in described) for i, state in part]
        )


def _new_metadata(index: Index, document_id: int, state: FileState, given: Given, *, anew: bool) -> NewMetadata:
    document, articles = index.library.metadata_as_read(document_id)
    passages = [passage for passage, _ in index.library.passages_of(document_id)]
    if anew:
        document, articles = with_languages(document, with_introductions(document, articles, passages), passages)
    as_read = metadata_to_json(document, articles) if state.metadata_key else ""
    document, articles = apply_sources(document, articles, given)
    mentions = mentions_in(document.text, [(p, articles[p.article_index]) for p in passages])
    return NewMetadata(document, articles, state.metadata_key, mentions, as_read, state.recipe if anew else "")


@dataclass(frozen=True, slots=True)
class _Notes:
    """What a run has to say of single files at its end."""

    failures: list[Failure]
    warnings: list[str]


def _groups(
    plan: Plan,
    read_one: Callable[[Path, str, FileState], tuple[ReadDocument, list[str]]],
    notes: _Notes,
    on_document: Callable[[int, str], None],
) -> Iterator[list[ReadDocument]]:
    """Read the planned documents, and hand them on in groups worth a transaction; the last one when it is stopped."""
    group: list[ReadDocument] = []
    try:
        for done, (name, path, state) in enumerate(plan.to_read):
            on_document(done, name)
            try:
                prepared, not_found = read_one(path, name, state)
                group.append(prepared)
                unfound = (f"{FILE_NAME}: of {name} nothing was left out that holds “{w}”." for w in not_found)
                notes.warnings.extend(unfound)
            except ReadError as error:
                notes.failures.append(Failure(name, error.message, error.remedy))
            if len(group) >= GROUP_DOCUMENTS or sum(len(d.passages) for d in group) >= GROUP_PASSAGES:
                yield group
                group = []
        if plan.to_read:
            on_document(len(plan.to_read), "")
    except (KeyboardInterrupt, AssistantError):
        if group:
            yield group  # what was read is kept
        raise
    if group:
        yield group
