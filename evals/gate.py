"""Requirements such as `grounded=0.60` and a run's figures -> what fell short, and by how much."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from assistant.errors import InputError
from evals.metrics import METRICS
from evals.types import Figure


@dataclass(frozen=True, slots=True)
class Requirement:
    """A bound that a figure must not fall below; or not exceed, where less is better."""

    name: str
    bound: float


def parse_requirements(words: Sequence[str], computed: Collection[str] = ()) -> tuple[Requirement, ...]:
    """`name=value` options as requirements. `computed` names the figures the run will have, all if empty.

    Raises:
        InputError: it is not of this form, names no figure, or one that may differ between two scorings of the same
            answers: a gate that wavers is switched off within a week.
    """
    return tuple(_requirement(word, computed) for word in words)


def shortfalls(requirements: Sequence[Requirement], found: Mapping[str, Figure]) -> list[str]:
    """A sentence for every requirement that is not met; a figure that applies to no case does not meet any."""
    return [sentence for requirement in requirements if (sentence := _shortfall(requirement, found))]


def _requirement(word: str, computed: Collection[str]) -> Requirement:
    name, equals, value = word.partition("=")
    metric = METRICS.get(name)
    usable = [m.name for m in METRICS.values() if m.deterministic and m.higher_is_better is not None]
    if metric is None:
        raise InputError(f"--require {word}: there is no figure {name!r}.", f"Figures: {', '.join(usable)}.")
    if name not in usable:
        reason = "rests on a judge" if metric.judged else "is not the same each time, or has no better way"
        raise InputError(f"--require {word}: {name} {reason}.", f"Can be required: {', '.join(usable)}.")
    if computed and name not in computed:
        raise InputError(f"--require {word}: {name} is not computed.", f"Add --metric {name}, or leave --metric out.")
    try:
        bound = float(value) if equals else math.nan
    except ValueError:
        bound = math.nan
    if not 0 <= bound <= 1:
        raise InputError(f"--require {word} is no requirement.", f"Write --require {name}=0.60, from 0 to 1.")
    return Requirement(name, bound)


def _shortfall(requirement: Requirement, found: Mapping[str, Figure]) -> str | None:
    name, bound = requirement.name, requirement.bound
    value = found[name].value
    if value is None:
        return f"{name} is required to be {bound:g}, and applies to no case."
    at_least = METRICS[name].higher_is_better
    missing = bound - value if at_least else value - bound
    if missing <= 1e-12:
        return None
    direction, way = ("at least", "short by") if at_least else ("at most", "over by")
    return f"{name} is {value:.4f}, required is {direction} {bound:g}: {way} {missing:.4f}."
