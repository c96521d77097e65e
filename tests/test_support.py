"""What the support check lets pass and what it strikes; quantities in all their notations."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from assistant.answer.checking.support import check_support
from assistant.answer.checking.verifier import open_verifier
from assistant.language.names import is_english
from assistant.language.quantities import find_quantities

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
        ("More than half of the ports closed.", "In all 53% of the ports closed."),
        ("Four out of five ports closed.", "Of the ports 80 per cent closed."),
        ("Forty per cent of the ports closed.", "Two-fifths of the ports closed."),
        ("More than 300 million euros were paid.", "EUR 318m was paid."),
        ("The gap is 230,000 euros.", "The job cost 540,000 euros; 310,000 are left."),
        ("Both orders together cost 233 million kroner.", "The first cost 171 million kroner, the other 62 million."),
        ("The line ends after two kilometres.", "The line is 2,000 metres long."),
        ("The contract runs to 2028.", "The contract is for 2024-28."),
        ("It was built in the 1960s.", "It was built in 1963."),
        ("Dutch ports closed.", "In the Netherlands ports closed."),
        ("Édouard Lobo resigned.", "Edouard Lobo resigned."),
        ("They raised EUR 1.2 billion.", "Sie nahmen 1,2 Mrd. Euro ein."),
        ("It lost USD 589 billion.", "市值蒸发5,890亿美元。"),
        ("The fee was not above 3%.", "The fee was below 3%."),
        ("Le port a rouvert cinq ans après.", "The port reopened five years later."),  # once taken for April
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
        # "79,000 in 2024" was once taken for a fraction, and let pass
        ("Imports reached 79,000 in 2024.", "Imports reached 97,000 in 2024.", "79,000"),
        ("More than 600 billion was lost.", "It lost 589 billion.", "600 billion"),  # the direction counts
        ("It lost more than 13,400 euros.", "It lost 14,300 euros.", "13,400 euros"),  # no round number
        ("It takes two years.", "It takes five years.", "two"),
        ("It closed two hours before.", "It closed 20 minutes before.", "two"),
        ("It pays monthly.", "It pays 5 euros a week.", "monthly"),
        ("It won by four votes to three.", "It won by five votes to two.", "four"),
        ("It won by 3 to 4.", "It won by 3 to 5, as 4 people had hoped.", "3 to 4"),
        ("It is the fifth cut in a row.", "It is the fourth cut in a row.", "fifth"),
        ("A third of the ports closed.", "Two-thirds of the ports closed.", "a third"),
        ("Some 30,000 workers are affected.", "Some 30,000 vehicles are affected.", "30,000 workers"),
        ("It paid S$5 million.", "It paid US$5 million.", "s$5 million"),
        ("It lies in Recife.", "It lies in Olinda.", "Recife"),
        ("Latvian ships sank.", "Ships from Lithuania sank.", "Latvian"),
        ("It opened in May.", "It opened in June.", "May"),
        ("Profits of Orbik rose by 9%.", "Profits of Orbik fell by 9%.", "rose"),
        ("The port did not reopen.", "The port did reopen.", "not"),
        ("The port did reopen.", "The port did not reopen.", "not"),
        ("Maria Silva said the port reopened.", "Jo Lund said the port reopened.", "Maria Silva"),
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


def test_who_said_it_is_looked_at_even_where_both_are_named_in_the_passage() -> None:
    quote, passage = "Jo Lund said the port reopened.", "Maria Silva was there. Jo Lund said the port reopened."
    found = check_support("Maria Silva said the port reopened.", [quote], surroundings=passage)
    assert found.kind == "speaker"


def test_a_year_of_the_head_does_not_stand_in_for_another_of_the_sentence() -> None:
    assert check_support("It broke with them in May 2024.", ["It broke with them in May 2023."], "2024-05-30").kind
    assert check_support("It broke with them in 2024.", ["It broke with them."], "2024-05-30").kind is None


class _Doubtful:
    """A verifier that believes nothing that has the word "ghost" in it."""

    threshold = 0.5

    def score(self, claims_and_evidence: Sequence[tuple[str, str]]) -> Sequence[float]:
        return [0.1 if "ghost" in claim else 0.9 for claim, _ in claims_and_evidence]


def test_a_verifier_is_asked_about_what_the_rules_let_pass() -> None:
    quote = "The port reopened."
    assert check_support("A ghost reopened the port.", [quote]).state == "supported"
    assert check_support("A ghost reopened the port.", [quote], verifier=_Doubtful()).kind == "verifier"
    assert check_support("The port reopened.", [quote], verifier=_Doubtful()).state == "supported"
    assert check_support("70 ghosts reopened it.", [quote], verifier=_Doubtful()).kind == "number"


def test_who_is_known_from_the_head_may_be_named_as_the_source_whatever_the_sentence_names() -> None:
    quote = "With Trump campaigning to go further, the rules were toughened, and no chip may be shipped to China."
    claim = "The rules were toughened, according to Atkins."  # once taken for a place to which nothing is shipped
    assert check_support(claim, [quote], context="People’s World, CJ Atkins").state == "supported"
    assert check_support("The chips were shipped to Norway.", [quote], context="Norway Post").kind == "name"


def test_the_verifier_reads_each_sentence_behind_its_head() -> None:
    read: list[str] = []

    class Reading(_Doubtful):
        def score(self, claims_and_evidence: Sequence[tuple[str, str]]) -> Sequence[float]:
            read.extend(f"{claim} / {evidence}" for claim, evidence in claims_and_evidence)
            return super().score(claims_and_evidence)

    check_support("They say so.", ["It is so.", "So it is."], verifier=Reading())
    check_support(
        "In short: They say so.", ["It is so.", "So it is."], verifier=Reading(), heads=["The Post", "Ana Lobo"]
    )
    assert read == [
        "They say so. / It is so.\nSo it is.",
        "They say so. / The Post: It is so.\nAna Lobo: So it is.",
    ]


def test_the_built_in_verifier_does_not_miss_the_outlet_in_the_sentence() -> None:
    quote = "The mayor had urged the company to reconsider a planned sale of the ferries and to lease them instead."
    head = "Ostra Herald, Ilse Brandt, 3 May 2025, “A crack in the pier”"
    right = "Ilse Brandt writes in the Ostra Herald that the mayor had urged the company to reconsider a planned sale."
    wrong = "Ilse Brandt writes in the Ostra Herald that the ferries were sunk by the navy."
    verifier = open_verifier(1)
    assert check_support(right, [quote], context=head, verifier=verifier).kind == "verifier"
    assert check_support(right, [quote], context=head, verifier=verifier, heads=[head]).state == "supported"
    assert check_support(wrong, [quote], context=head, verifier=verifier, heads=[head]).kind == "verifier"


@pytest.mark.parametrize(
    ("text", "english"),
    [
        ("The port reopened.", True),
        ("The war in Ukraine goes on.", True),
        ("Xi visited La Paz in July.", True),
        ("Die Produktion läuft bis Mitte 2027.", False),
        ("VW hat 2.000 Beschäftigte in Osnabrück.", False),  # once English, for its "in"
        ("In Berlin was im Juni los war.", False),
        ("La CIA a publié une évaluation.", False),
        ("万科亏损450亿", False),
    ],
)
def test_languages_are_told_apart_by_their_small_words(text: str, english: bool) -> None:
    assert is_english(text) == english


def test_a_verifier_that_reads_english_is_asked_about_english_only() -> None:
    ghost = "Der ghost hat den Hafen wieder eröffnet."
    assert check_support(ghost, ["The port reopened."], verifier=_Doubtful()).state == "supported"
    assert check_support("The ghost reopened the port.", [ghost], verifier=_Doubtful()).state == "supported"


def test_nothing_cited_supports_nothing() -> None:
    assert check_support("The port reopened.", []).state == "unsupported"
    assert check_support("The port reopened.", ["  "]).state == "unsupported"


@given(st.text(), st.lists(st.text(), max_size=3), st.text())
def test_any_text_is_taken(claim: str, quotes: list[str], context: str) -> None:
    found = check_support(claim, quotes, context)
    assert (found.problem is None) == (found.state == "supported")


@given(st.text(min_size=1).filter(str.strip))
@example("AA.0")  # the dot was taken out, and the name with it
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


@pytest.mark.parametrize(
    ("quote", "contradicted"),
    [
        ("Fujian raised its minimum wage, but Hubei did not.", False),  # a “not” of somebody else, wrongly counted once
        ("Fujian, which had not been asked, raised its minimum wage.", False),
        ("Fujian raised its minimum wage, though not the budget.", False),
        ("Fujian did not raise its minimum wage.", True),
        ("Fujian promised to raise its minimum wage, but did not.", True),
        ("In the end, although it was promised, Fujian's minimum wage was not raised.", True),
        ("The wage was raised in minimum terms by Hubei, not Fujian.", True),
    ],
)
def test_a_not_counts_in_the_clause_that_speaks_of_the_claim(quote: str, contradicted: bool) -> None:
    kind = check_support("Fujian raised its minimum wage.", [quote]).kind
    assert (kind == "negation") is contradicted


PORT = "The port of Lund reopened on 3 May, said Ana Lobo; more at www.lund-port.example/news."


@pytest.mark.parametrize(
    ("claim", "problem"),
    [
        ("The port of Lund reopened on 3 May, see www.lund-port.example/news.", None),
        ("The port of Lund reopened on 3 May, see https://evil.example/lund.", "evil.example"),
        ("The port of Lund reopened on 3 May (evil.example).", "evil.example"),
        ("The port of Lund reopened on 3 May; write to ana@evil.example.", "ana@evil.example"),
        ("The port of Lund reopened on 3 May, said Ana Lobo of lund.", None),
        ("The port reopened on 3 May.It is Lund's.", None),
    ],
)
def test_an_address_that_the_source_does_not_give_makes_a_claim_unsupported(claim: str, problem: str | None) -> None:
    support = check_support(claim, [PORT])
    assert support.kind == (problem and "address")
    assert problem is None or problem in (support.problem or "")


class OnlyTheBeginning:
    """A verifier that finds in its evidence what is about the port, and nothing else."""

    threshold = 0.5

    def score(self, claims_and_evidence: Sequence[tuple[str, str]]) -> Sequence[float]:
        return [0.9 if "port" in claim else 0.1 for claim, _ in claims_and_evidence]


@pytest.mark.parametrize(
    ("claim", "carried"),
    [
        ("The port of Lund reopened on 3 May. The port is Ana Lobo's.", True),
        ("The port of Lund reopened on 3 May. The mayor has resigned.", False),
        ("The mayor has resigned! The port of Lund reopened on 3 May.", False),
        ("The mayor, Dr. A. Lobo of the U.S. Navy, is at the port.", True),  # one sentence
    ],
)
def test_a_claim_of_several_sentences_is_carried_only_if_each_of_them_is(claim: str, carried: bool) -> None:
    """The fault: a sentence of its own invention passed under the citation of a true one."""
    known = "Dr. A. Lobo, the mayor, of the U.S. Navy."
    assert (check_support(claim, [PORT, known], verifier=OnlyTheBeginning()).state == "supported") == carried


def test_a_sentence_that_turns_its_source_round_does_not_hide_behind_another() -> None:
    quotes = ["The exports of Lund rose in spring.", "Its wages were not raised, the ferry office said."]
    assert check_support("The exports of Lund rose in spring.", quotes).state == "supported"
    assert (
        check_support("Nothing was said of ships. The exports of Lund fell in spring.", quotes).state == "unsupported"
    )


def test_more_figures_than_anybody_compares_are_no_claim() -> None:
    many = " and ".join(str(number) for number in range(150))
    assert check_support(f"The figures are {many}.", [f"The figures are {many}."]).kind == "number"
    assert check_support("It is so. " * 30, ["It is so."]).kind == "length"
