"""A run from cases and documents to its folder: asked, stopped, gone on with, never written twice."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fake_model_server import FakeModelServer, Reply

from assistant.errors import InputError, LockedError, ModelError, NoIndexError
from assistant.settings import Settings
from assistant.types import Answer, Turn
from evals.cases import case_to_line
from evals.manifest import public_settings
from evals.metrics.effort import Prices
from evals.runner import Options, ask, run_cases
from evals.storage import ANSWERS, MANIFEST, SUMMARY, read_documents, read_run
from evals.types import Case, Gold, Run

ROOT = Path(__file__).parents[2]
SAMPLE_CASES = ROOT / "evals" / "data" / "sample.jsonl"
SAMPLE_CORPUS = ROOT / "assistant" / "sample" / "documents"
MILLS = (
    "The mills of Aldmoor\n\nThe cotton mill of Aldmoor employed 120 people in 1901. It burned down in 1910.\n\n"
    "The paper mill of Brenwick employed 340 people in 1902. Its owner was Ann Weaver.\n"
)
CASES = (
    Case("m-1", "numeric", "How many people did the cotton mill of Aldmoor employ?", True, must_include=(("120",),),
         evidence=(Gold("mills.txt", "The cotton mill of Aldmoor employed 120 people in 1901."),)),
    Case("m-2", "single", "Who owned the paper mill of Brenwick?", True, must_include=(("Weaver",),),
         evidence=(Gold("mills.txt", "Its owner was Ann Weaver."),)),
    Case("m-3", "unanswerable", "What is the boiling point of tungsten?", answerable=False),
)  # fmt: skip


def quiet(label: str, done: int, total: int) -> None:
    """Nobody watches."""


@pytest.fixture
def place(bare: Path) -> Path:
    """A corpus of one document and its cases."""
    (bare / "corpus").mkdir()
    (bare / "corpus" / "mills.txt").write_text(MILLS, "utf-8")
    write_cases(bare, CASES)
    return bare


def write_cases(place: Path, cases: Sequence[Case]) -> None:
    (place / "cases.jsonl").write_text("".join(f"{case_to_line(c)}\n" for c in cases), "utf-8")


def options(place: Path, **more: Any) -> Options:
    return replace(Options(place / "cases.jsonl", place / "runs", place / "corpus"), **more)


def settings(place: Path, **more: Any) -> Settings:
    return Settings(data_dir=place / "data", library="mills", **more)


def run(place: Path, **more: Any) -> Run:
    return run_cases(settings(place), options(place, **more), quiet)[0]


def test_a_run_writes_all_that_is_needed_to_understand_it(place: Path) -> None:
    made = run(place)
    assert made.name == "cases-1"
    assert [r.case for r in made.results] == list(CASES)
    assert [r.scores["quote_exact"] for r in made.results if r.record.status == "answered"]
    assert read_run(made.folder) == made
    assert read_documents(made.folder)("mills.txt") == MILLS
    manifest = json.loads((made.folder / MANIFEST).read_text("utf-8"))
    assert manifest["finished"] >= manifest["started"]
    assert list(manifest["corpus"]["files"]) == ["mills.txt"]
    assert manifest["cases"]["asked"] == 3
    assert {"embedder/model.onnx"} <= set(manifest["models"])
    assert manifest["versions"]["chromadb"]
    summary = json.loads((made.folder / SUMMARY).read_text("utf-8"))
    assert summary["counts"]["cases"] == 3
    assert summary["figures"]["quote_exact"]["value"] == 1


def test_no_key_and_no_password_is_written(place: Path) -> None:
    shown = public_settings(
        settings(place, openai_api_key="sk-secret", openai_base_url="https://me:hidden@models.example.org/v1")
    )
    assert "secret" not in str(shown)
    assert "hidden" not in str(shown)
    assert shown["openai_base_url"] == "https://models.example.org/v1"
    assert str(place) not in str(shown)


def test_a_finished_run_is_never_written_again(place: Path) -> None:
    first = run(place, name="mine")
    before = {file.name: file.read_bytes() for file in first.folder.iterdir()}
    with pytest.raises(InputError, match="finished run named mine") as raised:
        run(place, name="mine")
    assert "--name" in raised.value.remedy
    assert {file.name: file.read_bytes() for file in first.folder.iterdir()} == before
    assert run(place).name == "cases-1"
    assert run(place).name == "cases-2"


def cut(folder: Path, lines: int) -> list[str]:
    """The folder as it would be, had the run been killed after so many answers and in the midst of another."""
    manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
    (folder / MANIFEST).write_text(json.dumps({**manifest, "finished": None}), "utf-8")
    whole = (folder / ANSWERS).read_text("utf-8").splitlines(keepends=True)
    (folder / ANSWERS).write_text("".join(whole[:lines]) + whole[lines][:100], "utf-8")
    return whole[:lines]


def test_a_stopped_run_goes_on_under_its_name(place: Path) -> None:
    first = run(place)
    kept = cut(first.folder, 1)
    again = run(place)
    assert again.name == first.name
    lines = (again.folder / ANSWERS).read_text("utf-8").splitlines(keepends=True)
    assert lines[:1] == kept
    assert [json.loads(line)["id"] for line in lines] == ["m-1", "m-2", "m-3"]


def test_what_was_begun_otherwise_is_not_gone_on_with(place: Path) -> None:
    first = run(place, name="mine")
    cut(first.folder, 1)
    (place / "corpus" / "mills.txt").write_text(MILLS + "The silk mill of Carrow closed in 1921.\n", "utf-8")
    with pytest.raises(InputError, match="begun with other corpus"):
        run(place, name="mine")
    write_cases(place, CASES[:2])
    with pytest.raises(InputError, match="begun with other corpus, cases"):
        run(place, name="mine")
    assert run(place).name == "cases-1"


def test_a_run_under_way_elsewhere_is_left_alone(place: Path) -> None:
    from filelock import FileLock

    folder = place / "runs" / "mine"
    folder.mkdir(parents=True)
    with FileLock(folder / ".lock"), pytest.raises(LockedError, match="under way"):
        run(place, name="mine")


def test_a_folder_of_something_else_is_left_alone(place: Path) -> None:
    (place / "runs" / "mine").mkdir(parents=True)
    (place / "runs" / "mine" / "thesis.md").write_text("x", "utf-8")
    with pytest.raises(InputError, match="is no run"):
        run(place, name="mine")
    with pytest.raises(InputError, match="cannot be the name"):
        run(place, name="../mine")


def test_repeats_are_asked_and_counted_by_case(place: Path) -> None:
    made = run(place, repeat=3, only=("type=numeric", "type=single"), workers=2)
    assert [(r.case.id, r.record.repeat) for r in made.results] == [
        ("m-1", 0), ("m-2", 0), ("m-1", 1), ("m-2", 1), ("m-1", 2), ("m-2", 2),
    ]  # fmt: skip
    assert read_run(made.folder).results == made.results


def test_gold_that_the_corpus_does_not_hold_is_named_before_anything_is_asked(place: Path) -> None:
    write_cases(place, [replace(CASES[0], evidence=(Gold("absent.txt", "x"),))])
    with pytest.raises(InputError, match=r"case m-1, field evidence\.doc: the library holds no 'absent\.txt'"):
        run(place)
    assert not list((place / "runs").glob("*"))


def test_figures_are_computed_as_wanted_only(place: Path) -> None:
    _, summary = run_cases(settings(place), options(place, metrics=("grounded", "mrr")), quiet)
    assert list(summary["figures"]) == ["grounded", "mrr"]


def test_progress_is_told(place: Path) -> None:
    steps: list[tuple[str, int, int]] = []
    run_cases(settings(place), options(place), lambda *step: steps.append(step))
    assert [step for step in steps if step[0] == "Asking"] == [("Asking", n, 3) for n in (1, 2, 3)]
    assert ("Indexing", 1, 1) in steps
    assert steps[-1] == ("Scoring", 3, 3)


def is_judging(request: dict[str, Any]) -> bool:
    return "Judge whether" in request["messages"][-1]["content"]


class ThreeAtOnce(FakeModelServer):
    """Replies to no question before three have been asked."""

    waiting = threading.Barrier(3)

    def reply_to(self, request: dict[str, Any], key: str) -> Reply:
        if not is_judging(request):
            self.waiting.wait(timeout=30)
        return super().reply_to(request, key)


def test_a_model_is_asked_by_several_at_once_and_judges_once(place: Path) -> None:
    def reply(request: dict[str, Any]) -> Reply:
        said = "FULL" if is_judging(request) else "The mill employed 120 people. [1.2]\n"
        return Reply(said, usage=(1_000, 50))

    with ThreeAtOnce(reply) as server:
        configured = settings(place, llm="scripted", openai_base_url=server.url)
        chosen = options(place, judge="scripted", prices=Prices(1.0, 2.0))
        first, summary = run_cases(configured, chosen, quiet)
        judged = sum(map(is_judging, server.requests))
        assert judged > 0
        second, _ = run_cases(configured, chosen, quiet)
        assert sum(map(is_judging, server.requests)) == judged  # what was judged before is not judged again
        assert len(server.requests) == 6 + judged
    assert summary["figures"]["alce_recall"]["value"] == 1
    assert summary["figures"]["tokens"]["value"] == 1_050
    assert summary["figures"]["cost"]["value"] == pytest.approx(0.0011)
    assert [r.scores["alce_recall"] for r in first.results] == [r.scores["alce_recall"] for r in second.results]
    assert first.manifest["judge"] == "scripted#1"
    assert "openai_api_key" not in (first.folder / MANIFEST).read_text("utf-8")


class Failing:
    """An assistant that fails as it is told."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def ask(self, question: str, history: Sequence[Turn]) -> Answer:
        raise self.error


def test_an_error_of_one_case_is_a_record_and_one_of_all_cases_ends_the_run() -> None:
    record = ask(Failing(ModelError("It broke.", "Try again.")), CASES[0], 2)  # type: ignore[arg-type]
    assert (record.status, record.answer, record.error, record.repeat) == ("error", None, "It broke. Try again.", 2)
    with pytest.raises(NoIndexError):
        ask(Failing(NoIndexError("Empty.", "")), CASES[0], 0)  # type: ignore[arg-type]


def command(place: Path, *words: str) -> list[str]:
    return [sys.executable, "-m", "evals", *words, "--runs", str(place / "runs")]


def environment(place: Path) -> dict[str, str]:
    return {**os.environ, "ASSISTANT_DATA_DIR": str(place / "data")}


def test_a_run_that_is_killed_goes_on_where_it_was(place: Path) -> None:
    corpus = str(place / "corpus")
    started = command(place, "run", "--cases", str(place / "cases.jsonl"), "--corpus", corpus, "--repeat", "15")
    answers = place / "runs" / "cases-1" / ANSWERS
    process = subprocess.Popen(started, cwd=ROOT, env=environment(place), stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 120
        while not answers.exists() or answers.read_bytes().count(b"\n") < 5:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.01)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    with answers.open("ab") as handle:
        handle.write(b'{"id": "m-')  # as if it had been killed while writing
    kept = answers.read_bytes().rpartition(b"\n")[0]
    asked_before = kept.count(b"\n") + 1
    assert 5 <= asked_before < 45
    again = subprocess.run(started, cwd=ROOT, env=environment(place), capture_output=True, text=True, check=False)
    assert again.returncode == 0, again.stderr
    assert answers.read_bytes().startswith(kept + b"\n")  # times and all: nothing was asked again
    rows = [json.loads(line) for line in answers.read_text("utf-8").split("\n") if line]
    assert sorted((row["id"], row["repeat"]) for row in rows) == sorted(
        (case.id, repeat) for case in CASES for repeat in range(15)
    )
    assert json.loads((answers.parent / SUMMARY).read_text("utf-8"))["counts"]["cases"] == 45


def test_the_sample_cases_run_with_one_command_and_the_gate_holds(bare: Path, sample_settings: Settings) -> None:
    shutil.copytree(sample_settings.data_dir, bare / "data")
    done = subprocess.run(
        command(
            bare, "run", "--cases", str(SAMPLE_CASES), "--corpus", str(SAMPLE_CORPUS), "--library", "sample",
            "--require", "quote_exact=1.0", "--require", "grounded=1.0",
        ),
        cwd=ROOT, env=environment(bare), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert "✗ grounded is 0." in done.stderr
    assert "quote_exact" not in done.stderr
    run_made = read_run(bare / "runs" / "sample-1")
    assert len(run_made.results) == 40
    # Gold of PDF, Word and HTML sources is found in their stored texts.
    by_suffix = {
        Path(gold.doc).suffix
        for r in run_made.results
        for gold in r.case.evidence
        if r.scores["any@10"] == 1 and len(r.case.evidence) == 1
    }
    assert {".html", ".docx"} <= by_suffix
    malformed = bare / "bad.jsonl"
    malformed.write_text('{"id": "x", "type": "single", "question": "?", "answerable": 1}\n', "utf-8")
    refused = subprocess.run(
        command(bare, "run", "--cases", str(malformed)),
        cwd=ROOT, env=environment(bare), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert refused.returncode == 2
    assert "bad.jsonl, line 1, field answerable: it should be true or false." in refused.stderr
