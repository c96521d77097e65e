"""Two statements of one thing and a question -> in what they differ: figures, model names, directions, judgements."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from assistant.answer.beside.judgements import asks_for_judgement, judgement
from assistant.answer.beside.statements import Statement
from assistant.answer.checking.opposites import opposite_word
from assistant.language.figures import Figure
from assistant.search.words import stems

LARGEST_RATIO = Decimal(2)  # of two figures for one thing; beyond it they mostly measure two things
ROUNDED = Decimal("0.05")
SAME_THING = 0.5  # cosine; figures of one event in other words lie between 0.5 and 0.8
SAME_COUNT = 0.4  # where both count the same with a word ("millions of users"): that word tells already
SAME_STATEMENT = 0.7  # where only a direction differs ("rose", "fell")


@dataclass(frozen=True, slots=True)
class Difference:
    """What two statements say otherwise, if they speak of one thing."""

    nearness: float
    """The cosine from which they are taken to do so."""
    figures: tuple[Figure, Figure] | None = None
    """The two that do not fit together; None where it is no figure."""
    is_judgement: bool = False
    """One praises what the other blames."""


def find_difference(one: Statement, other: Statement, question: str) -> Difference | None:
    """The first that is found; None where both may be right."""
    if figures := _differing_figures(one, other):
        return Difference(SAME_COUNT if figures[0].vague else SAME_THING, figures)
    if not one.figures and not other.figures and opposite_word(one.text, [other.text]):
        return Difference(SAME_STATEMENT)
    return Difference(SAME_THING, is_judgement=True) if _judge_differently(one, other, question) else None


def fits(one: Figure, other: Figure) -> bool:
    """Whether the sources may mean the same figure: equal, or one rounded."""
    if one.code or other.code:
        return one.text == other.text
    if one.total & other.values or other.total & one.values:
        return True
    if one.is_range != other.is_range and "about" not in {one.hedge, other.hedge}:
        return bool(one.values & other.values)  # "17.4 to 37.6" is not "38"
    return any(abs(a - b) <= ROUNDED * max(a, b) for a in one.values for b in other.values)


def _differing_figures(one: Statement, other: Statement) -> tuple[Figure, Figure] | None:
    for mine in one.figures:
        for its in other.figures:
            if not _comparable(mine, its) or _one_of_several(mine, one) or _one_of_several(its, other):
                continue
            said_too = any(fits(figure, its) for figure in one.figures) or any(
                fits(mine, figure) for figure in other.figures if _comparable(mine, figure)
            )
            if not said_too:
                return mine, its
    return None


def _one_of_several(figure: Figure, statement: Statement) -> bool:
    """Whether the sentence has more figures of its unit: which of them is meant, word order alone does not tell."""
    return bool(figure.unit) and sum(bool(f.unit & figure.unit) for f in statement.figures) > 1


def _comparable(one: Figure, other: Figure) -> bool:
    """Whether both may be figures of one thing."""
    if one.code or other.code:
        return one.code == other.code
    if one.vague != other.vague:
        return False
    if one.vague:
        return bool((one.counted & other.counted) - {"people"})  # millions of protesters are not thousands of users
    of_one_kind = (
        one.unit & other.unit and one.topic & other.topic if one.unit or other.unit else one.counted & other.counted
    )
    low, high = sorted((max(one.values), max(other.values)))
    return bool(of_one_kind) and low > 0 and high < LARGEST_RATIO * low


def _judge_differently(one: Statement, other: Statement, question: str) -> bool:
    """Whether a question asks for a judgement, and of what it names one statement speaks well and the other ill."""
    if not asks_for_judgement(question) or judgement(one.text) * judgement(other.text) >= 0:
        return False
    return bool(set(stems(question)) & set(stems(one.text)) & set(stems(other.text)))
