"""Refusals and how sure the system was -> does it know what it does not know?

Refusing is the class looked for: precision and recall are those of refusing unanswerable cases, and macro F1 is the
mean of the F1 of refusing and of answering (sklearn's "macro"; Opitz and Burst 2019, arXiv:1911.03347, their mean of
F1s). Errors are neither refusals nor answers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from evals.metrics.citation_overlap import harmonic_mean
from evals.spans import Placed
from evals.types import Result


@dataclass(frozen=True, slots=True)
class RiskPoint:
    """Were only the cases answered that are at least this sure: how many, and what share of them is wrong."""

    threshold: float
    coverage: float
    """Share of all cases, 0 to 1."""
    risk: float
    """Share of those that is not grounded, 0 to 1."""


def refusal_recall(placed: Placed) -> float | None:
    """1 if an unanswerable case was refused. Unscored for answerable ones."""
    return None if placed.case.answerable else float(placed.record.status == "refused")


def refusal_precision(placed: Placed) -> float | None:
    """1 if a refused case was indeed unanswerable. Unscored for what was not refused."""
    return float(not placed.case.answerable) if placed.record.status == "refused" else None


def false_refusals(placed: Placed) -> float | None:
    """1 if an answerable case was refused. Unscored for unanswerable ones."""
    return float(placed.record.status == "refused") if placed.case.answerable else None


def refusal_macro_f1(results: Sequence[Result]) -> float | None:
    """Mean of the F1 of refusing and the F1 of answering. Unscored unless there are cases of both kinds."""
    refusing = _f1([r.record.status == "refused" for r in results], [not r.case.answerable for r in results])
    answering = _f1([r.record.status == "answered" for r in results], [r.case.answerable for r in results])
    return None if refusing is None or answering is None else (refusing + answering) / 2


def risk_coverage(results: Sequence[Result]) -> tuple[RiskPoint, ...]:
    """The risk-coverage curve (El-Yaniv and Wiener 2010): from the surest answer to all that were given.

    Cases are ordered by the answerability that the system gave them; equally sure ones enter together. Risk is the
    share of covered cases that is not grounded. A case that was refused was given no answer that could be right or
    wrong, so the curve ends at the coverage the run had. Empty if nothing was answered.
    """
    return tuple(_curve(results))


def risk_coverage_area(results: Sequence[Result]) -> float | None:
    """The mean risk over the curve's coverages, AURC: 1/n · Σ risk at the i-th answer (Geifman and El-Yaniv 2017).

    0 is perfect; with an uninformative score it is the error rate of what was answered. Unscored if nothing was.
    """
    curve = _curve(results)
    if not curve:
        return None
    widths = [
        point.coverage - before for point, before in zip(curve, [0.0, *(p.coverage for p in curve)], strict=False)
    ]
    return sum(width * point.risk for width, point in zip(widths, curve, strict=True)) / curve[-1].coverage


def _curve(results: Sequence[Result]) -> list[RiskPoint]:
    given = sorted(
        ((r.record.answer.answerability, not r.scores["grounded"]) for r in results if _was_answered(r)),  # type: ignore[union-attr]
        key=lambda pair: -pair[0],
    )
    curve, wrong = [], 0
    for count, (sureness, failed) in enumerate(given, start=1):
        wrong += failed
        if count == len(given) or given[count][0] != sureness:
            curve.append(RiskPoint(sureness, count / len(results), wrong / count))
    return curve


def _was_answered(result: Result) -> bool:
    scored = result.scores.get("grounded") is not None
    return scored and result.record.status == "answered" and result.record.answer is not None


def _f1(said: Sequence[bool], true: Sequence[bool]) -> float | None:
    """F1 of a class; precision is 0 where it was never said, and None comes back where it never was true."""
    both = sum(s and t for s, t in zip(said, true, strict=True))
    if not any(true):
        return None
    return harmonic_mean(both / sum(said) if any(said) else 0.0, both / sum(true))
