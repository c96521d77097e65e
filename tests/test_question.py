"""What can be asked, and what is searched for when a question leans on the one before."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.answer.question import QUESTION_LIMIT, check_question, search_text
from assistant.errors import InputError
from assistant.types import Turn

BEFORE = (
    Turn("user", "What did the port of Lund cost?"),
    Turn("assistant", "Twelve million kronor."),
)


@pytest.mark.parametrize(
    ("question", "message"),
    [
        ("", "empty"),
        (" \n\t\u00a0", "empty"),
        ("?! … —", "no words"),
        ("x" * 10_000, "10,000 characters; at most 4,000"),
        ("harbour \udcff port", "cannot be read"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_the_next_step(question: str, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        check_question(question)
    assert caught.value.remedy


def test_a_question_of_the_greatest_length_is_taken_and_outer_space_does_not_count() -> None:
    longest = "x" * QUESTION_LIMIT
    assert check_question(f"  {longest}\n") == longest


@pytest.mark.parametrize("question", ["多少？", "42", "Wer?", "  Why\nnot? "])
def test_questions_in_any_script_are_taken(question: str) -> None:
    assert check_question(question) == question.strip()


@pytest.mark.parametrize(
    "question",
    [
        "And when did it reopen?",
        "Which of the companies that were named in the report did they buy in the end?",
        "Why?",
        "那么它花了多少钱?",
    ],
)
def test_a_question_that_leans_on_the_one_before_is_searched_with_it(question: str) -> None:
    assert search_text(question, BEFORE) == f"What did the port of Lund cost? {question}"


def test_a_question_that_stands_alone_is_searched_alone() -> None:
    alone = "How many people does the railway between Lund and Malmö carry on a weekday?"
    assert search_text(alone, BEFORE) == alone
    assert search_text("Why?", ()) == "Why?"
    assert search_text("Why?", [Turn("assistant", "Ask me.")]) == "Why?"


def test_the_users_last_question_counts_not_an_older_one() -> None:
    later = (*BEFORE, Turn("user", "Who heads the railway?"), Turn("assistant", "Ana Lobo."))
    assert search_text("Since when?", later) == "Who heads the railway? Since when?"


@given(st.text(max_size=300), st.lists(st.builds(Turn, st.sampled_from(["user", "assistant"]), st.text(max_size=50))))
def test_a_question_passes_whole_or_is_refused(question: str, history: list[Turn]) -> None:
    try:
        checked = check_question(question)
    except InputError:
        return
    assert checked == question.strip()
    assert search_text(checked, history).endswith(checked)
