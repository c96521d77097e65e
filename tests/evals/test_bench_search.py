"""The benchmark of the search: what it makes up is the same every time, and both systems find what they should."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from assistant.search.index import open_for_reading
from assistant.search.retriever import retrieve
from assistant.types import Filters
from evals.__main__ import app
from evals.bench.made_library import DAYS, MadeUp, NoEmbedder, QuestionEmbedder, day_of, make_library
from evals.bench.search import Latency, Measured, findings
from evals.bench.search_measure import WANTED
from evals.bench.search_peer import build_peer, open_peer


def test_what_is_made_up_is_the_same_every_time_and_lies_in_clumps() -> None:
    first, again, other = MadeUp(1), MadeUp(1), MadeUp(2)
    topics = np.array([3, 3, 4])
    vectors = first.vectors(topics)
    assert np.array_equal(vectors, again.vectors(topics))
    assert first.texts(topics) == again.texts(topics) != other.texts(topics)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1.0, abs=1e-5)
    assert vectors[0] @ vectors[1] > 0.3 > vectors[0] @ vectors[2]
    assert len(set(first.words)) == len(first.words)


def test_one_and_fifty_percent_of_the_days_are_asked_for() -> None:
    days = [day_of(number) for number in range(DAYS)]
    assert len(set(days)) == DAYS
    for name, share in (("narrow", 0.01), ("wide", 0.5)):
        wanted = WANTED[name]
        assert wanted.since is not None
        assert wanted.until is not None
        assert sum(wanted.since <= day <= wanted.until for day in days) / DAYS == share


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    make_library(folder / "library", 1_000, MadeUp(1))
    build_peer(folder / "library", folder / "peer")
    return folder


def test_the_library_is_whole_and_both_find_the_nearest_passages(library: Path) -> None:
    made = MadeUp(1)
    texts, vectors = made.questions(4)

    class Nothing(NoEmbedder):
        def embed(self, texts: object) -> np.ndarray:
            return np.empty((0, 384), dtype=np.float32)

    embedder = QuestionEmbedder(Nothing(), dict(zip(texts, vectors, strict=True)))
    index = open_for_reading(library / "library", embedder)
    assert index.is_complete()
    peer = open_peer(library / "peer", embedder, 12)
    for text in texts:
        for wanted in WANTED.values():
            publishers = (wanted.publisher,) if wanted.publisher else ()
            filters = Filters(since=wanted.since, until=wanted.until, publishers=publishers)
            found = retrieve(text, index, 12, filters)
            assert len(found) == peer(text, wanted) > 5
            for one in found:
                assert not wanted.publisher or one.article.publisher == wanted.publisher
                day = one.article.date
                assert not wanted.since or (day and wanted.until and wanted.since <= day <= wanted.until)
    index.close()


def test_the_ratio_is_theirs_over_ours() -> None:
    def one(what: str, p95: float) -> Measured:
        return Measured(what, 10, 1.0, 1.0, 1.0, 1.0, {"none": Latency(1.0, p95, 1.0)})

    (sentence,) = findings([one("footnote", 2.0), one("llamaindex", 5.0)])
    assert "no filter 2.5" in sentence


def test_a_run_says_what_it_measured(tmp_path: Path) -> None:
    out = tmp_path / "figures.json"
    work = tmp_path / "not" / "there"  # is made
    options = ["--sizes", "1000", "--peers-up-to", "0", "--questions", "20", "--work", str(work), "--out", str(out)]
    done = CliRunner().invoke(app, ["bench", "search", *options])
    assert done.exit_code == 0, done.output
    assert "1 % by date" in done.output
    (result,) = json.loads(out.read_text("utf-8"))["results"]
    assert result["passages"] == 1_000
    assert 0 < result["latencies"]["wide"]["p50"] <= result["latencies"]["wide"]["p95"]
