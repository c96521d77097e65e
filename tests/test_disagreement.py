"""Readings with claims -> where sources differ, and where they only seem to."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import replace

import pytest
from fakes import LetterEmbedder
from test_extractive import reading_of
from test_reading import evidence_of

from assistant.answer.beside.disagreement import comparable_sentences, find_disagreements
from assistant.answer.quoting.extractive import extractive_claims
from assistant.language.figures import find_figures
from assistant.types import Answer, Disagreement, Evidence

JUNE, JULY = datetime.date(2025, 6, 1), datetime.date(2025, 7, 1)


def found(evidence: Sequence[Evidence], scores: Sequence[float] | None = None) -> tuple[Disagreement, ...]:
    """What a question finds whose answer cites the first of these sources; the others are read, and less likely."""
    likely = scores or (0.9, *([0.1] * (len(evidence) - 1)))
    reading = reading_of(evidence, [(score,) for score in likely])
    return find_disagreements(extractive_claims(reading), reading, LetterEmbedder())


def sources(*sentences: str) -> list[Evidence]:
    return evidence_of(*([sentence] for sentence in sentences))


DIFFERENT = [
    ("Orbik trained its model on 900 Vela V80 cards.", "Orbik built the model with Vela V20 cards.", "V80 or V20"),
    (
        "Shares of Vela lost USD 400 billion in value.",
        "The fall of Vela wiped almost $550bn off its value.",
        "USD 400 billion or $550bn",
    ),
    (
        "VK plans over 12,000 layoffs by 2031.",
        "The carmaker Volkar wants to lay off 10,000 of its 90,000 workers.",
        "12,000 or 10,000",
    ),
    (
        "The Union will impose duties of up to 28 per cent on Arvonian vans.",
        "The Commission announced tariffs from 14.2% to 27.8% on vans from Arvonia.",
        "28 per cent or 14.2% to 27.8%",
    ),
    ("Arvonia led in 41 of 50 fields.", "Arvonia was ahead of all others in 37 of those fields.", "41 or 37"),
    ("Thousands of users from America joined Lilo.", "Millions of US users joined Lilo.", "thousands or millions"),
    (
        "Hundreds of thousands of users joined Lilo.",
        "Millions of users joined Lilo.",
        "hundreds of thousands or millions",
    ),
]


@pytest.mark.parametrize(("one", "other", "about"), DIFFERENT)
def test_other_figures_for_the_same_thing_are_shown_side_by_side(one: str, other: str, about: str) -> None:
    (disagreement,) = found(sources(one, other))
    assert (disagreement.kind, disagreement.about) == ("disputed", about)
    assert [side.text for side in disagreement.sides] == [one, other]
    assert [side.citations[0].quote for side in disagreement.sides] == [one, other]
    assert [side.citations[0].number for side in disagreement.sides] == [1, 2]


ALIKE = [
    ("Vela lost USD 400 billion.", "Vela lost about 402 billion dollars."),  # one rounds
    ("Vela lost USD 400 billion.", "Vela lost 4,000亿美元."),
    ("Vela sold 400 ships in 2023.", "Vela sold 300 ships in 2024."),  # another year
    ("In May 2024 Vela sold 400 ships.", "In June 2024 Vela sold 300 ships."),
    ("Vela lost 9 per cent in the first quarter.", "Vela lost 8 per cent in the second quarter."),
    ("Exports of Vela rose by 9 per cent.", "Imports of Vela rose by 8 per cent."),
    ("Norway will lay off 12,000 workers.", "Denmark will lay off 10,000 workers."),
    ("In May Vela made a loss of $9 billion.", "In May the shipyard of Orbik made a loss of $8 billion."),
    ("Vela has 400 ships.", "Vela has 300 cranes."),
    ("Vela lost USD 400 billion.", "Vela lost USD 4 billion in fines."),  # hardly the same thing
    ("Vela raised duties from 10 to 12 per cent.", "Duties of 14 per cent on Vela became 12 per cent."),
    ("Vela opened in Lund.", "Vela opened in Lund."),
    ("Vela sold 57 of 64 ships.", "All 64 ships of Vela are insured."),
    ("The G7 met Vela.", "The Vela group met in Q3."),
    # Of several figures of a unit nobody knows which one the other source means.
    ("With the 10 per cent in force, vans from Arvonia pay duties of 48 per cent.", "Arvonian vans pay 38% in duties."),
    ("Thousands of German users joined Lilo.", "Millions of Germans marched for Lilo."),  # a nation is no count
    ("Thousands of users joined Lilo.", "Millions of people marched for Lilo."),
    ("Vela sold 400 German cars.", "Vela lost 300 German workers."),
]


@pytest.mark.parametrize(("one", "other"), ALIKE)
def test_other_things_moments_and_roundings_are_no_dispute(one: str, other: str) -> None:
    assert found(sources(one, other)) == ()


def test_within_one_article_nothing_is_disputed() -> None:
    one, other, _ = DIFFERENT[0]
    (evidence,) = evidence_of([one, other])
    reading = reading_of([evidence], [(0.9, 0.1)])
    assert find_disagreements(extractive_claims(reading), reading, LetterEmbedder()) == ()


def test_a_sentence_that_is_quoted_with_the_one_before_it_is_compared_too() -> None:
    _, other, _ = DIFFERENT[0]
    leaning = ["The firm Orbik is from Lund.", "It trained its Orbik model on 900 Vela V80 cards."]
    reading = reading_of(evidence_of(leaning, [other]), [(0.1, 0.9), (0.1,)])
    claims = extractive_claims(reading)
    assert [claim.text for claim in claims] == [" ".join(leaning)]
    (disagreement,) = find_disagreements(claims, reading, LetterEmbedder())
    assert [c.number for side in disagreement.sides for c in side.citations] == [1, 2]
    assert disagreement.sides[0].citations == claims[0].citations


def test_only_what_is_cited_is_compared() -> None:
    _, other, _ = DIFFERENT[0]
    assert found(sources("The port of Lund reopened.", DIFFERENT[0][0], other)) == ()


def test_a_later_state_of_a_plan_supersedes_it() -> None:
    plan, fact = sources("Vela expects 12,000 visitors at the fair.", "Vela counted 10,000 visitors at the fair.")
    dated = [replace(e, article=replace(e.article, date=d)) for e, d in ((plan, JUNE), (fact, JULY))]
    (disagreement,) = found(dated)
    assert disagreement.kind == "superseded"
    backwards = [replace(e, article=replace(e.article, date=d)) for e, d in ((plan, JULY), (fact, JUNE))]
    assert found(backwards)[0].kind == "disputed"
    assert found([plan, fact])[0].kind == "disputed"  # without dates nobody knows which is later


def test_what_is_counted_until_a_later_year_takes_the_place_of_the_earlier_count() -> None:
    later, earlier = (
        "From 2017 to 2023 Arvonia led in 57 of 64 fields.",
        "By 2022 Arvonia was ahead in 52 of those fields.",
    )
    (disagreement,) = found(sources(later, earlier))
    assert (disagreement.kind, disagreement.about) == ("superseded", "52, then 57")
    assert [side.text for side in disagreement.sides] == [earlier, later]
    assert disagreement.headline == "Sources give an earlier and a later state: 52, then 57"
    without_year = earlier.replace("By 2022 ", "")
    assert found(sources(later, without_year))[0].kind == "disputed"


def test_what_was_not_found_for_the_question_is_compared_too_and_cited_on() -> None:
    one, other, about = DIFFERENT[0]
    cited, unread, beside = sources(one, "The port of Lund reopened.", other)
    reading = replace(reading_of([cited], [(0.9,)]), evidence=(cited, unread))
    claims = extractive_claims(reading)
    assert find_disagreements(claims, reading, LetterEmbedder()) == ()
    (disagreement,) = find_disagreements(claims, reading, LetterEmbedder(), [beside])
    assert (disagreement.about, [c.number for s in disagreement.sides for c in s.citations]) == (about, [1, 2])
    found_but_not_read = replace(reading, evidence=(cited, unread, beside))
    assert find_disagreements(claims, found_but_not_read, LetterEmbedder()) == (disagreement,)


def test_an_article_is_one_side_at_most() -> None:
    one, other, _ = DIFFERENT[0]
    first, second = evidence_of([one], [other, "It trained Orbik on Vela V30 cards before."])
    reading = reading_of([first, second], [(0.9,), (0.1, 0.1)])
    (disagreement,) = find_disagreements(extractive_claims(reading), reading, LetterEmbedder())
    assert disagreement.about == "V80 or V20"


def test_the_cited_sentences_with_figures_are_what_others_are_searched_for() -> None:
    with_figure, without = "Vela sold 400 ships.", "Vela is from Lund."
    reading = reading_of(sources(with_figure, without), [(0.9,), (0.8,)])
    assert comparable_sentences(extractive_claims(reading)) == [with_figure]


PRAISE, BLAME = "The Arvonian economy is stronger than it was.", "The Arvonian economy is weak, and stagnant."


@pytest.mark.parametrize(
    ("question", "one", "other", "kinds"),
    [
        ("Is the economy of Arvonia sound?", PRAISE, BLAME, ["opinion"]),
        ("What do they think of the Arvonian economy?", PRAISE, BLAME, ["opinion"]),
        ("How large is the Arvonian economy?", PRAISE, BLAME, []),  # asks for no judgement
        ("Is the port of Lund open?", PRAISE, BLAME, []),  # of what neither speaks of
        ("Is the economy of Arvonia sound?", PRAISE, "The Arvonian economy is not weak, or stagnant.", []),
        ("Is the economy of Arvonia sound?", PRAISE, "The Arvonian economy is weak, and robust.", []),
    ],
)
def test_praise_and_blame_of_what_is_to_be_judged_are_opinions(
    question: str, one: str, other: str, kinds: list[str]
) -> None:
    reading = reading_of(sources(one, other), [(0.9,), (0.1,)])
    claims = extractive_claims(reading)
    disagreements = find_disagreements(claims, reading, LetterEmbedder(), question=question)
    assert [disagreement.kind for disagreement in disagreements] == kinds
    assert [side.text for disagreement in disagreements for side in disagreement.sides] == [one, other] * len(kinds)


def test_judgements_that_turn_each_other_round_are_opinions() -> None:
    one, other = (
        "“The ban supported the chip industry of Arvonia,” says Ana Lobo.",
        ("“The ban opposed the chip industry of Arvonia,” says Ana Lobo."),
    )
    (disagreement,) = found(sources(one, other))
    assert (disagreement.kind, disagreement.about) == ("opinion", "")


def test_a_reprint_is_no_side_of_its_own_and_is_counted() -> None:
    one, other, _ = DIFFERENT[0]
    first, second, third = sources(one, other, other)
    first = replace(first, reprints=("a.md", "b.md", "c.md"))
    third = replace(third, article=replace(third.article, reprint_of="2.md"))
    (disagreement,) = found([first, second, third])
    assert len(disagreement.sides) == 2
    assert disagreement.sides[0].speaker == "1.md (one origin, 3 reprints)"


def test_the_answer_says_it_with_outlet_and_number() -> None:
    one, other, _ = DIFFERENT[0]
    reading = reading_of(sources(one, other), [(0.9,), (0.1,)])
    claims = extractive_claims(reading)
    answer = Answer("?", "answered", claims, (), disagreements=find_disagreements(claims, reading, LetterEmbedder()))
    assert f"Sources differ: V80 or V20\n– 1.md [1]\n– 2.md: “{other}” [2]" in answer.text
    assert [citation.number for citation in answer.citations] == [1, 2]


def test_totals_years_days_and_periods_are_no_figures() -> None:
    assert [f.text for f in find_figures("On 3 May 2024, 57 of 64 towns had 5% more in Q3.")] == ["57", "5%"]
