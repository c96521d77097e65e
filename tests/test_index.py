import datetime
import gc
import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import filelock
import numpy as np
import pytest
from fakes import LetterEmbedder
from library_parts import made_document

from assistant.errors import AssistantError, IndexMismatchError, LockedError, NoIndexError
from assistant.search.index import Index, embedded_text, forget_vectors, open_for_reading, open_for_writing
from assistant.search.lock import current_writer
from assistant.search.retriever import retrieve
from assistant.search.vectors import VectorIndex
from assistant.search.words import WordIndex

HARBOUR = made_document("harbour.txt", ["The harbour froze in January.", "Ferries ran late."])
GRAIN = made_document("grain.txt", ["Grain prices rose sharply.", "Millers complained."])
NEW_HARBOUR = made_document("harbour.txt", ["The harbour thawed in March."])


@pytest.fixture
def folder(tmp_path):
    with open_for_writing(tmp_path / "library", LetterEmbedder()) as index:
        index.store([HARBOUR, GRAIN])
    return tmp_path / "library"


def contents(index):
    """The texts in the library, and whether each index holds just these."""
    ids = index.library.passage_ids()
    return (
        sorted(p.text for p, _ in index.library.passages(ids).values()),
        index.vectors.ids() == ids,
        index.words.ids() == ids,
    )


def texts(*documents):
    return sorted(p.text for d in documents for p in d.passages)


def answers(index, *queries):
    return [[(e.passage.text, e.vector_rank, e.word_rank) for e in retrieve(q, index, 4)] for q in queries]


def test_what_is_stored_stands_in_all_three(folder):
    index = open_for_reading(folder, LetterEmbedder())
    assert contents(index) == (texts(HARBOUR, GRAIN), True, True)
    assert index.is_complete()
    assert index.generation == 1


def test_a_document_takes_the_place_of_the_one_it_replaces(folder):
    with open_for_writing(folder, LetterEmbedder()) as index:
        old = next(f.id for f in index.library.files() if f.name == "harbour.txt")
        index.store([NEW_HARBOUR], replaced=[old])
        assert contents(index) == (texts(NEW_HARBOUR, GRAIN), True, True)
        index.store([], replaced=[f.id for f in index.library.files()])
        assert contents(index) == ([], True, True)


class Stop(BaseException):
    """The process is killed: not an error that anything may catch."""


class FailingVectors(VectorIndex):
    def __init__(self, folder, fail_at):
        super().__init__(folder)
        self.fail_at = fail_at

    def add(self, ids, vectors):
        if self.fail_at == "before vectors":
            raise Stop
        super().add(ids, vectors)
        if self.fail_at == "after vectors":
            raise Stop

    def remove(self, ids):
        if self.fail_at == "after the commit":
            raise Stop
        super().remove(ids)


class FailingWords(WordIndex):
    def __init__(self, folder, fail_at):
        super().__init__(folder)
        self.fail_at = fail_at

    def update(self, passages, removed=()):
        super().update(passages, removed)
        if (passages and self.fail_at == "after words") or (removed and self.fail_at == "after the removal"):
            raise Stop


def stopped(folder, at):
    """Replace a document, and stop at one of the steps."""
    with open_for_writing(folder, LetterEmbedder()) as whole:
        vectors, words = FailingVectors(folder / "vectors", at), FailingWords(folder / "words", at)
        index = Index(whole.library, vectors, words, LetterEmbedder(), folder)
        old = next(f.id for f in index.library.files() if f.name == "harbour.txt")
        with pytest.raises(Stop):
            index.store([NEW_HARBOUR], replaced=[old])


@pytest.mark.parametrize("at", ["before vectors", "after vectors", "after words"])
def test_a_stop_before_the_commit_leaves_the_library_as_it_was(folder, at):
    before = answers(open_for_reading(folder, LetterEmbedder()), "harbour froze", "late ferries")
    stopped(folder, at)

    reader = open_for_reading(folder, LetterEmbedder())  # with what was left over still there
    assert answers(reader, "harbour froze", "late ferries") == before
    with open_for_writing(folder, LetterEmbedder()) as index:
        assert contents(index) == (texts(HARBOUR, GRAIN), True, True)
        old = next(f.id for f in index.library.files() if f.name == "harbour.txt")
        index.store([NEW_HARBOUR], replaced=[old])  # and the same again succeeds
        assert contents(index) == (texts(NEW_HARBOUR, GRAIN), True, True)


@pytest.mark.parametrize("at", ["after the commit", "after the removal"])
def test_a_stop_after_the_commit_leaves_the_new_document(folder, at):
    stopped(folder, at)

    reader = open_for_reading(folder, LetterEmbedder())
    assert {text for text, _, _ in answers(reader, "harbour")[0]} == set(texts(NEW_HARBOUR, GRAIN))
    with open_for_writing(folder, LetterEmbedder()) as index:
        assert contents(index) == (texts(NEW_HARBOUR, GRAIN), True, True)


def test_a_writer_that_goes_on_after_a_failure_writes_over_what_was_left(folder):
    with open_for_writing(folder, LetterEmbedder()) as index:
        failing = Index(
            index.library, index.vectors, FailingWords(folder / "words", "after words"), LetterEmbedder(), folder
        )
        with pytest.raises(Stop):
            failing.store([made_document("left.txt", ["Zebras.", "Yaks."])])
        index.store([made_document("next.txt", ["Quinces.", "Figs."])])
        assert answers(index, "zebras yaks")[0][0][2] is None  # no words of what was left
        assert contents(index)[1:] == (True, True)
        assert answers(index, "Quinces")[0][0] == ("Quinces.", 1, 1)


@pytest.mark.parametrize("lost", [["vectors"], ["words"], ["vectors", "words"]])
@pytest.mark.parametrize("way", ["reading", "writing"])
def test_indexes_that_were_deleted_are_made_again(folder, lost, way):
    queries = ("harbour froze", "grain prices", "millers")
    before = answers(open_for_reading(folder, LetterEmbedder()), *queries)
    for name in lost:
        shutil.rmtree(folder / name)
    if way == "reading":
        index = open_for_reading(folder, LetterEmbedder())
        assert answers(index, *queries) == before
    else:
        told = []
        with open_for_writing(folder, LetterEmbedder(), lambda *step: told.append(step)) as index:
            assert answers(index, *queries) == before
        assert told == ([(4, 4)] if "vectors" in lost else [])


def test_opening_what_is_complete_embeds_nothing_and_changes_nothing(folder):
    embedder = LetterEmbedder()
    with open_for_writing(folder, embedder) as index:
        assert index.generation == 1
    assert open_for_reading(folder, embedder).generation == 1
    assert embedder.texts == []


def test_another_embedder_is_refused_with_the_command_that_rebuilds(folder):
    other = LetterEmbedder("other", 16)
    for opening in (open_for_reading, lambda f, e: open_for_writing(f, e).__enter__()):
        with pytest.raises(IndexMismatchError, match=r"“letters”.*“other”") as caught:
            opening(folder, other)
        assert "assistant index --rebuild" in caught.value.remedy
        del caught
        gc.collect()

    forget_vectors(folder)
    with open_for_writing(folder, other) as index:
        assert contents(index) == (texts(HARBOUR, GRAIN), True, True)
        assert answers(index, "millers")[0][0][0] == "Millers complained."
    with pytest.raises(IndexMismatchError):
        open_for_reading(folder, LetterEmbedder())


def test_a_reader_is_told_when_the_embedder_was_changed_under_it(folder):
    reader = open_for_reading(folder, LetterEmbedder())
    forget_vectors(folder)
    with open_for_writing(folder, LetterEmbedder("other", 16)):
        pass
    with pytest.raises(IndexMismatchError):
        retrieve("harbour", reader, 3)


def test_vectors_are_forgotten_before_their_name_is(folder, monkeypatch):
    """Were it the other way round, a stop in between would leave old vectors that pass for new ones."""
    (folder / "vectors").rename(folder / "kept")
    (folder / "vectors").write_text("a file, which cannot be removed as a folder")
    with pytest.raises(AssistantError, match="cannot be used"):
        forget_vectors(folder)
    (folder / "vectors").unlink()
    (folder / "kept").rename(folder / "vectors")
    with pytest.raises(IndexMismatchError):
        open_for_reading(folder, LetterEmbedder("other", 16))


def test_there_is_one_writer_at_a_time(folder):
    lock = filelock.FileLock(folder / "writer.lock")
    with lock:
        for write in (lambda: open_for_writing(folder, LetterEmbedder()).__enter__(), lambda: forget_vectors(folder)):
            with pytest.raises(LockedError, match="Another process is writing") as caught:
                write()
            assert caught.value.exit_code == 4
        assert answers(open_for_reading(folder, LetterEmbedder()), "harbour")[0]  # reading needs no lock
    with open_for_writing(folder, LetterEmbedder()) as index:
        assert len(index.library.files()) == 2


HOLDER = """if True:
    import sys, time
    from pathlib import Path
    sys.path.insert(0, sys.argv[2])
    from fakes import LetterEmbedder
    from assistant.search.index import open_for_writing
    with open_for_writing(Path(sys.argv[1]), LetterEmbedder(), purpose="indexing the archive"):
        print("holding", flush=True)
        time.sleep(60)
"""


def test_a_second_writer_is_told_who_writes_since_when_and_what_for(folder):
    command = [sys.executable, "-c", HOLDER, str(folder), str(Path(__file__).parent)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout.readline() == "holding\n"
        with pytest.raises(LockedError) as caught, open_for_writing(folder, LetterEmbedder()):
            pass
        now = datetime.datetime.now()
        assert f"process {holder.pid}, indexing the archive, since {now:%Y-%m-%d} " in caught.value.message
        holder.kill()
        holder.wait()
    assert (folder / "writer.json").exists()  # it had no time to take its note away
    lock = filelock.FileLock(folder / "writer.lock")
    with lock, pytest.raises(LockedError) as caught, open_for_writing(folder, LetterEmbedder()):
        pass
    assert str(holder.pid) not in caught.value.message  # which is not believed
    with open_for_writing(folder, LetterEmbedder()):  # and in nobody's way
        assert current_writer(folder).process == os.getpid()
    assert not (folder / "writer.json").exists()


@pytest.mark.parametrize("note", ["", "{", "[]", '{"process": 1}', '{"process": 1, "since": "x", "purpose": "y"}'])
def test_a_garbled_note_of_who_writes_says_nothing(folder, note):
    (folder / "writer.json").write_text(note)
    assert current_writer(folder) is None


def test_the_lock_is_let_go_after_an_exception(folder):
    def fail():
        with open_for_writing(folder, LetterEmbedder()):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    with open_for_writing(folder, LetterEmbedder()):
        pass


def test_while_another_process_writes_a_reader_goes_on_with_what_is_there(folder):
    shutil.rmtree(folder / "vectors")
    lock = filelock.FileLock(folder / "writer.lock")
    with lock:
        reader = open_for_reading(folder, LetterEmbedder())
        assert [(text, rank) for text, rank, _ in answers(reader, "millers")[0]] == [("Millers complained.", None)]
    with open_for_writing(folder, LetterEmbedder()):
        pass
    assert answers(reader, "millers")[0][0] == ("Millers complained.", 1, 1)


def test_an_empty_library_takes_any_embedder(folder):
    with open_for_writing(folder, LetterEmbedder()) as index:
        index.store([], replaced=[f.id for f in index.library.files()])
    reader = open_for_reading(folder, LetterEmbedder())
    other = LetterEmbedder("other", 16)
    assert open_for_reading(folder, other).library.summary().passages == 0
    with open_for_writing(folder, other) as index:
        index.store([HARBOUR])
        assert contents(index) == (texts(HARBOUR), True, True)
    assert answers(open_for_reading(folder, other), "harbour froze")[0][0] == (HARBOUR.passages[0].text, 1, 1)
    with pytest.raises(IndexMismatchError):
        answers(reader, "harbour")  # who had it open meanwhile is told
    with pytest.raises(IndexMismatchError):
        open_for_reading(folder, LetterEmbedder())


def test_where_nothing_was_indexed_a_reader_says_how_to(tmp_path):
    with pytest.raises(NoIndexError, match="Nothing has been indexed"):
        open_for_reading(tmp_path / "none", LetterEmbedder())
    with pytest.raises(NoIndexError):
        forget_vectors(tmp_path / "none")
    assert not (tmp_path / "none").exists()


def test_a_folder_that_cannot_be_written_to_is_reported(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(AssistantError, match="cannot be used") as caught:
        open_for_writing(tmp_path / "file" / "library", LetterEmbedder()).__enter__()
    assert "ASSISTANT_DATA_DIR" in caught.value.remedy


WRITER = """if True:
    import sys, time
    from pathlib import Path
    sys.path.insert(0, sys.argv[2])
    from fakes import LetterEmbedder
    from library_parts import made_document
    from assistant.search.index import open_for_writing
    folder, rounds = Path(sys.argv[1]), int(sys.argv[3])
    with open_for_writing(folder, LetterEmbedder()) as index:
        for n in range(rounds):
            old = [f.id for f in index.library.files() if f.name == "tide.txt"]
            tables = made_document("tide.txt", [f"Tide table {n} part {part}." for part in range(5)])
            index.store([tables], replaced=old)
            print(n, time.time(), flush=True)
"""


def writer(folder, rounds):
    command = [sys.executable, "-c", WRITER, str(folder), str(Path(__file__).parent), str(rounds)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_a_reader_sees_what_another_process_stored_without_being_opened_again(folder):
    reader = open_for_reading(folder, LetterEmbedder())
    assert not any("Tide" in text for text, _, _ in answers(reader, "tide table")[0])
    _, errors = writer(folder, 1).communicate(timeout=60)
    assert not errors
    found = retrieve("tide table part", reader, 5)
    assert sorted(e.passage.text for e in found) == [f"Tide table 0 part {part}." for part in range(5)]
    assert all(e.vector_rank and e.word_rank for e in found)


def test_a_reader_that_asks_in_a_loop_sees_a_finished_document_within_two_seconds(folder):
    reader = open_for_reading(folder, LetterEmbedder())
    process = writer(folder, 1)
    seen = stored = None
    while seen is None:
        found = {e.passage.text for e in retrieve("tide table part", reader, 5)}
        if any(text.startswith("Tide") for text in found):
            seen = time.time()
            assert found == {f"Tide table 0 part {part}." for part in range(5)}  # all of it at once
        time.sleep(0.02)
    stored = float(process.communicate(timeout=60)[0].split()[1])  # when the writer had written it
    assert seen - stored < 2


def test_to_look_for_changes_is_cheap_and_opens_nothing_anew_where_nothing_changed(folder):
    reader = open_for_reading(folder, LetterEmbedder())
    before = reader.vectors
    started = time.perf_counter()
    for _ in range(200):
        reader.refresh()
    assert time.perf_counter() - started < 1  # 5 ms each, where 0.02 are usual
    assert reader.vectors is before
    with open_for_writing(folder, LetterEmbedder()) as index:
        index.store([made_document("new.txt", ["Quinces."])])
    reader.refresh()
    assert reader.vectors is not before


def test_a_reader_never_sees_half_a_document_while_another_process_replaces_it(folder):
    writer(folder, 1).communicate(timeout=60)
    reader = open_for_reading(folder, LetterEmbedder())
    process = writer(folder, 12)
    seen = set()
    while process.poll() is None:
        found = {e.passage.text for e in retrieve("tide table part", reader, 5)}
        assert len(found) == 5
        assert len({text.split()[2] for text in found}) == 1, found  # all parts of one and the same table
        seen.add(min(found))
        time.sleep(0.005)
    assert process.communicate()[1] == ""
    assert len(seen) > 2  # it was read while it was written


def test_eight_threads_can_ask_one_index_while_it_is_written_to(folder):
    reader = open_for_reading(folder, LetterEmbedder())
    failures = []

    def ask():
        try:
            for n in range(50):
                found = retrieve(("harbour froze", "grain prices")[n % 2], reader, 3)
                assert found[0].passage.text == ("The harbour froze in January.", "Grain prices rose sharply.")[n % 2]
                document = reader.library.document(found[0].passage.document_id)
                span = found[0].passage.span
                assert document.text[span.start : span.end] == found[0].passage.text
                assert reader.library.summary().documents >= 2
                assert reader.library.pages(document.id) == (0, 5)
                assert reader.words.rarity("harbour") > 0
        except BaseException as error:
            failures.append(error)
            raise

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    with open_for_writing(folder, LetterEmbedder()) as index:
        for n in range(10):
            index.store([made_document(f"other-{n}.txt", [f"Quinces number {n}."])])
    for thread in threads:
        thread.join()
    assert failures == []
    assert reader.refresh() == 11


def test_a_passage_is_embedded_under_its_heading_or_its_title():
    headed, titled, bare = (
        made_document("x", ["Grain rose."], heading=heading, title=title)
        for heading, title in (("Prices", "Market"), ("", "Market"), ("", None))
    )
    assert [embedded_text(d.passages[0], d.articles[0]) for d in (headed, titled, bare)] == [
        "Prices\nGrain rose.",
        "Market\nGrain rose.",
        "Grain rose.",
    ]
    own = made_document("x", ["Grain: rose."], heading="Grain")
    assert embedded_text(own.passages[0], own.articles[0]) == "Grain: rose."


def test_vectors_are_those_of_the_embedded_texts(folder):
    index = open_for_reading(folder, LetterEmbedder())
    (passage, article), *_ = index.library.passages(index.library.passage_ids()).values()
    vector = LetterEmbedder().embed([embedded_text(passage, article)])[0]
    assert np.linalg.norm(vector) == pytest.approx(1)
    assert index.vectors.nearest(vector, 1) == [(passage.id, pytest.approx(1, abs=1e-6))]
