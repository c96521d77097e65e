"""Two runs over the same cases -> better, worse or cannot tell, and the cases that changed, side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from assistant.errors import InputError
from evals.compare_print import print_comparison as print_comparison
from evals.metrics import METRICS
from evals.statistics import (
    CONFIDENCE,
    Difference,
    Statistic,
    cases_needed,
    holm,
    paired_difference,
    paired_difference_of,
)
from evals.types import Result, Run

Verdict = Literal["better", "worse", "cannot tell"]

ALPHA = 1 - CONFIDENCE
NOT_QUALITY = ("seconds", "latency_p50", "latency_p95", "tokens", "cost", "length", "median_length")
"""Differ between two runs of one version, by the machine's mood. Compared only where asked for by name."""
MOST_CASES = 10_000
"""Nobody writes more: a difference that needs them is none."""
VARIANTS = (
    "any@3", "any@5", "any@10", "evidence@1", "evidence@3", "evidence@10", "ndcg@10", "citation_f1",
    "refusal_precision", "risk_coverage_area", "attribution_speaker", "attribution_outlet", "attribution_author",
    "attribution_date", "liu_precision", "partial_support", "unsupported_claims", "cited_unsupported_claims",
)  # fmt: skip
"""Say again what another figure says. Each figure more makes all the others harder to tell (Holm)."""


@dataclass(frozen=True, slots=True)
class MetricComparison:
    """One figure in both runs, over the cases that both scored."""

    name: str
    first: float
    second: float
    difference: Difference
    p: float
    """After Holm's correction for all figures compared."""
    verdict: Verdict
    """Of the second run."""
    more_cases: int | None
    """About how many more would tell; None where it can be told, or where no difference was seen."""

    @property
    def words(self) -> str:
        """The verdict as it is printed."""
        if self.verdict != "cannot tell":
            return self.verdict
        if self.more_cases is None:
            return "cannot tell: no difference was seen"
        if self.more_cases > MOST_CASES:
            return f"cannot tell: more than {MOST_CASES:,} more cases would be needed"
        return f"cannot tell: about {_rounded(self.more_cases):,} more cases would be needed"


@dataclass(frozen=True, slots=True)
class CaseChange:
    """A case that the two runs treat differently."""

    first: Result
    second: Result
    scores: Mapping[str, tuple[float | None, float | None]]
    """The figures that changed."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What can be said of the second run against the first."""

    first: str
    second: str
    cases: int
    """That both runs hold."""
    metrics: tuple[MetricComparison, ...]
    changed: tuple[CaseChange, ...]
    """Those that became worse first."""
    note: str = ""
    """What the reader must know, such as that only some cases are shared."""


def compare_runs(
    a: Run, b: Run, metrics: Sequence[str] | None = None, *, shared_only: bool = False, by_document: bool = False
) -> Comparison:
    """Compare run `b` with run `a`, case by case.

    Every figure is paired over the cases that both runs scored; repeated askings of a case count as their mean. p is
    exact McNemar for yes/no figures and a randomisation test for the others, corrected after Holm over all `metrics`
    of which any case changed (where None: all but times, and variants of the same figure). `by_document` draws and
    flips whole documents. `shared_only` allows runs over different case files: only cases that are the same in both
    are then compared.

    Raises:
        InputError: the case files differ (and `shared_only` is not set), no case is shared, or a metric was not scored.
    """
    first, second = _by_case(a), _by_case(b)
    ids = _shared_ids(a, b, first, second, shared_only)
    same_judge = a.manifest.get("judge") == b.manifest.get("judge")
    of_all = [name for name, metric in METRICS.items() if metric.of_run]
    known = list(dict.fromkeys([*(name for result in first.values() for name in result.scores), *of_all]))
    wanted = (
        list(dict.fromkeys(metrics)) if metrics is not None else [n for n in known if _by_default(n, judged=same_judge)]
    )
    pairs = [(first[i], second[i]) for i in ids]
    found = {name: paired for name in wanted if (paired := _paired(name, pairs, by_document))}
    missing = [name for name in wanted if name not in found]
    if metrics is not None and missing:
        raise InputError(
            f"No case has a score for {', '.join(missing)} in both runs.",
            f"Compare some of these: {', '.join(sorted(known))}.",
        )
    # Where no case changed, no test could have found anything: such a figure costs the others nothing (Tarone 1990).
    moved = [name for name, x in found.items() if x.difference.mean or x.difference.deviation]
    adjusted = dict(zip(moved, holm([found[name].difference.p for name in moved]), strict=True))
    compared = tuple(_compared(n, x, adjusted.get(n, 1.0), max(1, len(moved))) for n, x in found.items())
    note = _note(a, b, len(first), len(second), len(ids))
    if not same_judge:
        note = f"{note} The runs had different judges, so judged figures do not compare.".lstrip()
    return Comparison(a.name, b.name, len(ids), compared, _changed(pairs, list(found)), note)


def lower_is_better(name: str) -> bool:
    """Whether a smaller value of the figure is the better one; figures that nobody knows are better larger."""
    return name in METRICS and METRICS[name].higher_is_better is False


def _rounded(count: int) -> int:
    """Two digits: the estimate knows no more."""
    step = int(10 ** max(0, len(str(count)) - 2))
    return -(-count // step) * step


def _by_case(run: Run) -> dict[str, Result]:
    """One result a case: with repeats, the first answer, the mean of the scores."""
    repeats: dict[str, list[Result]] = {}
    for result in run.results:
        repeats.setdefault(result.case.id, []).append(result)
    return {case_id: results[0] if len(results) == 1 else _mean_result(results) for case_id, results in repeats.items()}


def _mean_result(results: Sequence[Result]) -> Result:
    scores: dict[str, float | None] = {}
    for name in dict.fromkeys(name for result in results for name in result.scores):
        values = [value for result in results if (value := result.scores.get(name)) is not None]
        scores[name] = sum(values) / len(values) if values else None
    return Result(results[0].case, results[0].record, scores)


def _shared_ids(
    a: Run, b: Run, first: Mapping[str, Result], second: Mapping[str, Result], shared_only: bool
) -> list[str]:
    common = [i for i in first if i in second]
    same = [i for i in common if first[i].case == second[i].case]
    checksums = (_cases_checksum(a), _cases_checksum(b))
    other_files = None not in checksums and checksums[0] != checksums[1]
    if (other_files or len(same) < len(common)) and not shared_only:
        raise InputError(
            f"The case files of {a.name} and {b.name} differ: {len(same)} cases are the same in both.",
            "Run both versions over one file, or compare only what they share: add --shared-only.",
        )
    if not same:
        raise InputError(f"{a.name} and {b.name} share no case.", "Run both versions over one file of cases.")
    return same


def _cases_checksum(run: Run) -> str | None:
    """SHA-256 of the case file; None where the manifest does not give it: the cases themselves are compared then."""
    cases = run.manifest.get("cases")
    found = cases.get("sha256") if isinstance(cases, Mapping) else run.manifest.get("cases_sha256")
    return None if found is None else str(found)


def _by_default(name: str, *, judged: bool) -> bool:
    if name in METRICS and METRICS[name].judged and not judged:
        return False
    return name not in VARIANTS and name not in NOT_QUALITY


@dataclass(frozen=True, slots=True)
class _Paired:
    """A figure in both runs, and its difference."""

    first: float
    second: float
    difference: Difference


def _paired(name: str, pairs: Sequence[tuple[Result, Result]], by_document: bool) -> _Paired | None:
    """The figure over the cases that both runs scored; None where there is no such case."""
    statistic = METRICS[name].of_run if name in METRICS else None
    if statistic:
        return _paired_of_all(statistic, pairs)
    before, after, documents = [], [], []
    for first, second in pairs:
        x, y = first.scores.get(name), second.scores.get(name)
        if x is not None and y is not None:
            before.append(x)
            after.append(y)
            documents.append(document_of(first))
    if not before:
        return None
    difference = paired_difference(before, after, documents if by_document else None)
    return _Paired(sum(before) / len(before), sum(after) / len(after), difference)


def _paired_of_all(statistic: Statistic, pairs: Sequence[tuple[Result, Result]]) -> _Paired | None:
    first, second = [a for a, _ in pairs], [b for _, b in pairs]
    before, after = statistic(first), statistic(second)
    difference = paired_difference_of(statistic, first, second)
    if before is None or after is None or difference is None:
        return None
    return _Paired(before, after, difference)


def document_of(result: Result) -> str:
    """What a case is clustered by: the document of its first gold quote; cases without one stand alone."""
    case = result.case
    return case.evidence[0].doc if case.evidence else f"case {case.id}"


def _compared(name: str, paired: _Paired, p: float, family: int) -> MetricComparison:
    difference = paired.difference
    verdict: Verdict = "cannot tell"
    more = None
    if p < ALPHA:
        verdict = "better" if (difference.mean > 0) != lower_is_better(name) else "worse"
    elif (needed := cases_needed(difference.mean, difference.deviation, ALPHA / family)) is not None:
        # The pairs are those that were scored; as many of the new cases will be.
        more = max(1, needed - difference.count)
    return MetricComparison(name, paired.first, paired.second, difference, p, verdict, more)


def _changed(pairs: Sequence[tuple[Result, Result]], names: Sequence[str]) -> tuple[CaseChange, ...]:
    changes = []
    for first, second in pairs:
        both = {name: (first.scores.get(name), second.scores.get(name)) for name in names}
        scores = {name: pair for name, pair in both.items() if pair[0] != pair[1]}
        if scores or first.record.status != second.record.status:
            changes.append(CaseChange(first, second, scores))
    return tuple(sorted(changes, key=_gain))


def _gain(change: CaseChange) -> tuple[float, float]:
    """What a case gained: in the headline, then in all figures together."""
    gains = {
        name: (y - x) * (-1 if lower_is_better(name) else 1)
        for name, (x, y) in change.scores.items()
        if x is not None and y is not None
    }
    return gains.get("grounded", 0.0), sum(gains.values())


def _note(a: Run, b: Run, first: int, second: int, shared: int) -> str:
    if first == second == shared:
        return ""
    return f"Only the {shared} cases that both hold are compared; {a.name} has {first}, {b.name} has {second}."
