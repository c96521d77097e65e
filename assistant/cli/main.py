"""The command line: index, ask, search, sources, chat, doctor, allow.

Exit codes: 0 done; 1 something failed, or is wrong with the installation; 2 wrong use (a path, an option, a setting);
3 no usable index; 4 another process is writing; 5 some files could not be read, the others were; 6 the model server
failed; 130 stopped with Ctrl-C.
"""

from __future__ import annotations

import hashlib
import io
import logging
import os
import re
import sys
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.options import (
    ArticleOption,
    AuthorOption,
    DocumentOption,
    LanguageOption,
    LibraryOption,
    OutletOption,
    PublisherOption,
    SinceOption,
    UntilOption,
    check_not_empty,
    make_filters,
)
from assistant.cli.search import search
from assistant.cli.sources import sources_app
from assistant.cli.terminal import (
    Show,
    count,
    print_answer,
    print_error,
    print_plan,
    print_refined,
    print_repair,
    print_report,
    progress,
    remark,
    say,
)
from assistant.errors import AssistantError, InputError, ReadError
from assistant.settings import Settings, load_settings, read_file_settings
from assistant.types import Filters

if TYPE_CHECKING:  # importing these takes seconds, which `--help` need not wait for
    from assistant.ingest.sync.sync import Plan
    from assistant.ingest.user.refine import Ask, RefineReport
    from assistant.search.index import Index

Patterns = tuple[tuple[str, ...], tuple[str, ...]]
"""Of the files to include, and of those to exclude."""

app = typer.Typer(
    help="Footnote: ask your documents; every claim opens the sentence it rests on.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("search", short_help="Find passages, and say why they were found.")(search)
app.add_typer(sources_app, name="sources", short_help="List the documents of the library, or show one.")


def main() -> None:
    """Run a command; whatever can go wrong ends in one sentence, the next step, and its exit code."""
    logging.getLogger().addHandler(logging.NullHandler())  # libraries' warnings are theirs; our errors say what to do
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal may not know a quotation mark
    try:
        app(prog_name="assistant")
    except AssistantError as error:
        print_error(error)
        sys.exit(error.exit_code)
    except OSError as error:
        what = f"{error.strerror or error}" + (f": {error.filename}" if error.filename else "")
        print_error(AssistantError(f"{what}.", "See that the disk has room and the folder may be written to."))
        sys.exit(AssistantError.exit_code)


@app.command(short_help="Read documents into the library.")
def index(
    paths: Annotated[list[Path] | None, typer.Argument(help="Folders or files to index.", metavar="PATH")] = None,
    library: LibraryOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")] = False,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Make all vectors anew, with the embedder now set.")
    ] = False,
    repair: Annotated[
        bool, typer.Option("--repair", help="Mend a damaged library, from the files it was read from.")
    ] = False,
    include: Annotated[
        list[str] | None, typer.Option(metavar="GLOB", help="Index only files that match; may be given again.")
    ] = None,
    exclude: Annotated[
        list[str] | None, typer.Option(metavar="GLOB", help="Leave out files that match; may be given again.")
    ] = None,
    refine: Annotated[
        bool, typer.Option("--refine", help="Let the language model find titles, outlets, authors and dates as well.")
    ] = False,
) -> None:
    """Read documents into the library: only what is new or changed; what was deleted leaves it.

    --repair takes no PATH. It checks all that is stored, makes damaged indexes again, and reads the documents that are
    damaged again from the files they were read from. Chats are not touched.

    GLOB is compared with a file's path within the folder: "*.pdf" means such names in every folder, "drafts/*" or
    "drafts/" what lies in that one, "**/old/*.txt" any depth. Files that are left out leave the library if they were
    in it. The patterns are not remembered: give them again with the next run, or the files come back.

    --refine shows the opening of each article to the model that ASSISTANT_LLM names. What it finds is taken only if it
    stands there to the letter, and where nothing is stated or given; it is marked as inferred.

    A sources.toml in the folder says what you know of its documents: assistant sources --template
    """
    settings = load_settings(library=library)
    patterns = (tuple(include or ()), tuple(exclude or ()))
    if repair and (paths or dry_run or rebuild or refine or any(patterns)):
        raise InputError("--repair is for the whole library, and stands alone.", "assistant index --repair")
    if repair:
        if _repair(settings):
            raise typer.Exit(ReadError.exit_code)
    elif not paths:
        raise typer.BadParameter("what is to be indexed is missing: assistant index PATH")
    elif dry_run:
        print_plan(_plan(settings, paths, patterns))
    elif _index(settings, paths, patterns, rebuild=rebuild, refine=refine):
        raise typer.Exit(ReadError.exit_code)


@app.command(short_help="Answer a question, or a file of cases.")
def ask(
    question: Annotated[str | None, typer.Argument(help="The question, in quotes.")] = None,
    library: LibraryOption = None,
    json_output: Annotated[bool, typer.Option("--json", help="Print the whole answer as one line of JSON.")] = False,
    batch: Annotated[Path | None, typer.Option(help="A JSON Lines file of cases to ask instead.")] = None,
    out_file: Annotated[Path | None, typer.Option("--out", help="Where the answers to --batch go; resumed.")] = None,
    since: SinceOption = None,
    until: UntilOption = None,
    publisher: PublisherOption = None,
    outlet: OutletOption = None,
    author: AuthorOption = None,
    document: DocumentOption = None,
    language: LanguageOption = None,
    article: ArticleOption = None,
) -> None:
    """Answer a question from the library, with footnotes; or a file of cases.

    A text whose date is not known is in no range of dates. The names that the filters take: assistant search --names
    """
    filters = make_filters(since, until, publisher, outlet, author, document, language, article)
    if batch is not None and filters is not None:
        raise InputError("The filters are for a single question.", 'assistant ask --since 2025-01 "…"')
    if (batch is None) == (question is None) or (batch is None) != (out_file is None):
        raise InputError(
            "Give either a question, or a file of cases and one for the answers.",
            'assistant ask "…"   or   assistant ask --batch cases.jsonl --out answers.jsonl',
        )
    settings = load_settings(library=library)
    if batch is not None and out_file is not None:
        _ask_batch(settings, batch, out_file)
    else:
        _ask_one(settings, question or "", json_output, filters)


@app.command()
def chat(
    corpus: Annotated[Path | None, typer.Option(help="Index this folder first, into a library of its own.")] = None,
    sample: Annotated[bool, typer.Option("--sample", help="Index the built-in sample documents first.")] = False,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of 127.0.0.1 on which the page is served.")] = 8501,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Let the page be opened under this name as well, such as a proxy's."),
    ] = None,
    terminal: Annotated[bool, typer.Option("--terminal", help="Chat here in the terminal; no page is served.")] = False,
    library: LibraryOption = None,
) -> None:
    """Open the chat page on 127.0.0.1, or chat in the terminal."""
    from assistant.cli.launch import check_port, serve

    if corpus is not None and sample:
        raise InputError("Give either --corpus or --sample.", "assistant chat --corpus PATH")
    if not terminal:
        check_port(port)
    folder = sample_folder() if sample else corpus
    if folder is not None:
        library = library or ("sample" if sample else library_name(folder))
    settings = load_settings(library=library)
    if not terminal:
        settings.check_allowed(*settings.of_file)  # here, too, lest it be said only after minutes of indexing
    if folder is not None:
        _index(settings, [folder])
    if terminal:
        _chat_in_terminal(settings)
        return
    if folder is not None:
        say(f'Ask it from the shell as well: assistant ask --library {settings.library} "…"')
    serve(settings, port, allow_host or ())


@app.command(short_help="Print settings, versions and state, and what is wrong.")
def doctor(library: LibraryOption = None) -> None:
    """Print settings, versions, model files and index state, and what is wrong with the command that mends it."""
    from assistant.cli.doctor import examine

    wrong = []
    section = ""
    for finding in examine(load_settings(library=library)):
        if finding.section != section:
            section = finding.section
            say()
            say(section)
        say(f"  {finding.name:<24} {finding.value}")
        if finding.remedy:
            wrong.append(finding)
    say()
    for finding in wrong:
        say(f"✗ {finding.section}, {finding.name}: {finding.value}")
        say(f"  → {finding.remedy}")
    if wrong:
        raise typer.Exit(1)
    say("Nothing is wrong.")


@app.command(short_help="Let the folder's assistant.toml say where things are sent or kept.")
def allow(
    settings: Annotated[
        list[str] | None, typer.Argument(help="What it may set, as it stands there.", metavar="NAME=VALUE")
    ] = None,
) -> None:
    """Let the assistant.toml of this folder set what is sent where, what is loaded, and where something is written.

    Until then such a setting is not used. Without NAME=VALUE: list what there is to allow.
    """
    from assistant import permission

    file, said = read_file_settings()
    if settings:
        for name, value in permission.allow(file, said, settings).items():
            say(f"{file} may set {permission.shown(name, value)} from now on: {permission.CONSEQUENCES[name]}.")
        say(f"To take it back, remove it from {permission.allowed_file()}")
        return
    missing = permission.not_allowed(file, said)
    for name, value in missing.items():
        say(f"  {permission.shown(name, value)}   ({permission.CONSEQUENCES[name]})")
    say(permission.remedy(missing) if missing else f"Nothing in {file} waits to be allowed.")


def sample_folder() -> Path:
    """Where the built-in sample documents lie."""
    return Path(str(files("assistant") / "sample" / "documents"))


def library_name(folder: Path) -> str:
    """A name for a folder's own library: its last part and a digest of the whole path."""
    path = folder.expanduser().resolve()
    readable = re.sub(r"[^A-Za-z0-9._-]+", "-", path.name).strip("-._")[:40] or "documents"
    return f"{readable}-{hashlib.sha256(os.fsencode(path)).hexdigest()[:8]}"


def _index(
    settings: Settings, paths: list[Path], patterns: Patterns = ((), ()), *, rebuild: bool = False, refine: bool = False
) -> bool:
    """Index with a progress bar and a summary. Returns whether a file could not be read."""
    _check_paths(paths)
    from assistant.ingest.sync.reading_process import ReadingProcess
    from assistant.ingest.sync.sync import Filter, make_plan, sync
    from assistant.ingest.sync.sync import Progress as Step
    from assistant.search.embedding import open_embedder
    from assistant.search.index import forget_vectors, open_for_writing

    ask = _model(settings) if refine else None  # a setting that is missing must be told before anything is done
    embedder = open_embedder(settings)
    there = (settings.library_dir / "library.db").exists()
    if rebuild or not there:  # an embedder that fails must neither cost vectors nor leave an empty library behind
        embedder.embed(["Is anybody there?"])
    if rebuild and there:
        forget_vectors(settings.library_dir)
    with progress() as show, ReadingProcess(settings.read_seconds, settings.read_memory_mb) as reader:

        def on_vectors(done: int, total: int) -> None:
            show("Making the vectors anew", done, total)

        def on_document(step: Step) -> None:
            rate = f"{step.passages_a_second:.0f} passages a second" if step.passages else ""
            show("Indexing", step.done, step.total, "documents", rate, step.name)

        try:
            purpose = f"indexing {', '.join(path.name or str(path) for path in paths)}"
            with open_for_writing(settings.library_dir, embedder, on_vectors, purpose=purpose) as opened:
                for sentence in opened.take_news():
                    remark(sentence)
                plan = make_plan(paths, opened, settings.passage_characters, Filter(*patterns))
                report = sync(plan, opened, settings.passage_characters, on_document, reader.read)
                refined = _refine(opened, ask, show) if ask else None
        except KeyboardInterrupt:
            remark("Stopped. What was indexed is kept; run the same command again to go on.")
            raise typer.Exit(130) from None
    print_report(report)
    if refined:
        print_refined(refined)
    return bool(report.failures)


def _repair(settings: Settings) -> bool:
    """Mend with a progress bar and a summary. Returns whether something could not be restored."""
    from assistant.repair import repair

    with progress() as show:
        report = repair(
            settings,
            lambda step: show("Reading again", step.done, step.total, "documents"),
            lambda done, total: show("Making the vectors anew", done, total),
        )
    print_repair(report)
    return bool(report.not_restored)


def _refine(opened: Index, ask: Ask, show: Show) -> RefineReport:
    from assistant.ingest.user.refine import refine as refine_articles

    return refine_articles(opened, ask, lambda done, total: show("Refining", done, total))


def _model(settings: Settings) -> Ask:
    """Instructions and a text -> what the language model replies."""
    from llama_index.core.llms import ChatMessage

    from assistant.server.model import open_model
    from assistant.server.streaming import stream_pieces

    model = open_model(settings)

    def ask(instructions: str, text: str) -> str:
        messages = [ChatMessage(role="system", content=instructions), ChatMessage(role="user", content=text)]
        return "".join(piece.text for piece in stream_pieces(model, messages, settings.llm_timeout_seconds))

    return ask


def _plan(settings: Settings, paths: list[Path], patterns: Patterns) -> Plan:
    """What indexing these paths would do. A library that is not there is not made; one that is, is only read."""
    _check_paths(paths)
    from assistant.ingest.sync.sync import Filter, compare
    from assistant.search.library import open_library

    known = []
    if (settings.library_dir / "library.db").exists():
        library = open_library(settings.library_dir)
        known = library.files()
        library.close()
    return compare(paths, known, settings.passage_characters, Filter(*patterns))


def _check_paths(paths: Sequence[Path]) -> None:
    """See that all are there, before seconds are spent on importing what reads them."""
    for path in paths:
        if not path.expanduser().exists():
            raise InputError(f"{path} does not exist.", "Name a folder of documents: assistant index PATH")


def _ask_one(settings: Settings, question: str, json_output: bool, filters: Filters | None) -> None:
    from assistant.answer.question.understand import check_question
    from assistant.types import answer_to_json

    check_question(question)
    check_not_empty(settings)
    from assistant.pipeline import open_assistant

    answer = open_assistant(settings).ask(question, filters=filters, on_retry=remark)
    if json_output:
        sys.stdout.write(answer_to_json(answer) + "\n")
    else:
        print_answer(answer)


def _chat_in_terminal(settings: Settings) -> None:
    check_not_empty(settings)
    from assistant.cli.terminal_chat import TerminalChat
    from assistant.conversations import open_conversations
    from assistant.pipeline import open_assistant

    conversations, not_kept = open_conversations(settings.conversations_file)
    if not_kept:
        remark(f"This chat is not kept: {not_kept}")
    TerminalChat(open_assistant(settings), conversations).run()


def _ask_batch(settings: Settings, batch: Path, out_file: Path) -> None:
    check_not_empty(settings)
    from assistant.cli.batch import answer_cases, count_errors, load_cases
    from assistant.pipeline import open_assistant

    cases = load_cases(batch)
    assistant = open_assistant(settings)
    with progress() as show:
        try:
            asked = answer_cases(assistant, cases, out_file, lambda done, total: show("Asking", done, total))
        except KeyboardInterrupt:
            remark("Stopped. The answers so far are kept; run the same command again to go on.")
            raise typer.Exit(130) from None
    before = len(cases) - asked
    say(f"{count(asked, 'case')} asked, {before} answered before; the answers are in {out_file}.")
    errors = count_errors(out_file)
    if errors:
        remark(f"{count(errors, 'case')} ended in an error; the same command asks them again.")
        raise typer.Exit(1)
