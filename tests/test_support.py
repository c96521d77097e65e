"""What the support check lets pass and what it strikes; quantities in all their notations."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.answer.quantities import find_quantities
from assistant.answer.support import check_support

QUOTE = "The chip maker lost $589 billion of its value on 27 January, said Ana Lobo of the Coast Bank."


@pytest.mark.parametrize(
    ("claim", "quote"),
    [
        ("It lost USD 589bn.", QUOTE),
        ("It lost 589 billion dollars.", QUOTE),
        ("It lost $589,000,000,000.", QUOTE),
        ("Nearly 600 billion dollars were lost.", QUOTE),
        ("Ana Lobo gives the loss as 589 billion.", QUOTE),
        ("Some 1,500 people were moved.", "1500 people were moved."),
        ("Output grew by four percent.", "Output grew 4%."),
        ("Output grew by 4 per cent.", "Die Produktion stieg um vier Prozent."),
        ("The fund holds 4.5 billion yuan.", "基金规模为45亿元。"),
        ("About 30,000 workers are affected.", "Betroffen sind 30.000 Beschäftigte."),
        ("About 30 thousand workers are affected.", "30 000 workers are affected."),
        ("Duties are between 17.4% and 37.6%.", "Duties range from 17.4 to 37.6 per cent."),
        ("It costs 5 billion to 7 billion.", "It costs between 5 and 7 billion."),
        ("Twenty-five plants closed.", "25 plants closed."),
        ("The 20th congress met.", "At the twentieth meeting, the 20th Congress, they met."),
        ("The three ports reopened.", "Lund, Malmö and Ystad reopened."),  # a reader may count
        ("The EU objected.", "The European Union objected."),
        ("The WSJ reported it.", "The Wall Street Journal reported it."),
        ("China's exports rose.", "Chinese exports rose."),
        ("The European Union objected.", "The EU objected."),
        ("It may march on.", "It goes on."),
    ],
)
def test_what_the_sentence_says_in_another_notation_is_supported(claim: str, quote: str) -> None:
    assert check_support(claim, [quote]).problem is None


@pytest.mark.parametrize(
    ("claim", "quote", "named"),
    [
        ("It lost $598 billion.", QUOTE, "$598 billion"),
        ("It lost $589 million.", QUOTE, "$589 million"),
        ("It lost €589 billion.", QUOTE, "€589 billion"),
        ("It lost 589 billion on 28 January.", QUOTE, "28"),
        ("It lost 589 billion on 27 February.", QUOTE, "27 February"),
        ("It lost 589 billion in February.", QUOTE, "February"),
        ("Maria Silva gave the figure of 589 billion.", QUOTE, "Maria Silva"),
        ("About 35,000 workers are affected.", "30,000 workers are affected.", "35,000"),
        ("Four ports reopened.", "Three ports reopened.", "four"),
        ("Growth was 5%.", "Growth was $5.", "5%"),
        ("Exports of the H20 stopped.", "Exports of the H800 stopped.", "H20"),
        ("The NOYB complained about it.", "The Coast Bank complained about it.", "NOYB"),
        ("It happened in 2024 already.", "It happened in 2023 already.", "2024"),
        ("The fund holds 54亿元.", "基金规模为45亿元。", "54亿元"),
        ("On Tuesday the port reopened.", "On Monday the port reopened.", "Tuesday"),
    ],
)
def test_a_changed_figure_date_or_name_is_caught_and_named(claim: str, quote: str, named: str) -> None:
    found = check_support(claim, [quote])
    assert found.state == "unsupported"
    assert f"“{named}”" in (found.problem or "")


def test_names_and_dates_may_come_from_the_head_but_amounts_may_not() -> None:
    head = "The Harbour Post, Jo Lund, 30 January 2025. Did it lose 700 million?"
    assert (
        check_support("The Harbour Post said on 30 January 2025 that it closed.", ["It closed."], head).problem is None
    )
    assert check_support("It lost 700 million and closed.", ["It closed."], head).state == "unsupported"


def test_a_name_may_come_from_the_passage_where_the_sentence_says_she() -> None:
    quote, passage = "She will resign, as she said.", "Ana Lobo met 40 reporters of the town. She will resign."
    assert check_support("Ana Lobo will resign.", [quote], surroundings=passage).problem is None
    assert check_support("Ana Lobo will resign.", [quote]).state == "unsupported"
    assert check_support("She told 40 reporters.", [quote], surroundings=passage).state == "unsupported"


def test_nothing_cited_supports_nothing() -> None:
    assert check_support("The port reopened.", []).state == "unsupported"
    assert check_support("The port reopened.", ["  "]).state == "unsupported"


@given(st.text(), st.lists(st.text(), max_size=3), st.text())
def test_any_text_is_taken(claim: str, quotes: list[str], context: str) -> None:
    found = check_support(claim, quotes, context)
    assert (found.problem is None) == (found.state == "supported")


@given(st.text(min_size=1).filter(str.strip))
def test_a_sentence_supports_itself(sentence: str) -> None:
    assert check_support(sentence, [sentence]).state == "supported"


@given(
    st.integers(0, 10**15), st.sampled_from(["{:d}", "{:,d}", "USD {:,d}", "${:d}", "{:d} euros", "约{:d}人", "{:d}%"])
)
def test_a_whole_number_is_read_in_every_notation(number: int, notation: str) -> None:
    assert [q.values for q in find_quantities(notation.format(number))] == [frozenset({Decimal(number)})]


@given(st.integers(1, 10**6), st.integers(1, 10**6))
def test_only_equal_numbers_agree(one: int, other: int) -> None:
    (left,), (right,) = find_quantities(f"{one:,d} workers"), find_quantities(f"{other:d} workers")
    assert left.agrees_with(right) == (one == other)


@pytest.mark.parametrize(
    "scale", [("thousand", 3), ("million", 6), ("bn", 9), ("billion", 9), ("trillion", 12), ("万亿", 12)]
)
def test_scales(scale: tuple[str, int]) -> None:
    word, zeros = scale
    assert find_quantities(f"2.5 {word}")[0].values == {Decimal("2.5") * 10**zeros}
