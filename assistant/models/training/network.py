"""Token ids -> three readings: MiniLM-L6 with a head for each sentence, one for the passage and one for a claim.

The published weights are those of a sentence embedder (BERT's architecture, six layers of 384); the heads start from
nothing. Attention is written out as two products: on a processor that is more than twice as fast as the fused kernel.
"""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

WIDTH, HEADS, LAYERS = 384, 12, 6


class Layer(nn.Module):  # type: ignore[misc, unused-ignore]  # torch may be absent
    """One block of BERT: attention and a feed-forward net, each added to its input and normalised."""

    def __init__(self) -> None:
        super().__init__()
        self.query_key_value = nn.Linear(WIDTH, 3 * WIDTH)
        self.attended = nn.Linear(WIDTH, WIDTH)
        self.first_norm = nn.LayerNorm(WIDTH, eps=1e-12)
        self.wide = nn.Linear(WIDTH, 4 * WIDTH)
        self.narrow = nn.Linear(4 * WIDTH, WIDTH)
        self.second_norm = nn.LayerNorm(WIDTH, eps=1e-12)

    def forward(self, x: Tensor, mask: Tensor, dropout: float) -> Tensor:
        """`x`: (batch, tokens, width); `mask`: (batch, 1, 1, tokens), 0 where there is a token, else very negative."""
        size = WIDTH // HEADS
        query, key, value = self.query_key_value(x).unflatten(-1, (3, HEADS, size)).permute(2, 0, 3, 1, 4)
        weights = torch.softmax(query * size**-0.5 @ key.transpose(-1, -2) + mask, dim=-1)
        mixed = self.attended((weights @ value).transpose(1, 2).flatten(2))
        x = self.first_norm(x + functional.dropout(mixed, dropout, self.training))
        fed = self.narrow(functional.gelu(self.wide(x)))
        return self.second_norm(x + functional.dropout(fed, dropout, self.training))


class ReadingNetwork(nn.Module):  # type: ignore[misc, unused-ignore]
    """Reads "[CLS] question [SEP] context [SEP] sentence [SEP] sentence [SEP] …"."""

    def __init__(self, weights: dict[str, Tensor] | None = None, dropout: float = 0.0) -> None:
        super().__init__()
        self.dropout = dropout
        self.words = nn.Embedding(30_522, WIDTH)
        self.positions = nn.Parameter(torch.zeros(512, WIDTH))
        self.kinds = nn.Parameter(torch.zeros(4, WIDTH))
        self.norm = nn.LayerNorm(WIDTH, eps=1e-12)
        self.layers = nn.ModuleList(Layer() for _ in range(LAYERS))
        self.whole = nn.Linear(WIDTH, WIDTH)
        self.answers = nn.Linear(WIDTH, 1)
        self.supports = nn.Linear(WIDTH, 1)
        self.mean_of_sentence = nn.Linear(WIDTH, 1)
        self.end_of_sentence = nn.Linear(WIDTH, 1, bias=False)
        if weights is not None:
            self._adopt(weights)

    def _adopt(self, weights: dict[str, Tensor]) -> None:
        """Take the published embedder's weights."""
        w = {name.removeprefix("bert."): value for name, value in weights.items()}
        self.words.weight.data.copy_(w["embeddings.word_embeddings.weight"])
        self.positions.data.copy_(w["embeddings.position_embeddings.weight"])
        asked, read = w["embeddings.token_type_embeddings.weight"]
        self.kinds.data.copy_(torch.stack([asked, read, read, asked]))
        self.kinds.data[2:] += torch.randn(2, WIDTH) * 0.05  # so that words in common look different from the first
        pairs: list[tuple[nn.Module, list[str]]] = [(self.norm, ["embeddings.LayerNorm"])]
        for i, layer in enumerate(self.layers):
            at = f"encoder.layer.{i}."
            pairs += [
                (layer.query_key_value, [f"{at}attention.self.{n}" for n in ("query", "key", "value")]),
                (layer.attended, [f"{at}attention.output.dense"]),
                (layer.first_norm, [f"{at}attention.output.LayerNorm"]),
                (layer.wide, [f"{at}intermediate.dense"]),
                (layer.narrow, [f"{at}output.dense"]),
                (layer.second_norm, [f"{at}output.LayerNorm"]),
            ]
        for module, names in pairs:
            for part in ("weight", "bias"):
                getattr(module, part).data.copy_(torch.cat([w[f"{name}.{part}"] for name in names]))

    def forward(
        self, token_ids: Tensor, kinds: Tensor, present: Tensor, sentence_of: Tensor, ends: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """All (batch, tokens) but `ends`; the three outputs are logits.

        Args:
            token_ids: of the vocabulary.
            kinds: 0 for the question, 1 for what is read; 3 and 2 for words that stand in both.
            present: 1 where there is a token, 0 where the row is filled up.
            sentence_of: (batch, sentences, tokens): 1 / number of the sentence's tokens where they are, else 0.
            ends: (batch, sentences): the place of each sentence's [SEP]; 0 where there is no sentence.

        Returns:
            (batch, sentences): is the sentence evidence; (batch,): does the passage answer; (batch,): does it carry
            the claim.
        """
        x = self.norm(self.words(token_ids) + self.positions[: token_ids.shape[1]] + self.kinds[kinds])
        mask = ((present - 1) * 30_000.0)[:, None, None, :].to(x.dtype)
        for layer in self.layers:
            x = layer(x, mask, self.dropout)
        whole = torch.tanh(self.whole(x[:, 0]))
        means = sentence_of.to(x.dtype) @ x
        last = torch.gather(x, 1, ends[:, :, None].expand(-1, -1, WIDTH))
        sentences = (self.mean_of_sentence(means) + self.end_of_sentence(last)).squeeze(-1)
        return sentences, self.answers(whole).squeeze(-1), self.supports(whole).squeeze(-1)


def from_published(path: Path, dropout: float = 0.0) -> ReadingNetwork:
    """The network with the published embedder's weights (model.safetensors) and heads that know nothing yet."""
    return ReadingNetwork(load_file(path), dropout)
