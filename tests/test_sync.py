import os
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import pytest
from fakes import LetterEmbedder

from assistant.errors import InputError
from assistant.ingest.sync.sync import GROUP_DOCUMENTS, Plan, Progress, SyncReport, make_plan, sync
from assistant.search.index import Index, open_for_writing

LENGTH = 400


class Desk:
    """A folder of files, a library, and what was embedded for it."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self.folder = base / "papers"
        self.folder.mkdir()
        self.embedder = LetterEmbedder()

    def write(self, name: str, text: str, folder: Path | None = None) -> Path:
        path = (folder or self.folder) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    @contextmanager
    def index(self) -> Iterator[Index]:
        with open_for_writing(self.base / "library", self.embedder) as index:
            yield index

    def sync(self, *paths: Path, length: int = LENGTH) -> SyncReport:
        self.embedder.texts.clear()
        with self.index() as index:
            return sync(make_plan(paths or (self.folder,), index, length), index, length)

    def plan(self, *paths: Path, length: int = LENGTH) -> Plan:
        with self.index() as index:
            return make_plan(paths or (self.folder,), index, length)

    def texts(self) -> dict[str, str]:
        """The documents by name, having checked that library, vectors and words hold the same passages."""
        with self.index() as index:
            ids = index.library.passage_ids()
            assert index.vectors.ids() == index.words.ids() == ids
            found = {f.name: index.library.document(f.id).text for f in index.library.files()}
            for passage, _ in index.library.passages(ids).values():
                assert found[passage.document][passage.span.start : passage.span.end] == passage.text
            return found

    def hits(self, words: str) -> list[str]:
        """The documents in whose passages a word stands, by the word index."""
        with self.index() as index:
            found = index.library.passages(m.passage_id for m in index.words.search(words, 10))
            return sorted({passage.document for passage, _ in found.values()})


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    made = Desk(tmp_path)
    made.write("apples.txt", "Apples ripen in autumn. They keep well.")
    made.write("fruit/berries.md", "# Berries\n\nBerries ripen in summer. They do not keep.")
    return made


def test_the_first_run_reads_everything(desk: Desk) -> None:
    steps: list[Progress] = []
    with desk.index() as index:
        report = sync(make_plan([desk.folder], index, LENGTH), index, LENGTH, steps.append)
    assert report.plan.added == ["apples.txt", "fruit/berries.md"]
    assert (report.stored, report.passages, report.failures) == (2, 2, ())
    assert [(s.done, s.total, s.name) for s in steps] == [(0, 2, "apples.txt"), (1, 2, "fruit/berries.md"), (2, 2, "")]
    assert sorted(desk.texts()) == ["apples.txt", "fruit/berries.md"]
    assert desk.hits("summer") == ["fruit/berries.md"]


def test_progress_tells_rate_time_left_and_passages(desk: Desk) -> None:
    for number in range(GROUP_DOCUMENTS + 2):
        desk.write(f"note {number:03}.txt", f"Note number {number} is about plums.")
    steps: list[Progress] = []
    with desk.index() as index:
        sync(make_plan([desk.folder], index, LENGTH), index, LENGTH, steps.append)
    assert (steps[0].passages, steps[-1].passages) == (0, GROUP_DOCUMENTS)  # the last group is still to be stored
    assert all(a.seconds <= b.seconds for a, b in pairwise(steps))
    assert steps[-1].documents_a_second == pytest.approx((len(steps) - 1) / steps[-1].seconds)
    assert steps[-1].seconds_left == 0
    half = Progress(30, 90, "x", 100, 15.0)
    assert (half.documents_a_second, half.seconds_left) == (2.0, 30.0)
    assert Progress(0, 90, "x").seconds_left is None


def test_the_second_run_reads_nothing(desk: Desk) -> None:
    desk.sync()
    report = desk.sync()
    assert (report.stored, report.plan.unchanged, desk.embedder.texts) == (0, 2, [])


def test_a_plan_changes_nothing(desk: Desk) -> None:
    desk.sync()
    desk.write("apples.txt", "Apples are red.")
    (desk.folder / "fruit/berries.md").rename(desk.folder / "berries.md")
    before = desk.texts()
    desk.embedder.texts.clear()
    plan = desk.plan()
    assert plan.changed == ["apples.txt"]
    assert [name for _, name, _ in plan.renamed] == ["berries.md"]
    assert (desk.texts(), desk.embedder.texts) == (before, [])


def test_a_changed_file_is_read_anew_and_its_old_passages_are_gone(desk: Desk) -> None:
    desk.sync()
    desk.write("apples.txt", "Pears ripen in October.")
    report = desk.sync()
    assert (report.plan.changed, report.plan.added, report.plan.unchanged) == (["apples.txt"], [], 1)
    assert desk.embedder.texts == ["Pears ripen in October."]
    assert desk.texts()["apples.txt"] == "Pears ripen in October."
    assert desk.hits("autumn") == []
    assert desk.hits("October") == ["apples.txt"]


def test_a_deleted_file_disappears(desk: Desk) -> None:
    desk.sync()
    (desk.folder / "apples.txt").unlink()
    report = desk.sync()
    assert [f.name for f in report.plan.removed] == ["apples.txt"]
    assert list(desk.texts()) == ["fruit/berries.md"]
    assert desk.hits("autumn") == []


def test_a_renamed_file_is_found_under_its_new_name_without_being_embedded(desk: Desk) -> None:
    desk.sync()
    (desk.folder / "apples.txt").rename(desk.folder / "fruit" / "old apples.txt")
    report = desk.sync()
    assert (report.stored, desk.embedder.texts, report.plan.removed) == (0, [], ())
    assert desk.hits("autumn") == ["fruit/old apples.txt"]
    assert sorted(desk.texts()) == ["fruit/berries.md", "fruit/old apples.txt"]
    assert desk.sync().plan.unchanged == 2


def test_a_renamed_folder_with_the_same_file_twice_is_not_embedded(desk: Desk) -> None:
    desk.write("a/one.txt", "Plums are blue.")
    desk.write("a/two.txt", "Plums are blue.")
    desk.sync()
    (desk.folder / "a").rename(desk.folder / "b")
    report = desk.sync()
    assert (desk.embedder.texts, report.plan.removed, len(report.plan.renamed)) == ([], (), 2)
    assert {"b/one.txt", "b/two.txt"} < set(desk.texts())


def test_two_files_that_trade_names_trade_texts(desk: Desk) -> None:
    first, second = desk.write("a.txt", "Plums are blue."), desk.write("b.txt", "Limes are green, and sour.")
    desk.sync()
    first.rename(desk.folder / "c")
    second.rename(first)
    (desk.folder / "c").rename(second)
    desk.sync()
    assert desk.texts()["a.txt"].startswith("Limes")
    assert desk.texts()["b.txt"].startswith("Plums")


def test_a_file_that_was_only_saved_again_is_not_embedded(desk: Desk) -> None:
    desk.sync()
    os.utime(desk.folder / "apples.txt", ns=(1, 1))
    report = desk.sync()
    assert (report.stored, len(report.plan.touched), desk.embedder.texts) == (0, 1, [])
    assert desk.plan().touched == ()


def test_a_broken_file_is_reported_and_the_others_go_on(desk: Desk) -> None:
    desk.write("empty.txt", "")
    desk.write("broken.pdf", "this is no PDF")
    report = desk.sync()
    assert [f.name for f in report.failures] == ["broken.pdf", "empty.txt"]
    assert all(f.message and f.remedy for f in report.failures)
    assert sorted(desk.texts()) == ["apples.txt", "fruit/berries.md"]
    assert len(desk.sync().failures) == 2  # and again, until it is mended


def test_a_file_that_broke_keeps_its_earlier_version_until_it_is_mended(desk: Desk) -> None:
    desk.sync()
    desk.write("apples.txt", "")
    assert [f.name for f in desk.sync().failures] == ["apples.txt"]
    assert desk.hits("autumn") == ["apples.txt"]
    desk.write("apples.txt", "Apples are red.")
    assert desk.sync().failures == ()
    assert desk.texts()["apples.txt"] == "Apples are red."


def test_an_empty_folder_is_an_error_and_loses_nothing(desk: Desk) -> None:
    desk.sync()
    moved = desk.folder.rename(desk.base / "elsewhere")
    desk.folder.mkdir()
    with pytest.raises(InputError, match="holds no document"):
        desk.sync()
    assert len(desk.texts()) == 2
    assert moved.exists()


def test_a_missing_path_is_an_error_even_beside_a_good_one(desk: Desk) -> None:
    with pytest.raises(InputError, match="does not exist"):
        desk.sync(desk.folder, desk.base / "nowhere")
    assert desk.texts() == {}


def test_two_folders_may_hold_files_of_the_same_name(desk: Desk) -> None:
    other = desk.base / "more"
    desk.write("apples.txt", "Apples are red.", other)
    third = desk.base / "deep" / "more"
    desk.write("apples.txt", "Apples are round.", third)
    desk.sync(desk.folder, other)
    desk.sync(third)
    names = set(desk.texts())
    assert {"apples.txt", "more/apples.txt"} < names
    assert len(names) == 4
    assert desk.sync(desk.folder, other, third).plan.unchanged == 4


def test_a_folder_says_nothing_of_what_was_read_from_another(desk: Desk) -> None:
    other = desk.base / "more"
    desk.write("pears.txt", "Pears are green.", other)
    desk.sync(desk.folder, other)
    (desk.folder / "apples.txt").unlink()
    desk.sync(other)
    assert len(desk.texts()) == 3


def test_a_folder_within_a_folder_or_named_twice_is_stored_once(desk: Desk) -> None:
    desk.sync(desk.folder, desk.folder, desk.folder / "fruit", desk.folder / "apples.txt")
    assert sorted(desk.texts()) == ["apples.txt", "fruit/berries.md"]
    assert desk.sync(desk.folder / "fruit").plan.unchanged == 1
    (desk.folder / "fruit/berries.md").rename(desk.folder / "fruit/nuts.md")
    report = desk.sync(desk.folder / "fruit")
    assert (desk.embedder.texts, report.plan.removed) == ([], ())
    assert len(desk.texts()) == 2


def test_a_single_file_says_nothing_of_its_neighbours(desk: Desk) -> None:
    desk.sync(desk.folder / "apples.txt")
    assert list(desk.texts()) == ["apples.txt"]
    report = desk.sync()
    assert (report.plan.added, report.plan.unchanged) == (["fruit/berries.md"], 1)
    (desk.folder / "fruit/berries.md").unlink()
    desk.sync(desk.folder / "apples.txt")
    assert len(desk.texts()) == 2


def test_a_run_that_is_stopped_keeps_what_it_stored_and_the_next_goes_on(desk: Desk) -> None:
    total = GROUP_DOCUMENTS + 3
    for number in range(total - 2):
        desk.write(f"note {number:03}.txt", f"Note number {number} is about plums.")

    def stop(progress: Progress) -> None:
        if progress.done == GROUP_DOCUMENTS + 1:
            raise KeyboardInterrupt

    with desk.index() as index, pytest.raises(KeyboardInterrupt):
        sync(make_plan([desk.folder], index, LENGTH), index, LENGTH, stop)
    assert len(desk.texts()) == GROUP_DOCUMENTS + 1  # what was read when it was stopped is kept
    report = desk.sync()
    assert (report.stored, report.plan.unchanged) == (2, GROUP_DOCUMENTS + 1)
    assert len(desk.texts()) == total


def test_another_length_of_passages_means_reading_everything_anew(desk: Desk) -> None:
    desk.write("long.txt", "Apples ripen in the autumn of every year. " * 20)
    desk.sync(length=800)
    report = desk.sync(length=200)
    assert len(report.plan.changed) == 3
    with desk.index() as index:
        ids = index.library.passage_ids()
        assert all(len(passage.text) <= 200 for passage, _ in index.library.passages(ids).values())
    assert len(desk.texts()) == 3


def test_hidden_files_and_those_of_an_open_word_processor_are_left_alone(desk: Desk) -> None:
    for name in (".secret.txt", ".git/notes.txt", "fruit/.cache/x.md", "~$letter.docx"):
        desk.write(name, "Nobody wants to read this.")
    report = desk.sync()
    assert (report.stored, report.failures, report.plan.unreadable_formats) == (2, (), ())


def test_formats_that_cannot_be_read_are_listed(desk: Desk) -> None:
    desk.write("fruit/photo.jpg", "x")
    desk.write("table.XLSX", "x")
    desk.write("loud.TXT", "Loud words are words.")
    report = desk.sync()
    assert report.plan.unreadable_formats == ("fruit/photo.jpg", "table.XLSX")
    assert "loud.TXT" in desk.texts()
    with pytest.raises(InputError, match="holds no document"):
        desk.sync(desk.folder / "table.XLSX")


def test_names_may_hold_anything_that_a_disk_allows(desk: Desk) -> None:
    names = [
        "two\nlines.txt",
        "😀 'quoted\" \\ back.txt",
        "深度.md",
        unicodedata.normalize("NFD", "Übung.txt"),
        "50% [a](b).txt",
    ]
    for number, name in enumerate(names):
        desk.write(name, f"Document number {number} has a strange name.")
    assert desk.sync().stored == 2 + len(names)
    assert set(names) < set(desk.texts())
    assert desk.sync().plan.unchanged == 2 + len(names)


def test_a_name_that_is_no_text_is_reported(desk: Desk) -> None:
    try:
        Path(os.fsdecode(os.fsencode(desk.folder) + b"/bad\xff.txt")).write_text("Words.")
    except OSError:
        pytest.skip("this disk takes names in UTF-8 only")
    [failure] = desk.sync().failures
    assert "UTF-8" in failure.message
    failure.name.encode()
    assert len(desk.texts()) == 2


def test_links_in_a_ring_and_to_nowhere_do_no_harm(desk: Desk) -> None:
    (desk.folder / "fruit" / "ring").symlink_to(desk.folder, target_is_directory=True)
    (desk.folder / "self.txt").symlink_to(desk.folder / "self.txt")
    (desk.folder / "gone.txt").symlink_to(desk.folder / "nowhere.txt")
    report = desk.sync()
    assert [f.name for f in report.failures] == ["fruit/ring", "gone.txt", "self.txt"]
    assert sorted(desk.texts()) == ["apples.txt", "fruit/berries.md"]


def test_a_pipe_is_reported_and_not_waited_on(desk: Desk) -> None:
    os.mkfifo(desk.folder / "pipe.txt")
    [failure] = desk.sync().failures
    assert "regular file" in failure.message


def test_a_folder_that_cannot_be_opened_keeps_what_was_read_from_it(desk: Desk) -> None:
    desk.sync()
    closed = desk.folder / "fruit"
    closed.chmod(0)
    try:
        if os.access(closed, os.R_OK):
            pytest.skip("this user may open every folder")
        report = desk.sync()
    finally:
        closed.chmod(0o755)
    assert [f.name for f in report.failures] == ["fruit"]
    assert len(desk.texts()) == 2


def test_a_file_moved_between_two_folders_is_not_embedded_again(desk: Desk) -> None:
    other = desk.base / "more"
    desk.write("pears.txt", "Pears are green.", other)
    desk.sync(desk.folder, other)
    (desk.folder / "apples.txt").rename(other / "apples.txt")
    report = desk.sync(desk.folder, other)
    assert (desk.embedder.texts, report.plan.removed) == ([], ())
    assert len(desk.texts()) == 3
