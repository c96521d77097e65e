"""`assistant search`: a question -> ranked passages on the terminal, with the reasons; or the names to filter by."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

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
from assistant.cli.terminal import count as counted
from assistant.cli.terminal import remark, say
from assistant.errors import InputError
from assistant.settings import Settings, load_settings

if TYPE_CHECKING:  # importing these takes seconds, which `--help` need not wait for
    from assistant.search.index import Index
    from assistant.search.retriever import Explained, Found
    from assistant.types import SearchQuery


def search(
    question: Annotated[str | None, typer.Argument(help="The question, or words, in quotes.")] = None,
    explain: Annotated[bool, typer.Option("--explain", help="Say why each passage stands where it does.")] = False,
    json_output: Annotated[bool, typer.Option("--json", help="Print all of it as one line of JSON.")] = False,
    number: Annotated[int, typer.Option("--count", "-n", min=1, max=1_000, help="How many passages.")] = 10,
    names: Annotated[bool, typer.Option("--names", help="List the names that the filters take, instead.")] = False,
    since: SinceOption = None,
    until: UntilOption = None,
    publisher: PublisherOption = None,
    outlet: OutletOption = None,
    author: AuthorOption = None,
    document: DocumentOption = None,
    language: LanguageOption = None,
    article: ArticleOption = None,
    library: LibraryOption = None,
) -> None:
    """Find the passages that answer a question best, without answering it."""
    if (question is None) != names:
        raise InputError("Give either a question or --names.", 'assistant search "…"   or   assistant search --names')
    filters = make_filters(since, until, publisher, outlet, author, document, language, article)
    settings = load_settings(library=library)
    if question is not None:
        from assistant.answer.question.understand import check_question

        question = check_question(question)
    check_not_empty(settings)
    from assistant.search.retriever import search as search_index

    index = _opened(settings)
    for sentence in index.take_news():
        remark(sentence)
    try:
        if question is None:
            for line in _names(index):
                say(line)
            return
        query = _understood(question, index)
        found = search_index(query, index, number, filters)
        passages = index.library.summary().passages
    finally:
        index.close()
    if found.damaged:
        from assistant.search.trouble import repair_command

        left_out = counted(len(found.damaged), "passage")
        remark(f"{left_out} left out, because the stored text is damaged: {repair_command(settings.library_dir)}")
    if json_output:
        sys.stdout.write(to_json(query, found) + "\n")
        return
    for line in told(query, found, passages, explain=explain):
        say(line)


def told(query: SearchQuery, found: Found, passages: int, *, explain: bool) -> Iterator[str]:
    """What was found, in lines; with the reasons."""
    if explain:
        yield f"Searched for: {query.text}"
        for name, values in (("Parts", query.parts), ("Also, as words", query.also)):
            if values:
                yield f"{name}: {'; '.join(values)}"
        if query.dates:
            days = " to ".join(str(day) for day in (query.dates.first, query.dates.last) if day)
            latest = " (the latest of them)" if days and query.dates.latest else ""
            yield f"Dates wished for: {days or 'the latest'}{latest}"
        if found.admitted is not None:
            yield f"Filtered: {counted(found.admitted, 'passage')} of {passages} admitted"
        yield f"Found: {counted(found.candidates, 'different text')}, {len(found.ranked)} shown"
        yield ""
    if not found.ranked:
        yield "Nothing was found."
    for one in found.ranked:
        yield f"{one.evidence.rank}. {_source(one)}"
        if explain:
            yield from (f"   {line}" for line in _reasons(one))
        yield f"   {' '.join(one.evidence.passage.text.split())}"
        yield ""


def to_json(query: SearchQuery, found: Found) -> str:
    """The whole of it as one line of JSON; dates as "2025-01-30"."""
    whole = {
        "query": asdict(query),
        "admitted": found.admitted,
        "candidates": found.candidates,
        "ranked": [
            asdict(one.evidence) | {"bm25": one.bm25, "parts": one.parts, "merged": one.merged} for one in found.ranked
        ],
    }
    return json.dumps(whole, ensure_ascii=False, default=str)


def _source(one: Explained) -> str:
    passage, article = one.evidence.passage, one.evidence.article
    date = f"{article.date} ({article.date_how})" if article.date else "date unknown"
    parts = [article.outlet or article.publisher, article.author, article.title, date]
    where = f"{passage.document}, characters {passage.span.start}–{passage.span.end}"
    return f"{'; '.join(p for p in parts if p)}. {where}"


def _reasons(one: Explained) -> Iterator[str]:
    evidence = one.evidence
    near = f"vectors: place {evidence.vector_rank}, cosine {evidence.similarity:.3f}" if evidence.similarity else ""
    words = f"words: place {evidence.word_rank}, BM25 {one.bm25:.2f}" if one.bm25 is not None else ""
    yield "; ".join([near or "vectors: not among the nearest", words or "words: none of the question's"])
    sum_of = " + ".join(f"{value:.3f} {name}" for name, value in one.parts.items())
    yield f"score {evidence.score:.3f} = {sum_of}".replace("+ -", "- ")
    if evidence.article.language:
        yield f"language: {evidence.article.language} ({evidence.article.language_how})"
    if evidence.reprints:
        yield f"also in: {', '.join(evidence.reprints)}"
    if one.merged:
        yield f"found there too and merged: {', '.join(one.merged)}"


def _names(index: Index) -> Iterator[str]:
    """Every name that a filter takes, with how many articles have it."""
    columns = index.columns()
    for kind, names in columns.names.items():
        yield f"--{kind}"
        for key in sorted(names.written):
            yield f"    {names.written[key]} ({counted(len(names.articles[key]), 'article')})"
    known = columns.days[columns.days > 0]
    undated = len(columns.days) - len(known)
    yield "--since, --until"
    if len(known):
        import datetime

        first, last = (datetime.date.fromordinal(int(day)) for day in (known.min(), known.max()))
        yield f"    {first} to {last} ({counted(len(known), 'article')}; {undated} without a date)"
    yield "--document"
    yield "    see: assistant sources"


def _opened(settings: Settings) -> Index:
    from assistant.search.embedding import open_embedder
    from assistant.search.index import open_for_reading

    return open_for_reading(settings.library_dir, open_embedder(settings))


def _understood(question: str, index: Index) -> Any:
    """The question as `assistant ask` understands it."""
    from assistant.answer.question.library_names import name_table
    from assistant.answer.question.understand import understand

    names = name_table((alias.name, alias.other) for _, alias in index.library.aliases())
    return understand(question, names=names, newest=index.library.summary().newest)
