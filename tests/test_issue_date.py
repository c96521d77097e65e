import datetime

import pytest

from assistant.ingest.articles.issue_date import date_in_name, marked_dates, stated_date

ISSUE = datetime.date(2025, 1, 30)


def days(*marks: str, issue: datetime.date | None = ISSUE) -> list[str | None]:
    return [d and d.isoformat() for d in marked_dates([f"It rained. ({mark})" for mark in marks], issue)]


def test_two_digit_marks_are_read_in_the_one_order_that_fits_them_all() -> None:
    assert days("25/01/20", "25/01/26") == ["2025-01-20", "2025-01-26"]
    assert days("20/01/25", "26/01/25") == ["2025-01-20", "2025-01-26"]
    assert days("01/20/25", "01/26/25") == ["2025-01-20", "2025-01-26"]


def test_marks_that_may_mean_two_days_mean_none() -> None:
    assert days("03/02/25", "04/02/25", issue=datetime.date(2025, 4, 20)) == [None, None]
    assert days("99/99/99") == [None]


def test_without_an_issue_date_the_marks_must_be_near_each_other() -> None:
    assert days("25/01/20", "25/01/28", issue=None) == ["2025-01-20", "2025-01-28"]
    assert days("25/01/20", issue=None) == [None]


def test_full_dates_in_brackets() -> None:
    assert days("2025-01-20", "20 January 2025", "20.1.2025", "see below") == ["2025-01-20"] * 3 + [None]


def test_a_file_s_name_states_a_day_in_iso_order_only() -> None:
    assert date_in_name("letters/2025-01-17-letter.txt") == datetime.date(2025, 1, 17)
    assert date_in_name("20250117_letter.txt") == datetime.date(2025, 1, 17)
    for name in (
        "17-01-2025.txt",
        "letter-31.txt",
        "2025-01-17_to_2025-01-24.txt",
        "2025-13-40.txt",
        "2025-01-17/a.txt",
    ):
        assert date_in_name(name) is None


@pytest.mark.parametrize(
    "line", ["Sunday 16 February 2025, 4pm", "10 May 2025, 18:00 Uhr", "kept by us; last entry 31 October 2025"]
)
def test_events_and_entries_state_no_issue_date(line: str) -> None:
    assert stated_date(line) is None
