"""Numbers of passages -> how long a question takes, with and without filters, beside LlamaIndex's default retriever.

Each size and system is measured in a process of its own, so that memory can be told; all in one run.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rich.table import Table

from assistant.errors import AssistantError

OURS, PEER = "footnote", "llamaindex"
NAMES = {OURS: "Footnote", PEER: "LlamaIndex's retriever, on Chroma"}
FILTERS = {
    "none": "no filter",
    "narrow": "1 % by date",
    "wide": "50 % by date",
    "publisher": "2 % by publisher",
}


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds of one question, its embedding included."""

    p50: float
    p95: float
    first: float
    """The first question with this filter: the library's columns are read for the first of all filters."""


@dataclass(frozen=True, slots=True)
class Measured:
    """One system at one size."""

    what: str
    passages: int
    build_seconds: float
    open_seconds: float
    peak_megabytes: float
    disk_megabytes: float
    latencies: dict[str, Latency]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be measured."""

    sizes: Sequence[int]
    peers_up_to: int
    questions: int = 100
    seed: int = 1
    work: Path | None = None
    """Where libraries are made; a folder that is then removed, if None."""


def measure(plan: Plan, on_step: Callable[[str], None]) -> list[Measured]:
    """All measurements.

    Raises:
        AssistantError: one failed.
    """
    if plan.work is not None:
        plan.work.mkdir(parents=True, exist_ok=True)
    results = []
    for size in plan.sizes:
        for what in (OURS, PEER):
            if what == PEER and size > plan.peers_up_to:
                continue
            with tempfile.TemporaryDirectory(prefix="footnote-bench-", dir=plan.work) as scratch:
                on_step(f"{size:,} passages: {NAMES[what]}, making the index")
                built = _run("build", what, size, Path(scratch), plan)
                on_step(f"{size:,} passages: {NAMES[what]}, asking")
                asked = _run("ask", what, size, Path(scratch), plan)
            latencies = {name: Latency(**numbers) for name, numbers in asked.pop("latencies").items()}
            results.append(Measured(what, size, **built, **asked, latencies=latencies))
    return results


def _run(step: str, what: str, size: int, scratch: Path, plan: Plan) -> dict[str, Any]:
    command = [sys.executable, "-m", "evals.bench.search_measure", step, what, str(size), str(scratch)]
    done = subprocess.run(  # noqa: S603  # our own module
        [*command, str(plan.questions), str(plan.seed)],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"HF_HUB_OFFLINE": "1", "ANONYMIZED_TELEMETRY": "False"},
    )
    if done.returncode != 0:
        raise AssistantError(f"Measuring “{NAMES[what]}” failed:\n{done.stderr.strip()}", "")
    read: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return read


def table(results: Sequence[Measured]) -> Table:
    """One line a system, size and filter."""
    shown = Table(box=None, pad_edge=False)
    for name in ("passages", "measured", "filter"):
        shown.add_column(name)
    for name in ("p50 ms", "p95 ms", "first ms", "peak MB", "disk MB", "opened in s", "made in s"):
        shown.add_column(name, justify="right")
    for r in results:
        for number, (name, latency) in enumerate(r.latencies.items()):
            times = (latency.p50, latency.p95, latency.first)
            once = [f"{value:.0f}" for value in (r.peak_megabytes, r.disk_megabytes, r.open_seconds, r.build_seconds)]
            cells = [f"{r.passages:,}", NAMES[r.what], FILTERS[name], *(f"{time:.1f}" for time in times)]
            shown.add_row(*cells, *(once if number == 0 else ()))
    return shown


def findings(results: Sequence[Measured]) -> list[str]:
    """Ours against the other at the same size, filter by filter."""
    ours = {r.passages: r for r in results if r.what == OURS}
    sentences = []
    for other in (r for r in results if r.what == PEER):
        ratios = [
            f"{FILTERS[name]} {latency.p95 / ours[other.passages].latencies[name].p95:.1f}"
            for name, latency in other.latencies.items()
        ]
        sentences.append(
            f"{other.passages:,} passages: {NAMES[PEER]} takes so many times our time (p95), which asks the words too:"
            f" {', '.join(ratios)}."
        )
    return sentences


def to_json(plan: Plan, facts: dict[str, str | int | float], results: Sequence[Measured]) -> str:
    """Everything that was measured, and with what."""
    planned = asdict(plan) | {"work": None, "sizes": list(plan.sizes)}
    whole = {"plan": planned, "machine": facts, "results": [asdict(r) for r in results], "findings": findings(results)}
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"
