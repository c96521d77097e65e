"""Examples -> a batch of token ids with the places of their sentences, as arrays that need no torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from assistant.answer.reading.network import kinds_of

LONGEST, MOST_ASKED, MOST_CONTEXT = 320, 96, 48  # tokens
START, PAD, STOP = 0, 1, 2
NOTHING = -1  # a label of which nothing is known


@dataclass(frozen=True, slots=True)
class Batch:
    """What `Encoder.forward` takes, and what it should say."""

    ids: NDArray[np.int64]
    kinds: NDArray[np.int64]
    present: NDArray[np.int64]
    sentence_of: NDArray[np.float32]
    ends: NDArray[np.int64]
    labels: NDArray[np.int64]
    """(batch, sentences): 1, 0, or `NOTHING`."""
    faults: NDArray[np.int64]
    """(batch, tokens): 1 where the claim's word is not carried, 0 where it is, else `NOTHING`."""
    targets: NDArray[np.float32]
    verdicts: NDArray[np.int64]
    """(batch,): what the claim is; `NOTHING` for questions, and where only right is told from wrong."""
    is_claim: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Row:
    ids: list[int]
    question: int
    """Tokens up to the marker that ends the question."""
    places: list[tuple[int, int] | None]
    """First and last token of each sentence, its marker included; None where there was no room."""
    faults: list[int]


def open_tokenizer(file: Any) -> Tokenizer:
    """The pruned tokenizer, which neither fills up nor cuts."""
    tokenizer = Tokenizer.from_file(str(file))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def batch_of(rows: Sequence[dict[str, Any]], tokenizer: Tokenizer, longest: int = LONGEST) -> Batch:
    """A batch; sentences for which there is no room among the `longest` tokens are left out."""
    texts = [t for row in rows for t in (row["asked"], row["context"], *row["sentences"])]
    encoded = iter(tokenizer.encode_batch(texts, add_special_tokens=False))
    built = [
        _row(row, longest, next(encoded), next(encoded).ids, [next(encoded).ids for _ in row["sentences"]])
        for row in rows
    ]
    width = -(-max(len(row.ids) for row in built) // 8) * 8
    most = max(len(row.places) for row in built)
    size, each = (len(rows), width), (len(rows), most)
    made = Batch(
        ids=np.full(size, PAD), kinds=np.ones(size, dtype=np.int64), present=np.zeros(size, dtype=np.int64),
        sentence_of=np.zeros((*each, width), dtype=np.float32), ends=np.zeros(each, dtype=np.int64),
        labels=np.full(each, NOTHING), faults=np.full(size, NOTHING),
        targets=np.array([row["target"] for row in rows], dtype=np.float32),
        verdicts=np.array([NOTHING if row["verdict"] is None else row["verdict"] for row in rows]),
        is_claim=np.array([bool(row["is_claim"]) for row in rows]),
    )  # fmt: skip
    for i, row in enumerate(built):
        made.ids[i, : len(row.ids)] = row.ids
        made.kinds[i, : len(row.ids)] = kinds_of(row.ids, row.question)
        made.present[i, : len(row.ids)] = 1
        made.faults[i, 1 : 1 + len(row.faults)] = row.faults
        for j, place in enumerate(row.places):
            if place is None:
                continue
            first, end = place
            made.sentence_of[i, j, first : end + 1] = 1 / (end + 1 - first)
            made.ends[i, j] = end
            if rows[i]["labels"] is not None:
                made.labels[i, j] = rows[i]["labels"][j]
    return made


def _row(
    row: dict[str, Any], longest: int, asked: Encoding, context: list[int], sentences: Sequence[list[int]]
) -> _Row:
    ids = [START, *asked.ids[:MOST_ASKED], STOP]
    question = len(ids)
    ids += [*context[:MOST_CONTEXT], STOP] if context else []
    places: list[tuple[int, int] | None] = []
    for sentence in sentences:
        room = longest - len(ids) - 1
        if room < min(8, len(sentence)):
            places.append(None)
            continue
        places.append((len(ids), len(ids) + len(sentence[:room])))
        ids += [*sentence[:room], STOP]
    faults = [] if row["faults"] is None else [
        int(any(start < last and first < end for first, last in row["faults"])) for start, end in asked.offsets
    ][:MOST_ASKED]  # fmt: skip
    return _Row(ids, question, places, faults)
