"""Citations and stored texts -> is every quote, to the letter, what stands at its offsets?"""

from __future__ import annotations

from evals.spans import Placed


def quote_exact(placed: Placed) -> float | None:
    """The share of an answer's citations for which stored text[start:end] is the quote, character for character.

    Below 1 is a defect of the program, not a matter of taste. Unscored where nothing is cited.
    """
    exact = [citation.exact for citation in placed.citations]
    return sum(exact) / len(exact) if exact else None
