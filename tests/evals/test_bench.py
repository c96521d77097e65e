"""The benchmark: its documents, its figures on a few of them, and that it says what it measured."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from assistant.errors import InputError
from assistant.search.embedding import BuiltInEmbedding
from evals.bench.__main__ import app, parse_sizes
from evals.bench.generate import generate
from evals.bench.index import Plan, Result, findings, measure
from evals.bench.measure import (
    FakeEmbedder,
    Measured,
    Stopwatch,
    first_sync,
    passage_texts,
    second_sync,
    share_of_tokens_read,
)
from evals.bench.peers import ChromaDefault


def texts(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in folder.rglob("*.md")}


def test_documents_are_the_same_every_time_and_those_of_a_small_run_are_in_a_large_one(tmp_path: Path) -> None:
    for name, count, seed in (("a", 20, 1), ("b", 20, 1), ("more", 40, 1), ("other", 20, 2)):
        generate(tmp_path / name, count, seed)
    small = texts(tmp_path / "a")
    assert len(set(small.values())) == 20
    assert texts(tmp_path / "b") == small
    assert texts(tmp_path / "more").items() >= small.items()
    assert texts(tmp_path / "other") != small


def test_documents_have_the_length_of_newsletters_and_passages_that_the_network_reads_whole(tmp_path: Path) -> None:
    generate(tmp_path / "documents", 60)
    first = first_sync(tmp_path / "documents", tmp_path / "work", FakeEmbedder())
    again = second_sync(tmp_path / "documents", tmp_path / "work", FakeEmbedder())
    assert first.documents == again.documents == 60
    assert 2.5 < first.passages / first.documents < 4.5
    assert first.share_read == 1
    assert again.passages == 0
    assert 0 < first.embedding_seconds < first.seconds
    assert first.peak_megabytes > 50
    lengths = [len(text) for text in passage_texts(tmp_path / "work" / "library")]
    assert 500 < np.mean(lengths) < 900


def test_what_the_network_cuts_off_is_told() -> None:
    words = "one two three four five six seven eight nine ten "  # and two tokens that mark the ends
    assert share_of_tokens_read([words * 10]) == 1
    assert share_of_tokens_read([words * 51]) == pytest.approx(256 / 512)


def test_the_fake_embedder_gives_a_text_one_vector_of_unit_length() -> None:
    vectors = FakeEmbedder().embed(["a", "b", "a"])
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1)
    assert np.array_equal(vectors[0], vectors[2])
    assert abs(vectors[0] @ vectors[1]) < 0.3
    assert FakeEmbedder().embed([]).shape == (0, 384)


def test_a_run_measures_in_processes_of_their_own_and_writes_its_figures(tmp_path: Path) -> None:
    out = tmp_path / "figures.json"
    result = CliRunner().invoke(
        app, ["index", "--documents", "5", "--embedder", "fake", "--out", str(out)], catch_exceptions=False
    )
    assert result.exit_code == 0
    assert "Footnote again, nothing changed" in result.output
    figures = json.loads(out.read_text("utf-8"))
    assert [row["what"] for row in figures["results"]] == ["first", "second"]
    assert figures["results"][0]["measured"]["documents"] == 5
    assert figures["machine"]["cores"] >= 1
    assert "nothing changed" in figures["findings"][0]


def test_peers_embed_and_store_the_same_texts() -> None:
    results = {r.what: r.measured for r in measure(Plan([4], peers_up_to=4), lambda step: None)}
    assert results["chroma"].passages == results["first"].passages
    assert results["llamaindex"].documents == 4
    assert results["llamaindex-short"].passages > results["llamaindex"].passages
    assert results["llamaindex-short"].share_read > results["llamaindex"].share_read
    assert all(0 < m.embedding_seconds < m.seconds for name, m in results.items() if name != "second")


def test_ours_is_compared_at_the_same_size() -> None:
    def result(what: str, documents: int, seconds: float, embedding: float) -> Result:
        return Result(what, Measured(documents, documents * 3, seconds, embedding, 100.0, 0.5), seconds + 2)

    sentences = findings([
        result("first", 10, 4.0, 3.0),
        result("second", 10, 0.5, 0.0),
        result("chroma", 10, 16.0, 12.0),
        result("llamaindex", 10, 2.0, 1.0),
        result("first", 100, 40.0, 20.0),
        result("chroma", 100, 20.0, 20.0),
    ])  # fmt: skip
    assert sentences[0].startswith("10 documents: 0.50 s to see that nothing changed; 2.5 s with the start")
    assert sentences[1].startswith("10 documents: 4.0 times as fast as Chroma's default at embedding; 4.0 times")
    assert sentences[2].startswith("10 documents: 0.5 times as fast as LlamaIndex's default")
    assert "50% of the text" in sentences[2]
    assert sentences[3].startswith("100 documents: 1.0 times as fast as Chroma's default at embedding; 0.5 times")


@pytest.mark.parametrize("text", ["", "ten", "10,", "0", "-5", "10,10"])
def test_sizes_are_numbers_of_documents(text: str) -> None:
    assert parse_sizes("100,1_000") == [100, 1000]
    with pytest.raises(InputError, match="no list of numbers"):
        parse_sizes(text)


def test_chromas_function_computes_with_our_network(tmp_path: Path) -> None:
    text = "The harbour board put the grain terminal out to tender."
    (theirs,) = ChromaDefault(tmp_path, Stopwatch())([text])
    (ours,) = BuiltInEmbedding().embed([text])
    assert float(np.dot(theirs, ours)) > 0.97  # 8-bit arithmetic scales a batch at once, the padding included
