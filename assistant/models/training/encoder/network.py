"""Token ids -> vectors and readings: multilingual-e5-small, whose lower layers are shared and whose upper ones fork.

The lower layers and the branch that gives the vector stay as published, so that training cannot spoil the search. The
branch that reads starts from the same upper layers, without the last two: they had learnt to sum up. Attention is
written out as two products: on a processor that is more than twice as fast as the fused kernel.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor, nn

from assistant.models.training.network import Layer

WIDTH, LAYERS, POSITIONS = 384, 12, 512
SHARED = 4  # layers that both branches have in common, and that training leaves alone
READING = 6  # layers of the branch that reads; ten in all, which two cores read in the time there is
CARRIED, CONTRADICTED, NOT_SAID = range(3)  # what a claim can be


class Readings(NamedTuple):
    """Logits, each of the batch's rows first."""

    sentences: Tensor
    """(batch, sentences): is the sentence evidence?"""
    answers: Tensor
    """(batch,): do the sentences answer the question?"""
    verdicts: Tensor
    """(batch, 3): is the claim carried, contradicted, or not said?"""
    faults: Tensor
    """(batch, tokens): is it this word of the claim that the sentences do not carry? Of the claim's tokens only."""


class Encoder(nn.Module):  # type: ignore[misc, unused-ignore]  # torch may be absent
    """Reads "<s> question </s> context </s> sentence </s> sentence </s> …", or makes a vector of one text."""

    def __init__(self, words: int) -> None:
        super().__init__()
        self.words = nn.Embedding(words, WIDTH)
        self.positions = nn.Parameter(torch.zeros(POSITIONS, WIDTH))
        self.norm = nn.LayerNorm(WIDTH, eps=1e-12)
        self.shared = nn.ModuleList(Layer() for _ in range(SHARED))
        self.summing = nn.ModuleList(Layer() for _ in range(LAYERS - SHARED))
        self.kinds = nn.Parameter(torch.zeros(4, WIDTH))
        self.reading = nn.ModuleList(Layer() for _ in range(READING))
        self.whole = nn.Linear(2 * WIDTH, WIDTH)
        self.answers = nn.Linear(WIDTH, 1)
        self.verdicts = nn.Linear(WIDTH, 3)
        self.fault = nn.Linear(WIDTH, 1)
        self.fault_weighs = nn.Linear(1, 3, bias=False)
        self.mean_of_sentence = nn.Linear(WIDTH, 1)
        self.end_of_sentence = nn.Linear(WIDTH, 1, bias=False)

    def trained(self) -> dict[str, nn.Parameter]:
        """The parameters that training changes: the branch that reads, and its heads."""
        fixed = ("words.", "positions", "norm.", "shared.", "summing.")
        return {name: p for name, p in self.named_parameters() if not name.startswith(fixed)}

    def lower(self, token_ids: Tensor, present: Tensor) -> Tensor:
        """What both branches begin with; (batch, tokens, width)."""
        mask = _mask(present)
        x = self.norm(self.words(token_ids) + self.positions[: token_ids.shape[1]])
        for layer in self.shared:
            x = layer(x, mask, 0.0)
        return x

    def vector(self, lower: Tensor, present: Tensor) -> Tensor:
        """The mean of the last layer, of unit length; the text begins with "query: " or "passage: "."""
        x, mask = lower, _mask(present)
        for layer in self.summing:
            x = layer(x, mask, 0.0)
        there = present[:, :, None].to(x.dtype)
        return nn.functional.normalize((x * there).sum(dim=1) / there.sum(dim=1), dim=1)

    def forward(self, token_ids: Tensor, kinds: Tensor, present: Tensor, sentence_of: Tensor, ends: Tensor) -> Readings:
        """Token ids of the pruned vocabulary, (batch, tokens) -> readings; the rest as in `read`."""
        with torch.no_grad():
            lower = self.lower(token_ids, present)
        return self.read(lower, kinds, present, sentence_of, ends)

    def read(self, lower: Tensor, kinds: Tensor, present: Tensor, sentence_of: Tensor, ends: Tensor) -> Readings:
        """All (batch, tokens) but `ends`.

        Args:
            lower: (batch, tokens, width): what `lower` gives.
            kinds: 0 for the question, 1 for what is read; 3 and 2 for words that stand in both.
            present: 1 where there is a token, 0 where the row is filled up.
            sentence_of: (batch, sentences, tokens): 1 / number of the sentence's tokens where they are, else 0.
            ends: (batch, sentences): the place of each sentence's </s>; 0 where there is no sentence.
        """
        x, mask = lower + self.kinds[kinds], _mask(present)
        for layer in self.reading:
            x = layer(x, mask, 0.0)
        asked = (((kinds == 0) | (kinds == 3)) & (present == 1)).to(x.dtype)
        mean_asked = (x * asked[:, :, None]).sum(dim=1) / asked.sum(dim=1, keepdim=True)
        whole = torch.tanh(self.whole(torch.cat([x[:, 0], mean_asked], dim=1)))
        faults = self.fault(x).squeeze(-1)
        worst = (faults + (asked - 1) * 30_000.0).max(dim=1).values
        last = torch.gather(x, 1, ends[:, :, None].expand(-1, -1, WIDTH))
        sentences = (self.mean_of_sentence(sentence_of @ x) + self.end_of_sentence(last)).squeeze(-1)
        verdicts = self.verdicts(whole) + self.fault_weighs(worst[:, None])
        return Readings(sentences, self.answers(whole).squeeze(-1), verdicts, faults)


def _mask(present: Tensor) -> Tensor:
    return ((present - 1) * 30_000.0)[:, None, None, :]


def from_origin(weights: Mapping[str, Tensor]) -> Encoder:
    """The network with e5's weights under the short names of its file, and heads that know nothing yet."""
    network = Encoder(len(weights["emb.word"]))
    network.words.weight.data.copy_(weights["emb.word"])
    network.positions.data.copy_(weights["emb.pos"] + weights["emb.type"][0])  # the first kind of text is the only one
    network.kinds.data[2:] = torch.randn(2, WIDTH) * 0.05  # so that words in common look different from the first
    _adopt(network.norm, weights, "emb.ln")
    places = [(layer, i) for i, layer in enumerate([*network.shared, *network.summing])]
    places += [(layer, SHARED + i) for i, layer in enumerate(network.reading)]
    for layer, i in places:
        _adopt(layer.query_key_value, weights, f"l{i}.q", f"l{i}.k", f"l{i}.v")
        for part, name in (
            (layer.attended, "ao"), (layer.first_norm, "aln"), (layer.wide, "fi"), (layer.narrow, "fo"),
            (layer.second_norm, "oln"),
        ):  # fmt: skip
            _adopt(part, weights, f"l{i}.{name}")
    network.fault_weighs.weight.data.copy_(torch.tensor([[-0.5], [0.25], [0.25]]))
    return network


def _adopt(module: nn.Module, weights: Mapping[str, Tensor], *names: str) -> None:
    module.weight.data.copy_(torch.cat([weights[f"{name}.w"] for name in names]))
    module.bias.data.copy_(torch.cat([weights[f"{name}.b"] for name in names]))
