import time

import pytest

from assistant.ingest.aliases import find_aliases, spelled_out
from assistant.types import Span


def aliases(text: str) -> list[tuple[str, str]]:
    found = find_aliases(text, [Span(0, len(text))])
    assert all(a.name in text[slice(*a.span)] and a.other in text[slice(*a.span)] for a in found)
    return [(a.name, a.other) for a in found]


@pytest.mark.parametrize(
    ("text", "pair"),
    [
        ("the group Nobody Owns The Sea (NOTS) said", ("Nobody Owns The Sea", "NOTS")),
        ("Today the European Harbour Union (EHU) met", ("European Harbour Union", "EHU")),
        ("the Ministry of Ports (MoP) said", ("Ministry of Ports", "MoP")),
        ("NOTS (Nobody Owns The Sea) said", ("Nobody Owns The Sea", "NOTS")),
        ("the app Meihaven 美港 is new", ("Meihaven", "美港")),
        ("its founder Lin Xi (林溪) left", ("Lin Xi", "林溪")),
        ("Meihaven, also known as Fair Port, grew", ("Meihaven", "Fair Port")),
        ("美港（Meihaven）发布了公告", ("Meihaven", "美港")),
    ],
)
def test_pairs_that_a_text_states(text: str, pair: tuple[str, str]) -> None:
    assert pair in aliases(text)


def test_several_names_in_one_bracket() -> None:
    assert aliases("The app BlueNote (Meihaven / Little Blue Book) grew.") == [
        ("BlueNote", "Meihaven"),
        ("BlueNote", "Little Blue Book"),
    ]


@pytest.mark.parametrize(
    "text", ["The Harbour Times (Update) said", "in Dunmere (EU) today", "see there (PDF)", "They met (Ann too)."]
)
def test_other_brackets(text: str) -> None:
    assert aliases(text) == []


def test_letters_must_begin_the_words() -> None:
    assert spelled_out("of the Bank of Low Tide", "BLT") == "Bank of Low Tide"
    assert spelled_out("of the Bank of Low Tide", "BXT") is None


def test_endless_lines_take_no_more_than_linear_time() -> None:
    started = time.monotonic()
    for text in ("港口" * 30_000, "x" * 100_000, "Ab" * 50_000, "A " * 30_000):
        aliases(text)
    assert time.monotonic() - started < 5
