"""The gate: what can be required, and what is said when a figure falls short."""

from __future__ import annotations

import pytest

from assistant.errors import InputError
from evals.gate import parse_requirements, shortfalls
from evals.types import Figure

FOUND = {
    "grounded": Figure("grounded", 0.55, 0.4, 0.7, 20, 0),
    "false_refusals": Figure("false_refusals", 0.25, 0.1, 0.4, 20, 0),
    "quote_exact": Figure("quote_exact", None, None, None, 0, 20),
}


def test_what_falls_short_is_told_with_by_how_much() -> None:
    required = parse_requirements(["grounded=0.60", "false_refusals=0.2"])
    assert shortfalls(required, FOUND) == [
        "grounded is 0.5500, required is at least 0.6: short by 0.0500.",
        "false_refusals is 0.2500, required is at most 0.2: over by 0.0500.",
    ]


def test_what_is_reached_exactly_is_reached() -> None:
    assert shortfalls(parse_requirements(["grounded=0.55", "false_refusals=0.25"]), FOUND) == []


def test_a_figure_that_applies_to_nothing_meets_no_requirement() -> None:
    (sentence,) = shortfalls(parse_requirements(["quote_exact=0"]), FOUND)
    assert "applies to no case" in sentence


@pytest.mark.parametrize(
    ("word", "named"),
    [
        ("groundedness=0.6", "there is no figure"),
        ("alce_recall=0.6", "rests on a judge"),
        ("seconds=0.6", "not the same each time"),
        ("latency_p95=0.6", "not the same each time"),
        ("median_length=1", "has no better way"),
        ("grounded", "is no requirement"),
        ("grounded=high", "is no requirement"),
        ("grounded=60", "is no requirement"),
        ("grounded=nan", "is no requirement"),
    ],
)
def test_only_figures_that_do_not_waver_can_be_required(word: str, named: str) -> None:
    with pytest.raises(InputError, match=named) as raised:
        parse_requirements([word])
    assert raised.value.exit_code == 2
    assert raised.value.remedy


def test_what_is_not_computed_cannot_be_required() -> None:
    with pytest.raises(InputError, match="is not computed"):
        parse_requirements(["quote_exact=1"], computed=["grounded"])
