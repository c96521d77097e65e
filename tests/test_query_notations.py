"""Amounts, days and wishes for time in a question, and the other names of what it names."""

from __future__ import annotations

import datetime
import time

import pytest

from assistant.answer.question.date_wishes import date_wish
from assistant.answer.question.library_names import LibraryNames, name_table
from assistant.answer.question.notations import other_notations
from assistant.answer.question.parts import parts_of
from assistant.answer.question.translations import english_words, is_foreign
from assistant.search.words import stems
from assistant.types import Alias, DatePreference, Span

NEWEST = datetime.date(2025, 1, 30)


@pytest.mark.parametrize(
    "text", ["$589bn", "589 billion dollars", "USD 589 bn", "5,890亿美元", "589 Milliarden Dollar"]
)
def test_an_amount_is_found_in_its_other_notations(text: str) -> None:
    seen = set(stems(" ".join([text, *other_notations(text)])))
    assert {"589", "589bn", "billion", "dollar", "usd", "5890"} <= seen


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("20%", {"percent"}),
        ("百分之二十", {"20", "percent"}),
        ("20 per cent", {"percent"}),
        ("12亿元", {"1", "2bn", "billion", "yuan"}),
        ("1.2 billion yuan", {"12", "亿"}),
        ("2,520 yuan", {"2520"}),
        ("2520 yuan", {"2", "520"}),
        ("2025年1月30日", {"januari"}),
        ("30. Januar 2025", {"januari"}),
        ("30 Jan 2025", {"januari", "januar"}),
        ("January 30th", {"30", "januar"}),
    ],
)
def test_other_notations_are_in_the_form_that_the_word_index_sees(text: str, words: set[str]) -> None:
    assert words <= set(stems(" ".join(other_notations(text))))


@pytest.mark.parametrize(
    "text", ["five regions", "in 2024", "the H20 chip", "call 12345 now", "May I go?", "the march on Lund"]
)
def test_what_has_no_other_notation_gets_none(text: str) -> None:
    assert not {"万", "million", "thousand", "January", "May", "Mai", "March", "März"} & set(other_notations(text))


def wish(first: str | None, last: str | None, *, latest: bool = False) -> DatePreference:
    days = [datetime.date.fromisoformat(day) if day else None for day in (first, last)]
    return DatePreference(days[0], days[1], latest)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("What is the latest on the port?", wish(None, None, latest=True)),
        ("Wie ist der Stand aktuell?", wish(None, None, latest=True)),
        ("港口目前的情况如何？", wish(None, None, latest=True)),
        ("Which tariffs hold as of January?", wish("2024-12-01", "2025-01-31", latest=True)),
        ("截至2025年1月30日有多少？", wish("2024-12-30", "2025-01-30", latest=True)),
        ("What happened in early 2025?", wish("2025-01-01", "2025-05-14")),
        ("What happened in late January 2025?", wish("2025-01-21", "2025-02-14")),
        ("in the last week of the month", wish("2025-01-25", "2025-02-14")),
        ("What happened on 30. Januar 2025?", wish("2025-01-30", "2025-02-13")),
        ("What happened in March?", wish("2024-03-01", "2024-04-14")),
        ("Who resigned this year?", wish("2025-01-01", "2025-12-31", latest=True)),
        ("Who resigned last month?", wish("2024-12-01", "2025-01-14")),
        ("Who resigned yesterday?", wish("2025-01-29", "2025-01-30")),
        ("本月谁辞职了？", wish("2025-01-01", "2025-01-31", latest=True)),
        ("How many were sold in 2024?", None),
        ("What happened on 30 February 2025?", None),
        ("Who said “China is now indispensable”?", None),
        ("May I ask who leads the port?", None),
    ],
)
def test_a_wish_for_time_is_told_from_the_newest_text(question: str, expected: DatePreference | None) -> None:
    assert date_wish(question, NEWEST) == expected


def test_without_a_newest_day_only_what_the_question_says_itself_is_a_wish() -> None:
    assert date_wish("Who resigned last month?", None) is None
    assert date_wish("What happened in March?", None) is None
    assert date_wish("What happened in March 2024?", None) == wish("2024-03-01", "2024-04-14")


def test_a_name_finds_the_others_that_documents_give_it_all_of_them_and_no_further() -> None:
    table = name_table(
        [
            ("Xiaohongshu", "RedNote"),
            ("Xiaohongshu", "小红书"),
            ("RedNote", "the Red Note Company"),
            ("NOTS", "Nobody Owns The Sea"),
        ]
    )
    assert set(table.others("Who owns RedNote?")) == {"Xiaohongshu", "the Red Note Company"}
    assert set(table.others("小红书是什么？")) == {"Xiaohongshu"}
    assert table.others("the nots complaint") == ("Nobody Owns The Sea",)
    assert table.others("Nobody Owns The Sea and NOTS") == ()


def test_an_abbreviation_with_two_meanings_gives_both() -> None:
    table = name_table([("CAR", "Center Automotive Research"), ("CAR", "Central African Republic")])
    assert table.others("What does CAR say?") == ("Center Automotive Research", "Central African Republic")


def test_an_abbreviation_is_not_an_ordinary_word() -> None:
    table = name_table(
        [("CAR", "Center Automotive Research"), ("US", "United States"), ("WHO", "World Health Organization")]
    )
    assert table.others("who gave us the car") == ()


def test_the_longest_name_counts() -> None:
    table = name_table(
        [("Hong Kong", "HK"), ("University of Hong Kong", "HKU"), ("华为", "Huawei"), ("华为海思", "HiSilicon")]
    )
    assert table.others("the University of Hong Kong") == ("HKU",)
    assert table.others("华为海思的芯片") == ("HiSilicon",)


def test_fifty_thousand_aliases_are_looked_up_not_read_through() -> None:
    pairs = [(f"Company Number{n}", f"CN{n}") for n in range(50_000)] + [
        (f"{chr(0x4E00 + n % 20_000)}{chr(0x4E00 + n // 20_000)}公司", f"Firm{n}") for n in range(50_000)
    ]
    table = name_table(pairs)
    start = time.perf_counter()
    for _ in range(100):
        assert table.others("Who leads Company Number49999 today, and 一一公司?") == ("CN49999", "Firm0")
    assert (time.perf_counter() - start) / 100 < 0.005


def test_the_table_is_made_once_a_generation() -> None:
    asked = []

    def aliases() -> list[tuple[str, Alias]]:
        asked.append(1)
        return [("a.txt", Alias("RedNote", "Xiaohongshu", Span(0, 1)))]

    names = LibraryNames()
    assert names.at(1, aliases).others("RedNote") == ("Xiaohongshu",)
    assert names.at(1, aliases).others("RedNote") == ("Xiaohongshu",)
    assert len(asked) == 1
    names.at(2, list)
    assert names.at(2, aliases).others("RedNote") == ()


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("万科预计去年净亏损多少？", {"Vanke", "net loss", "last year"}),
        (
            "Was sagt das Handelsministerium zu den Zöllen der Bundesregierung?",
            {"MOFCOM", "tariff", "German government"},
        ),
        ("商务部对欧盟说了什么？", {"Ministry of Commerce", "European Union"}),
        ("Quelle agence de la Maison-Blanche ?", {"White House"}),
    ],
)
def test_a_question_in_another_language_gets_its_english_words(question: str, words: set[str]) -> None:
    assert words <= set(english_words(question))


@pytest.mark.parametrize(
    "question", ["What did Trump say in Berlin?", "EU Trump Berlin", "Who is 梁文锋 of DeepSeek in this case?"]
)
def test_an_english_question_is_left_alone(question: str) -> None:
    assert not is_foreign(question)
    assert english_words(question) == ()


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        (
            "How many dams broke and who built them in Lund?",
            ("How many dams broke", "How many dams broke who built them in Lund?"),
        ),
        (
            "What did Ana Lobo and Bo Ek say about the port?",
            ("What did Ana Lobo say about the port?", "What did Bo Ek say about the port?"),
        ),
        (
            "Port of Lund: cost, owner, and opening day?",
            ("Port of Lund cost", "Port of Lund owner", "Port of Lund opening day"),
        ),
        ("Wie viele Leute hat der Hafen und seit wann baut die Stadt daran?", 2),
        ("港口花了多少钱？谁建造了港口？", 2),
        ("1. Who leads the port?\n2. What did the railway cost?", 2),
        ("What did the port cost? Who leads the railway?", 2),
        (
            "How dear is rice, according to the Bangkok Ledger and Nikko?",
            ("How dear is rice, according to the Bangkok Ledger?", "How dear is rice, according to Nikko?"),
        ),
        (
            "Was kostet Reis laut Ledger und laut Nikko?",
            ("Was kostet Reis laut Ledger?", "Was kostet Reis laut Nikko?"),
        ),
        ("How did income per head and rents rise?", 0),
        ("Who leads the port and the railway?", 0),
        ("What did the port cost in 2024 and 2025?", 0),
        ("Jobs at the factory: is it 900 or 1,500?", 0),
    ],
)
def test_a_question_of_several_parts_is_taken_apart(question: str, parts: tuple[str, ...] | int) -> None:
    assert (len(parts_of(question)) if isinstance(parts, int) else parts_of(question)) == parts
