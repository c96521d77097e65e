"""A claim's quantities and those of its cited sentences -> the one that the sentences do not give.

Doubt counts against the claim: a number that the sentences give nowhere is struck, unless it follows from them by
rounding ("nearly 600" of 589) or by one sum or difference that the claim's words speak of.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from itertools import combinations

from assistant.language.days import places_of_days
from assistant.language.quantities import Quantity, find_quantities, plain
from assistant.language.quantity_words import PEOPLE, PERCENT

LARGEST_COUNTED = 12
MOST_WANTED = 100  # quantities of a claim
MOST_TERMS = 60  # figures that are given, of which two may be added or divided
ROUNDING = Decimal("0.06")  # of the larger one; "about 600" may be said of 589, not of 550
SHARE_ROUNDING = Decimal(6)  # percentage points: "over a third" may be said of 38 %
ONE_SIDED = Decimal("0.2")  # "more than 300" may be said of 318, not of 500
STEM_LETTERS = 5  # month and months, chip and chips
SUM_WORDS = re.compile(
    r"\b(?:more|fewer|less|lower|higher|above|below|exceed\w*|gap|difference|lack\w*|short|together|total|altogether|"
    r"both|left|rest|remain\w*|yet|by|rose|risen|rise\w*|fell|up|down|grew|longer|shorter|dearer|cheaper|before|"
    r"earlier|previous|used to|would have|later|lost)\b"
)
REST_WORDS = re.compile(r"\b(?:rest|remain\w*|left|others?|minority|majority|recovers?)\b")
_PERIODS = {"day": "day", "daily": "day", "week": "week", "weekly": "week", "month": "month", "monthly": "month",
            "quarter": "quarter", "quarterly": "quarter", "year": "year", "yearly": "year", "annual": "year",
            "annually": "year", "annum": "year", "hour": "hour", "hourly": "hour"}  # fmt: skip
_RATE = re.compile(
    r"(?!(?:in|within|for|about|half|of|over|than|and|or|is|was|by|after|as|nearly|almost) )"
    r"\b\w+ (?:an?|per|each|every) (hour|day|week|month|quarter|year|annum)\b"
    r"|\b(hourly|daily|weekly|monthly|quarterly|yearly|annual|annually)\b"
)
_SMALL = r"(?:\d+|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|one)"
_SCORE = re.compile(
    rf"\b{_SMALL} (?:(?:votes?|judges?|members?|states?) )?(?:to|against) {_SMALL}\b"
    r"(?! ?(?:%|per|years?|months?|days?))"
)
THINGS = frozenset(
    "vehicles cars trucks buses ships vessels planes aircraft trains houses homes flats buildings firms companies "
    "plants factories schools chips machines weapons drones tonnes containers".split()
)


def missing_quantity(claim: str, cited: str, context: str = "") -> str | None:
    """The first quantity of the claim that the cited sentences do not carry, as written; None if all are there.

    Of `context` only years and days of the month count, and only where the sentences give no other.
    """
    given, wanted_ones = find_quantities(cited), find_quantities(claim)
    claim, cited = plain(claim), plain(cited)
    days, days_of_claim = places_of_days(cited), places_of_days(claim)
    no_days = _distinct([quantity for quantity in given if quantity.start not in days])
    given = _distinct(given)
    dates = _dates_of(context, given, wanted_ones)
    for wanted in wanted_ones:
        amounts = given if wanted.start in days_of_claim else no_days
        fitting = [quantity for quantity in amounts if wanted.agrees_with(quantity) or rounds(wanted, quantity)]
        if fitting and not _counts_other_things(wanted, fitting, given):
            continue
        if fitting:
            return f"{wanted.text} {wanted.counted}"
        if _in_date(wanted, days_of_claim) and any(wanted.agrees_with(date) for date in dates):
            continue
        if _follows(wanted, given, claim):
            continue
        if wanted.firm and not _was_counted(wanted):
            return wanted.text
        if wanted.text.startswith(("a ", "an ")) and wanted.unit != PERCENT:
            continue
        if _has_a_rival(wanted, given, wanted_ones):
            return wanted.text
    return _other_rate(claim, cited) or _other_score(claim, cited)


def gives_too_many(claim: str) -> bool:
    """Whether a claim gives more quantities than a reader could compare: each is looked for among all of the source."""
    return len(find_quantities(claim)) > MOST_WANTED


def _distinct(quantities: Sequence[Quantity]) -> list[Quantity]:
    """Those that differ in more than where they stand."""
    return list({replace(quantity, start=0): quantity for quantity in reversed(quantities)}.values())[::-1]


def _other_rate(claim: str, cited: str) -> str | None:
    """A week, where the sentences speak of each month only."""
    given = {_PERIODS[m[1] or m[2]] for m in _RATE.finditer(cited)}
    for match in _RATE.finditer(claim):
        if given and _PERIODS[match[1] or match[2]] not in given:
            return match[0]
    return None


def _other_score(claim: str, cited: str) -> str | None:
    """By four to one, where the sentences have three to two."""
    given = [_scored(match) for match in _SCORE.finditer(cited)]
    for match in _SCORE.finditer(claim):
        if given and not any(sorted(_scored(match)) == sorted(score) for score in given):
            return match[0]
    return None


def _scored(match: re.Match[str]) -> tuple[Decimal, ...]:
    return tuple(value for quantity in find_quantities(match[0]) for value in sorted(quantity.values)[:1])


def rounds(wanted: Quantity, given: Quantity) -> bool:
    """Whether "nearly 600 billion" is said of 589 billion, and "more than 300" of 318; the direction counts."""
    if not wanted.hedge or wanted.ordinal != given.ordinal or not wanted.unit_fits(given):
        return False
    tolerance = _tolerance(max(wanted.values)) * (wanted.per_unit if wanted.measure and given.measure else 1)
    if wanted.unit == PERCENT and not wanted.firm:
        tolerance = SHARE_ROUNDING
    measured = bool(wanted.measure and given.measure)
    for w in (value * wanted.per_unit if measured else value for value in wanted.values):
        for g in (value * given.per_unit if measured else value for value in given.values):
            near = abs(w - g) <= max(tolerance / 2, ROUNDING * w)
            if wanted.hedge == "above" and w <= g <= w + tolerance:
                return True
            if wanted.hedge == "below" and w - tolerance <= g <= w:
                return True
            if wanted.hedge == "about" and near:
                return True
    return False


def _tolerance(value: Decimal) -> Decimal:
    """How far a source may be from a rounded number: one step of its last digit that is not 0, or five of it."""
    digits = value.normalize().as_tuple()
    step = Decimal(10) ** int(digits.exponent) * (5 if digits.digits[-1] == 5 and len(digits.digits) > 1 else 1)
    return min(step, ONE_SIDED * value) if value >= 1 else value * ONE_SIDED


def _was_counted(wanted: Quantity) -> bool:
    """A small whole number without a unit, which a reader may have counted: "the three countries"."""
    return not wanted.unit and max(wanted.values) <= LARGEST_COUNTED and max(wanted.values) % 1 == 0


def _has_a_rival(wanted: Quantity, given: Sequence[Quantity], wanted_ones: Sequence[Quantity]) -> bool:
    """Whether the source gives another number for the same: four chips, where it says three chips."""
    return any(
        _is_of_the_same(wanted, rival) and not any(rival.agrees_with(other) for other in wanted_ones) for rival in given
    )


def _is_of_the_same(wanted: Quantity, rival: Quantity) -> bool:
    if wanted.ordinal or rival.ordinal:
        return wanted.ordinal and rival.ordinal
    if wanted.measure or rival.measure:
        return wanted.measure == rival.measure
    if wanted.unit == PERCENT:
        return rival.unit == PERCENT
    return bool(wanted.counted) and _stem(wanted) == _stem(rival)


def _stem(quantity: Quantity) -> str:
    return quantity.counted[:STEM_LETTERS]


def _counts_other_things(wanted: Quantity, fitting: Sequence[Quantity], given: Sequence[Quantity]) -> bool:
    """Whether the number is there, but of vehicles and not of workers."""
    if wanted.unit or not wanted.counted or any(f.unit or _stem(f) == _stem(wanted) for f in fitting):
        return False
    classes = [{wanted.counted, f.counted} for f in fitting]
    return all(pair & PEOPLE and pair & THINGS for pair in classes) and bool(given)


def _follows(wanted: Quantity, given: Sequence[Quantity], claim: str) -> bool:
    """Whether it is a sum, a difference or the rest of two that are given, where the claim's words speak of such.

    Of very many figures some two make any number: then nothing follows from them.
    """
    if len(given) > MOST_TERMS:
        return False
    if not SUM_WORDS.search(claim) or (_was_counted(wanted) and not wanted.unit and not wanted.measure):
        return _is_a_share(wanted, given)
    comparable = [quantity for quantity in given if wanted.unit_fits(quantity) and not quantity.ordinal]
    for one, other in combinations(comparable, 2):
        if not _can_be_added(one, other):
            continue
        for a in one.values:
            for b in other.values:
                for value in (a + b, abs(a - b)):
                    made = replace(wanted, values=frozenset({value}), hedge="")
                    if value and (wanted.agrees_with(made) or rounds(wanted, made)):
                        return True
    shares: list[Decimal] = [value for quantity in comparable if quantity.unit == PERCENT for value in quantity.values]
    rest = Quantity("", 0, frozenset({100 - sum(shares, Decimal())}), PERCENT)
    return (bool(shares) and bool(REST_WORDS.search(claim)) and wanted.agrees_with(rest)) or _is_a_share(wanted, given)


def _can_be_added(one: Quantity, other: Quantity) -> bool:
    """Two of one unit, as far as they say, or two plain numbers too large for the ones that any text is full of."""
    if one.ordinal or other.ordinal or not one.unit_fits(other) or (one.unit == PERCENT) != (other.unit == PERCENT):
        return False
    if one.unit or other.unit or one.measure or other.measure:
        return True
    return min(*one.values, *other.values) > LARGEST_COUNTED and not (_is_year(one) or _is_year(other))


def _is_a_share(wanted: Quantity, given: Sequence[Quantity]) -> bool:
    """Whether it is one given number as a share of another ("over a quarter" of 500 out of 1,900), or such a share."""
    amounts = [value for quantity in given if quantity.unit != PERCENT for value in quantity.values if value]
    if wanted.unit == PERCENT:
        made = [Quantity("", 0, frozenset({100 * a / b}), PERCENT) for a in amounts for b in amounts if a < b]
        shares = [quantity for quantity in given if quantity.unit == PERCENT]
        near = replace(wanted, hedge=wanted.hedge or "about")
        return any(rounds(near, m) for m in (*made, *([] if wanted.firm else shares)))
    parts = [
        value / 100 for quantity in given if quantity.unit == PERCENT and not quantity.firm for value in quantity.values
    ]
    made = [replace(wanted, values=frozenset({part * amount}), hedge="") for part in parts for amount in amounts]
    return any(wanted.agrees_with(m) or rounds(wanted, m) for m in made)


def _dates_of(context: str, given: Sequence[Quantity], wanted: Sequence[Quantity]) -> list[Quantity]:
    """Years and days of the head of the source; no year where the sentences name one that the claim does not."""
    other_year = any(_is_year(g) and not any(g.agrees_with(w) for w in wanted) for g in given)
    known = [quantity for quantity in find_quantities(context) if _may_be_in_a_date(quantity)]
    return [quantity for quantity in known if not (_is_year(quantity) and other_year)]


def _may_be_in_a_date(quantity: Quantity) -> bool:
    in_digits = quantity.text.isdigit() and len(quantity.text) in {1, 2, 4}
    return not quantity.unit and in_digits and (_is_year(quantity) or max(quantity.values) <= 31)


def _is_year(quantity: Quantity) -> bool:
    return bool(re.fullmatch(r"(?:19|20)\d\d", quantity.text)) and not quantity.unit


def _in_date(quantity: Quantity, days: frozenset[int]) -> bool:
    """A year; or a number of one or two digits, whose month is looked at elsewhere."""
    return _is_year(quantity) or (_may_be_in_a_date(quantity) and quantity.start in days)
