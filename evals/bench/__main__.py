"""The command line of the benchmarks: index, search, answer. Exit codes are those of `assistant`."""

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


@app.command()
def search(
    sizes: Annotated[str, typer.Option(help="Numbers of passages, with commas between them.")] = "1000,100000,1000000",
    peers_up_to: Annotated[int, typer.Option(min=0, help="Measure others up to so many passages.")] = 100_000,
    questions: Annotated[int, typer.Option(min=20, help="Questions for each filter.")] = 100,
    seed: Annotated[int, typer.Option(help="Other numbers, other passages.")] = 1,
    work: Annotated[Path | None, typer.Option(help="Make the indexes in this folder: 5 GB for 1,000,000.")] = None,
    out_file: Annotated[Path | None, typer.Option("--out", help="Where the figures go, as JSON.")] = None,
) -> None:
    """Ask libraries of made-up passages, with filters and without; beside LlamaIndex's default retriever on Chroma."""
    numbers = parse_sizes(sizes, "--sizes")
    from evals.bench.index import machine
    from evals.bench.search import Plan, findings, measure, table, to_json

    facts = machine()
    out.print(" · ".join(f"{name} {value}" for name, value in facts.items()), markup=False)
    plan = Plan(numbers, peers_up_to, questions, seed, work)
    results = measure(plan, lambda step: err.print(step, markup=False))
    out.print(table(results))
    for sentence in findings(results):
        out.print(sentence, markup=False)
    if out_file:
        out_file.write_text(to_json(plan, facts, results), encoding="utf-8")


@app.command()
def answer(
    cases: Annotated[Path, typer.Option(help="A JSON Lines file of cases.")],
    library: Annotated[str | None, typer.Option("--library", "-l", help="Name of the library to be asked.")] = None,
    out_file: Annotated[Path | None, typer.Option("--out", help="Where the figures go, as JSON.")] = None,
) -> None:
    """How soon the first claim is there, without a language model; beside LlamaIndex's choice of sentences."""
    from assistant import load_settings, open_assistant
    from evals.bench.answer import finding, measure, table, to_json
    from evals.bench.index import machine
    from evals.cases import load_cases

    facts = machine()
    out.print(" · ".join(f"{name} {value}" for name, value in facts.items()), markup=False)
    asked = load_cases(cases)
    assistant = open_assistant(load_settings(library=library))
    try:
        timed = measure(assistant, asked, lambda step: err.print(step, markup=False))
    finally:
        assistant.close()
    out.print(table(timed))
    out.print(finding(timed), markup=False)
    if out_file:
        out_file.write_text(to_json(facts, timed), encoding="utf-8")


def parse_sizes(text: str, option: str = "--documents") -> list[int]:
    """Numbers of documents: "100,1000" -> [100, 1000].

    Raises:
        InputError: something else is among them.
    """
    try:
        sizes = [int(part.replace("_", "")) for part in text.split(",")]
    except ValueError:
        sizes = []
    if not sizes or min(sizes) < 1 or len(set(sizes)) < len(sizes):
        what = option.removeprefix("--").replace("sizes", "passages")
        raise InputError(f"“{text}” is no list of numbers of {what}.", f"For example: {option} 100,1000")
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
