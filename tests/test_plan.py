"""What the user says of documents, and which files are wanted: what is planned, and what a sync makes of it."""

import datetime
from pathlib import Path

import pytest
from test_sync import LENGTH, Desk, desk

from assistant.errors import InputError
from assistant.ingest.sync.sync import Filter, SyncReport, make_plan, sync
from assistant.types import Article, Document

__all__ = ["desk"]  # a folder with apples.txt and fruit/berries.md

APPLES = '[[source]]\nmatch = "apples.txt"\n'
LINK = "Continue reading about orchards and their keepers …"


def known(desk: Desk, name: str) -> tuple[Document, list[Article]]:
    with desk.index() as index:
        [found] = [f.id for f in index.library.files() if f.name == name]
        return index.library.document(found), index.library.articles(found)


def ids(desk: Desk) -> set[int]:
    with desk.index() as index:
        return index.library.passage_ids()


def filtered(desk: Desk, wanted: Filter, *paths: Path) -> SyncReport:
    desk.embedder.texts.clear()
    with desk.index() as index:
        return sync(make_plan(paths or (desk.folder,), index, LENGTH, wanted), index, LENGTH)


# What the user says


def test_what_is_said_of_a_new_document_is_stored_with_it(desk: Desk) -> None:
    desk.write("sources.toml", f'{APPLES}publisher = "Orchard Weekly"\ndate = 2025-01-17\nnotes = "A gift."')
    report = desk.sync()
    assert (report.stored, report.plan.unreadable_formats, report.warnings) == (2, (), ())
    document, [article] = known(desk, "apples.txt")
    assert (document.publisher, document.publisher_how, document.notes) == ("Orchard Weekly", "given", "A gift.")
    assert (article.date, article.date_how) == (datetime.date(2025, 1, 17), "given")
    assert desk.hits("Orchard") == ["apples.txt"]
    assert known(desk, "fruit/berries.md")[0].publisher is None
    assert desk.sync().plan.unchanged == 2


def test_what_is_said_later_reads_and_embeds_nothing(desk: Desk) -> None:
    desk.sync()
    before = ids(desk)
    desk.write("sources.toml", f'{APPLES}title = "Orchard Weekly"')
    assert [stored.name for stored, _ in desk.plan().updated] == ["apples.txt"]
    report = desk.sync()
    assert (report.stored, report.failures, desk.embedder.texts) == (0, (), [])
    assert (len(report.plan.updated), report.plan.unchanged) == (1, 1)
    assert ids(desk) == before
    document, [article] = known(desk, "apples.txt")
    assert (document.title, article.title, article.title_how) == ("Orchard Weekly", "Orchard Weekly", "given")
    assert desk.hits("Orchard") == ["apples.txt"]
    assert desk.texts()["apples.txt"].startswith("Apples ripen")
    assert desk.sync().plan.unchanged == 2


def test_what_is_no_longer_said_gives_way_to_what_was_read(desk: Desk) -> None:
    desk.write("dated.md", "---\ntitle: Diary\nauthor: Ann\ndate: 2025-01-02\n---\nA day of plums.")
    desk.sync()
    read = known(desk, "dated.md")
    for said, author in (('author = "Ben"\ndate = 2025-01-03', "Ben"), ('title = ""\nauthor = ""', None), ("", "Ann")):
        desk.write("sources.toml", f'[[source]]\nmatch = "dated.md"\n{said}')
        desk.sync()
        document, [article] = known(desk, "dated.md")
        assert document.author == article.author == author
    assert known(desk, "dated.md") == read
    desk.write("sources.toml", '[[source]]\nmatch = "dated.md"\nauthor = "Ben"')
    desk.sync()
    (desk.folder / "sources.toml").unlink()
    desk.sync()
    assert known(desk, "dated.md") == read
    assert desk.embedder.texts == []


def test_a_document_that_was_read_with_a_word_of_the_user_remembers_what_was_read(desk: Desk) -> None:
    desk.write("dated.md", "---\ntitle: Diary\n---\nA day of plums.")
    desk.write("sources.toml", '[[source]]\nmatch = "*.md"\ntitle = "Mine"')
    desk.sync()
    desk.write("sources.toml", "")
    desk.sync()
    assert known(desk, "dated.md")[0].title == "Diary"


def test_a_renamed_file_is_what_its_new_name_says(desk: Desk) -> None:
    desk.write("sources.toml", f'{APPLES}author = "Ann"\n[[source]]\nmatch = "pears.txt"\nauthor = "Ben"')
    assert desk.sync().warnings == ("sources.toml, line 5: no document matches “pears.txt”.",)
    (desk.folder / "apples.txt").rename(desk.folder / "pears.txt")
    report = desk.sync()
    assert ([new for _, new, _ in report.plan.renamed], desk.embedder.texts) == (["pears.txt"], [])
    assert known(desk, "pears.txt")[0].author == "Ben"
    assert desk.sync().plan.updated == ()


def test_the_folder_that_was_indexed_speaks_also_for_a_part_of_it(desk: Desk) -> None:
    desk.write("sources.toml", '[[source]]\nmatch = "fruit/berries.md"\nauthor = "Ann"')
    desk.sync()
    report = desk.sync(desk.folder / "fruit")
    assert (report.plan.updated, report.warnings) == ((), ())
    assert known(desk, "fruit/berries.md")[0].author == "Ann"


def test_a_mistake_in_the_file_changes_nothing(desk: Desk) -> None:
    desk.sync()
    desk.write("apples.txt", "Something else.")
    desk.write("sources.toml", f"{APPLES}colour = 1")
    with pytest.raises(InputError, match="line 3"):
        desk.sync()
    assert desk.texts()["apples.txt"].startswith("Apples")


def test_a_part_that_was_left_out_is_taken_back(desk: Desk) -> None:
    desk.write("apples.txt", f"Apples ripen in autumn.\n\n{LINK}\n\nThey keep well.\n\nTags: orchards, ladders")
    desk.sync()
    assert desk.hits("keepers ladders") == []
    desk.write("sources.toml", f'{APPLES}keep = ["orchards and their KEEPERS", "no such words"]')
    report = desk.sync()
    assert report.plan.changed == ["apples.txt"]
    assert desk.hits("keepers") == ["apples.txt"]
    assert desk.hits("ladders") == []
    assert [e.reason[:8] for e in known(desk, "apples.txt")[0].exclusions] == ["keywords"]
    assert report.warnings == ("sources.toml: of apples.txt nothing was left out that holds “no such words”.",)
    assert desk.sync().plan.unchanged == 2
    (desk.folder / "sources.toml").unlink()
    desk.sync()
    assert desk.hits("keepers") == []


def test_front_matter_is_taken_back_too(desk: Desk) -> None:
    desk.write("dated.md", "---\ntitle: Diary\nmood: zestful\n---\n\nA day of plums.")
    desk.write("sources.toml", '[[source]]\nmatch = "dated.md"\nkeep = "mood: zestful"')
    desk.sync()
    assert desk.hits("zestful") == ["dated.md"]
    assert known(desk, "dated.md")[0].exclusions == ()


# Which files are wanted


def test_only_wanted_files_are_read(desk: Desk) -> None:
    desk.write("fruit/figs.txt", "Figs are sweet.")
    report = filtered(desk, Filter(include=("*.txt",), exclude=("fruit/*",)))
    assert list(desk.texts()) == ["apples.txt"]
    assert report.plan.excluded == ("fruit/berries.md", "fruit/figs.txt")


def test_a_file_that_is_left_out_leaves_the_library_and_comes_back(desk: Desk) -> None:
    desk.sync()
    report = filtered(desk, Filter(exclude=("fruit",)))
    assert [f.name for f in report.plan.removed] == ["fruit/berries.md"]
    assert desk.hits("summer") == []
    assert desk.sync().plan.added == ["fruit/berries.md"]


def test_patterns_that_leave_nothing_change_nothing(desk: Desk) -> None:
    desk.sync()
    with pytest.raises(InputError, match="leave no document"):
        filtered(desk, Filter(include=("*.doc",)))
    assert len(desk.texts()) == 2


def test_a_pattern_that_means_nothing_is_told(desk: Desk) -> None:
    report = filtered(desk, Filter(include=("*.md", "*.pdf"), exclude=("draft",)))
    assert report.warnings == ("--include “*.pdf” matches no file.", "--exclude “draft” matches no file.")


def test_files_are_named_one_by_one_and_left_out(desk: Desk) -> None:
    desk.sync()
    paths = (desk.folder / "apples.txt", desk.folder / "fruit" / "berries.md")
    report = filtered(desk, Filter(exclude=("apples.txt",)), *paths)
    assert [f.name for f in report.plan.removed] == ["apples.txt"]


# What cannot be reached


def test_links_to_folders_are_named(desk: Desk) -> None:
    other = desk.base / "more"
    desk.write("pears.txt", "Pears are green.", other)
    (desk.folder / "more").symlink_to(other, target_is_directory=True)
    (desk.folder / "fruit" / "ring").symlink_to(desk.folder, target_is_directory=True)
    report = desk.sync()
    assert [(f.name, "in a ring" in f.message) for f in report.failures] == [("fruit/ring", True)]
    assert report.warnings == ("more is a link to a folder, and is not followed. Name that folder as well.",)
    assert len(desk.texts()) == 2


def test_a_link_to_a_file_outside_the_folder_is_passed_over_and_named(desk: Desk) -> None:
    secret = desk.write("secret.txt", "Nobody else may read this.", desk.base)
    (desk.folder / "fruit" / "harmless.txt").symlink_to(secret)
    report = desk.sync()
    said = "is a link to a file outside the folder, and is passed over. Name it as well, or copy the file."
    assert report.warnings == (f"fruit/harmless.txt {said}",)
    assert sorted(desk.texts()) == ["apples.txt", "fruit/berries.md"]
    assert filtered(desk, Filter(exclude=("harmless.txt",))).warnings == ()
    desk.sync(desk.folder / "fruit" / "harmless.txt")  # the user's own word
    assert "Nobody else may read this." in desk.texts().values()


def test_a_file_is_read_once_though_links_beside_it_lead_to_it(desk: Desk) -> None:
    (desk.folder / "fruit" / "again.txt").symlink_to(desk.folder / "apples.txt")
    desk.write(".store/1f", "Pears are green.")
    (desk.folder / "pears.txt").symlink_to(desk.folder / ".store" / "1f")  # the only way to it
    report = desk.sync()
    assert report.warnings == ("fruit/again.txt is a link to a file of the same folder, which is read once.",)
    assert sorted(desk.texts()) == ["apples.txt", "fruit/berries.md", "pears.txt"]
    assert desk.sync().plan.unchanged == 3


def test_a_folder_of_nothing_but_links_to_elsewhere_says_so(desk: Desk) -> None:
    (desk.base / "links").mkdir()
    (desk.base / "links" / "apples.txt").symlink_to(desk.folder / "apples.txt")
    with pytest.raises(InputError, match="holds only links"):
        desk.sync(desk.base / "links")


def test_a_file_that_vanishes_while_it_is_waited_for_is_named(desk: Desk) -> None:
    desk.write("odd\n😀.txt", "Soon gone.")
    with desk.index() as index:
        plan = make_plan([desk.folder], index, LENGTH)
        (desk.folder / "odd\n😀.txt").unlink()
        report = sync(plan, index, LENGTH)
    assert [f.message for f in report.failures] == ["odd\\n😀.txt is not there."]
    assert report.stored == 2


def test_relative_dates_follow_a_date_that_only_sources_toml_changes(desk: Desk) -> None:
    desk.write("council.txt", "The council met on Monday, and will meet again next week.")

    def mondays() -> list[tuple[str, str]]:
        assert desk.sync().plan.changed == []
        with desk.index() as index:
            (document_id,) = index.library.document_ids(["council.txt"])
            return [(m.words, m.first.isoformat()) for m in index.library.mentions(document_id)]

    said = '[[source]]\nmatch = "council.txt"\ndate = '
    assert mondays() == []
    desk.write("sources.toml", f"{said}2025-01-31")
    assert mondays() == [("on Monday", "2025-01-27"), ("next week", "2025-02-03")]
    desk.write("sources.toml", f"{said}2025-02-07")
    assert mondays() == [("on Monday", "2025-02-03"), ("next week", "2025-02-10")]
    assert desk.embedder.texts == []
    (desk.folder / "sources.toml").unlink()
    assert mondays() == []
