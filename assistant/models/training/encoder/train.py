r"""Training examples and the start weights -> the reading branch's weights, as far as it gets in its time.

    START=START/start.safetensors TOKENIZER=START/tokenizer.json
    python -m assistant.models.training.encoder.train --start $START --tokenizer $TOKENIZER --out FOLDER \
        --rate 1.2e-4 --examples first.jsonl 33 --examples last.jsonl 42

The examples of each file are read for so many minutes, again and otherwise mixed if there are too few. The rate falls
to nothing with the time, so that a slow machine ends as well as a fast one, only earlier. Every few minutes a
checkpoint is written, from which a run that was stopped goes on with the time that it had left.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from torch import Tensor
from torch.multiprocessing import spawn
from torch.nn import functional

from assistant.models.training.encoder.examples import LONGEST_TOKENS, Example, cut, tokens_in
from assistant.models.training.encoder.network import CARRIED, CONTRADICTED, NOT_SAID, Encoder
from assistant.models.training.encoder.tokens import NOTHING, batch_of, open_tokenizer
from assistant.models.training.examples import read_rows

SEED = 20250130
TOKENS_A_STEP = 1_800
WARM_UP = 0.04  # share of the time in which the rate rises
HEADS_FASTER = 5.0  # the heads start from nothing
CHECKPOINT, CHECKPOINT_SECONDS = "checkpoint.pt", 300
_HEADS = ("kinds", "whole", "answers", "verdicts", "fault", "mean_of_sentence", "end_of_sentence")


@dataclass(slots=True)
class Progress:
    """How far a run has come, in seconds of its time."""

    seconds: float = 0.0
    steps: int = 0
    examples: int = 0
    tokens: int = 0


def main() -> None:
    """Train on files of examples, each for its minutes."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--start", type=Path, required=True, help="the start weights, or a network that was trained")
    parser.add_argument("--tokenizer", type=Path, required=True)
    parser.add_argument("--examples", nargs=2, action="append", required=True, metavar=("FILE", "MINUTES"))
    parser.add_argument("--out", type=Path, required=True, help="folder for checkpoint, weights and log")
    parser.add_argument("--rate", type=float, default=1e-4)
    parser.add_argument("--longest", type=int, default=LONGEST_TOKENS, help="tokens of an example, about")
    parser.add_argument("--workers", type=int, default=2, help="processes of one thread; one a core")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    network = opened(options.start)
    if (options.out / CHECKPOINT).exists():
        network.load_state_dict(torch.load(options.out / CHECKPOINT)["trained"], strict=False)
    network.share_memory()
    parts = [
        (no_longer(read_rows(Path(file)), options.longest), float(minutes) * 60) for file, minutes in options.examples
    ]
    arguments = (network, parts, options.tokenizer, options.rate, options.out, options.workers)
    workers = spawn(train, arguments, nprocs=options.workers, join=False)
    (options.out / "train.pid").write_text("\n".join(map(str, workers.pids())) + "\n", encoding="utf-8")
    while not workers.join():
        pass
    save_file(
        {name: t.half().contiguous() for name, t in network.state_dict().items()}, options.out / "encoder.safetensors"
    )


def opened(file: Path) -> Encoder:
    """The network that a file of weights holds, in 32 bits."""
    weights = load_file(file)
    network = Encoder(len(weights["words.weight"]))
    network.load_state_dict({name: tensor.float() for name, tensor in weights.items()})
    return network


def no_longer(rows: Sequence[dict[str, Any]], longest: int) -> list[dict[str, Any]]:
    """The rows without claims that are longer, and with longer passages of questions cut around their answers."""
    rng = random.Random(SEED)  # noqa: S311
    return [
        row if length(row) <= longest else asdict(cut(Example(**row), rng, longest))
        for row in rows
        if length(row) <= longest or not row["is_claim"]
    ]


def batches(rows: Sequence[dict[str, Any]], seed: int) -> list[list[dict[str, Any]]]:
    """Rows of about one length together, so that little is filled up; the batches in an order drawn by chance."""
    rng = random.Random(seed)  # noqa: S311
    order = list(rows)
    rng.shuffle(order)
    made: list[list[dict[str, Any]]] = []
    for start in range(0, len(order), 2_000):
        chunks: list[list[dict[str, Any]]] = [[]]
        for row in sorted(order[start : start + 2_000], key=length):
            if (len(chunks[-1]) + 1) * length(row) > TOKENS_A_STEP and chunks[-1]:
                chunks.append([])
            chunks[-1].append(row)
        made += chunks
    rng.shuffle(made)
    return made


def length(row: dict[str, Any]) -> int:
    """Roughly how many tokens a row has."""
    return tokens_in(row["asked"]) + tokens_in(row["context"]) + sum(tokens_in(s) for s in row["sentences"])


def _endless(rows: Sequence[dict[str, Any]], done: int) -> Iterator[list[dict[str, Any]]]:
    for seed in range(done, done + 1_000):
        yield from batches(rows, SEED + seed)


def train(
    worker: int,
    network: Encoder,
    parts: Sequence[tuple[list[dict[str, Any]], float]],
    tokenizer_file: Path,
    rate: float,
    out: Path,
    workers: int,
) -> None:
    """Minimise the sum of the losses, by AdamW, until the time is over: one of several workers on shared weights.

    Each worker reads its own batches and moves the weights without waiting for the others (Niu et al. 2011, "Hogwild").
    Beside other load that is more than twice as fast as two threads, which wait for one another in every product.
    """
    torch.manual_seed(SEED + worker)
    torch.set_num_threads(1)
    tokenizer = open_tokenizer(tokenizer_file)
    trained = network.trained()
    for name, parameter in network.named_parameters():
        parameter.requires_grad_(name in trained)
    groups = [
        {"params": [p for n, p in trained.items() if n.startswith(_HEADS) == heads and (p.ndim > 1) == plain],
         "weight_decay": 0.01 if plain else 0.0, "faster": HEADS_FASTER if heads else 1.0}
        for heads in (True, False) for plain in (True, False)
    ]  # fmt: skip
    optimizer = torch.optim.AdamW(groups, lr=rate, fused=True)
    done, total = _resume(optimizer, out / CHECKPOINT), sum(seconds for _, seconds in parts)
    log = Log(out / f"train-{worker}.log", done)
    first, end = done.steps, 0.0
    saved = time.monotonic()
    for rows, seconds in parts:
        end += seconds
        stream = islice(_endless(rows, first), worker, None, workers)
        while done.seconds < end:
            began = time.monotonic()
            chunk = next(stream)
            for group in optimizer.param_groups:
                group["lr"] = rate * group["faster"] * rate_share(done.seconds / total)
            losses = step(network, chunk, tokenizer, optimizer)
            done.steps += 1
            done.examples += len(chunk)
            done.tokens += sum(map(length, chunk))
            done.seconds += time.monotonic() - began
            log.note(losses, done)
            if worker == 0 and time.monotonic() - saved > CHECKPOINT_SECONDS:
                _save(network, optimizer, done, out / CHECKPOINT)
                saved = time.monotonic()
    if worker == 0:
        _save(network, optimizer, done, out / CHECKPOINT)


def step(
    network: Encoder, chunk: list[dict[str, Any]], tokenizer: Tokenizer, optimizer: torch.optim.Optimizer
) -> dict[str, float]:
    """One step of the optimiser; each loss by its name."""
    losses = losses_of(network, chunk, tokenizer)
    torch.stack(list(losses.values())).sum().backward()
    torch.nn.utils.clip_grad_norm_([p for g in optimizer.param_groups for p in g["params"]], 1.0)
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    return {name: float(loss.detach()) for name, loss in losses.items()}


def rate_share(share: float) -> float:
    """The share of the highest learning rate after a share of the time."""
    return max(0.02, share / WARM_UP) if share < WARM_UP else max(0.01, (1 - share) / (1 - WARM_UP))


def losses_of(network: Encoder, chunk: Sequence[dict[str, Any]], tokenizer: Tokenizer) -> dict[str, Tensor]:
    """Mean cross-entropies of sentences, passages, claims, what is wrong with wrong claims, and of claims' words."""
    made = batch_of(chunk, tokenizer)
    batch = {field.name: torch.from_numpy(getattr(made, field.name)) for field in fields(made)}
    read = network(batch["ids"], batch["kinds"], batch["present"], batch["sentence_of"], batch["ends"])
    asked, claimed = ~batch["is_claim"], batch["is_claim"]
    share = float(asked.float().mean())
    cross_entropy = functional.binary_cross_entropy_with_logits
    nothing = read.answers.sum() * 0.0
    labelled, marked = batch["labels"] != NOTHING, batch["faults"] != NOTHING
    wrong_how = claimed & (batch["targets"] == 0) & (batch["verdicts"] != NOTHING)
    losses = dict.fromkeys(("sentences", "answers", "claims", "wrong", "words"), nothing)
    if labelled.any():
        # Claims' sentences are what they are about: a help to the claim, and less sure than those of questions.
        losses["sentences"] = cross_entropy(read.sentences[labelled], batch["labels"][labelled].float()) * (0.4 + share)
    if asked.any():
        losses["answers"] = cross_entropy(read.answers[asked], batch["targets"][asked]) * share
    if claimed.any():
        odds = read.verdicts[:, CARRIED] - read.verdicts[:, [CONTRADICTED, NOT_SAID]].logsumexp(dim=1)
        losses["claims"] = cross_entropy(odds[claimed], batch["targets"][claimed]) * (1 - share) * 1.5
    if wrong_how.any():
        against = read.verdicts[wrong_how, CONTRADICTED] - read.verdicts[wrong_how, NOT_SAID]
        contradicted = (batch["verdicts"][wrong_how] == CONTRADICTED).float()
        losses["wrong"] = cross_entropy(against, contradicted) * 0.2 * float(wrong_how.float().mean())
    if marked.any():
        losses["words"] = cross_entropy(read.faults[marked], batch["faults"][marked].float()) * (1 - share)
    return losses


def _save(network: Encoder, optimizer: torch.optim.Optimizer, done: Progress, file: Path) -> None:
    trained = {name: parameter.detach() for name, parameter in network.trained().items()}
    state = {
        "trained": trained,
        "optimizer": optimizer.state_dict(),
        **{f.name: getattr(done, f.name) for f in fields(done)},
    }
    torch.save(state, file.with_suffix(".new"))
    file.with_suffix(".new").replace(file)


def _resume(optimizer: torch.optim.Optimizer, file: Path) -> Progress:
    if not file.exists():
        return Progress()
    kept = torch.load(file)
    optimizer.load_state_dict(kept["optimizer"])
    return Progress(*(kept[f.name] for f in fields(Progress)))


class Log:
    """The losses as they have been lately, every fifty steps."""

    def __init__(self, file: Path, done: Progress) -> None:
        self._file, self._began, self._first = file, time.monotonic(), done.examples
        self._mean: dict[str, float] = {}

    def note(self, losses: dict[str, float], done: Progress) -> None:
        """Take a step's losses into the means; a loss of nothing was not there."""
        for name, loss in losses.items():
            if loss:
                self._mean[name] = 0.98 * self._mean.get(name, loss) + 0.02 * loss
        if done.steps % 50 == 0:
            shown = "  ".join(f"{name} {mean:.3f}" for name, mean in self._mean.items())
            speed = (done.examples - self._first) / (time.monotonic() - self._began)
            line = (
                f"{done.seconds / 60:.1f} min, step {done.steps}, {done.examples:,} examples  {shown}  {speed:.1f}/s\n"
            )
            sys.stdout.write(line)
            sys.stdout.flush()
            with self._file.open("a", encoding="utf-8") as log:
                log.write(line)


if __name__ == "__main__":
    main()
