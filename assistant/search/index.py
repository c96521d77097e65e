"""The library and its two derived indexes, kept in step: documents in, all three or none changed.

The order is what makes a crash harmless. Inside one SQLite transaction the new rows get their ids, vectors and words
are written under those ids, and only then SQLite commits. Before the commit a reader finds ids that the library does
not know, and drops them; after it everything is there. What a crash leaves over is removed when a writer opens.
A writer that goes on after a failure may give the same ids again: it then writes over what was left under them.

Each step calls `on_step` with its name when it is done. Nothing of ours listens; a test does, and kills the process
there.

Each index has a note of how its files were left (`seals`), by which it is seen before it is opened that they were
changed: a damaged index is then made again from the library. Who only reads, and cannot do that, is answered from what
is whole: words, and the rows of the vectors.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from assistant.errors import DamagedError, IndexMismatchError, LockedError, NoIndexError, StorageError
from assistant.search.columns import Columns, read_columns
from assistant.search.embedding import Embedder
from assistant.search.library import FileState, Library, ReadDocument, open_library, with_ids
from assistant.search.lock import current_writer, writing
from assistant.search.self_test import ENOUGH, examine_vectors
from assistant.search.vectors import VectorIndex, condition, remove_graph, remove_vectors
from assistant.search.words import WordIndex, remove_words, words_are_whole
from assistant.types import Article, DateMention, Document, Passage

_REBUILD_BATCH = 256  # passages embedded at a time when an index is made again
_UNSURE_WORDS = "unsure words"  # the fact that names documents whose words may not be what the library says

MADE_ANEW = "The library was made anew since it was opened here; this is from the library as it is now."
VECTORS_MENDED = "The vector index was damaged, and was made again from the library."
WORDS_MENDED = "The word index was damaged, and was made again from the library."

OnStep = Callable[[str], None]
OnProgress = Callable[[int, int], None]
"""Gets (passages embedded, passages to embed)."""


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
    news: list[str] = field(default_factory=list)
    """What was mended, or changed under it: a sentence each, until somebody takes them."""
    _refreshing: threading.Lock = field(default_factory=threading.Lock)
    _columns: Columns | None = None
    _identity: str = ""
    _file: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        self._file, self._identity = _file_of(self.folder, self.library), self.library.state[0]

    def refresh(self) -> int:
        """See what another process has written since: cheap when nothing was. Returns the library's generation.

        Raises:
            NoIndexError: the library was deleted.
            IndexMismatchError: the vectors were made anew with another embedder.
        """
        with self._refreshing:
            file = _file_of(self.folder, self.library)
            identity, current = self.library.state
            if (file, identity) != (self._file, self._identity):
                self._reopen()
            elif current != self.generation:
                _check_embedder(self.library, self.embedder)
                self.vectors, _ = _vectors_to_read(self.folder, self.library)
                if self.words.elsewhere:
                    self.words = _words_to_read(self.folder, self.library)
                self.generation = current
            return self.generation

    def _reopen(self) -> None:
        """Take the place of what was deleted, or put in its place, under our feet.

        What was open is not closed: other threads may be reading in it. It goes when they let go of it.
        """
        now = open_for_reading(self.folder, self.embedder)
        if now._identity != self._identity:
            self.news.append(MADE_ANEW)
        self.news.extend(now.news)
        self.library, self.vectors, self.words, self.generation = now.library, now.vectors, now.words, now.generation
        self._file, self._identity, self._columns = now._file, now._identity, None

    def take_news(self) -> list[str]:
        """What was not told yet."""
        with self._refreshing:
            told, self.news = self.news, []
            return told

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
            self.words.update([entry for new in changed for entry in self.library.entries_of(new.document.id)])
            self.on_step("words added")
            self.library.set_fact(_UNSURE_WORDS, "")
            self._raise_generation()

    def _write_unsure_words(self) -> bool:
        """Write the words of passages anew whose metadata an interrupted writer may have changed. Returns if any."""
        unsure = self.library.fact(_UNSURE_WORDS)
        if not unsure:
            return False
        self.words.update(
            [entry for document_id in json.loads(unsure) for entry in self.library.entries_of(document_id)]
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

    def reconcile(self, on_progress: OnProgress | None = None, held: tuple[set[int], set[int]] | None = None) -> int:
        """Make both indexes hold just the library's passages. Returns how many had to be added or removed.

        `held` are the ids that vectors and words hold, where they were just asked for them.

        `on_progress` is called with (passages embedded, passages to embed).
        """
        in_vectors, in_words = held or (self.vectors.ids(), self.words.ids())
        wanted = self.library.passage_ids()
        self.vectors.remove(sorted(in_vectors - wanted))
        self.on_step("left-over vectors removed")
        self.words.update([], sorted(in_words - wanted))
        self.on_step("left-over words removed")
        restored = self.vectors.restore(wanted - in_vectors)
        if restored:
            self.on_step("kept vectors restored")
        missing = sorted(wanted - in_vectors - set(restored))
        for start in range(0, len(missing), _REBUILD_BATCH):
            part = self.library.entries(missing[start : start + _REBUILD_BATCH])
            vectors = self.embedder.embed([embedded_text(p, a) for p, a in part])
            self.vectors.add([p.id for p, _ in part], vectors)
            self.on_step("missing vectors added")
            if on_progress:
                on_progress(start + len(part), len(missing))
        unworded = sorted(wanted - in_words)
        for start in range(0, len(unworded), 20 * _REBUILD_BATCH):
            part = self.library.entries(unworded[start : start + 20 * _REBUILD_BATCH])
            self.words.update(part)
            self.on_step("missing words added")
        changed = len(restored) + len(missing) + len(unworded) + len(in_vectors - wanted) + len(in_words - wanted)
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
    on_progress: OnProgress | None = None,
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
        mended = mend_indexes(folder)
        index, held = _open_to_write(folder, embedder, mended)
        index.on_step = on_step
        try:
            index.vectors.begin_writing()
            index.words.begin_writing()
            index.reconcile(on_progress, held)
            yield index
        finally:
            index.close()
            with suppress(StorageError):  # then it says that no writer came to its end
                index.vectors.end_writing()
                index.words.end_writing()


def open_for_reading(folder: Path, embedder: Embedder) -> Index:
    """Open a library to ask it. Indexes that were deleted, damaged or fell behind are made again first.

    Where that cannot be done because another process is writing, what is there can be asked, and the rest as soon as
    that process is done; and where the folder cannot be written to, or the disk is full, what is there.

    Raises:
        NoIndexError: there is none.
        IndexMismatchError: it was indexed with another embedder.
    """
    open_library(folder).close()
    with suppress(DamagedError):
        index, whole = _open_to_read(folder, embedder)
        if whole and index.is_complete():
            return index
        index.close()
    mended: list[str] = []
    try:
        with open_for_writing(folder, embedder, purpose="making its indexes again") as made:
            mended = made.news  # opening for writing makes them again
    except LockedError:
        pass
    except StorageError as error:
        mended = [f"Its indexes are not complete, and cannot be made so: {error.message}"]
    index, _ = _open_to_read(folder, embedder)
    index.news = mended
    return index


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


def mend_indexes(folder: Path, *, thorough: bool = False) -> list[str]:
    """Remove what is damaged of both indexes, to be made again. For who writes. Returns what was, a sentence each.

    `thorough` reads every byte, and asks the vectors even where their files are as they were left.
    """
    vectors, words, said = folder / "vectors", folder / "words", []
    found = condition(vectors, thorough=thorough)
    if found == "doubtful" or (thorough and found == "whole" and vectors.exists()):
        tested = examine_vectors(vectors)
        found = "whole" if tested and tested.found >= ENOUGH else "damaged"
    if found == "rows damaged":
        remove_vectors(vectors)  # Chroma's are not taken in their place: it keeps none to the letter
    elif found == "damaged":
        remove_graph(vectors)
    if found != "whole":
        said.append(VECTORS_MENDED)
    if not words_are_whole(words, thorough=thorough):
        remove_words(words)
        said.append(WORDS_MENDED)
    return said


def _open_to_write(folder: Path, embedder: Embedder, mended: list[str]) -> tuple[Index, tuple[set[int], set[int]]]:
    """The three, and the ids that vectors and words hold.

    An index that cannot be opened and read is removed, to be made again; that is added to what was `mended`.
    """
    library = Library(folder / "library.db")
    try:
        _check_embedder(library, embedder)
        try:
            vectors = VectorIndex(folder / "vectors")
            in_vectors = vectors.ids()
        except DamagedError:
            remove_graph(folder / "vectors")
            mended.append(VECTORS_MENDED)
            vectors, in_vectors = VectorIndex(folder / "vectors"), set()
        try:
            words = WordIndex(folder / "words")
            in_words = words.ids()
        except DamagedError:
            remove_words(folder / "words")
            mended.append(WORDS_MENDED)
            words, in_words = WordIndex(folder / "words"), set()
    except BaseException:
        library.close()
        raise
    return Index(library, vectors, words, embedder, folder, library.generation, news=mended), (in_vectors, in_words)


def _open_to_read(folder: Path, embedder: Embedder) -> tuple[Index, bool]:
    """The three, as far as they can be opened without harm; and whether both indexes seem whole."""
    library = open_library(folder)
    try:
        _check_embedder(library, embedder)
        generation = library.generation  # before the vectors: were they older, nobody would notice
        vectors, whole = _vectors_to_read(folder, library)
        whole = whole and (library.read_only or words_are_whole(folder / "words"))
        index = Index(library, vectors, _words_to_read(folder, library), embedder, folder, generation)
    except BaseException:
        library.close()
        raise
    return index, whole


def _vectors_to_read(folder: Path, library: Library) -> tuple[VectorIndex, bool]:
    """The vectors, and whether they seem whole. Where Chroma could do harm or cannot be opened, their rows alone."""
    place = folder / "vectors"
    if library.read_only:
        return VectorIndex(place, rows_only=True), True
    found = condition(place)
    if found == "whole" or (found == "doubtful" and current_writer(folder)):
        try:
            return VectorIndex(place), True
        except (DamagedError, StorageError):
            found = "damaged"
    if found == "rows damaged":
        return VectorIndex(place / "none", rows_only=True), False
    return VectorIndex(place, rows_only=True), False


def _words_to_read(folder: Path, library: Library) -> WordIndex:
    try:
        return WordIndex(folder / "words")
    except StorageError:
        if not library.read_only:
            raise
        return WordIndex(folder / "words", elsewhere=True)


def _file_of(folder: Path, library: Library) -> tuple[int, ...]:
    """By what a library's file is told from another one in its place; and, where it is taken not to change, from a
    later state of itself.
    """
    file = folder / "library.db"
    try:
        status = file.stat()
    except FileNotFoundError:
        raise NoIndexError(
            f"The library “{folder.name}” is no longer there: {folder} was removed.",
            "Index your documents again: assistant index PATH",
        ) from None
    changing = (status.st_size, status.st_mtime_ns) if library.read_only else ()
    return (status.st_dev, status.st_ino, *changing)


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
