"""A question or claim, and sentences -> what the built-in reading model makes of them: three kinds of logits.

One passage at a time, several side by side: in a batch, 8-bit arithmetic would let a passage's neighbours move its
scores. What is too long for the network is read in stretches of whole sentences.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Tokenizer

from assistant.errors import AssistantError
from assistant.models.files import MODELS_DIR, REMEDY, model_file

MODEL, TOKENIZER = "reader/model.onnx", "embedder/tokenizer.json"  # both networks have one vocabulary
MOST_TOKENS = 320  # the longest row it was trained on
MOST_ASKED, MOST_CONTEXT = 80, 40  # tokens
FIRST_PASSAGES = 2  # with which an answer may begin: side by side on two cores


@dataclass(frozen=True, slots=True)
class Readable:
    """Sentences to be read for a question, and what is read along with them: outlet, date, title."""

    sentences: tuple[str, ...]
    context: str = ""


@dataclass(frozen=True, slots=True)
class Read:
    """Logits: above 0 is more likely than not, as trained; probabilities need the calibration."""

    sentences: NDArray[np.float64]
    """For each sentence: is it evidence?"""
    answers: float
    """Do the sentences answer the question?"""
    supports: float
    """Do they carry the claim?"""


@dataclass(slots=True)
class ReadingModel:
    """The 8-bit network on onnxruntime; loaded when the first sentence comes, once. Safe to use from several threads.

    The same question and sentences always give the same logits, whatever is read with them.
    """

    folder: Path = MODELS_DIR
    threads: int = 0
    """Passages read side by side; 0 is one a core."""
    _network: _Network | None = None
    _readers: ThreadPoolExecutor | None = None
    """One pool for all questions: of twenty that come at once the first is read first, and not all of them last."""
    _lock: Lock = field(default_factory=Lock)

    def read(
        self, asked: str, passages: Sequence[Readable], on_first: Callable[[list[Read]], bool] | None = None
    ) -> list[Read]:
        """Read each passage for a question, or a claim.

        `on_first` gets what was made of the first two passages while the others are being read, and again with each one
        more, until it returns true; what it raises is raised, and what was not begun by then is not read.

        Raises:
            AssistantError: a model file is missing or damaged.
        """
        if not passages:
            return []
        network, readers = self._opened()
        if len(passages) == 1 and on_first is None:
            return [network.read(asked, passages[0])]
        # After them the longest first: else the last, begun late, keeps one core busy while the others wait. Reckoned
        # from the tokens of 107 questions' eight passages, two cores take 2.4 % longer than half; 5.8 % in order.
        order = sorted(range(len(passages)), key=lambda i: (i >= FIRST_PASSAGES, -sum(map(len, passages[i].sentences))))
        reading = {i: readers.submit(network.read, asked, passages[i]) for i in order}
        try:
            if on_first is not None:
                for count in range(min(FIRST_PASSAGES, len(passages)), len(passages) + 1):
                    if on_first([reading[i].result() for i in range(count)]):
                        break
            return [reading[i].result() for i in range(len(passages))]
        finally:
            for future in reading.values():
                future.cancel()

    def _opened(self) -> tuple[_Network, ThreadPoolExecutor]:
        """The network and those who read with it; made once."""
        with self._lock:
            self._network = self._network or _Network(self.folder)
            self._readers = self._readers or ThreadPoolExecutor(self.threads or os.cpu_count() or 1)
            return self._network, self._readers


class _Network:
    """Tokenizer and ONNX session."""

    def __init__(self, folder: Path) -> None:
        model, tokenizer = model_file(MODEL, folder), model_file(TOKENIZER, folder)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # the threads are ours: one passage each
        try:
            self._session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
            self._tokenizer = Tokenizer.from_file(str(tokenizer))
        except Exception as error:  # both libraries raise bare exceptions of their own
            raise AssistantError(f"The reading model could not be loaded: {error}", REMEDY) from error
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self._start, self._stop = self._tokenizer.encode("").ids  # its two markers: [CLS] and [SEP]

    def read(self, asked: str, passage: Readable) -> Read:
        """All stretches of a passage; as a whole it is what its best stretch is."""
        question = [self._start, *self._ids(asked)[:MOST_ASKED], self._stop]
        context = self._ids(passage.context)[:MOST_CONTEXT]
        before = [*question, *context, self._stop] if context else question
        sentences = [self._ids(s)[: MOST_TOKENS - len(before) - 1] for s in passage.sentences]
        read = [self._stretch(before, len(question), part) for part in _stretches(sentences, MOST_TOKENS - len(before))]
        return Read(
            np.concatenate([r.sentences for r in read]), max(r.answers for r in read), max(r.supports for r in read)
        )

    def _stretch(self, before: list[int], question: int, sentences: list[list[int]]) -> Read:
        ids, ends = list(before), []
        means = np.zeros((1, len(sentences), len(before) + sum(len(s) + 1 for s in sentences)), dtype=np.float32)
        for i, sentence in enumerate(sentences):
            first = len(ids)
            ids += [*sentence, self._stop]
            means[0, i, first : len(ids)] = 1 / (len(ids) - first)
            ends.append(len(ids) - 1)
        token_ids = np.array([ids], dtype=np.int64)
        kinds = np.array([kinds_of(ids, question)], dtype=np.int64)
        feed = {
            "token_ids": token_ids, "kinds": kinds, "present": np.ones_like(token_ids), "sentence_of": means,
            "ends": np.array([ends], dtype=np.int64),
        }  # fmt: skip
        of_sentences, answers, supports = self._session.run(("sentences", "answers", "supports"), feed)
        return Read(of_sentences[0].astype(np.float64), float(answers[0]), float(supports[0]))

    def _ids(self, text: str) -> list[int]:
        ids: list[int] = self._tokenizer.encode(text, add_special_tokens=False).ids
        return ids


def kinds_of(ids: Sequence[int], question: int) -> list[int]:
    """What each token is: 0 of the question, 1 of what is read; 3 and 2 where the same word stands on the other side.

    `question` is the number of tokens up to the marker that ends the question. The weights that the network was made
    from had learnt to sum up a text, not to compare two: the kinds spare it finding which words are common to both.
    """
    asked, read = set(ids[1 : question - 1]), set(ids[question:])
    before = [3 if token in read else 0 for token in ids[1 : question - 1]]
    return [0, *before, 0, *(2 if token in asked else 1 for token in ids[question:])]


def _stretches(sentences: Sequence[list[int]], room: int) -> list[list[list[int]]]:
    """Sentences in order, in as few stretches as have room for them with a marker after each."""
    stretches: list[list[list[int]]] = [[]]
    taken = 0
    for sentence in sentences:
        if stretches[-1] and taken + len(sentence) + 1 > room:
            stretches.append([])
            taken = 0
        stretches[-1].append(sentence)
        taken += len(sentence) + 1
    return stretches
