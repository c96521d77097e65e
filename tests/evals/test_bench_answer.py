"""The benchmark of answers: every case is asked once, and LlamaIndex's part chooses from the same passages."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from assistant.pipeline import Assistant
from evals.__main__ import app
from evals.bench.answer import STEPS, Timed, finding, measure
from evals.cases import load_cases

CASES = Path(__file__).parents[2] / "evals" / "data" / "sample.jsonl"


def test_answers_and_refusals_are_timed_step_by_step(sample: Assistant) -> None:
    cases = load_cases(CASES)
    some = [next(c for c in cases if c.answerable), next(c for c in cases if c.type == "unanswerable")]
    steps: list[str] = []
    timed = measure(sample, some, steps.append)
    assert [t.case for t in timed] == [case.id for case in some]
    assert steps == ["Asking: 1 of 2", "Asking: 2 of 2"]
    for case, one in zip(some, timed, strict=True):
        status = sample.ask(case.question, case.history).status
        assert (one.first_claim is None) == (status == "refused")
        assert 0 < sum(one.steps[step] for step in STEPS) <= one.whole + 0.01
        assert one.peer > one.steps["retrieve"]


def test_the_finding_is_the_ratio_to_the_other_in_the_same_run() -> None:
    timed = [Timed(str(i), first, 1.0, {}, 0.3) for i, first in enumerate((0.1, 0.1, 0.1, None))]
    assert "takes 3.00 times as long as our first claim (median of 3 questions" in finding(timed)
    assert "nothing to compare" in finding(timed[3:])


def test_a_missing_library_is_an_error_with_its_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSISTANT_DATA_DIR", str(tmp_path))
    done = CliRunner().invoke(app, ["bench", "answer", "--cases", str(CASES), "--out", str(tmp_path / "out.json")])
    assert done.exit_code != 0
    assert not (tmp_path / "out.json").exists()


def test_the_command_writes_what_it_measured(
    sample: Assistant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSISTANT_DATA_DIR", str(sample.settings.data_dir))
    cases = tmp_path / "cases.jsonl"
    cases.write_text("\n".join(CASES.read_text("utf-8").splitlines()[:2]), "utf-8")
    command = [
        "bench",
        "answer",
        "--cases",
        str(cases),
        "-l",
        sample.settings.library,
        "--out",
        str(tmp_path / "out.json"),
    ]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, done.output
    written = json.loads((tmp_path / "out.json").read_text("utf-8"))
    assert len(written["results"]) == 2
    assert "first claim" in done.stdout
