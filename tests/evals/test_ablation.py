"""The ablation: each step changes one thing, and what it adds is told against the line before."""

from __future__ import annotations

from dataclasses import asdict, replace
from itertools import pairwise
from pathlib import Path

import pytest
from rich.console import Console

from assistant.pipeline import Assistant
from assistant.search.ranking import Ranking
from evals.ablation import Step, measure, steps, table
from evals.cases import load_cases
from evals.runner import stored_text
from evals.spans import Texts

CASES = Path(__file__).parents[2] / "evals" / "data" / "sample.jsonl"


def test_the_steps_lead_from_one_index_alone_to_the_ranking_that_is_used() -> None:
    made = steps()
    assert [step.name for step in made[:5]] == [
        "vectors only", "words only", "both", "+ title context", "+ weights"
    ]  # fmt: skip
    assert made[-1].ranking == made[-2].ranking == Ranking()
    assert [step.reader for step in made] == [False] * (len(made) - 1) + [True]
    for before, after in pairwise(made[4:-1]):
        changed = {name for name, value in asdict(after.ranking).items() if value != getattr(before.ranking, name)}
        assert len(changed) == 1, after.name


def test_a_step_that_is_switched_off_is_no_line() -> None:
    assert "+ dates wished for" in {step.name for step in steps()}
    assert "+ dates wished for" not in {step.name for step in steps(replace(Ranking(), dates=0.0))}


def test_what_a_step_adds_is_its_figure_less_that_of_the_line_before(sample: Assistant) -> None:
    cases = load_cases(CASES)[:8]
    wanted = [
        Step("words only", replace(Ranking(), vectors=0.0), apart=True),
        Step("both", Ranking()),
        Step("bare", Ranking(), context=False),
    ]
    rows = measure(sample, cases, Texts(lambda name: stored_text(sample, name)), lambda *_: None, wanted)
    assert rows[0].differences["any@1"] is None
    difference = rows[1].differences["evidence@5"]
    assert difference is not None
    assert difference.mean == pytest.approx(rows[1].values["evidence@5"] - rows[0].values["evidence@5"])
    assert rows[1].cases == sum(bool(case.evidence) for case in cases)
    assert 0.5 < rows[2].values["any@5"] <= 1
    console = Console(width=200, record=True)
    console.print(table(rows))
    assert "evidence@10" in console.export_text()
