"""Passages with questions, and cases with their corpora -> `reader.json`, the weights of the built-in reader.

    python -m assistant.models.fit_reader --news news.jsonl.gz --cases FILE FOLDER --cases FILE FOLDER

Needs the `models` extra (scikit-learn). Which sentence answers is learned from news passages written for this project:
those of the train split become a library, every question is asked of it with the retriever and the features of a real
answer, and the sentences found are labelled; the cases join them, weighing as much. Whether any sentence answers is
learned from the cases alone, since questions about a single passage tell nothing about a whole corpus.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from assistant.answer.question import search_text
from assistant.answer.reading import (
    ANSWER_FEATURES,
    SENTENCE_FEATURES,
    BuiltInReader,
    Calibration,
    Weights,
    answer_features,
    sentence_text,
)
from assistant.ingest.passages import split_passages
from assistant.ingest.sync import make_plan, sync
from assistant.search.embedding import BuiltInEmbedding, Embedder, Vectors
from assistant.search.index import ReadDocument, open_for_writing
from assistant.search.library import FileState
from assistant.search.retriever import retrieve
from assistant.types import Article, Document, Evidence, Span, Turn

PASSAGE_CHARACTERS = 900
EVIDENCE_COUNT = 12


@dataclass(slots=True)
class RememberingEmbedder:
    """An embedder that reads every text once: questions come by the thousand, sentences stay the same."""

    inner: Embedder
    known: dict[str, Vectors] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The inner embedder's."""
        return self.inner.name

    @property
    def dimension(self) -> int:
        """The inner embedder's."""
        return self.inner.dimension

    def embed(self, texts: Sequence[str]) -> Vectors:
        """The inner embedder's vectors."""
        new = [text for text in dict.fromkeys(texts) if text not in self.known]
        self.known.update(zip(new, self.inner.embed(new), strict=True))
        return np.stack([self.known[text] for text in texts])


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """One question with the features of the sentences found for it."""

    features: np.ndarray
    evidence: Sequence[Evidence]
    sentences: Sequence[tuple[Evidence, Span]]
    labels: np.ndarray
    """Which sentences answer."""
    answerable: bool


def main() -> int:
    """Fit, measure and write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--news", type=Path, required=True)
    parser.add_argument("--cases", type=Path, nargs=2, action="append", required=True)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "reader.json")
    arguments = parser.parse_args()
    with gzip.open(arguments.news, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    embedder = RememberingEmbedder(BuiltInEmbedding())
    train = news_examples([r for r in rows if r["split"] == "train"], embedder)
    dev = news_examples([r for r in rows if r["split"] == "dev"], embedder)
    cases = [e for file, folder in arguments.cases for e in case_examples(file, folder, embedder)]
    fitted, figures = fit(train, dev, cases)
    arguments.out.write_text(json.dumps(describe(fitted, figures), indent=1) + "\n", "utf-8")
    sys.stdout.write(json.dumps(figures, indent=1) + "\n")
    return 0


def news_examples(rows: Sequence[dict[str, Any]], embedder: Embedder) -> list[Example]:
    """Index the passages, ask their answerable questions, and label the sentences found.

    Passages of other outlets on the same event are left out of the evidence: they may answer in other words.
    """
    examples: list[Example] = []
    with tempfile.TemporaryDirectory() as folder, open_for_writing(Path(folder), embedder) as index:
        documents = [_read(row) for row in rows]
        for start in range(0, len(documents), 50):
            index.store(documents[start : start + 50])
        reader = BuiltInReader(embedder, index.words.rarity, _BLANK)
        for row in rows:
            for item in row["items"]:
                found = retrieve(item["q"], index, 3 * EVIDENCE_COUNT) if item["answerable"] else []
                evidence = [e for e in found if not _is_sibling(e.passage.document, row)][:EVIDENCE_COUNT]
                sentences, features = reader.features(item["q"], item["q"], evidence)
                labels = np.array([_is_support(e, s, row, item["support"]) for e, s in sentences])
                if labels.any():  # where the retriever missed the passage there is nothing to learn for a reader
                    examples.append(Example(features, evidence, sentences, labels, True))
    return examples


def case_examples(file: Path, folder: Path, embedder: Embedder) -> list[Example]:
    """Index a corpus and ask its cases."""
    examples: list[Example] = []
    with tempfile.TemporaryDirectory() as library, open_for_writing(Path(library), embedder) as index:
        sync(make_plan([folder], index, PASSAGE_CHARACTERS), index, PASSAGE_CHARACTERS)
        reader = BuiltInReader(embedder, index.words.rarity, _BLANK)
        for case in map(json.loads, file.read_text("utf-8").splitlines()):
            history = [Turn(t["role"], t["content"]) for t in case.get("history", [])]
            context = search_text(case["question"], history)
            evidence = retrieve(context, index, EVIDENCE_COUNT)
            sentences, features = reader.features(case["question"], context, evidence)
            labels = np.array([_is_gold(e, s, case["evidence"]) for e, s in sentences])
            examples.append(Example(features, evidence, sentences, labels, case["answerable"]))
    return examples


def fit(
    train: Sequence[Example], dev: Sequence[Example], cases: Sequence[Example]
) -> tuple[Calibration, dict[str, Any]]:
    """Both regressions; the figures are from questions that a fit has not seen."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import f1_score, roc_auc_score
    from sklearn.model_selection import LeaveOneOut, cross_val_predict

    found = [e for e in cases if e.labels.any()]
    learned = [*train, *found]
    rows, labels = (np.concatenate([getattr(e, part) for e in learned]) for part in ("features", "labels"))
    # The cases are few, but they are the real thing: together they weigh as much as the news questions.
    weight = np.concatenate([np.full(len(e.labels), len(train) / len(found) if e in found else 1.0) for e in learned])
    sentence = _weights(LogisticRegression(C=1.0, max_iter=2000).fit(rows, labels, weight), SENTENCE_FEATURES)
    whole = np.stack(
        [answer_features(e.features, sentence.probability(e.features), e.evidence, e.sentences) for e in cases]
    )
    truth = np.array([e.answerable for e in cases])
    model = LogisticRegression(C=10.0)  # not balanced: the estimate is to be a probability
    left_out = cross_val_predict(model, whole, truth, cv=LeaveOneOut(), method="predict_proba")[:, 1]
    thresholds = np.linspace(0.3, 0.95, 131)
    macro = [f1_score(truth, left_out >= t, average="macro") for t in thresholds]
    # Of the thresholds that are as good within a hundredth, the boldest: a refusal hides a source, an answer shows it.
    threshold = float(round(thresholds[int(np.argmax(np.array(macro) >= max(macro) - 0.01))], 3))
    first = [bool(e.labels[int(np.argmax(sentence.probability(e.features)))]) for e in dev]
    figures = {
        "news questions, dev split": len(dev),
        "right sentence first": round(float(np.mean(first)), 3),
        "cases": len(truth),
        "cases without an answer": int((~truth).sum()),
        "answerability AUC, each case left out in turn": round(float(roc_auc_score(truth, left_out)), 3),
        "refusal macro F1, likewise": round(float(max(macro)), 3),
    }
    return Calibration(sentence, _weights(model.fit(whole, truth), ANSWER_FEATURES), threshold), figures


def describe(fitted: Calibration, figures: dict[str, Any]) -> dict[str, Any]:
    """The file's content."""

    def weights(w: Weights) -> dict[str, Any]:
        return {
            "bias": round(w.bias, 4),
            "weights": {n: round(float(v), 4) for n, v in zip(w.names, w.values, strict=True)},
        }

    return {
        "made by": "python -m assistant.models.fit_reader",
        "fitted on": "561 news passages written for this project; the development and the sample cases",
        "figures": figures,
        "threshold": fitted.threshold,
        "sentence": weights(fitted.sentence),
        "answer": weights(fitted.answer),
    }


def _weights(model: Any, names: tuple[str, ...]) -> Weights:
    return Weights(names, np.asarray(model.coef_[0]), float(model.intercept_[0]))


def _blank(names: tuple[str, ...]) -> Weights:
    return Weights(names, np.zeros(len(names)), 0.0)


def _read(row: dict[str, Any]) -> ReadDocument:
    name, text = _name(row), row["passage"]
    document = Document(name, text, "", "text/plain", title=row["title"], publisher=row["outlet"])
    articles = [Article(name, Span(0, len(text)), title=row["title"], publisher=row["outlet"])]
    passages, exclusions = split_passages(document, articles, PASSAGE_CHARACTERS)
    return ReadDocument(document, FileState("news", name, 0, 0, ""), articles, passages, exclusions)


def _name(row: dict[str, Any]) -> str:
    return f"{row['cluster']}/{row['part']}"


def _is_sibling(name: str, row: dict[str, Any]) -> bool:
    return name != _name(row) and name.startswith(f"{row['cluster']}/")


def _is_support(evidence: Evidence, sentence: Span, row: dict[str, Any], support: Sequence[str]) -> bool:
    """Whether a sentence stands in the question's own passage and is one of those that answer it."""
    folded = " ".join(sentence_text(evidence, sentence).split())
    gold = [" ".join(s.split()) for s in support]
    return evidence.passage.document == _name(row) and any(folded in s or s in folded for s in gold)


def _is_gold(evidence: Evidence, sentence: Span, gold: Sequence[dict[str, str]]) -> bool:
    """Whether a sentence is in a gold quote of its document, or the other way round."""
    folded = _fold(sentence_text(evidence, sentence))
    quotes = [_fold(g["quote"]) for g in gold if g["doc"] == evidence.passage.document]
    return any(folded in q or q in folded for q in quotes)


def _fold(text: str) -> str:
    return " ".join(text.split())


_BLANK = Calibration(_blank(SENTENCE_FEATURES), _blank(ANSWER_FEATURES), 0.5)
"""For collecting features, before there are weights."""


if __name__ == "__main__":
    sys.exit(main())
