"""Evidence and claims -> which sources say something else, which came later, which are reprints.

Precise rather than complete: a pair of sentences is looked at only if one of them is cited, they come from different
articles, speak of the same thing by the embedder, and neither names another place, company, moment or period. Then
their figures (of one unit, or counting the same), model names, or directions must not fit together.

The limits were chosen by reading every pair that the 107 development questions and 13 about known conflicts give.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Literal

import numpy as np

from assistant.answer.attribution import attribution, voice
from assistant.answer.citing import cite
from assistant.answer.figures import Figure
from assistant.answer.opposites import opposite_word
from assistant.answer.quantities import plain
from assistant.answer.reading import Candidate, Reading
from assistant.answer.statements import Statement, may_be_of_one_thing, statement_of
from assistant.search.embedding import Embedder
from assistant.types import Citation, Claim, Disagreement

READ = 40  # candidates that are compared with the cited sentences
SAME_THING = 0.5  # cosine; figures of one event in other words lie between 0.5 and 0.8
SAME_STATEMENT = 0.7  # where only a direction differs ("rose", "fell")
LARGEST_RATIO = Decimal(2)  # of two figures for one thing; beyond it they mostly measure two things
ROUNDED = Decimal("0.05")
MOST_SIDES = 4
MOST_PAIRS = 10  # that are embedded, some 5 ms each

_UPDATE = re.compile(
    r"\b(?:now|revised|raised to|lowered to|updated|corrected|since then|has since|final(?:ly|ised)?|in the end)\b"
)
_PLAN = re.compile(
    r"\b(?:plans?|planned|planning|expects?|expected|forecasts?|estimate[sd]?|provisional\w*|preliminary|will|would|"
    r"projected|draft)\b"
)
_SPEECH = re.compile(
    r"[“”\"]|\b(?:said|says|argues?|according to|believes?|thinks?|claims?|calls?|notes|writes|warns?)\b", re.I
)


def find_disagreements(claims: Sequence[Claim], reading: Reading, embedder: Embedder) -> tuple[Disagreement, ...]:
    """What other sources say otherwise of the cited sentences; each side with its citation.

    The sides' citations continue the numbers of the claims', and a sentence that is cited keeps its number.
    """
    cited = {(c.document, c.start): c for claim in claims for c in claim.citations}
    statements = [statement_of(candidate) for candidate in reading.candidates[:READ] if not _is_copy(candidate)]
    # One may be quoted with the sentence before it, in one citation.
    within = {
        place: c for place in map(_place, statements) for c in cited.values()
        if c.document == place[0] and c.start < place[1] < c.end
    }  # fmt: skip
    cited = within | cited
    anchors = [s for s in statements if _place(s) in cited]
    pairs = [
        (anchor, other, differing)
        for anchor in anchors
        for other in statements
        if other.article != anchor.article and may_be_of_one_thing(anchor, other)
        if (differing := _differing(anchor, other)) is not None
    ]
    pairs = sorted(pairs, key=lambda pair: -min(pair[0].candidate.score, pair[1].candidate.score))[:MOST_PAIRS]
    vectors = _vectors({s.text for pair in pairs for s in pair[:2]}, embedder)
    close = [
        (anchor, other, differing)
        for anchor, other, differing in pairs
        if float(vectors[anchor.text] @ vectors[other.text]) >= (SAME_THING if differing else SAME_STATEMENT)
    ]
    number = _Numbers(cited)
    return tuple(_disagreement(group, number) for group in _groups(close))


_Pair = tuple[Statement, Statement, tuple[Figure, ...]]


def _groups(pairs: Sequence[_Pair]) -> list[list[tuple[Statement, Figure | None]]]:
    """Pairs -> sides: those of one anchor and one kind of figure together, every statement on one side only."""
    groups: list[list[tuple[Statement, Figure | None]]] = []
    used: set[tuple[str, int]] = set()
    for anchor in dict.fromkeys(pair[0] for pair in pairs):
        if _place(anchor) in used:
            continue
        sides: list[tuple[Statement, Figure | None]] = []
        for _, other, differing in (pair for pair in pairs if pair[0] is anchor):
            mine, its = differing or (None, None)
            if not sides:
                sides.append((anchor, mine))
            known = [figure for _, figure in sides if figure and its]
            if len(sides) < MOST_SIDES and _place(other) not in used and not any(its and _fits(f, its) for f in known):
                sides.append((other, its))
        if len(sides) > 1:
            groups.append(sides)
            used |= {_place(statement) for statement, _ in sides} | {_place(p[1]) for p in pairs if p[0] is anchor}
    return groups


def _disagreement(sides: Sequence[tuple[Statement, Figure | None]], number: _Numbers) -> Disagreement:
    figures = [figure.text for _, figure in sides if figure]
    return Disagreement(
        kind=_kind([statement for statement, _ in sides], bool(figures)),
        about=" or ".join(dict.fromkeys(figures)),
        sides=tuple(
            Claim(
                text=statement.text,
                citations=(number.cite(statement.candidate),),
                state="supported",
                speaker=_speaker(statement.candidate),
            )
            for statement, _ in sides
        ),
    )


def _kind(sides: Sequence[Statement], of_figures: bool) -> Literal["disputed", "superseded", "opinion"]:
    """Superseded: the dates are known, and an earlier plan or estimate meets a later one, or a word for an update."""
    dated = sorted(
        ((date, side.text) for side in sides if (date := side.candidate.evidence.article.date)),
        key=lambda pair: pair[0],
    )
    if len(dated) == len(sides) and dated[0][0] < dated[-1][0]:
        first, last = plain(dated[0][1]), plain(dated[-1][1])
        if _UPDATE.search(last) or (_PLAN.search(first) and not _PLAN.search(last)):
            return "superseded"
    if not of_figures and all(_SPEECH.search(side.text) for side in sides):
        return "opinion"
    return "disputed"


def _speaker(candidate: Candidate) -> str:
    copies = len(candidate.evidence.reprints)
    copied = f" (one origin, {copies} reprint{'s' if copies > 1 else ''})" if copies else ""
    return f"{attribution(voice(candidate.evidence.article, candidate.sentence))}{copied}"


def _is_copy(candidate: Candidate) -> bool:
    return candidate.evidence.article.reprint_of is not None


def _place(statement: Statement) -> tuple[str, int]:
    return statement.candidate.evidence.passage.document, statement.candidate.sentence.start


def _differing(one: Statement, other: Statement) -> tuple[Figure, ...] | None:
    """The two figures that do not fit together; () where the statements turn each other round without any; or None."""
    for mine in one.figures:
        for its in other.figures:
            several = _one_of_several(mine, one) and _one_of_several(its, other)
            said_too = any(_fits(figure, its) for figure in one.figures) or any(
                _fits(mine, figure) for figure in other.figures if _comparable(mine, figure)
            )
            if _comparable(mine, its) and not several and not said_too:
                return mine, its
    if not one.figures and not other.figures and opposite_word(one.text, [other.text]):
        return ()
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
    of_one_kind = (
        one.unit & other.unit and one.topic & other.topic if one.unit or other.unit else one.counted & other.counted
    )
    if not of_one_kind:
        return False
    low, high = sorted((max(one.values), max(other.values)))
    return one.vague or (low > 0 and high < LARGEST_RATIO * low)


def _fits(one: Figure, other: Figure) -> bool:
    """Whether the sources may mean the same figure: equal, or one rounded."""
    if one.code or other.code:
        return one.text == other.text
    if one.total & other.values or other.total & one.values:
        return True
    if one.is_range != other.is_range and "about" not in {one.hedge, other.hedge}:
        return bool(one.values & other.values)  # "17.4 to 37.6" is not "38"
    return any(abs(a - b) <= ROUNDED * max(a, b) for a in one.values for b in other.values)


def _vectors(texts: set[str], embedder: Embedder) -> dict[str, np.ndarray]:
    ordered = sorted(texts)
    return dict(zip(ordered, embedder.embed(ordered), strict=True)) if ordered else {}


class _Numbers:
    """Numbers for the sides' citations, on from those of the claims."""

    def __init__(self, cited: dict[tuple[str, int], Citation]) -> None:
        self._cited = dict(cited)

    def cite(self, candidate: Candidate) -> Citation:
        """The citation of a side; the one that it has where it is cited."""
        key = candidate.evidence.passage.document, candidate.sentence.start
        if key not in self._cited:
            number = max((c.number for c in self._cited.values()), default=0) + 1
            self._cited[key] = cite(candidate.evidence, candidate.sentence, number)
        return self._cited[key]
