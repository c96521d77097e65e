"""Cases and records -> results with scores, and results -> figures with intervals."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any

from evals.judges import Judge
from evals.metrics import METRICS, Metric, all_metrics
from evals.metrics.effort import Prices
from evals.metrics.support import JudgedClaim, judge_answer
from evals.spans import Texts, place_all
from evals.statistics import interval, interval_of
from evals.types import Case, Figure, Record, Result


@dataclass(frozen=True, slots=True)
class Scored:
    """A result with the judgements that went into its scores; None where no judge was asked."""

    result: Result
    claims: tuple[JudgedClaim, ...] | None


def score_record(
    case: Case, record: Record, texts: Texts, judge: Judge | None = None, prices: Prices | None = None
) -> Scored:
    """All scores of one record. Without a judge, what needs one is unscored."""
    placed = place_all(case, record, texts)
    claims = judge_answer(placed.answer, judge) if placed.answer and judge else None
    scores: dict[str, float | None] = {}
    for name, metric in all_metrics(prices).items():
        if metric.of_case:
            scores[name] = metric.of_case(placed)
        elif metric.of_claims:
            scores[name] = None if claims is None else metric.of_claims(claims)
    return Scored(Result(case, record, scores), claims)


def score_records(
    cases: Sequence[Case],
    records: Sequence[Record],
    texts: Texts,
    judge: Judge | None = None,
    *,
    prices: Prices | None = None,
    workers: int = 1,
    on_progress: Callable[[int, int], None] | None = None,
) -> list[Scored]:
    """Score every record, in the order of the cases; `workers` at once, which pays where the judge is remote."""
    by_id = {case.id: case for case in cases}
    order = {case.id: position for position, case in enumerate(cases)}
    waiting = sorted(records, key=lambda record: (record.repeat, order[record.case_id]))
    done: list[Scored] = []
    with ThreadPoolExecutor(max_workers=workers) as pool:
        for scored in pool.map(lambda r: score_record(by_id[r.case_id], r, texts, judge, prices), waiting):
            done.append(scored)
            if on_progress:
                on_progress(len(done), len(waiting))
    return done


def figure(metric: Metric, results: Sequence[Result]) -> Figure:
    """A metric over results. Where cases were asked several times, the interval draws cases, not askings."""
    repeated = any(result.record.repeat for result in results)
    if metric.of_run:
        clusters = [result.case.id for result in results] if repeated else None
        found = interval_of(metric.of_run, results, clusters) if results else None
        unscored = 0 if found else len(results)
    else:
        scored = [(r.case.id, value) for r in results if (value := r.scores.get(metric.name)) is not None]
        found = interval([v for _, v in scored], [i for i, _ in scored] if repeated else None) if scored else None
        unscored = len(results) - len(scored)
    if found is None:
        return Figure(metric.name, None, None, None, 0, unscored)
    return Figure(metric.name, found.mean, found.low, found.high, found.count, unscored)


def figures(results: Sequence[Result], names: Collection[str] = ()) -> dict[str, Figure]:
    """The figures of these names, or all, in the order in which metrics are listed."""
    return {name: figure(metric, results) for name, metric in METRICS.items() if not names or name in names}


def counts(results: Sequence[Result]) -> dict[str, int]:
    """How many results there are and what became of them.

    `neither` is an error; `without_model` counts answers that were made from the sources alone because the language
    model failed, which say nothing of the model.
    """
    statuses = [result.record.status for result in results]
    notices = [r.record.answer.notice or "" for r in results if r.record.answer]
    return {
        "cases": len(results),
        "answered": statuses.count("answered"),
        "refused": statuses.count("refused"),
        "neither": statuses.count("error"),
        "without_model": sum("without the model" in notice for notice in notices),
    }


def summarise(results: Sequence[Result], names: Collection[str] = ()) -> dict[str, Any]:
    """What `summary.json` holds: counts and figures of all results, and the figures of single cases by type."""
    single = [name for name, metric in METRICS.items() if not metric.of_run and (not names or name in names)]
    types = sorted({result.case.type for result in results})
    return {
        "counts": counts(results),
        "figures": _plain(figures(results, names)),
        "by_type": {kind: _of_type([r for r in results if r.case.type == kind], single) for kind in types},
    }


def score_row(scored: Scored) -> dict[str, Any]:
    """A line of `scores.jsonl`."""
    record = scored.result.record
    claims = scored.claims if scored.claims is not None else ()
    return {
        "id": record.case_id,
        "repeat": record.repeat,
        "type": scored.result.case.type,
        "status": record.status,
        "scores": dict(scored.result.scores),
        "judgements": [asdict(claim.together) if claim.together else None for claim in claims],
    }


def _of_type(results: Sequence[Result], names: Collection[str]) -> dict[str, Any]:
    scored = {name: f for name, f in _plain(figures(results, names)).items() if f["count"]} if names else {}
    return {"cases": len(results), "figures": scored}


def _plain(found: Mapping[str, Figure]) -> dict[str, dict[str, Any]]:
    return {name: {k: v for k, v in asdict(one).items() if k != "name"} for name, one in found.items()}
