"""The command line's `cases` and `import`: check a file of cases, draft new ones, take over public ones."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.errors import InputError
from assistant.settings import Settings, load_settings
from evals.terminal import out, progress

if TYPE_CHECKING:  # importing it takes seconds
    from assistant import Assistant

app = typer.Typer(help="Make cases, and check them.", no_args_is_help=True, rich_markup_mode=None)

LibraryOption = Annotated[str | None, typer.Option("--library", "-l", help="Name of the library they are about.")]
CorpusOption = Annotated[Path | None, typer.Option(help="Index this folder first, into a library of its own.")]
ToOption = Annotated[Path, typer.Option(help="File for the drafts; a new one.")]
FORMAT_NAMES = {"beir": "beir", "alce": "alce", "mtrag": "conversations", "ragas": "conversations", "squad2": "squad"}
SEED = 20_250_130


@app.command()
def check(
    file: Annotated[Path, typer.Argument(help="A JSON Lines file of cases.")],
    corpus: CorpusOption = None,
    library: LibraryOption = None,
) -> None:
    """Say what is wrong with a file of cases, and what a person should look at; exit 1 if anything is wrong."""
    from assistant import retrieve
    from evals.cases import load_cases
    from evals.cases_check import check_file
    from evals.runner import stored_text
    from evals.spans import Texts

    load_cases(file)  # before seconds are spent on opening the library
    with opened(library, corpus) as assistant:
        texts = Texts(lambda name: stored_text(assistant, name))
        count = assistant.settings.evidence_count
        findings = check_file(file, texts, lambda question: retrieve(question, assistant.index, count))
    for finding in findings:
        mark = "✗" if finding.kind == "error" else "?"
        out.print(f"{mark} {finding.case_id}: {finding.words}", markup=False)
    errors = sum(finding.kind == "error" for finding in findings)
    out.print(f"{errors} errors, {len(findings) - errors} to look at.")
    if errors:
        raise typer.Exit(1)


@app.command("from-feedback")
def from_feedback(to: ToOption, library: LibraryOption = None) -> None:
    """Turn the feedback that was given in the chat into drafts of cases, to be completed."""
    from assistant import Conversations
    from evals.drafts import drafts_from_feedback, write_drafts

    settings = load_settings(library=library)
    if not settings.conversations_file.exists():
        raise InputError(f"There are no chats about the library {settings.library}.", "Name one: --library NAME")
    drafts = drafts_from_feedback(Conversations(settings.conversations_file))
    write_drafts(drafts, to)
    out.print(f"{len(drafts)} drafts are in {to}. Complete each, and take its field “draft” out.", markup=False)


@app.command()
def draft(
    to: ToOption,
    count: Annotated[int, typer.Option(min=1, help="How many passages are drawn to be asked about.")] = 20,
    corpus: CorpusOption = None,
    library: LibraryOption = None,
) -> None:
    """Let a language model propose questions about passages. None counts before a person has accepted it."""
    from evals.drafts import drafting_model, drafts_from_passages, write_drafts

    complete = drafting_model(settings_for(library, corpus))
    if to.exists():
        raise InputError(f"{to} is there already.", "Name another file.")
    with opened(library, corpus) as assistant:
        stored = assistant.index.library
        ids = sorted(stored.passage_ids())
        drawn = sorted(random.Random(SEED).sample(ids, min(count, len(ids))))  # noqa: S311 - nobody is to be fooled
        found = stored.passages(drawn)
        passages = [found[i][0] for i in drawn]
    asked = 0
    with progress() as on_step:

        def told(prompt: str) -> str:
            nonlocal asked
            asked += 1
            on_step("Drafting", asked, len(passages))
            return complete(prompt)

        made = drafts_from_passages(passages, told)
    write_drafts(made.cases, to)
    out.print(f"{len(made.cases)} drafts are in {to}; {made.unusable} replies could not be used.", markup=False)
    out.print(
        f"Read each, correct it, take its field “draft” out, then: python -m evals cases check {to}", markup=False
    )


def import_cases(
    kind: Annotated[str, typer.Argument(help=f"One of {', '.join(FORMAT_NAMES)}.", metavar="FORMAT")],
    source: Annotated[Path, typer.Argument(help="The file; of BEIR, the folder.")],
    to: Annotated[Path, typer.Option(help="File for the cases; a new one.")],
    corpus: Annotated[Path, typer.Option(help="Folder for the documents; an empty one.")],
) -> None:
    """Take over a public evaluation set: its questions as cases, its texts as documents."""
    from evals.imports import FORMATS, write_imported

    if kind not in FORMAT_NAMES:
        raise InputError(f"{kind!r} is no format that can be imported.", f"Formats: {', '.join(FORMAT_NAMES)}.")
    imported = FORMATS[FORMAT_NAMES[kind]](source)
    write_imported(imported, to, corpus)
    for sentence in imported.left_out:
        out.print(f"Left out. {sentence}", markup=False)
    out.print(
        f"{len(imported.cases)} cases are in {to}, {len(imported.documents)} documents in {corpus}.", markup=False
    )
    out.print(f"Ask them: python -m evals run --cases {to} --corpus {corpus}", markup=False)


def settings_for(library: str | None, corpus: Path | None) -> Settings:
    """The settings, with the library that was named, or the corpus's own."""
    from assistant import library_name

    return load_settings(library=library or (library_name(corpus) if corpus else None))


@contextmanager
def opened(library: str | None, corpus: Path | None) -> Iterator[Assistant]:
    """A library to be asked; of the corpus, brought up to date, if one is named."""
    from assistant import open_assistant
    from evals.runner import index_folder

    settings = settings_for(library, corpus)
    if corpus is not None:
        with progress() as on_step:
            for message in index_folder(settings, corpus, on_step):
                out.print(f"Not read: {message}", markup=False)
    assistant = open_assistant(settings)
    try:
        yield assistant
    finally:
        assistant.close()
