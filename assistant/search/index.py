"""The library and its two derived indexes, kept in step: documents in, all three or none changed.

The order is what makes a crash harmless. Inside one SQLite transaction the new rows get their ids, vectors and words
are written under those ids, and only then SQLite commits. Before the commit a reader finds ids that the library does
not know, and drops them; after it everything is there. What a crash leaves over is removed when a writer opens.
A writer that goes on after a failure may give the same ids again: it then writes over what was left under them.

Each step calls `on_step` with its name when it is done. Nothing of ours listens; a test does, and kills the process
there.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from assistant.errors import IndexMismatchError, LockedError
from assistant.search.columns import Columns, read_columns
from assistant.search.embedding import Embedder
from assistant.search.library import FileState, Library, ReadDocument, open_library, with_ids
from assistant.search.lock import writing
from assistant.search.vectors import VectorIndex, remove_vectors
from assistant.search.words import WordIndex
from assistant.types import Article, DateMention, Document, Passage

_REBUILD_BATCH = 256  # passages embedded at a time when an index is made again
_UNSURE_WORDS = "unsure words"  # the fact that names documents whose words may not be what the library says

OnStep = Callable[[str], None]


def _unheard(step: str) -> None:
    """Nobody wants to know of a step."""


@dataclass(frozen=True, slots=True)
class NewMetadata:
    """What is now known of a stored document and its articles; text and passages are as they were."""

    document: Document
    articles: Sequence[Article]
    metadata_key: str
    mentions: Sequence[DateMention]
    """The relative dates of the text, by the days that its articles are now known to be from."""
    as_read: str = ""
    recipe: str = ""
    """How it counts as read from now on; "" for as before."""


@dataclass(slots=True)
class Index:
    """A library, its vectors and its words, and the embedder that they were made with."""

    library: Library
    vectors: VectorIndex
    words: WordIndex
    embedder: Embedder
    folder: Path
    generation: int = 0
    on_step: OnStep = _unheard
    """Called after each step of a write, with its name."""
    _refreshing: threading.Lock = field(default_factory=threading.Lock)
    _columns: Columns | None = None

    def refresh(self) -> int:
        """See what another process has written since: cheap when nothing was. Returns the library's generation.

        Raises:
            IndexMismatchError: the vectors were made anew with another embedder.
        """
        with self._refreshing:
            current = self.library.generation
            if current != self.generation:
                _check_embedder(self.library, self.embedder)
                self.vectors = VectorIndex(self.folder / "vectors")
                self.generation = current
            return current

    def columns(self) -> Columns:
        """What filters look at, as of the last `refresh`; read from the library when it has changed."""
        with self._refreshing:
            if self._columns is None or self._columns.generation != self.generation:
                self._columns = read_columns(self.library, self.generation, self._columns)
            return self._columns

    def store(self, documents: Sequence[ReadDocument], replaced: Sequence[int] = ()) -> None:
        """Write documents, and delete those that they replace, as one transaction over all three."""
        texts = [embedded_text(p, d.articles[p.article_index]) for d in documents for p in d.passages]
        vectors = self.embedder.embed(texts)
        with self._transaction():
            _check_embedder(self.library, self.embedder)
            removed = [passage_id for document_id in replaced for passage_id in self.library.remove(document_id)]
            added: list[tuple[Passage, Article]] = []
            for d in documents:
                document_id, ids = self.library.add(
                    d.document, d.state, d.articles, d.passages, d.exclusions, d.as_read, d.aliases, d.mentions
                )
                added.extend((p, d.articles[p.article_index]) for p in with_ids(d.passages, document_id, ids))
            self.on_step("rows written")
            self.library.settle_origins()
            self.on_step("origins settled")
            self.vectors.add([p.id for p, _ in added], vectors)
            self.on_step("vectors added")
            self.words.update(added)
            self.on_step("words added")
            self._raise_generation()
        # Only now: until the commit the old passages are what readers must find.
        self.vectors.remove(removed)
        self.on_step("old vectors removed")
        self.words.update([], removed)
        self.on_step("old words removed")

    def touch(self, files: Iterable[tuple[int, str, FileState]]) -> None:
        """Note under which name and in which state files stand now, by their documents' ids, as one transaction.

        For those that were renamed, or saved again with the same content. Nothing is embedded, and the generation
        stays: names stand in the library only, which is always read fresh.
        """
        with self._transaction():
            for document_id, name, state in files:
                self.library.touch(document_id, name, state)
                self.on_step("row written")

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """All of what is written inside, or nothing; and who listens is told of the beginning and the end."""
        with self.library.transaction():
            self.on_step("begun")
            yield
        self.generation = self.library.generation
        self.on_step("committed")

    def set_metadata(self, changed: Sequence[NewMetadata]) -> None:
        """Replace what is known of stored documents, as one transaction. Nothing is embedded.

        The word index, which finds a passage by its title and outlet too, learns the new ones. Vectors stay, although a
        passage without a heading was embedded under its article's title: a line of sources.toml may describe thousands
        of documents, and to embed them again takes as long as to index them, for a title that moves a vector little.
        What is read anew, or indexed with --rebuild, is embedded under its new title.

        Words cannot be taken back when SQLite does not commit. So which documents they are is noted before, and a
        writer that opens the library after a crash writes their words again, as the library then has them.
        """
        self._write_unsure_words()  # of an earlier call that failed
        with self.library.transaction():
            self.library.set_fact(_UNSURE_WORDS, json.dumps([new.document.id for new in changed]))
        self.on_step("words noted as unsure")
        with self._transaction():
            for new in changed:
                self.library.set_metadata(
                    new.document.id,
                    new.document,
                    new.articles,
                    new.metadata_key,
                    new.as_read,
                    new.mentions,
                    new.recipe,
                )
            self.on_step("rows written")
            self.library.settle_origins()
            self.on_step("origins settled")
            self.words.update([entry for new in changed for entry in self.library.passages_of(new.document.id)])
            self.on_step("words added")
            self.library.set_fact(_UNSURE_WORDS, "")
            self._raise_generation()

    def _write_unsure_words(self) -> bool:
        """Write the words of passages anew whose metadata an interrupted writer may have changed. Returns if any."""
        unsure = self.library.fact(_UNSURE_WORDS)
        if not unsure:
            return False
        self.words.update(
            [entry for document_id in json.loads(unsure) for entry in self.library.passages_of(document_id)]
        )
        self.on_step("unsure words written")
        with self.library.transaction():
            self.library.set_fact(_UNSURE_WORDS, "")
        self.on_step("words noted as sure")
        return True

    def _raise_generation(self) -> None:
        self.library.set_fact("generation", str(self.library.generation + 1))

    def is_complete(self) -> bool:
        """Whether both indexes hold every passage of the library. 70 ms for 10,000 passages, on two cores."""
        return (
            not self.library.fact(_UNSURE_WORDS) and self.library.passage_ids() <= self.vectors.ids() & self.words.ids()
        )

    def reconcile(self, on_progress: Callable[[int, int], None] | None = None) -> int:
        """Make both indexes hold just the library's passages. Returns how many had to be embedded or removed.

        `on_progress` is called with (passages embedded, passages to embed).
        """
        wanted, in_vectors, in_words = self.library.passage_ids(), self.vectors.ids(), self.words.ids()
        self.vectors.remove(sorted(in_vectors - wanted))
        self.on_step("left-over vectors removed")
        self.words.update([], sorted(in_words - wanted))
        self.on_step("left-over words removed")
        missing = sorted(wanted - in_vectors)
        for start in range(0, len(missing), _REBUILD_BATCH):
            part = list(self.library.passages(missing[start : start + _REBUILD_BATCH]).values())
            vectors = self.embedder.embed([embedded_text(p, a) for p, a in part])
            self.vectors.add([p.id for p, _ in part], vectors)
            self.on_step("missing vectors added")
            if on_progress:
                on_progress(start + len(part), len(missing))
        unworded = sorted(wanted - in_words)
        for start in range(0, len(unworded), 20 * _REBUILD_BATCH):
            part = list(self.library.passages(unworded[start : start + 20 * _REBUILD_BATCH]).values())
            self.words.update(part)
            self.on_step("missing words added")
        changed = len(missing) + len(unworded) + len(in_vectors - wanted) + len(in_words - wanted)
        if self._write_unsure_words() or changed:
            with self._transaction():
                self._raise_generation()
        return changed

    def close(self) -> None:
        """Let go of all files."""
        self.library.close()
        self.vectors.close()


def embedded_text(passage: Passage, article: Article) -> str:
    """What is embedded for a passage: the headline it stands under, then its words. Never part of a quote."""
    context = passage.heading or article.title or ""
    return f"{context}\n{passage.text}" if context and not passage.text.startswith(context) else passage.text


@contextmanager
def open_for_writing(
    folder: Path,
    embedder: Embedder,
    on_progress: Callable[[int, int], None] | None = None,
    *,
    purpose: str = "writing",
    on_step: OnStep = _unheard,
) -> Iterator[Index]:
    """Open a library to change it; made if it is not there. One process at a time.

    `on_progress` is called with (passages embedded, passages to embed) where vectors have to be made again. `purpose`
    is what another process that wants to write is told ("indexing papers").

    Raises:
        LockedError: another process is writing.
        IndexMismatchError: what it holds was indexed with another embedder.
    """
    with writing(folder, purpose):
        _adopt_embedder(folder, embedder)
        index = _open(folder, embedder)
        index.on_step = on_step
        try:
            index.reconcile(on_progress)
            yield index
        finally:
            index.close()


def open_for_reading(folder: Path, embedder: Embedder) -> Index:
    """Open a library to ask it. Indexes that were deleted or fell behind are made again first.

    Where they are not complete because another process is writing, what is there can be asked, and the rest as soon as
    that process is done.

    Raises:
        NoIndexError: there is none.
        IndexMismatchError: it was indexed with another embedder.
    """
    open_library(folder).close()
    index = _open(folder, embedder)
    if index.is_complete():
        return index
    index.close()
    with suppress(LockedError), open_for_writing(folder, embedder, purpose="making its indexes again"):
        pass  # opening for writing makes them again
    return _open(folder, embedder)


def forget_vectors(folder: Path) -> None:
    """Forget the vectors and which embedder made them, so that the next opening makes them anew.

    Raises:
        NoIndexError: there is no library.
        LockedError: another process is writing.
    """
    open_library(folder).close()
    with writing(folder, "removing its vectors"):
        # In this order: were the name forgotten first and the rest not done, the old vectors would pass for new ones.
        remove_vectors(folder / "vectors")
        library = open_library(folder)
        try:
            library.set_fact("embedder", "")
        finally:
            library.close()


def _open(folder: Path, embedder: Embedder) -> Index:
    library = Library(folder / "library.db")
    try:
        _check_embedder(library, embedder)
        generation = library.generation  # before the vectors: were they older, nobody would notice
        vectors, words = VectorIndex(folder / "vectors"), WordIndex(folder / "words")
    except BaseException:
        library.close()
        raise
    return Index(library, vectors, words, embedder, folder, generation)


def _adopt_embedder(folder: Path, embedder: Embedder) -> None:
    """Note the embedder of a library that holds no passages yet; one that was emptied forgets its earlier one."""
    library = Library(folder / "library.db")
    try:
        known = library.fact("embedder")
        if known == embedder.name or (known and library.has_passages()):
            return
        if known:  # vectors of another length cannot come into the same index, even when it is empty
            remove_vectors(folder / "vectors")
        library.set_fact("embedder", embedder.name)
    finally:
        library.close()


def _check_embedder(library: Library, embedder: Embedder) -> None:
    known = library.fact("embedder")
    if known and known != embedder.name and library.has_passages():
        raise IndexMismatchError(
            f"This library was indexed with the embedder “{known}”, and the settings ask for “{embedder.name}”.",
            "Change ASSISTANT_EMBEDDER back, or rebuild the vectors: assistant index --rebuild PATH",
        )
