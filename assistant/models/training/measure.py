"""The reading model and the news test split -> the figures of its model card, each beside a lexical baseline.

    python -m assistant.models.training.measure --news news.jsonl.gz --own held_out.jsonl --full full.onnx

The baseline is the share of the question's or claim's word stems that a sentence, or the cited sentences, hold.
Thresholds are chosen on the dev split; the test split is only measured.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from assistant.answer.reading.network import MODEL, TOKENIZER, Readable, ReadingModel
from assistant.models.files import CHECKSUMS, MODELS_DIR, sha256_of
from assistant.models.training.examples import context_line, news_rows, read_rows
from assistant.search.words import stems


@dataclass(frozen=True, slots=True)
class Scores:
    """What one way of reading gives for a split: scores, and what is true, one a sentence, question or claim."""

    sentences: tuple[np.ndarray, np.ndarray]
    answers: tuple[np.ndarray, np.ndarray]
    claims: tuple[np.ndarray, np.ndarray]


def scores_of(rows: Sequence[dict[str, Any]], model: ReadingModel | None) -> Scores:
    """Read every question and claim of some news passages; by words in common where there is no model."""
    sentences: list[tuple[float, bool]] = []
    answers: list[tuple[float, bool]] = []
    claims: list[tuple[float, bool]] = []
    for row in rows:
        context = context_line(row["outlet"], row["date"], row["title"])
        for item in row["items"]:
            whole, each = _read(item["q"], row["sents"], context, model, "answers")
            answers.append((whole, bool(item["support"])))
            if item["support"]:
                sentences += [(score, i in item["support"]) for i, score in enumerate(each)]
        for claim in row["claims"]:
            cited = [row["sents"][i] for i in claim["evidence"]]
            score, _ = _read(claim["claim"], cited, "", model, "supports")
            claims.append((score, claim["label"] == "support"))
    return Scores(
        *((np.array([s for s, _ in part]), np.array([t for _, t in part])) for part in (sentences, answers, claims))
    )


def _read(
    asked: str, sentences: Sequence[str], context: str, model: ReadingModel | None, head: str
) -> tuple[float, list[float]]:
    if model is not None:
        read = model.read(asked, [Readable(tuple(sentences), context)])[0]
        return float(getattr(read, head)), [float(s) for s in read.sentences]
    wanted = set(stems(asked))
    each = [len(wanted & set(stems(s))) / max(1, len(wanted)) for s in sentences]
    together = len(wanted & {stem for s in sentences for stem in stems(s)}) / max(1, len(wanted))
    return (max(each) if head == "answers" else together), each


def figures(dev: Scores, test: Scores) -> dict[str, float]:
    """F1 of the sentences, AUC of both decisions, and balanced accuracy, each at the dev split's best threshold."""
    from sklearn.metrics import balanced_accuracy_score, f1_score, roc_auc_score

    def best(scores: np.ndarray, truth: np.ndarray, measure: Any) -> float:
        thresholds = np.unique(np.quantile(scores, np.linspace(0.01, 0.99, 99)))
        return float(thresholds[int(np.argmax([measure(truth, scores >= t) for t in thresholds]))])

    (s, t), (a, u), (c, v) = test.sentences, test.answers, test.claims
    return {
        "sentence evidence F1": float(f1_score(t, s >= best(*dev.sentences, f1_score))),
        "answerability AUC": float(roc_auc_score(u, a)),
        "answerability balanced accuracy": float(
            balanced_accuracy_score(u, a >= best(*dev.answers, balanced_accuracy_score))
        ),
        "claim support AUC": float(roc_auc_score(v, c)),
        "claim support balanced accuracy": float(
            balanced_accuracy_score(v, c >= best(*dev.claims, balanced_accuracy_score))
        ),
    }


def rank_correlation(one: Scores, other: Scores) -> dict[str, float]:
    """Spearman's, between two files of the same network."""
    from scipy.stats import spearmanr

    pairs = (("sentences", one.sentences[0], other.sentences[0]), ("answers", one.answers[0], other.answers[0]),
             ("claims", one.claims[0], other.claims[0]))  # fmt: skip
    return {f"8-bit to 32-bit, {name}": float(spearmanr(a, b).statistic) for name, a, b in pairs}


def folder_with(network: Path, folder: Path) -> Path:
    """A models folder that holds another network in place of ours."""
    for name, source in ((MODEL, network), (TOKENIZER, MODELS_DIR / TOKENIZER)):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, folder / name)
    lines = (f"{sha256_of(folder / name)}  {name}\n" for name in (MODEL, TOKENIZER))
    (folder / CHECKSUMS).write_text("".join(lines), encoding="utf-8")
    return folder


def main() -> None:
    """Measure, print, and write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--news", type=Path, required=True)
    parser.add_argument("--network", type=Path, default=MODELS_DIR / MODEL)
    parser.add_argument("--full", type=Path, help="the 32-bit file of the same network")
    parser.add_argument("--own", type=Path, help="passages of our own that were held out of the training")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    dev, test = (news_rows(options.news, {split}) for split in ("dev", "test"))
    with tempfile.TemporaryDirectory() as small, tempfile.TemporaryDirectory() as large:
        model = ReadingModel(folder_with(options.network, Path(small)))
        ours = scores_of(test, model)
        found: dict[str, Any] = {
            "test passages": len(test),
            "model": figures(of_dev := scores_of(dev, model), ours),
            "words in common": figures(scores_of(dev, None), scores_of(test, None)),
        }
        if options.own:
            own = read_rows(options.own)
            found["own passages"] = len(own)
            found["model, own"] = figures(of_dev, scores_of(own, model))
            found["words in common, own"] = figures(scores_of(dev, None), scores_of(own, None))
        if options.full:
            full = ReadingModel(folder_with(options.full, Path(large)))
            found["rank correlation"] = rank_correlation(ours, scores_of(test, full))
    written = json.dumps(found, indent=1)
    sys.stdout.write(written + "\n")
    if options.out:
        options.out.write_text(written + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
