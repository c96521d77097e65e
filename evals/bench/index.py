"""Numbers of documents -> how fast they are indexed, beside others' defaults, measured in one run on one machine."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import onnxruntime
from rich.table import Table

from assistant.errors import AssistantError
from evals.bench.generate import generate
from evals.bench.measure import Measured

OURS = "first"
AGAIN = "second"
PEERS = ("chroma", "llamaindex", "llamaindex-short")
NAMES = {
    OURS: "Footnote, from files to an index",
    AGAIN: "Footnote again, nothing changed",
    "chroma": "Chroma's default embedding function, our passages",
    "llamaindex": "LlamaIndex's default (chunks of 1,024 tokens), our embedder",
    "llamaindex-short": "LlamaIndex, chunks of 224 tokens, our embedder",
}


@dataclass(frozen=True, slots=True)
class Result:
    """A measurement with its name, and how long its process ran, imports included."""

    what: str
    measured: Measured
    process_seconds: float

    @property
    def passages_a_second(self) -> float:
        """0 where nothing was to be done."""
        return self.measured.passages / self.measured.seconds

    @property
    def overhead(self) -> float | None:
        """Time beyond embedding, as a share of embedding; None where nothing was embedded."""
        embedding = self.measured.embedding_seconds
        return (self.measured.seconds - embedding) / embedding if embedding > 0 else None


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be measured."""

    sizes: Sequence[int]
    peers_up_to: int
    """Others are measured up to this many documents."""
    fake: bool = False
    """Vectors without meaning, at no cost: what reading and storing take. Others are then left out."""
    seed: int = 1


def measure(plan: Plan, on_step: Callable[[str], None]) -> list[Result]:
    """All measurements, each in a process of its own; documents and indexes go into a folder that is then removed.

    Raises:
        AssistantError: a measurement failed.
    """
    results = []
    for size in plan.sizes:
        with tempfile.TemporaryDirectory(prefix="footnote-bench-") as scratch:
            documents, work = Path(scratch, "documents"), Path(scratch, "work")
            generate(documents, size, plan.seed)
            peers = PEERS if size <= plan.peers_up_to and not plan.fake else ()
            for what in (OURS, AGAIN, *peers):
                on_step(f"{size:,} documents: {NAMES[what]}")
                results.append(_measured(what, documents, work, plan.fake))
    return results


def _measured(what: str, documents: Path, work: Path, fake: bool) -> Result:
    command = [sys.executable, "-m", "evals.bench.measure", what, str(documents), str(work)]
    environment = os.environ | {"HF_HUB_OFFLINE": "1", "ANONYMIZED_TELEMETRY": "False"}
    started = time.perf_counter()
    done = subprocess.run(  # noqa: S603  # our own module
        [*command, *(["--fake"] if fake else [])], capture_output=True, text=True, check=False, env=environment
    )
    seconds = time.perf_counter() - started
    if done.returncode != 0:
        raise AssistantError(f"Measuring “{NAMES[what]}” failed:\n{done.stderr.strip()}", "")
    return Result(what, Measured(**json.loads(done.stdout.splitlines()[-1])), seconds)


def machine() -> dict[str, str | int | float]:
    """What the figures depend on."""
    return {
        "cores": os.cpu_count() or 1,
        "system": platform.platform(terse=True),
        "processor": platform.machine(),
        "python": platform.python_version(),
        "onnxruntime": str(onnxruntime.__version__),
        "load_before": round(os.getloadavg()[0], 2),
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def findings(results: Sequence[Result]) -> list[str]:
    """Ours against each of the others at the same size, and how long it takes to see that nothing changed."""
    ours = {r.measured.documents: r for r in results if r.what == OURS}
    sentences = []
    for other in results:
        mine = ours[other.measured.documents]
        size = f"{other.measured.documents:,} documents"
        if other.what == "chroma":
            embedding = other.measured.embedding_seconds / mine.measured.embedding_seconds
            whole = mine.passages_a_second / other.passages_a_second
            sentences.append(
                f"{size}: {embedding:.1f} times as fast as Chroma's default at embedding;"
                f" {whole:.1f} times with all else, which includes reading and cutting for us only."
            )
        elif other.what == AGAIN:
            sentences.append(
                f"{size}: {other.measured.seconds:.2f} s to see that nothing changed;"
                f" {other.process_seconds:.1f} s with the start of the program."
            )
        elif other.what in PEERS:
            whole = other.measured.seconds / mine.measured.seconds
            share = f"{other.measured.share_read or 0:.0%}"
            sentences.append(
                f"{size}: {whole:.1f} times as fast as {NAMES[other.what]} ({share} of the text embedded)."
            )
    return sentences


def table(results: Sequence[Result]) -> Table:
    """One line a measurement."""
    shown = Table(box=None, pad_edge=False)
    shown.add_column("measured")
    for name in ("documents", "passages", "seconds", "passages/s", "embedding s", "beyond it", "text read", "peak MB"):
        shown.add_column(name, justify="right")
    for r in results:
        m = r.measured
        shown.add_row(
            NAMES[r.what], f"{m.documents:,}", f"{m.passages:,}", f"{m.seconds:.2f}", f"{r.passages_a_second:.0f}",
            f"{m.embedding_seconds:.2f}", "" if r.overhead is None else f"{r.overhead:.0%}",
            "" if m.share_read is None else f"{m.share_read:.0%}", f"{m.peak_megabytes:.0f}",
        )  # fmt: skip
    return shown


def to_json(plan: Plan, facts: dict[str, str | int | float], results: Sequence[Result]) -> str:
    """Everything that was measured, and with what."""
    rows = [
        asdict(r) | {"passages_a_second": r.passages_a_second, "overhead": r.overhead, "name": NAMES[r.what]}
        for r in results
    ]
    whole = {"plan": asdict(plan), "machine": facts, "results": rows, "findings": findings(results)}
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"
