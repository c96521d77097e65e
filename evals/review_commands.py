"""The command line's `review`: export citations to be judged, take labels back, say how far people agree."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from evals.terminal import out

app = typer.Typer(help="Let people judge citations, blind.", no_args_is_help=True, rich_markup_mode=None)

FolderArgument = Annotated[Path, typer.Argument(help="The folder that was exported to.", metavar="FOLDER")]
LabelsArgument = Annotated[list[Path], typer.Argument(help="What came back: JSONL or CSV, one file a person.")]


@app.command()
def export(
    named: Annotated[list[str], typer.Argument(help="One or two runs: names or folders.", metavar="RUN…")],
    to: Annotated[Path, typer.Option(help="Folder for the items and their key; a new one.")],
    runs: Annotated[Path, typer.Option("--runs", help="Folder that holds the runs.")] = Path("runs"),
    half_width: Annotated[float, typer.Option(help="Of the interval wanted: 0.05 is ± 5 percent.")] = 0.05,
) -> None:
    """Write a stratified sample of citations, just large enough for the interval wanted; nobody sees whose they are."""
    from evals.review import collect, sample, write_review
    from evals.storage import find_run, read_documents, read_run

    folders = [find_run(name, runs) for name in named]
    review = collect([(read_run(folder), read_documents(folder)) for folder in folders])
    chosen = sample(review, half_width)
    write_review(chosen, to)
    out.print(f"{len(chosen.items)} of {len(review.items)} citations are in {to}. Fill in the labels of the JSONL or")
    out.print(f"the CSV, keep key.json to yourself, then: python -m evals review import {to} FILE", markup=False)


@app.command("import")
def import_labels(folder: FolderArgument, files: LabelsArgument) -> None:
    """Check the labels that came back, and say what they found of each run."""
    from evals.review import read_key
    from evals.review_labels import read_labels, summarise

    key = read_key(folder)
    read = [read_labels(file, key) for file in files]
    for file, one in zip(files, read, strict=True):
        out.print(f"{file}: {len(one.labels)} judged, {one.unjudged} left empty", markup=False)
    for summary in summarise([label for one in read for label in one.labels], key):
        full = summary.full
        out.print(
            f"{summary.run}: {full.mean:.3f} ({full.low:.3f} to {full.high:.3f}) support their claim in full, "
            f"{summary.partial:.3f} in part, {summary.none:.3f} not at all; n={full.count}",
            markup=False,
        )


@app.command()
def agreement(folder: FolderArgument, files: LabelsArgument) -> None:
    """Say how far those who judged agree beyond chance: Cohen's kappa by pair, and Krippendorff's alpha."""
    from evals.review import read_key
    from evals.review_labels import annotator_agreement, read_labels

    key = read_key(folder)
    found = annotator_agreement([label for file in files for label in read_labels(file, key).labels])
    out.print(f"{found.shared} citations were judged by two or more people.")
    for (one, other), kappa in found.kappas.items():
        out.print(f"  kappa of {one} and {other}: {_number(kappa)}", markup=False)
    out.print(f"  Krippendorff's alpha: {_number(found.alpha)}")


def _number(value: float | None) -> str:
    return "not defined" if value is None else f"{value:.3f}"
