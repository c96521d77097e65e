"""What to measure and a folder of documents -> seconds, passages and peak memory, as one line of JSON.

Run as a process of its own for every measurement, so that none has the memory or the warm caches of another:

    python -m evals.bench.measure WHAT DOCUMENTS WORK [--fake]

WORK is a folder for what is written, the same for all measurements of one size; WHAT is a name in `MEASUREMENTS`.
"""

from __future__ import annotations

import json
import resource
import sys
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from assistant.ingest.sync.reading_process import ReadingProcess
from assistant.ingest.sync.sync import make_plan, sync
from assistant.models.files import model_file
from assistant.search.embedding import BUILT_IN_TOKENIZER, MAX_TOKENS, BuiltInEmbedding, Embedder, Vectors
from assistant.search.index import embedded_text, open_for_writing
from assistant.search.library import open_library
from assistant.settings import Settings

PASSAGE_CHARACTERS = int(Settings.model_fields["passage_characters"].default)
READ_SECONDS = float(Settings.model_fields["read_seconds"].default)
READ_MEMORY_MB = int(Settings.model_fields["read_memory_mb"].default)


@dataclass(frozen=True, slots=True)
class Measured:
    """One measurement. Seconds are wall-clock, after the imports."""

    documents: int
    passages: int
    seconds: float
    embedding_seconds: float
    peak_megabytes: float
    """Of the whole process, imports and model included, without the process that reads files."""
    share_read: float | None = None
    """Share of the passages' tokens that the embedder reads: it cuts a text after 256."""


class FakeEmbedder:
    """Vectors drawn from a text's checksum: no meaning, no time, so that what remains is reading and storing."""

    name = "fake"
    dimension = 384

    def embed(self, texts: Sequence[str]) -> Vectors:
        """One row of unit length for each text."""
        rows = [np.random.default_rng(zlib.crc32(text.encode())).standard_normal(384) for text in texts]
        vectors: Vectors = np.array(rows, dtype=np.float32).reshape(-1, 384)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors


@dataclass(slots=True)
class Stopwatch:
    """Seconds spent inside `running`, all together."""

    seconds: float = 0.0

    @contextmanager
    def running(self) -> Iterator[None]:
        """Count the time until the block ends."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self.seconds += time.perf_counter() - started


@dataclass(slots=True)
class TimedEmbedder:
    """An embedder, and how long it took."""

    inner: Embedder
    clock: Stopwatch = field(default_factory=Stopwatch)

    @property
    def name(self) -> str:
        """The embedder's own."""
        return self.inner.name

    @property
    def dimension(self) -> int:
        """The embedder's own."""
        return self.inner.dimension

    def embed(self, texts: Sequence[str]) -> Vectors:
        """The embedder's own vectors."""
        with self.clock.running():
            return self.inner.embed(texts)


def first_sync(documents: Path, work: Path, embedder: Embedder) -> Measured:
    """Files on the disk -> a library that can be asked: read, cut, embedded, and stored in all three."""
    return _sync(documents, work / "library", embedder)


def second_sync(documents: Path, work: Path, embedder: Embedder) -> Measured:
    """The same once more: nothing has changed."""
    return _sync(documents, work / "library", embedder)


def _sync(documents: Path, library: Path, embedder: Embedder) -> Measured:
    timed, whole = TimedEmbedder(embedder), Stopwatch()
    with (
        whole.running(),
        ReadingProcess(READ_SECONDS, READ_MEMORY_MB) as reader,
        open_for_writing(library, timed, purpose="measuring") as index,
    ):
        plan = make_plan([documents], index, PASSAGE_CHARACTERS)
        report = sync(plan, index, PASSAGE_CHARACTERS, read=reader.read)
        if report.failures:
            raise RuntimeError(f"{len(report.failures)} documents could not be read: {report.failures[0].message}")
    peak = peak_megabytes()
    share = share_of_tokens_read(passage_texts(library)) if report.passages else None
    count = report.stored + plan.unchanged
    return Measured(count, report.passages, whole.seconds, timed.clock.seconds, peak, share)


def passage_texts(library: Path) -> list[str]:
    """What our sync embedded, text by text: others get the same."""
    opened = open_library(library)
    try:
        found = opened.passages(sorted(opened.passage_ids()))
        return [embedded_text(passage, article) for passage, article in found.values()]
    finally:
        opened.close()


def share_of_tokens_read(texts: Sequence[str]) -> float:
    """How much of these texts the built-in network would read, by its own tokens."""
    tokenizer = Tokenizer.from_file(str(model_file(BUILT_IN_TOKENIZER)))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    lengths = [len(encoding.ids) for encoding in tokenizer.encode_batch(list(texts))]
    return sum(min(length, MAX_TOKENS) for length in lengths) / sum(lengths)


def peak_megabytes() -> float:
    """The most memory this process has held so far."""
    unit = 1 if sys.platform == "darwin" else 1024  # macOS counts bytes, Linux kilobytes
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def main() -> None:
    """Measure, and print the result."""
    from evals.bench import peers  # which measures with what stands above

    measurements: dict[str, Callable[[Path, Path, Embedder], Measured]] = {
        "first": first_sync,
        "second": second_sync,
        "chroma": peers.chroma_default,
        "llamaindex": peers.llamaindex_default,
        "llamaindex-short": peers.llamaindex_short,
    }
    what, documents, work, *rest = sys.argv[1:]
    embedder: Embedder = FakeEmbedder() if rest == ["--fake"] else BuiltInEmbedding()
    print(json.dumps(asdict(measurements[what](Path(documents), Path(work), embedder))))


if __name__ == "__main__":
    main()
