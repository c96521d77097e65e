"""Correctness, citations and refusals -> the headline: was the reader served, and can the reader see why?"""

from __future__ import annotations

from evals.metrics.citation_overlap import citation_recall
from evals.metrics.correctness import correct
from evals.spans import Placed


def grounded(placed: Placed) -> float:
    """1 if an answerable case is `correct` and a citation covers gold evidence; or an unanswerable one was refused.

    Every case is scored. Errors are 0.
    """
    if not placed.case.answerable:
        return float(placed.record.status == "refused")
    return float(bool(correct(placed)) and bool(citation_recall(placed)))
