import datetime
import json
import sys

import pytest

from assistant.cli.main import main
from assistant.cli.options import days_of, make_filters
from assistant.errors import InputError
from assistant.types import Filters


@pytest.fixture
def run(sample_settings, bare, monkeypatch, capsys):
    """Type a command about the sample. Gives its exit code, output and errors."""
    monkeypatch.setenv("ASSISTANT_DATA_DIR", str(sample_settings.data_dir))
    monkeypatch.setenv("ASSISTANT_LIBRARY", "sample")

    def typed(*words):
        monkeypatch.setattr(sys, "argv", ["assistant", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        return ended.value.code or 0, out, err

    return typed


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2025-01-30", datetime.date(2025, 1, 30), datetime.date(2025, 1, 30)),
        (" 2025-1-3 ", datetime.date(2025, 1, 3), datetime.date(2025, 1, 3)),
        ("2024-02", datetime.date(2024, 2, 1), datetime.date(2024, 2, 29)),
        ("2025", datetime.date(2025, 1, 1), datetime.date(2025, 12, 31)),
    ],
)
def test_a_date_is_a_day_a_month_or_a_year(text, first, last):
    assert days_of(text, "--since") == (first, last)
    assert make_filters(text, text, None, None, None, None, None) == Filters(since=first, until=last)


@pytest.mark.parametrize("text", ["", "yesterday", "2025-13", "2025-02-30", "30.1.2025", "0000", "2025-00", "20250130"])
def test_what_is_no_date_is_said(text):
    with pytest.raises(InputError, match=r"--until .*is no date") as caught:
        days_of(text, "--until")
    assert "--until 2025-01" in caught.value.remedy


def test_no_option_is_no_filter():
    assert make_filters(None, None, None, [], None, None, None) is None
    assert make_filters(None, None, ["P"], ["O"], ["A"], ["D"], ["de"]) == Filters(
        documents=("D",), publishers=("P",), outlets=("O",), authors=("A",), languages=("de",)
    )


def test_passages_are_listed_with_their_sources_best_first(run):
    code, out, err = run("search", "Why was the car recalled?", "--count", "3")
    assert (code, err) == (0, "")
    starts = [line for line in out.splitlines() if line[:2] in {"1.", "2.", "3.", "4."}]
    assert [line[0] for line in starts] == ["1", "2", "3"]
    assert "recall" in out.casefold()
    assert ", characters " in starts[0]


def test_each_reason_is_told_and_the_parts_are_the_score(run):
    code, out, _ = run("search", "Why was the car recalled?", "--explain", "-n", "2", "--since", "2024")
    assert code == 0
    assert "Searched for: Why was the car recalled?" in out
    assert "Filtered: " in out
    assert "vectors: place " in out
    assert "BM25 " in out
    assert out.count("   score ") == 2


def test_json_holds_offsets_reasons_and_what_was_filtered(run):
    code, out, _ = run("search", "Why was the car recalled?", "--json", "--count", "4", "--since", "2024-06")
    read = json.loads(out)
    assert code == 0
    assert read["query"]["text"] == "Why was the car recalled?"
    assert len(read["ranked"]) == 4
    assert read["admitted"] > 0
    for one in read["ranked"]:
        assert one["score"] == pytest.approx(sum(one["parts"].values()))
        assert one["article"]["date"] >= "2024-06-01"
        assert one["passage"]["text"]


def test_the_names_that_filters_take_are_listed_and_can_be_given(run):
    code, out, _ = run("search", "--names")
    assert code == 0
    lines = out.splitlines()
    publisher = lines[lines.index("--publisher") + 1].strip().rsplit(" (", 1)[0]
    code, out, _ = run("search", "car", "--publisher", publisher.upper(), "--json")
    assert code == 0
    assert {one["article"]["publisher"] for one in json.loads(out)["ranked"]} == {publisher}


@pytest.mark.parametrize("command", ["search", "ask"])
@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["car", "--publisher", "Nobody at all"], "no publisher named “Nobody at all”"),
        (["car", "--since", "soon"], "--since soon is no date"),
        (["car", "--since", "2025-02", "--until", "2025-01"], "No day is both"),
        (["car", "--until", "1999"], "Nothing in the library is dated until 31 December 1999; without the filter"),
        (["🚀🎉"], "holds no words"),
        (["x" * 10_000], "10,000 characters"),
    ],
)
def test_what_cannot_be_searched_is_said_with_the_next_step(run, command, words, message):
    code, out, err = run(command, *words)
    assert (code, out) == (2, "")
    assert message in " ".join(err.split())
    assert "→" in err


@pytest.mark.parametrize("question", ["the of and with", "？？？ 的"])
def test_only_stop_words_are_answered_by_what_is_near(run, question):
    code, out, _ = run("search", question, "--explain")
    assert code == 0
    assert "words: none of the question's" in out


@pytest.mark.parametrize("words", [["search"], ["search", "car", "--names"]])
def test_a_question_or_the_names(run, words):
    assert run(*words)[0] == 2


def test_an_answer_keeps_to_the_filter(run):
    code, out, _ = run("ask", "Why was the car recalled?", "--since", "2024-06", "--json")
    assert code == 0
    assert {e["article"]["date"] >= "2024-06-01" for e in json.loads(out)["evidence"]} == {True}


def test_nothing_indexed_is_said(bare, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["assistant", "search", "car"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 3
    assert "assistant index PATH" in capsys.readouterr().err


def test_an_article_is_named_by_its_document_and_the_number_that_sources_show_gives_it() -> None:
    filters = make_filters(None, None, None, None, None, None, None, ["news/letter #1.md#2"])
    assert filters == Filters(articles=(("news/letter #1.md", 1),))


@pytest.mark.parametrize("text", ["letter.md", "letter.md#", "letter.md#0", "letter.md#two", "#2"])
def test_what_names_no_article_is_said(text: str) -> None:
    with pytest.raises(InputError, match="names no article"):
        make_filters(None, None, None, None, None, None, None, [text])
