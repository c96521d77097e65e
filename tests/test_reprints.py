"""Which stored article is a reprint of which: found as documents come, and found anew as they go or are described."""

from __future__ import annotations

import datetime
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fakes import LetterEmbedder
from hypothesis import given, settings
from hypothesis import strategies as st
from library_parts import made_document

from assistant.ingest.sync.sync import make_plan, sync
from assistant.search import reprints
from assistant.search.index import open_for_writing
from assistant.search.library import Library
from assistant.search.reprints import sample
from assistant.types import Article, Span

TEXT = " ".join(f"word{number}" for number in range(600))
INTRODUCTION = " ".join(f"preface{number}" for number in range(100))
OTHER = " ".join(f"else{number}" for number in range(600))
SAMPLE_DOCUMENTS = Path(__file__).parents[1] / "assistant" / "sample" / "documents"


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Library]:
    opened = Library(tmp_path / "library.db")
    yield opened
    opened.close()


def store(library: Library, name: str, text: str, day: int | None = None, *, is_relayed: bool = False) -> int:
    """A document of one article, stored as a sync stores it. Returns its id."""
    made = made_document(name, [text])
    date = datetime.date(2025, 1, day) if day else None
    article = replace(made.articles[0], date=date, relayed_by="Digest" if is_relayed else None)
    with library.transaction():
        document_id, _ = library.add(made.document, made.state, [article], made.passages, [])
        library.settle_origins()
    return document_id


def remove(library: Library, document_id: int) -> None:
    with library.transaction():
        library.remove(document_id)
        library.settle_origins()


def origins(library: Library) -> dict[str, str]:
    """The documents that are reprints, with that in which the same article stands first."""
    articles = [article for file in library.files() for article in library.articles(file.id)]
    return {article.document: article.reprint_of for article in articles if article.reprint_of}


def test_a_reprint_in_an_editor_s_frame_names_its_origin(library: Library) -> None:
    for name, text in (("a", TEXT), ("b", f"{INTRODUCTION} {TEXT}"), ("c", OTHER)):
        store(library, name, text)
    assert origins(library) == {"b": "a"}
    ((_, article),) = library.passages_of(library.document_ids(["b"])[0])
    assert article.reprint_of == "a"  # so the evidence of a question says it, too


def test_a_reprint_with_words_changed_here_and_there_is_found(library: Library) -> None:
    store(library, "a", TEXT)
    store(library, "b", " ".join("edited" if n % 60 == 0 else word for n, word in enumerate(TEXT.split())))
    assert origins(library) == {"b": "a"}


@pytest.mark.parametrize("first", ["origin", "reprint"])
def test_the_origin_is_what_was_not_relayed_and_then_the_earliest_whichever_came_first(
    library: Library, first: str
) -> None:
    for which in (first, "origin" if first == "reprint" else "reprint"):
        if which == "origin":
            store(library, "own late", TEXT, 9)
            store(library, "early", OTHER, 1)
        else:
            store(library, "relayed early", TEXT, 1, is_relayed=True)
            store(library, "late", OTHER, 9)
            store(library, "undated", OTHER)
    assert origins(library) == {"relayed early": "own late", "late": "early", "undated": "early"}


def test_a_shared_quotation_makes_no_reprint(library: Library) -> None:
    store(library, "a", TEXT)
    store(library, "b", f"{OTHER} {' '.join(TEXT.split()[:60])}")
    assert origins(library) == {}


def test_when_the_origin_goes_the_next_in_order_takes_its_place(library: Library) -> None:
    ids = {name: store(library, name, TEXT, day) for day, name in enumerate("abc", start=1)}
    assert origins(library) == {"b": "a", "c": "a"}
    remove(library, ids["a"])
    assert origins(library) == {"c": "b"}
    remove(library, ids["b"])
    assert origins(library) == {}
    store(library, "a", TEXT, 1)
    assert origins(library) == {"c": "a"}


def test_an_article_that_stands_before_two_others_frees_what_is_only_like_the_second(library: Library) -> None:
    """d is like b and not like a: when a takes b's place, d is an origin again."""
    half = TEXT.split()
    store(library, "b", " ".join(half[120:]), 2)
    store(library, "d", " ".join([*half[420:], *OTHER.split()[:100]]), 4)
    assert origins(library) == {"d": "b"}
    store(library, "a", " ".join(half[:420]), 1)
    assert origins(library) == {"b": "a"}


def test_everywhere_else_an_article_stands_is_listed_the_origin_first(library: Library) -> None:
    ids = {name: store(library, name, TEXT, day) for name, day in (("b", 2), ("c", None), ("a", 1), ("x", 3))}
    store(library, "other", OTHER)
    found = library.reprints_of(ids["b"], 0)
    assert [(f.document, f.publisher, f.date and f.date.day, f.is_origin) for f in found] == [
        ("a", "Publisher", 1, True), ("x", "Publisher", 3, False), ("c", "Publisher", None, False),
    ]  # fmt: skip
    assert (found[0].document_id, found[0].position) == (ids["a"], 0)
    assert [f.document for f in library.reprints_of(ids["a"], 0)] == ["b", "x", "c"]


def test_an_article_among_others_is_a_reprint_by_itself(library: Library) -> None:
    made = made_document("issue", [OTHER, TEXT])
    ends = [passage.span.end for passage in made.passages]
    articles = [Article("issue", Span(0, ends[0])), Article("issue", Span(ends[0] + 2, ends[1]))]
    passages = [made.passages[0], replace(made.passages[1], article_index=1)]
    store(library, "first", TEXT)
    with library.transaction():
        issue, _ = library.add(made.document, made.state, articles, passages, [])
        library.settle_origins()
    assert [a.reprint_of for a in library.articles(issue)] == [None, "first"]
    assert [f.document for f in library.reprints_of(issue, 1)] == ["first"]
    assert library.reprints_of(issue, 0) == []


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from("abcdef"), st.integers(0, 5), st.integers(1, 6), st.none() | st.integers(1, 4)),
        max_size=14,
    ),
    st.booleans(),
)
def test_in_whatever_order_documents_come_and_go_no_two_origins_are_alike(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[str, int, int, int | None]], is_relayed: bool
) -> None:
    """A change stores, or replaces, or (where the length is 1) removes a document: a stretch of one long text."""
    library = Library(tmp_path_factory.mktemp("any") / "library.db")
    words = [f"word{number}" for number in range(1_200)]
    stored: dict[str, int] = {}
    for name, start, length, day in changes:
        if name in stored:
            remove(library, stored.pop(name))
        if length > 1:
            text = " ".join(words[100 * start : 100 * (start + length)])
            stored[name] = store(library, name, text, day, is_relayed=is_relayed and name < "c")
    articles = {i: library.articles(i)[0] for i in stored.values()}
    samples = {i: sample(library.document(i).text) for i in articles}
    names = {i: name for name, i in stored.items()}

    def rank(i: int) -> tuple[bool, datetime.date, int]:
        return articles[i].relayed_by is not None, articles[i].date or datetime.date.max, i

    def alike(i: int, j: int) -> bool:
        common, shorter = len(samples[i] & samples[j]), min(len(samples[i]), len(samples[j]))
        return common >= reprints.SHARED and common >= reprints.CONTAINED * shorter

    order = sorted(articles, key=rank)
    first = [i for i in order if articles[i].reprint_of is None]
    for i in order:
        before = [j for j in first if rank(j) < rank(i) and alike(i, j)]
        if articles[i].reprint_of is None:
            assert before == []
        else:
            assert articles[i].reprint_of in {names[j] for j in before}
    library.close()


def test_what_a_user_says_of_a_date_moves_the_origin(tmp_path: Path) -> None:
    papers = tmp_path / "papers"
    papers.mkdir()
    paragraphs = "\n\n".join(" ".join(TEXT.split()[n : n + 60]).capitalize() + "." for n in range(0, 600, 60))
    for name, day in (("a.txt", "2025-01-01"), ("b.txt", "2025-02-02")):
        (papers / name).write_text(f"---\ndate: {day}\n---\n\n{paragraphs}\n")
    with open_for_writing(tmp_path / "library", LetterEmbedder()) as index:
        sync(make_plan([papers], index, 400), index, 400)
        assert origins(index.library) == {"b.txt": "a.txt"}
        (papers / "sources.toml").write_text('[[source]]\nmatch = "a.txt"\ndate = 2025-03-03\n')
        sync(make_plan([papers], index, 400), index, 400)
        assert origins(index.library) == {"a.txt": "b.txt"}
        (papers / "b.txt").rename(papers / "c.txt")
        sync(make_plan([papers], index, 400), index, 400)
        assert origins(index.library) == {"a.txt": "c.txt"}
        (papers / "c.txt").unlink()
        sync(make_plan([papers], index, 400), index, 400)
        assert origins(index.library) == {}


def test_the_sample_corpus_has_one_reprint(tmp_path: Path) -> None:
    with open_for_writing(tmp_path / "library", LetterEmbedder()) as index:
        sync(make_plan([SAMPLE_DOCUMENTS], index, 900), index, 900)
        found = {reprint.rsplit("/", 1)[-1]: o.rsplit("/", 1)[-1] for reprint, o in origins(index.library).items()}
    assert found == {"reprint-cheap-model.html": "the-cheap-model.md"}


class CountingLibrary(Library):
    """Counts the rows that it reads."""

    read = 0

    def rows(self, query: str, values: Sequence[Any] = ()) -> list[sqlite3.Row]:
        found = super().rows(query, values)
        self.read += len(found)
        return found


def test_one_more_document_is_not_compared_with_all(tmp_path: Path) -> None:
    """Stock phrases that every document holds, and hundreds of reprints of one text, cost nothing each time."""
    library = CountingLibrary(tmp_path / "library.db")
    phrase = " ".join(f"stock{number}" for number in range(200))
    read: list[int] = []
    for number in range(250):
        before = library.read
        store(library, f"own {number}", f"{' '.join(f'w{number}x{n}' for n in range(600))} {phrase}")
        store(library, f"copy {number}", TEXT)
        read.append(library.read - before)
    store(library, "phrase", phrase)
    assert origins(library) == {f"copy {number}": "copy 0" for number in range(1, 250)}
    assert max(read[200:]) <= max(read[60:110]) < 1_000
    library.close()
