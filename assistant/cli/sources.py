"""`assistant sources`: the documents of a library, what was understood of one, and a `sources.toml` to fill in."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assistant.cli.options import LibraryOption, check_not_empty
from assistant.cli.terminal import count, say
from assistant.errors import InputError
from assistant.settings import load_settings

if TYPE_CHECKING:  # importing these takes a while, which `--help` need not wait for
    from assistant.search.library import Library
    from assistant.search.reprints import Appearance
    from assistant.types import Article, DateMention, Document, Exclusion, Passage

SHOWN_WORDS = 14  # of a part that was left out: enough to find it, and to name it in sources.toml
SHOWN_CHARACTERS = 120
NAMED = 5  # documents that are named where a name is not clear, or where an article stands in many
HOW = {"stated": "stated", "inferred": "inferred", "given": "given by you", "unknown": ""}

sources_app = typer.Typer(invoke_without_command=True, rich_markup_mode=None)


@sources_app.callback()
def sources(
    context: typer.Context,
    library: LibraryOption = None,
    template: Annotated[
        bool, typer.Option("--template", help="Print a sources.toml for the indexed folder, to fill in.")
    ] = False,
    folder: Annotated[
        Path | None, typer.Option(help="The indexed folder that --template is for, if there are several.")
    ] = None,
    out_file: Annotated[
        Path | None, typer.Option("--out", help="Write --template to this new file; nothing is ever written over.")
    ] = None,
) -> None:
    """List the documents of the library; show one of them; or write a sources.toml to fill in."""
    if context.invoked_subcommand:
        return
    if (folder or out_file) and not template:
        raise InputError("--folder and --out belong to --template.", "assistant sources --template --out sources.toml")
    settings = load_settings(library=library)
    check_not_empty(settings)
    from assistant.search.library import open_library

    opened = open_library(settings.library_dir)
    if template:
        _write_template(opened, folder, out_file)
    else:
        _list(opened)
    opened.close()


@sources_app.command(short_help="Show what was understood of a document.")
def show(
    context: typer.Context,
    document: Annotated[str, typer.Argument(help="Its name, or a part of it that no other has.")],
    passages: Annotated[bool, typer.Option("--passages", help="Print every passage as well.")] = False,
    library: LibraryOption = None,
) -> None:
    """Show a document's articles, each value with how it is known, and the parts that were left out, and why."""
    settings = load_settings(library=library or (context.parent.params["library"] if context.parent else None))
    check_not_empty(settings)
    from assistant.search.library import open_library

    opened = open_library(settings.library_dir)
    document_id = _find(opened, document)
    found = opened.document(document_id)
    entries = [passage for passage, _ in opened.passages_of(document_id)]
    articles = opened.articles(document_id)
    elsewhere = [opened.reprints_of(document_id, position) for position in range(len(articles))]
    mentions = opened.mentions(document_id) if passages else []
    for line in _described(found, articles, entries, elsewhere, mentions, whole=passages):
        say(line)
    opened.close()


def _list(library: Library) -> None:
    for row in library.overview():
        date = f"{row.date} ({row.date_how})" if row.date else "date unknown"
        counts = count(row.passages, "passage")
        counts += f", {count(row.exclusions, 'part')} left out" if row.exclusions else ""
        say(row.name)
        known = [part for part in (row.title, row.publisher, date, counts) if part]
        say(f"    {' · '.join(known)}")


def _write_template(library: Library, folder: Path | None, out_file: Path | None) -> None:
    from assistant.ingest.user.sources_template import make_template

    text = make_template(library, folder)
    if out_file is None:
        sys.stdout.write(text)
        return
    try:
        with out_file.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except FileExistsError:
        raise InputError(
            f"{out_file} is there already, and is not written over.",
            "Name another file: assistant sources --template --out new-sources.toml",
        ) from None
    except OSError as error:
        raise InputError(f"{out_file} cannot be written: {error.strerror}.", "Name another file.") from None
    say(f"Written to {out_file}. Fill it in, and index the folder again: nothing that was read is read anew.")


def _find(library: Library, wanted: str) -> int:
    """The document that is named, or the only one whose name holds the words."""
    by_name = {file.name: file.id for file in library.files()}
    if wanted in by_name:
        return by_name[wanted]
    near = [name for name in by_name if wanted.casefold() in name.casefold()]
    if len(near) == 1:
        return by_name[near[0]]
    if near:
        more = f" and {len(near) - NAMED} more" if len(near) > NAMED else ""
        raise InputError(
            f"“{wanted}” may be {', '.join(near[:NAMED])}{more}.", "Give the whole name: assistant sources show NAME"
        )
    raise InputError(f"No document is called “{wanted}”.", "See which there are: assistant sources")


def _described(
    document: Document,
    articles: list[Article],
    passages: list[Passage],
    elsewhere: list[list[Appearance]],
    mentions: list[DateMention],
    *,
    whole: bool,
) -> Iterator[str]:
    yield document.name
    yield f"    {document.media_type}, {len(document.text):,} characters, {count(len(passages), 'passage')}"
    for name in ("title", "publisher", "author"):
        yield f"    {name:<10} {_value(getattr(document, name), getattr(document, f'{name}_how'))}"
    yield f"    {'date':<10} {_date(document)}"
    yield f"    {'language':<10} {_value(document.language or None, document.language_how)}"
    for name in ("url", "notes"):
        if value := getattr(document, name):
            yield f"    {name:<10} {' '.join(value.split())}"
    yield ""
    yield f"{count(len(articles), 'article')}:"
    for index, article in enumerate(articles):
        inside = [passage for passage in passages if passage.article_index == index]
        yield f"  {index + 1}. {_value(article.title, article.title_how)}"
        yield from _article(article, document)
        yield from _elsewhere(elsewhere[index])
        where = f"characters {article.span.start}–{article.span.end}, {count(len(inside), 'passage')}"
        yield f"     {'where':<10} {where}"
        for passage in inside if whole else ():
            yield from _passage(passage, mentions)
    yield ""
    yield from _left_out(document)


def _article(article: Article, document: Document) -> Iterator[str]:
    if article.publisher != document.publisher:
        yield f"     {'publisher':<10} {_value(article.publisher, article.publisher_how)}"
    yield f"     {'outlet':<10} {_value(article.outlet, article.outlet_how)}"
    yield f"     {'author':<10} {_value(article.author, article.author_how)}"
    yield f"     {'date':<10} {_date(article)}"
    if article.language != document.language:
        yield f"     {'language':<10} {_value(article.language or None, article.language_how)}"
    if article.relayed_by:
        yield f"     {'relayed by':<10} {article.relayed_by}"
    if article.introduction:
        where = f"characters {article.introduction.start}–{article.introduction.end}, not the author's words"
        yield f"     {'introduced':<10} {where}"


def _elsewhere(appearances: list[Appearance]) -> Iterator[str]:
    """The other documents in which an article stands; the one in which it stands first comes first, if it is there."""
    for index, other in enumerate(appearances[:NAMED]):
        is_first_copy = index == 0 or appearances[index - 1].is_origin
        label = "reprint of" if other.is_origin else "also in" if is_first_copy else ""
        yield f"     {label:<10} {_appearance(other)}"
    if len(appearances) > NAMED:
        yield f"     {'':<10} and {len(appearances) - NAMED} more"


def _passage(passage: Passage, mentions: list[DateMention]) -> Iterator[str]:
    heading = f" under “{passage.heading}”" if passage.heading else ""
    yield f"     passage, characters {passage.span.start}–{passage.span.end}{heading}:"
    yield f"       {' '.join(passage.text.split())}"
    for m in mentions:
        if passage.span.start <= m.span.start < passage.span.end:
            days = f"{m.first}" if m.first == m.last else f"{m.first} to {m.last}"
            yield f"       “{' '.join(m.words.split())}”: {days}"


def _appearance(other: Appearance) -> str:
    date = other.date.isoformat() if other.date else "date unknown"
    who = f"{' '.join(other.publisher.split())}, " if other.publisher else ""
    return f"{other.document}, article {other.position + 1} ({who}{date})"


def _left_out(document: Document) -> Iterator[str]:
    if not document.exclusions:
        yield "Nothing was left out."
        return
    yield f"{count(len(document.exclusions), 'part')} left out, which no answer cites:"
    for exclusion in document.exclusions:
        yield f"  characters {exclusion.span.start}–{exclusion.span.end}, {exclusion.reason}:"
        yield f"     “{_first_words(document, exclusion)}”"
    yield ""
    yield "If one is left out wrongly, name words of it in a sources.toml in the folder:"
    yield '  keep = "words of the part"      (the whole file to fill in: assistant sources --template)'


def _first_words(document: Document, exclusion: Exclusion) -> str:
    words = document.text[exclusion.span.start : exclusion.span.end].split()
    shown = " ".join(words[:SHOWN_WORDS])[:SHOWN_CHARACTERS]
    return shown if len(shown) == len(" ".join(words)) else f"{shown} …"


def _value(value: str | None, how: str) -> str:
    if value is None:
        return "none (given by you)" if how == "given" else "unknown"
    return f"{' '.join(value.split())} ({HOW[how]})" if HOW[how] else " ".join(value.split())


def _date(thing: Document | Article) -> str:
    known = _value(thing.date.isoformat() if thing.date else None, thing.date_how)
    return f"{known[:-1]}: {thing.date_basis})" if thing.date_basis and known.endswith(")") else known
