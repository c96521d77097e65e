"""Stand-ins with a meaning that a person can compute."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


class LetterEmbedder:
    """Counts letters: a and i and q and y are the first of eight numbers, b and j and r and z the second, and so on.

    Scaled to unit length; a text without letters from a to z points along the last axis.
    """

    def __init__(self, name: str = "letters", dimension: int = 8) -> None:
        self.name = name
        self.dimension = dimension
        self.texts: list[str] = []
        """Everything that was embedded, in order."""

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """One row for each text."""
        self.texts.extend(texts)
        return np.array([self._vector(text) for text in texts], dtype=np.float32).reshape(-1, self.dimension)

    def _vector(self, text: str) -> NDArray[np.float64]:
        counts = np.zeros(self.dimension)
        for letter in text.casefold():
            if "a" <= letter <= "z":
                counts[(ord(letter) - ord("a")) % self.dimension] += 1
        if not counts.any():
            counts[-1] = 1
        return np.asarray(counts / np.linalg.norm(counts))
