import datetime
from dataclasses import replace
from itertools import product

import pytest
from fakes import LetterEmbedder
from library_parts import DATE, made_document
from llama_index.core.base.base_retriever import BaseRetriever

from assistant.errors import IndexMismatchError
from assistant.search.index import open_for_reading, open_for_writing
from assistant.search.nodes import FootnoteRetriever
from assistant.search.ranking import Ranking, fuse
from assistant.search.retriever import DEPTH, retrieve, search
from assistant.types import DatePreference, Filters, SearchQuery

# By LetterEmbedder a, i, q and y are the first of eight directions, b, j, r and z the second.
# Titles are left empty, so that a passage is embedded as it stands.


def document(name, *paragraphs):
    return made_document(name, paragraphs, title=None, outlet="")


@pytest.fixture
def index(tmp_path):
    with open_for_writing(tmp_path / "library", LetterEmbedder()) as opened:
        yield opened


def test_fusion_adds_the_weighted_reciprocals_of_the_ranks():
    scores = fuse([[7, 8, 9], [9, 7]], [1.0, 1.3])
    assert scores == {
        7: pytest.approx(1 / (1 + 1) + 1.3 / (1 + 2)),
        8: pytest.approx(1 / (1 + 2)),
        9: pytest.approx(1 / (1 + 3) + 1.3 / (1 + 1)),
    }
    assert fuse([[], []], [1.0, 1.3]) == {}


def test_both_indexes_are_asked_and_fused(index):
    index.store([document("a.txt", "aaa", "bbb", "aab")])
    found = retrieve("aab bbb", index, 3)  # two a to four b: nearest bbb, then aab, then aaa; both first two by words
    by_text = {e.passage.text: e for e in found}
    assert [e.rank for e in found] == [1, 2, 3]
    assert (by_text["bbb"].vector_rank, by_text["aab"].vector_rank, by_text["aaa"].vector_rank) == (1, 2, 3)
    assert {by_text["bbb"].word_rank, by_text["aab"].word_rank} == {1, 2}
    assert by_text["aaa"].word_rank is None
    for e in found:
        by_words = 1.3 / (1 + e.word_rank) if e.word_rank else 0.0
        assert e.score == pytest.approx(1 / (1 + e.vector_rank) + by_words)
    assert by_text["bbb"].similarity == pytest.approx(4 / (2**2 + 4**2) ** 0.5, abs=1e-6)
    assert [e.score for e in found] == sorted((e.score for e in found), reverse=True)


def test_a_passage_is_found_with_its_article_and_its_exact_place(index):
    made = made_document("a.txt", ["aaa", "Harbour 港口 froze."], outlet="Gazette")
    index.store([made])
    (first, *_) = retrieve("harbour", index, 2)
    assert first.article.outlet == "Gazette"
    assert first.passage.document == "a.txt"
    assert made.document.text[slice(*first.passage.span)] == first.passage.text == "Harbour 港口 froze."


def test_equals_come_in_the_order_in_which_they_were_stored(index):
    index.store([document("b.txt", "ab, said one.", "ba, said one.", "ab? said one.")])
    for _ in range(5):
        assert [e.passage.text for e in retrieve("one said", index, 3)] == [
            "ab, said one.",
            "ba, said one.",
            "ab? said one.",
        ]


def test_the_same_text_in_two_documents_is_one_evidence_that_names_the_other(index):
    index.store(
        [
            document("first.txt", "The harbour froze.", "Only here."),
            document("second.txt", "the  harbour froze.", "Only there."),
            document("third.txt", "The Harbour froze."),
        ]
    )
    found = retrieve("harbour froze", index, 10)
    texts = [e.passage.text for e in found]
    assert len(texts) == 3
    assert texts[0].casefold().split() == ["the", "harbour", "froze."]
    assert {found[0].passage.document, *found[0].reprints} == {"first.txt", "second.txt", "third.txt"}
    assert [e.rank for e in found] == [1, 2, 3]
    assert all(e.reprints == () for e in found[1:])


def test_enough_is_found_behind_any_number_of_reprints(index):
    copies = [document(f"copy-{n}.txt", "The harbour froze.") for n in range(DEPTH + 10)]
    others = ["".join(letters) for letters in product("hpx", repeat=4)]  # all of the last direction: far away
    index.store([*copies, document("other.txt", "The harbour thawed.", *others)])
    found = retrieve("harbour froze", index, 3)
    assert [e.passage.text for e in found[:2]] == ["The harbour froze.", "The harbour thawed."]
    assert len(found) == 3
    assert len(found[0].reprints) == DEPTH + 9


def test_no_more_than_asked_for_and_no_more_than_there_is(index):
    index.store([document("a.txt", "aaa", "bbb", "ccc")])
    assert len(retrieve("aaa", index, 2)) == 2
    assert len(retrieve("aaa", index, 50)) == 3


def test_an_empty_library_gives_nothing(index):
    assert retrieve("anything", index, 5) == []


def test_a_question_without_words_is_answered_by_meaning_alone(index):
    index.store([document("a.txt", "aaa", "bbb")])
    found = retrieve("the", index, 5)
    assert len(found) == 2
    assert all(e.word_rank is None for e in found)


def test_the_search_can_be_kept_to_documents(index):
    index.store([document(f"{name}.txt", f"harbour {name}") for name in ("one", "two", "three")])
    found = retrieve("harbour", index, 5, Filters(("one.txt", "three.txt", "one.txt")))
    assert {e.passage.document for e in found} == {"one.txt", "three.txt"}
    assert len(retrieve("harbour", index, 5, Filters())) == 3


def parts_add_up(found):
    return all(one.evidence.score == pytest.approx(sum(one.parts.values())) for one in found.ranked)


def test_each_part_of_a_question_brings_its_best_passage_up(index):
    index.store([document("a.txt", "aaa eee", "aaa", "aea", "bbb fff", "eee")])
    whole = SearchQuery("aaa eee and bbb fff", parts=("bbb fff",))
    without, with_parts = (search(whole, index, 5, ranking=replace(Ranking(), parts=weight)) for weight in (0.0, 0.7))
    place = {
        weight: [e.passage.text for e in found.evidence].index("bbb fff")
        for weight, found in ((0, without), (7, with_parts))
    }
    assert place[7] < place[0] or place[7] == 0
    (best,) = (one for one in with_parts.ranked if one.evidence.passage.text == "bbb fff")
    assert best.parts["vectors of part 1"] == best.parts["words of part 1"] / 1.3 == pytest.approx(0.7 / 2)
    assert set(without.ranked[0].parts) <= {"vectors", "words"}
    assert parts_add_up(with_parts)


def test_other_names_are_for_the_word_index_only(index):
    index.store([document("a.txt", "hhh", "RedNote ppp", "xxx")])
    embedded = len(index.embedder.texts)
    found = retrieve(SearchQuery("hhh", also=("rednote",)), index, 3)
    assert index.embedder.texts[embedded:] == ["hhh"]
    assert {e.passage.text: e.word_rank for e in found} == {"hhh": 1, "RedNote ppp": 2, "xxx": None}


def dated(name, text, day):
    made = document(name, text)
    return replace(made, articles=[replace(made.articles[0], date=day)])


MONTHS = [datetime.date(2025, month, 15) for month in range(1, 7)]


@pytest.fixture
def months(index):
    index.store([dated(f"{day}.txt", f"The harbour froze, {'abcdef'[i]}.", day) for i, day in enumerate(MONTHS)])
    index.store([dated("undated.txt", "The harbour froze, g.", None)])
    return index


@pytest.mark.parametrize(
    ("wish", "first"),
    [
        (DatePreference(None, None, latest=True), "2025-06-15.txt"),
        (DatePreference(datetime.date(2025, 3, 1), datetime.date(2025, 3, 31)), "2025-03-15.txt"),
        (DatePreference(datetime.date(2025, 2, 1), datetime.date(2025, 4, 30), latest=True), "2025-04-15.txt"),
        (DatePreference(None, datetime.date(2024, 12, 31)), "2025-01-15.txt"),  # the nearest there is
    ],
)
def test_a_wish_for_days_moves_passages_up_and_leaves_none_out(months, wish, first):
    question = "has the harbour frozen, said abcdefg"  # of equal words, and about as near to all of them
    plain = retrieve(question, months, 9)
    wished = search(SearchQuery(question, dates=wish), months, 9, ranking=replace(Ranking(), dates=3.0))
    assert wished.evidence[0].passage.document == first
    assert {e.passage.id for e in wished.evidence} == {e.passage.id for e in plain}
    assert "dates" not in next(o for o in wished.ranked if o.evidence.passage.document == "undated.txt").parts
    assert parts_add_up(wished)
    as_it_is = retrieve(SearchQuery(question, dates=wish), months, 9)
    assert first in [e.passage.document for e in as_it_is[:3]]
    off = retrieve(SearchQuery(question, dates=wish), months, 9, ranking=replace(Ranking(), dates=0.0))
    assert [e.passage.id for e in off] == [e.passage.id for e in plain]


@pytest.mark.parametrize("query", ["x" * 10_000, "harbour " * 1_250, "the of and", "🚀🎉", "\x00", "?"])
def test_any_text_is_answered_by_what_is_nearest(index, query):
    index.store([document("a.txt", "The harbour froze.", "Grain rose.")])
    assert len(retrieve(query, index, 5)) == 2


def test_an_index_of_another_embedder_is_refused(index, tmp_path):
    index.store([document("a.txt", "The harbour froze.")])
    with pytest.raises(IndexMismatchError, match="“letters”"):
        open_for_reading(tmp_path / "library", LetterEmbedder(name="other"))


def test_either_index_can_be_switched_off(index):
    index.store([document("a.txt", "aaa", "bbb")])
    by_words = retrieve("aaa", index, 5, ranking=replace(Ranking(), vectors=0.0))
    assert [(e.passage.text, e.vector_rank, e.word_rank, e.similarity) for e in by_words] == [("aaa", None, 1, None)]
    by_vectors = retrieve("aaa", index, 5, ranking=replace(Ranking(), words=0.0))
    assert [(e.passage.text, e.vector_rank, e.word_rank) for e in by_vectors] == [("aaa", 1, None), ("bbb", 2, None)]


def test_any_llamaindex_program_can_retrieve(index):
    index.store([made_document("a.txt", ["Harbour froze.", "Grain rose."], outlet="Gazette")])
    undated = made_document("b.txt", ["Ferries ran."])
    index.store([replace(undated, articles=[replace(undated.articles[0], date=None)])])
    retriever = FootnoteRetriever(index, count=3)
    assert isinstance(retriever, BaseRetriever)

    first, *others = retriever.retrieve("grain rises")
    assert len(others) == 2
    assert first.score == pytest.approx(retrieve("grain rises", index, 1)[0].score)
    assert (first.node.start_char_idx, first.node.end_char_idx) == (16, 27)
    assert first.node.text == "Grain rose."
    assert first.node.metadata == {
        "document": "a.txt",
        "document_id": 1,
        "title": "Harbour notes",
        "heading": None,
        "publisher": "Publisher",
        "outlet": "Gazette",
        "author": "Author",
        "date": DATE.isoformat(),
        "reprints": [],
    }
    assert [n.node.metadata["date"] for n in others if n.node.metadata["document"] == "b.txt"] == [None]
