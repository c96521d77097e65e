"""Every metric on answers made for the purpose: the values were counted by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from made_answers import (
    ALPHA,
    BETA,
    DOCUMENTS,
    GAMMA,
    UNANSWERABLE,
    WordJudge,
    answered,
    case,
    cite,
    found,
    refused,
    texts,
)

from assistant.types import Claim, Span
from evals.judges import BuiltInJudge
from evals.metrics import METRICS
from evals.metrics.abstention import RiskPoint, risk_coverage
from evals.metrics.effort import Prices
from evals.metrics.support import judge_answer
from evals.scoring import figure, figures, score_record, summarise
from evals.spans import Folded, coverage
from evals.types import Case, Record, Result

MIXED = (
    Claim(ALPHA, (cite(ALPHA),)),
    Claim("Nobody knows why.", ()),
    Claim(BETA, (cite(BETA, 2), cite("Delta mill stood by the river.", 3))),
)
KINDS: dict[str, tuple[Case, Record, dict[str, float | None]]] = {
    "perfect": (
        case(),
        answered([Claim(ALPHA, (cite(ALPHA),))], [found(ALPHA, 1)]),
        {
            "grounded": 1, "correct": 1, "any@1": 1, "evidence@1": 1, "mrr": 1, "ndcg@10": 1, "quote_exact": 1,
            "citation_precision": 1, "citation_recall": 1, "duplicate_citations": 0, "refusal_precision": None,
            "refusal_recall": None, "false_refusals": 0, "alce_recall": 1, "alce_precision": 1, "liu_precision": 1,
            "unsupported_claims": 0, "uncited_claims": 0, "attribution_outlet": 1, "attribution_author": 1,
            "attribution_date": 1, "attribution_speaker": None, "attribution_accuracy": None,
            "length": len(ALPHA) + 4, "seconds": 0.75, "tokens": 1200,
        },
    ),
    "uncited": (
        case(),
        answered([Claim(ALPHA, ())], [found(BETA, 1)]),
        {
            "grounded": 0, "correct": 1, "any@1": 0, "any@10": 0, "mrr": 0, "ndcg@10": 0, "quote_exact": None,
            "citation_precision": 0, "citation_recall": 0, "duplicate_citations": 0, "alce_recall": 0,
            "alce_precision": None, "liu_precision": None, "unsupported_claims": 1, "uncited_claims": 1,
            "cited_unsupported_claims": 0, "contradicted_claims": 0, "attribution_outlet": None,
        },
    ),
    "wrong pointer: the words are right, the offsets are not": (
        case(),
        answered([Claim(ALPHA, (cite(ALPHA, shift=5),))]),
        {"grounded": 1, "quote_exact": 0, "citation_precision": 1, "citation_recall": 1, "any@10": 0},
    ),
    "wrong pointer: another sentence": (
        case(),
        answered([Claim(ALPHA, (cite(BETA),))]),
        {
            "grounded": 0, "correct": 1, "quote_exact": 1, "citation_precision": 0, "citation_recall": 0,
            "alce_recall": 0, "alce_precision": 0, "liu_precision": 0, "partial_support": 1, "unsupported_claims": 1,
            "uncited_claims": 0, "cited_unsupported_claims": 1, "contradicted_claims": 0,
        },
    ),
    "right text with wrong source": (
        case(),
        answered([Claim(ALPHA, (cite(ALPHA, document="reprint.txt"),))], [found(ALPHA, 1, "reprint.txt")]),
        {
            "grounded": 0, "correct": 1, "quote_exact": 1, "citation_precision": 0, "citation_recall": 0, "any@10": 0,
            "alce_recall": 1,
        },
    ),
    "right source with wrong text": (
        case(),
        answered([Claim("It was 121.", (cite(ALPHA),))]),
        {"grounded": 0, "correct": 0, "citation_precision": 1, "citation_recall": 1},
    ),
    "refused, though the evidence is there": (
        case(),
        refused([found(BETA, 1), found(ALPHA, 2)]),
        {
            "grounded": 0, "correct": 0, "any@1": 0, "any@3": 1, "mrr": 0.5, "ndcg@10": 1 / math.log2(3),
            "quote_exact": None, "citation_precision": None, "citation_recall": None, "duplicate_citations": None,
            "false_refusals": 1, "refusal_precision": 0, "refusal_recall": None, "alce_recall": None,
            "unsupported_claims": None, "length": None, "seconds": None, "tokens": None,
        },
    ),
    "rightly refused": (
        UNANSWERABLE,
        refused([found(ALPHA, 1)], "c-2"),
        {
            "grounded": 1, "correct": None, "any@1": None, "mrr": None, "ndcg@10": None, "refusal_recall": 1,
            "refusal_precision": 1, "false_refusals": None, "citation_precision": None,
        },
    ),
    "answered without an answer": (
        UNANSWERABLE,
        answered([Claim(ALPHA, (cite(ALPHA),))], case_id="c-2"),
        {
            "grounded": 0, "correct": None, "refusal_recall": 0, "refusal_precision": None, "quote_exact": 1,
            "citation_precision": None, "duplicate_citations": None,
        },
    ),
    "an error": (
        case(),
        Record("c-1", "error", None, "The model server failed."),
        {
            "grounded": 0, "correct": 0, "any@1": 0, "mrr": 0, "false_refusals": 0, "quote_exact": None,
            "citation_precision": None, "alce_recall": None, "seconds": None,
        },
    ),
    "mixed": (  # one claim carried, one uncited, one carried by the first of its two citations alone
        case("list", [ALPHA, BETA], ["120", "340"]),
        answered(MIXED, [found(BETA, 1), found("Delta mill", 2), found(ALPHA, 3)]),
        {
            "grounded": 1, "correct": 1, "any@1": 1, "evidence@1": 0.5, "evidence@3": 1, "mrr": 1,
            "ndcg@10": (1 + 1 / math.log2(4)) / (1 + 1 / math.log2(3)), "quote_exact": 1, "citation_precision": 2 / 3,
            "citation_recall": 1, "alce_recall": 2 / 3, "alce_precision": 2 / 3, "liu_precision": 2 / 3,
            "unsupported_claims": 1 / 3, "uncited_claims": 1 / 3, "cited_unsupported_claims": 0,
        },
    ),
    "half of a list": (
        case("list", [ALPHA, BETA], ["120", "340"]),
        answered([Claim(ALPHA, (cite(ALPHA),))], [found(f"{ALPHA} {BETA}", 1)]),
        {"grounded": 0, "correct": 0, "citation_recall": 0.5, "evidence@1": 1, "mrr": 1, "ndcg@10": 1},
    ),
    "the same words cited at two places": (
        case(),
        answered([Claim(ALPHA, (cite(ALPHA), cite(ALPHA, 2, "reprint.txt")))]),
        {"duplicate_citations": 1, "citation_precision": 0.5, "citation_recall": 1, "alce_precision": 1},
    ),
    "folded quotes": (
        case(gold=['"Gamma" burned down - twice.'], include=["gamma"]),
        answered([Claim("Gamma burned.", (cite(GAMMA),))]),
        {"grounded": 1, "quote_exact": 1, "citation_precision": 1},
    ),
    "quotes nobody wrote": (
        case(),
        answered([Claim(ALPHA, (replace(cite(ALPHA), quote="Alpha mill employed many."),))]),
        {"grounded": 0, "quote_exact": 0, "citation_precision": 0, "duplicate_citations": 0},
    ),
    "two that carry it only together": (
        case(),
        answered([Claim("mill employed river.", (cite(ALPHA), cite("Delta mill stood by the river.", 2)))]),
        {"alce_recall": 1, "alce_precision": 1, "liu_precision": 1},
    ),
    "unreadable judgements": (
        case(),
        answered([Claim("Was it 120?", (cite(ALPHA),)), Claim("It was.", ())]),
        {"alce_recall": 0, "alce_precision": None, "unsupported_claims": 1, "uncited_claims": 1},
    ),
    "nothing but unreadable judgements": (
        case(),
        answered([Claim("Was it 120?", (cite(ALPHA),))]),
        {"alce_recall": None, "alce_precision": None, "unsupported_claims": None, "contradicted_claims": None},
    ),
    "a neighbour's footnote": (
        case("attribution", include=["Ann Weaver", "Mill Gazette"]),
        answered(
            [Claim(ALPHA, (replace(cite(ALPHA), author="Bo Miller", outlet=None),), speaker="Bo Miller, 30 Jan 2025")],
            [found(ALPHA, 1)],
        ),
        {
            "attribution_accuracy": 0, "attribution_author": 0, "attribution_outlet": 0, "attribution_date": 1,
            "attribution_speaker": 0,
        },
    ),
    "the right footnote": (
        case("attribution", include=["Ann Weaver", "Spinner Times"]),
        answered([Claim(ALPHA, (cite(ALPHA),), speaker="Mill Gazette, 30 Jan 2025")], [found(ALPHA, 1)]),
        {"attribution_accuracy": 0.5, "attribution_speaker": 1, "attribution_author": 1},
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_the_scores_are_those_counted_by_hand(kind: str) -> None:
    made_case, record, expected = KINDS[kind]
    scores = score_record(made_case, record, texts(), WordJudge()).result.scores
    assert {name: scores[name] for name in expected} == {
        name: value if value is None else pytest.approx(value, abs=1e-12) for name, value in expected.items()
    }


def test_words_that_must_not_be_said_and_words_that_come_too_late() -> None:
    record = answered([Claim(ALPHA, (cite(ALPHA),))])
    forbidden = replace(case(), must_not_include=("EMPLOYED",))
    assert score_record(forbidden, record, texts()).result.scores["correct"] == 0
    late = answered([Claim(f"{'x' * 1_198} 120", (cite(ALPHA),))])
    assert score_record(case(), late, texts()).result.scores["correct"] == 0
    in_time = answered([Claim(f"{'x' * 1_196} 120", (cite(ALPHA),))])
    assert score_record(case(), in_time, texts()).result.scores["correct"] == 1


def test_contradiction_is_a_part_of_its_own() -> None:
    record = answered([Claim("Alpha mill employed 130 people in 1901.", (cite(ALPHA),))])
    scores = score_record(case(), record, texts(), BuiltInJudge()).result.scores
    assert scores["contradicted_claims"] == 1
    assert scores["cited_unsupported_claims"] == 0
    assert scores["unsupported_claims"] == 1


def test_without_a_judge_what_needs_one_is_unscored() -> None:
    scores = score_record(*KINDS["perfect"][:2], texts()).result.scores
    assert {scores[m.name] for m in METRICS.values() if m.judged} == {None}


def test_a_single_citation_is_judged_once() -> None:
    judge = WordJudge()
    answer = KINDS["perfect"][1].answer
    assert answer
    judge_answer(answer, judge)
    assert judge.asked == 1


def test_cost_needs_prices_and_usage() -> None:
    perfect, record, _ = KINDS["perfect"]
    priced = score_record(perfect, record, texts(), prices=Prices(2.0, 10.0)).result.scores
    assert priced["cost"] == pytest.approx(0.004)
    assert score_record(perfect, record, texts()).result.scores["cost"] is None
    assert score_record(perfect, refused(), texts(), prices=Prices(2.0, 10.0)).result.scores["cost"] is None


def results(*kinds: str) -> list[Result]:
    return [score_record(*KINDS[kind][:2], texts(), WordJudge()).result for kind in kinds]


def test_figures_of_all_cases_together() -> None:
    # Refused: one rightly, one wrongly. Answered: one rightly, one not to be answered.
    made = results("perfect", "refused, though the evidence is there", "rightly refused", "answered without an answer")
    assert METRICS["refusal_macro_f1"].of_run is not None
    assert METRICS["refusal_macro_f1"].of_run(made) == pytest.approx(0.5)
    uneven = results("perfect", "perfect", "rightly refused", "answered without an answer", "an error")
    # Refusing: precision 1, recall 1/2, F1 2/3. Answering: precision 2/3, recall 2/3, F1 2/3.
    assert METRICS["refusal_macro_f1"].of_run(uneven) == pytest.approx(2 / 3)
    assert METRICS["refusal_macro_f1"].of_run(results("perfect")) is None


def test_citation_f1_is_that_of_the_means() -> None:
    made = results("perfect", "uncited", "mixed", "rightly refused")
    precision, recall = (1 + 0 + 2 / 3) / 3, (1 + 0 + 1) / 3
    assert figure(METRICS["citation_f1"], made).value == pytest.approx(2 * precision * recall / (precision + recall))


def sure(result: Result, sureness: float) -> Result:
    assert result.record.answer
    return replace(result, record=replace(result.record, answer=replace(result.record.answer, answerability=sureness)))


def test_risk_is_the_share_of_errors_among_the_surest() -> None:
    right, wrong, refusal = results("perfect", "uncited", "rightly refused")
    made = [sure(wrong, 0.8), sure(right, 0.9), refusal, sure(right, 0.5), sure(wrong, 0.5)]
    assert risk_coverage(made) == (
        RiskPoint(0.9, 0.2, 0.0),
        RiskPoint(0.8, 0.4, 0.5),
        RiskPoint(0.5, 0.8, 0.5),  # the two that are equally sure enter together
    )
    area = METRICS["risk_coverage_area"].of_run
    assert area is not None
    assert area(made) == pytest.approx((0 + 0.5 + 0.5 + 0.5) / 4)
    assert area([refusal]) is None


def test_percentiles_are_values_that_were_measured() -> None:
    base = results("perfect")[0]
    made = [replace(base, scores={**base.scores, "seconds": float(n)}) for n in range(1, 21)]
    values = {name: figure(METRICS[name], made).value for name in ("latency_p50", "latency_p95")}
    assert values == {"latency_p50": 10.0, "latency_p95": 19.0}


def test_what_does_not_apply_is_counted_and_no_number() -> None:
    found_figures = figures(results("perfect", "rightly refused", "an error"))
    one = found_figures["citation_precision"]
    assert (one.value, one.count, one.unscored) == (1.0, 1, 2)
    cost = found_figures["cost"]
    assert (cost.value, cost.low, cost.high, cost.count, cost.unscored) == (None, None, None, 0, 3)


def test_a_summary_counts_what_became_of_the_cases() -> None:
    made = results("perfect", "rightly refused", "an error")
    failed = made[0].record.answer
    assert failed
    notice = replace(failed, notice="It broke. This answer was made without the model, from the sources.")
    made.append(replace(made[0], record=replace(made[0].record, answer=notice)))
    summary = summarise(made, ["grounded"])
    assert summary["counts"] == {"cases": 4, "answered": 2, "refused": 1, "neither": 1, "without_model": 1}
    assert list(summary["figures"]) == ["grounded"]
    assert summary["by_type"]["single"]["figures"]["grounded"]["value"] == pytest.approx(2 / 3)


def test_each_metric_is_computed_in_one_way_and_says_what_it_is() -> None:
    for metric in METRICS.values():
        assert sum(way is not None for way in (metric.of_case, metric.of_claims, metric.of_run)) == 1
        assert metric.about


def test_overlapping_spans_are_counted_once() -> None:
    assert coverage(Span(10, 20), [Span(0, 13), Span(12, 15), Span(11, 14), Span(30, 40)]) == 0.5
    assert coverage(Span(10, 20), [Span(20, 30), Span(0, 10)]) == 0


def test_folding_keeps_the_way_back() -> None:
    raw = DOCUMENTS["mills.txt"]
    folded = Folded(f"\n  {raw}")
    (place,) = folded.occurrences(GAMMA)
    assert folded.text[slice(*place)] == '"Gamma" burned down - twice.'
    start = folded.raw.index(GAMMA)
    assert folded.fold(Span(start, start + len(GAMMA))) == place
    assert len(folded.occurrences(BETA)) == 2
    assert Folded("aaa").occurrences("aa") == (Span(0, 2), Span(1, 3))
    assert folded.occurrences(" \n") == ()
