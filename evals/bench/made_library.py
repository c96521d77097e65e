"""A number and a seed -> a library of so many made-up passages, written in bulk, and questions about it.

Vectors are not embedded: they are unit vectors at random around some hundreds of centres, one a topic, as those of real
texts lie in clumps. Words are invented, rare ones and frequent ones as in real texts, a few of them a topic's own.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from assistant.search.embedding import Embedder, Vectors
from assistant.search.index import open_for_writing
from assistant.search.library import FileState, with_ids
from assistant.types import Article, Document, Passage, Span

DIMENSION = 384
TOPICS = 400
SPREAD = 0.055  # of each number around its centre's: two passages of a topic have a cosine of some 0.46
VOCABULARY = 30_000
TOPIC_WORDS = 20
WORDS_A_PASSAGE = 90  # some 600 characters
PASSAGES_A_DOCUMENT = 10
FIRST_DAY = datetime.date(2020, 1, 1)
DAYS = 1_000
PUBLISHERS = 50
BATCH = 20_000
NAME = "made-up"


class MadeUp:
    """The topics, words and questions of one seed."""

    def __init__(self, seed: int = 1) -> None:
        self._random = np.random.default_rng(seed)
        centres = self._random.standard_normal((TOPICS, DIMENSION)).astype(np.float32)
        self.centres: Vectors = centres / np.linalg.norm(centres, axis=1, keepdims=True)
        syllables = [c + v for c in "bdfgklmnprstvz" for v in "aeiou"]
        number = len(syllables)
        self.words = [
            syllables[i % number] + syllables[i // number % number] + syllables[i // number**2] + "x"
            for i in range(VOCABULARY)
        ]
        shares = 1.0 / (np.arange(VOCABULARY) + 8.0)  # Zipf's law, flattened at its head
        self._cumulated = np.cumsum(shares / shares.sum())
        self._own = self._random.integers(2_000, VOCABULARY, (TOPICS, TOPIC_WORDS))

    def vectors(self, topics: np.ndarray) -> Vectors:
        """A vector near each topic's centre."""
        noise = self._random.standard_normal((len(topics), DIMENSION), dtype=np.float32) * np.float32(SPREAD)
        rows: Vectors = self.centres[topics] + noise
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        return rows

    def texts(self, topics: np.ndarray, words: int = WORDS_A_PASSAGE, own: int = 12) -> list[str]:
        """A text for each topic, so many of its words the topic's own."""
        common = np.searchsorted(self._cumulated, self._random.random((len(topics), words - own)))
        columns = self._random.integers(0, TOPIC_WORDS, (len(topics), own))
        numbers = np.hstack([common, np.take_along_axis(self._own[topics], columns, axis=1)])
        return [" ".join(self.words[min(n, VOCABULARY - 1)] for n in row) + "." for row in numbers.tolist()]

    def questions(self, count: int) -> tuple[list[str], Vectors]:
        """Questions of ten words, four of them their topic's own, with their vectors."""
        topics = self._random.integers(0, TOPICS, count)
        return self.texts(topics, words=10, own=4), self.vectors(topics)


@dataclass(slots=True)
class QuestionEmbedder:
    """Embeds with another embedder, for the time that takes, and gives the vector that was made for the text."""

    inner: Embedder
    known: dict[str, Vectors] = field(default_factory=dict)
    name: str = NAME
    dimension: int = DIMENSION

    def embed(self, texts: Sequence[str]) -> Vectors:
        """The made vectors, after the inner embedder has embedded the texts."""
        self.inner.embed(texts)
        return np.stack([self.known[text] for text in texts])


class NoEmbedder:
    """For writing, where vectors are handed over ready-made."""

    name = NAME
    dimension = DIMENSION

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Nothing is embedded here."""
        raise AssertionError(f"{len(texts)} texts should have been stored with their vectors")


def make_library(folder: Path, count: int, made: MadeUp) -> None:
    """Write a library of `count` passages: rows, vectors and words, as `Index.store` would, in far fewer commits."""
    with open_for_writing(folder, NoEmbedder(), purpose="making up passages") as index:
        for documents, vectors in _batches(count, made):
            stored: list[tuple[Passage, Article]] = []
            with index.library.transaction():
                for document, article, passages in documents:
                    state = FileState("/made", document.name, len(document.text), 0, "made")
                    document_id, ids = index.library.add(document, state, [article], passages, [])
                    stored += [(passage, article) for passage in with_ids(passages, document_id, ids)]
            index.vectors.add([passage.id for passage, _ in stored], vectors)
            index.words.update(stored)


def day_of(document: int) -> datetime.date:
    """Every day comes as often, and in no order."""
    return FIRST_DAY + datetime.timedelta(days=document * 7_919 % DAYS)


def _batches(count: int, made: MadeUp) -> Iterator[tuple[list[tuple[Document, Article, list[Passage]]], Vectors]]:
    for start in range(0, count, BATCH):
        here = min(BATCH, count - start)
        # A document is about one topic.
        topics = np.repeat(made._random.integers(0, TOPICS, -(-here // PASSAGES_A_DOCUMENT)), PASSAGES_A_DOCUMENT)[
            :here
        ]
        texts = made.texts(topics)
        parts = range(0, here, PASSAGES_A_DOCUMENT)
        first = start // PASSAGES_A_DOCUMENT
        yield (
            [_document(first + i, texts[at : at + PASSAGES_A_DOCUMENT]) for i, at in enumerate(parts)],
            made.vectors(topics),
        )


def _document(number: int, texts: Sequence[str]) -> tuple[Document, Article, list[Passage]]:
    name, text = f"{number // 1_000:04}/{number:07}.txt", "\n\n".join(texts)
    publisher, day = f"Publisher {number % PUBLISHERS}", day_of(number)
    passages, start = [], 0
    for part in texts:
        span = Span(start, start + len(part))
        passages.append(Passage(name, span, part, (span,)))
        start = span.end + 2
    document = Document(name, text, f"{number:064x}", "text/plain", publisher=publisher, date=day, language="en")
    article = Article(name, Span(0, len(text)), publisher=publisher, publisher_how="stated", date=day)
    return document, article, passages
