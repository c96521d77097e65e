"""A comparison of two runs -> tables on the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from evals.types import Result

if TYPE_CHECKING:  # compare hands this file's one function on
    from evals.compare import CaseChange, Comparison, Verdict

SHOWN_CASES = 12
SHOWN_CHARACTERS = 700


def print_comparison(comparison: Comparison, console: Console, shown: int = SHOWN_CASES) -> None:
    """Print the verdicts, and the cases that changed, with both answers side by side; `shown` of them at most."""
    console.print(Text(f"{comparison.second} against {comparison.first}, {comparison.cases} cases", style="bold"))
    if comparison.note:
        console.print(Text(comparison.note, style="yellow"))
    table = Table("figure", "first", "second", "difference", "95% interval", "pairs", "p (Holm)", "second run is")
    for m in comparison.metrics:
        d = m.difference
        figures = (f"{m.first:.3f}", f"{m.second:.3f}", f"{d.mean:+.3f}", f"{d.low:+.3f} to {d.high:+.3f}")
        table.add_row(m.name, *figures, str(d.count), f"{m.p:.4f}", Text(m.words, style=_STYLES[m.verdict]))
    console.print(table)
    console.print("p is corrected for having looked at several figures; each interval stands for its figure alone.")
    total = len(comparison.changed)
    if not total:
        console.print("No case changed.")
        return
    console.print(Text(f"{total} cases changed, worse ones first", style="bold"))
    for change in comparison.changed[:shown]:
        _print_change(change, comparison, console)
    if total > shown:
        console.print(f"… and {total - shown} more.")


_STYLES: Mapping[Verdict, str] = {"better": "bold green", "worse": "bold red", "cannot tell": "dim"}


def _print_change(change: CaseChange, comparison: Comparison, console: Console) -> None:
    case = change.first.case
    console.print()
    console.print(Text(f"{case.id} ({case.type})", style="bold"), Text(case.question))
    console.print(Text(", ".join(_changes(change))))
    table = Table(Column(Text(comparison.first)), Column(Text(comparison.second)), expand=True)
    table.add_row(Text(_answer_text(change.first)), Text(_answer_text(change.second)))
    console.print(table)


def _answer_text(result: Result) -> str:
    record = result.record
    text = f"(error: {record.error})" if record.answer is None else record.answer.text
    whole = f"[{record.status}] {text}"
    return whole if len(whole) <= SHOWN_CHARACTERS else f"{whole[:SHOWN_CHARACTERS]} …"


def _changes(change: CaseChange) -> list[str]:
    """What became of the case and of its scores; what is unscored in one run follows from that."""
    states = (change.first.record.status, change.second.record.status)
    numbers = {name: (x, y) for name, (x, y) in change.scores.items() if x is not None and y is not None}
    return [" → ".join(states)] * (states[0] != states[1]) + [f"{k} {x:.3g} → {y:.3g}" for k, (x, y) in numbers.items()]
