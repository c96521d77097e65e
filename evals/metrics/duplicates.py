"""Citations -> does an answer cite the same words twice?"""

from __future__ import annotations

from evals.spans import Placed


def duplicate_citations(placed: Placed) -> float | None:
    """1 if two of an answer's citations are the same words, at one place or at two (a reprint), else 0.

    Words are compared folded; citations without a place are left out. Unscored for refusals and where there is no
    answer.
    """
    if placed.answer is None or not placed.case.answerable:
        return None
    words = [citation.words for citation in placed.citations if citation.place]
    return float(len(set(words)) < len(words))
