"""Ranked lists of passages -> one ranking, with what each step adds to a score. Every step can be switched off."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

from assistant.types import Article, DatePreference, Passage

Key = TypeVar("Key", bound=Hashable)

# Measured in November 2026 on the 90 dev and 33 sample questions that have an answer, and on 1,500 training questions
# about 561 invented news passages. The constant 60 of the paper, both indexes counting the same, has 0.744, 0.727 and
# 0.345 of them answered by the first passage, and 0.837, 0.891 and 0.597 of the evidence among the first five. With 1
# and 1.3 it is 0.789, 0.758, 0.431 and 0.884, 0.929, 0.658. Constants of 0 to 5 with weights of 1.15 to 1.45 are within
# 0.04 of that, 10 is worse on all three sets, 20 and 60 still worse. Chosen on the very questions that are named here.
#
# On the same dev and sample questions, as `answer/question.py` understands them: `also` of 0.1 to 0.3 raises the
# evidence among the first ten from 0.935 to 0.952 on dev, that of questions in other languages among the first five
# from 0.62 to 1.00, and changes nothing on the sample; from 0.4 on other names outweigh the question's. `parts` of 0.3
# to 1 give 0.941 for the same 0.935. `dates` of 0.2, 0.5, 1 and 2 leave the evidence among the first ten at
# 0.952, 0.951, 0.944 and 0.941 on dev and nothing changed on the sample, but for one first passage more from 1 on:
# both hold few texts about one thing at several times. It is there for libraries that span years, where 0.5 brings the
# right one of a dozen notes that match alike among the first three.
#
# Tried on both and left out: a share of the better neighbour's score (0.05 to 0.3: evidence among the first five +0.000
# to -0.012 on dev, -0.007 on the sample) and less for each further passage of an article (0.9 to 0.5: -0.001 to -0.024
# of the first ten on dev, -0.031 on the sample): passages of one article are what lists and comparisons need.
RANK_CONSTANT = 1
WORDS_WEIGHT = 1.3
HALF_LIFE_DAYS = 30


@dataclass(frozen=True, slots=True)
class Ranking:
    """How much each step of the ranking counts; 0 or False switches it off."""

    vectors: float = 1.0
    words: float = WORDS_WEIGHT
    parts: float = 0.7
    """Of what is found for a part of the question alone."""
    also: float = 0.2
    """Of words that are other names and notations, within the word index."""
    dates: float = 0.5
    """What a passage of just the days wished for gets on top, if it matches as well as the best."""
    one_per_origin: bool = True
    """Whether a reprint's nearly equal passage falls together with its origin's; equal ones always do."""


@dataclass(frozen=True, slots=True)
class RankedList:
    """What one index found for one text: keys of passages, best first."""

    name: str
    weight: float
    keys: tuple[str, ...]


@dataclass(slots=True)
class Candidate:
    """A passage that was found, and what each step adds to its score."""

    key: str
    passage: Passage
    article: Article
    relevance: float = 0.0
    """How well it matches, as the indexes measure it, as a share of the best: 0 to 1."""
    parts: dict[str, float] = field(default_factory=dict)

    @property
    def score(self) -> float:
        """The sum of its parts."""
        return sum(self.parts.values())


def fuse(rankings: Sequence[Sequence[Key]], weights: Sequence[float]) -> dict[Key, float]:
    """Reciprocal rank fusion: for every item the sum of weight / (1 + its rank) over the rankings that hold it."""
    scores: dict[Key, float] = {}
    for ranking, weight in zip(rankings, weights, strict=True):
        for rank, item in enumerate(ranking, start=1):
            scores[item] = scores.get(item, 0.0) + weight / (RANK_CONSTANT + rank)
    return scores


def rank(
    lists: Sequence[RankedList],
    stored: Mapping[str, tuple[Passage, Article]],
    relevance: Mapping[str, float],
    dates: DatePreference | None,
    ranking: Ranking,
) -> list[Candidate]:
    """All that was found, best first; of equals the one stored first."""
    candidates = {key: Candidate(key, *stored[key], relevance.get(key, 0.0)) for ranked in lists for key in ranked.keys}
    for ranked in lists:
        for key, score in fuse([ranked.keys], [ranked.weight]).items():
            candidates[key].parts[ranked.name] = score
    found = list(candidates.values())
    if dates is not None and ranking.dates:
        _add_dates(found, dates, ranking.dates)
    return sorted(found, key=lambda c: (-c.score, c.passage.id))


def _add_dates(found: Sequence[Candidate], wish: DatePreference, weight: float) -> None:
    """A bonus for the right days, in the measure in which a passage matches.

    Not a share of the score: of a dozen monthly notes in the same words the first by rank has three times the score of
    the sixth, although they match alike, and then the day must decide. What hardly matches gets hardly anything.
    """
    days = [c.article.date for c in found if c.article.date]
    if not days:
        return
    oldest, newest = min(days), max(days)
    for candidate in found:
        if fit := date_fit(candidate.article.date, wish, oldest, newest):
            candidate.parts["dates"] = weight * candidate.relevance**2 * fit


def date_fit(day: date | None, wish: DatePreference, oldest: date, newest: date) -> float:
    """How well a day meets a wish, 0 to 1; 0 where it is not known.

    Within the days that are wished for 1, outside falling by half each month. Where the latest is wished for it rises
    from 0 for the oldest of what was found to 1 for the newest; within wished-for days the mean of both counts.
    """
    if day is None:
        return 0.0
    recent = (day - oldest).days / max(1, (newest - oldest).days)
    if wish.first is None and wish.last is None:
        return recent if wish.latest else 0.0
    before = (wish.first - day).days if wish.first else 0
    after = (day - wish.last).days if wish.last else 0
    near = math.exp2(-max(before, after, 0) / HALF_LIFE_DAYS)
    return near * (1 + recent) / 2 if wish.latest else near
