"""Labelled claims -> what the support check catches, by kind of change."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assistant.errors import InputError
from evals.support_claims import changes, load_claims, measure_support, wilson

EVIDENCE = "Some 589 ships of Vela left the port of Olinda in June, four of them for Malta."


@pytest.mark.parametrize(
    ("claim", "kinds"),
    [
        ("Vela had 598 ships.", set()),  # that is rounding, by this rough measure
        ("Vela had 120 ships.", {"number"}),
        ("The ships left in May.", {"date"}),
        ("They left the port of Recife.", {"name"}),
        ("In May 120 ships left for Recife.", {"number", "date", "name"}),
        ("Four ships sank.", set()),
        ("The ships came back.", set()),
    ],
)
def test_a_change_puts_one_thing_in_the_place_of_another(claim: str, kinds: set[str]) -> None:
    assert changes(claim, EVIDENCE) == kinds


def test_a_name_of_the_passage_is_moved_not_changed() -> None:
    assert changes("They left the port of Recife.", EVIDENCE, "It is not far to Recife.") == {"moved name"}


def test_claims_are_counted_by_label_and_kind(tmp_path: Path) -> None:
    claims = [
        {"claim": "589 ships left.", "evidence": [EVIDENCE], "label": "support"},
        {"claim": "All 1,200 ships left.", "evidence": [EVIDENCE], "label": "support"},
        {"claim": "Vela had 120 ships.", "evidence": [EVIDENCE], "label": "contradict"},
        {"claim": "The ships came back.", "evidence": [EVIDENCE], "label": "contradict"},
    ]
    file = tmp_path / "claims.jsonl"
    file.write_text(json.dumps({"outlet": "Gazette", "passage": EVIDENCE, "claims": claims, "split": "dev"}))
    rows = {row.name: (row.count, row.total) for row in measure_support(load_claims(file, "dev"))}
    assert rows["supported, flagged for number, date or name"] == (1, 2)
    assert rows["contradict, changed number, date or name"] == (1, 1)
    assert rows["contradict, other"] == (0, 1)
    with pytest.raises(InputError, match="test"):
        load_claims(file, "test")


def test_a_file_of_another_form_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "claims.jsonl"
    file.write_text('{"claim": "x"}')
    with pytest.raises(InputError):
        load_claims(file)


def test_the_interval_is_wilsons() -> None:
    assert wilson(8, 10) == pytest.approx((0.490, 0.943), abs=0.001)  # Brown, Cai and DasGupta 2001 give the formula
    assert wilson(0, 10)[0] == 0
