"""Evidence -> which sentence answers, and whether any does: the built-in reader over an embedder one can compute."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from fakes import LetterEmbedder
from hypothesis import given
from hypothesis import settings as limit
from hypothesis import strategies as st

from assistant.answer.reading.reader import (
    NEARNESS,
    READ_CHARACTERS,
    READ_PASSAGES,
    SENTENCE_FEATURES,
    BuiltInReader,
    load_calibration,
    passages_read,
    sentence_text,
)
from assistant.pipeline import Assistant
from assistant.types import Article, Evidence, Passage, Span

PORT = ("The port of Lund reopened on 3 May.", "Repairs cost 12 million kronor.")
RAIL = ("The railway will close in June.", "It carries 1,500 people a day.")


def evidence_of(*passages: Sequence[str], heading: str = "") -> list[Evidence]:
    """One document a passage, its sentences a space apart, after a preface."""
    found = []
    for rank, sentences in enumerate(passages, start=1):
        spans, start = [], 10
        for sentence in sentences:
            spans.append(Span(start, start + len(sentence)))
            start += len(sentence) + 1
        text, name = " ".join(sentences), f"{rank}.md"
        span = Span(10, 10 + len(text))
        passage = Passage(name, span, text, tuple(spans), heading, document_id=rank, id=100 + rank)
        found.append(Evidence(passage, Article(name, span), rank, 1 / (60 + rank), similarity=0.5))
    return found


@pytest.fixture
def reader() -> BuiltInReader:
    return BuiltInReader(LetterEmbedder(), lambda _stem: 1.0, load_calibration())


def best_sentence(reader: BuiltInReader, question: str, evidence: Sequence[Evidence]) -> str:
    best = reader.read(question, question, evidence).candidates[0]
    return sentence_text(best.evidence, best.sentence)


def feature(
    reader: BuiltInReader, name: str, question: str, *passages: Sequence[str], heading: str = ""
) -> list[float]:
    _, values = reader.features(question, question, evidence_of(*passages, heading=heading))
    return [float(v) for v in values[:, SENTENCE_FEATURES.index(name)]]


def test_the_sentence_with_the_questions_words_comes_first_and_lifts_its_passage(reader: BuiltInReader) -> None:
    question = "How many people does the railway carry a day?"
    evidence = evidence_of(PORT, RAIL)
    reading = reader.read(question, question, evidence)
    assert best_sentence(reader, question, evidence) == RAIL[1]
    assert [e.passage.document for e in reading.evidence] == ["2.md", "1.md"]
    assert [e.rank for e in reading.evidence] == [1, 2]


def test_candidates_carry_the_evidence_as_it_was_reordered(reader: BuiltInReader) -> None:
    question = "How many people does the railway carry a day?"
    reading = reader.read(question, question, evidence_of(PORT, RAIL))
    for candidate in reading.candidates:
        assert candidate.evidence in reading.evidence


def test_passages_that_are_not_read_follow_in_their_order(reader: BuiltInReader) -> None:
    evidence = evidence_of(*[(f"Harbour number {n} reopened.",) for n in range(READ_PASSAGES + 3)])
    reading = reader.read("harbour", "harbour", evidence)
    assert {c.evidence.passage.id for c in reading.candidates} == {e.passage.id for e in evidence[:READ_PASSAGES]}
    assert [e.passage.id for e in reading.evidence[READ_PASSAGES:]] == [e.passage.id for e in evidence[READ_PASSAGES:]]
    assert [e.rank for e in reading.evidence] == list(range(1, len(evidence) + 1))


def test_without_evidence_nothing_answers(reader: BuiltInReader) -> None:
    reading = reader.read("Why?", "Why?", [])
    assert (reading.candidates, reading.answerability, reading.evidence) == ((), 0.0, ())


def test_a_question_for_a_number_is_met_by_a_number(reader: BuiltInReader) -> None:
    sentences = ("It carries 1,500 people.", "It carries many people.")
    assert feature(reader, "kind_fits", "How many people?", sentences) == [1.0, 0.0]
    assert feature(reader, "kind_misses", "How many people?", sentences) == [0.0, 1.0]
    assert feature(reader, "kind_fits", "Tell me of people.", sentences) == [0.0, 0.0]


def test_words_in_quotation_marks_are_looked_for_as_they_stand(reader: BuiltInReader) -> None:
    sentences = ("She called it “much  too late”.", "It was too late, she said.")
    assert feature(reader, "quoted", "Who called it 'much too late'?", sentences) == [1.0, 0.0]


def test_a_heading_is_known_as_one(reader: BuiltInReader) -> None:
    sentences = ("## A port reopens", "The port reopened.")
    assert feature(reader, "is_heading", "port", sentences, heading="A port reopens") == [1.0, 0.0]


def test_rare_words_weigh_more_than_common_ones() -> None:
    def rarity(stem: str) -> float:
        return 5.0 if stem == "lund" else 1.0

    reader = BuiltInReader(LetterEmbedder(), rarity, load_calibration())
    covers = feature(reader, "cover", "Lund harbour", ("Lund waits.", "The harbour waits."))
    assert covers == pytest.approx([5 / 6, 1 / 6])


def test_the_weights_are_those_of_the_features_that_are_computed() -> None:
    calibration = load_calibration()
    assert calibration.sentence.names == SENTENCE_FEATURES
    assert len(calibration.sentence.values) == len(SENTENCE_FEATURES)
    assert 0 < calibration.threshold < 1
    assert calibration.sentence.probability(np.zeros((1, len(SENTENCE_FEATURES))))[0] == pytest.approx(
        1 / (1 + np.exp(-calibration.sentence.bias))
    )


@limit(deadline=None, max_examples=60)
@given(st.lists(st.lists(st.text(min_size=1, max_size=40), min_size=1, max_size=4), max_size=4), st.text(max_size=60))
def test_any_text_is_read_and_nothing_is_lost(passages: list[list[str]], question: str) -> None:
    reader = BuiltInReader(LetterEmbedder(), lambda _stem: 1.0, load_calibration())
    evidence = evidence_of(*passages)
    reading = reader.read(question, question, evidence)
    assert len(reading.candidates) == sum(map(len, passages))
    assert 0.0 <= reading.answerability <= 1.0
    assert all(0.0 <= c.score <= 1.0 for c in reading.candidates)
    assert [c.score for c in reading.candidates] == sorted((c.score for c in reading.candidates), reverse=True)
    assert {e.passage.id for e in reading.evidence} == {e.passage.id for e in evidence}


def test_the_real_reader_tells_the_treated_from_the_untreated(sample: Assistant) -> None:
    treated = sample.ask("Why was the Luhang car recalled?").answerability
    untreated = sample.ask("What is the best recipe for sourdough bread?").answerability
    assert treated > sample.threshold > untreated


def test_sentences_that_were_read_before_are_not_embedded_again() -> None:
    embedder = LetterEmbedder()
    reader = BuiltInReader(embedder, lambda _stem: 1.0, load_calibration())
    first = reader.read("Which line closes?", "Which line closes?", evidence_of(PORT, RAIL))
    embedder.texts.clear()
    again = reader.read("Which line closes?", "Which line closes?", evidence_of(PORT, RAIL))
    assert embedder.texts == ["Which line closes?"]
    assert [c.score for c in again.candidates] == [c.score for c in first.candidates]
    embedder.texts.clear()
    reader.read("Which line closes?", "Which line closes?", evidence_of(RAIL, (*PORT, "It is new.")))
    assert embedder.texts == ["It is new.", "Which line closes?"]


def test_sentences_that_are_not_embedded_count_as_no_nearer_than_the_farthest_that_is() -> None:
    embedder = LetterEmbedder()
    reader = BuiltInReader(embedder, lambda _stem: 1.0, load_calibration())
    evidence = evidence_of(PORT, RAIL)
    sentences, words = reader.features_of_words("Which line closes?", "Which line closes?", evidence)
    assert (len(sentences), embedder.texts) == (4, [])
    some = reader.with_nearness(words, sentences, "Which line closes?", [2, 0])
    assert embedder.texts == [RAIL[0], PORT[0], "Which line closes?"]
    _, every = reader.features("Which line closes?", "Which line closes?", evidence)
    similarity, below, in_passage = ([row[SENTENCE_FEATURES.index(name)] for row in some] for name in NEARNESS)
    assert similarity[0] == every[0][0]
    assert similarity[2] == every[2][0]
    assert similarity[1] == similarity[3] == min(similarity[0], similarity[2])
    assert below == pytest.approx([max(similarity) - value for value in similarity])
    best = [max(similarity[:2])] * 2 + [max(similarity[2:])] * 2
    assert in_passage == pytest.approx([of_passage - value for of_passage, value in zip(best, similarity, strict=True)])
    others = [i for i, name in enumerate(SENTENCE_FEATURES) if name not in NEARNESS]
    assert np.array_equal(some[:, others], words[:, others])


@pytest.mark.parametrize(
    ("lengths", "read"),
    [
        ([100] * 7, READ_PASSAGES),
        ([READ_CHARACTERS] * 7, 3),  # three are read however long they are
        ([READ_CHARACTERS // 4] * 7, 4),
        ([100, 100], 2),
    ],
)
def test_long_passages_are_read_fewer_at_a_time(lengths: list[int], read: int) -> None:
    evidence = evidence_of(*(["x" * length] for length in lengths))
    assert passages_read(evidence) == evidence[:read]
