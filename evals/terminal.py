"""Progress and tables on the terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from evals.metrics import METRICS
from evals.types import Figure

WIDTH_OF_A_FILE = 160  # characters: where no terminal says how wide it is, tables need not be squeezed

# Questions, claims and names are printed to the letter: "1:100:5" holds no emoji, "[bold]" is no markup.
_plainly = partial(Console, markup=False, emoji=False, highlight=False, soft_wrap=True)
out = _plainly(width=None if sys.stdout.isatty() else WIDTH_OF_A_FILE)
err = _plainly(stderr=True)

OnStep = Callable[[str, int, int], None]
"""Called with what is being done, how much of it is done, and how much there is."""


@contextmanager
def progress() -> Iterator[OnStep]:
    """A bar with the time left for each step; where there is no terminal, a line every tenth of the way."""
    if not err.is_terminal:
        yield _lines()
        return
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TextColumn("·"))
    with Progress(*columns, TimeRemainingColumn(), console=err, transient=True) as bar:
        tasks: dict[str, TaskID] = {}

        def step(label: str, done: int, total: int) -> None:
            if label not in tasks:
                tasks[label] = bar.add_task(label, total=total)
            bar.update(tasks[label], completed=done, total=total)

        yield step


def print_figures(figures: Mapping[str, Figure]) -> None:
    """One line a figure: value, interval, how many results it rests on, and what it means."""
    width = max(map(len, figures), default=0)
    for name, one in figures.items():
        if one.value is None or one.low is None or one.high is None:
            numbers = "unscored".ljust(24)
        else:
            digits = 0 if one.value >= 100 else 3
            numbers = f"{one.value:.{digits}f} ({one.low:.{digits}f} to {one.high:.{digits}f})".ljust(24)
        metric = METRICS[name]
        judged = " (judged)" if metric.judged else ""
        out.print(f"  {name:<{width}}  {numbers} n={one.count:<5} {metric.about}{judged}", markup=False)


def print_types(by_type: Mapping[str, Any]) -> None:
    """Grounded, by type of case."""
    width = max(map(len, by_type), default=0)
    for kind, part in by_type.items():
        figure = part["figures"].get("grounded")
        value = "unscored" if figure is None else f"{figure['value']:.2f} ({figure['low']:.2f} to {figure['high']:.2f})"
        out.print(f"  {kind:<{width}}  n={part['cases']:<4} grounded {value}", markup=False)


def _lines() -> OnStep:
    shown: dict[str, int] = {}

    def step(label: str, done: int, total: int) -> None:
        tenth = done * 10 // max(1, total)
        if tenth > shown.get(label, -1):
            shown[label] = tenth
            err.print(f"{label}: {done} of {total}", markup=False)

    return step
