"""The list of all metrics: what each is called, what it is computed from, and which way is better."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from evals.metrics import (
    abstention,
    attribution,
    citation_overlap,
    correctness,
    duplicates,
    effort,
    grounded,
    quote_exact,
    retrieval,
    support,
)
from evals.metrics.effort import Prices
from evals.metrics.support import JudgedClaim
from evals.spans import Placed
from evals.types import Result

CaseMetric = Callable[[Placed], float | None]
ClaimMetric = Callable[[Sequence[JudgedClaim]], float | None]
RunMetric = Callable[[Sequence[Result]], float | None]


@dataclass(frozen=True, slots=True)
class Metric:
    """A figure, computed by exactly one of `of_case`, `of_claims` and `of_run`: the last is of all cases together."""

    name: str
    about: str
    """In a few words, for people."""
    of_case: CaseMetric | None = None
    of_claims: ClaimMetric | None = None
    of_run: RunMetric | None = None
    higher_is_better: bool | None = True
    """None: neither way is better."""
    deterministic: bool = True
    """The same answers always give the same figure: it rests on no judge and on no clock."""

    @property
    def judged(self) -> bool:
        """Whether it rests on a support judge."""
        return self.of_claims is not None


_LISTED = (
    Metric("grounded", "right and cited, or rightly refused", of_case=grounded.grounded),
    Metric("correct", "right, where there is an answer", of_case=correctness.correct),
    *(
        Metric(f"any@{k}", f"some gold evidence in the first {k}", of_case=partial(retrieval.any_at, k=k))
        for k in (1, 3, 5, 10)
    ),
    *(
        Metric(f"evidence@{k}", f"share of gold evidence in the first {k}", of_case=partial(retrieval.evidence_at, k=k))
        for k in (1, 3, 5, 10)
    ),
    Metric("mrr", "1 / rank of the first gold evidence", of_case=retrieval.reciprocal_rank),
    Metric("ndcg@10", "gold evidence, the higher up the better", of_case=retrieval.ndcg),
    Metric("quote_exact", "quotes that stand where they point, to the letter", of_case=quote_exact.quote_exact),
    Metric("citation_precision", "citations on gold evidence", of_case=citation_overlap.citation_precision),
    Metric("citation_recall", "gold evidence that is cited", of_case=citation_overlap.citation_recall),
    Metric("citation_f1", "harmonic mean of the two", of_run=citation_overlap.citation_f1),
    Metric(
        "duplicate_citations",
        "answers that cite the same words twice",
        of_case=duplicates.duplicate_citations,
        higher_is_better=False,
    ),
    Metric("refusal_precision", "refusals that were right", of_case=abstention.refusal_precision),
    Metric("refusal_recall", "unanswerable cases refused", of_case=abstention.refusal_recall),
    Metric("false_refusals", "answerable cases refused", of_case=abstention.false_refusals, higher_is_better=False),
    Metric("refusal_macro_f1", "mean F1 of refusing and answering", of_run=abstention.refusal_macro_f1),
    Metric(
        "risk_coverage_area",
        "mean error from the surest answer on",
        of_run=abstention.risk_coverage_area,
        higher_is_better=False,
    ),
    Metric("attribution_accuracy", "who and where, as asked for", of_case=attribution.attribution_accuracy),
    Metric("attribution_speaker", "printed speaker is the article's", of_case=attribution.attribution_speaker),
    Metric("attribution_outlet", "printed outlet is the article's", of_case=attribution.attribution_outlet),
    Metric("attribution_author", "printed author is the article's", of_case=attribution.attribution_author),
    Metric("attribution_date", "printed date is the article's", of_case=attribution.attribution_date),
    Metric("length", "characters of an answer", of_case=correctness.length, higher_is_better=None),
    Metric("median_length", "characters of the middle answer", of_run=effort.median_length, higher_is_better=None),
)
_JUDGED = (
    Metric("alce_recall", "claims that their citations carry", of_claims=support.alce_recall, deterministic=False),
    Metric("alce_precision", "citations that are needed", of_claims=support.alce_precision, deterministic=False),
    Metric("liu_precision", "citations that support their claim", of_claims=support.liu_precision, deterministic=False),
    *(
        Metric(name, about, of_claims=of_claims, higher_is_better=False, deterministic=False)
        for name, about, of_claims in (
            ("partial_support", "claims carried in part", support.partial_support),
            ("unsupported_claims", "claims not carried by what they cite", support.unsupported_claims),
            ("uncited_claims", "of these, claims that cite nothing", support.uncited_claims),
            ("cited_unsupported_claims", "of these, cited but not carried", support.cited_unsupported_claims),
            ("contradicted_claims", "of these, contradicted", support.contradicted_claims),
        )
    ),
)
_MEASURED = (
    Metric("seconds", "seconds an answer", of_case=effort.seconds, higher_is_better=False, deterministic=False),
    *(
        Metric(name, about, of_run=of_run, higher_is_better=False, deterministic=False)
        for name, about, of_run in (
            ("latency_p50", "seconds, half of the answers", effort.latency_p50),
            ("latency_p95", "seconds, 95 of 100 answers", effort.latency_p95),
        )
    ),
    Metric("tokens", "tokens an answer", of_case=effort.tokens, higher_is_better=False, deterministic=False),
)


def all_metrics(prices: Prices | None = None) -> dict[str, Metric]:
    """Every metric by name, in the order in which they are printed; the cost by these prices."""
    cost = Metric(
        "cost",
        "price of an answer",
        of_case=partial(effort.cost, prices=prices),
        higher_is_better=False,
        deterministic=False,
    )
    return {metric.name: metric for metric in (*_LISTED, *_JUDGED, *_MEASURED, cost)}


METRICS = all_metrics()
"""All metrics; the cost is unscored here, for want of prices."""
