"""A question for a timeline -> dated sentences about its subject in the order of time; unknown years last."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import replace

import pytest
from test_extractive import reading_of
from test_reading import evidence_of

from assistant.answer.quoting.extractive import extractive_claims, first_sentences, quoted, what_to_know
from assistant.answer.quoting.timeline import asks_for_timeline, timeline_for
from assistant.answer.reading.reader import Reading, sentence_text
from assistant.types import Evidence

OPENED = "The Ostra ferry was opened in May 1962."
SOLD = "On 3 March 2021 the Ostra ferry was sold to Norway."
PLANNED = "By 2024 the Ostra ferry is to be electric."
RAISED = "In April the Ostra ferry raised its fares."
BRIDGE = "The Lund bridge was closed in June 2020."
PLAIN = "The Ostra ferry carries cars."


def timeline(question: str, evidence: Sequence[Evidence]) -> tuple[list[str], int] | None:
    found = timeline_for(question, evidence)
    return found and ([sentence_text(*place) for place in found.places], found.without_year)


def dated(evidence: Evidence, day: datetime.date | None) -> Evidence:
    return replace(evidence, article=replace(evidence.article, date=day))


@pytest.mark.parametrize(
    ("question", "asks"),
    [
        ("A timeline of the Ostra ferry, please", True),
        ("Chronology of the Ostra ferry", True),
        ("Chronologie der Ostra-Fähre", True),
        ("奥斯特拉轮渡的时间线", True),
        ("When was the Ostra ferry sold?", False),
        ("How many times did the ferry line fail?", False),
    ],
)
def test_who_asks_for_a_timeline_is_understood(question: str, asks: bool) -> None:
    assert asks_for_timeline(question) == asks


def test_what_is_dated_and_on_the_subject_stands_in_the_order_of_time() -> None:
    evidence = evidence_of([PLANNED, PLAIN], [SOLD], [BRIDGE], [OPENED])
    assert timeline("Timeline of the Ostra ferry", evidence) == ([OPENED, SOLD, PLANNED], 0)
    assert timeline("What about the Ostra ferry?", evidence) is None


def test_only_the_years_that_are_named_are_given() -> None:
    evidence = evidence_of([PLANNED], [SOLD], [OPENED])
    assert timeline("Timeline of the Ostra ferry from 2020 to 2025", evidence) == ([SOLD, PLANNED], 0)


def test_a_month_without_a_year_is_of_the_article_and_else_comes_last() -> None:
    sold, raised, opened = evidence_of([SOLD], [RAISED], [OPENED])
    question = "Timeline of the Ostra ferry"
    assert timeline(question, [sold, raised, opened]) == ([OPENED, SOLD, RAISED], 1)
    of_1970 = dated(raised, datetime.date(1970, 12, 1))
    assert timeline(question, [sold, of_1970, opened]) == ([OPENED, RAISED, SOLD], 0)


def test_that_year_is_the_one_named_before_and_this_year_is_the_articles() -> None:
    that = "On 6 August of that year the Ostra ferry ran aground."
    this = "On 6 August this year the Ostra ferry ran aground."
    question = "Timeline of the Ostra ferry"
    assert timeline(question, evidence_of([OPENED, that], [SOLD])) == ([OPENED, that, SOLD], 0)
    assert timeline(question, evidence_of([OPENED, this], [SOLD])) == ([OPENED, SOLD, this], 1)


def test_of_two_sentences_on_one_day_the_one_found_sooner_is_given() -> None:
    again = "The Ostra ferry was sold on 3 March 2021, they say."
    question = "Timeline of the Ostra ferry"
    assert timeline(question, evidence_of([OPENED], [SOLD], [again])) == ([OPENED, SOLD], 0)
    reordered = evidence_of([OPENED], [SOLD], [again])[::-1]  # as a reader may have moved the passages
    assert timeline(question, reordered) == ([OPENED, SOLD], 0)


def test_a_sentence_that_stands_in_two_places_is_given_once_with_the_year_that_one_of_them_tells() -> None:
    evidence = evidence_of([RAISED], [SOLD], ["The Ostra ferry was cheap in 1970.", RAISED])
    assert timeline("Timeline of the Ostra ferry", evidence) == (
        ["The Ostra ferry was cheap in 1970.", RAISED, SOLD],
        0,
    )


def test_a_timeline_is_given_whole_before_all_is_read() -> None:
    evidence = evidence_of([SOLD], [RAISED], [OPENED])
    question = "Timeline of the Ostra ferry"
    first = replace(reading_of(evidence[1:2], [(0.9,)]), evidence=(evidence[1], evidence[0], evidence[2]))
    begun = first_sentences(first, question)
    claims = extractive_claims(reading_of(evidence, [(0.1,), (0.2,), (0.9,)]), question, begun)
    assert [claim.text for claim in quoted(begun)] == [OPENED, SOLD, RAISED]
    assert claims == quoted(begun)
    assert first_sentences(Reading((), 0.9, tuple(evidence)), question) == ()


def test_one_moment_is_no_timeline() -> None:
    assert timeline("Timeline of the Ostra ferry", evidence_of([OPENED], [PLAIN])) is None


def test_the_answer_is_the_timeline_and_says_in_which_order() -> None:
    evidence = evidence_of([SOLD], [RAISED], [OPENED])
    reading = reading_of(evidence, [(0.9,), (0.1,), (0.1,)])
    question = "Timeline of the Ostra ferry"
    assert [claim.text for claim in extractive_claims(reading, question)] == [OPENED, SOLD, RAISED]
    order = "In the order of the days that the sentences name."
    assert what_to_know(reading, question) == f"{order} The year of the last 1 is not stated."
    nothing_known = reading_of(evidence_of([RAISED], [RAISED.replace("April", "May")]), [(0.9,), (0.1,)])
    assert "which came first is not known" in what_to_know(nothing_known, question)
    assert what_to_know(reading, "When was the Ostra ferry sold?") == ""
