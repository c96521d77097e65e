"""Both published packages -> what the training starts from: e5's weights and tokenizer, with a pruned vocabulary.

    python -m assistant.models.training.encoder.build --origin ORIGIN --texts DATA --out START

`DATA` is the folder of training sets: a piece that they are cut into is kept before one that they are not.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file
from tokenizers import Tokenizer

from assistant.models.training.encoder.network import Encoder, from_origin
from assistant.models.training.encoder.origin import TOKENIZER, WEIGHTS, check_origin, own_vectors, read_weights
from assistant.models.training.encoder.vocabulary import kept_pieces, pruned, written

MOST_LATIN = 60_000  # pieces; with all of them what is shipped would be larger than 90 MB
SENTENCES = (
    "The city council approved the tram line on Tuesday.",
    "How much did the harbour extension cost?",
    "Tin.",
    "Exports rose 4.7% to $119.6 billion, while imports of machine tools (HS 8456–8466) fell 12.3%.",
    "Der Stadtrat stimmte am Dienstag der neuen Straßenbahnlinie zu, obwohl die Kosten um ein Drittel gestiegen waren.",
    "Le conseil municipal n'a pas retenu l'offre de l'entreprise danoise, jugée trop chère.",
    "El ministro negó que la fábrica fuera a cerrar antes de 2027.",
    "商务部周五表示，出口许可证将在四十五个工作日内作出决定。",
    "市議會週二通過新的輕軌路線，造價上升三分之一。",
)
"""What the vectors are compared on: six kinds of writing, figures, one word."""


def texts_of(folder: Path) -> Iterator[str]:
    """Every line of the training sets below a folder: pieces of their few keys do no harm."""
    for file in sorted(folder.rglob("*.jsonl*")):
        with gzip.open(file, "rt", encoding="utf-8") if file.suffix == ".gz" else file.open(encoding="utf-8") as lines:
            for line in lines:
                yield re.sub(r'[\[\]{}",:]+', " ", json.dumps(json.loads(line), ensure_ascii=False))


def vectors(network: Encoder, tokenizer: Tokenizer, texts: tuple[str, ...]) -> NDArray[np.float32]:
    """One text at a time; shape (texts, 384)."""
    made = []
    with torch.no_grad():
        for text in texts:
            ids = torch.tensor([tokenizer.encode(text).ids])
            present = torch.ones_like(ids)
            made.append(network.vector(network.lower(ids, present), present)[0].numpy())
    return np.stack(made)


def main() -> None:
    """Write `start.safetensors` and `tokenizer.json`, and say how near the vectors are to the package's own."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--origin", type=Path, required=True, help="folder into which both packages were unzipped")
    parser.add_argument("--texts", type=Path, required=True, help="folder of training sets")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    check_origin(options.origin)
    full = Tokenizer.from_file(str(options.origin / TOKENIZER))
    used: set[int] = set()
    for text in texts_of(options.texts):
        used.update(full.encode(text, add_special_tokens=False).ids)
    file = json.loads((options.origin / TOKENIZER).read_text(encoding="utf-8"))
    kept = kept_pieces([tuple(piece) for piece in file["model"]["vocab"]], used, MOST_LATIN)
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "tokenizer.json").write_text(written(pruned(file, kept)), encoding="utf-8")
    _, weights = read_weights(options.origin / WEIGHTS)
    weights["emb.word"] = weights["emb.word"][kept]
    torch.manual_seed(20250130)
    network = from_origin({name: torch.from_numpy(numbers) for name, numbers in weights.items()}).eval()
    save_file(network.state_dict(), options.out / "start.safetensors")
    small = Tokenizer.from_file(str(options.out / "tokenizer.json"))
    ours = vectors(network, small, tuple(f"passage: {text}" for text in SENTENCES))
    cosines = (ours * own_vectors(options.origin, SENTENCES, question=False)).sum(axis=1)
    for text, cosine in zip(SENTENCES, cosines, strict=True):
        sys.stdout.write(f"{cosine:.4f}  {text}\n")
    sys.stdout.write(
        f"{len(kept):,} pieces of {len(file['model']['vocab']):,} kept; lowest cosine {cosines.min():.4f}\n"
    )


if __name__ == "__main__":
    main()
