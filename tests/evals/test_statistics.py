"""Intervals, tests and sample sizes: against values computed by hand, known tables and what must always hold."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.statistics import (
    FLIPS,
    cases_needed,
    holm,
    interval,
    interval_of,
    mcnemar,
    paired_difference,
    paired_difference_of,
    sample_size,
)
from evals.types import Case, Record, Result

SHARES = st.lists(st.floats(0, 1, allow_nan=False), min_size=1, max_size=40)


def result(number: int, value: float | None, *, answerable: bool = True) -> Result:
    case = Case(f"c{number}", "single", "?", answerable)
    return Result(case, Record(case.id, "answered" if answerable else "refused"), {"grounded": value})


def mean_grounded(results: Sequence[Result]) -> float | None:
    values = [value for r in results if (value := r.scores["grounded"]) is not None]
    return sum(values) / len(values) if values else None


def test_the_interval_of_a_yes_no_figure_is_close_to_the_binomial_one() -> None:
    found = interval([1.0] * 60 + [0.0] * 40)
    # Wilson's interval of 60 of 100: 0.502 to 0.691.
    assert found.mean == pytest.approx(0.6)
    assert (found.low, found.high) == (pytest.approx(0.502, abs=0.012), pytest.approx(0.691, abs=0.012))
    assert found.count == 100


def test_an_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    generator = np.random.default_rng(7)
    found = [interval(list(generator.beta(2, 3, size=60))) for _ in range(200)]
    covered = sum(i.low <= 0.4 <= i.high for i in found) / 200
    assert 0.90 <= covered <= 0.985


def test_all_values_alike_do_not_claim_certainty() -> None:
    found = interval([1.0] * 17)
    assert (found.low, found.high) == (pytest.approx(0.8049, abs=1e-4), 1.0)  # Clopper-Pearson, 17 of 17
    assert interval([0.0] * 10).high == pytest.approx(0.3085, abs=1e-4)  # 0 of 10
    assert interval([2.5] * 4) == interval([2.5] * 4).__class__(2.5, 2.5, 2.5, 4)


def test_alike_values_of_few_clusters_are_worth_few_values() -> None:
    assert interval([1.0] * 20, ["a"] * 10 + ["b"] * 10).low == pytest.approx(math.sqrt(0.025))


def test_clusters_that_agree_within_widen_the_interval() -> None:
    values = [1.0] * 30 + [0.0] * 30 + [1.0] * 30 + [0.0] * 30
    names = [name for name in "abcd" for _ in range(30)]
    alone, clustered = interval(values), interval(values, names)
    assert clustered.mean == alone.mean
    assert clustered.high - clustered.low > 3 * (alone.high - alone.low)


def test_a_cluster_of_one_value_each_is_no_cluster() -> None:
    values = [0.0, 0.25, 0.5, 1.0, 1.0]
    assert interval(values, list("abcde")) == interval(values)


@given(SHARES)
def test_an_interval_holds_its_mean_and_stays_within_the_values(values: list[float]) -> None:
    found = interval(values)
    assert found == interval(values)
    assert found.low - 1e-9 <= found.mean <= found.high + 1e-9
    assert found.low >= 0
    assert found.high <= 1


def test_no_values_have_no_interval() -> None:
    with pytest.raises(ValueError, match="unscored"):
        interval([])
    with pytest.raises(ValueError, match="not finite"):
        interval([1.0, math.nan])
    with pytest.raises(ValueError, match="2 clusters were named for 1 values"):
        interval([1.0], ["a", "b"])


def test_a_figure_of_all_cases_has_the_interval_of_its_mean() -> None:
    results = [result(i, float(i % 3 == 0)) for i in range(90)]
    found, plain = interval_of(mean_grounded, results), interval([float(i % 3 == 0) for i in range(90)])
    assert found is not None
    assert found.mean == pytest.approx(plain.mean)
    assert (found.low, found.high) == (pytest.approx(plain.low, abs=0.02), pytest.approx(plain.high, abs=0.02))


def test_a_figure_that_does_not_apply_is_unscored() -> None:
    assert interval_of(mean_grounded, [result(0, None)]) is None
    partly = interval_of(mean_grounded, [result(0, None), result(1, 1.0)])
    assert partly is not None
    assert (partly.low, partly.high) == (1.0, 1.0)  # the resamples with the unscored case only are left out


@pytest.mark.parametrize(
    ("only_first", "only_second", "p"),
    [
        (0, 0, 1.0),
        (1, 1, 1.0),
        (0, 5, 0.0625),
        (0, 6, 0.03125),
        (1, 9, 22 / 1024),
        (6, 16, 0.0524788),
        (10, 0, 2 / 1024),
    ],
)
def test_mcnemar_is_the_binomial_counted_out(only_first: int, only_second: int, p: float) -> None:
    assert mcnemar(only_first, only_second) == pytest.approx(p, abs=1e-6)
    assert mcnemar(only_second, only_first) == mcnemar(only_first, only_second)


def test_mcnemar_takes_thousands_of_cases() -> None:
    assert mcnemar(5_000, 5_000) == 1.0
    assert mcnemar(0, 5_000) == 0.0


def test_holm_as_computed_by_hand() -> None:
    # 0.01·4 = 0.04; 0.02·3 = 0.06; 0.03·2 = 0.06; 0.04·1 is below the one before.
    assert holm([0.01, 0.04, 0.03, 0.02]) == pytest.approx([0.04, 0.06, 0.06, 0.06])
    assert holm([0.5, 0.9]) == [1.0, 1.0]
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), max_size=20))
def test_holm_never_lowers_a_p_and_keeps_their_order(p_values: list[float]) -> None:
    adjusted = holm(p_values)
    assert all(a >= p for a, p in zip(adjusted, p_values, strict=True))
    pairs = sorted(zip(p_values, adjusted, strict=True))
    assert all(left[1] <= right[1] for left, right in itertools.pairwise(pairs))


def test_yes_no_pairs_are_tested_exactly() -> None:
    first, second = [1.0] * 10 + [0.0] * 10, [0.0] * 6 + [1.0] * 4 + [0.0] * 10
    found = paired_difference(first, second)
    assert found.mean == pytest.approx(-0.3)
    assert found.p == pytest.approx(0.03125)
    assert found.low < -0.3 < found.high <= 0
    assert found.deviation == pytest.approx(math.sqrt((6 * 0.7**2 + 14 * 0.3**2) / 19))


def test_graded_pairs_are_tested_like_the_signs_counted_out() -> None:
    differences = [0.5, 0.2, 0.3, -0.1, 0.4, 0.6, 0.1]
    signs = list(itertools.product((-1, 1), repeat=len(differences)))
    flipped = [abs(sum(s * d for s, d in zip(row, differences, strict=True))) for row in signs]
    exact = sum(value >= abs(sum(differences)) - 1e-9 for value in flipped) / len(signs)
    found = paired_difference([0.0] * 7, differences)
    assert found.p == pytest.approx(exact, abs=4 * math.sqrt(exact / FLIPS))


def test_a_yes_no_difference_tested_by_flipping_agrees_with_mcnemar() -> None:
    first, second = [1.0] * 9 + [0.0], [0.0] * 9 + [1.0]
    by_signs = paired_difference(first, second, [str(i) for i in range(10)])
    assert by_signs.p == pytest.approx(mcnemar(9, 1), abs=0.004)


def test_the_same_values_do_not_differ() -> None:
    found = paired_difference([0.2, 1.0, 0.5], [0.2, 1.0, 0.5])
    assert (found.mean, found.low, found.high, found.p, found.deviation) == (0, 0, 0, 1, 0)


def test_clusters_hold_back_a_difference_that_one_document_made() -> None:
    first, second = [0.0] * 40, [1.0] * 20 + [0.0] * 20
    documents = ["one"] * 20 + [f"other {i}" for i in range(20)]
    assert paired_difference(first, second).p < 0.001
    assert paired_difference(first, second, documents).p == 1.0


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=1, max_size=20))
def test_exchanging_the_two_turns_the_difference_round(pairs: list[tuple[float, float]]) -> None:
    first, second = [a for a, _ in pairs], [b for _, b in pairs]
    one, other = paired_difference(first, second), paired_difference(second, first)
    assert one.mean == pytest.approx(-other.mean)
    assert (one.low, one.high) == (pytest.approx(-other.high), pytest.approx(-other.low))
    assert one.p == pytest.approx(other.p)


def test_values_of_other_cases_cannot_be_paired() -> None:
    with pytest.raises(ValueError, match="2 values cannot be paired with 1"):
        paired_difference([1.0, 0.0], [1.0])


def test_a_figure_of_all_cases_is_compared_like_its_mean() -> None:
    first = [result(i, 1.0) for i in range(40)]
    second = [result(i, float(i >= 12)) for i in range(40)]
    found = paired_difference_of(mean_grounded, first, second)
    assert found is not None
    assert found.mean == pytest.approx(-0.3)
    assert found.p < 0.005
    assert found.low < -0.3 < found.high < 0
    assert found.deviation == pytest.approx(math.sqrt(0.3 * 0.7), abs=0.03)
    same = paired_difference_of(mean_grounded, first, first)
    assert same is not None
    assert same.p == 1.0


def test_cases_needed_as_computed_by_hand() -> None:
    # (1.959964 + 0.841621)² = 7.84888; σ = 0.5, δ = 0.1: 7.84888 · 25 = 196.2.
    assert cases_needed(0.1, 0.5) == 197
    assert cases_needed(-0.1, 0.5) == 197
    assert cases_needed(0.0, 0.5) is None
    assert (cases_needed(0.1, 0.5, alpha=0.005) or 0) > 300


def test_about_four_of_five_experiments_of_that_size_find_the_difference() -> None:
    count = cases_needed(0.2, 0.6) or 0
    generator = np.random.default_rng(3)
    found = [paired_difference([0.0] * count, list(generator.normal(0.2, 0.6, count))).p < 0.05 for _ in range(100)]
    assert 0.68 <= sum(found) / 100 <= 0.92


def test_sample_sizes_of_the_textbook() -> None:
    assert sample_size(0.05, 10**9) == 385
    assert sample_size(0.1, 10**9) == 97
    assert sample_size(0.05, 1_000) == 278
    assert sample_size(0.05, 20) == 20
    with pytest.raises(ValueError, match="half width"):
        sample_size(0.0, 10)
