"""Claims -> from when an answer is."""

from __future__ import annotations

import datetime

import pytest

from assistant.answer.beside.as_of import as_of
from assistant.types import AsOf, Citation, Claim, How

JANUARY, MARCH = datetime.date(2025, 1, 30), datetime.date(2025, 3, 5)


def claim(document: str, date: datetime.date | None, how: How = "stated", outlet: str | None = None) -> Claim:
    return Claim("It reopened.", (Citation(1, document, 1, 0, 1, "I", outlet=outlet, date=date, date_how=how),))


def test_an_answer_is_as_of_the_dates_of_its_sources() -> None:
    found = as_of([claim("a.md", MARCH), claim("b.md", JANUARY), claim("c.md", None, "unknown")])
    assert found == AsOf(JANUARY, MARCH, "stated", 1)
    assert found.text == "As of 30 January 2025 to 5 March 2025; 1 source without a date"


def test_a_date_that_was_inferred_says_so() -> None:
    found = as_of([claim("a.md", MARCH), claim("b.md", MARCH, "inferred")])
    assert found is not None
    assert found.text == "As of 5 March 2025 (inferred)"


def test_without_dates_it_says_that_they_are_unknown() -> None:
    found = as_of([claim("a.md", None, "unknown")])
    assert found is not None
    assert found.text == "As of an unknown date: the sources give none"
    assert as_of([]) is None


@pytest.mark.parametrize(
    ("library_newest", "said"),
    [
        (
            MARCH,
            "The newest source here is Gazette, 30 January 2025. The newest text of the library is of 5 March 2025:",
        ),
        (datetime.date(2025, 2, 3), "The newest source here is Gazette, 30 January 2025."),
    ],
)
def test_a_question_about_now_names_the_newest_source(library_newest: datetime.date, said: str) -> None:
    claims = [claim("a.md", JANUARY, outlet="Gazette")]
    found = as_of(claims, latest=True, library_newest=library_newest)
    assert found is not None
    assert found.note.startswith(said)
    assert ("may have changed" in found.note) == (library_newest == MARCH)
    assert as_of(claims, library_newest=library_newest) == AsOf(JANUARY, JANUARY, "stated")
