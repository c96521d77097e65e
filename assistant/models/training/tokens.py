"""Examples -> a batch of token ids with the places of their sentences, as tensors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from tokenizers import Tokenizer
from torch import Tensor

from assistant.answer.reading.network import kinds_of

LONGEST = 320  # tokens: a question and a passage of the product have 250


@dataclass(frozen=True, slots=True)
class Tokens:
    """What `ReadingNetwork.forward` takes, and what it should say."""

    ids: Tensor
    kinds: Tensor
    present: Tensor
    sentence_of: Tensor
    ends: Tensor
    labels: Tensor
    """(batch, sentences): 1, 0, or -1 where nothing is to be said."""
    targets: Tensor
    is_claim: Tensor


def tokens_of(rows: Sequence[dict[str, Any]], tokenizer: Tokenizer) -> Tokens:
    """A batch; sentences for which there is no room are left out."""
    tokenizer.no_padding()
    tokenizer.no_truncation()
    texts = [t for row in rows for t in (row["asked"], row["context"], *row["sentences"])]
    encoded = iter(tokenizer.encode_batch(texts, add_special_tokens=False))
    start, stop = tokenizer.encode("").ids  # its two markers: [CLS] and [SEP]
    built = []
    for row in rows:
        asked, context = next(encoded).ids[:80], next(encoded).ids[:40]
        ids = [start, *asked, stop]
        question = len(ids)
        ids += [*context, stop] if context else []
        places: list[tuple[int, int] | None] = []
        for _ in row["sentences"]:
            sentence = next(encoded).ids
            room = LONGEST - len(ids) - 1
            if room < min(8, len(sentence)):
                places.append(None)
                continue
            places.append((len(ids), len(ids) + len(sentence[:room])))
            ids += [*sentence[:room], stop]
        built.append((ids, question, places))
    width = -(-max(len(ids) for ids, _, _ in built) // 16) * 16  # few different shapes: each is compiled once
    most = -(-max(len(places) for _, _, places in built) // 4) * 4
    made = Tokens(
        ids=torch.zeros(len(rows), width, dtype=torch.long),
        kinds=torch.zeros(len(rows), width, dtype=torch.long),
        present=torch.zeros(len(rows), width, dtype=torch.long),
        sentence_of=torch.zeros(len(rows), most, width),
        ends=torch.zeros(len(rows), most, dtype=torch.long),
        labels=torch.full((len(rows), most), -1),
        targets=torch.tensor([float(row["target"]) for row in rows]),
        is_claim=torch.tensor([bool(row["is_claim"]) for row in rows]),
    )
    for i, (ids, question, places) in enumerate(built):
        made.ids[i, : len(ids)] = torch.tensor(ids)
        made.kinds[i, : len(ids)] = torch.tensor(kinds_of(ids, question))
        made.present[i, : len(ids)] = 1
        for j, place in enumerate(places):
            if place is None:
                continue
            first, end = place
            made.sentence_of[i, j, first : end + 1] = 1 / (end + 1 - first)
            made.ends[i, j] = end
            if rows[i]["labels"] is not None:
                made.labels[i, j] = rows[i]["labels"][j]
    return made
