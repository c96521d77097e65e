"""The reading network's weights -> the 8-bit ONNX file that Footnote reads with.

    python -m assistant.models.training.export --network third.pt --network fourth.pt --out assistant/models/reader

Quantised as the embedder is: 8 bits a weight, a scale for each output channel, seven bits of range so that processors
without VNNI compute the same.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor

from assistant.models.build_embedder import OPSET, quantise
from assistant.models.files import sha256_of
from assistant.models.training.network import ReadingNetwork

INPUTS = ("token_ids", "kinds", "present", "sentence_of", "ends")
OUTPUTS = ("sentences", "answers", "supports")


def export(network: ReadingNetwork, file: Path) -> None:
    """Write the network as a 32-bit ONNX file for any number of rows, tokens and sentences."""
    ids = torch.ones((2, 8), dtype=torch.int64)
    places = torch.tensor([[3, 7], [5, 7]])
    tokens, sentences = {0: "rows", 1: "tokens"}, {0: "rows", 1: "sentences"}
    torch.onnx.export(
        network.eval(),
        (ids, ids, ids, torch.full((2, 2, 8), 0.125), places),
        str(file),
        input_names=INPUTS,
        output_names=OUTPUTS,
        dynamic_axes={
            "token_ids": tokens, "kinds": tokens, "present": tokens,
            "sentence_of": {0: "rows", 1: "sentences", 2: "tokens"}, "ends": sentences, "sentences": sentences,
            "answers": {0: "rows"}, "supports": {0: "rows"},
        },
        opset_version=OPSET,
        dynamo=False,  # as for the embedder: the newer exporter writes a graph that onnxruntime refuses
    )  # fmt: skip


def mean_of(states: Sequence[Mapping[str, Tensor]]) -> dict[str, Tensor]:
    """The mean of the weights of networks that were trained on from one another (Wortsman et al. 2022, "Model soups").

    The last stage alone had become strict with questions of the development kind; the mean with the stage before keeps
    what both have learnt, at the cost of one network.
    """
    return {name: torch.stack([state[name] for state in states]).mean(dim=0) for name in states[0]}


def main() -> None:
    """Write `model.onnx`, and beside it the 32-bit file if asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--network", type=Path, action="append", required=True, help="repeatable: the mean is written")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--full", type=Path, help="where to keep the 32-bit file, to compare with")
    options = parser.parse_args()
    network = ReadingNetwork()
    network.load_state_dict(mean_of([torch.load(file) for file in options.network]))
    options.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        full, prepared = options.full or Path(scratch) / "full.onnx", Path(scratch) / "prepared.onnx"
        export(network, full)
        quantise(full, prepared, options.out / "model.onnx")
    size = (options.out / "model.onnx").stat().st_size
    sys.stdout.write(f"{sha256_of(options.out / 'model.onnx')}  {size / 1e6:.1f} MB\n")


if __name__ == "__main__":
    main()
