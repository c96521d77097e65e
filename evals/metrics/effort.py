"""Timings and usage -> how long an answer takes, and what it costs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from evals.spans import Placed
from evals.types import Result


@dataclass(frozen=True, slots=True)
class Prices:
    """What a language model charges for a million tokens, in any one currency."""

    prompt: float
    completion: float


def seconds(placed: Placed) -> float | None:
    """Wall-clock seconds from question to answer or refusal, as the answer itself reports them. Errors are unscored."""
    answer = placed.record.answer
    return sum(answer.seconds.values()) if answer and answer.seconds else None


def tokens(placed: Placed) -> float | None:
    """Tokens that the language model read and wrote. Unscored without a model, or if its server does not say."""
    usage = placed.record.answer.usage if placed.record.answer else None
    return float(usage.prompt_tokens + usage.completion_tokens) if usage else None


def cost(placed: Placed, prices: Prices | None) -> float | None:
    """(prompt tokens · price + completion tokens · price) / 1,000,000. Unscored without usage or without prices."""
    usage = placed.record.answer.usage if placed.record.answer else None
    if usage is None or prices is None:
        return None
    return (usage.prompt_tokens * prices.prompt + usage.completion_tokens * prices.completion) / 1_000_000


def latency_p50(results: Sequence[Result]) -> float | None:
    """Seconds within which half of the answers came."""
    return _percentile(results, 50)


def latency_p95(results: Sequence[Result]) -> float | None:
    """Seconds within which 95 of 100 answers came."""
    return _percentile(results, 95)


def _percentile(results: Sequence[Result], percent: int) -> float | None:
    """The smallest value that `percent` of 100 do not exceed: the nearest rank, always a value that was measured."""
    values = sorted(v for r in results if (v := r.scores.get("seconds")) is not None)
    return values[math.ceil(len(values) * percent / 100) - 1] if values else None


def median_length(results: Sequence[Result]) -> float | None:
    """The length in characters of the answer in the middle, of the two middle ones the longer."""
    values = sorted(v for r in results if (v := r.scores.get("length")) is not None)
    return values[len(values) // 2] if values else None
