"""Evidence and claims -> which sources say something else, which came later, which are reprints.

Precise rather than complete: a pair of sentences is looked at only if one of them is cited, they come from different
articles, speak of the same thing by the embedder, and neither names another place, company, moment or period. Then
their figures (of one unit, or counting the same), model names, directions or judgements must not fit together.

The limits were chosen by reading every pair that the 107 development questions and 45 others about the same documents
give.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from assistant.answer.attribution import attribution, voice
from assistant.answer.beside.differences import Difference, find_difference, fits
from assistant.answer.beside.statements import Statement, may_be_of_one_thing, statement_of
from assistant.answer.citing import cite
from assistant.answer.reading.reader import Candidate, Reading
from assistant.language.figures import Figure, find_figures
from assistant.language.quantities import plain
from assistant.search.embedding import Embedder
from assistant.types import Citation, Claim, Disagreement, Evidence

SEARCHED = 3  # cited sentences for which others that say the same thing are searched
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


def find_disagreements(
    claims: Sequence[Claim],
    reading: Reading,
    embedder: Embedder,
    beside: Sequence[Evidence] = (),
    question: str = "",
) -> tuple[Disagreement, ...]:
    """What other sources say otherwise of the cited sentences; each side with its citation.

    `beside` are passages that may speak of the same things and were not read for the question. The sides' citations
    continue the numbers of the claims', and a sentence that is cited keeps its number.
    """
    cited = {(c.document, c.start): c for claim in claims for c in claim.citations}
    statements = [statement_of(c) for c in _compared(reading, beside)]
    # One may be quoted with the sentence before it, in one citation.
    within = {
        place: c for place in map(_place, statements) for c in cited.values()
        if c.document == place[0] and c.start < place[1] < c.end
    }  # fmt: skip
    cited = within | cited
    anchors = [s for s in statements if _place(s) in cited]
    pairs = [
        (anchor, other, difference)
        for anchor in anchors
        for other in statements
        if other.article != anchor.article and (difference := find_difference(anchor, other, question))
        if may_be_of_one_thing(anchor, other)
    ]
    pairs = sorted(pairs, key=lambda pair: -min(pair[0].candidate.score, pair[1].candidate.score))[:MOST_PAIRS]
    vectors = _vectors({s.text for pair in pairs for s in pair[:2]}, embedder)
    close = [
        (anchor, other, difference)
        for anchor, other, difference in pairs
        if float(vectors[anchor.text] @ vectors[other.text]) >= difference.nearness
    ]
    number = _Numbers(cited)
    return tuple(_disagreement(group, number) for group in _groups(close))


_Pair = tuple[Statement, Statement, Difference]


@dataclass(frozen=True, slots=True)
class _Side:
    statement: Statement
    figure: Figure | None
    is_judgement: bool


def _groups(pairs: Sequence[_Pair]) -> list[list[_Side]]:
    """Pairs -> sides: those of one anchor and one kind of figure together, every statement and article on one only."""
    groups: list[list[_Side]] = []
    used: set[tuple[str, int]] = set()
    for anchor in dict.fromkeys(pair[0] for pair in pairs):
        if _place(anchor) in used:
            continue
        sides: list[_Side] = []
        for _, other, difference in (pair for pair in pairs if pair[0] is anchor):
            mine, its = difference.figures or (None, None)
            if not sides:
                sides.append(_Side(anchor, mine, difference.is_judgement))
            is_new = all(other.article != side.statement.article for side in sides) and _place(other) not in used
            said = any(its and side.figure and fits(side.figure, its) for side in sides)
            if len(sides) < MOST_SIDES and is_new and not said:
                sides.append(_Side(other, its, difference.is_judgement))
        if len(sides) > 1:
            groups.append(sides)
            used |= {_place(side.statement) for side in sides} | {_place(p[1]) for p in pairs if p[0] is anchor}
    return groups


def _disagreement(sides: Sequence[_Side], number: _Numbers) -> Disagreement:
    states = _earlier_and_later(sides)
    is_opinion = not any(side.figure for side in sides) and (
        all(side.is_judgement for side in sides) or all(_SPEECH.search(side.statement.text) for side in sides)
    )
    shown = states or sides
    return Disagreement(
        kind="superseded" if states else "opinion" if is_opinion else "disputed",
        about=(", then " if states else " or ").join(dict.fromkeys(side.figure.text for side in shown if side.figure)),
        sides=tuple(
            Claim(
                text=side.statement.text,
                citations=(number.cite(side.statement.candidate),),
                state="supported",
                speaker=_speaker(side.statement.candidate),
            )
            for side in shown
        ),
    )


def _earlier_and_later(sides: Sequence[_Side]) -> list[_Side] | None:
    """The sides in the order of time, where the last one's state has taken the place of the first one's.

    Either each names the year of its figure ("by 2022", "until 2023"), or an article with a plan, an estimate or none
    of it precedes one that reports what came of it, or says that something changed.
    """
    if all(side.figure and side.statement.years for side in sides):
        by_year = sorted(sides, key=lambda side: max(side.statement.years))
        if max(by_year[0].statement.years) < max(by_year[-1].statement.years):
            return by_year
    dates = [side.statement.candidate.evidence.article.date for side in sides]
    if not all(dates):
        return None
    by_date = [
        side for _, side in sorted(zip(dates, sides, strict=True), key=lambda pair: pair[0] or datetime.date.min)
    ]
    first, last = plain(by_date[0].statement.text), plain(by_date[-1].statement.text)
    changed = _UPDATE.search(last) or (_PLAN.search(first) and not _PLAN.search(last))
    return by_date if changed and len(set(dates)) > 1 else None


def _speaker(candidate: Candidate) -> str:
    copies = len(candidate.evidence.reprints)
    copied = f" (one origin, {copies} reprint{'s' if copies > 1 else ''})" if copies else ""
    return f"{attribution(voice(candidate.evidence.article, candidate.sentence))}{copied}"


def comparable_sentences(claims: Sequence[Claim]) -> list[str]:
    """The cited sentences that have a figure or a model name, at most three: what other sources may say otherwise."""
    texts = dict.fromkeys(" ".join(c.quote.split()) for claim in claims for c in claim.citations)
    return [text for text in texts if find_figures(text)][:SEARCHED]


def _compared(reading: Reading, beside: Sequence[Evidence]) -> list[Candidate]:
    """The sentences that were read, the likeliest first, then those of the passages that were not; each once."""
    found = {(c.evidence.passage.id, c.sentence): c for c in reading.candidates}
    for evidence in (*reading.evidence, *beside):
        for sentence in evidence.passage.sentences:
            found.setdefault((evidence.passage.id, sentence), Candidate(evidence, sentence, 0.0))
    return [candidate for candidate in found.values() if not _is_copy(candidate)]


def _is_copy(candidate: Candidate) -> bool:
    return candidate.evidence.article.reprint_of is not None


def _place(statement: Statement) -> tuple[str, int]:
    return statement.candidate.evidence.passage.document, statement.candidate.sentence.start


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
