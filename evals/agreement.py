"""A judge's judgements and people's labels -> how far the judge can be trusted.

`{"claim": …, "evidence": [sentences], "label": 1 or 0}` a line, gzip or not: 1 where people said that the evidence
supports the claim. The file that `review export` wrote, with its labels filled in, is read too: `full` is a yes.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from assistant.errors import InputError
from evals.judges import Judge, judge_or_none

SEED = 20_250_130
RESAMPLES = 2_000
FORMAT_REMEDY = 'A line is {"claim": "…", "evidence": ["…"], "label": 1}, the label 1 or 0.'
MEANINGS = {
    **dict.fromkeys(("1", "true", "support", "full"), True),
    **dict.fromkeys(("0", "false", "contradict", "neutral", "partial", "none"), False),
}
"""How a label may be written, and whether it says that the claim is supported."""

_SPEAKER = re.compile(r"(?s)^[^“]+: “(.+)”$")  # printed before a sentence; it is no part of what is cited for it

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Labelled:
    """A claim, its evidence, and whether people found it supported."""

    claim: str
    evidence: tuple[str, ...]
    supported: bool
    context: str = ""
    """What those who judged saw besides: where the evidence comes from, and the question."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """How a judge's judgements agree with people's labels; None where a figure does not apply."""

    judge: str
    labels: str
    """The file's name."""
    count: int
    """Claims that the judge judged."""
    unscored: int
    """Claims that it could not judge."""
    accuracy: float | None
    balanced_accuracy: float | None
    kappa: float | None
    kappa_low: float | None
    kappa_high: float | None
    auc: float | None
    spearman: float | None


def load_labels(path: Path) -> list[Labelled]:
    """Read labelled claims; the news claims of the form {"items", "claims"} too.

    Raises:
        InputError: the file cannot be read, is empty, or a line is not of this form; line and field are named.
    """
    try:
        data = path.read_bytes()
        lines = (gzip.decompress(data) if path.suffix == ".gz" else data).decode().split("\n")
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise InputError(f"The labels in {path} cannot be read: {error}.", FORMAT_REMEDY) from None
    found = [
        labelled
        for number, line in enumerate(lines, start=1)
        if line.strip()
        for labelled in _labelled(line, f"{path}, line {number}")
        if labelled
    ]
    if not found:
        raise InputError(f"{path} holds no labels.", FORMAT_REMEDY)
    return found


def measure_agreement(
    judge: Judge,
    labelled: Sequence[Labelled],
    labels: str,
    on_progress: Callable[[int, int], None] | None = None,
) -> Agreement:
    """Ask the judge about every claim, and compare. Full support is a yes; partial and none are a no."""
    truth, said, scores = [], [], []
    for number, one in enumerate(labelled, start=1):
        judgement = judge_or_none(judge, one.claim, one.evidence, one.context)
        if judgement is not None:
            truth.append(one.supported)
            said.append(judgement.label == "full")
            scores.append(judgement.score)
        if on_progress:
            on_progress(number, len(labelled))
    kappa = cohen_kappa(truth, said)
    low, high = kappa_interval(truth, said) if kappa is not None else (None, None)
    return Agreement(
        judge=judge.name,
        labels=labels,
        count=len(truth),
        unscored=len(labelled) - len(truth),
        accuracy=float(np.mean(np.array(truth) == np.array(said))) if truth else None,
        balanced_accuracy=balanced_accuracy(truth, said),
        kappa=kappa,
        kappa_low=low,
        kappa_high=high,
        auc=auc(truth, scores),
        spearman=spearman([float(t) for t in truth], scores),
    )


def balanced_accuracy(truth: Sequence[bool], said: Sequence[bool]) -> float | None:
    """Mean of sensitivity and specificity (Brodersen et al. 2010); None unless both labels occur."""
    yes = [s for t, s in zip(truth, said, strict=True) if t]
    no = [not s for t, s in zip(truth, said, strict=True) if not t]
    return (sum(yes) / len(yes) + sum(no) / len(no)) / 2 if yes and no else None


def cohen_kappa(first: Sequence[Any], second: Sequence[Any]) -> float | None:
    """Agreement beyond chance, (p_o - p_e) / (1 - p_e) (Cohen 1960); None where chance alone would agree always."""
    count = len(first)
    if not count:
        return None
    observed = sum(a == b for a, b in zip(first, second, strict=True)) / count
    categories = set(first) | set(second)
    expected = sum(list(first).count(c) * list(second).count(c) for c in categories) / count**2
    return None if expected == 1 else (observed - expected) / (1 - expected)


def kappa_interval(truth: Sequence[bool], said: Sequence[bool]) -> tuple[float, float]:
    """95 % percentile bootstrap interval of kappa over claims (Efron and Tibshirani 1993).

    Only how often each pair of labels occurs matters, so the four counts are drawn at once (a multinomial draw).
    Raises ValueError where there is nothing to draw from.
    """
    t, s = np.array(truth, dtype=bool), np.array(said, dtype=bool)
    count = len(t)
    if not count:
        raise ValueError("no judgements: kappa has no interval")
    cells = np.array([np.sum(t & s), np.sum(t & ~s), np.sum(~t & s), np.sum(~t & ~s)]) / count
    drawn = np.random.default_rng(SEED).multinomial(count, cells, size=RESAMPLES) / count
    both, only_truth, only_said, neither = drawn.T
    yes = (both + only_truth) * (both + only_said)
    expected = yes + (neither + only_said) * (neither + only_truth)
    usable = expected < 1
    kappas = (both + neither - expected)[usable] / (1 - expected[usable])
    low, high = np.quantile(kappas, [0.025, 0.975])
    return float(low), float(high)


def auc(truth: Sequence[bool], scores: Sequence[float]) -> float | None:
    """The chance that a supported claim is scored above one that is not, ties half (Hanley and McNeil 1982).

    From the ranks: (R - n(n + 1)/2) / (n m), R the sum of the n supported claims' ranks (Mann and Whitney 1947). None
    unless both labels occur.
    """
    yes = np.array(truth, dtype=bool)
    positive, negative = int(yes.sum()), int((~yes).sum())
    if not positive or not negative:
        return None
    total = float(ranks(scores)[yes].sum())
    return (total - positive * (positive + 1) / 2) / (positive * negative)


def spearman(first: Sequence[float], second: Sequence[float]) -> float | None:
    """Pearson's correlation of the ranks, ties sharing their mean rank (Spearman 1904); None if one never varies."""
    if len(set(first)) < 2 or len(set(second)) < 2:
        return None
    return float(np.corrcoef(ranks(first), ranks(second))[0, 1])


def ranks(values: Sequence[float]) -> Numbers:
    """1 for the smallest; equal values share the mean of their ranks."""
    data = np.asarray(values, dtype=np.float64)
    _, inverse, counts = np.unique(data, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return np.asarray((last - (counts - 1) / 2)[inverse], dtype=np.float64)


def keep_agreement(agreement: Agreement, runs: Path) -> None:
    """Write it down beside the runs, for their reports."""
    runs.mkdir(parents=True, exist_ok=True)
    with _file(runs).open("a", encoding="utf-8") as handle:
        handle.write(json.dumps(asdict(agreement), ensure_ascii=False) + "\n")


def kept_agreement(judge: str, runs: Path) -> Agreement | None:
    """The last agreement measured for this judge; None if it was never calibrated.

    Raises:
        InputError: the file is damaged.
    """
    if not _file(runs).exists():
        return None
    try:
        rows = [Agreement(**json.loads(line)) for line in _file(runs).read_text("utf-8").splitlines()]
    except (ValueError, TypeError):
        raise InputError(f"{_file(runs)} is damaged.", f"Remove it: {_file(runs)}") from None
    return next((row for row in reversed(rows) if row.judge == judge), None)


def _file(runs: Path) -> Path:
    return runs / "agreement.jsonl"


def _labelled(line: str, where: str) -> list[Labelled | None]:
    try:
        row = json.loads(line)
    except json.JSONDecodeError as error:
        raise InputError(f"{where}: not JSON ({error.msg}).", FORMAT_REMEDY) from None
    if not isinstance(row, dict):
        raise InputError(f"{where}: not a JSON object.", FORMAT_REMEDY)
    return (
        [_one(claim, where) for claim in row["claims"]] if isinstance(row.get("claims"), list) else [_one(row, where)]
    )


def _one(row: Any, where: str) -> Labelled | None:
    """A labelled claim; None for a citation that nobody judged."""
    if not isinstance(row, dict):
        raise InputError(f"{where}: a claim is not a JSON object.", FORMAT_REMEDY)
    claim, label = row.get("claim"), row.get("label")
    evidence = [row["quote"]] if "quote" in row and "evidence" not in row else row.get("evidence")
    if not isinstance(claim, str) or not claim.strip():
        raise InputError(f"{where}: the field 'claim' is missing or not a text.", FORMAT_REMEDY)
    if not isinstance(evidence, list) or not all(isinstance(e, str) for e in evidence):
        raise InputError(f"{where}: the field 'evidence' is missing or not a list of texts.", FORMAT_REMEDY)
    if "quote" in row and label in {None, ""}:
        return None
    supported = MEANINGS.get(str(label).strip().lower())
    if supported is None:
        raise InputError(f"{where}: the field 'label' is neither 1 nor 0: {label!r}.", FORMAT_REMEDY)
    if "quote" in row:
        claim = _SPEAKER.sub(r"\1", claim)
    context = "\n".join(str(row[name]) for name in ("source", "question") if row.get(name))
    return Labelled(claim, tuple(evidence), supported, context)
