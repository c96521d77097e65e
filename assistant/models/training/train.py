"""Training examples and MiniLM-L6's published weights -> the reading network's weights.

    python -m assistant.models.training.train --start model.safetensors --examples first.jsonl --out reader.pt
    python -m assistant.models.training.train --start reader.pt --examples second.jsonl --rate 5e-5 --out reader.pt

Weights are kept in 32 bits and computed with in 16 (bfloat16). A run that is stopped goes on from its last checkpoint.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional

from assistant.models.training.network import ReadingNetwork, from_published
from assistant.models.training.tokens import Tokens, tokens_of

SEED = 20250130
TOKENS_A_STEP = 5_000  # about 32 passages; claims, which are shorter, come more to a step
WARM_UP = 0.05  # share of the steps in which the rate rises
SAVE_EVERY = 200  # steps


def main() -> None:
    """Train on a file of examples, in the order of their lengths within each shuffled thousand."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--start", type=Path, required=True, help="published weights, or a network that was trained")
    parser.add_argument("--tokenizer", type=Path, required=True)
    parser.add_argument("--examples", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--rate", type=float, default=1.5e-4)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--dropout", type=float, default=0.0)
    options = parser.parse_args()
    torch.manual_seed(SEED)
    if options.start.suffix == ".pt":
        master = ReadingNetwork(dropout=options.dropout)
        master.load_state_dict(torch.load(options.start))
    else:
        master = from_published(options.start, options.dropout)
    rows = [json.loads(line) for line in options.examples.open(encoding="utf-8")]
    steps = [step for epoch in range(options.epochs) for step in batches(rows, SEED + epoch)]
    train(master, steps, Tokenizer.from_file(str(options.tokenizer)), options.rate, options.out)


def batches(rows: Sequence[dict[str, Any]], seed: int) -> list[list[dict[str, Any]]]:
    """Rows of about one length together, so that little is filled up; the batches in an order drawn by chance."""
    rng = random.Random(seed)  # noqa: S311
    order = list(rows)
    rng.shuffle(order)
    made: list[list[dict[str, Any]]] = []
    for start in range(0, len(order), 2_000):
        part = sorted(order[start : start + 2_000], key=_length)
        chunk: list[dict[str, Any]] = []
        chunks = []
        for row in part:
            room = max(8, TOKENS_A_STEP // _length(row) // 8 * 8)  # few different shapes
            if len(chunk) >= room:
                chunks.append(chunk)
                chunk = []
            chunk.append(row)
        chunks.append(chunk)
        rng.shuffle(chunks)
        made += chunks
    return made


def _length(row: dict[str, Any]) -> int:
    """Roughly how many tokens a row has."""
    return 8 + len(row["asked"]) // 4 + len(row["context"]) // 4 + sum(len(s) // 4 + 2 for s in row["sentences"])


def train(
    master: ReadingNetwork, steps: list[list[dict[str, Any]]], tokenizer: Tokenizer, rate: float, out: Path
) -> None:
    """Minimise the sum of the cross-entropies, by AdamW with a rate that rises, then falls to nothing in a line."""
    master.words.weight.requires_grad_(False)  # the vocabulary's vectors stay: most words come too seldom to be learnt
    network = ReadingNetwork(dropout=master.dropout).bfloat16().train()
    network.words.weight.requires_grad_(False)
    network.load_state_dict(master.state_dict())
    names = [name for name, p in master.named_parameters() if p.requires_grad]
    ours, theirs = dict(master.named_parameters()), dict(network.named_parameters())
    plain = [ours[n] for n in names if ours[n].ndim > 1]
    optimizer = torch.optim.AdamW(
        [{"params": plain, "weight_decay": 0.01}, {"params": [ours[n] for n in names if ours[n].ndim < 2]}],
        lr=rate, weight_decay=0.0, fused=True,
    )  # fmt: skip
    done = 0
    checkpoint = out.with_suffix(".checkpoint")
    if checkpoint.exists():
        kept = torch.load(checkpoint)
        master.load_state_dict(kept["network"])
        network.load_state_dict(kept["network"])
        optimizer.load_state_dict(kept["optimizer"])
        done = kept["done"]
    began, mean, seen = time.time(), [0.0, 0.0, 0.0], 0
    for number in range(done, len(steps)):
        for group in optimizer.param_groups:
            group["lr"] = rate * rate_share(number, len(steps))
        batch = tokens_of(steps[number], tokenizer)
        losses = losses_of(network, batch)
        (losses[0] + losses[1] + losses[2]).backward()
        for name in names:
            gradient = theirs[name].grad
            ours[name].grad = None if gradient is None else gradient.float()
            theirs[name].grad = None
        torch.nn.utils.clip_grad_norm_([ours[n] for n in names if ours[n].grad is not None], 1.0)
        optimizer.step()
        with torch.no_grad():
            for name in names:
                theirs[name].copy_(ours[name])
        mean = [0.98 * m + 0.02 * float(loss.detach()) for m, loss in zip(mean, losses, strict=True)]
        seen += len(steps[number])
        if (number + 1) % 50 == 0:
            speed = seen / (time.time() - began)
            share = 1 - 0.98 ** (number + 1 - done)
            shown = "  ".join(
                f"{name} {m / share:.3f}" for name, m in zip(("sentence", "answer", "claim"), mean, strict=True)
            )
            sys.stdout.write(f"step {number + 1} of {len(steps)}  {shown}  {speed:.0f} examples/s\n")
            sys.stdout.flush()
        if (number + 1) % SAVE_EVERY == 0:
            kept = {"network": master.state_dict(), "optimizer": optimizer.state_dict(), "done": number + 1}
            torch.save(kept, checkpoint.with_suffix(".new"))
            checkpoint.with_suffix(".new").replace(checkpoint)
    torch.save(master.state_dict(), out)
    checkpoint.unlink(missing_ok=True)


def rate_share(step: int, steps: int) -> float:
    """The share of the highest learning rate at a step."""
    rising = max(1, int(WARM_UP * steps))
    return (step + 1) / rising if step < rising else max(0.01, (steps - step) / (steps - rising))


def losses_of(network: ReadingNetwork, batch: Tokens) -> tuple[Tensor, Tensor, Tensor]:
    """Mean cross-entropy of the sentences, of the passages that questions were asked of, and of the claims."""
    sentences, answers, supports = (
        logits.float() for logits in network(batch.ids, batch.kinds, batch.present, batch.sentence_of, batch.ends)
    )
    labelled = batch.labels >= 0
    nothing = sentences.sum() * 0.0
    cross_entropy = functional.binary_cross_entropy_with_logits
    of_sentences = cross_entropy(sentences[labelled], batch.labels[labelled].float()) if labelled.any() else nothing
    asked, claimed = ~batch.is_claim, batch.is_claim
    share = float(asked.float().mean())
    of_answers = cross_entropy(answers[asked], batch.targets[asked]) * share if asked.any() else nothing
    of_claims = cross_entropy(supports[claimed], batch.targets[claimed]) * (1 - share) if claimed.any() else nothing
    return of_sentences * share * 1.5, of_answers, of_claims


if __name__ == "__main__":
    main()
