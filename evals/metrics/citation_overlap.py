"""Citations and gold quotes -> do the citations point at what answers the question, and at all of it?

Both look at answered cases that have an answer, and need no judge: the gold quotes were chosen by a person.
"""

from __future__ import annotations

from collections.abc import Sequence

from evals.spans import Placed, best_coverage, overlap
from evals.types import Result

OVERLAP = 0.5
ONE_FACT = frozenset({"single", "numeric", "attribution", "paraphrase", "multilingual", "followup", "injection_like"})
"""Types of case with one fact to be found, of which any gold quote tells enough."""


def citation_precision(placed: Placed) -> float | None:
    """The share of an answer's citations that overlap a gold quote by half of the shorter of the two.

    0 for an answer that cites nothing. Unscored for refusals and where there is no answer.
    """
    if placed.answer is None or not placed.case.answerable:
        return None
    places = [citation.place for citation in placed.citations]
    good = [
        place is not None
        and any(
            overlap(place.span, span) >= OVERLAP
            for gold in placed.gold
            if gold.document == place.document
            for span in gold.spans
        )
        for place in places
    ]
    return sum(good) / len(good) if good else 0.0


def citation_recall(placed: Placed) -> float | None:
    """The share of gold quotes that the citations together cover by half.

    For cases with one fact any gold quote will do: 1 or 0. Unscored for refusals, where there is no answer, and
    without gold.
    """
    if placed.answer is None or not placed.case.answerable or not placed.gold:
        return None
    places = [citation.place for citation in placed.citations]
    hit = [best_coverage(gold, places) >= OVERLAP for gold in placed.gold]
    return float(any(hit)) if placed.case.type in ONE_FACT else sum(hit) / len(hit)


def citation_f1(results: Sequence[Result]) -> float | None:
    """Harmonic mean of the run's mean precision and mean recall: 2PR / (P + R) (van Rijsbergen 1979).

    Of the means and not the mean of cases' F1, for precision and recall of one case may not both apply.
    """
    return harmonic_mean(_mean(results, "citation_precision"), _mean(results, "citation_recall"))


def harmonic_mean(first: float | None, second: float | None) -> float | None:
    """2ab / (a + b), 0 if both are 0; None if either is."""
    if first is None or second is None:
        return None
    return 2 * first * second / (first + second) if first + second else 0.0


def _mean(results: Sequence[Result], name: str) -> float | None:
    values = [value for result in results if (value := result.scores.get(name)) is not None]
    return sum(values) / len(values) if values else None
