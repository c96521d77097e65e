"""A file of cases and a folder of documents -> a run's folder: index, ask, score, write.

Every case is asked through the `Assistant.ask` that the chat uses. A run that was stopped goes on where it stopped,
if nothing that its answers depend on has changed since.
"""

from __future__ import annotations

import datetime
import re
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from assistant.errors import AssistantError, IndexMismatchError, InputError, LockedError, NoIndexError, SettingsError
from assistant.settings import Settings
from evals.cases import load_cases, select_cases
from evals.judges import BUILT_IN, open_judge
from evals.manifest import differing, environment, identity
from evals.metrics import METRICS
from evals.metrics.effort import Prices
from evals.scoring import score_records, score_row, summarise
from evals.spans import Texts
from evals.storage import (
    CASES,
    MANIFEST,
    append_record,
    drop_broken_line,
    read_manifest,
    read_records,
    write_cases,
    write_documents,
    write_manifest,
    write_scores,
)
from evals.types import Case, Record, Run

if TYPE_CHECKING:  # importing these takes seconds
    from assistant import Assistant

OnStep = Callable[[str, int, int], None]
REMOTE_WORKERS = 8  # questions to a model's server at once
HOPELESS = (NoIndexError, IndexMismatchError, SettingsError, LockedError)
"""Errors that every further case would meet as well: the run stops, instead of counting them all as wrong."""


@dataclass(frozen=True, slots=True)
class Options:
    """What is asked of a run."""

    cases_file: Path
    runs: Path
    corpus: Path | None = None
    """Indexed first; None: the library is taken as it is."""
    name: str | None = None
    only: tuple[str, ...] = ()
    limit: int | None = None
    repeat: int = 1
    workers: int | None = None
    """Cases asked at once; None: several with a language model, else one."""
    judge: str = BUILT_IN
    """Or the name of a language model."""
    metrics: tuple[str, ...] = ()
    """Figures to compute; all if empty."""
    prices: Prices | None = None


def run_cases(settings: Settings, options: Options, on_step: OnStep) -> tuple[Run, dict[str, Any]]:
    """Carry out a run, or go on with it. Gives the run and what its `summary.json` holds.

    Raises:
        InputError: an option or a case cannot be used, the name is taken, or what is unfinished was begun otherwise.
        LockedError: the same run is under way in another process.
        AssistantError: whatever hinders all cases alike.
    """
    from assistant import open_assistant

    all_cases = load_cases(options.cases_file, accept_drafts=False)
    cases = select_cases(all_cases, options.only, options.limit)
    judge = open_judge(options.judge, settings, options.runs / "judgements.jsonl")
    not_read = index_folder(settings, options.corpus, on_step) if options.corpus is not None else []
    assistant = open_assistant(settings)
    try:
        corpus = {file.name: file.sha256 for file in assistant.index.library.files()}
        _check_gold(cases, corpus, options.cases_file)
        same = identity(settings, cases, options.cases_file, options.repeat, corpus)
        with _run_folder(options, same) as folder:
            manifest = _begin(folder, same, cases)
            started = time.monotonic()
            records = _ask_all(assistant, cases, folder, options, on_step)
            asked_seconds = time.monotonic() - started
            texts = Texts(lambda name: stored_text(assistant, name))
            wanted = options.metrics or tuple(METRICS)
            scored = score_records(
                cases,
                records,
                texts,
                judge if any(METRICS[name].judged for name in wanted) else None,
                prices=options.prices,
                workers=REMOTE_WORKERS if options.judge != BUILT_IN else 1,
                on_progress=lambda done, total: on_step("Scoring", done, total),
            )
            results = tuple(one.result for one in scored)
            summary = summarise(results, options.metrics)
            write_documents(folder, texts.read_so_far())
            write_scores(folder, [score_row(one) for one in scored], summary)
            manifest |= {
                "finished": _now(),
                "seconds": round(asked_seconds, 3),
                "not_read": not_read,
                "judge": judge.name,
                "metrics": list(wanted),
                "prices": [options.prices.prompt, options.prices.completion] if options.prices else None,
            }
            write_manifest(folder, manifest)
    finally:
        assistant.close()
    return Run(folder.name, folder, manifest, results), summary


def index_folder(settings: Settings, corpus: Path, on_step: OnStep) -> list[str]:
    """Bring the library up to the state of a folder of documents. Gives a message for every file that is not read.

    Raises:
        InputError: the folder does not exist or holds nothing that can be read.
    """
    import assistant

    report = assistant.index_folder(
        corpus,
        settings,
        on_document=partial(on_step, "Indexing"),
        on_vector=partial(on_step, "Making the vectors anew"),
    )
    return [failure.message for failure in report.failures]


def ask(assistant: Assistant, case: Case, repeat: int) -> Record:
    """Ask one case. What goes wrong with this case alone becomes a record of status "error", which counts as wrong.

    Raises:
        AssistantError: every other case would fail as well.
    """
    try:
        answer = assistant.ask(case.question, case.history)
    except HOPELESS:
        raise
    except AssistantError as error:
        return Record(case.id, "error", None, str(error), repeat)
    return Record(case.id, answer.status, answer, repeat=repeat)


def _ask_all(
    assistant: Assistant, cases: Sequence[Case], folder: Path, options: Options, on_step: OnStep
) -> list[Record]:
    """The records of all askings; those that are not in the folder yet are made, and written as they come."""
    drop_broken_line(folder)
    records = read_records(folder)
    done = {(record.case_id, record.repeat) for record in records}
    askings = [(case, repeat) for repeat in range(options.repeat) for case in cases]
    waiting = [(case, repeat) for case, repeat in askings if (case.id, repeat) not in done]
    workers = options.workers or (REMOTE_WORKERS if assistant.model is not None else 1)
    for record in _asked(assistant, waiting, workers):
        append_record(folder, record)
        records.append(record)
        on_step("Asking", len(records), len(askings))
    return records


def _asked(assistant: Assistant, waiting: Sequence[tuple[Case, int]], workers: int) -> Iterator[Record]:
    """Records as they are made, `workers` at once; when the reader leaves, what has not begun is not begun."""
    if workers == 1:
        yield from (ask(assistant, case, repeat) for case, repeat in waiting)
        return
    pool = ThreadPoolExecutor(max_workers=workers)
    try:
        futures: list[Future[Record]] = [pool.submit(ask, assistant, case, repeat) for case, repeat in waiting]
        for future in as_completed(futures):
            yield future.result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


@contextmanager
def _run_folder(options: Options, same: dict[str, Any]) -> Iterator[Path]:
    """The run's folder, held against other processes: a fresh one, or that of the run to go on with."""
    name = options.name or _next_name(options, same)
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", name):
        raise InputError(f"{name!r} cannot be the name of a run.", "Use letters, digits, dots and dashes: --name NAME")
    folder = options.runs / name
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / ".lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise LockedError(
            f"The run {name} is under way in another process.", "Wait for it, or give this one another --name."
        ) from None
    try:
        yield folder
    finally:
        lock.release()
        (folder / ".lock").unlink(missing_ok=True)


def _begin(folder: Path, same: dict[str, Any], cases: Sequence[Case]) -> dict[str, Any]:
    """The manifest of a run that begins, or goes on.

    Raises:
        InputError: it is finished, or was begun with something else.
    """
    if not (folder / MANIFEST).exists():
        others = {file.name for file in folder.iterdir()} - {".lock", CASES, f"{CASES}.new", f"{MANIFEST}.new"}
        if others:
            raise InputError(f"The folder {folder} exists, and is no run.", "Give another --name.")
        manifest = {"name": folder.name, "started": _now(), "finished": None, **same, **environment()}
        write_cases(folder, cases)
        write_manifest(folder, manifest)
        return manifest
    manifest = read_manifest(folder)
    if manifest.get("finished"):
        raise InputError(
            f"There is a finished run named {folder.name}, and it is never written again.",
            f"Give another --name, or see it: python -m evals report {folder}",
        )
    other = differing(manifest, same)
    if other:
        raise InputError(
            f"The unfinished run {folder.name} was begun with other {', '.join(other)}.",
            f"Give another --name, or remove the folder {folder}.",
        )
    return manifest


def _next_name(options: Options, same: dict[str, Any]) -> str:
    """`cases-1`, `cases-2` …: the last one if it can be gone on with, else the next number."""
    stem = re.sub(r"[^A-Za-z0-9._-]+", "-", options.cases_file.stem).strip("-._")[:60] or "run"
    taken = [
        int(match[1])
        for path in options.runs.glob(f"{stem}-*/{MANIFEST}")
        if (match := re.fullmatch(rf"{re.escape(stem)}-(\d+)", path.parent.name))
    ]
    last = max(taken, default=0)
    if last:
        manifest = read_manifest(options.runs / f"{stem}-{last}")
        if not manifest.get("finished") and not differing(manifest, same):
            return f"{stem}-{last}"
    return f"{stem}-{last + 1}"


def _check_gold(cases: Sequence[Case], corpus: dict[str, str], cases_file: Path) -> None:
    for case in cases:
        for gold in case.evidence:
            if gold.doc not in corpus:
                raise InputError(
                    f"{cases_file}, case {case.id}, field evidence.doc: the library holds no {gold.doc!r}.",
                    "Name the folder that the cases are about: --corpus FOLDER",
                )


def stored_text(assistant: Assistant, name: str) -> str | None:
    """The text of a document, by its name; None if the library does not hold it."""
    ids = assistant.index.library.document_ids([name])
    return assistant.document(ids[0]).text if ids else None


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
