"""A run's folder: what is written is read back, and what is damaged is said to be."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from made_answers import ALPHA, CASES, DOCUMENTS, RECORDS, texts, write_run

from assistant.errors import InputError
from evals.scoring import score_records
from evals.storage import (
    ANSWERS,
    SCORES,
    append_record,
    drop_broken_line,
    find_run,
    read_documents,
    read_records,
    read_run,
    record_from_line,
    record_to_line,
)
from evals.storage import (
    DOCUMENTS as DOCUMENTS_FILE,
)
from evals.types import Record


def test_a_run_is_read_back_as_it_was_written_in_the_order_of_its_cases(tmp_path: Path) -> None:
    write_run(tmp_path / "first")
    run = read_run(tmp_path / "first")
    assert run.name == "first"
    assert [r.case for r in run.results] == CASES
    assert [r.record for r in run.results] == [RECORDS[1], RECORDS[0]]
    assert list(run.results) == [one.result for one in score_records(CASES, RECORDS, texts())]


@pytest.mark.parametrize("record", [*RECORDS, Record("c-1", "error", None, "It failed.\nTwice.", 3)])
def test_a_line_gives_back_its_record(record: Record) -> None:
    line = record_to_line(record)
    assert "\n" not in line
    assert record_from_line(line, "here") == record


def test_an_answer_stands_in_the_form_that_scorers_read() -> None:
    row = json.loads(record_to_line(RECORDS[1]))
    start = DOCUMENTS["mills.txt"].index(ALPHA)
    assert (row["id"], row["status"], row["text"]) == ("c-1", "answered", f"Mill Gazette: “{ALPHA}” [1]")
    assert row["citations"][0]["quote"] == ALPHA
    assert {k: row["evidence"][0][k] for k in ("document", "start", "end")} == {
        "document": "mills.txt", "start": start, "end": start + len(ALPHA),
    }  # fmt: skip


def test_the_documents_are_kept_with_their_line_ends(tmp_path: Path) -> None:
    write_run(tmp_path / "first")
    text_of = read_documents(tmp_path / "first")
    assert {name: text_of(name) for name in DOCUMENTS} == DOCUMENTS
    with pytest.raises(InputError, match="absent"):
        text_of("absent.txt")


def test_a_half_written_last_line_is_left_out_and_then_removed(tmp_path: Path) -> None:
    append_record(tmp_path, RECORDS[0])
    whole = (tmp_path / ANSWERS).read_bytes()
    (tmp_path / ANSWERS).write_bytes(whole + record_to_line(RECORDS[1]).encode()[:-40])
    assert read_records(tmp_path) == [RECORDS[0]]
    drop_broken_line(tmp_path)
    assert (tmp_path / ANSWERS).read_bytes() == whole
    append_record(tmp_path, RECORDS[1])
    assert read_records(tmp_path) == RECORDS


def test_what_is_no_run_unfinished_or_damaged_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is no run"):
        read_run(tmp_path)
    write_run(tmp_path / "open", finished=None)
    with pytest.raises(InputError, match="not finished"):
        read_run(tmp_path / "open")
    for file in (SCORES, ANSWERS, DOCUMENTS_FILE):
        folder = tmp_path / f"without-{file}"
        write_run(folder)
        (folder / file).write_bytes(b"{]\n")
        with pytest.raises(InputError):
            read_documents(folder) if file == DOCUMENTS_FILE else read_run(folder)


def test_a_run_without_the_score_of_an_answer_is_damaged(tmp_path: Path) -> None:
    write_run(tmp_path / "first")
    lines = (tmp_path / "first" / SCORES).read_text("utf-8").splitlines(keepends=True)
    (tmp_path / "first" / SCORES).write_text(lines[0], "utf-8")
    with pytest.raises(InputError, match="damaged"):
        read_run(tmp_path / "first")


def test_a_run_is_found_by_name_or_folder_and_others_are_named(tmp_path: Path) -> None:
    write_run(tmp_path / "runs" / "first")
    assert find_run("first", tmp_path / "runs") == tmp_path / "runs" / "first"
    assert find_run(str(tmp_path / "runs" / "first"), tmp_path) == tmp_path / "runs" / "first"
    with pytest.raises(InputError) as raised:
        find_run("second", tmp_path / "runs")
    assert "first" in raised.value.remedy
