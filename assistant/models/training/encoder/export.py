r"""The encoder's weights -> three 8-bit ONNX files: what both branches begin with, the vector, and the readings.

    python -m assistant.models.training.encoder.export --network encoder.safetensors \
        --tokenizer START/tokenizer.json --out FOLDER [--full FOLDER]

Three, because onnxruntime computes every output of a file: so that the lower layers and the vocabulary, the largest
part, are shipped and loaded once. Quantised as the embedder and the reading model are.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn

from assistant.models.build_embedder import OPSET, quantise
from assistant.models.files import sha256_of
from assistant.models.training.encoder.measure import LOWER, READING, VECTOR
from assistant.models.training.encoder.network import WIDTH, Encoder
from assistant.models.training.encoder.train import opened

OUTPUTS = {LOWER: ("lower",), VECTOR: ("vector",), READING: ("sentences", "answers", "verdicts", "faults")}
_ROWS, _TOKENS, _SENTENCES = {0: "rows"}, {0: "rows", 1: "tokens"}, {0: "rows", 1: "sentences"}
_AXES = {
    "token_ids": _TOKENS, "kinds": _TOKENS, "present": _TOKENS, "lower": _TOKENS, "faults": _TOKENS,
    "sentence_of": {0: "rows", 1: "sentences", 2: "tokens"}, "ends": _SENTENCES, "sentences": _SENTENCES,
    "answers": _ROWS, "verdicts": _ROWS, "vector": _ROWS,
}  # fmt: skip


class _Part(nn.Module):  # type: ignore[misc, unused-ignore]  # torch may be absent
    """A method of the network as a module, which is what the exporter takes."""

    def __init__(self, network: Encoder, part: Callable[..., Tensor | tuple[Tensor, ...]]) -> None:
        super().__init__()
        self.network, self.part = network, part

    def forward(self, *inputs: Tensor) -> Tensor | tuple[Tensor, ...]:
        return self.part(*inputs)


def export(network: Encoder, folder: Path) -> None:
    """Write the three 32-bit files for any number of rows, tokens and sentences."""
    ids, lower = torch.ones((2, 8), dtype=torch.int64), torch.zeros(2, 8, WIDTH)
    feeds: dict[str, tuple[Callable[..., Tensor | tuple[Tensor, ...]], dict[str, Tensor]]] = {
        LOWER: (network.lower, {"token_ids": ids, "present": ids}),
        VECTOR: (network.vector, {"lower": lower, "present": ids}),
        READING: (network.read, {
            "lower": lower, "kinds": ids * torch.tensor([0, 0, 0, 1, 1, 1, 1, 1]), "present": ids,
            "sentence_of": torch.full((2, 2, 8), 0.125), "ends": torch.tensor([[3, 7], [5, 7]]),
        }),
    }  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    for name, (part, feed) in feeds.items():
        torch.onnx.export(
            _Part(network, part).eval(),
            tuple(feed.values()),
            str(folder / name),
            input_names=list(feed),
            output_names=list(OUTPUTS[name]),
            dynamic_axes={axis: _AXES[axis] for axis in (*feed, *OUTPUTS[name])},
            opset_version=OPSET,
            dynamo=False,  # as for the embedder: the newer exporter writes a graph that onnxruntime refuses
        )


def main() -> None:
    """Write the 8-bit files, and the 32-bit ones if asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--network", type=Path, required=True)
    parser.add_argument("--tokenizer", type=Path, required=True, help="the pruned one, to lie beside them")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--full", type=Path, help="where to keep the 32-bit files, to compare with")
    options = parser.parse_args()
    for folder in filter(None, (options.out, options.full)):
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(options.tokenizer, folder / "tokenizer.json")
    with tempfile.TemporaryDirectory() as scratch:
        full = options.full or Path(scratch) / "full"
        export(opened(options.network), full)
        for name in OUTPUTS:
            quantise(full / name, Path(scratch) / "prepared.onnx", options.out / name)
            size = (options.out / name).stat().st_size
            sys.stdout.write(f"{sha256_of(options.out / name)}  {name}  {size / 1e6:.1f} MB\n")


if __name__ == "__main__":
    main()
