"""How small models write: pointers in other brackets and words, small talk, refusals in prose, translations."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.answer.question.small_talk import is_small_talk, refusal_in
from assistant.answer.writing.claim_lines import ClaimReader, Draft, NoAnswer, Translation
from assistant.answer.writing.pointer_forms import plain_marks


def read(text: str) -> list[Any]:
    reader = ClaimReader()
    return [*reader.feed(text), *reader.finish()]


@pytest.mark.parametrize(
    "line",
    [
        "[3.2] It reopened.",
        "[3.2]: It reopened.",
        "It reopened. [3] sentence 2",
        "It reopened. [3, sentence 2]",
        "It reopened. [passage 3, sentence 2]",
        "It reopened (passage 3, sentence 2).",
        "It reopened (see 3.2).",
        "It reopened. [Source: 3.2]",
        "It reopened. [ref 3.2]",
        "Es hat geöffnet. [Absatz 3, Satz 2]".replace("Es hat geöffnet.", "It reopened."),
        "It reopened. [3.2†source]",
        "It reopened. 【3.2†L1-L4】",
        "It reopened. {3.2}",
        "It reopened. <3.2>",
        "It reopened. 〔3.2〕",
        r"It reopened. \[3.2\]",
        "It reopened. [[3.2]]",
        "It reopened. `[3.2]`",
        "It reopened. ([3.2])",
        "It reopened.[^3.2]",
        "It reopened. ^[3.2]",
        "It reopened. [#3.2]",
        "It reopened. [3.2](#3.2)",
        "It reopened. [P3.S2]",
        "It reopened. [p3 s2]",
        "It reopened. [3.2.]",
        "It reopened. [3:2]",
        'It reopened. [3.2: "The port of Lund reopened"]',
        "It reopened. [3.2, The Harbour Post]",
        "It reopened. Source: 3.2",
        "It reopened. Sources: [3.2].",
        "It reopened. — 3.2",
        "It reopened. 3.2",
        "| It reopened. | [3.2] |",
        "*It reopened.* [3.2]",
        "(a) It reopened. [3.2]",
        "Claim 1: It reopened. [3.2]",
        "**Answer:** It reopened. [3.2]",
        "> It reopened. [3.2]",
    ],
)
def test_one_pointer_in_any_of_its_spellings(line: str) -> None:
    assert read(line) == [Draft("It reopened.", ((3, 2),))]


@pytest.mark.parametrize(
    ("marks", "pointers"),
    [
        ("[3.2] and [3.3]", [(3, 2), (3, 3)]),
        ("[3.2], [1.1]", [(3, 2), (1, 1)]),
        ("[3.2]–[3.4]", [(3, 2), (3, 3), (3, 4)]),
        ("Sources: 3.2, 3.3", [(3, 2), (3, 3)]),
        ("(Source: 3.2; 3.3).", [(3, 2), (3, 3)]),
        ("[3.2 3.3]", [(3, 2), (3, 3)]),
        ("{3.2, 3.3}", [(3, 2), (3, 3)]),
    ],
)
def test_several_pointers(marks: str, pointers: list[tuple[int, int]]) -> None:
    assert read(f"It reopened. {marks}") == [Draft("It reopened.", tuple(pointers))]


@pytest.mark.parametrize(
    "line",
    [
        "It reopened ⟦3.2⟧.",  # what brackets in the sources' own text become in the prompt
        "It reopened ‹3.2›.",
        "It rose to 589 (3.2 in May).",
        "It grew by 3.2",
        "It is {sic} lovely.",
    ],
)
def test_what_is_no_pointer_stays_text(line: str) -> None:
    assert read(line) == [Draft(line, ())]


def test_two_statements_on_one_line_lose_the_mark_between_them() -> None:
    assert read("Lund: 5 ships [1.1]; Oslo: 7 ships [1.2].") == [
        Draft("Lund: 5 ships", ((1, 1),)),
        Draft("Oslo: 7 ships.", ((1, 2),)),
    ]


@given(st.text(alphabet="ab .,:;|*_[](){}<>0123456789【】†-–^#`\\=", max_size=60))
def test_making_marks_plain_adds_no_figure(line: str) -> None:
    made = [c for c in plain_marks(line) if c.isdigit()]
    given_digits = [c for c in line if c.isdigit()]
    assert len(made) <= len(given_digits)


# What is no claim


@pytest.mark.parametrize(
    "line",
    [
        "Sure! Here is what I found:",
        "Based on the passages, here is the answer:",
        "In summary, the port is open again.",
        "Let me know if you need anything else!",
        "Zusammenfassend: der Hafen ist offen.",
        "根据以上资料：",
        "| Port | Source |",
        "|---|---|",
    ],
)
def test_small_talk_is_no_claim(line: str) -> None:
    assert read(line) == []


def test_small_talk_with_a_pointer_is_a_claim_like_any_other() -> None:
    assert read("In summary, the port is open again. [1.1]") == [
        Draft("In summary, the port is open again.", ((1, 1),))
    ]


@pytest.mark.parametrize(
    "line",
    [
        "The passages do not say how much it cost.",
        "Unfortunately, the provided sources don't mention the cost.",
        "None of the passages mentions the cost.",
        "I cannot find this information in the passages.",
        "There is no information about the cost in the sources.",
        "The answer is not stated in the passages.",
        "Die Passagen enthalten dazu keine Angaben.",
        "Leider konnte ich dazu nichts finden, es steht nicht da.",
        "资料中没有提到费用。",
        "Les passages ne donnent pas le coût.",
    ],
)
def test_a_refusal_in_prose_is_a_refusal(line: str) -> None:
    assert read(line) == [NoAnswer(line)]


def test_what_follows_a_refusal_on_its_line_is_not_part_of_it() -> None:
    assert read("I cannot find this in the passages. It has 300 ships. [1.4]") == [
        NoAnswer("I cannot find this in the passages.")
    ]


@pytest.mark.parametrize(
    "line",
    [
        "The documents say that the port reopened. [1.1]",
        "No source of water was found. [1.1]",
        "The port does not mention the cost. [1.1]",
        "The harbour office cannot answer for the delay. [1.1]",
        "Overall trade fell. [1.1]",
        "Here in Lund the port reopened. [1.1]",
    ],
)
def test_a_claim_that_sounds_alike_stays_one(line: str) -> None:
    (found,) = read(line)
    assert isinstance(found, Draft)
    assert found.pointers == ((1, 1),)


def test_an_ordinary_line_is_neither() -> None:
    assert not is_small_talk("The port reopened in May.")
    assert refusal_in("The port reopened in May.") == ""


# Translations


@pytest.mark.parametrize(
    "line", ["= [3.2] Der Hafen ist offen.", "= Der Hafen ist offen. [3.2]", "=> 【3.2】 Der Hafen ist offen."]
)
def test_a_translation_belongs_to_a_sentence(line: str) -> None:
    assert read(line) == [Translation((3, 2), "Der Hafen ist offen.")]


def test_a_translation_without_a_sentence_is_nothing() -> None:
    assert read("= Der Hafen ist offen.") == []
