import json
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from library_parts import DATE, made_document

from assistant.errors import AssistantError, IndexMismatchError, LockedError, NoIndexError
from assistant.search.library import FileState, Library, StoredFile, open_library, text_key, with_ids
from assistant.types import Span

PARAGRAPHS = ["The lighthouse was lit in 1987.", "小红书 has users. 🚀 Even emoji 𝔘𝔫𝔦𝔠𝔬𝔡𝔢.", "Third."]


@pytest.fixture
def library(tmp_path):
    opened = Library(tmp_path / "deep" / "library.db")
    yield opened
    opened.close()


def add(library, made):
    return library.add(made.document, made.state, made.articles, made.passages, made.exclusions)


def test_what_was_stored_is_read_back_to_the_letter(library):
    made = made_document("a.txt", PARAGRAPHS, heading="Lights")
    document_id, ids = add(library, made)

    assert library.document(document_id) == replace(made.document, id=document_id, exclusions=tuple(made.exclusions))
    (article,) = library.articles(document_id)
    assert article == replace(made.articles[0], document_id=document_id)
    stored = with_ids(made.passages, document_id, ids)
    assert library.passages(ids) == {p.id: (p, article) for p in stored}
    assert library.passage_ids() == set(ids)
    assert library.pages(document_id) == (0, 5)
    assert library.files() == [StoredFile(document_id, "a.txt", "0" * 64, made.state)]


def test_each_passage_comes_with_the_article_it_stands_in(library):
    made = made_document("a.txt", PARAGRAPHS)
    first = made.articles[0]
    second = replace(first, title="Second", date=None, outlet=None, span=Span(33, 60))
    passages = [made.passages[0], replace(made.passages[1], article_index=1)]
    document_id, ids = library.add(made.document, made.state, [first, second], passages, [])

    assert {i: article.title for i, (_, article) in library.passages(ids).items()} == {
        ids[0]: first.title,
        ids[1]: "Second",
    }
    assert library.articles(document_id)[1].date is None


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), min_size=1, max_size=4))
def test_any_text_keeps_its_offsets(tmp_path_factory, paragraphs):
    library = Library(tmp_path_factory.mktemp("any") / "library.db")
    document_id, ids = add(library, made_document("x", paragraphs))
    text = library.document(document_id).text
    for (passage, _), said in zip(library.passages(ids).values(), paragraphs, strict=True):
        assert passage.text == said == text[passage.span.start : passage.span.end]
    library.close()


def test_a_passage_that_its_document_does_not_say_is_refused(library):
    made = made_document("a.txt", PARAGRAPHS)
    wrong = replace(made.passages[0], span=Span(1, 5))
    with pytest.raises(ValueError, match="not what its document says"), library.transaction():
        library.add(made.document, made.state, made.articles, [wrong], [])
    assert library.files() == []


def test_removing_a_document_takes_all_that_was_made_of_it(library):
    kept, kept_ids = add(library, made_document("kept.txt", ["Kept."]))
    gone, gone_ids = add(library, made_document("gone.txt", PARAGRAPHS))

    assert library.remove(gone) == gone_ids
    assert library.passage_ids() == set(kept_ids)
    assert library.articles(gone) == []
    assert library.passages(gone_ids) == {}
    assert library.summary().documents == 1
    with pytest.raises(AssistantError, match="no longer in the library") as caught:
        library.document(gone)
    assert caught.value.remedy
    assert library.document(kept).name == "kept.txt"


def test_ids_are_never_given_again(library):
    first, first_passages = add(library, made_document("a.txt", PARAGRAPHS))
    library.remove(first)
    second, second_passages = add(library, made_document("a.txt", PARAGRAPHS))
    assert second > first
    assert min(second_passages) > max(first_passages)


def test_a_renamed_document_keeps_its_id_and_its_passages_have_the_new_name(library):
    document_id, ids = add(library, made_document("old.txt", PARAGRAPHS))
    state = FileState("/corpus", "new.txt", 9, 10, "ignored: how it was read did not change")
    library.touch(document_id, "new.txt", state)

    assert library.files("/corpus") == [StoredFile(document_id, "new.txt", "0" * 64, replace(state, recipe="1:900"))]
    assert library.files("/elsewhere") == []
    assert library.passages(ids)[ids[0]][0].document == "new.txt"
    assert library.document_ids(["new.txt", "old.txt"]) == [document_id]


@pytest.mark.parametrize("stop", [ValueError, KeyboardInterrupt])
def test_a_transaction_that_is_left_by_an_exception_changes_nothing(library, stop):
    add(library, made_document("before.txt", ["Before."]))

    def write_half():
        with library.transaction():
            add(library, made_document("half.txt", PARAGRAPHS))
            library.set_fact("generation", "5")
            raise stop

    with pytest.raises(stop):
        write_half()
    assert [f.name for f in library.files()] == ["before.txt"]
    assert library.generation == 0
    with library.transaction():  # and the next one works
        library.set_fact("generation", "1")
    assert library.generation == 1


def test_two_documents_of_one_name_are_refused_and_nothing_is_stored(library):
    add(library, made_document("same.txt", ["One."]))
    with pytest.raises(AssistantError), library.transaction():
        add(library, made_document("same.txt", ["Two."]))
    assert library.summary().passages == 1


def test_another_process_does_not_see_half_a_transaction(library, tmp_path):
    other = Library(tmp_path / "deep" / "library.db")
    with library.transaction():
        add(library, made_document("a.txt", PARAGRAPHS))
        assert other.files() == []
    assert len(other.files()) == 1
    other.close()


def test_a_writer_that_waits_in_vain_says_so(library, tmp_path):
    other = Library(tmp_path / "deep" / "library.db", wait_seconds=0.05)
    with library.transaction(), pytest.raises(LockedError), other.transaction():
        pass
    other.close()


def test_the_same_text_has_the_same_key_however_it_is_spaced_and_spelt():
    assert text_key("The  Harbour\nfroze.") == text_key("the harbour froze.") != text_key("The harbour froze")


def test_documents_with_a_text_are_named_in_order(library):
    for name in ("b.txt", "a.txt"):
        add(library, made_document(name, ["Said twice.", "Said twice.", f"Only in {name}."]))
    assert library.documents_with(text_key("said  twice.")) == ["a.txt", "b.txt"]
    assert library.documents_with(text_key("Only in a.txt.")) == ["a.txt"]
    assert library.documents_with("unknown") == []


def test_the_summary_counts_and_knows_the_oldest_and_newest_date(library):
    empty = library.summary()
    assert (empty.documents, empty.passages, empty.oldest, empty.newest) == (0, 0, None, None)
    made = made_document("a.txt", PARAGRAPHS)
    later = replace(made.articles[0], date=DATE.replace(year=2026))
    library.add(made.document, made.state, [made.articles[0], later], made.passages, [])
    summary = library.summary()
    assert (summary.documents, summary.passages) == (1, 3)
    assert (summary.oldest, summary.newest) == (DATE, DATE.replace(year=2026))


def test_the_overview_has_a_line_for_each_document(library):
    add(library, made_document("b.txt", PARAGRAPHS))
    add(library, made_document("a.txt", ["One."], title=None))
    assert [(o.name, o.title, o.passages, o.exclusions) for o in library.overview()] == [
        ("a.txt", None, 1, 2),
        ("b.txt", "Harbour notes", 3, 2),
    ]


def test_more_ids_than_sqlite_takes_at_once(library):
    made = made_document("long.txt", [f"Sentence {n}." for n in range(1_201)])
    _, ids = add(library, made)
    assert list(library.passages(ids)) == ids
    assert library.passages([*ids, 999_999]).keys() == set(ids)


@pytest.mark.parametrize(("version", "age"), [(99, "a newer"), (1, "a much older")])
def test_a_library_of_another_version_is_refused_with_the_way_out(tmp_path, version, age):
    path = tmp_path / "library.db"
    Library(path).close()
    with sqlite3.connect(path) as db:
        db.execute(f"PRAGMA user_version = {version}")
    with pytest.raises(IndexMismatchError, match=rf"{age} version .*format {version};") as caught:
        Library(path)
    assert "assistant index" in caught.value.remedy
    assert str(tmp_path) in caught.value.remedy


def test_a_library_of_the_format_before_is_made_one_of_this_and_loses_nothing(tmp_path):
    made = made_document("old.txt", PARAGRAPHS, heading="Lights")
    path = tmp_path / "library.db"
    with sqlite3.connect(path) as db:
        db.executescript((Path(__file__).parent / "data" / "library_format_2.sql").read_text("utf-8"))
        db.execute("PRAGMA user_version = 2")
        values = [1, "/corpus", "old.txt", "old.txt", 7, 7, "2:900", "", "", "0" * 64, "text/plain", made.document.text]
        values += [None, "unknown", None, "unknown", None, "unknown", None, None, "unknown", "", "en", "", "[]", "[]"]
        db.execute(f"INSERT INTO documents VALUES ({','.join('?' * len(values))})", values)
        values = [1, 0, 0, len(made.document.text), "Old", "stated", *[None, "unknown"] * 3, None, None, "unknown", ""]
        db.execute(f"INSERT INTO articles VALUES ({','.join('?' * 18)})", [*values, None, None])
        for number, p in enumerate(made.passages, start=1):
            values = [number, 1, 0, *p.span, p.text, p.heading, json.dumps(p.sentences), text_key(p.text)]
            db.execute("INSERT INTO passages VALUES (?,?,?,?,?,?,?,?,?)", values)
        db.execute("INSERT INTO replies VALUES ('key', 'what the model said')")
    db.close()

    for _ in range(2):  # the second time it is one of this format
        library = Library(path)
        assert library.document(1).text == made.document.text
        found = [(p.text, p.joined, a.title, a.reprint_of) for p, a in library.passages_of(1)]
        assert found == [(text, (), "Old", None) for text in PARAGRAPHS]
        assert library.reply("key") == "what the model said"
        library.close()
    library = Library(path)
    with library.transaction():
        add(
            library, replace(made, document=replace(made.document, name="new.txt"), state=replace(made.state, path="n"))
        )
        library.settle_origins()
        library.remove(1)
    assert [f.name for f in library.files()] == ["new.txt"]
    library.close()


def test_what_two_processes_find_of_the_format_before_is_made_anew_once(tmp_path):
    path = tmp_path / "library.db"
    with sqlite3.connect(path) as db:
        db.executescript((Path(__file__).parent / "data" / "library_format_2.sql").read_text("utf-8"))
        db.execute("PRAGMA user_version = 2")
    db.close()
    with ThreadPoolExecutor(4) as pool:
        for opened in list(pool.map(lambda _: Library(path), range(4))):
            assert opened.files() == []
            opened.close()


@pytest.mark.parametrize("content", [b"This is no database at all. " * 400, b"SQLite format 3\x00" + b"\xff" * 8_000])
def test_a_damaged_file_is_reported_with_the_way_out(tmp_path, content):
    path = tmp_path / "library.db"
    path.write_bytes(content)
    with pytest.raises(AssistantError, match=r"library\.db cannot be used") as caught:
        Library(path)
    assert "assistant index" in caught.value.remedy
    assert path.read_bytes() == content


def test_a_file_damaged_further_in_is_reported_when_it_is_read(tmp_path):
    path = tmp_path / "library.db"
    library = Library(path)
    add(library, made_document("a.txt", ["word " * 20_000]))
    library.close()
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xa5" * (len(content) - 4096)
    path.write_bytes(bytes(content))
    with pytest.raises(AssistantError, match="cannot be used"):
        Library(path).files()


def test_a_folder_that_cannot_be_made_is_reported(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(AssistantError, match="cannot be used"):
        Library(tmp_path / "file" / "library.db")


def test_a_library_that_was_never_made_is_not_made_by_looking(tmp_path):
    with pytest.raises(NoIndexError) as caught:
        open_library(tmp_path / "none")
    assert "assistant index" in caught.value.remedy
    assert not (tmp_path / "none").exists()
