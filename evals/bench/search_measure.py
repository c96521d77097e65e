"""A system, a size and a folder -> an index in it, or how long questions to it take, as one line of JSON.

python -m evals.bench.search_measure build|ask footnote|llamaindex SIZE FOLDER QUESTIONS SEED
"""

from __future__ import annotations

import datetime
import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from assistant.search.embedding import BuiltInEmbedding
from assistant.search.index import open_for_reading
from assistant.search.retriever import retrieve
from assistant.types import Filters
from evals.bench.made_library import FIRST_DAY, MadeUp, QuestionEmbedder, make_library
from evals.bench.measure import peak_megabytes

COUNT = 12  # passages found for a question, as `assistant ask` has it
WARM_UP = 5


@dataclass(frozen=True, slots=True)
class Wanted:
    """A filter in both systems' terms."""

    since: datetime.date | None = None
    until: datetime.date | None = None
    publisher: str | None = None


def _days(first: int, count: int) -> Wanted:
    since = FIRST_DAY + datetime.timedelta(days=first)
    return Wanted(since, since + datetime.timedelta(days=count - 1))


WANTED = {
    "none": Wanted(),
    "narrow": _days(400, 10),
    "wide": _days(250, 500),
    "publisher": Wanted(publisher="Publisher 7"),
}
Ask = Callable[[str, Wanted], int]
"""A question and a filter -> how many passages were found."""


def build(what: str, size: int, folder: Path, made: MadeUp) -> dict[str, float]:
    """Make the index."""
    started = time.perf_counter()
    make_library(folder / "library", size, made)
    if what == "llamaindex":
        from evals.bench.search_peer import build_peer

        started = time.perf_counter()  # that the library is read and written again is not counted against it
        build_peer(folder / "library", folder / "peer")
    return {"build_seconds": time.perf_counter() - started}


def ask(what: str, folder: Path, made: MadeUp, questions: int) -> dict[str, object]:
    """Open the index and ask it."""
    texts, vectors = made.questions(questions + WARM_UP)
    embedder = QuestionEmbedder(BuiltInEmbedding(), dict(zip(texts, vectors, strict=True)))
    embedder.embed(texts[:1])
    started = time.perf_counter()
    if what == "llamaindex":
        from evals.bench.search_peer import open_peer

        asked = open_peer(folder / "peer", embedder, COUNT)
    else:
        asked = _open(folder / "library", embedder)
    open_seconds = time.perf_counter() - started
    latencies = {name: _latency(asked, texts, wanted) for name, wanted in WANTED.items()}
    home = folder / ("peer" if what == "llamaindex" else "library")
    disk = sum(file.stat().st_size for file in home.rglob("*") if file.is_file()) / 1e6
    return {
        "open_seconds": open_seconds,
        "peak_megabytes": peak_megabytes(),
        "disk_megabytes": disk,
        "latencies": latencies,
    }


def _open(folder: Path, embedder: QuestionEmbedder) -> Ask:
    index = open_for_reading(folder, embedder)

    def asked(text: str, wanted: Wanted) -> int:
        publishers = (wanted.publisher,) if wanted.publisher else ()
        return len(retrieve(text, index, COUNT, Filters(since=wanted.since, until=wanted.until, publishers=publishers)))

    return asked


def _latency(asked: Ask, texts: list[str], wanted: Wanted) -> dict[str, float]:
    """In milliseconds; the first question apart, and a few to warm up not counted."""
    times = []
    for text in texts:
        started = time.perf_counter()
        found = asked(text, wanted)
        times.append(1_000 * (time.perf_counter() - started))
        if found == 0:
            raise RuntimeError("A question about made-up passages found nothing.")
    counted = times[WARM_UP:]
    p50, p95 = (float(np.percentile(counted, q)) for q in (50, 95))
    return {"p50": p50, "p95": p95, "first": times[0]}


def main() -> None:
    """Measure, and print the result."""
    step, what, size, folder, questions, seed = sys.argv[1:]
    if step == "build":
        result: dict[str, object] = dict(build(what, int(size), Path(folder), MadeUp(int(seed))))
    else:
        result = ask(what, Path(folder), MadeUp(int(seed)), int(questions))
    print(json.dumps(result))


if __name__ == "__main__":
    main()
