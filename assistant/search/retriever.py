"""A question -> ranked evidence: both indexes asked, fused by reciprocal rank, one passage per origin."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from assistant.search.filters import Scope, resolve
from assistant.search.index import Index
from assistant.search.origins import one_per_origin, same_text
from assistant.search.ranking import Candidate, RankedList, Ranking, rank
from assistant.search.tables import text_key
from assistant.search.vectors import Neighbour
from assistant.search.words import Match
from assistant.types import Evidence, Filters, SearchQuery

DEPTH = 60  # passages asked of each index: five times what is shown, since reprints fall together
_ALL = Ranking()


@dataclass(frozen=True, slots=True)
class Explained:
    """A piece of evidence, and why it stands where it does."""

    evidence: Evidence
    parts: dict[str, float]
    """What each step adds to its score; together they are the score."""
    bm25: float | None
    """What the word index said; None if it did not find it."""
    merged: tuple[str, ...]
    """Documents whose passages were found as well, and stand for the same text."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found, best first."""

    ranked: tuple[Explained, ...]
    candidates: int
    """Different texts that the indexes found."""
    admitted: int | None
    """Passages that the filter admits; None without a filter."""
    damaged: tuple[int, ...] = ()
    """Ids of passages that were found and are left out, because their stored text is not what was stored."""

    @property
    def evidence(self) -> list[Evidence]:
        """The passages alone."""
        return [one.evidence for one in self.ranked]


def retrieve(
    query: SearchQuery | str, index: Index, count: int, filters: Filters | None = None, ranking: Ranking = _ALL
) -> list[Evidence]:
    """The `count` best passages for a question, best first; empty only if nothing matches at all.

    A passage's score is the sum over the lists that hold it of weight / (1 + its rank), reciprocal rank fusion after
    Cormack, Clarke and Büttcher 2009, so that no index's scale matters; `Ranking` says which lists there are and what
    is added. Passages with the same text are one, as are a reprint's and its origin's nearly equal ones; the other
    documents in which it stands are named as its reprints.

    Raises:
        InputError: a filter names what is not in the library, or an impossible range of dates.
        NothingLeftError: a filter admits no passage.
        IndexMismatchError: meanwhile the library was indexed with another embedder.
    """
    return search(query, index, count, filters, ranking).evidence


def search(
    query: SearchQuery | str, index: Index, count: int, filters: Filters | None = None, ranking: Ranking = _ALL
) -> Found:
    """What `retrieve` finds, with the reasons.

    Raises:
        InputError, NothingLeftError, IndexMismatchError: as `retrieve`.
    """
    query = SearchQuery(query) if isinstance(query, str) else query
    texts = [query.text, *(part for part in query.parts if ranking.parts and part != query.text)]
    vectors = index.embedder.embed(texts)
    depth = max(DEPTH, count)
    while True:
        generation = index.refresh()
        library = index.library
        narrowed = filters is not None and filters != Filters()
        scope = resolve(filters, index.columns(), index.library) if narrowed else None
        hits = _ask(index, query, list(zip(texts, vectors, strict=True)), depth, scope, ranking)
        merged = _Merged(hits, index, ranking)
        found = merged.found(index, query, count, scope, ranking)
        if index.library is not library or library.generation != generation:
            continue  # a document was stored meanwhile, or another library made; what was found may be half of it
        if merged.is_enough(depth, count):
            return found
        depth *= 4


@dataclass(frozen=True, slots=True)
class _Hits:
    """What one index said to one text, best first."""

    name: str
    weight: float
    hits: Sequence[Neighbour | Match]


def _ask(
    index: Index,
    query: SearchQuery,
    texts: Sequence[tuple[str, np.ndarray]],
    depth: int,
    scope: Scope | None,
    ranking: Ranking,
) -> list[_Hits]:
    """Both indexes, asked for the whole question and for each of its parts."""
    found = []
    within = scope.passage_ids if scope else None
    for number, (text, vector) in enumerate(texts):
        weight, suffix = (ranking.parts, f" of part {number}") if number else (1.0, "")
        if ranking.vectors:
            neighbours = index.vectors.nearest(vector, depth, within)
            found.append(_Hits(f"vectors{suffix}", weight * ranking.vectors, neighbours))
        if ranking.words:
            also = () if number else query.also
            matches = index.words.search(text, depth, scope, also, ranking.also)
            found.append(_Hits(f"words{suffix}", weight * ranking.words, matches))
    return found


class _Merged:
    """What was found, by text: else ten reprints of one passage would push the next one ten places down."""

    def __init__(self, asked: Sequence[_Hits], index: Index, ranking: Ranking) -> None:
        self._asked = asked
        ids = {hit.passage_id for one in asked for hit in one.hits}
        # Not what another process is just storing.
        self._stored, self._damaged = index.library.checked_passages(ids)
        self._keys = one_per_origin(self._stored) if ranking.one_per_origin else same_text(self._stored)
        # Of the passages with one text an origin's stands for all, and of those the one found first.
        self._firsts = [
            _firsts((self._keys[h.passage_id], h) for h in one.hits if h.passage_id in self._keys) for one in asked
        ]
        self._chosen: dict[str, int] = {}
        for firsts in self._firsts:
            for key, hit in firsts.items():
                self._chosen.setdefault(key, hit.passage_id)
        for passage_id, key in sorted(self._keys.items()):
            if self._is_reprint(self._chosen[key]) and not self._is_reprint(passage_id):
                self._chosen[key] = passage_id

    def _is_reprint(self, passage_id: int) -> bool:
        return self._stored[passage_id][1].reprint_of is not None

    def is_enough(self, depth: int, count: int) -> bool:
        """Whether no index was cut off while it had given reprints, or passages just being stored, only."""
        pairs = zip(self._asked, self._firsts, strict=True)
        return all(len(one.hits) < depth or len(firsts) >= count for one, firsts in pairs)

    def found(self, index: Index, query: SearchQuery, count: int, scope: Scope | None, ranking: Ranking) -> Found:
        lists = [
            RankedList(one.name, one.weight, tuple(firsts))
            for one, firsts in zip(self._asked, self._firsts, strict=True)
        ]
        stored = {key: self._stored[passage_id] for key, passage_id in self._chosen.items()}
        best = rank(lists, stored, self._relevance(), query.dates, ranking)
        ranked = tuple(self._explained(index, c, place) for place, c in enumerate(best[:count], start=1))
        admitted = None if scope is None else len(scope.passage_ids)
        return Found(ranked, len(best), admitted, tuple(self._damaged))

    def _relevance(self) -> dict[str, float]:
        """For each text the mean, over both indexes, of what they measured as a share of what they measured at best."""
        shares: dict[str, float] = {}
        whole = [
            firsts for one, firsts in zip(self._asked, self._firsts, strict=True) if one.name in {"vectors", "words"}
        ]
        for firsts in whole:
            measured = {key: hit.similarity if isinstance(hit, Neighbour) else hit.score for key, hit in firsts.items()}
            best = max(measured.values(), default=0.0)
            for key, value in measured.items():
                shares[key] = shares.get(key, 0.0) + (max(0.0, value / best) if best > 0 else 0.0) / len(whole)
        return shares

    def _explained(self, index: Index, candidate: Candidate, place: int) -> Explained:
        by_name = {one.name: firsts for one, firsts in zip(self._asked, self._firsts, strict=True)}
        near, match = (by_name.get(name, {}).get(candidate.key) for name in ("vectors", "words"))
        ranks = {
            name: list(firsts).index(candidate.key) + 1 for name, firsts in by_name.items() if candidate.key in firsts
        }
        passage = candidate.passage
        beside = {self._stored[i][0].document for i, key in self._keys.items() if key == candidate.key}
        reprints = {*index.library.documents_with(text_key(passage.text)), *beside} - {passage.document}
        evidence = Evidence(
            passage,
            candidate.article,
            rank=place,
            score=candidate.score,
            vector_rank=ranks.get("vectors"),
            word_rank=ranks.get("words"),
            similarity=near.similarity if isinstance(near, Neighbour) else None,
            reprints=tuple(sorted(reprints)),
        )
        bm25 = match.score if isinstance(match, Match) else None
        return Explained(evidence, dict(candidate.parts), bm25, tuple(sorted(beside - {passage.document})))


def _firsts(pairs: Iterable[tuple[str, Neighbour | Match]]) -> dict[str, Neighbour | Match]:
    """The first hit of each text, in order."""
    firsts: dict[str, Neighbour | Match] = {}
    for key, hit in pairs:
        firsts.setdefault(key, hit)
    return firsts
