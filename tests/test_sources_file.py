import datetime
import os
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given as generated
from hypothesis import strategies

from assistant.errors import InputError
from assistant.ingest.user.given_values import apply_sources
from assistant.ingest.user.path_patterns import is_literal, literal_path, matches, pattern_for
from assistant.ingest.user.sources_file import Given, Sources, kept_spans, load_sources
from assistant.types import Article, Document, Span

DAY = datetime.date(2025, 1, 17)
EARLIER = datetime.date(2025, 1, 2)


def loaded(folder: Path, text: str) -> Sources:
    (folder / "sources.toml").write_text(text, encoding="utf-8")
    return load_sources(folder)


# Patterns


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("china-table/*.txt", "china-table/17.txt", True),
        ("china-table/*.txt", "china-table/old/17.txt", False),
        ("china-table/*.txt", "more/china-table/17.txt", False),
        ("china-table/**/*.txt", "china-table/old/17.txt", True),
        ("china-table/**/*.txt", "china-table/17.txt", True),
        ("**/17.txt", "a/b/17.txt", True),
        ("*.txt", "a/b/17.txt", True),  # without a slash: names in every folder
        ("17.txt", "a/17.txt", True),
        ("/17.txt", "a/17.txt", False),
        ("/17.txt", "17.txt", True),
        ("./17.txt", "17.txt", True),
        ("drafts", "a/drafts/b/c.txt", True),  # a folder means everything in it
        ("drafts/", "drafts/c.txt", True),
        ("a/drafts", "a/drafts/b/c.txt", True),
        ("a/drafts", "a/drafts.txt", False),
        ("1?.txt", "17.txt", True),
        ("[12]7.txt", "17.txt", True),
        ("*.TXT", "17.txt", False),
        ("caf\u00e9.txt", "cafe\u0301.txt", True),  # some disks store the accent apart
        ("深度/*", "深度/一.md", True),
        ("", "17.txt", False),
        ("/", "17.txt", False),
    ],
)
def test_what_a_pattern_means(pattern: str, path: str, expected: bool) -> None:
    assert matches(pattern, path) is expected


@generated(
    strategies.lists(strategies.text("ab*?[]!.é\n 深", min_size=1, max_size=6), min_size=1, max_size=3).filter(
        lambda parts: not {".", ".."} & set(parts)
    )
)
def test_the_pattern_for_a_path_means_that_path_alone(parts: list[str]) -> None:
    path = "/".join(parts)
    assert matches(pattern_for(path), path)
    assert not matches(pattern_for(path), f"x/{path}")
    assert not matches(pattern_for(path), f"{path}x")


def test_literal_patterns_are_known() -> None:
    assert is_literal("a/b.txt")
    assert is_literal("/b.txt")
    assert literal_path("/a/b.txt") == "a/b.txt"
    assert not is_literal("b.txt")
    assert not is_literal("a/*.txt")


# The file


def test_what_is_said_of_a_file(tmp_path: Path) -> None:
    sources = loaded(
        tmp_path,
        """
        [[source]]
        match = "china-table/*.txt"
        publisher = "Table.Media"
        date = 2025-01-17
        keep = "Join us"

        [[source]]
        match = ["china-table/17.txt", "other.md"]
        publisher = "  The \\n Table "
        author = ""
        date = "17 January 2025"
        keep = ["Join us", "A list"]
        """,
    )
    assert sources.given("china-table/16.txt") == Given(publisher="Table.Media", date=DAY, keep=("Join us",))
    assert sources.given("china-table/17.txt") == Given(
        publisher="The Table", author="", date=DAY, keep=("Join us", "A list")
    )
    assert sources.given("elsewhere/17.txt") == Given()
    assert list(sources.unmatched(["china-table/17.txt"])) == ["sources.toml, line 9: no document matches “other.md”."]
    assert list(sources.unmatched(["deep/other.md"])) == [
        "sources.toml, line 3: no document matches “china-table/*.txt”.",
        "sources.toml, line 9: no document matches “china-table/17.txt”.",
    ]


def test_a_folder_without_the_file_says_nothing(tmp_path: Path) -> None:
    assert load_sources(tmp_path).given("a.txt") == Given()
    assert loaded(tmp_path, "# nothing yet\n").given("a.txt") == Given()


def test_windows_line_ends_and_a_byte_order_mark_do_no_harm(tmp_path: Path) -> None:
    (tmp_path / "sources.toml").write_bytes('\ufeff[[source]]\r\nmatch = "a.txt"\r\ntitle = "A"\r\n'.encode())
    assert load_sources(tmp_path).given("a.txt") == Given(title="A")


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ('[[source]]\nmatch = "a"\npublishr = "X"', 3, "“publishr” is not known; “publisher” is"),
        ('[[source]]\nmatch = "a"\n\n[[source]]\nmatch = "b"\nDate = 2025-01-01', 6, "“Date” is not known; “date” is"),
        ('[[source]]\nmatch = "a"\ndate = 2025-02-30', 3, "not valid TOML"),
        ('[[source]]\nmatch = "a"\ndate = "30 February 2025"', 3, "“date” must be a day such as 2025-01-30"),
        ('[[source]]\nmatch = "a"\ndate = "03/04/2025"', 3, "“date” must be a day"),
        ('[[source]]\nmatch = "a"\ndate = 2025', 3, "“date” must be a day"),
        ('[[source]]\nmatch = "a"\ntitle = 7', 3, "“title” must be text in quotation marks"),
        ('[[source]]\nmatch = "a"\nlanguage = "German"', 3, "“language” must be a code"),
        ('[[source]]\nmatch = "a"\nurl = "javascript:alert(1)"', 3, "“url” must begin with https://"),
        ('[[source]]\nmatch = ""', 2, "“match” must not be empty"),
        ('[[source]]\nmatch = "a"\nkeep = []', 3, "“keep” must not be empty"),
        ('[[source]]\nmatch = ["a", 3]', 2, "“match” must be text in quotation marks"),
        ('# x\n\n[[source]]\ntitle = "A"', 3, "the entry has no “match”"),
        ('[source]\nmatch = "a"', 1, "an entry begins with [[source]]"),
        ('\nmatch = "a"\ntitle = "A"', 2, "“match” stands outside an entry"),
        ('[[source]]\nmatch = "a"\ntitle = "A', 3, "not valid TOML"),
        ('[[source]]\nmatch = "a"\nnotes = """\n[[source]]\ntitle = 7\n"""\ntitle = 7', 7, "“title” must be text"),
        ('[[source]]\nmatch = "a"\n[[source]]\nmatch = "b"\n"title" = 7', 5, "“title” must be text"),
    ],
)
def test_a_mistake_is_named_with_its_line(tmp_path: Path, text: str, line: int, words: str) -> None:
    with pytest.raises(InputError) as raised:
        loaded(tmp_path, text)
    assert f"sources.toml, line {line}: " in raised.value.message
    assert words in raised.value.message
    assert raised.value.remedy


def test_several_mistakes_are_named_at_once_and_in_order(tmp_path: Path) -> None:
    with pytest.raises(InputError) as raised:
        loaded(tmp_path, '[[source]]\nmatch = "a"\nurl = "x"\n[[source]]\ntitle = "A"\ncolour = 1')
    assert raised.value.message.split("sources.toml, ")[1] == (
        "line 3: “url” must begin with https:// or http://; line 4: the entry has no “match”; "
        "line 6: “colour” is not known."
    )


def test_a_file_that_is_not_utf8_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "sources.toml").write_bytes('[[source]]\nmatch = "ä"\n'.encode("latin-1"))
    with pytest.raises(InputError, match=r"sources\.toml, line 2: this is not UTF-8"):
        load_sources(tmp_path)


def test_the_key_changes_with_the_values_and_not_with_what_is_kept() -> None:
    keys = {Given(title="A").key, Given(author="A").key, Given(title="").key, Given(date=DAY).key, Given().key}
    assert len(keys) == 5
    assert Given().key == Given(keep=("A",)).key == ""
    assert Given(keep=("A",)).keep_key != Given(keep=("B",)).keep_key


# The user's word over what was read


def document(**known: object) -> Document:
    read = Document("d", "x" * 100, "", "text/plain", title="Read", title_how="stated", publisher="Page")
    return replace(read, date=EARLIER, date_how="stated", **known)


def article(start: int, end: int, **known: object) -> Article:
    return replace(Article("d", Span(start, end)), **known)


def test_a_document_of_one_article_is_that_article() -> None:
    read = article(0, 100, title="Read", outlet="Gazette", outlet_how="inferred", author="Ann", date=EARLIER)
    said = Given("Title", "Paper", "Times", "", DAY, "de", "https://example.org", "Mine.")
    changed, [only] = apply_sources(document(), [read], said)
    assert (changed.title, changed.title_how, changed.publisher, changed.publisher_how) == (
        *("Title", "given"),
        *("Paper", "given"),
    )
    assert (changed.date, changed.date_how, changed.date_basis) == (DAY, "given", "sources.toml")
    assert (changed.language, changed.url, changed.notes) == ("de", "https://example.org", "Mine.")
    assert (only.title, only.outlet, only.author, only.url) == ("Title", "Times", None, "https://example.org")
    assert {only.title_how, only.outlet_how, only.author_how, only.date_how, only.publisher_how} == {"given"}
    assert (only.date, only.publisher, only.span) == (DAY, "Paper", read.span)


def test_among_several_articles_only_those_without_their_own_take_it_over() -> None:
    read = [
        article(0, 20, title="Read", date=EARLIER, date_how="stated"),
        article(20, 40, title="Own", outlet="Gazette", author="Ann", date=EARLIER, date_how="inferred"),
        article(40, 60, title="Old", outlet="Globe", date=datetime.date(2024, 5, 1), date_how="stated"),
    ]
    said = Given(title="Issue 7", outlet="Times", author="Editor", date=DAY)
    _, (own, taken, dated) = apply_sources(document(), read, said)
    assert [own.title, taken.title, dated.title] == ["Issue 7", "Own", "Old"]
    assert [own.outlet, taken.outlet, dated.outlet] == ["Times", "Gazette", "Globe"]
    assert [own.author, taken.author, dated.author] == ["Editor", "Ann", "Editor"]
    assert [(a.date, a.date_how) for a in (own, taken, dated)] == [
        (DAY, "given"),
        (DAY, "inferred"),  # the day of issue is near that of a text taken over, no more
        (datetime.date(2024, 5, 1), "stated"),
    ]


def test_who_relayed_an_article_is_called_by_the_given_name() -> None:
    relayed = [article(0, 50, outlet="Gazette", relayed_by="Page"), article(50, 100, relayed_by="Somebody")]
    _, changed = apply_sources(document(), relayed, Given(publisher="Paper"))
    assert [a.relayed_by for a in changed] == ["Paper", "Somebody"]
    _, changed = apply_sources(document(), relayed, Given(title="Title"))
    assert [a.relayed_by for a in changed] == ["Page", "Somebody"]


def test_an_empty_date_says_that_it_is_not_known() -> None:
    changed, [only] = apply_sources(document(), [article(0, 100, date=EARLIER)], Given(date=""))
    assert (changed.date, only.date, only.date_how) == (None, None, "given")


def test_nothing_said_changes_nothing() -> None:
    read = [article(0, 50, title="A", date=DAY), article(50, 100, outlet="Gazette", relayed_by="Page")]
    assert apply_sources(document(), read, Given()) == (document(), read)


# What is kept


def test_parts_to_keep_are_found_by_words_of_theirs() -> None:
    text = "Join  us in\nBerlin. Subscribe now. Join the club."
    spans = [Span(0, 19), Span(20, 34), Span(35, 49)]
    assert kept_spans(text, spans, ["join us in berlin"]) == ({spans[0]}, [])
    assert kept_spans(text, spans, ["Join", "pay"]) == ({spans[0], spans[2]}, ["pay"])


# What is no such file, or would never be read to its end


def test_what_is_no_file_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    file = tmp_path / "sources.toml"
    os.mkfifo(file)
    with pytest.raises(InputError, match=r"sources\.toml cannot be read: it is no ordinary file"):
        load_sources(tmp_path)
    file.unlink()
    file.mkdir()
    with pytest.raises(InputError, match="cannot be read"):
        load_sources(tmp_path)
    file.rmdir()
    for target in ("/dev/zero", tmp_path.parent):
        file.symlink_to(target)
        with pytest.raises(InputError, match="it is a link that leads out of its folder"):
            load_sources(tmp_path)
        file.unlink()
    file.symlink_to("nothing.toml")
    with pytest.raises(InputError, match="it is a link that leads nowhere"):
        load_sources(tmp_path)
    (tmp_path / "nothing.toml").write_text('[[source]]\nmatch = "a.txt"\ntitle = "A"\n')
    assert load_sources(tmp_path).given("a.txt") == Given(title="A")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a = " + "[" * 100_000, "sources.toml is nested too deeply"),
        ("a = " + "{a = " * 10_000, "sources.toml is nested too deeply"),
        ("\n" + "a." * 300_000 + "a = 1", "sources.toml, line 2: a key has more than 100 parts"),
        ("[" + "'a' . " * 100_000 + "a]", "sources.toml, line 1: a key has more than 100 parts"),
        ("a = " + "1" * 6_000, "sources.toml holds a number that is too long"),
        ("#" * 10_000_001, "sources.toml cannot be read: it has more than 10 MB"),
    ],
    ids=["arrays", "tables", "key", "header", "number", "size"],
)
def test_what_would_take_for_ever_is_refused_at_once(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(InputError) as raised:
        loaded(tmp_path, text)
    assert words in raised.value.message


def test_many_entries_that_mean_no_document_are_named_at_once(tmp_path: Path) -> None:
    entries = 3_000  # of which each took the time of reading all before it
    sources = loaded(tmp_path, "".join(f'[[source]]\nmatch = "{n}.txt"\n' for n in range(entries)))
    begun = time.process_time()
    said = list(sources.unmatched([]))
    assert time.process_time() - begun < 5
    assert said[-1] == f"sources.toml, line {2 * entries}: no document matches “{entries - 1}.txt”."
