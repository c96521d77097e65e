"""Chroma: a question's vector -> the nearest passages. Derived from the library and rebuilt from it.

The only file that imports chromadb. Chroma in local mode is written by one process and, in another that had it open,
stale until it is opened anew: a `VectorIndex` shows what was on the disk when it was made, and what it wrote itself.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, NamedTuple

import chromadb
import numpy as np
from chromadb.api.shared_system_client import SharedSystemClient
from chromadb.config import Settings as ChromaSettings
from chromadb.errors import ChromaError

from assistant.search.rows import Ids, VectorRows
from assistant.search.seals import begin, compare, seal
from assistant.search.trouble import explained

_NAME = "passages"
_BATCH = 2_000  # rows a call: below Chroma's own limit, which depends on how SQLite was built
_WASTE = 10_000  # rows of removed passages that are never worth writing the others anew
ROWS_A_QUESTION = 2_500
"""Where going through n of N rows takes as long as asking Chroma for 2 · 60 · N / n: there n² = 2,500 N. A row takes
0.25 µs, each passage that Chroma finds 5.5 µs, on two cores."""
OVER_FETCHED = 2
"""Where more are left, so many times the passages that would do if they lay evenly are asked of Chroma."""
_ROUNDING = 0.01  # a stored vector is that near to unit length
_ROWS = "rows/"
_WRITTEN_OUT = "index_metadata.pickle"  # the graph's file that Chroma writes last, when it writes it out
_OPENING = threading.Lock()  # Chroma's cache, which opening clears, is one for the whole process


Condition = Literal["whole", "doubtful", "damaged", "rows damaged"]
"""What the files say. Doubtful: a writer did not end, or wrote before such notes were made; only asking can tell."""


class Neighbour(NamedTuple):
    """A passage and how near it is: cosine similarity, -1 to 1."""

    passage_id: int
    similarity: float


class VectorIndex:
    """The vectors of all passages of a library, under one folder.

    `rows_only` leaves Chroma alone, which writes when it is opened and ends the process where its files are damaged:
    the nearest are then found among all rows, exactly, in 30 ms for 100,000.
    """

    def __init__(self, folder: Path, *, rows_only: bool = False) -> None:
        self._folder = folder
        self.rows_only = rows_only
        if rows_only:
            with self._reported():
                self._rows = VectorRows(folder / "rows")
            return
        # Nothing goes out, whatever the environment or a file .env says: no statistics, no traces.
        options: dict[str, Any] = {"_env_file": None, "chroma_otel_collection_endpoint": ""}
        settings = ChromaSettings(anonymized_telemetry=False, **options)
        with _OPENING, self._reported():
            folder.mkdir(parents=True, exist_ok=True)
            # Chroma keeps one store a path and process; after another process has written, that one is stale. One
            # that is still in use elsewhere works on: it is only no longer handed out.
            SharedSystemClient.clear_system_cache()
            client = chromadb.PersistentClient(path=str(folder), settings=settings)
            self._collection = client.get_or_create_collection(
                _NAME, embedding_function=None, configuration={"hnsw": {"space": "cosine", "ef_search": 200}}
            )
            self._rows = VectorRows(folder / "rows")
            SharedSystemClient.clear_system_cache()  # so that the files are let go when this object is

    @contextmanager
    def _reported(self) -> Iterator[None]:
        """Chroma's errors, and those of the disk, in the user's words."""
        try:
            yield
        except (ChromaError, ValueError, OSError) as error:
            raise explained(error, f"The vector index at {self._folder}", self._folder.parent) from error

    def add(self, ids: Sequence[int], vectors: np.ndarray) -> None:
        """Store vectors, shape (n, dimension), rows of unit length; an id that is there already is replaced."""
        with self._reported():
            self._rows.add(ids, vectors)  # first: what Chroma holds must be there as well
        self._hand_to_chroma(ids, vectors)

    def _hand_to_chroma(self, ids: Sequence[int], vectors: np.ndarray) -> None:
        for start in range(0, len(ids), _BATCH):
            part = slice(start, start + _BATCH)
            with self._reported():
                self._collection.upsert(ids=[str(i) for i in ids[part]], embeddings=vectors[part])

    def restore(self, wanted: Iterable[int]) -> list[int]:
        """Hand to Chroma, from the rows, those of the wanted vectors that are there and whole. Returns their ids."""
        with self._reported():
            ids = np.array(sorted(self._rows.ids().intersection(wanted)), dtype=np.int64)
            done: list[int] = []
            for start in range(0, len(ids), _BATCH):
                part = ids[start : start + _BATCH]
                vectors = self._rows.vectors(part)
                whole = np.abs(np.linalg.norm(vectors, axis=1) - 1) < _ROUNDING  # which nothing that is no number is
                self._hand_to_chroma(part[whole].tolist(), vectors[whole])
                done.extend(part[whole].tolist())
        return done

    def remove(self, ids: Iterable[int]) -> None:
        """Delete vectors by the ids of their passages; ids that are not there are passed over."""
        gone = [str(i) for i in ids]
        for start in range(0, len(gone), _BATCH):
            with self._reported():
                self._collection.delete(ids=gone[start : start + _BATCH])
        with self._reported():
            if gone and len(self._rows) > 2 * self._collection.count() + _WASTE:
                self._rows.compact(self.ids())

    def ids(self) -> set[int]:
        """The passages whose vectors are here."""
        with self._reported():
            if self.rows_only:
                return self._rows.ids()
            return {int(i) for i in self._collection.get(include=[])["ids"]} & self._rows.ids()

    def nearest(self, vector: np.ndarray, count: int, within: Ids | None = None) -> list[Neighbour]:
        """The `count` passages nearest to a vector of unit length, best first; of those `within` (sorted), or of all.

        Within some it is exact, unless they are many: then those of Chroma's nearest that are among them, if enough.
        """
        if within is None:
            return self._nearest_of_all(vector, count)
        with self._reported():
            if len(within) ** 2 > ROWS_A_QUESTION * len(self._rows):
                deeper = max(count, OVER_FETCHED * count * len(self._rows) // len(within))
                found = [n for n in self._nearest_of_all(vector, deeper) if _holds(within, n.passage_id)]
                if len(found) >= count:
                    return found[:count]
            return [Neighbour(*found) for found in self._rows.nearest(vector, count, within)]

    def _nearest_of_all(self, vector: np.ndarray, count: int) -> list[Neighbour]:
        with self._reported():
            if self.rows_only:
                return [Neighbour(*found) for found in self._rows.nearest(vector, count, self._rows.all_ids())]
            found = self._collection.query(query_embeddings=[vector], n_results=count, include=["distances"])
        distances = found["distances"] or [[]]
        neighbours = [Neighbour(int(i), 1.0 - float(d)) for i, d in zip(found["ids"][0], distances[0], strict=True)]
        return sorted(neighbours, key=lambda n: (-n.similarity, n.passage_id))

    def close(self) -> None:
        """Let go of the files, as soon as no other thread is searching in them."""
        if not self.rows_only:
            del self._collection

    def begin_writing(self) -> None:
        """Note that its files may change from here on."""
        begin(self._folder)

    def end_writing(self) -> None:
        """Note how its files are left."""
        with self._reported():
            seal(self._folder, _files(self._folder))


def condition(folder: Path, *, thorough: bool = False) -> Condition:
    """What the files of a vector index say of it, without opening it; `thorough` reads all of them."""
    seen = compare(folder, _files(folder), thorough=thorough)
    if any(name.startswith(_ROWS) for name in seen.changed) or (
        seen.ended and any(name.startswith(_ROWS) for name in (*seen.missing, *seen.added))
    ):
        return "rows damaged"
    graph = [[n for n in names if not n.startswith(_ROWS)] for names in (seen.changed, seen.missing, seen.added)]
    if seen.ended and (graph[0] or graph[1]):
        return "damaged"
    # What Chroma has not written out yet, it holds in its database, which does not lose it.
    return "doubtful" if any(graph) else "whole"


def _files(folder: Path) -> list[Path]:
    """Those of Chroma's graph, once it was written out, and the rows.

    Not Chroma's database, which changes when it is opened, and has its own checks.
    """
    graphs = (file.parent for file in folder.glob(f"*/{_WRITTEN_OUT}"))
    return sorted(file for part in (*graphs, folder / _ROWS) for file in part.glob("*") if file.is_file())


def remove_graph(folder: Path) -> None:
    """Delete what Chroma has of an index and keep the rows, from which `VectorIndex.restore` makes it again.

    Raises:
        AssistantError: it cannot be deleted.
    """
    try:
        for found in folder.iterdir() if folder.exists() else ():
            if found.name != _ROWS.rstrip("/"):
                shutil.rmtree(found) if found.is_dir() else found.unlink()
    except OSError as error:
        raise explained(error, f"The vector index at {folder}", folder.parent) from error


def _holds(within: Ids, passage_id: int) -> bool:
    at = int(np.searchsorted(within, passage_id))
    return at < len(within) and int(within[at]) == passage_id


def remove_vectors(folder: Path) -> None:
    """Delete the whole index, if there is one, for it to be made again.

    Raises:
        AssistantError: it cannot be deleted.
    """
    try:
        if folder.exists():
            shutil.rmtree(folder)
    except OSError as error:
        raise explained(error, f"The vector index at {folder}", folder.parent) from error
