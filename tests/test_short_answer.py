"""A question and a sentence -> the words that answer by themselves, or nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.answer.quoting.short_answer import short_answer


@pytest.mark.parametrize(
    ("question", "sentence", "words"),
    [
        ("How many ports reopened?", "After the storm 14 ports reopened for 300 ships.", "14"),
        ("How much did Vela lose?", "Vela lost almost USD 589 billion on 27 January.", "almost USD 589 billion"),
        ("When did the port reopen?", "The port of Lund reopened on 3 May 2024.", "3 May 2024"),
        ("What share of exports goes by sea?", "Two ports ship about 62 per cent of exports.", "about 62 per cent"),
        ("Who called it a gem?", "“A gem of the coast,” said the harbour master, Ana Lobo, on Monday.", "Ana Lobo"),
        ("Who succeeded Jon Berg?", "Jon Berg was followed by Ana de Lobo.", "Ana de Lobo"),
        ("Who says how much is owed?", "Ana Lobo says that 12 million euros are owed.", "Ana Lobo"),
        ("Who opened the port?", "The port was opened by King Olav IV.", "King Olav IV"),
    ],
)
def test_the_only_span_that_can_be_meant_is_cut_out(question: str, sentence: str, words: str) -> None:
    assert short_answer(question, sentence) == words


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("How many ports and ships are there?", "There are 14 ports."),
        ("When did it open, and who paid?", "It opened on 3 May 2024."),
        ("When did the port reopen?", "It closed on 3 May and reopened on 9 May."),
        ("How many ships were not lost?", "All but 14 ships were lost."),
        ("How much did Vela lose?", "Vela lost USD 5 billion, and Orbik USD 7 billion."),
        ("Why was the port closed?", "14 ships had sunk."),
        ("When in May 2024 did it open?", "It opened in May 2024."),
        ("Who called it a gem?", "“A gem,” said Ana Lobo, and Jon Berg agreed."),
        ("Who called it a gem?", "“A gem,” said Ana Lobo, whom Trump believes."),
        ("Who called it a gem?", "A spokeswoman for the mayor Ana Lobo called it a gem."),
        ("Who called it a gem, and when?", "“A gem,” said Ana Lobo on Monday."),
        ("Who are the owners?", "They are a bank, Ana Lobo, and the city."),
        ("Who owns the port?", "The Harbour Bank owns it, says the Coast Times."),
        ("Whose port is it?", "It belongs to Ana Lobo."),
    ],
)
def test_where_it_is_not_certain_nothing_is_said(question: str, sentence: str) -> None:
    assert short_answer(question, sentence) is None


@given(st.sampled_from(["When was it?", "How many were there?", "How much did it cost?"]), st.text())
def test_the_words_are_always_cut_from_the_sentence(question: str, sentence: str) -> None:
    words = short_answer(question, sentence)
    assert words is None or words in sentence
