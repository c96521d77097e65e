"""Who a surname is: the sentence that introduced it, and nothing where there is none."""

from __future__ import annotations

import pytest
from test_extractive import reading_of
from test_reading import evidence_of

from assistant.answer.quoting.extractive import extractive_claims
from assistant.answer.quoting.full_names import asks_who, introduced_in

BEFORE = [
    "The ferry line will close in May.",
    "“Nobody asked us,” said Marta Olsson, a harbour pilot in Kalmar.",
    "Gao Wenbin designed the lock gates.",
]


@pytest.mark.parametrize(
    ("sentence", "found"),
    [
        ("“It is a loss for the islands,” Olsson added.", 1),
        ("“It is a loss,” added Olsson.", 1),
        ("Olsson says that the pilots will sue.", 1),
        ("“The gates were never the problem,” Gao said.", 2),
        ("According to Gao, the gates will hold.", 2),
        ("“It is a loss,” she added.", None),  # a pronoun is another matter
        ("Marta Olsson said so again in June.", None),  # the whole name stands here
        ("“We were not asked,” said Lindqvist.", None),  # nobody introduced that one
        ("The line closes in May.", None),
    ],
)
def test_the_sentence_that_introduced_the_speaker_is_found(sentence: str, found: int | None) -> None:
    assert introduced_in(sentence, BEFORE) == found


def test_the_nearest_of_two_introductions_counts() -> None:
    before = ["Anna Berg runs the yard.", "Her brother Nils Berg runs the mill."]
    assert introduced_in("Berg said the mill would stay.", before) == 1


def test_a_heading_word_before_a_name_is_no_first_name() -> None:
    assert introduced_in("Olsson said no.", ["The Olsson yard was sold.", "When Olsson left, nobody came."]) is None


@pytest.mark.parametrize(
    ("question", "asks"),
    [
        ("Who said that, and where does she work?", True),
        ("Welcher Minister? Wer sagt das?", True),
        ("这句话是谁说的？", True),
        ("Which analyst thinks so?", True),
        ("How many ferries run?", False),
    ],
)
def test_a_question_about_a_person_is_known(question: str, asks: bool) -> None:
    assert asks_who(question) is asks


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        (
            "Who says that islanders lose?",
            ["“Nobody asked us,” said Marta Olsson, a pilot.", "“Islanders lose,” Olsson added."],
        ),
        ("What do islanders do?", ["“Islanders lose,” Olsson added."]),
    ],
)
def test_a_question_who_gets_the_sentence_that_introduces_the_speaker(question: str, expected: list[str]) -> None:
    sentences = (
        "“Nobody asked us,” said Marta Olsson, a pilot.",
        "The line closes.",
        "“Islanders lose,” Olsson added.",
    )
    reading = reading_of(evidence_of(sentences), [(0.1, 0.1, 0.9)])
    assert [claim.text for claim in extractive_claims(reading, question)] == expected


def test_an_introduction_that_is_said_anyway_is_said_once() -> None:
    sentences = ("“Nobody asked us,” said Marta Olsson, a pilot.", "“Islanders lose,” Olsson added.")
    reading = reading_of(evidence_of(sentences), [(0.8, 0.9)])
    assert [claim.text for claim in extractive_claims(reading, "Who said so?")] == list(sentences)
