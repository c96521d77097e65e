"""Values of cases -> intervals, tests of differences, and how many cases would be needed.

Everything here is resampling over cases with a fixed seed, or exact. The same values give the same figures.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from evals.types import Result

CONFIDENCE = 0.95
SEED = 20_250_130
RESAMPLES = 4_000
"""Of an interval: its ends then move by less than a tenth of its width from seed to seed."""
FLIPS = 20_000
"""Of a test: Holm's first step over thirty figures asks for p < 0.0017, which thirty of these make."""
RESAMPLES_OF_A_FIGURE = 2_000
"""Where a figure is computed anew in Python for each resample."""
CHUNK = 4_000_000
"""Numbers drawn at once: 32 MB, however many cases there are."""

Floats = npt.NDArray[np.float64]
Statistic = Callable[[Sequence[Result]], float | None]
"""A figure that belongs to all cases together, such as an F1; None where it does not apply."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean (or another figure) with its 95 % interval; `count` values went into it."""

    mean: float
    low: float
    high: float
    count: int


@dataclass(frozen=True, slots=True)
class Difference:
    """Second minus first over the same cases, its 95 % interval, and the probability of one as large by chance."""

    mean: float
    low: float
    high: float
    p: float
    count: int
    """Pairs."""
    deviation: float
    """Standard deviation of the differences of the pairs (of the clusters' means, where there are clusters)."""


def interval(values: Sequence[float], clusters: Sequence[str] | None = None) -> Interval:
    """The mean with its percentile bootstrap interval (Efron and Tibshirani 1993, chapter 13).

    Cases are drawn with replacement `RESAMPLES` times; the ends are the 2.5 % and 97.5 % quantiles of the means.
    `clusters` names each value's cluster (say, its document): whole clusters are then drawn, for cases of one document
    share its difficulties (Field and Welsh 2007), and the mean of a draw is its sum over its count.

    Values that are all 0 or all 1 leave the bootstrap nothing to vary, which would claim certainty. They get the exact
    binomial bound (Clopper and Pearson 1934) over the n values or clusters: 1 - 0.025^(1/n), or 0.025^(1/n).

    Raises:
        ValueError: there are no values, one is not finite, or the clusters are not one a value.
    """
    data = _checked(values)
    sums, counts = _by_cluster(data, clusters)
    mean = float(data.mean())
    if np.all(data == mean):
        return Interval(mean, *_bounds_of_equal(mean, len(sums)), len(data))
    means = np.concatenate([sums[draw].sum(axis=1) / counts[draw].sum(axis=1) for draw in _draws(len(sums), RESAMPLES)])
    return Interval(mean, *_quantiles(means), len(data))


def interval_of(
    statistic: Statistic, results: Sequence[Result], clusters: Sequence[str] | None = None
) -> Interval | None:
    """A figure of all cases together with its percentile bootstrap interval; None where it does not apply.

    A resample in which it does not apply (no unanswerable case was drawn) is left out.

    Raises:
        ValueError: the clusters are not one a result.
    """
    value = statistic(results)
    if value is None:
        return None
    groups = _groups(len(results), clusters)
    values = []
    for draw in _draws(len(groups), RESAMPLES_OF_A_FIGURE):
        for row in draw:
            drawn = statistic([results[i] for group in row for i in groups[group]])
            if drawn is not None:
                values.append(drawn)
    low, high = _quantiles(np.array(values)) if values else (value, value)
    return Interval(value, low, high, len(results))


def paired_difference(
    first: Sequence[float], second: Sequence[float], clusters: Sequence[str] | None = None
) -> Difference:
    """Mean of second minus first over the same cases, with a bootstrap interval over the pairs and a p-value.

    p is exact McNemar where every value is 0 or 1 and there are no clusters. Else it is Fisher's randomisation test:
    were the two alike, each pair's (or cluster's) difference might as well have the other sign; p is the share of
    `FLIPS` random choices of signs whose mean is as far from 0, (hits + 1) / (FLIPS + 1). For evaluations of search,
    Smucker, Allan and Carterette 2007 prefer it to the tests by Wilcoxon and by signs. McNemar's is the same test,
    counted out.

    Raises:
        ValueError: the two are not of one length, empty, or not finite.
    """
    if len(first) != len(second):
        raise ValueError(f"{len(first)} values cannot be paired with {len(second)}")
    before, after = _checked(first), _checked(second)
    differences = after - before
    sums, counts = _by_cluster(differences, clusters)
    mean = float(differences.mean())
    if np.all(differences == mean):
        low, high = mean, mean
    else:
        means = np.concatenate(
            [sums[draw].sum(axis=1) / counts[draw].sum(axis=1) for draw in _draws(len(sums), RESAMPLES)]
        )
        low, high = _quantiles(means)
    yes_or_no = bool(np.isin(before, (0, 1)).all() and np.isin(after, (0, 1)).all())
    if yes_or_no and clusters is None:
        p = mcnemar(int((differences < 0).sum()), int((differences > 0).sum()))
    else:
        p = _p_by_flipping(sums)
    per_unit = sums / counts
    deviation = float(per_unit.std(ddof=1)) if len(per_unit) > 1 else 0.0
    return Difference(mean, low, high, p, len(differences), deviation)


def paired_difference_of(statistic: Statistic, first: Sequence[Result], second: Sequence[Result]) -> Difference | None:
    """The same for a figure of all cases together: `first[i]` and `second[i]` are results of one case.

    The interval draws cases, p exchanges the two results of random cases (Noreen 1989, approximate randomisation).
    The deviation is that of one case in the normal approximation: the bootstrap's standard error times the root of n.

    Raises:
        ValueError: the two are not of one length.
    """
    if len(first) != len(second):
        raise ValueError(f"{len(first)} results cannot be paired with {len(second)}")
    before, after = statistic(first), statistic(second)
    if before is None or after is None:
        return None
    count = len(first)
    drawn = []
    for draw in _draws(count, RESAMPLES_OF_A_FIGURE):
        for row in draw:
            x, y = statistic([first[i] for i in row]), statistic([second[i] for i in row])
            if x is not None and y is not None:
                drawn.append(y - x)
    exchanged = []
    for row in np.random.default_rng(SEED).random((RESAMPLES_OF_A_FIGURE, count)) < 0.5:
        pairs = [(b, a) if swap else (a, b) for a, b, swap in zip(first, second, row, strict=True)]
        x, y = statistic([a for a, _ in pairs]), statistic([b for _, b in pairs])
        exchanged.append(abs(y - x) if x is not None and y is not None else math.inf)
    hits = sum(value >= abs(after - before) - 1e-12 for value in exchanged)
    low, high = _quantiles(np.array(drawn)) if drawn else (after - before, after - before)
    error = float(np.std(drawn)) if drawn else 0.0
    p = (hits + 1) / (len(exchanged) + 1)
    return Difference(after - before, low, high, p, count, error * math.sqrt(count))


def mcnemar(only_first: int, only_second: int) -> float:
    """Two-sided p of the exact test by McNemar (1947), from the cases that only one of two systems got right.

    Were both alike, each of the n = b + c discordant cases would fall to either by a coin's throw:
    p = min(1, 2 · Σ_{i ≤ min(b, c)} C(n, i) / 2^n). Without discordant cases p is 1.
    """
    count = only_first + only_second
    ways = tail = 1  # C(n, 0); each next one from the one before, in whole numbers
    for i in range(min(only_first, only_second)):
        ways = ways * (count - i) // (i + 1)
        tail += ways
    return float(min(1.0, 2 * tail / 2**count))


def holm(p_values: Sequence[float]) -> list[float]:
    """p-values adjusted for having looked at several figures (Holm 1979), in the order given.

    With p in rising order, adjusted p_(i) = max_{j ≤ i} min(1, (m - j + 1) · p_(j)), j from 1. Those below 0.05 differ,
    with a chance of at most 5 % that any of them does not.
    """
    adjusted = [1.0] * len(p_values)
    highest = 0.0
    for rank, index in enumerate(sorted(range(len(p_values)), key=lambda i: p_values[i])):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = highest
    return adjusted


def cases_needed(difference: float, deviation: float, alpha: float = 1 - CONFIDENCE, power: float = 0.8) -> int | None:
    """How many cases in all would show a paired difference of this size, with this power.

    n = ((z_{1-α/2} + z_power) · σ / δ)², where σ is the standard deviation of the cases' differences: the normal
    approximation of the paired test, as textbooks give it (Rosner, Fundamentals of Biostatistics), and for
    evaluations of models Miller 2024, "Adding Error Bars to Evals", arXiv:2411.00640. None where no difference was
    seen: no number would show it.
    """
    if difference == 0:
        return None
    z = NormalDist().inv_cdf(1 - alpha / 2) + NormalDist().inv_cdf(power)
    return max(2, math.ceil((z * deviation / difference) ** 2))


def sample_size(half_width: float, population: int, share: float = 0.5) -> int:
    """How many of `population` must be judged for a 95 % interval of ± `half_width` around a share.

    n0 = z² · p (1 - p) / w², and with the correction for a finite population n = n0 / (1 + (n0 - 1) / N)
    (Cochran 1977, Sampling Techniques, section 4.4). p = 0.5 is the worst case.

    Raises:
        ValueError: the width is not between 0 and 1, or there is nothing to draw from.
    """
    if not 0 < half_width < 1 or population < 1:
        raise ValueError("a sample needs a half width between 0 and 1 and something to draw from")
    z = NormalDist().inv_cdf((1 + CONFIDENCE) / 2)
    unlimited = z**2 * share * (1 - share) / half_width**2
    return min(population, max(1, math.ceil(unlimited / (1 + (unlimited - 1) / population))))


def _checked(values: Sequence[float]) -> Floats:
    data = np.asarray(values, dtype=np.float64)
    if data.size == 0:
        raise ValueError("no values: a figure that does not apply anywhere is unscored, and has no interval")
    if not np.isfinite(data).all():
        raise ValueError("a value is not finite; what does not apply is None, and is left out before")
    return data


def _groups(count: int, clusters: Sequence[str] | None) -> list[list[int]]:
    """Which values are drawn together, as indices."""
    if clusters is None:
        return [[i] for i in range(count)]
    if len(clusters) != count:
        raise ValueError(f"{len(clusters)} clusters were named for {count} values")
    groups: dict[str, list[int]] = {}
    for index, name in enumerate(clusters):
        groups.setdefault(name, []).append(index)
    return list(groups.values())


def _by_cluster(data: Floats, clusters: Sequence[str] | None) -> tuple[Floats, Floats]:
    """Sum and count of each cluster; a value is a cluster of its own where none are named."""
    if clusters is None:
        return data, np.ones_like(data)
    groups = _groups(len(data), clusters)
    return np.array([data[g].sum() for g in groups]), np.array([float(len(g)) for g in groups])


def _draws(count: int, resamples: int) -> Iterator[npt.NDArray[np.int64]]:
    """Indices drawn with replacement, a row a resample, in pieces that fit into memory."""
    generator = np.random.default_rng(SEED)
    rows = max(1, min(resamples, CHUNK // max(1, count)))
    sizes = [rows] * (resamples // rows) + ([resamples % rows] if resamples % rows else [])
    for size in sizes:
        yield generator.integers(0, count, size=(size, count))


def _quantiles(values: Floats) -> tuple[float, float]:
    low, high = np.quantile(values, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return float(low), float(high)


def _bounds_of_equal(value: float, count: int) -> tuple[float, float]:
    bound = ((1 - CONFIDENCE) / 2) ** (1 / count)
    if value == 0:
        return 0.0, 1 - bound
    return (bound, 1.0) if value == 1 else (value, value)


def _p_by_flipping(sums: Floats) -> float:
    """Share of random signs that bring the sum as far from 0 as it is; the differences themselves are one of them."""
    moved = sums[sums != 0]
    if moved.size == 0:
        return 1.0
    generator = np.random.default_rng(SEED)
    rows = max(1, CHUNK // moved.size)
    hits, left = 0, FLIPS
    while left > 0:
        signs = generator.integers(0, 2, size=(min(rows, left), moved.size)) * 2.0 - 1.0
        hits += int((np.abs(signs @ moved) >= abs(moved.sum()) - 1e-9).sum())
        left -= len(signs)
    return (hits + 1) / (FLIPS + 1)
