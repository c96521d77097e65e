"""A sentence -> the figures and model names in it, each with what it counts: what two sources can disagree about."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal

from assistant.language.days import places_of_days
from assistant.language.names import PERIODS, is_place
from assistant.language.quantities import Quantity, find_quantities, plain
from assistant.language.quantity_words import PEOPLE

CLAUSE_CHARACTERS = 200  # on either side of a number, within which its clause ends
WORDS_COUNTED = 4  # words after a number among which is what it counts: "2,000 Nvidia H800 chips"
JOBS = frozenset("jobs layoffs redundancies posts positions workers employees staff".split())
TOPICS = {  # what a share or an amount is of, by how its clause's words begin
    "duty": ("tariff", "dut", "levy", "levies", "tax"),
    "loss": ("los", "wip", "shed", "eras", "plung", "slump"),
    "profit": ("profit", "earn", "surplus"),
    "sale": ("sale", "sold", "sell", "revenue", "turnover"),
    "share": ("share", "proportion"),
    "growth": ("grow", "grew", "gdp", "expan"),
    "price": ("price", "cost", "fee"),
    "invest": ("invest", "fund", "capital", "subsid"),
    "debt": ("debt", "loan", "borrow"),
    "export": ("export",),
    "import": ("import",),
    "wage": ("wage", "salar", "pay"),
}
RANGE_WORDS = {"tens": 1, "dozens": 1, "hundreds": 2}
SCALE_WORDS = {"thousands": 3, "millions": 6, "billions": 9, "trillions": 12}
FUNCTION_WORDS = frozenset(
    "of the a an and or in on at to by from for with its their his her that this these those per".split()
)

_TOTAL = re.compile(r"\s*(?:out )?of(?: (?:the|its|their|all|some|about))*\s*")
_RANGE = re.compile(r"\s*(?:%|per cent|percent)?\s*(?:-|–|to|and)\s*")
_CODE = re.compile(r"(?<![\w-])([A-Z]{1,3})-?\d{1,4}[A-Z]?(?![\w-])")
_VAGUE = re.compile(
    rf"\b(?:(?:({'|'.join(RANGE_WORDS)}) of )?({'|'.join(SCALE_WORDS)})) of ((?:[\w.’'-]{{1,40}}+ ?){{1,4}})",
    re.IGNORECASE,
)
_CLAUSE_END = re.compile(r"[;:)(“”\"]|, |\b(?:which|that|who|while|whereas|but)\b")
_STOP = re.compile(
    r"[,.;:)(“”\"]|\b(?:by|in|on|since|from|after|before|which|that|who|and|or|but|while|with|for|at|to)\b"
)


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of a sentence; what it counts by the first five letters of the words after it."""

    text: str
    values: frozenset[Decimal]
    unit: frozenset[str]
    counted: frozenset[str]
    topic: frozenset[str] = frozenset()
    """Beginnings of the words of its clause, and what kinds of words those are: a loss, a duty, jobs."""
    total: frozenset[Decimal] = frozenset()
    """The 64 of "57 of 64"."""
    hedge: str = ""
    code: str = ""
    """The letters of a model's name (the H of H800); such a figure has no values."""
    is_range: bool = False
    """17.4 to 37.6; its values are the ends."""
    vague: bool = False
    """"Hundreds of thousands": the value is its order of magnitude."""


def find_figures(sentence: str) -> list[Figure]:
    """Amounts, shares and counts, and names such as H800; no years, days, ordinals or durations."""
    text = plain(sentence)
    days = places_of_days(text)
    quantities = [quantity for quantity in find_quantities(sentence) if _is_figure(quantity, days)]
    found: list[Figure] = []
    for index, quantity in enumerate(quantities):
        before = quantities[index - 1] if index else None
        joint = text[before.start + len(before.text) : quantity.start] if before else ""
        figure = _figure(quantity, sentence, text)
        if _TOTAL.fullmatch(joint) and found:  # the 64 of "57 of 64 towns" tells what the 57 are
            found[-1] = replace(found[-1], counted=found[-1].counted | figure.counted, total=figure.values)
            continue
        if _RANGE.fullmatch(joint) and found:
            joined = text[before.start : quantity.start + len(quantity.text)] if before else ""
            values = found[-1].values | figure.values
            found[-1] = Figure(
                joined, values, figure.unit or found[-1].unit, figure.counted, figure.topic, is_range=True
            )
        else:
            found.append(figure)
    return [*found, *_codes(sentence), *_vague_counts(text)]


def _codes(sentence: str) -> Iterator[Figure]:
    for match in _CODE.finditer(sentence):
        if not PERIODS.fullmatch(match[0]):
            yield Figure(match[0], frozenset(), frozenset(), frozenset(), code=match[1])


def _vague_counts(text: str) -> Iterator[Figure]:
    for match in _VAGUE.finditer(text):
        magnitude = RANGE_WORDS.get((match[1] or "").lower(), 0) + SCALE_WORDS[match[2].lower()]
        yield Figure(
            match[0][: match.start(3) - match.start() - 4].strip(),
            frozenset({Decimal(10) ** magnitude}),
            frozenset(),
            _words(match[3], 2),  # "US users": further on stands what they did
            vague=True,
        )


def _is_figure(quantity: Quantity, days: frozenset[int]) -> bool:
    if quantity.ordinal or quantity.measure in {"time"} or not quantity.values:
        return False
    if not quantity.unit and (quantity.start in days or re.fullmatch(r"(?:19|20)\d\d", quantity.text)):
        return False
    return bool(quantity.unit) or max(quantity.values) > 1


def _figure(quantity: Quantity, sentence: str, text: str) -> Figure:
    start, end = quantity.start, quantity.start + len(quantity.text)
    written = sentence[start:end] if len(sentence) == len(text) else quantity.text
    after = text[end : end + CLAUSE_CHARACTERS]
    before = re.split(_CLAUSE_END, text[max(0, start - CLAUSE_CHARACTERS) : start])[-1]
    counted = _words(re.split(_STOP, after, maxsplit=1)[0])
    clause = f"{before} {re.split(_CLAUSE_END, after, maxsplit=1)[0]}"
    return Figure(written, quantity.values, quantity.unit, counted, _topic(clause), hedge=quantity.hedge)


def _topic(clause: str) -> frozenset[str]:
    words = {word for word in re.findall(r"[^\W\d_]{3,}", clause) if word not in FUNCTION_WORDS}
    kinds = {kind for kind, beginnings in TOPICS.items() if any(w.startswith(beginnings) for w in words)}
    return frozenset(kinds or {word[:5] for word in words})


def _words(text: str, most: int = WORDS_COUNTED) -> frozenset[str]:
    words = [word for word in re.findall(r"[^\W\d_]{3,}", text) if word not in FUNCTION_WORDS][:most]
    stems = {word[:5] for word in words if not is_place(word)}  # German cars are not German workers
    return frozenset(
        stems | ({"jobs"} if JOBS & set(words) else set()) | ({"people"} if PEOPLE & set(words) else set())
    )
