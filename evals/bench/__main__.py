"""The command line of the benchmarks: index. Exit codes are those of `assistant`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from assistant.errors import AssistantError, InputError
from evals.terminal import err, out

app = typer.Typer(
    help="How fast, and with how much memory? Each against what others offer, in the same run.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


@app.callback()
def _benchmarks() -> None:
    """Keep `index` a command of its own, although it is the only one."""


@app.command()
def index(
    documents: Annotated[str, typer.Option(help="Numbers of documents, with commas between them.")] = "100,1000,10000",
    peers_up_to: Annotated[int, typer.Option(min=0, help="Measure others up to so many documents.")] = 1_000,
    embedder: Annotated[str, typer.Option(help="“built-in”, or “fake”: reading and storing alone.")] = "built-in",
    seed: Annotated[int, typer.Option(help="Other numbers, other documents.")] = 1,
    out_file: Annotated[Path | None, typer.Option("--out", help="Where the figures go, as JSON.")] = None,
) -> None:
    """Index generated documents; beside Chroma's default embedding function and LlamaIndex's default pipeline."""
    sizes = parse_sizes(documents)
    if embedder not in {"built-in", "fake"}:
        raise InputError(f"There is no embedder “{embedder}” here.", "Give --embedder built-in or --embedder fake.")
    from evals.bench.index import Plan, findings, machine, measure, table, to_json

    facts = machine()
    out.print(" · ".join(f"{name} {value}" for name, value in facts.items()), markup=False)
    plan = Plan(sizes, peers_up_to, embedder == "fake", seed)
    results = measure(plan, lambda step: err.print(step, markup=False))
    out.print(table(results))
    for sentence in findings(results):
        out.print(sentence, markup=False)
    if out_file:
        out_file.write_text(to_json(plan, facts, results), encoding="utf-8")


def parse_sizes(text: str) -> list[int]:
    """Numbers of documents: "100,1000" -> [100, 1000].

    Raises:
        InputError: something else is among them.
    """
    try:
        sizes = [int(part.replace("_", "")) for part in text.split(",")]
    except ValueError:
        sizes = []
    if not sizes or min(sizes) < 1 or len(set(sizes)) < len(sizes):
        raise InputError(f"“{text}” is no list of numbers of documents.", "For example: --documents 100,1000")
    return sizes


def main() -> None:
    """Run a command; whatever can go wrong ends in one sentence, the next step, and its exit code."""
    try:
        app(prog_name="python -m evals.bench")
    except AssistantError as error:
        err.print(f"Error: {error.message}", markup=False)
        if error.remedy:
            err.print(f"  → {error.remedy}", markup=False)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
