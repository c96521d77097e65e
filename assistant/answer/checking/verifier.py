"""A claim and the sentences it cites -> the probability that they carry it, by the reading model.

It is asked about what the rules of `support.py` let pass. Where it is set so that it hardly ever doubts a right claim,
it finds a part of the wrong ones only: `assistant/models/reader/README.md` has the figures.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from assistant.answer.reading.network import Readable, ReadingModel
from assistant.answer.reading.trained_reader import CALIBRATION


@dataclass(frozen=True, slots=True)
class ClaimCalibration:
    """What turns the model's logit into a probability (Platt scaling), and where doubt begins."""

    weight: float
    bias: float
    threshold: float


@cache
def load_claim_calibration(path: Path = CALIBRATION) -> ClaimCalibration:
    """The values that `fit_reader.py` wrote."""
    return ClaimCalibration(**json.loads(path.read_text("utf-8"))["claim"])


@dataclass(frozen=True, slots=True)
class TrainedVerifier:
    """The reading model as a `Verifier`."""

    model: ReadingModel
    calibration: ClaimCalibration

    @property
    def threshold(self) -> float:
        """Below this probability a claim is not supported."""
        return self.calibration.threshold

    def score(self, claims_and_evidence: Sequence[tuple[str, str]]) -> list[float]:
        """For each claim and its sentences, one a line, the probability that they carry it.

        Raises:
            AssistantError: a model file is missing or damaged.
        """
        scores = []
        for claim, evidence in claims_and_evidence:
            sentences = tuple(line for line in evidence.splitlines() if line.strip())
            logit = self.model.read(claim, [Readable(sentences)])[0].supports if sentences else -math.inf
            scores.append(1 / (1 + math.exp(-max(-50.0, self.calibration.weight * logit + self.calibration.bias))))
        return scores


def open_verifier(threads: int = 0) -> TrainedVerifier:
    """The built-in verifier; its model is loaded when it is first asked."""
    return TrainedVerifier(ReadingModel(threads=threads), load_claim_calibration())
