"""Files -> the library that the settings name: `assistant index` for programs, without its words and its bars."""

from __future__ import annotations

import atexit
import threading
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

from assistant.ingest.sync.reading_process import ReadingProcess
from assistant.ingest.sync.sync import SyncReport, make_plan, sync
from assistant.search.embedding import open_embedder
from assistant.search.index import open_for_writing
from assistant.search.library import FileState
from assistant.settings import Settings, load_settings
from assistant.types import Article, Document, Passage

PASSAGE_CHARACTERS = int(Settings.model_fields["passage_characters"].default)

_ONE_FILE_AT_A_TIME = threading.Lock()

OnProgress = Callable[[int, int], None]
"""Gets how many are done, of how many."""


def index_folder(
    folder: Path, settings: Settings, *, on_document: OnProgress | None = None, on_vector: OnProgress | None = None
) -> SyncReport:
    """Bring the library up to the state of a folder; the report names what could not be read.

    `on_vector` hears of vectors that have to be made again before it begins.

    Raises:
        InputError: the folder does not exist or holds nothing that can be read.
        LockedError: another process writes.
        IndexMismatchError: the library was indexed with another embedder.
    """
    with (
        ReadingProcess(settings.read_seconds, settings.read_memory_mb) as reader,
        open_for_writing(settings.library_dir, open_embedder(settings), on_progress=on_vector) as index,
    ):
        plan = make_plan([folder], index, settings.passage_characters)
        heard = None if on_document is None else lambda p: on_document(p.done, p.total)
        return sync(plan, index, settings.passage_characters, heard, reader.read)


def read_file(
    file: Path, passage_characters: int = PASSAGE_CHARACTERS, settings: Settings | None = None
) -> tuple[Document, Sequence[Article], Sequence[Passage]]:
    """What would be stored of a file: its text, its articles, its passages. Nothing is written.

    It is read in a process of its own, within the limits that the settings name; one process reads for all calls, one
    file after the other, and ends with this program.

    Raises:
        ReadError: it cannot be read, or holds nothing to index; or reading it takes too much time or memory.
    """
    settings = settings or load_settings()
    with _ONE_FILE_AT_A_TIME:
        reader = _reading_process(settings.read_seconds, settings.read_memory_mb)
        read, _ = reader.read(file, file.name, FileState("", file.name, 0, 0, ""), passage_characters)
    return read.document, read.articles, read.passages


@cache
def _reading_process(seconds: float, megabytes: int) -> ReadingProcess:
    """Kept, for to start one takes a second."""
    reader = ReadingProcess(seconds, megabytes)
    atexit.register(reader.close)
    return reader
