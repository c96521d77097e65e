from dataclasses import replace
from itertools import product

import pytest
from fakes import LetterEmbedder
from library_parts import DATE, made_document
from llama_index.core.base.base_retriever import BaseRetriever

from assistant.errors import InputError
from assistant.search.index import open_for_writing
from assistant.search.retriever import DEPTH, FootnoteRetriever, fuse, retrieve
from assistant.types import Filters

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


def test_a_filter_that_names_an_unknown_document_says_which_and_where_to_look(index):
    index.store([document("one.txt", "harbour")])
    with pytest.raises(InputError, match=r"no document named five\.txt, two\.txt\.") as caught:
        retrieve("harbour", index, 5, Filters(("two.txt", "one.txt", "five.txt")))
    assert "assistant sources" in caught.value.remedy


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
        "title": "Harbour notes",
        "publisher": "Publisher",
        "outlet": "Gazette",
        "date": DATE.isoformat(),
    }
    assert [n.node.metadata["date"] for n in others if n.node.metadata["document"] == "b.txt"] == [None]
