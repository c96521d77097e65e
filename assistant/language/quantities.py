"""A sentence -> the quantities in it, so that "USD 589bn", "$589 billion" and "589 billion dollars" compare equal.

Where a notation has two readings (1.500 is one and a half in English, fifteen hundred in German) both are kept: two
quantities agree if any reading does.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from assistant.language.quantity_words import (
    CHINESE_DIGITS,
    MEASURES,
    MULTIPLES,
    ONE_LETTER,
    ORDINALS,
    PARTS,
    PERCENT,
    SCALES,
    TENS,
    UNITS,
    WORDS,
)

Hedge = Literal["", "above", "below", "about"]
HEDGE_CHARACTERS = 24  # before a number, in which its hedge stands


def _any_of(names: Iterable[str]) -> str:
    """Longest first, because a regular expression takes the first that fits."""
    return "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))


_SPOKEN = (
    rf"(?:(?:{_any_of(TENS)})[- ](?:one|two|three|four|five|six|seven|eight|nine)|{_any_of(TENS)}|{_any_of(WORDS)}"
    rf"|{_any_of(ORDINALS)}|an?(?=[ -](?:hundred|thousand|million|billion|trillion)))(?![a-zäöüß])"
)
_NUMERAL = r"\d{1,3}(?:(?P<mark>[., '’])\d{3})(?:(?P=mark)\d{3})*(?:[.,]\d+)?(?!\d)|\d+(?:[.,]\d+)?"
_SCALE = rf"(?:{_any_of(SCALES.keys() - ONE_LETTER)})(?![a-z])"
_QUANTITY = re.compile(
    rf"(?:(?P<before>(?<![a-z]){_any_of(UNITS)})\s?)?(?:(?<![a-z0-9])(?P<spoken>{_SPOKEN})|(?P<chinese>[零一二两三四五六七八九十]+)"
    rf"|(?<![0-9])(?<![0-9][.,])(?P<numeral>{_NUMERAL}))"
    rf"(?:[ -]?(?P<scale>{_SCALE})\.?|(?P<letter>[kmb])(?![a-z]))?(?:[ -]?(?P<unit>{_any_of(UNITS)})(?![a-z0-9]))?"
)
_SMALL = rf"(?:{_any_of([*WORDS, 'a', 'an'])}|\d{{1,2}})"
_PART = re.compile(
    rf"(?<![\w.,-])(?:(?P<count>{_SMALL})[ -](?P<part>{_any_of(PARTS)})|(?P<half>half))"
    r"(?=\s+(?:of|as|the|what|its|their|his|her|more|less|fewer|from|compared)\b|[.,;:)]|$)"
    rf"|(?<![\w.,-])(?P<some>{_any_of(WORDS)})(?: \w+)? (?:in|out of|in every) (?P<all>{_any_of(WORDS)}|100)"
    rf"(?![\w%.,]*\d)(?! ?(?:{_any_of([*MEASURES, *SCALES.keys() - ONE_LETTER])})\b)"
)
_MULTIPLE = re.compile(rf"\b(?:{_any_of(MULTIPLES)})\b")
_SHORT_RANGE = re.compile(r"(?<!\d)((?:19|20)\d\d)[-–/](\d\d)(?![\d-])")
_DECADE = re.compile(r"(?<!\d)((?:1[5-9]|20)\d0)['’]?s\b")
_NEXT_WORD = re.compile(r"(?:st|nd|rd|th)?[ -]?(of\b|[^\W\d_]{3,}|天)")
_HEDGES: dict[Hedge, re.Pattern[str]] = {
    "above": re.compile(
        r"(?:\b(?:at least|more than|over|above|beyond|past|upwards of|in excess of|exceed(?:s|ed|ing)?|top(?:s|ped)|"
        r"über|mehr als|mindestens)|>|超过)\s*$"
    ),
    "below": re.compile(
        r"(?:\b(?:almost|nearly|less than|under|fewer than|below|close to|not quite|at most|short of|fast|knapp|"
        r"unter|weniger als)|<|近|不到)\s*$"
    ),
    "about": re.compile(
        r"(?:\b(?:about|around|approximately|close to|just|roughly|some|rund|etwa|circa|ca)|[约~≈])\.?\s*$"
    ),
}
_ORDINAL_ENDING = re.compile(r"(?:st|nd|rd|th)\b")
_LETTERS_BEFORE = re.compile(r"[a-z]$")
_NUMERIC_DATE = re.compile(r"(?<!\d)(?:\d{4}([-/.])\d{1,2}\1\d{1,2}|\d{1,2}([-/.])\d{1,2}\2(?:\d{4}|\d{2}))(?!\d)")
_JOINED = re.compile(r"\s*(?:-|–|—|~|to|and|or|bis|und|至|到)\s*")


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number as it stands in a text, with every value it may have."""

    text: str
    start: int
    """In the plain form of the text (see `plain`)."""
    values: frozenset[Decimal]
    unit: frozenset[str] = frozenset()
    """What it may be counted in: a currency's code or %; empty if the text does not say or we do not know."""
    counted: str = ""
    """The word that follows: what is counted, as far as the order of words tells."""
    firm: bool = True
    """False for "one", "a million", fractions, ordinals and Chinese numerals, which are often no exact quantity."""
    hedge: Hedge = ""
    """What stands before it: "more than", "nearly", "about" …"""
    measure: str = ""
    """What it measures, for words such as "months" and "kilometres": "time", "length" …"""
    per_unit: int = 1
    """How many of the measure's smallest unit one of it is."""
    ordinal: bool = False

    def agrees_with(self, other: Quantity) -> bool:
        """Whether both may be the same amount; an unknown unit fits any."""
        if self.ordinal != other.ordinal and (self.unit or self.measure or other.unit or other.measure):
            return False
        if self.measure and other.measure:
            same = {v * self.per_unit for v in self.values} & {v * other.per_unit for v in other.values}
            return self.measure == other.measure and bool(same)
        return bool(self.values & other.values) and self.unit_fits(other)

    def unit_fits(self, other: Quantity) -> bool:
        """Whether both may be counted in the same unit."""
        if self.measure and other.measure:
            return self.measure == other.measure
        return not self.unit or not other.unit or bool(self.unit & other.unit)


def plain(text: str) -> str:
    """Lower case, full-width digits and odd spaces made plain: the form in which quantities are looked for."""
    return unicodedata.normalize("NFKC", text).casefold()


def find_quantities(text: str) -> list[Quantity]:
    """Every number in `text`, in digits or in English, German or Chinese words, with its scale and unit."""
    text = plain(text)
    found = [quantity for date in _NUMERIC_DATE.finditer(text) for quantity in _parts_of_date(date)]
    text = _NUMERIC_DATE.sub(_blank, text)
    found += [_multiple(match) for match in _MULTIPLE.finditer(text)]
    found += [_part(match, text) for match in _PART.finditer(text)]
    text = _PART.sub(_blank, text)
    for match in _SHORT_RANGE.finditer(text):  # 2024-28
        found.append(Quantity(match[2], match.start(2), frozenset({Decimal(match[1][:2] + match[2])})))
    text = _SHORT_RANGE.sub(lambda match: match[1] + " " * (len(match[0]) - 4), text)
    for match in _DECADE.finditer(text):
        found.append(Quantity(match[0], match.start(), frozenset(Decimal(int(match[1]) + n) for n in range(10))))
    text = _DECADE.sub(_blank, text)
    matches = [m for m in _QUANTITY.finditer(text) if not _is_part_of_a_name(m, text)]
    for match, following in zip(matches, [*matches[1:], None], strict=False):
        values = _values(match)
        if following and not match["scale"] and _JOINED.fullmatch(text, match.end(), following.start()):
            values |= {value * _factor(following["scale"]) for value in values}  # 5 to 7 billion
        unit = UNITS.get(match["before"] or "", frozenset()) or UNITS.get(match["unit"] or "", frozenset())
        counted = _NEXT_WORD.match(text, match.end())
        word = counted[1] if counted else ""
        measure, per_unit = MEASURES.get(word, ("", 1))
        found.append(
            Quantity(
                text=match[0].strip(" ."),
                start=match.start(),
                values=frozenset(values),
                unit=unit,
                counted=word,
                firm=_is_firm(match),
                hedge=_hedge(text, match.start()),
                measure=measure,
                per_unit=per_unit,
                ordinal=match["spoken"] in ORDINALS or bool(_ORDINAL_ENDING.match(text, match.end())),
            )
        )
    return sorted(found, key=lambda quantity: quantity.start)


def _blank(match: re.Match[str]) -> str:
    return " " * len(match[0])


def _hedge(text: str, start: int) -> Hedge:
    before = text[max(0, start - HEDGE_CHARACTERS) : start]  # the whole of it, for each number, would take for ever
    return next((hedge for hedge, words in _HEDGES.items() if words.search(before)), "")


def _multiple(match: re.Match[str]) -> Quantity:
    value = frozenset({Decimal(MULTIPLES[match[0]])})
    return Quantity(match[0], match.start(), value, firm=False, measure="times")


def _part(match: re.Match[str], text: str) -> Quantity:
    """Two fifths, four out of five: as a percentage."""
    if match["all"]:
        value = 100 * _small(match["some"]) / _small(match["all"])
    else:
        value = 100 * _small(match["count"] or "one") / PARTS[match["part"] or "halves"]
    hedge = _hedge(text, match.start())
    return Quantity(match[0], match.start(), frozenset({value}), PERCENT, firm=False, hedge=hedge)


def _small(number: str) -> Decimal:
    return Decimal(number) if number.isdigit() else Decimal(WORDS.get(number, 1)) or Decimal(1)


def _parts_of_date(date: re.Match[str]) -> list[Quantity]:
    parts = re.finditer(r"\d+", date[0])
    return [Quantity(p[0], date.start() + p.start(), frozenset({Decimal(p[0])}), firm=len(p[0]) == 4) for p in parts]


def _is_part_of_a_name(match: re.Match[str], text: str) -> bool:
    """H20 is a name, not twenty; USD20 is twenty."""
    start = match.start("numeral")
    return bool(match["numeral"] and not match["before"] and _LETTERS_BEFORE.search(text[max(0, start - 1) : start]))


def _is_firm(match: re.Match[str]) -> bool:
    spoken = match["spoken"] or ""
    if match["chinese"] or spoken in ORDINALS or spoken in {"a", "an"}:
        return False
    return spoken != "one" or bool(match["unit"])


def _values(match: re.Match[str]) -> set[Decimal]:
    if match["spoken"]:
        readings = {_spoken(match["spoken"])}
    elif match["chinese"]:
        readings = {_chinese(match["chinese"])}
    else:
        readings = _numeral(match["numeral"])
    if match["letter"]:
        return readings | {value * _factor(match["letter"]) for value in readings}
    return {value * _factor(match["scale"]) for value in readings}


def _factor(scale: str | None) -> Decimal:
    return Decimal(10) ** SCALES[scale] if scale else Decimal(1)


def _spoken(word: str) -> Decimal:
    if word in {"a", "an"}:
        return Decimal(1)
    return Decimal(sum((TENS | WORDS | ORDINALS)[part] for part in re.split("[- ]", word)))


def _chinese(numeral: str) -> Decimal:
    """Up to 99: 十二 is 12, 二十 is 20."""
    tens, ten, ones = numeral.rpartition("十")
    if not ten:
        return Decimal("".join(str(CHINESE_DIGITS[digit]) for digit in ones))
    leading = "".join(str(CHINESE_DIGITS.get(digit, 1)) for digit in tens) or "1"
    trailing = "".join(str(CHINESE_DIGITS[digit]) for digit in ones) or "0"
    return Decimal(leading) * 10 + Decimal(trailing)


def _numeral(numeral: str) -> set[Decimal]:
    """Both readings of 1.500; one of 1,500 (fifteen hundred), 17,4 and 1.234.567,8."""
    digits = re.sub(r"[ '’]", "", numeral)
    marks = re.findall(r"[.,]", digits)
    if not marks:
        return {Decimal(digits)}
    head, last, tail = digits.rpartition(marks[-1])
    as_decimal = Decimal(f"{re.sub('[.,]', '', head)}.{tail}")
    as_groups = Decimal(re.sub("[.,]", "", digits))
    if len(tail) != 3 or head == "0" or len(set(marks)) == 2:
        return {as_decimal}
    if len(marks) > 1 or last == ",":
        return {as_groups}
    return {as_decimal, as_groups}
