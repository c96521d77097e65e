"""Questions for several things -> the list that answers, with all its members."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from test_extractive import reading_of
from test_reading import evidence_of

from assistant.answer.quoting.extractive import extractive_claims, first_sentences, quoted, what_to_know
from assistant.answer.quoting.lists import MOST_MEMBERS, asked_nouns, lists_in
from assistant.types import Evidence, Passage, Span


@pytest.mark.parametrize(
    ("question", "nouns"),
    [
        ("Which five ports reopened?", {"port"}),
        ("What are the main demands of the crews?", {"demand"}),
        ("Name the members of the board.", {"member"}),
        ("Lund says it can be done in 3 ways. Which?", {"way"}),
        ("speakers harbour day 16 February (full list)", {"speaker"}),
        ("Welche neuen Häfen gibt es?", {"hafen"}),
        ("哪些港口重新开放？", {"港口"}),
    ],
)
def test_what_several_are_wanted_of(question: str, nouns: set[str]) -> None:
    assert asked_nouns(question) == nouns


@pytest.mark.parametrize(
    "question",
    ["How many ports reopened?", "What does Lund say about this news?", "Why is the port closed?", "Who is Ana Lobo?"],
)
def test_a_question_for_one_thing_asks_for_no_list(question: str) -> None:
    assert not asked_nouns(question)


def one_passage(*lines: str) -> Evidence:
    """A passage in which every line is a sentence."""
    (evidence,) = evidence_of(lines)
    return replace(evidence, passage=replace(evidence.passage, text="\n".join(lines)))


def claims(evidence: Sequence[Evidence], scores: Sequence[Sequence[float]], question: str) -> list[str]:
    return [claim.text for claim in extractive_claims(reading_of(evidence, scores), question)]


QUESTION = "Which ports reopened?"
BULLETS = ("The storm is over.", "These ports have reopened:", "• Lund", "• Malm", "• Ystad", "• Kivik", "• Simris")


def test_all_members_are_given_in_their_order_behind_what_introduces_them() -> None:
    scores = [(0.1, 0.1, 0.1, 0.9, 0.1, 0.1, 0.1)]
    assert claims([one_passage(*BULLETS)], scores, QUESTION) == list(BULLETS[1:])
    assert claims([one_passage(*BULLETS)], scores, "When did the port of Malm reopen?") == ["• Malm"]


def test_an_answer_can_begin_with_a_list_and_gives_it_once() -> None:
    scores = [(0.1, 0.1, 0.1, 0.9, 0.1, 0.1, 0.1)]
    reading = reading_of([one_passage(*BULLETS)], scores)
    begun = first_sentences(reading, QUESTION)
    assert [c.text for c in quoted(begun)] == list(BULLETS[1:])
    assert [c.text for c in extractive_claims(reading, QUESTION, begun)] == list(BULLETS[1:])
    long = one_passage(BULLETS[1], *(f"• Port {number}" for number in range(MOST_MEMBERS + 3)))
    reading = reading_of([long], [(0.9, *[0.1] * (MOST_MEMBERS + 3))])
    begun = first_sentences(reading, QUESTION)
    assert len(begun) == 1 + MOST_MEMBERS
    assert what_to_know(reading, QUESTION, begun) == "The list goes on in the source: 3 more."


def test_of_the_other_sentences_only_the_best_is_said_besides() -> None:
    scores = [(0.9, 0.1, 0.1, 0.8, 0.1, 0.1, 0.1), (0.8, 0.7)]
    evidence = [one_passage(*BULLETS), *evidence_of(("Trains stop in June.", "Buses carry the passengers."))]
    assert claims(evidence, scores, QUESTION) == [*BULLETS[1:], BULLETS[0]]


def test_each_member_is_cited_by_itself() -> None:
    made = extractive_claims(reading_of([one_passage(*BULLETS)], [(0.1, 0.9, 0.1, 0.1, 0.1, 0.1, 0.1)]), QUESTION)
    assert [[c.quote for c in claim.citations] for claim in made] == [[line] for line in BULLETS[1:]]
    assert [c.number for claim in made for c in claim.citations] == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("marks", ["-", "1. 2. 3. 4. 5.", "(1) (2) (3) (4) (5)", "a) b) c) d) e)", ""])
def test_a_list_is_known_by_bullets_numbers_or_short_lines(marks: str) -> None:
    signs = (marks.split() * 5)[:5] if marks else [""] * 5
    lines = [*BULLETS[:2], *(f"{sign} {line[2:]}".strip() for sign, line in zip(signs, BULLETS[2:], strict=True))]
    assert claims([one_passage(*lines)], [(0.1, 0.9, 0.1, 0.1, 0.1, 0.1, 0.1)], QUESTION) == lines[1:]


def test_first_second_and_third_are_one_list_whatever_stands_between() -> None:
    lines = (
        "Ports can be closed in three ways.", "First, by storms.", "They are rare.", "Second, by ice.",
        "Third, by law.",
    )  # fmt: skip
    question = "Lund says ports can be closed in 3 ways. Which?"
    assert claims(evidence_of(lines), [(0.9, 0.1, 0.1, 0.1, 0.1)], question) == [
        lines[0], "First, by storms.", "Second, by ice.", "Third, by law.",
    ]  # fmt: skip


def test_of_a_long_list_the_first_are_given_and_it_is_said_how_many_are_not() -> None:
    lines = ("These ports have reopened:", *(f"• Port {number}" for number in range(12)))
    reading = reading_of([one_passage(*lines)], [(0.9, *[0.1] * 12)])
    assert [claim.text for claim in extractive_claims(reading, QUESTION)] == list(lines[: 1 + MOST_MEMBERS])
    assert what_to_know(reading, QUESTION) == "The list goes on in the source: 4 more."
    assert what_to_know(reading_of([one_passage(*BULLETS)], [(0.9,) * 7]), QUESTION) == ""


def test_a_list_of_something_else_is_left_alone() -> None:
    lines = ("We asked questions such as:", "• Who pays?", "• Who waits?", "• Who wins?")
    assert claims([one_passage(*lines)], [(0.9, 0.1, 0.1, 0.1)], QUESTION) == [lines[0]]


def test_a_list_none_of_which_was_chosen_must_stand_under_a_word_of_the_question() -> None:
    lines = ("The ferry season has begun.", "Speakers were:", "• Ana Lobo", "• Bo Ek")
    scores = [(0.9, 0.1, 0.1, 0.1)]
    question = "Which speakers came to the harbour day?"
    assert claims([one_passage(*lines)], scores, question) == [lines[0]]
    evidence = one_passage(*lines)
    under = replace(evidence, passage=replace(evidence.passage, heading="Harbour day"))
    assert claims([under], scores, question) == [*lines[1:], lines[0]]


def test_a_list_that_goes_on_in_the_next_passage_is_one() -> None:
    whole = one_passage(*BULLETS)
    cut = 4
    first, second = (part_of(whole, 0, cut, 1), part_of(whole, cut, len(BULLETS), 2))
    (found,) = lists_in([second, first])
    assert [e.passage.id for e, _ in found.members] == [1, 1, 2, 2, 2]


def part_of(evidence: Evidence, first: int, last: int, passage_id: int) -> Evidence:
    """The passage of some of its sentences."""
    passage: Passage = evidence.passage
    sentences = passage.sentences[first:last]
    span = Span(sentences[0].start, sentences[-1].end)
    text = passage.text[span.start - passage.span.start : span.end - passage.span.start]
    return replace(evidence, passage=replace(passage, span=span, text=text, sentences=sentences, id=passage_id))


TABLE = (
    "Duties by maker.",
    "Maker | Before | Now",
    "Vela | 10 | 28",
    "Orbik | 10 | 17",
    "Lilo | 10 | 14",
    "They are final.",
)


@pytest.mark.parametrize(
    ("likely", "given"),
    [
        ((0.1, 0.9, 0.1, 0.1, 0.1, 0.1), TABLE[1:5]),  # its head stands for all of it
        ((0.1, 0.1, 0.1, 0.9, 0.1, 0.1), (TABLE[1], TABLE[3])),  # a row says nothing without it
        ((0.1, 0.1, 0.8, 0.9, 0.1, 0.1), (TABLE[1], TABLE[2], TABLE[3])),
        ((0.9, 0.1, 0.1, 0.1, 0.1, 0.1), TABLE[:1]),
    ],
)
def test_a_row_of_a_table_comes_with_its_head_and_the_head_with_its_rows(
    likely: tuple[float, ...], given: tuple[str, ...]
) -> None:
    assert claims([one_passage(*TABLE)], [likely], "What duty does Vela pay?") == list(given)


def test_of_a_long_table_only_the_head_and_what_was_chosen_is_given() -> None:
    rows = [f"Maker {n} | {n}" for n in range(MOST_MEMBERS)]
    assert claims([one_passage("Maker | Duty", *rows)], [(0.9, *[0.1] * len(rows))], "What duties are there?") == [
        "Maker | Duty"
    ]
