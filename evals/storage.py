"""A run <-> its folder.

    manifest.json        what was run with what; `finished` is null until everything below is written
    cases.jsonl          the cases that were asked, in the form they are loaded from
    answers.jsonl        one line an answer, in the form that a scorer reads, and as `answer` the whole of it
    scores.jsonl         one line an answer: every score, and the judgements on its claims
    summary.json         figures with intervals, in all and by type; counts
    documents.jsonl.gz   the text of every document that gold, evidence or citations name

A finished folder is never written again, and needs neither the corpus nor the library to be read.
"""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from assistant.errors import InputError
from assistant.types import answer_from_json, answer_to_json
from evals.cases import case_to_line, load_cases
from evals.types import Case, Record, Result, Run

MANIFEST = "manifest.json"
CASES = "cases.jsonl"
ANSWERS = "answers.jsonl"
SCORES = "scores.jsonl"
SUMMARY = "summary.json"
DOCUMENTS = "documents.jsonl.gz"


def record_to_line(record: Record) -> str:
    """A record as one line of JSON, without a line end."""
    from assistant import answer_line

    if record.answer is None:
        line: dict[str, Any] = {
            "id": record.case_id,
            "status": record.status,
            "text": record.error,
            "citations": [],
            "evidence": [],
        }
    else:
        line = answer_line(record.case_id, record.answer)
    whole = json.loads(answer_to_json(record.answer)) if record.answer else None
    return json.dumps({**line, "repeat": record.repeat, "answer": whole}, ensure_ascii=False)


def record_from_line(line: str, where: str) -> Record:
    """The record that `record_to_line` wrote; `where` names the line in messages.

    Raises:
        InputError: the line is something else.
    """
    try:
        row = json.loads(line)
        answer = None if row["answer"] is None else answer_from_json(json.dumps(row["answer"]))
        error = row["text"] if answer is None else ""
        return Record(row["id"], row["status"], answer, error, row["repeat"])
    except (ValueError, KeyError, TypeError, ValidationError):
        raise InputError(f"{where} is no answer of a run.", "The run cannot be used; run it anew.") from None


def read_records(folder: Path) -> list[Record]:
    """The records of a run so far, in the order in which they were written.

    A last line without its end was cut off in writing and is left out.

    Raises:
        InputError: a line is no record.
    """
    file = folder / ANSWERS
    if not file.exists():
        return []
    whole = _whole_lines(file.read_bytes()).decode()
    return [
        record_from_line(line, f"{file}, line {number}") for number, line in enumerate(whole.split("\n")[:-1], start=1)
    ]


def drop_broken_line(folder: Path) -> None:
    """Cut a half-written last line off the answers, so that the next one starts on a line of its own."""
    file = folder / ANSWERS
    if file.exists():
        data = file.read_bytes()
        with file.open("r+b") as handle:
            handle.truncate(len(_whole_lines(data)))


def append_record(folder: Path, record: Record) -> None:
    """Add a record, on the disk when this returns."""
    with (folder / ANSWERS).open("a", encoding="utf-8") as handle:
        handle.write(record_to_line(record) + "\n")
        handle.flush()
        os.fsync(handle.fileno())


def write_cases(folder: Path, cases: Sequence[Case]) -> None:
    """Write the cases that will be asked."""
    _replace(folder / CASES, "".join(case_to_line(case) + "\n" for case in cases).encode())


def write_manifest(folder: Path, manifest: Mapping[str, Any]) -> None:
    """Write the manifest, the whole of it or nothing."""
    _replace(folder / MANIFEST, (json.dumps(manifest, ensure_ascii=False, indent=2) + "\n").encode())


def write_scores(folder: Path, rows: Sequence[Mapping[str, Any]], summary: Mapping[str, Any]) -> None:
    """Write what was scored, line by line and in sum."""
    _replace(folder / SCORES, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode())
    _replace(folder / SUMMARY, (json.dumps(summary, ensure_ascii=False, indent=2) + "\n").encode())


def write_documents(folder: Path, texts: Mapping[str, str]) -> None:
    """Keep the documents' texts, so that the run can be scored and shown without its library."""
    lines = [json.dumps({"name": name, "text": text}, ensure_ascii=False) for name, text in sorted(texts.items())]
    _replace(folder / DOCUMENTS, gzip.compress("".join(line + "\n" for line in lines).encode(), mtime=0))


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a run, finished or not.

    Raises:
        InputError: there is none, or it is damaged.
    """
    try:
        manifest = json.loads((folder / MANIFEST).read_text("utf-8"))
    except OSError:
        raise InputError(f"{folder} is no run: it holds no {MANIFEST}.", "Make one: python -m evals run …") from None
    except ValueError:
        manifest = None
    if not isinstance(manifest, dict):
        raise InputError(f"{folder / MANIFEST} is damaged.", "Remove the folder and run it anew.")
    return manifest


def read_run(folder: Path) -> Run:
    """A finished run.

    Raises:
        InputError: it is none, is not finished, or is damaged.
    """
    manifest = read_manifest(folder)
    if not manifest.get("finished"):
        raise InputError(f"The run {folder.name} is not finished.", "Run the same command again: it goes on.")
    cases = {case.id: case for case in load_cases(folder / CASES)}
    scores = {(row["id"], row["repeat"]): row["scores"] for row in _rows(folder / SCORES)}
    try:
        results = [Result(cases[r.case_id], r, scores[r.case_id, r.repeat]) for r in read_records(folder)]
    except KeyError as error:
        raise InputError(f"The run {folder.name} is damaged: {error} has no case or score.", "Run it anew.") from None
    order = {case_id: position for position, case_id in enumerate(cases)}
    results.sort(key=lambda result: (result.record.repeat, order[result.case.id]))
    return Run(folder.name, folder, manifest, tuple(results))


def read_documents(folder: Path) -> Callable[[str], str]:
    """The texts of a run's documents, by name.

    Raises:
        InputError: the file is missing or damaged; later, when a document is asked for that the run does not name.
    """
    file = folder / DOCUMENTS
    try:
        lines = gzip.decompress(file.read_bytes()).decode().split("\n")
        texts = {row["name"]: row["text"] for row in map(json.loads, filter(None, lines))}
    except (OSError, EOFError, ValueError, KeyError, TypeError):
        raise InputError(f"The documents of the run, {file}, cannot be read.", "Run it anew.") from None

    def text_of(name: str) -> str:
        if name not in texts:
            raise InputError(f"The run {folder.name} holds no document {name!r}.", "Run it anew.")
        return str(texts[name])

    return text_of


def find_run(named: str, runs: Path) -> Path:
    """The folder of a run, by its path or by its name in the folder of runs.

    Raises:
        InputError: there is none; those that there are are named.
    """
    for folder in (Path(named), runs / named):
        if (folder / MANIFEST).is_file():
            return folder
    known = sorted(path.parent.name for path in runs.glob(f"*/{MANIFEST}"))
    raise InputError(
        f"There is no run {named!r}.",
        f"Runs in {runs}: {', '.join(known)}." if known else "Make one: python -m evals run --cases FILE",
    )


def _rows(file: Path) -> list[dict[str, Any]]:
    try:
        return [json.loads(line) for line in file.read_text("utf-8").split("\n") if line]
    except (OSError, ValueError):
        raise InputError(f"{file} is missing or damaged.", "The run cannot be used; run it anew.") from None


def _whole_lines(data: bytes) -> bytes:
    return data[: data.rfind(b"\n") + 1]


def _replace(file: Path, data: bytes) -> None:
    """Write a file so that a crash leaves the old one or the new one."""
    fresh = file.with_name(file.name + ".new")
    with fresh.open("wb") as handle:
        handle.write(data)
        handle.flush()
        os.fsync(handle.fileno())
    fresh.replace(file)
