"""Ranked evidence and gold quotes -> was what answers the question found, and how high up?

Gold is a span of a source, never a passage's id, so systems that cut passages differently can be compared. A gold
quote is found by the first k passages if together they cover at least 60 % of it, at any place where it stands.
Unscored without gold.
"""

from __future__ import annotations

import math

from evals.spans import Placed, best_coverage

COVERED = 0.6
DEPTH = 10


def any_at(placed: Placed, k: int) -> float | None:
    """any@k: 1 if at least one gold quote is found by the first k passages, else 0."""
    ranks = found_at(placed)
    return float(any(r <= k for r in ranks if r)) if ranks else None


def evidence_at(placed: Placed, k: int) -> float | None:
    """evidence@k, evidence recall: the share of gold quotes found by the first k passages.

    Recall at k (Manning, Raghavan and Schütze 2008, Introduction to Information Retrieval, chapter 8), of gold spans.
    """
    ranks = found_at(placed)
    return sum(1 for r in ranks if r and r <= k) / len(ranks) if ranks else None


def reciprocal_rank(placed: Placed) -> float | None:
    """1 / the rank at which the first gold quote is found, 0 if none is; its mean is MRR (Voorhees 1999, TREC-8)."""
    ranks = found_at(placed)
    return max((1 / r for r in ranks if r), default=0.0) if ranks else None


def ndcg(placed: Placed) -> float | None:
    """nDCG@10 with gold quotes as what is gained (Järvelin and Kekäläinen 2002, with the discount 1 / log2(1 + rank)).

    Each gold quote gains 1 at the rank at which it is found. Two found by one passage take that rank and the next, so
    that the ideal, all quotes in the first places, is 1 and never exceeded: DCG = Σ 1 / log2(1 + r), over the ideal's.
    """
    ranks = found_at(placed)
    if not ranks:
        return None
    taken, gained = 0, 0.0
    for rank in sorted(r for r in ranks if r):
        taken = max(rank, taken + 1)
        gained += 1 / math.log2(1 + taken) if taken <= DEPTH else 0.0
    return gained / sum(1 / math.log2(1 + r) for r in range(1, min(len(ranks), DEPTH) + 1))


def found_at(placed: Placed) -> list[int | None]:
    """For every gold quote the smallest k whose first k passages find it; None if those that were found do not."""
    depth = range(1, len(placed.evidence) + 1)
    return [
        next((k for k in depth if best_coverage(gold, placed.evidence[:k]) >= COVERED), None) for gold in placed.gold
    ]
