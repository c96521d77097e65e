from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from fakes import LetterEmbedder
from hypothesis import given, settings
from hypothesis import strategies as st
from library_parts import made_document

from assistant.errors import AssistantError, InputError, NothingLeftError
from assistant.search.columns import authors_of, outlet_of
from assistant.search.index import NewMetadata, open_for_reading, open_for_writing
from assistant.search.retriever import retrieve
from assistant.search.vectors import VectorIndex
from assistant.types import Filters

DAYS = {"old.txt": date(2025, 1, 2), "new.txt": date(2025, 1, 30), "undated.txt": None, "fremd.txt": date(2024, 12, 31)}


def document(name, *, publisher="Harbour Post", outlet=None, author=None, language="en", relayed_by=None, texts=()):
    made = made_document(name, texts or [f"Harbour {name}."], title=None, outlet="")
    article = replace(
        made.articles[0], publisher=publisher, outlet=outlet, author=author, date=DAYS.get(name), relayed_by=relayed_by,
        language=language,
    )  # fmt: skip
    return replace(made, articles=[article])


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    with open_for_writing(tmp_path_factory.mktemp("library"), LetterEmbedder()) as opened:
        opened.store(
            [
                document("old.txt", outlet="The  Gazette", author="Jane Doe and Wei Li"),
                document("new.txt", author="Jane Doe"),
                document("undated.txt", publisher="Table", relayed_by="A newsletter"),
                document("fremd.txt", publisher="Hafenblatt", language="de-AT", author="Müller"),
            ]
        )
        yield opened


def found(index, **conditions):
    return {e.passage.document for e in retrieve("harbour", index, 9, Filters(**conditions))}


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ({}, {"old.txt", "new.txt", "undated.txt", "fremd.txt"}),
        ({"since": date(2025, 1, 2)}, {"old.txt", "new.txt"}),
        ({"since": date(2025, 1, 3)}, {"new.txt"}),
        ({"until": date(2025, 1, 2)}, {"old.txt", "fremd.txt"}),
        ({"since": date(2025, 1, 2), "until": date(2025, 1, 2)}, {"old.txt"}),
        ({"publishers": ("HARBOUR post",)}, {"old.txt", "new.txt"}),
        ({"publishers": ("Table", "Hafenblatt")}, {"undated.txt", "fremd.txt"}),
        ({"outlets": ("the gazette",)}, {"old.txt"}),
        ({"outlets": ("Harbour Post",)}, {"new.txt"}),  # its own text; the other is the Gazette's
        ({"authors": ("jane doe",)}, {"old.txt", "new.txt"}),
        ({"authors": ("Wei Li", "MÜLLER")}, {"old.txt", "fremd.txt"}),
        ({"languages": ("de",)}, {"fremd.txt"}),
        ({"languages": ("de-at",)}, {"fremd.txt"}),
        ({"languages": ("EN",)}, {"old.txt", "new.txt", "undated.txt"}),
        ({"languages": ("en",), "documents": ("new.txt", "fremd.txt")}, {"new.txt"}),
        ({"articles": (("old.txt", 0), ("fremd.txt", 0))}, {"old.txt", "fremd.txt"}),
        ({"authors": ("Jane Doe",), "until": date(2025, 1, 10), "documents": ("OLD.txt",)}, {"old.txt"}),
    ],
)
def test_each_filter_admits_what_it_says_in_both_indexes(index, conditions, expected):
    evidence = retrieve("harbour", index, 9, Filters(**conditions))
    assert {e.passage.document for e in evidence} == expected
    assert all(e.vector_rank and e.word_rank for e in evidence)


def test_a_relayed_text_without_an_outlet_is_not_its_publishers_own():
    assert outlet_of(None, "Table", "A newsletter") is None
    assert outlet_of(None, "Table", None) == "Table"
    assert outlet_of("Gazette", "Table", "A newsletter") == "Gazette"
    assert authors_of("Jane Doe, Wei Li und Ann B.") == ["Jane Doe, Wei Li und Ann B.", "Jane Doe", "Wei Li", "Ann B."]
    assert authors_of("Sandra Andrews") == ["Sandra Andrews"]
    assert authors_of(None) == []


@pytest.mark.parametrize(
    ("conditions", "words", "command"),
    [
        ({"publishers": ("Harbor Post",)}, "no publisher named “Harbor Post”. Did you mean “Harbour Post”", "--names"),
        (
            {"outlets": ("Gazette",)},
            "no outlet named “Gazette”. Did you mean “The Gazette”?",
            "assistant search --names",
        ),
        ({"authors": ("Mueller",)}, "no author named “Mueller”. Did you mean “Müller”", "assistant search --names"),
        ({"languages": ("xx", "yy")}, "no language named “xx” and “yy”.", "assistant search --names"),
        ({"documents": ("nwe.txt",)}, "no document named “nwe.txt”. Did you mean “new.txt”", "assistant sources"),
        ({"articles": (("new.txt", 3),)}, "new.txt has no article number 4", "assistant sources show new.txt"),
        (
            {"since": date(2025, 2, 1), "until": date(2025, 1, 1)},
            "No day is both since 1 February 2025 and until 1 January 2025",
            "--since",
        ),
    ],
)
def test_what_cannot_be_meant_is_said_with_the_nearest_names(index, conditions, words, command):
    with pytest.raises(InputError) as caught:
        found(index, **conditions)
    assert words in caught.value.message
    assert command in caught.value.remedy


@pytest.mark.parametrize(
    ("conditions", "words"),
    [
        (
            {"since": date(2020, 3, 1), "until": date(2020, 3, 31)},
            "from March 2020; without the filter there are 4 passages, the nearest in time of 31 December 2024, 1",
        ),
        (
            {"since": date(2025, 1, 10), "authors": ("Wei Li",)},
            "since 10 January 2025 and by “Wei Li”; without the dates there is 1 passage, of 2 January 2025, without",
        ),
        (
            {"publishers": ("Table",), "until": date(2030, 12, 31)},
            "without the dates there is 1 passage, without a known date",
        ),
        (
            {"publishers": ("Table",), "languages": ("de",), "authors": ("Wei Li",)},
            "is put out by “Table” and by “Wei Li” and in the language “de”; without any filter there are 4 passages.",
        ),
    ],
)
def test_a_filter_that_leaves_nothing_says_what_there_would_be_without_it(index, conditions, words):
    with pytest.raises(NothingLeftError) as caught:
        found(index, **conditions)
    assert words in caught.value.message
    assert isinstance(caught.value, AssistantError)


def test_an_empty_library_is_not_the_filters_fault(tmp_path):
    with open_for_writing(tmp_path / "library", LetterEmbedder()) as empty:
        assert retrieve("harbour", empty, 5, Filters(since=date(2025, 1, 1))) == []


def test_filters_see_new_values_new_documents_and_removed_ones(tmp_path):
    with open_for_writing(tmp_path / "library", LetterEmbedder()) as index:
        index.store([document("old.txt"), document("new.txt")])
        reader = open_for_reading(tmp_path / "library", LetterEmbedder())
        wanted = {"since": date(2025, 1, 20), "publishers": ("Harbour Post",)}
        assert found(index, **wanted) == found(reader, **wanted) == {"new.txt"}

        old = next(f.id for f in index.library.files() if f.name == "old.txt")
        article = replace(index.library.articles(old)[0], date=date(2025, 2, 1), author="Given Name")
        index.set_metadata([NewMetadata(index.library.document(old), [article], "key", [])])
        assert found(index, **wanted) == found(reader, **wanted) == {"old.txt", "new.txt"}
        assert found(reader, authors=("given name",)) == {"old.txt"}

        index.store([document("late.txt")], replaced=[old])
        assert found(index, **wanted) == found(reader, **wanted) == {"new.txt"}
        assert found(reader, publishers=("Harbour Post",)) == {"new.txt", "late.txt"}
        with pytest.raises(InputError, match="author"):
            found(reader, authors=("given name",))
        reader.close()


def test_among_more_than_are_gone_through_the_nearest_are_the_same(tmp_path, monkeypatch):
    random = np.random.default_rng(5)
    vectors = random.standard_normal((1_500, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    index = VectorIndex(tmp_path / "vectors")
    index.add(range(1, 1_501), vectors)
    monkeypatch.setattr("assistant.search.vectors.ROWS_A_QUESTION", 1)
    for within in (np.arange(1, 1_001), np.arange(3, 1_500, 7), np.flatnonzero(vectors[:, 0] < -0.2) + 1):
        question = np.eye(8, dtype=np.float32)[0]  # the nearest of all are not among the last ones
        exact = sorted(within.tolist(), key=lambda i: (-float(vectors[i - 1] @ question), i))[:10]
        assert [n.passage_id for n in index.nearest(question, 10, within)] == exact


LETTERS = st.text(alphabet="abch ", min_size=1, max_size=6).filter(str.strip)


@settings(deadline=None, max_examples=15)
@given(
    st.lists(
        st.tuples(
            LETTERS, st.sampled_from(["P", "Q"]), st.one_of(st.none(), st.dates(date(2025, 1, 1), date(2025, 1, 5)))
        ),
        min_size=1,
        max_size=8,
    ),
    st.dates(date(2025, 1, 1), date(2025, 1, 5)),
)
def test_a_filter_gives_what_filtering_by_hand_would(tmp_path_factory, made, since):
    with open_for_writing(tmp_path_factory.mktemp("any"), LetterEmbedder()) as index:
        for number, (text, publisher, day) in enumerate(made):
            one = document(f"{number}.txt", publisher=publisher, texts=[f"{text} {number}"])
            index.store([replace(one, articles=[replace(one.articles[0], date=day)])])
        whole = retrieve("abc", index, 99)
        wanted = [e for e in whole if e.article.publisher == "P" and e.article.date and e.article.date >= since]
        if wanted:
            filtered = retrieve("abc", index, 99, Filters(since=since, publishers=("p",)))
            by_nearness = sorted(wanted, key=lambda e: (-(e.similarity or 0), e.passage.id))
            ours = sorted(filtered, key=lambda e: e.vector_rank or 99)
            assert [(e.passage.id, e.similarity) for e in ours] == [
                (e.passage.id, pytest.approx(e.similarity, abs=1e-5)) for e in by_nearness
            ]
