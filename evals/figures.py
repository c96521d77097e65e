"""Results -> what the report breaks down: figures by group, calibration, and times."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from evals.metrics import METRICS
from evals.scoring import figure
from evals.statistics import Interval, interval
from evals.types import Figure, Result, Run

HEADLINE = "grounded"
CALIBRATION_BINS = 8


@dataclass(frozen=True, slots=True)
class Bin:
    """Cases that the system was about equally sure of, and how many of them had an answer."""

    said: float
    """Mean answerability, 0 to 1."""
    observed: Interval
    """Share that is answerable."""


def told(results: Sequence[Result]) -> tuple[Figure, ...]:
    """Every figure that was asked for, in the order of `METRICS`; without the headline, none of all cases together."""
    names = {name for result in results for name in result.scores}
    wanted = [m for m in METRICS.values() if m.name in names or (m.of_run and HEADLINE in names)]
    return tuple(figure(metric, results) for metric in wanted)


def within(found: Figure) -> Interval | None:
    """A figure's interval; None where it applies to no case."""
    if found.value is None or found.low is None or found.high is None:
        return None
    return Interval(found.value, found.low, found.high, found.count)


def grouped(run: Run, key: Callable[[Result], str]) -> dict[str, Figure]:
    """The headline for every group of cases, the lowest first; groups without a score last."""
    groups: dict[str, list[Result]] = {}
    for result in run.results:
        groups.setdefault(key(result), []).append(result)
    found = {group: figure(METRICS[HEADLINE], results) for group, results in groups.items()}
    return dict(sorted(found.items(), key=lambda item: (_mean(item[1]), item[0])))


def documents_of(result: Result) -> str:
    """Where a case's gold evidence stands, as a heading of the report."""
    names = list(dict.fromkeys(gold.doc for gold in result.case.evidence))
    if not names:
        return "no gold evidence"
    return names[0] if len(names) == 1 else "several documents"


def calibration(results: Sequence[Result], bins: int = CALIBRATION_BINS) -> tuple[Bin, ...]:
    """Answerability against the share of cases that have an answer, in bins of about equally many cases.

    Equal counts, for equal widths leave some bins with two cases (Nixon et al. 2019, arXiv:1904.01685). Equally sure
    cases share a bin. Errors said nothing and are left out.
    """
    said = sorted(
        (r.record.answer.answerability, float(r.case.answerable)) for r in results if r.record.answer is not None
    )
    found: list[Bin] = []
    size, start = max(1, -(-len(said) // bins)), 0
    while start < len(said):
        end = min(len(said), start + size)
        while end < len(said) and said[end][0] == said[end - 1][0]:
            end += 1
        part = said[start:end]
        found.append(Bin(sum(s for s, _ in part) / len(part), interval([known for _, known in part])))
        start = end
    return tuple(found)


def calibration_error(bins: Sequence[Bin]) -> float | None:
    """Expected calibration error (Naeini et al. 2015): Σ n_b / n · |observed - said|; None without a case."""
    count = sum(b.observed.count for b in bins)
    return sum(b.observed.count * abs(b.observed.mean - b.said) for b in bins) / count if count else None


def seconds(results: Sequence[Result]) -> tuple[float, ...]:
    """Wall-clock seconds of each answer, all steps together, in rising order; answers without times are left out."""
    answers = [r.record.answer for r in results if r.record.answer is not None]
    return tuple(sorted(sum(answer.seconds.values()) for answer in answers if answer.seconds))


def seconds_by_step(results: Sequence[Result]) -> dict[str, float]:
    """Mean seconds of each step, over the answers that took it."""
    steps: dict[str, list[float]] = {}
    for result in results:
        for step, value in (result.record.answer.seconds if result.record.answer else {}).items():
            steps.setdefault(step, []).append(value)
    return {step: sum(values) / len(values) for step, values in steps.items()}


def quantile(ordered: Sequence[float], share: float) -> float:
    """The value that `share` of the values in rising order do not exceed (nearest rank).

    Raises:
        ValueError: there are no values.
    """
    if not ordered:
        raise ValueError("no values have no quantile")
    # Rounded, for 0.07 · 100 is a little more than 7.
    return ordered[max(0, math.ceil(round(share * len(ordered), 9)) - 1)]


def _mean(found: Figure) -> float:
    return math.inf if found.value is None else found.value
