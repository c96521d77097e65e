"""A case, its record and the documents' texts -> where every gold quote, passage and citation stands.

Quotes are compared with typographic quotation marks and dashes made plain and white space folded, so that a quote
copied from a printed page is found. Everything below is counted in characters of such folded text.
"""

from __future__ import annotations

import re
import threading
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from assistant.types import Answer, Citation, Span
from evals.types import Case, Record

PLAIN = str.maketrans("’‘“”\u00a0\u2002–—", "''\"\"  --")
_RUNS = re.compile(r"\s+|\S+")


@dataclass(frozen=True, slots=True)
class Place:
    """A stretch of a document, in characters of its folded text."""

    document: str
    span: Span


class Folded:
    """A text with marks made plain and every run of white space one space; none at its beginning."""

    def __init__(self, raw: str) -> None:
        self.raw = raw
        pieces: list[str] = []
        self._origin: list[int] = []
        for match in _RUNS.finditer(raw.translate(PLAIN)):
            if not match[0].isspace():
                pieces.append(match[0])
                self._origin.extend(range(match.start(), match.end()))
            elif match.start():
                pieces.append(" ")
                self._origin.append(match.start())
        self.text = "".join(pieces)

    def fold(self, span: Span) -> Span:
        """A span of the raw text as one of the folded text."""
        return Span(bisect_left(self._origin, span.start), bisect_left(self._origin, span.end))

    def occurrences(self, quote: str) -> tuple[Span, ...]:
        """Everywhere the quote stands, overlapping ones included, in order; empty for an empty quote."""
        wanted = " ".join(quote.translate(PLAIN).split())
        if not wanted:
            return ()
        found, start = [], self.text.find(wanted)
        while start >= 0:
            found.append(Span(start, start + len(wanted)))
            start = self.text.find(wanted, start + 1)
        return tuple(found)


class Texts:
    """The documents by name, folded when they are first asked for. Safe to use from several threads."""

    def __init__(self, read: Callable[[str], str | None]) -> None:
        """`read` gives a document's stored text, or None if there is no such document."""
        self._read = read
        self._folded: dict[str, Folded | None] = {}
        self._lock = threading.Lock()

    def get(self, name: str) -> Folded | None:
        """The document of this name; None if there is none."""
        with self._lock:
            if name not in self._folded:
                raw = self._read(name)
                self._folded[name] = None if raw is None else Folded(raw)
            return self._folded[name]

    def read_so_far(self) -> dict[str, str]:
        """The texts of the documents that were asked for and are there."""
        with self._lock:
            return {name: folded.raw for name, folded in self._folded.items() if folded}


@dataclass(frozen=True, slots=True)
class GoldPlaces:
    """A gold quote: everywhere it stands in its document (nowhere, if the case is wrong)."""

    document: str
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class PlacedCitation:
    """A citation, where it stands (None: nowhere), the words that stand there, and whether it is exact."""

    citation: Citation
    place: Place | None
    words: str
    exact: bool


@dataclass(frozen=True, slots=True)
class Placed:
    """A case with what was answered, everything in its place: what the metrics look at."""

    case: Case
    record: Record
    gold: tuple[GoldPlaces, ...]
    evidence: tuple[Place | None, ...]
    """Best first; None for a passage of a document that is not there."""
    citations: tuple[PlacedCitation, ...]
    """Of an answer; none of a refusal."""

    @property
    def answer(self) -> Answer | None:
        """The answer if the case was answered; None if it was refused or failed."""
        return self.record.answer if self.record.status == "answered" else None


def place_all(case: Case, record: Record, texts: Texts) -> Placed:
    """Find the place of every gold quote, passage and citation."""
    answer = record.answer
    evidence = answer.evidence if answer else ()
    cited = answer.citations if answer and record.status == "answered" else ()
    return Placed(
        case,
        record,
        tuple(_gold(e.doc, e.quote, texts) for e in case.evidence),
        tuple(_at(e.passage.document, e.passage.span, texts) for e in evidence),
        tuple(_citation(c, texts) for c in cited),
    )


def coverage(wanted: Span, spans: Iterable[Span]) -> float:
    """The share of `wanted` that the union of `spans` covers, 0 to 1."""
    reached, length = wanted.start, 0
    for start, end in sorted(spans):
        start, end = max(start, reached), min(end, wanted.end)
        if end > start:
            length += end - start
            reached = end
    return length / max(1, wanted.end - wanted.start)


def best_coverage(gold: GoldPlaces, places: Sequence[Place | None]) -> float:
    """How much of the gold quote the places cover, at the occurrence that they cover best; 0 if it stands nowhere."""
    spans = [place.span for place in places if place and place.document == gold.document]
    return max((coverage(span, spans) for span in gold.spans), default=0.0)


def overlap(first: Span, second: Span) -> float:
    """What two spans share, over the length of the shorter; 0 or less if they do not touch."""
    shared = min(first.end, second.end) - max(first.start, second.start)
    return shared / max(1, min(first.end - first.start, second.end - second.start))


def _gold(document: str, quote: str, texts: Texts) -> GoldPlaces:
    folded = texts.get(document)
    return GoldPlaces(document, folded.occurrences(quote) if folded else ())


def _at(document: str, span: Span, texts: Texts) -> Place | None:
    folded = texts.get(document)
    return Place(document, folded.fold(span)) if folded else None


def _citation(citation: Citation, texts: Texts) -> PlacedCitation:
    """A citation stands where its words do, nearest to where it points; without words, where it points.

    Words that stand nowhere in the document have no place: a wrong offset is forgiven here, and counted by
    `quote_exact`; invented words are not forgiven.
    """
    folded = texts.get(citation.document)
    if folded is None:
        return PlacedCitation(citation, None, "", exact=False)
    pointed = folded.fold(Span(citation.start, citation.end))
    exact = bool(citation.quote) and folded.raw[citation.start : citation.end] == citation.quote
    span: Span | None = pointed
    if citation.quote:
        found = folded.occurrences(citation.quote)
        span = min(found, key=lambda s: abs(s.start - pointed.start), default=None)
    if span is None:
        return PlacedCitation(citation, None, "", exact)
    return PlacedCitation(citation, Place(citation.document, span), folded.text[slice(*span)], exact)
