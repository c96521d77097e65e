"""Readings -> verbatim claims, each with its speaker; and what is said when there are none."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_reading import evidence_of

from assistant.answer.attribution import attribution
from assistant.answer.quoting.extractive import (
    MAX_SENTENCES,
    choose_sentences,
    extractive_claims,
    first_sentences,
    nearest_topics,
    quoted,
)
from assistant.answer.reading.reader import Candidate, Reading, sentence_text
from assistant.types import Article, Evidence, Span


def reading_of(evidence: Sequence[Evidence], scores: Sequence[Sequence[float]]) -> Reading:
    """A reading in which the sentences of each passage have these scores."""
    candidates = [
        Candidate(e, s, score)
        for e, row in zip(evidence, scores, strict=True)
        for s, score in zip(e.passage.sentences, row, strict=True)
    ]
    candidates.sort(key=lambda c: -c.score)
    return Reading(tuple(candidates), 0.9, tuple(evidence))


def chosen(passages: Sequence[Sequence[str]], scores: Sequence[Sequence[float]]) -> list[str]:
    return [sentence_text(c.evidence, c.sentence) for c in choose_sentences(reading_of(evidence_of(*passages), scores))]


PORT = ("The port of Lund reopened in May.", "Repairs cost 12 million kronor.")
RAIL = ("Trains stop in June.", "Buses carry the passengers.")


def test_sentences_nearly_as_likely_as_the_best_are_said_too() -> None:
    assert chosen([PORT], [(0.9, 0.4)]) == list(PORT)
    assert chosen([PORT], [(0.9, 0.2)]) == [PORT[0]]


def test_the_best_passage_comes_first_and_its_sentences_in_their_order() -> None:
    assert chosen([PORT, RAIL], [(0.5, 0.9), (0.8, 0.2)]) == [PORT[0], PORT[1], RAIL[0]]


def test_what_says_the_same_is_said_once() -> None:
    again = ("In May the port of Lund reopened at last.",)
    assert chosen([PORT, again], [(0.9, 0.1), (0.8,)]) == [PORT[0]]


def test_an_answer_stays_short() -> None:
    many = [(f"{word} went away.",) for word in ("Anna", "Bertil", "Cecilia", "David", "Erik", "Fredrika")]
    assert len(chosen(many, [(0.9,)] * len(many))) == MAX_SENTENCES


def test_without_candidates_nothing_is_said() -> None:
    assert extractive_claims(Reading((), 0.0, ())) == ()


def test_a_claim_is_the_sentence_with_its_citation_and_speaker() -> None:
    (claim,) = extractive_claims(reading_of(evidence_of(PORT), [(0.9, 0.1)]))
    (citation,) = claim.citations
    assert claim.text == citation.quote == PORT[0]
    assert (citation.number, citation.start, citation.end) == (1, 10, 10 + len(PORT[0]))
    assert (claim.state, claim.speaker) == ("supported", "1.md")


# Refusals


def with_article(evidence: Evidence, **values: object) -> Evidence:
    return replace(evidence, article=replace(evidence.article, **values))  # type: ignore[arg-type]


def test_a_refusal_names_the_three_nearest_passages_once_each() -> None:
    evidence = evidence_of(PORT, PORT, RAIL, ("Ferries sail on.",), heading="At sea.")
    evidence = [with_article(e, publisher="The Gazette") for e in evidence]
    assert nearest_topics(evidence) == ("“At sea” (The Gazette)",)


def test_where_nothing_is_near_nothing_is_named() -> None:
    assert nearest_topics([]) == ()


def test_headings_of_any_length_fit_on_one_line() -> None:
    (topic,) = nearest_topics(evidence_of(PORT, heading="A very\nlong heading " * 30))
    assert "\n" not in topic
    assert len(topic) < 150


# Who says it

ARTICLE = Article("folder/notes.md", Span(0, 10))
DAY = datetime.date(2025, 1, 30)


@pytest.mark.parametrize(
    ("article", "printed"),
    [
        (ARTICLE, "notes.md"),
        (replace(ARTICLE, title="Harbour notes"), "Harbour notes"),
        (replace(ARTICLE, author="Ana Lobo", title="x"), "Ana Lobo"),
        (replace(ARTICLE, publisher="MERICS", date=DAY), "MERICS, 30 Jan 2025"),
        (replace(ARTICLE, publisher="Aggregator", outlet="CNN"), "CNN"),
        (replace(ARTICLE, publisher="Aggregator", outlet="CNN", author="Ana Lobo"), "Ana Lobo (CNN)"),
        (replace(ARTICLE, author="merics", publisher="MERICS"), "MERICS"),
        (replace(ARTICLE, outlet="FT", relayed_by="Sinocism", date=DAY), "FT, relayed by Sinocism, 30 Jan 2025"),
        (
            replace(ARTICLE, author="Gary Wilson", outlet="Struggle La Lucha", relayed_by="The Aggregator", date=DAY),
            "Gary Wilson (Struggle La Lucha, relayed by The Aggregator), 30 Jan 2025",
        ),
        (replace(ARTICLE, author="Ana Lobo", relayed_by="Sinocism"), "Ana Lobo (relayed by Sinocism)"),
        (replace(ARTICLE, title="word " * 40), "word " * 11 + "word …"),
    ],
)
def test_speaker_publisher_and_outlet_are_told_apart(article: Article, printed: str) -> None:
    assert attribution(article) == printed


# A sentence that a page break cut in two

CUT = ("The port of Lund, which a storm had closed, and the old", "lighthouse reopened in May.", "It cost 12 million.")


def cut_in_two() -> list[Evidence]:
    (evidence,) = evidence_of(CUT)
    return [replace(evidence, passage=replace(evidence.passage, joined=(0,)))]


@pytest.mark.parametrize("scores", [(0.9, 0.1, 0.1), (0.1, 0.9, 0.1), (0.9, 0.8, 0.1)])
def test_both_halves_are_one_claim_with_a_citation_each(scores: tuple[float, ...]) -> None:
    (claim,) = extractive_claims(reading_of(cut_in_two(), [scores]))
    assert claim.text == f"{CUT[0]} {CUT[1]}"
    assert [(c.number, c.quote) for c in claim.citations] == [(1, CUT[0]), (2, CUT[1])]
    first, second = claim.citations
    assert first.end < second.start


def test_the_sentence_after_it_is_a_claim_of_its_own() -> None:
    claims = extractive_claims(reading_of(cut_in_two(), [(0.9, 0.8, 0.7)]))
    assert [claim.text for claim in claims] == [f"{CUT[0]} {CUT[1]}", CUT[2]]
    assert [[c.number for c in claim.citations] for claim in claims] == [[1, 2], [3]]


# An answer that begins before all passages were read


def begun(
    passages: Sequence[Sequence[str]], first: Sequence[Sequence[float]], whole: Sequence[Sequence[float]], question: str
) -> tuple[list[str], list[str]]:
    """What is said when the first passages were read, and in the end; each passage is a document."""
    evidence = evidence_of(*passages)
    early = reading_of(evidence[: len(first)], first)
    sentences = first_sentences(replace(early, evidence=tuple(evidence)), question)
    claims = extractive_claims(reading_of(evidence, whole), question, sentences)
    assert claims[: len(sentences)] == quoted(sentences)
    assert [c.number for claim in claims for c in claim.citations] == list(range(1, len(claims) + 1))
    return [c.text for c in quoted(sentences)], [claim.text for claim in claims]


def test_an_answer_goes_on_as_it_has_begun() -> None:
    fair = ("The fair opens on Friday.", "Tickets cost nine kronor.")
    said, in_the_end = begun(
        [PORT, RAIL, fair], [(0.2, 0.6), (0.5, 0.1)], [(0.2, 0.6), (0.5, 0.1), (0.9, 0.1)], "What happens?"
    )
    assert said == [PORT[1]]
    assert in_the_end == [PORT[1], fair[0], RAIL[0]]


def test_what_was_begun_counts_among_the_sentences_of_an_answer() -> None:
    many = [(f"{word} went away.",) for word in ("Anna", "Bertil", "Cecilia", "David", "Erik", "Fredrika")]
    said, in_the_end = begun(many, [(0.3,), (0.2,)], [(0.3,), (0.2,), *[(0.9,)] * 4], "Who went away?")
    assert said == ["Anna went away."]
    assert len(in_the_end) == MAX_SENTENCES
    assert in_the_end[0] == said[0]


def test_a_likelier_sentence_is_said_though_the_answer_has_begun_with_nearly_its_words() -> None:
    ships = [("The ferry Lund was sold in May.",), ("The ferry Malm was sold in May.",), ("The ferry Lund was sold.",)]
    said, in_the_end = begun(ships, [(0.5,)], [(0.5,), (0.9,), (0.4,)], "When was the ferry Malm sold?")
    assert said == [*ships[0]]
    assert in_the_end == [*ships[0], *ships[1]]


def test_what_a_beginning_leans_on_is_quoted_with_it_and_not_again() -> None:
    ferry = ("Ilse Brandt runs the ferry.", "She bought a second boat in May.")
    evidence = evidence_of(ferry)
    early = reading_of(evidence, [(0.1, 0.9)])
    sentences = first_sentences(early, "What was bought?")
    claims = extractive_claims(reading_of(evidence, [(0.8, 0.9)]), "What was bought?", sentences)
    assert [claim.text for claim in claims] == [" ".join(ferry)]
    assert [claim.text for claim in extractive_claims(reading_of(evidence, [(0.8, 0.9)]), "What was bought?")] == [
        *ferry
    ]


@given(
    st.lists(st.lists(st.floats(0.01, 0.99), min_size=2, max_size=2), min_size=6, max_size=6),
    st.integers(1, 6),
    st.sampled_from(["What happened?", "Who spoke?", "Which ports reopened?"]),
)
def test_however_the_rest_is_read_the_beginning_stands_and_nothing_is_said_twice(
    scores: list[list[float]], count: int, question: str
) -> None:
    passages = [
        PORT, RAIL, ("Ilse Brandt, who runs it, spoke.", "She bought a second boat."), ("Brandt said no.", "He left."),
        ("These ports reopened:", "Lund and Malm."), ("It rained.", "The fair opens on Friday."),
    ]  # fmt: skip
    evidence = evidence_of(*passages)
    early = replace(reading_of(evidence[:count], scores[:count]), evidence=tuple(evidence))
    sentences = first_sentences(early, question)
    claims = extractive_claims(reading_of(evidence, scores), question, sentences)
    shown = quoted(sentences)
    assert shown
    assert claims[: len(shown)] == shown
    places = [(c.document, c.start, c.end) for claim in claims for c in claim.citations]
    for i, (document, start, end) in enumerate(places):
        assert not any(d == document and s <= start and end <= e for d, s, e in places[:i])
