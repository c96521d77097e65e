"""Sentences that begin with a pronoun -> quoted with the sentence before them, as it stands in the source."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.answer.quoting.leaning import leans, with_antecedent
from assistant.types import Passage, Span


@pytest.mark.parametrize(
    "sentence",
    [
        "He sold the port in May.",
        "“They will not wait,” said nobody.",
        "His sister runs it.",
        "This has never happened.",
        "These harbours were closed.",
        "It closed in June.",
        "But it is still shut.",
        "However, they said little.",
        "In May, she left the board.",
        "Two years later, it reopened.",
        "That was the end.",
        "Diese Häfen wurden geschlossen.",
        "他卖掉了港口。",
    ],
)
def test_a_sentence_leans_whose_subject_only_the_text_before_it_names(sentence: str) -> None:
    assert leans(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "Lund sold the port, and he left.",
        "It is likely that the port reopens.",
        "It's not clear whether the port reopens.",
        "It took years to rebuild the port.",
        "It was not Lund that sold the port.",
        "These ports have reopened:",
        "This week the port reopened.",
        "This January the port reopened.",
        "Those who sold the port left.",
        "When he arrived, Lund sold the port.",
        "In Lund, he sold the port.",
        "The port reopened.",
        "Item 4 is new.",
        "Heavy storms closed it.",
    ],
)
def test_a_sentence_does_not_lean_that_names_its_subject_or_has_none(sentence: str) -> None:
    assert not leans(sentence)


def passage_of(sentences: Sequence[str], gaps: Sequence[str] = (), joined: tuple[int, ...] = ()) -> Passage:
    """A passage after ten characters of something else, its sentences a space apart where no gap is given."""
    text, spans = "", []
    for sentence, gap in zip(sentences, ["", *(gaps or [" "] * (len(sentences) - 1))], strict=True):
        text += gap
        spans.append(Span(10 + len(text), 10 + len(text) + len(sentence)))
        text += sentence
    return Passage("a.md", Span(10, 10 + len(text)), text, tuple(spans), joined=joined)


def quoted(passage: Passage, index: int, said: Sequence[int] = ()) -> list[str]:
    spans = with_antecedent(passage, passage.sentences[index], [passage.sentences[i] for i in said])
    return [passage.text[start - 10 : end - 10] for start, end in spans]


LOBO = ("Ana Lobo owned the port.", "She sold it in May.", "Her price was low.", "Lund was glad.")


def test_it_is_quoted_with_the_sentence_before_it_in_one_stretch() -> None:
    assert quoted(passage_of(LOBO), 1) == ["Ana Lobo owned the port. She sold it in May."]
    assert quoted(passage_of(LOBO), 2) == ["Ana Lobo owned the port. She sold it in May. Her price was low."]
    assert quoted(passage_of(LOBO), 3) == ["Lund was glad."]


def test_nothing_is_quoted_along_that_the_reader_has_in_front_of_him() -> None:
    assert quoted(passage_of(LOBO), 1, said=[0]) == ["She sold it in May."]
    assert quoted(passage_of(LOBO), 2, said=[0]) == ["She sold it in May. Her price was low."]


def test_nothing_is_quoted_along_that_would_not_name_it_either() -> None:
    many = ("She owned the port.", "She sold it in May.", "Her price was low.", "It was 3 million.")
    assert [quoted(passage_of(many), i) for i in range(4)] == [[sentence] for sentence in many]
    assert quoted(passage_of(("Ana owned it.", *many)), 4) == ["It was 3 million."]


@pytest.mark.parametrize("gap", ["\n\n", " \n \n"])
def test_another_paragraph_is_not_quoted_along(gap: str) -> None:
    assert quoted(passage_of(LOBO[:2], [gap]), 1) == [LOBO[1]]


def test_neither_is_a_heading() -> None:
    assert quoted(passage_of(("The port of Lund", LOBO[1]), ["\n"]), 1) == [LOBO[1]]


def test_what_a_page_break_cut_in_two_stays_two_spans() -> None:
    halves = ("She sold the port, which a storm had closed, and the old", "lighthouse in May.")
    passage = passage_of((LOBO[0], *halves), [" ", "\n\n"], joined=(1,))
    for index in (1, 2):
        assert quoted(passage, index) == [f"{LOBO[0]} {halves[0]}", halves[1]]
    passage = passage_of((*halves, "It cost 3 million."), ["\n\n", " "], joined=(0,))
    assert quoted(passage, 2) == ["It cost 3 million."]
    passage = passage_of((halves[0].replace("She", "Ana"), halves[1], "It cost 3 million."), ["\n\n", " "], joined=(0,))
    assert quoted(passage, 2) == [passage.text[: len(halves[0])], f"{halves[1]} It cost 3 million."]


@given(
    st.lists(st.sampled_from([*LOBO, "It rose.", "They left", "This. ", "“He", "…"]), min_size=1, max_size=6),
    st.lists(st.sampled_from([" ", "\n", "\n\n", ""]), min_size=6, max_size=6),
    st.sets(st.integers(0, 5)),
)
def test_a_stretch_is_always_whole_sentences_of_the_passage(
    sentences: list[str], gaps: list[str], said: set[int]
) -> None:
    passage = passage_of(sentences, gaps[: len(sentences) - 1])
    for index, sentence in enumerate(passage.sentences):
        spans = with_antecedent(passage, sentence, [passage.sentences[i] for i in said if i < len(sentences)])
        assert spans[-1].end == sentence.end
        assert {span.start for span in spans} <= {s.start for s in passage.sentences[: index + 1]}
