"""Questions of several parts: answered as far as a part is, and with the best sentence for each named source."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pytest
from test_extractive import reading_of
from test_reading import evidence_of

from assistant.answer.reading.parts import with_parts
from assistant.answer.reading.reader import Reading, sentence_text
from assistant.types import Evidence

PASSAGES = (("Rice is dear, says the Ledger.", "It rains."), ("Rice is cheap, says Nikko.",))


@dataclass
class PartReader:
    """Knows for each part how likely it is answered and which sentence is best; counts what it is asked."""

    known: dict[str, tuple[float, tuple[tuple[float, ...], ...]]]
    asked: list[str]

    def read(self, question: str, context: str, evidence: Sequence[Evidence], on_first: object = None) -> Reading:
        self.asked.append(question)
        answerability, scores = self.known[question]
        made = reading_of(evidence, scores)
        return Reading(made.candidates, answerability, tuple(evidence))


def read(question: str, answerability: float, known: dict[str, tuple[float, tuple[tuple[float, ...], ...]]]):
    whole = reading_of(evidence_of(*PASSAGES), [(0.9, 0.2), (0.1,)])
    whole = Reading(whole.candidates, answerability, whole.evidence)
    reader = PartReader(known, [])
    return with_parts(reader, question, tuple(known), whole, 0.5), reader.asked


def test_a_question_is_answered_where_one_of_its_parts_is() -> None:
    known = {"Since when?": (0.1, ((0.1, 0.1), (0.1,))), "How dear is rice?": (0.8, ((0.9, 0.1), (0.2,)))}
    reading, asked = read("Since when and how dear is rice?", 0.3, known)
    assert (reading.answerability, asked) == (0.8, list(known))


def test_after_a_part_that_is_answered_no_other_is_read() -> None:
    known = {"How dear is rice?": (0.8, ((0.9, 0.1), (0.2,))), "Since when?": (0.1, ((0.1, 0.1), (0.1,)))}
    reading, asked = read("How dear is rice, and since when?", 0.3, known)
    assert (reading.answerability, asked) == (0.8, ["How dear is rice?"])


def test_a_question_that_is_answered_as_a_whole_is_not_read_again() -> None:
    reading, asked = read("How dear is rice, and since when?", 0.7, {"How dear is rice?": (0.9, ((1.0, 0.0), (0.0,)))})
    assert (reading.answerability, asked) == (0.7, [])


def test_parts_that_are_no_better_change_nothing() -> None:
    reading, _ = read("How dear is rice, and since when?", 0.3, {"How dear?": (0.2, ((0.9, 0.1), (0.2,)))})
    assert reading.answerability == 0.3


@pytest.mark.parametrize(
    ("question", "second"),
    [
        ("How dear is rice according to the Ledger and Nikko?", "Rice is cheap, says Nikko."),
        ("What did the Ledger and Nikko say about rice?", "Rice is cheap, says Nikko."),
        ("How dear is rice according to the Ledger and Orbik?", "It rains."),  # who is not among the sources
        ("How dear is rice?", "It rains."),
    ],
)
def test_each_of_two_named_sources_gets_its_best_sentence(question: str, second: str) -> None:
    reading, asked = read(question, 0.9, {})
    best = [sentence_text(c.evidence, c.sentence) for c in reading.candidates[:2]]
    assert (best, asked) == (["Rice is dear, says the Ledger.", second], [])


def test_an_outlet_that_is_asked_for_need_not_be_named_in_the_sentence() -> None:
    first, second = evidence_of(*PASSAGES)
    second = replace(second, article=replace(second.article, outlet="Tide Weekly"))
    whole = Reading(reading_of([first, second], [(0.9, 0.2), (0.1,)]).candidates, 0.9, (first, second))
    reading = with_parts(PartReader({}, []), "How dear is rice according to Ledger and Tide Weekly?", (), whole, 0.5)
    assert [sentence_text(c.evidence, c.sentence) for c in reading.candidates[:2]] == [PASSAGES[0][0], PASSAGES[1][0]]
