"""The golden files: the same program writes the same bytes, and another one is found out."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.errors import InputError
from assistant.pipeline import Assistant
from evals import golden
from evals.cases import load_cases
from evals.support_claims import LabelledClaim

CASES = load_cases(Path(__file__).parent.parent.parent / "evals" / "data" / "sample.jsonl")[:3]


def unheard(_step: str, _done: int, _total: int) -> None:
    """Nobody looks."""


def write(folder: Path, sample: Assistant, documents: Path, cases: tuple = CASES) -> Path:
    claim = LabelledClaim("The ship sank in 1987.", ("The ship sank in 1986.",), "contradict")
    folder.mkdir()
    golden.write_lines(folder / golden.ANSWERS, golden.answer_lines(sample, cases, unheard))
    golden.write_lines(folder / golden.SEARCHES, golden.search_lines(sample, cases, unheard))
    golden.write_lines(folder / golden.ARTICLES, golden.article_lines([documents], unheard))
    golden.write_lines(folder / golden.VERDICTS, golden.verdict_lines([claim], unheard))
    return folder


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "ship.txt").write_text("The ship sank in 1986. Nobody saw it.")
    (folder / "empty.txt").write_text("")
    return folder


def test_the_same_program_writes_the_same_bytes(sample: Assistant, documents: Path, tmp_path: Path) -> None:
    one, other = write(tmp_path / "1", sample, documents), write(tmp_path / "2", sample, documents)
    assert golden.first_difference(one, other) is None
    answers = [json.loads(line) for line in (one / golden.ANSWERS).read_text("utf-8").splitlines()]
    assert [answer["id"] for answer in answers] == [case.id for case in CASES]
    assert all("seconds" not in answer for answer in answers)
    read = [json.loads(line) for line in (one / golden.ARTICLES).read_text("utf-8").splitlines()]
    assert read[0] == {"file": "documents/empty.txt", "error": "empty.txt is empty."}
    assert read[1]["passages"][0]["text"] == "The ship sank in 1986. Nobody saw it."
    (verdict,) = [json.loads(line) for line in (one / golden.VERDICTS).read_text("utf-8").splitlines()]
    assert verdict["rules"]["kind"] == "number"


def test_the_first_difference_is_named_with_what_stands_there(
    sample: Assistant, documents: Path, tmp_path: Path
) -> None:
    before = write(tmp_path / "1", sample, documents)
    changed = (*CASES[:2], replace(CASES[2], question="Who won the football World Cup in 2022?"))
    found = golden.first_difference(before, write(tmp_path / "2", sample, documents, changed))
    assert found is not None
    assert (found.file, found.line) == (golden.ANSWERS, 3)
    assert "World Cup" in found.after


def test_a_folder_that_was_never_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "after").mkdir()
    (tmp_path / "after" / golden.ANSWERS).write_text("{}\n")
    with pytest.raises(InputError, match=r"answers.jsonl cannot be read"):
        golden.first_difference(tmp_path / "before", tmp_path / "after")
