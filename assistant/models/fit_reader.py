"""Passages with questions, and cases with their corpora -> the weights with which a reader adds up what it sees.

    python -m assistant.models.fit_reader --news news.jsonl.gz --cases FILE FOLDER --cases FILE FOLDER
    python -m assistant.models.fit_reader --model --news news.jsonl.gz --cases FILE FOLDER --cases FILE FOLDER

The second fits the reader that has the reading model (`reader/calibration.json`), the first the one without
(`reader.json`). Needs the `models` extra (scikit-learn). Which sentence answers is learned from news passages written
for this project: they become a library, every question is asked of it with the retriever and the features of a real
answer, and the sentences found are labelled; the cases join them, weighing as much. With the model these passages are
those of the dev split, which it was not trained on. Whether any sentence answers is learned from the cases alone, since
questions about a single passage tell nothing about a whole corpus.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from assistant.answer.question.library_names import LibraryNames
from assistant.answer.question.understand import understand
from assistant.answer.reading.network import Readable, ReadingModel
from assistant.answer.reading.reader import (
    ANSWER_FEATURES,
    SENTENCE_FEATURES,
    BuiltInReader,
    Calibration,
    Weights,
    answer_features,
    sentence_text,
)
from assistant.answer.reading.trained_reader import (
    CALIBRATION,
    MODEL_ANSWER_FEATURES,
    MODEL_SENTENCE_FEATURES,
    TrainedReader,
    model_answer_features,
)
from assistant.ingest.passages import split_passages
from assistant.ingest.sync.sync import make_plan, sync
from assistant.models.training.examples import news_rows
from assistant.search.embedding import BuiltInEmbedding, Embedder, Vectors
from assistant.search.index import open_for_writing
from assistant.search.library import FileState, ReadDocument
from assistant.search.retriever import retrieve
from assistant.types import Article, Document, Evidence, Span, Turn

PASSAGE_CHARACTERS = 900
EVIDENCE_COUNT = 12
FALSE_REFUSALS = 0.1  # share of the answerable questions of each set of cases that may be refused
DOUBTED = 0.03  # share of right claims that the verifier may doubt


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


@dataclass(frozen=True, slots=True)
class Kind:
    """Which reader is fitted: its features, and what it is fitted on."""

    sentence: tuple[str, ...]
    answer: tuple[str, ...]
    of_answer: Callable[..., np.ndarray]
    split: str
    """Of the news passages."""
    file: Path
    model: ReadingModel | None = None

    def reader(self, built_in: BuiltInReader) -> BuiltInReader | TrainedReader:
        """The reader whose features are collected."""
        return built_in if self.model is None else TrainedReader(built_in, self.model, _BLANK)


WITHOUT_MODEL = Kind(
    SENTENCE_FEATURES, ANSWER_FEATURES, answer_features, "train", Path(__file__).parent / "reader.json"
)
WITH_MODEL = Kind(
    MODEL_SENTENCE_FEATURES, MODEL_ANSWER_FEATURES, model_answer_features, "dev", CALIBRATION, ReadingModel()
)


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """One question with the features of the sentences found for it."""

    features: np.ndarray
    evidence: Sequence[Evidence]
    sentences: Sequence[tuple[Evidence, Span]]
    labels: np.ndarray
    """Which sentences answer."""
    answerable: bool
    parts: tuple[np.ndarray, ...] = ()
    """The features for each part of a question that has several: it is answered where one of them is."""


def main() -> int:
    """Fit, measure and write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--news", type=Path, required=True)
    parser.add_argument("--cases", type=Path, nargs=2, action="append", required=True)
    parser.add_argument("--model", action="store_true", help="fit the reader that has the reading model")
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    kind = WITH_MODEL if arguments.model else WITHOUT_MODEL
    with gzip.open(arguments.news, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    embedder = RememberingEmbedder(BuiltInEmbedding())
    train = news_examples([r for r in rows if r["split"] == kind.split], embedder, kind)
    dev = news_examples([r for r in rows if r["split"] == "dev"], embedder, kind)
    cases = [case_examples(file, folder, embedder, kind) for file, folder in arguments.cases]
    fitted, figures = fit(train, dev, cases, kind)
    written = describe(fitted, figures, kind)
    if kind.model is not None:
        written["claim"] = fit_claims(news_rows(arguments.news, {"dev"}), kind.model)
    (arguments.out or kind.file).write_text(json.dumps(written, indent=1) + "\n", "utf-8")
    sys.stdout.write(json.dumps(figures, indent=1) + "\n")
    return 0


def news_examples(rows: Sequence[dict[str, Any]], embedder: Embedder, kind: Kind) -> list[Example]:
    """Index the passages, ask their answerable questions, and label the sentences found.

    Passages of other outlets on the same event are left out of the evidence: they may answer in other words.
    """
    examples: list[Example] = []
    with tempfile.TemporaryDirectory() as folder, open_for_writing(Path(folder), embedder) as index:
        documents = [_read(row) for row in rows]
        for start in range(0, len(documents), 50):
            index.store(documents[start : start + 50])
        reader = kind.reader(BuiltInReader(embedder, index.words.rarity, _BLANK))
        for row in rows:
            for item in row["items"]:
                found = retrieve(item["q"], index, 3 * EVIDENCE_COUNT) if item["answerable"] else []
                evidence = [e for e in found if not _is_sibling(e.passage.document, row)][:EVIDENCE_COUNT]
                sentences, features = reader.features(item["q"], item["q"], evidence)
                labels = np.array([_is_support(e, s, row, item["support"]) for e, s in sentences])
                if labels.any():  # where the retriever missed the passage there is nothing to learn for a reader
                    examples.append(Example(features, evidence, sentences, labels, True))
    return examples


def case_examples(file: Path, folder: Path, embedder: Embedder, kind: Kind) -> list[Example]:
    """Index a corpus and ask its cases."""
    examples: list[Example] = []
    with tempfile.TemporaryDirectory() as library, open_for_writing(Path(library), embedder) as index:
        sync(make_plan([folder], index, PASSAGE_CHARACTERS), index, PASSAGE_CHARACTERS)
        reader = kind.reader(BuiltInReader(embedder, index.words.rarity, _BLANK))
        names = LibraryNames().at(index.library.generation, index.library.aliases)
        for case in map(json.loads, file.read_text("utf-8").splitlines()):
            history = [Turn(t["role"], t["content"]) for t in case.get("history", [])]
            query = understand(case["question"], history, names=names, newest=index.library.summary().newest)
            evidence = retrieve(query, index, EVIDENCE_COUNT)
            sentences, features = reader.features(case["question"], query.text, evidence)
            labels = np.array([_is_gold(e, s, case["evidence"]) for e, s in sentences])
            parts = tuple(reader.features(part, part, evidence)[1] for part in query.parts)
            examples.append(Example(features, evidence, sentences, labels, case["answerable"], parts))
    return examples


def fit(
    train: Sequence[Example], dev: Sequence[Example], sets: Sequence[Sequence[Example]], kind: Kind
) -> tuple[Calibration, dict[str, Any]]:
    """Both regressions, of news and of sets of cases; the figures are from questions that a fit has not seen."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import f1_score, roc_auc_score
    from sklearn.model_selection import LeaveOneOut, cross_val_predict

    cases = [e for one in sets for e in one]
    found = [e for e in cases if e.labels.any()]
    # The cases are few, but they are the real thing: without the model they weigh as much as the news questions.
    weight = len(train) / len(found) if kind.model is None else 1.0
    sentence = fit_sentences([(e, 1.0) for e in train] + [(e, weight) for e in found], kind)
    whole = np.stack(
        [kind.of_answer(e.features, sentence.probability(e.features), e.evidence, e.sentences) for e in cases]
    )
    truth = np.array([e.answerable for e in cases])
    model = LogisticRegression(C=10.0)  # not balanced: the estimate is to be a probability
    left_out = cross_val_predict(model, whole, truth, cv=LeaveOneOut(), method="predict_proba")[:, 1]
    thresholds = np.linspace(0.3, 0.95, 131)
    macro = [f1_score(truth, left_out >= t, average="macro") for t in thresholds]
    if kind.model is None:
        # Of the thresholds that are as good within a hundredth, the boldest.
        threshold = float(round(thresholds[int(np.argmax(np.array(macro) >= max(macro) - 0.01))], 3))
    else:  # the most cautious one that refuses no more than a tenth of what is answered, in whichever set
        model.fit(whole, truth)
        of_parts = [[kind.of_answer(part)] for e in cases for part in e.parts]
        owner = [number for number, e in enumerate(cases) for _ in e.parts]
        estimates = model.predict_proba(whole)[:, 1]
        np.maximum.at(estimates, owner, [model.predict_proba(row)[0, 1] for row in of_parts])
        of_set = np.repeat(np.arange(len(sets)), [len(one) for one in sets])
        answered = [estimates[truth & (of_set == number)] for number in range(len(sets))]
        refused = np.array([max(np.mean(of_one < t) for of_one in answered) for t in thresholds])
        threshold = float(round(thresholds[np.flatnonzero(refused <= FALSE_REFUSALS)[-1]], 3))
    # With the model the dev split is what was learned from: then the cases, by what the news alone teach, are unseen.
    unseen, by = (dev, sentence) if kind.model is None else (found, fit_sentences([(e, 1.0) for e in train], kind))
    first = [bool(e.labels[int(np.argmax(by.probability(e.features)))]) for e in unseen]
    figures = {
        "questions that were not learned from": len(unseen),
        "right sentence first": round(float(np.mean(first)), 3),
        "cases": len(truth),
        "cases without an answer": int((~truth).sum()),
        "answerability AUC, each case left out in turn": round(float(roc_auc_score(truth, left_out)), 3),
        "refusal macro F1, likewise, at best": round(float(max(macro)), 3),
    }
    return Calibration(sentence, _weights(model.fit(whole, truth), kind.answer), threshold), figures


def fit_sentences(examples: Sequence[tuple[Example, float]], kind: Kind) -> Weights:
    """A logistic regression over examples and their weights; features are scaled for it, the weights scaled back."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    rows = np.concatenate([e.features for e, _ in examples])
    labels = np.concatenate([e.labels for e, _ in examples])
    weight = np.concatenate([np.full(len(e.labels), each) for e, each in examples])
    if kind.model is None:
        return _weights(LogisticRegression(C=1.0, max_iter=2000).fit(rows, labels, weight), kind.sentence)
    scale = StandardScaler().fit(rows)
    # Regularised: from 0.003 to 0.1 dev and sample differ by a case or two; 1 puts the right sentence first less often.
    model = LogisticRegression(C=0.1, max_iter=2000).fit(scale.transform(rows), labels, weight)
    values = model.coef_[0] / scale.scale_
    return Weights(kind.sentence, values, float(model.intercept_[0] - values @ scale.mean_))


def fit_claims(rows: Sequence[dict[str, Any]], model: ReadingModel) -> dict[str, float]:
    """Platt scaling of the logits of claims that the model was not trained on; a threshold below most right ones."""
    from sklearn.linear_model import LogisticRegression

    claims = [(c, [row["sents"][i] for i in c["evidence"]]) for row in rows for c in row["claims"]]
    logits = np.array([model.read(c["claim"], [Readable(tuple(cited))])[0].supports for c, cited in claims])
    right = np.array([c["label"] == "support" for c, _ in claims])
    scaled = LogisticRegression(C=10.0).fit(logits[:, None], right)
    lowest = np.quantile(scaled.predict_proba(logits[right][:, None])[:, 1], DOUBTED)
    return {
        "weight": round(float(scaled.coef_[0][0]), 4),
        "bias": round(float(scaled.intercept_[0]), 4),
        "threshold": round(float(lowest), 3),
    }


def describe(fitted: Calibration, figures: dict[str, Any], kind: Kind) -> dict[str, Any]:
    """The file's content."""

    def weights(w: Weights) -> dict[str, Any]:
        return {
            "bias": round(w.bias, 4),
            "weights": {n: round(float(v), 4) for n, v in zip(w.names, w.values, strict=True)},
        }

    return {
        "made by": f"python -m assistant.models.fit_reader{' --model' if kind is WITH_MODEL else ''}",
        "fitted on": f"news passages written for this project ({kind.split}); the development and the sample cases",
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
