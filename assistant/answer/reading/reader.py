"""A question and its evidence -> how likely each sentence answers it, whether any does, and the evidence reordered.

The built-in reader: two logistic regressions over features that need no language model, fitted by
`assistant/models/fit_reader.py`; the weights and what they were fitted on lie in `assistant/models/reader.json`.
Whatever reads better later takes this one's place: `Reader`.
"""

from __future__ import annotations

import json
import re
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Protocol

import numpy as np

from assistant.models.files import MODELS_DIR
from assistant.search.embedding import Embedder
from assistant.search.words import stems
from assistant.types import Evidence, Span

READ_PASSAGES = 5  # whose sentences are read: with eight dev differs by a case, and takes half as long again
READ_CHARACTERS = 3_000
"""From the fourth on they are read only while all have no more characters than this: else long ones make the slowest
answers. Dev and sample are the same with it as without; with 2,800 dev's any@1 is a case less."""
ALWAYS_READ = 3

_NUMBER = re.compile(
    r"\d|[一二三四五六七八九十百千万亿]|\b(?:two|three|four|five|six|seven|eight|nine|ten|dozen|half)\b", re.I
)
_DATE = re.compile(
    r"\b(?:(?:19|20)\d\d|jan\w*|feb\w*|march|april|may|june|july|aug\w*|sept?\w*|oct\w*|nov\w*|dec\w*"
    r"|monday|tuesday|wednesday|thursday|friday|saturday|sunday|yesterday|today|week|month|year)\b|[年月日]",
    re.I,
)
_SPEECH = re.compile(
    r"[“\"„«「]|\b(?:said|says|say|told|added|wrote|writes|according|stated|noted|argued|warned|claims?|called)\b", re.I
)
_CAUSE = re.compile(
    r"\b(?:because|since|due to|owing|so that|in order|as a result|reason|after|following|to \w+)\b", re.I
)
_NAME = re.compile(r"(?<=[a-z,;:] )[A-Z][\w’'-]+")
_ASKS = {
    "number": re.compile(
        r"\b(?:how (?:many|much|large|big|high|old|long|far)"
        r"|what (?:share|percentage|price|rate|sum|size|number|figure)|number|amount|percent|cost"
        r"|wie ?viele?|combien)\b|多少|几",
        re.I,
    ),
    "date": re.compile(r"\b(?:when|since|until|what year|which year|date|day|month|wann|quand)\b|何时|什么时候", re.I),
    "person": re.compile(r"\b(?:who|whom|whose|wer|wem|qui|name)\b|谁", re.I),
    "cause": re.compile(r"\b(?:why|reason|cause|how come|warum|weshalb|pourquoi)\b|为什么", re.I),
    "speech": re.compile(r"\b(?:say|said|says|comment|stress|claim|argue|view|according|think|call|accus\w+)\b", re.I),
}
_KINDS = {"number": _NUMBER, "date": _DATE, "person": _NAME, "cause": _CAUSE, "speech": _SPEECH}
_QUOTED = re.compile(r"[“\"„«‘'](.{6,}?)[”\"“»’'](?!\w)")

SENTENCE_FEATURES = (
    "similarity", "similarity_below_best", "cover", "cover_with_neighbours", "cover_below_best", "passage_rank",
    "passage_score", "kind_fits", "kind_misses", "quoted", "length", "is_short", "in_passage_similarity",
    "is_heading",
)  # fmt: skip
NEARNESS = ("similarity", "similarity_below_best", "in_passage_similarity")
ANSWER_FEATURES = ("similarity", "passage_similarity", "best_is_in_first_passage")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence of a found passage, and the estimated probability (0 to 1) that it answers the question."""

    evidence: Evidence
    sentence: Span
    score: float


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader makes of the evidence: candidates, best first, and whether they answer (0 to 1)."""

    candidates: tuple[Candidate, ...]
    answerability: float
    evidence: tuple[Evidence, ...]
    """The same passages, by their best sentence; those that were not read follow as they were."""


OnFirst = Callable[[Reading], bool]
"""Is told what was read so far, again with each passage more, until it returns true: it has what it needs."""


class Reader(Protocol):
    """The seam at which a better reader takes the built-in one's place."""

    def read(
        self, question: str, context: str, evidence: Sequence[Evidence], on_first: OnFirst | None = None
    ) -> Reading:
        """Read the evidence for a question; `context` is the question with what it leans on.

        A reader that takes its time may tell `on_first` what it makes of the first passages before it has read all. The
        whole is then at least as answerable as what was told: an answer that was begun is not taken back.
        """


@dataclass(frozen=True, slots=True)
class Weights:
    """A logistic regression over named features, and the threshold at which it was calibrated."""

    names: tuple[str, ...]
    values: np.ndarray
    bias: float

    def probability(self, features: np.ndarray) -> np.ndarray:
        """Shape (n, features) -> shape (n,), each 0 to 1."""
        return np.asarray(1.0 / (1.0 + np.exp(-(features @ self.values + self.bias))))


@dataclass(frozen=True, slots=True)
class Calibration:
    """The built-in reader's weights, as fitted."""

    sentence: Weights
    answer: Weights
    threshold: float
    """Below this answerability a question is refused."""


@cache
def load_calibration(
    path: Path = MODELS_DIR / "reader.json",
    sentence: tuple[str, ...] = SENTENCE_FEATURES,
    answer: tuple[str, ...] = ANSWER_FEATURES,
) -> Calibration:
    """The weights that `fit_reader.py` wrote, for the named features."""
    stored = json.loads(path.read_text("utf-8"))

    def weights(name: str, expected: tuple[str, ...]) -> Weights:
        values = stored[name]["weights"]
        return Weights(expected, np.array([values[n] for n in expected]), float(stored[name]["bias"]))

    return Calibration(weights("sentence", sentence), weights("answer", answer), float(stored["threshold"]))


KEPT_SENTENCES = 10_000  # whose vectors are kept: about 20 MB


@dataclass(slots=True)
class SentenceVectors:
    """The vectors of sentences that were read lately: questions about one subject find the same ones again."""

    _kept: OrderedDict[str, np.ndarray] = field(default_factory=OrderedDict)
    _lock: Lock = field(default_factory=Lock)

    def of(self, texts: Sequence[str], embedder: Embedder) -> np.ndarray:
        """One row for each sentence, in order; shape (sentences, dimension)."""
        with self._lock:
            found = {text: self._kept[text] for text in texts if text in self._kept}
        new = [text for text in dict.fromkeys(texts) if text not in found]
        found |= dict(zip(new, embedder.embed(new), strict=True)) if new else {}
        with self._lock:
            for text in texts:
                self._kept[text] = found[text]
                self._kept.move_to_end(text)
            while len(self._kept) > KEPT_SENTENCES:
                self._kept.popitem(last=False)
        return np.stack([found[text] for text in texts])


@dataclass(frozen=True, slots=True)
class BuiltInReader:
    """Reads with the embedder and word rarities; no language model, no network."""

    embedder: Embedder
    rarity: Callable[[str], float]
    calibration: Calibration
    _vectors: SentenceVectors = field(default_factory=lambda: SentenceVectors())

    def read(
        self,
        question: str,
        context: str,
        evidence: Sequence[Evidence],
        on_first: OnFirst | None = None,  # noqa: ARG002
    ) -> Reading:
        """Score every sentence of the first passages, then the whole: all at once, so nothing is told before."""
        sentences, features = self.features(question, context, evidence)
        if not sentences:
            return Reading((), 0.0, tuple(evidence))
        scores = self.calibration.sentence.probability(features)
        whole = answer_features(features, scores, evidence, sentences)
        return reading_of(evidence, sentences, scores, float(self.calibration.answer.probability(whole[None, :])[0]))

    def features(
        self, question: str, context: str, evidence: Sequence[Evidence]
    ) -> tuple[list[tuple[Evidence, Span]], np.ndarray]:
        """The sentences of the first passages, and their features, shape (n, 14)."""
        sentences, features = self.features_of_words(question, context, evidence)
        return sentences, self.with_nearness(features, sentences, context, range(len(sentences)))

    def features_of_words(
        self, question: str, context: str, evidence: Sequence[Evidence]
    ) -> tuple[list[tuple[Evidence, Span]], np.ndarray]:
        """The same without the vectors, which take long: the columns of nearness are 0."""
        words = {stem: self.rarity(stem) for stem in dict.fromkeys(stems(context))}
        sentences = [(e, s) for e in passages_read(evidence) for s in e.passage.sentences]
        if not sentences:
            return [], np.empty((0, len(SENTENCE_FEATURES)))
        texts = [sentence_text(e, s) for e, s in sentences]
        said = [set(stems(text)) for text in texts]
        covers = [_cover(words, one) for one in said]
        around = [_cover(words, one) for one in _with_neighbours(sentences, said)]
        kinds = [kind for kind, asks in _ASKS.items() if asks.search(question)]
        quoted = [_fold(q) for q in _QUOTED.findall(question)]
        top_score = evidence[0].score or 1.0
        rows = []
        for i, (e, _) in enumerate(sentences):
            fits = [bool(_KINDS[kind].search(texts[i])) for kind in kinds]
            rows.append(
                (
                    *(0.0, 0.0, covers[i], around[i], max(covers) - covers[i]),
                    *(1.0 / e.rank, e.score / top_score, float(any(fits)), float(bool(fits) and not any(fits))),
                    *(float(any(q in _fold(texts[i]) for q in quoted)), min(len(texts[i]), 400) / 400),
                    *(float(len(texts[i]) < 40), 0.0, float(_is_heading(e, texts[i]))),
                )
            )
        return sentences, np.array(rows, dtype=np.float64)

    def with_nearness(
        self,
        features: np.ndarray,
        sentences: Sequence[tuple[Evidence, Span]],
        context: str,
        embedded: Sequence[int],
    ) -> np.ndarray:
        """The features with how near each sentence is to the question; more columns may follow.

        `embedded` says which sentences, counted from 0, are compared by their vectors; the others count as no nearer
        than the farthest of these.
        """
        if not sentences:
            return features
        texts = [sentence_text(*sentences[i]) for i in embedded]
        near = self._vectors.of(texts, self.embedder) @ self.embedder.embed([context])[0]
        similarity = np.full(len(sentences), near.min())
        similarity[list(embedded)] = near
        of_passage = np.array([e.passage.id for e, _ in sentences])
        best = np.array([similarity[of_passage == passage_id].max() for passage_id in of_passage])
        columns = [SENTENCE_FEATURES.index(name) for name in NEARNESS]
        nearer = features.copy()
        nearer[:, columns] = np.column_stack([similarity, similarity.max() - similarity, best - similarity])
        return nearer


def passages_read(evidence: Sequence[Evidence]) -> list[Evidence]:
    """The first passages, as many as are read: up to five, and a fourth or fifth only while there is room for it."""
    read: list[Evidence] = []
    characters = 0
    for item in (e for e in evidence if e.passage.sentences):
        characters += len(item.passage.text)
        if len(read) == READ_PASSAGES or (len(read) >= ALWAYS_READ and characters > READ_CHARACTERS):
            break
        read.append(item)
    return read


def reading_of(
    evidence: Sequence[Evidence], sentences: Sequence[tuple[Evidence, Span]], scores: np.ndarray, answerability: float
) -> Reading:
    """The sentences by their scores, and the passages by their best sentence."""
    candidates = [Candidate(e, s, float(score)) for (e, s), score in zip(sentences, scores, strict=True)]
    candidates.sort(key=lambda c: (-c.score, c.evidence.rank, c.sentence.start))
    order = _by_best_sentence(candidates, evidence)
    moved = {e.passage.id: e for e in order}
    return Reading(tuple(replace(c, evidence=moved[c.evidence.passage.id]) for c in candidates), answerability, order)


def answer_features(
    features: np.ndarray, scores: np.ndarray, evidence: Sequence[Evidence], sentences: Sequence[tuple[Evidence, Span]]
) -> np.ndarray:
    """What tells whether a question is answered at all, shape (3,).

    Questions written to lie close to what a text says have the same words and the same nearness as the answered ones:
    of thirty features tried, these were the ones that told anything on both sets of cases.
    """
    best = int(np.argmax(scores))
    nearest = max((e.similarity for e in evidence[:3] if e.similarity is not None), default=0.0)
    return np.array([features[best, 0], nearest, float(sentences[best][0].rank == 1)], dtype=np.float64)


def sentence_text(evidence: Evidence, sentence: Span) -> str:
    """The words of a sentence of a passage."""
    start = evidence.passage.span.start
    return evidence.passage.text[sentence.start - start : sentence.end - start]


def _with_neighbours(sentences: Sequence[tuple[Evidence, Span]], said: Sequence[set[str]]) -> Iterator[set[str]]:
    """The stems of each sentence and of the one before and after it in its passage, and of what they stand under."""
    above: dict[int, set[str]] = {}
    for i, (e, _) in enumerate(sentences):
        if e.passage.id not in above:
            article = e.article
            over = (article.outlet, article.publisher, article.title, e.passage.heading)
            above[e.passage.id] = set(stems(" ".join(filter(None, over))))
        beside = (j for j in (i - 1, i, i + 1) if 0 <= j < len(sentences) and sentences[j][0] is e)
        yield above[e.passage.id].union(*(said[j] for j in beside))


def _by_best_sentence(candidates: Sequence[Candidate], evidence: Sequence[Evidence]) -> tuple[Evidence, ...]:
    """Rerank: on the development cases this puts gold evidence first for 81 % of the questions, against 74 %."""
    best = list(dict.fromkeys(c.evidence.passage.id for c in candidates))
    place = {passage_id: i for i, passage_id in enumerate(best)}
    order = sorted(evidence, key=lambda e: place.get(e.passage.id, len(place) + e.rank))
    return tuple(replace(e, rank=rank) for rank, e in enumerate(order, start=1))


def _is_heading(evidence: Evidence, text: str) -> bool:
    """Whether a sentence is (part of) the heading that its passage stands under, or its article's title."""
    folded = text.strip("#* ")
    return bool(folded) and (folded in evidence.passage.heading or folded == evidence.article.title)


def _cover(words: dict[str, float], found: set[str]) -> float:
    """The share of the question's words, weighted by rarity, that a text holds; 0 to 1."""
    total = sum(words.values())
    return sum(rarity for word, rarity in words.items() if word in found) / total if total else 0.0


def _fold(text: str) -> str:
    return " ".join(text.translate({0x2019: "'", 0x2018: "'"}).casefold().split())
