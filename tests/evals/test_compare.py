"""Two runs compared: a planted worse version is found, a rerun is not told apart, other cases are refused."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
from made_runs import DOCUMENTS, make_run, with_altered_numbers, with_shuffled_passages
from rich.console import Console

from assistant.errors import InputError
from evals.compare import Comparison, compare_runs, print_comparison
from evals.judges import BuiltInJudge
from evals.scoring import score_record
from evals.spans import Texts
from evals.types import Run


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return make_run("first", tmp_path)


def verdicts(comparison: Comparison) -> dict[str, str]:
    return {m.name: m.verdict for m in comparison.metrics}


def printed(comparison: Comparison) -> str:
    console = Console(file=io.StringIO(), width=160)
    print_comparison(comparison, console)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def scored(run: Run) -> Run:
    """The run with every figure that the harness computes."""
    texts, judge = Texts(DOCUMENTS.get), BuiltInJudge()
    return replace(run, results=tuple(score_record(r.case, r.record, texts, judge).result for r in run.results))


def with_scores(run: Run, name: str, **scores: float | None) -> Run:
    """Every case's scores overwritten."""
    return replace(run, name=name, results=tuple(replace(r, scores={**r.scores, **scores}) for r in run.results))


def test_a_rerun_cannot_be_told_apart(run: Run) -> None:
    comparison = compare_runs(run, replace(run, name="again"))
    assert set(verdicts(comparison).values()) == {"cannot tell"}
    assert comparison.changed == ()
    assert "no difference was seen" in printed(comparison)
    assert "No case changed" in printed(comparison)


def test_a_rerun_of_a_wavering_model_cannot_be_told_apart(run: Run, tmp_path: Path) -> None:
    comparison = compare_runs(run, make_run("second", tmp_path, seed=2))
    assert set(verdicts(comparison).values()) == {"cannot tell"}
    grounded = comparison.metrics[0]
    assert grounded.difference.low < 0 < grounded.difference.high
    assert (grounded.more_cases or 0) > 100
    assert "more cases would be needed" in grounded.words


def test_shuffled_passages_are_found_worse(run: Run) -> None:
    comparison = compare_runs(run, with_shuffled_passages(run))
    found = verdicts(comparison)
    assert found["grounded"] == found["correct"] == found["evidence@5"] == "worse"
    assert verdicts(compare_runs(with_shuffled_passages(run), run))["grounded"] == "better"


def test_altered_numbers_are_found_worse_and_the_citations_unchanged(run: Run) -> None:
    found = verdicts(compare_runs(run, with_altered_numbers(run)))
    assert found["grounded"] == found["correct"] == "worse"
    assert found["citation_precision"] == found["evidence@5"] == "cannot tell"


def test_planted_faults_are_found_by_the_real_figures(run: Run) -> None:
    first = scored(run)
    again = verdicts(compare_runs(first, scored(run)))
    shuffled = verdicts(compare_runs(first, scored(with_shuffled_passages(run))))
    numbers = verdicts(compare_runs(first, scored(with_altered_numbers(run))))
    assert set(again.values()) == {"cannot tell"}
    assert {name for name, verdict in again.items() if shuffled[name] == "worse"} >= {"grounded", "correct", "mrr"}
    assert numbers["grounded"] == numbers["contradicted_claims"] == numbers["alce_recall"] == "worse"
    assert numbers["quote_exact"] == numbers["mrr"] == "cannot tell"


def test_a_small_difference_names_how_many_more_cases_would_tell(run: Run) -> None:
    cases = list(run.results)
    flipped = [i for i, r in enumerate(cases) if r.scores["grounded"] == 1.0][:2]
    for i in flipped:
        cases[i] = replace(cases[i], scores={**cases[i].scores, "grounded": 0.0})
    (grounded,) = compare_runs(run, replace(run, results=tuple(cases)), ["grounded"]).metrics
    assert grounded.verdict == "cannot tell"
    # Differences of -1 in 2 of 100: δ = 0.02, σ² = (2·0.98² + 98·0.02²)/99 = 0.019798; 7.84888·0.019798/0.0004 = 388.5.
    assert grounded.more_cases == 289
    assert grounded.words == "cannot tell: about 290 more cases would be needed"


def test_holm_asks_more_of_each_figure_the_more_there_are(run: Run) -> None:
    cases = list(run.results)
    flipped = [i for i, r in enumerate(cases) if r.scores["grounded"] == 1.0][:6]
    for i in flipped:
        cases[i] = replace(cases[i], scores={**cases[i].scores, "grounded": 0.0})
    worse = replace(run, results=tuple(cases))
    # "correct" did not change at all, and so could not have been found different.
    assert compare_runs(run, worse, ["grounded", "correct"]).metrics[0].p == pytest.approx(0.03125)
    for value in (1.0, 0.0):  # one case lost, one gained
        i = next(i for i, r in enumerate(cases) if r.scores["correct"] == value and i not in flipped)
        flipped.append(i)
        cases[i] = replace(cases[i], scores={**cases[i].scores, "correct": 1 - value})
    worse = replace(run, results=tuple(cases))
    alone = compare_runs(run, worse, ["grounded"]).metrics[0]
    among = compare_runs(run, worse, ["grounded", "correct"]).metrics[0]
    assert (alone.p, alone.verdict) == (pytest.approx(0.03125), "worse")
    assert (among.p, among.verdict) == (pytest.approx(0.0625), "cannot tell")


def test_fewer_duplicates_are_better(run: Run) -> None:
    first = with_scores(run, "first", duplicate_citations=1.0)
    second = with_scores(run, "second", duplicate_citations=0.0)
    assert compare_runs(first, second, ["duplicate_citations"]).metrics[0].verdict == "better"


def test_times_are_compared_only_where_asked_for(run: Run) -> None:
    first, second = with_scores(run, "first", seconds=1.0), with_scores(run, "second", seconds=2.0)
    assert "seconds" not in verdicts(compare_runs(first, second))
    assert verdicts(compare_runs(first, second, ["seconds"])) == {"seconds": "worse"}


def test_only_pairs_that_both_scored_count(run: Run) -> None:
    first = compare_runs(run, run, ["correct"]).metrics[0]
    assert first.difference.count == sum(r.case.answerable for r in run.results)


def test_a_figure_that_nothing_scored_is_named(run: Run) -> None:
    with pytest.raises(InputError, match=r"No case has a score for speed in both.*grounded"):
        compare_runs(run, run, ["speed"])


def test_other_case_files_are_refused(run: Run) -> None:
    other = replace(run, name="other", manifest={"cases": {"sha256": "def"}})
    with pytest.raises(InputError, match=r"case files of first and other differ.*--shared-only"):
        compare_runs(run, other)
    assert compare_runs(run, other, shared_only=True).cases == 100


def test_a_changed_case_is_left_out_of_the_shared_ones(run: Run) -> None:
    reworded = replace(run.results[0], case=replace(run.results[0].case, question="Another?"))
    other = replace(run, name="other", manifest={}, results=(reworded, *run.results[1:60]))
    with pytest.raises(InputError, match="differ: 59 cases are the same"):
        compare_runs(run, other)
    comparison = compare_runs(run, other, shared_only=True)
    assert comparison.cases == 59
    assert "Only the 59 cases that both hold are compared; first has 100, other has 60" in printed(comparison)


def test_runs_without_a_common_case_are_refused(run: Run) -> None:
    with pytest.raises(InputError, match="share no case"):
        compare_runs(replace(run, results=run.results[:5]), replace(run, results=run.results[5:]))


def test_a_part_of_the_same_file_is_compared_with_a_word(run: Run) -> None:
    comparison = compare_runs(run, replace(run, name="part", results=run.results[:40]))
    assert "Only the 40 cases" in comparison.note


def test_figures_of_different_judges_are_left_out_with_a_word(run: Run) -> None:
    first = with_scores(run, "first", alce_recall=1.0)
    second = replace(with_scores(run, "second", alce_recall=0.0), manifest={**run.manifest, "judge": "another"})
    assert verdicts(compare_runs(first, replace(second, manifest=run.manifest)))["alce_recall"] == "worse"
    comparison = compare_runs(first, second)
    assert "alce_recall" not in verdicts(comparison)
    assert "different judges" in comparison.note


def test_repeats_count_once_as_their_mean(run: Run) -> None:
    case = run.results[0]
    twice = [replace(case, scores={"grounded": value}) for value in (1.0, 0.0)]
    first = replace(run, results=(*twice, *run.results[1:]))
    grounded = compare_runs(first, first, ["grounded"]).metrics[0]
    assert grounded.difference.count == 100
    rest = sum(r.scores["grounded"] or 0 for r in run.results[1:])
    assert grounded.first == pytest.approx((rest + 0.5) / 100)


def test_documents_can_be_drawn_whole(run: Run) -> None:
    worse = with_altered_numbers(run)
    plain = compare_runs(run, worse, ["correct"]).metrics[0]
    by_document = compare_runs(run, worse, ["correct"], by_document=True).metrics[0]
    assert by_document.difference.mean == pytest.approx(plain.difference.mean)
    assert by_document.p > plain.p  # four documents can show much less than 85 cases
    assert by_document.verdict == "cannot tell"


def test_changed_cases_are_shown_side_by_side_worse_ones_first(run: Run) -> None:
    comparison = compare_runs(run, with_altered_numbers(run))
    assert comparison.changed[0].scores["grounded"] == (1.0, 0.0)
    text = printed(comparison)
    case = comparison.changed[0].first.case
    assert case.question in text
    before, after = int(case.answer), int(case.answer) + 1
    line = next(row for row in text.splitlines() if f"employed {before}" in row)
    assert f"employed {after}" in line
    assert f"… and {len(comparison.changed) - 12} more" in text


def test_text_of_answers_is_never_read_as_markup(run: Run) -> None:
    case = replace(run.results[0].case, question="[red]Is [/] this shown?")
    first = replace(run, results=(replace(run.results[0], case=case), *run.results[1:]))
    second = with_scores(first, "[/second]", grounded=0.0)
    text = printed(compare_runs(first, second))
    assert "[red]Is [/] this shown?" in text
    assert "[/second] against first" in text
