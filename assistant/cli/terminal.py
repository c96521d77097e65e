"""Answers, plans, reports and errors -> the terminal: text from outside is shown there, never obeyed."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Column
from rich.text import Text

from assistant.errors import AssistantError

if TYPE_CHECKING:  # importing these takes seconds, which `--help` need not wait for
    from assistant.ingest.sync.sync import Plan, SyncReport
    from assistant.ingest.user.refine import RefineReport
    from assistant.repair import RepairReport
    from assistant.types import Answer, Citation

NAMED = 5  # files passed over that are named one by one


def plain_console(*, stderr: bool = False) -> Console:
    """A console that prints text to the letter: no markup, no emoji codes ("1:100:5"), no colours, no wrapping."""
    return Console(stderr=stderr, markup=False, emoji=False, highlight=False, soft_wrap=True)


_out = plain_console()
_err = plain_console(stderr=True)


def say(text: str = "") -> None:
    """A line on standard output, control characters as Python writes them."""
    _out.print(_plain(text))


def remark(text: str) -> None:
    """A line on standard error."""
    _err.print(_plain(text))


def count(number: int, noun: str) -> str:
    """A number with its noun, which ends in s unless it is one."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def print_error(error: AssistantError) -> None:
    """What happened, and the next step."""
    remark(f"Error: {error.message}")
    if error.remedy:
        remark(f"  → {error.remedy}")


def print_answer(answer: Answer) -> None:
    """The claims, one a line, and the footnotes below them."""
    if answer.notice:
        remark(f"Note: {answer.notice}")
    claims = tuple(replace(claim, text=" ".join(claim.text.split())) for claim in answer.claims)
    for line in replace(answer, claims=claims).text.split("\n"):
        say(line)
    if answer.as_of:
        say()
        say(f"{answer.as_of.text}." + (f" {answer.as_of.note}" if answer.as_of.note else ""))
    if answer.citations:
        say()
    for citation in answer.citations:
        say(f"[{citation.number}] {footnote(citation)}")
        if citation.translation:
            say(f"    translated by the language model: {citation.translation}")


def footnote(citation: Citation) -> str:
    """Where a cited sentence stands: outlet, title, date and how it is known, file, page, characters."""
    home = citation.outlet or citation.publisher
    date = f"{citation.date} ({citation.date_how})" if citation.date else "date unknown"
    page = f", page {citation.page}" if citation.page else ""
    parts = [home, citation.author, citation.title, date]
    where = f"{citation.document}{page}, characters {citation.start}–{citation.end}"
    return f"{'; '.join(p for p in parts if p)}. {where}"


def print_plan(plan: Plan) -> None:
    """What a sync would do, a file a line."""
    for word, names in (
        ("would read", plan.added),
        ("would read again", plan.changed),
        ("would rename", [f"{old.name} → {new}" for old, new, _ in plan.renamed]),
        ("would update", [f"{stored.name} (sources.toml)" for stored, _ in plan.updated]),
        ("would describe anew", [f"{stored.name} (indexed by an earlier version)" for stored, _ in plan.described]),
        ("would remove", [f.name for f in plan.removed]),
        ("would leave out (--include, --exclude)", plan.excluded),
        ("would pass over", plan.unreadable_formats),
    ):
        for name in names:
            say(f"{word}: {name}")
    for failure in plan.failures:
        say(f"cannot read: {failure.message}")
    for warning in plan.warnings:
        remark(f"Note: {warning}")
    say(f"{plan.unchanged} unchanged. Nothing was written.")


def print_report(report: SyncReport) -> None:
    """What a sync did, and what it could not."""
    plan = report.plan
    for failure in report.failures:
        remark(f"Not read: {failure.message}")
        remark(f"  → {failure.remedy}")
    for warning in report.warnings:
        remark(f"Note: {warning}")
    if plan.unreadable_formats:
        rest = len(plan.unreadable_formats) - NAMED
        more = f" and {rest} more" if rest > 0 else ""
        remark(f"Passed over, not a format that is read: {', '.join(plan.unreadable_formats[:NAMED])}{more}")
    read = f"{count(report.stored, 'document')} read ({count(report.passages, 'passage')})"
    parts = [read] if report.stored else []
    parts += [f"{len(plan.renamed)} renamed"] if plan.renamed else []
    parts += [f"{len(plan.updated)} updated by sources.toml"] if plan.updated else []
    parts += [f"{len(plan.described)} of an earlier version described anew"] if plan.described else []
    parts += [f"{len(plan.removed)} removed"] if plan.removed else []
    parts += [f"{plan.unchanged} unchanged"] if plan.unchanged else []
    parts += [f"{len(plan.excluded)} left out"] if plan.excluded else []
    failed = f"{count(len(report.failures), 'file')} could not be read"
    if not parts:
        say(f"Nothing was indexed: {failed}.")
        return
    parts += [failed] if report.failures else []
    say(f"Indexed in {report.seconds:.1f} s: {', '.join(parts)}.")


def print_repair(report: RepairReport) -> None:
    """Print what was damaged, and what became of it."""
    if report.salvaged:
        say(f"The library's file was damaged; of it {count(report.salvaged.kept, 'document')} could be read whole.")
        say(f"As it was it is kept beside the new one: {report.salvaged.copy.name}")
    for sentence in report.mended:
        say(sentence)
    if report.read_again:
        say(f"{count(len(report.read_again), 'damaged document')} read again: {', '.join(report.read_again)}")
    for failure in report.not_restored:
        remark(f"Not restored: {failure.message} {failure.remedy}")
    if not (report.salvaged or report.mended or report.read_again or report.not_restored):
        say("Nothing was damaged.")
    say(f"The library holds {count(report.documents, 'document')}.")


def print_refined(report: RefineReport) -> None:
    """What a language model filled in."""
    for warning in report.warnings:
        remark(f"Note: {warning}")
    say(f"Refined: {report.changed} of {count(report.articles, 'article')}, from their own words.")


class Show(Protocol):
    """Draws how far something is."""

    def __call__(self, label: str, done: int, total: int, noun: str = "", rate: str = "", now: str = "") -> None:
        """`noun` says of what there are so many; `rate` replaces the number of them a second; `now` is under way."""


class _Now(ProgressColumn):
    """The name of what is under way, cut where the line ends."""

    def get_table_column(self) -> Column:
        return Column(no_wrap=True, overflow="ellipsis", ratio=1)

    def render(self, task: Task) -> Text:
        now = task.fields.get("now")
        return Text(f"· {_plain(now)}" if now else "")


class _Rate(ProgressColumn):
    """How many of them a second, or another rate where one was told; nothing before there is one."""

    def render(self, task: Task) -> Text:
        speed = task.finished_speed or task.speed
        rate = task.fields.get("rate") or (_a_second(speed) if speed else "")
        return Text(f"{rate} ·" if rate else "")


@contextmanager
def progress(clock: Callable[[], float] = time.monotonic, console: Console = _err) -> Iterator[Show]:
    """A bar for each label on a terminal, drawn when it is first shown; elsewhere a line every tenth of the way.

    `clock` gives seconds.
    """
    if not console.is_terminal:
        yield _in_lines(clock)
        return
    label_column = TextColumn("{task.description}", markup=False)  # a column does not ask its console
    columns = (label_column, BarColumn(), MofNCompleteColumn(), TextColumn("·"), _Rate())
    with Progress(*columns, TimeRemainingColumn(), _Now(), console=console, transient=True, expand=True) as bar:
        tasks: dict[str, TaskID] = {}

        def draw(label: str, done: int, total: int, noun: str = "", rate: str = "", now: str = "") -> None:  # noqa: ARG001
            if label not in tasks:
                tasks[label] = bar.add_task(_plain(label))
            bar.update(tasks[label], completed=done, total=total, rate=rate, now=now)

        yield draw


def _in_lines(clock: Callable[[], float]) -> Show:
    """Progress as lines, for a file: "Indexing: 3 of 10 documents, 5 passages a second, about 2 s left, reading b"."""
    last: dict[str, int] = {}
    begun: dict[str, tuple[float, int]] = {}

    def report(label: str, done: int, total: int, noun: str = "", rate: str = "", now: str = "") -> None:
        at = clock()
        start, before = begun.setdefault(label, (at, done))
        tenth = done * 10 // max(1, total)
        if tenth <= last.get(label, -1):
            return
        last[label] = tenth
        parts = [f"{label}: {done} of {total} {noun}".rstrip()]
        if done > before and at > start:
            speed = (done - before) / (at - start)
            parts.append(rate or _a_second(speed))
            parts += [f"about {_duration((total - done) / speed)} left"] if done < total else []
        parts += [f"reading {now}"] if now else []
        remark(", ".join(parts))

    return report


def _a_second(speed: float) -> str:
    return f"{speed:.1f} a second"


def _duration(seconds: float) -> str:
    """A time left, as exact as a guess can be."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min" if seconds < 90 * 60 else f"{seconds / 3600:.1f} h"


def _plain(text: str) -> str:
    return "".join(ch if ch.isprintable() else repr(ch)[1:-1] for ch in text)
