from dataclasses import replace

import pytest
from fakes import LetterEmbedder
from library_parts import made_document

from assistant.search.index import open_for_writing
from assistant.search.origins import one_per_origin, same_text
from assistant.search.ranking import Ranking
from assistant.search.retriever import search

ORIGIN = "The harbour froze in January and the ferries to the islands ran three hours late on most days of that month."
RETOLD = ORIGIN.replace("three hours", "four hours")
OTHER = "Three hours late: that is how the ferries ran in January, when ice covered the harbour for most of the month."


def stored(*entries):
    """Passages, each as (document, text, the document that it is a reprint of)."""
    made = {}
    for number, (name, text, reprint_of) in enumerate(entries, start=1):
        document = made_document(name, [text])
        passage = replace(document.passages[0], id=number, document_id=number)
        made[number] = (passage, replace(document.articles[0], reprint_of=reprint_of))
    return made


def test_a_reprints_nearly_equal_passage_is_its_origins():
    keys = one_per_origin(stored(("b.txt", RETOLD, "a.txt"), ("a.txt", ORIGIN, None), ("a.txt", OTHER, None)))
    assert keys[1] == keys[2] != keys[3]


def test_two_reprints_of_a_third_are_one():
    keys = one_per_origin(stored(("b.txt", RETOLD, "a.txt"), ("c.txt", f"{ORIGIN} More of it.", "a.txt")))
    assert keys[1] == keys[2]


@pytest.mark.parametrize("reprint_of", [None, "c.txt"])
def test_what_is_nearly_equal_without_being_a_reprint_stays_apart(reprint_of):
    keys = one_per_origin(stored(("a.txt", ORIGIN, None), ("b.txt", RETOLD, reprint_of)))
    assert keys[1] != keys[2]


def test_a_reprints_own_words_stay_apart():
    keys = one_per_origin(stored(("a.txt", ORIGIN, None), ("b.txt", OTHER, "a.txt"), ("b.txt", "Read more.", "a.txt")))
    assert len(set(keys.values())) == 3
    assert same_text(stored(("a.txt", ORIGIN, None), ("b.txt", ORIGIN.upper(), None)))[1] == keys[1]


class WithReprints:
    """A library that says of one document that it reprints another, as sync finds out."""

    def __init__(self, library):
        self._library = library

    def __getattr__(self, name):
        return getattr(self._library, name)

    def checked_passages(self, ids):
        found, damaged = self._library.checked_passages(ids)
        marked = {
            i: (p, replace(a, reprint_of="origin.txt") if p.document == "reprint.txt" else a)
            for i, (p, a) in found.items()
        }
        return marked, damaged


def test_the_origin_stands_for_its_reprint_and_names_it(tmp_path):
    with open_for_writing(tmp_path / "library", LetterEmbedder()) as index:
        index.store(
            [made_document("reprint.txt", [RETOLD], title=None), made_document("origin.txt", [ORIGIN], title=None)]
        )
        index.library = WithReprints(index.library)
        question = "ferries ran four hours late"  # the reprint's words
        found = search(question, index, 5)
        assert [(e.passage.document, e.reprints) for e in found.evidence] == [("origin.txt", ("reprint.txt",))]
        assert found.ranked[0].merged == ("reprint.txt",)
        apart = search(question, index, 5, ranking=replace(Ranking(), one_per_origin=False))
        assert [e.passage.document for e in apart.evidence] == ["reprint.txt", "origin.txt"]
