import math
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import tantivy
from hypothesis import given, settings
from hypothesis import strategies as st
from library_parts import made_document

from assistant.errors import AssistantError
from assistant.search.filters import Scope
from assistant.search.words import WordIndex, chinese_pairs, stems

ARTICLE = made_document("a.txt", ["x"], title=None, outlet="").articles[0]
ARTICLE = replace(ARTICLE, publisher=None)


def passage(passage_id, text, heading="", document_id=1):
    (made,) = made_document("a.txt", [text or "."]).passages
    return replace(made, id=passage_id, text=text, heading=heading, document_id=document_id), ARTICLE


def found(index, text, *arguments):
    return [match.passage_id for match in index.search(text, 50, *arguments)]


@pytest.fixture
def index(tmp_path):
    return WordIndex(tmp_path / "words")


def test_english_words_are_found_in_every_form(index):
    index.update([passage(1, "The ferries were running late."), passage(2, "Nothing about boats.")])
    assert found(index, "ferry runs") == found(index, "FERRY’S") == [1]
    assert found(index, "boat") == [2]
    assert found(index, "harbour") == []


def test_accents_and_widths_do_not_matter(index):
    index.update([passage(1, "Señor Müller’s café"), passage(2, "naive cafe")])
    assert found(index, "muller") == found(index, "MÜLLER") == [1]
    assert set(found(index, "Café")) == {1, 2}


@pytest.mark.parametrize("text", ["", "   ", "the of and with", "?!…—", "🚀🎉", "\x00", "x" * 10_000])
def test_a_text_without_words_to_look_for_finds_nothing(index, text):
    index.update([passage(1, "The harbour and the sea."), passage(2, "🚀 up")])
    assert found(index, text) == []


def test_chinese_is_found_by_pairs_of_characters(index):
    index.update(
        [passage(1, "小红书的用户很多。"), passage(2, "红军长征"), passage(3, "书 alone, RedNote 小红书 mixed")]
    )
    assert set(found(index, "小红书")) == {1, 3}
    assert found(index, "长征") == [2]
    assert found(index, "书") == [3]
    assert found(index, "红") == []  # a single character that never stands alone
    assert found(index, "小红书 mixed")[0] == 3


def test_pairs_and_stems_of_a_text():
    assert chinese_pairs("小红书, 书; abc") == ["小红", "红书", "书"]
    assert stems("The ferries of 小红书 ran") == ["ferri", "ran", "小红", "红书"]


def test_words_of_a_heading_are_found_but_count_less_than_those_of_the_text(index):
    index.update([passage(1, "Grain rose.", heading="Harbour"), passage(2, "Harbour rose.", heading="Grain")])
    assert found(index, "harbour") == [2, 1]
    assert found(index, "grain") == [1, 2]


def test_titles_outlets_and_publishers_are_found(index):
    (made, _) = passage(1, "Plain text.")
    index.update([(made, replace(ARTICLE, title="Dredging", outlet="Gazette", publisher="Aggregator"))])
    assert found(index, "dredged") == found(index, "gazette") == found(index, "aggregator") == [1]


def test_rarer_words_weigh_more_and_equals_come_in_the_order_of_their_ids(index):
    index.update([passage(n, "common words here") for n in (5, 4, 3)] + [passage(9, "rare words here")])
    assert found(index, "common rare") == [9, 3, 4, 5]
    assert [m.score for m in index.search("common", 50)] == pytest.approx([index.search("common", 1)[0].score] * 3)
    assert len(index.search("words", 2)) == 2


def scope(**conditions):
    return Scope(np.zeros(0, dtype=np.int64), **conditions)


def test_the_search_can_be_kept_to_what_a_filter_admits(index):
    def entry(passage_id, **known):
        made, article = passage(passage_id, "harbour", document_id=passage_id)
        return replace(made, article_index=passage_id % 2), replace(article, **known)

    index.update(
        [
            entry(1, date=date(2025, 1, 1), publisher="Post", author="Jane Doe and Wei Li", relayed_by=None),
            entry(2, date=date(2025, 1, 31), publisher="Post", outlet="The  Gazette"),
            entry(3, date=None, publisher="Table", relayed_by="A newsletter"),
        ]
    )
    for conditions, expected in (
        ({}, [1, 2, 3]),
        ({"since": date(2025, 1, 2)}, [2]),
        ({"until": date(2025, 1, 31)}, [1, 2]),
        ({"publishers": ("post", "none")}, [1, 2]),
        ({"outlets": ("the gazette",)}, [2]),
        ({"outlets": ("post",)}, [1]),
        ({"outlets": ("table",)}, []),
        ({"authors": ("wei li",)}, [1]),
        ({"authors": ("wei",)}, []),
        ({"documents": (2, 3)}, [2, 3]),
        ({"documents": ()}, []),
        ({"not_documents": (2, 9)}, [1, 3]),
        ({"articles": ((1, 1), (2, 1), (3, 1))}, [1, 3]),
        ({"publishers": ("post",), "until": date(2025, 1, 9), "documents": (1, 2)}, [1]),
    ):
        assert sorted(found(index, "harbour", scope(**conditions))) == expected, conditions
    alone = index.search("harbour", 9)[0].score  # a condition adds nothing to a score
    assert index.search("harbour", 9, scope(documents=(2,)))[0].score == pytest.approx(alone)


def test_other_names_are_looked_up_and_count_less(index):
    index.update([passage(1, "RedNote grew."), passage(2, "小红书 grew."), passage(3, "Grain rose.")])
    assert found(index, "rednote") == [1]
    assert [m.passage_id for m in index.search("rednote", 9, also=["小红书"], also_weight=0.2)] == [1, 2]
    by_also = {m.passage_id: m.score for m in index.search("rednote", 9, also=["小红书", "rednote"], also_weight=0.2)}
    own = {m.passage_id: m.score for m in index.search("rednote 小红书", 9)}
    assert by_also == {1: pytest.approx(own[1]), 2: pytest.approx(0.2 * own[2])}
    assert [m.passage_id for m in index.search("the", 9, also=["grain"])] == [3]
    assert [m.passage_id for m in index.search("rednote", 9, also=["grain"], also_weight=0.0)] == [1]


def test_an_index_of_an_earlier_version_is_made_anew(tmp_path):
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("id", stored=True, indexed=True)
    (tmp_path / "words").mkdir()
    tantivy.Index(builder.build(), path=str(tmp_path / "words"))
    index = WordIndex(tmp_path / "words")
    assert index.ids() == set()
    index.update([passage(1, "harbour")])
    assert found(WordIndex(tmp_path / "words"), "harbour") == [1]


def test_what_was_removed_or_replaced_is_not_found(index):
    index.update([passage(1, "old harbour"), passage(2, "second harbour")])
    index.update([passage(1, "new ferry")])
    assert found(index, "harbour") == [2]
    assert found(index, "ferry") == [1]
    index.update([passage(3, "third")], removed=[2, 77])
    assert index.ids() == {1, 3}
    assert found(index, "harbour") == []
    index.update([])
    assert index.ids() == {1, 3}


def test_rarity_is_the_inverse_document_frequency_of_bm25(index):
    index.update([passage(1, "ferry ferry harbour"), passage(2, "harbour 小红书"), passage(3, "grain")])
    assert index.rarity("ferri") == pytest.approx(math.log(1 + 2.5 / 1.5))
    assert index.rarity("harbour") == pytest.approx(math.log(1 + 1.5 / 2.5))
    assert index.rarity("unknown") == pytest.approx(math.log(1 + 3.5 / 0.5))
    assert index.rarity("红书") == pytest.approx(math.log(1 + 2.5 / 1.5))
    index.update([], removed=[1])
    assert index.rarity("ferri") == pytest.approx(math.log(1 + 2.5 / 0.5))
    assert index.rarity("harbour") == pytest.approx(math.log(1 + 1.5 / 1.5))


def test_an_empty_index(index):
    assert index.ids() == set()
    assert found(index, "harbour") == []
    assert index.rarity("harbour") == pytest.approx(math.log(1 + 0.5 / 0.5))


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    index = WordIndex(tmp_path_factory.mktemp("words"))
    index.update([passage(1, "harbour ferry 小红书"), passage(2, "title:x AND body:y")])
    return index


@settings(deadline=None, max_examples=200)
@given(st.text() | st.text(alphabet='+-&|!(){}[]^"~*?:\\/ andorANDORNOT小书a1', max_size=30))
def test_no_text_is_a_query_language(shared, text):
    for match in shared.search(text, 5):
        assert match.passage_id in (1, 2)
        assert match.score > 0
    assert all(shared.rarity(stem) > 0 for stem in stems(text))


def test_what_looks_like_a_query_is_only_words(shared):
    assert found(shared, 'harbour AND -ferry ("nothing here') == [1]
    assert found(shared, "id:1") == []


@settings(deadline=None, max_examples=25)
@given(st.text(max_size=200))
def test_any_text_can_be_stored(tmp_path_factory, text):
    index = WordIndex(tmp_path_factory.mktemp("any"))
    index.update([passage(1, text, heading=text)])
    assert index.ids() == {1}


def test_another_process_that_writes_is_seen_at_once(index, tmp_path):
    index.update([passage(1, "harbour")])
    code = (
        "import sys; from pathlib import Path; sys.path.insert(0, sys.argv[2])\n"
        "from test_words import WordIndex, passage\n"
        "WordIndex(Path(sys.argv[1])).update([passage(2, 'lighthouse')], removed=[1])"
    )
    subprocess.run([sys.executable, "-c", code, tmp_path / "words", Path(__file__).parent], check=True)
    assert found(index, "lighthouse harbour") == [2]
    assert index.ids() == {2}


def test_an_update_that_fails_leaves_the_index_as_it_was_and_open_for_the_next(index):
    index.update([passage(1, "harbour")])
    broken = passage(2, "ferry")[0]
    with pytest.raises(AttributeError) as kept:  # its traceback keeps the writer's frame alive
        index.update([(broken, ARTICLE), (broken, None)], removed=[1])
    assert index.ids() == {1}
    index.update([passage(3, "grain")])
    assert index.ids() == {1, 3}
    assert kept


def test_a_damaged_folder_is_reported_with_the_way_out(index, tmp_path):
    index.update([passage(1, "harbour")])
    (tmp_path / "words" / "meta.json").write_text("{no json")
    with pytest.raises(AssistantError, match=r"word index at .* cannot be used") as caught:
        WordIndex(tmp_path / "words")
    assert "assistant index --repair" in caught.value.remedy
    with pytest.raises(AssistantError, match="cannot be used"):
        index.search("harbour", 5)


def test_a_folder_that_cannot_be_made_is_reported(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(AssistantError, match="cannot be used"):
        WordIndex(tmp_path / "file" / "words")
