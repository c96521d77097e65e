import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.language.mentions import find_mentions, resolve
from assistant.types import Span

THURSDAY = datetime.date(2025, 1, 30)


@pytest.mark.parametrize(
    ("words", "first", "last"),
    [
        ("yesterday", "2025-01-29", "2025-01-29"),
        ("on Monday", "2025-01-27", "2025-01-27"),
        ("on Thursday", "2025-01-30", "2025-01-30"),
        ("on Friday", "2025-01-24", "2025-01-24"),
        ("last Thursday", "2025-01-23", "2025-01-23"),
        ("next Monday", "2025-02-03", "2025-02-03"),
        ("last week", "2025-01-20", "2025-01-26"),
        ("this month", "2025-01-01", "2025-01-31"),
        ("last year", "2024-01-01", "2024-12-31"),
        ("last November", "2024-11-01", "2024-11-30"),
        ("last January", "2024-01-01", "2024-01-31"),
        ("next month", "2025-02-01", "2025-02-28"),
        ("three days ago", "2025-01-27", "2025-01-27"),
        ("two years ago", "2023-01-01", "2023-12-31"),
        ("am Montag", "2025-01-27", "2025-01-27"),
        ("vor zwei Wochen", "2025-01-13", "2025-01-19"),
        ("vergangene Woche", "2025-01-20", "2025-01-26"),
        ("上周五", "2025-01-24", "2025-01-24"),
        ("去年", "2024-01-01", "2024-12-31"),
        ("昨天", "2025-01-29", "2025-01-29"),
    ],
)
def test_words_come_to_days(words: str, first: str, last: str) -> None:
    assert resolve(words, THURSDAY) == (datetime.date.fromisoformat(first), datetime.date.fromisoformat(last))


@pytest.mark.parametrize("words", ["in May", "coming months", "soon", "Mondays", "last but one"])
def test_words_that_name_no_day(words: str) -> None:
    assert resolve(words, THURSDAY) is None


def test_mentions_keep_their_words_and_place() -> None:
    text = "He said on Monday that last year was dry."
    found = list(find_mentions(text, Span(0, len(text)), THURSDAY))
    assert [(m.words, text[slice(*m.span)]) for m in found] == [("on Monday", "on Monday"), ("last year", "last year")]


@given(st.dates(), st.sampled_from(["last week", "next year", "on Sunday", "next December", "下个月", "999 years ago"]))
def test_any_day_gives_a_stretch_in_order_or_nothing(day: datetime.date, words: str) -> None:
    days = resolve(words, day)
    assert days is None or days[0] <= days[1]
