"""Refused questions -> what the passages found do not mention: every word of it must be true."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_reading import evidence_of

from assistant.answer.beside.missing import what_is_missing
from assistant.answer.question.library_names import NameTable, name_table
from assistant.answer.question.terms import terms_of
from assistant.answer.question.understand import NO_NAMES
from assistant.search.words import stems
from assistant.types import Evidence

PORT = ("The port of Lund reopened on 3 May.", "Repairs cost 12 million kronor, the harbour master said.")
RAIL = ("The railway to Malm will close in June.", "Dutch engineers of the Vela Group inspect its bridges.")
ELSEWHERE = "Ystad has a lighthouse. Wages rise by 5 per cent. The Ystad tram is new."
JANUARY = datetime.date(2025, 1, 28)


def missing(
    question: str,
    *passages: Sequence[str],
    also: str = ELSEWHERE,
    names: NameTable = NO_NAMES,
    date: datetime.date | None = None,
) -> str:
    """What is said where these passages were found, in a library that holds them and another text."""
    evidence = [dated(e, date) for e in evidence_of(*(passages or (PORT, RAIL)))]
    library = set(stems(" ".join([also, *(e.passage.text for e in evidence)])))
    return what_is_missing(question, evidence, lambda word: bool(set(stems(word)) & library), names, JANUARY)


def dated(evidence: Evidence, date: datetime.date | None) -> Evidence:
    return replace(evidence, article=replace(evidence.article, date=date))


SEEN = "The nearest passages mention "
NOWHERE = "no passage in the library mentions "
NOT_FOUND = "no sentence was found that gives the "


def test_a_verb_that_asks_who_does_it_is_not_missed() -> None:
    said = missing("Who steers the port?")
    assert "steers" not in said
    assert said == missing("Who led the port?")


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("Who runs the port of Kivik?", f"{SEEN}port, but {NOWHERE}“Kivik”."),
        ("Who runs Kivik and Simris?", "No passage in the library mentions “Kivik” or “Simris”."),
        ("When did the Lund Metro open?", "No passage in the library mentions “Lund Metro” (only “Lund”)."),
        ("Who runs the Ystad tram?", "None of the passages found mentions “Ystad”."),
        ("Which bridges does Ystad share with the railway?", f"{SEEN}bridges and railway, but not “Ystad”."),
        ("Does the port have a cinema?", f"{SEEN}port, but {NOWHERE}“cinema”."),
        ("What are wages at the port of Lund?", "The passage found that mentions Lund does not mention “wages”."),
        ("Who paid 70 million kronor for the port?", f"{SEEN}kronor and port, but not “70 million”."),
        ("Who said the port was “a gem of the coast”?", f"{SEEN}port, but not “a gem of the coast”."),
        ("Why did the port of Lund reopen?", f"{SEEN}Lund and port, but {NOT_FOUND}reason asked for."),
        ("How many bridges has the railway?", f"{SEEN}bridges and railway, but {NOT_FOUND}figure asked for."),
        ("Wie viele Brücken gibt es?", "No sentence was found that gives the figure asked for."),
        ("有多少座桥？", "No sentence was found that gives the figure asked for."),
        ("Was it so?", ""),
    ],
)
def test_it_is_said_what_is_missing(question: str, said: str) -> None:
    assert missing(question) == said


def test_words_in_another_language_are_not_said_to_be_missing() -> None:
    """“Mindestlohn” stands nowhere in English sources, and what it means may."""
    assert (
        missing("Wie hoch ist der Mindestlohn in Schweden?", PORT)
        == "No sentence was found that gives the figure asked for."
    )
    german = ("Der Hafen von Lund ist seit dem 3. Mai wieder offen.",)
    assert "harbour" not in missing("Who owns the harbour of Lund?", german, also="")


def test_a_name_within_a_question_in_another_language_is_looked_up() -> None:
    assert missing("BYD 的港口在哪里？") == "No passage in the library mentions “BYD”."


@pytest.mark.parametrize(
    "question",
    [
        "Did Ana Malm inspect the railway?",  # the surname stands there
        "What did the Netherlands inspect?",  # there as "Dutch"
        "Who founded the VG?",  # initials
        "Whose are Lund's repairs?",
        "Who is the HARBOUR master?",
        "What did 12m kronor pay for?",
    ],
)
def test_doubt_counts_for_the_passages(question: str) -> None:
    assert not re.search(r"no passage|not “|None of", missing(question))


def test_a_country_that_may_stand_there_as_a_people_is_not_said_to_be_nowhere() -> None:
    assert missing("Who runs the port of Greece?") == "The nearest passages mention port, but not “Greece”."


def test_another_name_that_the_documents_state_is_looked_up() -> None:
    names = name_table([("Kivik Trams", "Vela Group")])
    assert "Kivik" not in missing("Who runs Kivik Trams?", names=names)
    assert "“Kivik Trams”" in missing("Who runs Kivik Trams?")


def test_where_the_passages_are_of_another_time_it_is_said_of_which() -> None:
    question = "What did Lund cost in March 2025?"
    assert missing(question, date=JANUARY) == (
        "The passage found that mentions Lund is dated 28 January 2025; it does not name March 2025."
    )
    assert missing(question) == "The passage found that mentions Lund carries no date, and does not name March 2025."


@pytest.mark.parametrize(
    ("passage", "date"),
    [
        ("Lund paid in March.", None),
        ("Lund paid on 3 March 2025.", None),
        ("Lund paid.", datetime.date(2025, 3, 9)),
    ],
)
def test_a_passage_that_may_be_of_that_time_counts(passage: str, date: datetime.date | None) -> None:
    assert "March" not in missing("What did Lund cost in March 2025?", (passage,), date=date)


def test_a_year_is_named_by_a_day_in_it() -> None:
    assert "2024" not in missing("What did Lund cost in 2024?", ("Lund paid in May 2024.",))
    assert "name 2023" in missing("What did Lund cost in 2023?", ("Lund paid in May 2024.",))


def test_without_passages_nothing_is_said() -> None:
    assert what_is_missing("Who?", [], lambda _: False, NO_NAMES) == ""


def test_what_is_asked_for_is_left_out_of_what_it_is_about() -> None:
    terms = terms_of("What is the total number of robots in the Beijing half marathon?", NO_NAMES, None)
    assert [name.words for name in terms.names] == ["Beijing"]
    assert terms.phrases == (("robots",), ("half", "marathon"))


def test_a_first_word_is_a_name_where_the_sources_write_it_as_one() -> None:
    assert [n.words for n in terms_of("Vela debt", NO_NAMES, None, "the Vela Group").names] == ["Vela"]
    assert [n.words for n in terms_of("vela debt", NO_NAMES, None, "the Vela Group").names] == ["vela"]
    assert terms_of("New debt", NO_NAMES, None, "the New Group and new debt").names == ()


@given(st.text(max_size=200))
def test_any_question_is_taken_apart(question: str) -> None:
    terms = terms_of(question, NO_NAMES, JANUARY, " ".join(PORT))
    assert all(len(name.words) <= 60 for name in terms.names)
    said = missing(question)
    assert len(said) < 900


@given(
    st.lists(
        st.sampled_from([*" ".join([*PORT, *RAIL, ELSEWHERE]).split(), "Kivik", "cinema", "70", "May", "2024"]),
        max_size=9,
    )
)
def test_what_is_said_to_be_missing_is_missing(words: list[str]) -> None:
    said = missing(" ".join(words))
    text = " ".join([*PORT, *RAIL])
    for part in re.split(r"(?<=[.;]) ", said):
        for quoted in re.findall(r"“([^”]+)”", re.sub(r"\(only [^)]*\)", "", part)):
            held = f"{text} {ELSEWHERE}" if "in the library" in part else text
            if "found that mention" not in part:
                assert not re.search(rf"(?<!\w){re.escape(quoted)}(?!\w)", held, re.IGNORECASE)
    if positive := re.search(r"^The nearest passages mention (.*?), but", said):
        for word in re.split(r", | and ", positive[1]):
            assert word.lower().rstrip("s") in text.lower()
