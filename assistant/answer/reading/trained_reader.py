"""A question and its evidence -> how likely each sentence answers it, by the reading model and the built-in features.

The model reads each of the first passages with the question; what it says of passages and sentences joins the features
of `reading.py`, and two logistic regressions weigh them (`assistant/models/reader/calibration.json`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from assistant.answer.reading.network import Read, Readable, ReadingModel
from assistant.answer.reading.reader import (
    SENTENCE_FEATURES,
    BuiltInReader,
    Calibration,
    OnFirst,
    Reader,
    Reading,
    load_calibration,
    passages_read,
    reading_of,
    sentence_text,
)
from assistant.models.files import MODELS_DIR
from assistant.search.embedding import Embedder
from assistant.settings import Settings
from assistant.types import Evidence, Span

EMBEDDED_SENTENCES = 8
"""How many are compared with the question by their vectors: those that are likeliest by all else. Comparing all took
nearly half the time of an answer; for 97 % of the 118 development and sample cases whose gold evidence is read, the
same sentences are chosen."""
NEAR = SENTENCE_FEATURES.index("cover_with_neighbours")
CALIBRATION = MODELS_DIR / "reader" / "calibration.json"
MODEL_SENTENCE_FEATURES = (
    *SENTENCE_FEATURES, "model_sentence", "model_passage", "model_sentence_below_best", "model_passage_below_best",
)  # fmt: skip
MODEL_ANSWER_FEATURES = ("model_sentence", "model_passage")


@dataclass(frozen=True, slots=True)
class TrainedReader:
    """Reads with the reading model; what the built-in reader sees is read along."""

    built_in: BuiltInReader
    model: ReadingModel
    calibration: Calibration

    def read(
        self, question: str, context: str, evidence: Sequence[Evidence], on_first: OnFirst | None = None
    ) -> Reading:
        """Score every sentence of the first passages, then the whole.

        `on_first` gets readings of two of them, then of more, whose sentences were not compared by their vectors yet.
        """
        sentences, of_words = self.built_in.features_of_words(question, context, evidence)
        if not sentences:
            return Reading((), 0.0, tuple(evidence))
        passages = passages_read(evidence)
        passage_of = np.repeat(range(len(passages)), [len(e.passage.sentences) for e in passages])
        order = _reading_order([of_words[passage_of == i, NEAR].max() for i in range(len(passages))])
        told = 0.0

        def tell(read: list[Read]) -> bool:
            nonlocal told
            rows = [int(row) for i in order[: len(read)] for row in np.flatnonzero(passage_of == i)]
            features = _with_model(of_words[rows], read)
            scores = self.calibration.sentence.probability(features)
            told = max(told, self._answerability(features))
            first = reading_of(evidence, [sentences[row] for row in rows], scores, told)
            return on_first is not None and on_first(first)

        in_order = self.model.read(context, [readable(passages[i]) for i in order], tell if on_first else None)
        read = [in_order[order.index(i)] for i in range(len(passages))]
        features = _with_model(of_words, read)
        likeliest = np.argsort(-self.calibration.sentence.probability(features), kind="stable")[:EMBEDDED_SENTENCES]
        features = self.built_in.with_nearness(features, sentences, context, likeliest.tolist())
        scores = self.calibration.sentence.probability(features)
        return reading_of(evidence, sentences, scores, max(told, self._answerability(features)))

    def _answerability(self, features: np.ndarray) -> float:
        return float(self.calibration.answer.probability(model_answer_features(features)[None, :])[0])

    def features(
        self, question: str, context: str, evidence: Sequence[Evidence]
    ) -> tuple[list[tuple[Evidence, Span]], np.ndarray]:
        """The sentences of the first passages, and their features, shape (n, 18), with the nearness of every one."""
        sentences, of_words = self.built_in.features_of_words(question, context, evidence)
        if not sentences:
            return [], np.empty((0, len(MODEL_SENTENCE_FEATURES)))
        features = _with_model(of_words, self.model.read(context, [readable(e) for e in passages_read(evidence)]))
        return sentences, self.built_in.with_nearness(features, sentences, context, range(len(sentences)))


def _reading_order(named: Sequence[float]) -> list[int]:
    """Which passage is read first, by how much of the question's words a sentence of each stands with.

    The one found first, then the one that names most: of two harbours named nearly alike, the right one may stand
    there. By ranks alone one more of 85 development answers would have begun with a sentence that is left out in the
    end.
    """
    second = max(range(1, len(named)), key=lambda i: named[i], default=0)
    return list(dict.fromkeys([0, second, *range(len(named))]))


def _with_model(of_words: np.ndarray, read: Sequence[Read]) -> np.ndarray:
    """The features of words, shape (n, 14), and what the model says of the same sentences, shape (n, 18)."""
    of_sentence = np.concatenate([r.sentences for r in read])
    of_passage = np.array([r.answers for r in read for _ in r.sentences])
    added = (of_sentence, of_passage, of_sentence.max() - of_sentence, of_passage.max() - of_passage)
    return np.column_stack([of_words, *added])


def open_reader(settings: Settings, embedder: Embedder, rarity: Callable[[str], float]) -> tuple[Reader, float]:
    """The reader that the settings name, and the answerability below which a question is refused.

    The model is loaded when it first reads.
    """
    built_in = BuiltInReader(embedder, rarity, load_calibration())
    reader: BuiltInReader | TrainedReader = built_in
    if settings.reader == "trained":
        reader = TrainedReader(built_in, ReadingModel(threads=settings.threads), load_model_calibration())
    threshold = settings.refusal_threshold
    return reader, reader.calibration.threshold if threshold is None else threshold


def readable(evidence: Evidence) -> Readable:
    """What the model reads of a passage: its sentences; and outlet, date and heading, as in training."""
    article = evidence.article
    date = article.date.isoformat() if article.date else None
    source = ", ".join(filter(None, (article.outlet or article.publisher, date)))
    context = ": ".join(filter(None, (source, evidence.passage.heading or article.title)))
    return Readable(tuple(sentence_text(evidence, s) for s in evidence.passage.sentences), context)


def model_answer_features(features: np.ndarray, *_: object) -> np.ndarray:
    """What tells whether a question is answered at all, shape (2,): the best sentence and the best passage.

    Nearness, which the built-in reader has to go by, adds nothing to these (AUC 0.87 with it, 0.88 without, each of the
    147 development and sample cases left out in turn).
    """
    return np.array([features[:, MODEL_SENTENCE_FEATURES.index(n)].max() for n in MODEL_ANSWER_FEATURES])


def load_model_calibration(path: Path = CALIBRATION) -> Calibration:
    """The weights that `fit_reader.py` wrote for a reader with the model."""
    return load_calibration(path, MODEL_SENTENCE_FEATURES, MODEL_ANSWER_FEATURES)
