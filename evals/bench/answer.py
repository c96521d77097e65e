"""A library and cases -> how long the first claim takes without a language model, beside a part of LlamaIndex.

Every question is asked once, in the order of the file, after one that loads the models; right after each, LlamaIndex's
`SentenceEmbeddingOptimizer` chooses sentences from the passages that were read for it, with the same embedder. So both
have the same machine, and what else runs on it, at the same moment.
"""

from __future__ import annotations

import gc
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from llama_index.core.postprocessor import SentenceEmbeddingOptimizer
from llama_index.core.schema import QueryBundle
from rich.table import Table

from assistant import Assistant
from assistant.answer.reading.reader import READ_PASSAGES
from assistant.errors import InputError
from assistant.search.embedding import BuiltInEmbedding
from assistant.search.nodes import as_node
from evals.types import Case

PEER = "LlamaIndex's SentenceEmbeddingOptimizer"
KEPT_SHARE = 0.1  # of the sentences that the peer keeps; how many it keeps takes it no longer
STEPS = ("understand", "retrieve", "read", "answer", "compare")


@dataclass(frozen=True, slots=True)
class Timed:
    """Seconds of one question."""

    case: str
    first_claim: float | None
    """From the question to the first claim; None where it was refused."""
    whole: float
    steps: dict[str, float]
    peer: float
    """Search, and the other's choice of sentences."""


def measure(assistant: Assistant, cases: Sequence[Case], on_step: Callable[[str], None]) -> list[Timed]:
    """Ask every case once.

    Raises:
        InputError: a language model is set; here the answers without one are measured.
    """
    if assistant.model is not None:
        raise InputError("This measures answers without a language model.", "Unset ASSISTANT_LLM for this command.")
    assistant.ask("What is this about?")  # loads the models
    embedder = BuiltInEmbedding()
    embedder.embed(["Likewise."])
    gc.freeze()  # as the chat page does once it is open
    timed = []
    for number, case in enumerate(cases, start=1):
        on_step(f"Asking: {number} of {len(cases)}")
        timed.append(_time(assistant, case, embedder))
    return timed


def _time(assistant: Assistant, case: Case, embedder: BuiltInEmbedding) -> Timed:
    shown: list[float] = []
    started = time.perf_counter()
    answer = assistant.ask(
        case.question, case.history, on_claim=lambda _claim: shown.append(time.perf_counter() - started)
    )
    whole = time.perf_counter() - started
    nodes = [as_node(e) for e in answer.evidence[:READ_PASSAGES]]
    started = time.perf_counter()
    SentenceEmbeddingOptimizer(embed_model=embedder, percentile_cutoff=KEPT_SHARE).postprocess_nodes(
        nodes, QueryBundle(case.question)
    )
    peer = answer.seconds["retrieve"] + time.perf_counter() - started
    return Timed(case.id, shown[0] if shown else None, whole, dict(answer.seconds), peer)


def table(timed: Sequence[Timed]) -> Table:
    """Milliseconds: the first claim, its steps, and the other."""
    answered = [t for t in timed if t.first_claim is not None]
    shown = Table(box=None, pad_edge=False)
    shown.add_column("measured")
    for name in ("questions", "p50 ms", "p95 ms", "slowest ms"):
        shown.add_column(name, justify="right")
    rows = {
        "first claim": [t.first_claim or 0.0 for t in answered],
        "whole answer or refusal": [t.whole for t in timed],
    }
    rows |= {f"  {step}": [t.steps[step] for t in timed] for step in STEPS}
    rows[PEER] = [t.peer for t in timed]
    for name, seconds in rows.items():
        if seconds:
            numbers = [f"{1000 * value:.0f}" for value in (*np.quantile(seconds, [0.5, 0.95]), max(seconds))]
            shown.add_row(name, str(len(seconds)), *numbers)
    return shown


def finding(timed: Sequence[Timed]) -> str:
    """Ours against the other's, question by question."""
    ratios = [t.peer / t.first_claim for t in timed if t.first_claim]
    if not ratios:
        return "No question was answered: there is nothing to compare."
    low, middle, high = np.quantile(ratios, [0.05, 0.5, 0.95])
    whole = np.median([t.peer / t.whole for t in timed if t.first_claim])
    return (
        f"{PEER}, given the same passages and embedder, takes {middle:.2f} times as long as our first claim (median of"
        f" {len(ratios)} questions; 9 of 10 lie between {low:.2f} and {high:.2f}) and {whole:.2f} times as long as our"
        " whole answer; it neither refuses, nor attributes, nor says who disagrees."
    )


def to_json(facts: dict[str, str | int | float], timed: Sequence[Timed]) -> str:
    """Everything that was measured, and on what."""
    whole = {"machine": facts, "results": [asdict(t) for t in timed], "finding": finding(timed)}
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"
