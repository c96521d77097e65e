"""Whatever stands in a line, reading and checking it takes time that grows with its length, and not with its square."""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable

import pytest

from assistant.answer.checking.addresses import addresses_in
from assistant.answer.checking.claim_sentences import sentences_of
from assistant.answer.checking.opposites import lone_negation, opposite_word
from assistant.answer.checking.support import check_support
from assistant.answer.question.instructions import without_instructions
from assistant.answer.writing.claim_lines import ClaimReader
from assistant.answer.writing.pointer_forms import plain_marks
from assistant.language.days import missing_date_word
from assistant.language.figures import find_figures
from assistant.language.names import missing_name, other_speaker, single_names
from assistant.language.periods import find_periods
from assistant.language.quantities import find_quantities

LONG = 15_000  # characters
MOST_SECONDS = 8  # of the processor, for all of them, where one is usual; what grew with the square took minutes
SENTENCE = "Repairs of the port cost 589 billion dollars in May 2025, Ana Lobo said, more than before."


def read(text: str) -> None:
    reader = ClaimReader()
    for start in range(0, len(text), 5):
        reader.feed(text[start : start + 5])
    reader.finish()


READERS: dict[str, tuple[Callable[[str], object], int]] = {  # and how many characters of each are read
    "the claim reader": (read, LONG),
    "pointer forms": (plain_marks, 4_000),  # a longer line is no claim
    "quantities": (find_quantities, 4_000),  # some 50 microseconds for each of very many
    "figures": (find_figures, 2_000),
    "periods": (lambda text: find_periods(text, datetime.date(2025, 1, 30)), 6_000),
    "names": (single_names, LONG),
    "a name in a source": (lambda text: missing_name(SENTENCE, text, text), LONG),
    "a name in a claim": (lambda text: missing_name(text, SENTENCE, SENTENCE), LONG),
    "a speaker in both": (lambda text: other_speaker(text, text), LONG),
    "a date in a source": (lambda text: missing_date_word(SENTENCE, text, text), 6_000),
    "a date in a claim": (lambda text: missing_date_word(text, SENTENCE, SENTENCE), 6_000),
    "opposites": (lambda text: opposite_word(f"{text} rose", [f"{text} fell"]), 6_000),
    "negations": (lambda text: lone_negation(f"{text} not", [text]), 6_000),
    "addresses": (addresses_in, LONG),
    "sentences": (sentences_of, LONG),
    "orders": (without_instructions, 2_000),
    "a claim": (lambda text: check_support(text, [SENTENCE], SENTENCE, SENTENCE), 2_000),
    "a source": (lambda text: check_support(SENTENCE, [text], SENTENCE, text), 3_000),
    "a claim and its source": (lambda text: check_support(text[:2_000], [text], SENTENCE, text), 3_000),
}
REPEATED = (
    "(1.1)", "[1.1]", "1/2 ", "1 ", "1,", "1.500.", "$1", "7", "[1", "【1", "[1.1](", "((1", "`[", "{", "*a ", "|",
    "一", "十二", "1万", "3月1日", " ", ".", "“", "’", "and ", "one ", "twenty-", "five to ", "one in ", "more than ",
    "January ", "1 January ", "May ", "Monday ", "2024-25 ", "Q1 ", "Ab ", "Ab", "A", "A.B.", "A-1", "a-", "Ab of ",
    "Ab said ", "der ", "Prozent ", "not ", "n't ", "a.b.", "a@", "www.", "Ab. ", "</think>", "tens of ", "please ",
)  # fmt: skip


@pytest.mark.parametrize("what", READERS)
def test_a_long_line_of_one_sign_after_the_other_is_read_in_time(what: str) -> None:
    """The fault: 4,000 times "1/2 " kept the checks busy for 46 s, and a pressed Stop was not looked at."""
    function, length = READERS[what]
    begun = time.process_time()
    for unit in REPEATED:
        function((unit * (length // len(unit) + 1))[:length])
        assert time.process_time() - begun < MOST_SECONDS, f"{unit!r} again and again"
