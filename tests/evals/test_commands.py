"""The command line: every command reaches what it is for, and wrong use is named."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from made_answers import ALPHA, DOCUMENTS, write_run
from typer.testing import CliRunner

from assistant.errors import AssistantError, InputError, NoIndexError
from evals.__main__ import app

ROOT = Path(__file__).parents[2]


@pytest.fixture
def place(bare: Path) -> Path:
    """An empty folder to work in, with a run in runs/first."""
    write_run(bare / "runs" / "first")
    return bare


def call(*words: str, code: int = 0) -> str:
    """What a command prints; what it raises is raised here."""
    result = CliRunner().invoke(app, words)
    if isinstance(result.exception, AssistantError):
        raise result.exception
    assert result.exit_code == code, result.output
    return " ".join(result.output.split())


def write_lines(path: Path, *rows: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


def test_help_waits_for_nothing() -> None:
    seen = "import sys; from evals.__main__ import app; print([m for m in sys.modules if m.startswith(('chromadb', 'llama_index', 'tantivy'))])"  # noqa: E501
    done = subprocess.run([sys.executable, "-c", seen], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_two_runs_are_compared(place: Path) -> None:
    write_run(place / "runs" / "second")
    printed = call("compare", "first", "second", "--metric", "name=grounded")
    assert "second against first, 2 cases" in printed
    assert "cannot tell" in printed
    with pytest.raises(InputError, match="no figure 'groundedness'"):
        call("compare", "first", "second", "--metric", "groundedness")
    with pytest.raises(InputError, match="no run 'third'"):
        call("compare", "first", "third")


def test_a_report_is_written_beside_the_run_and_not_into_it(place: Path) -> None:
    before = {file.name: file.read_bytes() for file in (place / "runs" / "first").iterdir()}
    call("report", "first")
    assert ALPHA in (place / "runs" / "reports" / "first" / "report.html").read_text("utf-8")
    assert {file.name: file.read_bytes() for file in (place / "runs" / "first").iterdir()} == before
    call("report", "runs/first", "--to", "elsewhere")
    assert len(list((place / "elsewhere").iterdir())) == 2


def test_a_judge_is_measured_and_remembered(place: Path) -> None:
    supported = {"claim": ALPHA, "evidence": [ALPHA], "label": 1}
    labels = write_lines(place / "labels.jsonl", supported, {**supported, "evidence": ["Rain fell."], "label": 0})
    printed = call("agreement", "--labels", str(labels))
    assert "built-in, with the reading model on labels.jsonl: 2 judged, 0 unscored" in printed
    assert "kappa 1.000" in printed
    assert json.loads((place / "runs" / "agreement.jsonl").read_text("utf-8"))["accuracy"] == 1


def test_citations_go_to_people_and_come_back(place: Path) -> None:
    assert "1 of 1 citations are in review" in call("review", "export", "first", "--to", "review")
    items = [json.loads(line) for line in (place / "review" / "citations.jsonl").read_text("utf-8").splitlines()]
    for person, label in (("ann", "full"), ("bo", "none")):
        write_lines(place / f"{person}.jsonl", *({**item, "label": label} for item in items))
    printed = call("review", "import", "review", "ann.jsonl", "bo.jsonl")
    assert "ann.jsonl: 1 judged, 0 left empty" in printed
    assert "first: 0.500" in printed
    assert "1 citations were judged by two" in call("review", "agreement", "review", "ann.jsonl", "bo.jsonl")


def test_a_file_of_cases_is_checked_against_its_corpus(place: Path) -> None:
    corpus = place / "corpus"
    corpus.mkdir()
    for name, text in DOCUMENTS.items():
        (corpus / name).write_text(text, "utf-8")
    good = {
        "id": "a", "type": "single", "question": "How many people did Alpha mill employ?", "answerable": True,
        "must_include": [["120"]], "evidence": [{"doc": "mills.txt", "quote": ALPHA}],
    }  # fmt: skip
    printed = call("cases", "check", str(write_lines(place / "good.jsonl", good)), "--corpus", "corpus")
    assert "0 errors, 0 to look at." in printed
    bad = {**good, "evidence": [{"doc": "mills.txt", "quote": "Alpha mill employed 999 people."}]}
    printed = call("cases", "check", str(write_lines(place / "bad.jsonl", bad)), "--corpus", "corpus", code=1)
    assert "✗ a:" in printed
    with pytest.raises(NoIndexError):
        call("cases", "check", str(place / "good.jsonl"), "--library", "absent")


def test_judged_figures_say_how_far_the_judge_can_be_trusted(place: Path) -> None:
    (place / "corpus").mkdir()
    (place / "corpus" / "mills.txt").write_text(DOCUMENTS["mills.txt"], "utf-8")
    row = {"id": "a", "type": "single", "question": "Alpha mill?", "answerable": True, "must_include": [["120"]]}
    command = ("run", "--cases", str(write_lines(place / "c.jsonl", row)), "--corpus", "corpus")
    assert "Judge: built-in, with the reading model, not calibrated" in call(*command)
    labels = [{"claim": ALPHA, "evidence": [quote], "label": int(quote == ALPHA)} for quote in (ALPHA, "Rain fell.")]
    call("agreement", "--labels", str(write_lines(place / "labels.jsonl", *labels)))
    assert "Judge: built-in, with the reading model, kappa 1.00 (1.00 to 1.00) on 2 of labels.jsonl" in call(*command)
    assert "Judge" not in call(*command, "--metric", "grounded")
    assert "✗ quote_exact" not in call(*command, "--require", "quote_exact=1")
    assert "✗ mrr is required to be 0.5, and applies to no case" in call(*command, "--require", "mrr=0.5", code=1)


def test_drafting_needs_a_model_and_feedback_needs_chats(place: Path) -> None:
    with pytest.raises(AssistantError, match="language model"):
        call("cases", "draft", "--to", "drafts.jsonl")
    with pytest.raises(InputError, match="no chats"):
        call("cases", "from-feedback", "--to", "drafts.jsonl")
    assert not (place / "drafts.jsonl").exists()


def test_public_sets_are_taken_over(place: Path) -> None:
    context = "The cotton mill employed 120 people in 1901. It burned down in 1910."
    question = {"id": "q", "question": "How many?", "answers": [{"text": "120", "answer_start": 25}]}
    paragraph = {"context": context, "qas": [question]}
    (place / "squad.json").write_text(json.dumps({"data": [{"title": "Mills", "paragraphs": [paragraph]}]}), "utf-8")
    assert "1 cases are in cases.jsonl" in call(
        "import", "squad2", "squad.json", "--to", "cases.jsonl", "--corpus", "texts"
    )
    assert json.loads((place / "cases.jsonl").read_text("utf-8"))["must_include"] == [["120"]]
    with pytest.raises(InputError, match="no format"):
        call("import", "trec", "x", "--to", "y", "--corpus", "z")


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("--metric", "groundedness"), "no figure 'groundedness'"),
        (("--require", "alce_recall=1"), "rests on a judge"),
        (("--prices", "cheap"), "--prices cheap are no prices"),
        (("--prices", "1,-2"), "are no prices"),
        (("--only", "kind=x"), "is no condition"),
    ],
)
def test_wrong_options_are_named_before_anything_is_done(words: tuple[str, ...], named: str, place: Path) -> None:
    cases = write_lines(place / "c.jsonl", {"id": "a", "type": "u", "question": "?", "answerable": False})
    with pytest.raises(InputError, match=named):
        call("run", "--cases", str(cases), *words)
    assert not (place.parent / "data").exists()
