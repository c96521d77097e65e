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

DOLLARS = frozenset({"USD", "HKD", "TWD", "AUD", "CAD", "SGD", "NZD"})
PERCENT = frozenset({"%"})
UNITS: dict[str, frozenset[str]] = {
    "%": PERCENT,
    **dict.fromkeys(("percent", "per cent", "pct", "prozent", "percentage points", "percentage point"), PERCENT),
    **dict.fromkeys(("$", "dollars", "dollar"), DOLLARS),
    **dict.fromkeys(("usd", "us$", "us dollars", "u.s. dollars", "美元"), frozenset({"USD"})),
    **dict.fromkeys(("hk$", "hkd", "港元"), frozenset({"HKD"})),
    **dict.fromkeys(("€", "eur", "euros", "euro", "欧元"), frozenset({"EUR"})),
    **dict.fromkeys(("£", "gbp", "pounds", "英镑"), frozenset({"GBP"})),
    "¥": frozenset({"CNY", "JPY"}),
    **dict.fromkeys(("cny", "rmb", "yuan", "renminbi", "人民币", "元"), frozenset({"CNY"})),
    **dict.fromkeys(("jpy", "yen", "日元"), frozenset({"JPY"})),
    **dict.fromkeys(("chf", "czk", "inr", "krw"), frozenset()),
}
SCALES: dict[str, int] = {
    **dict.fromkeys(("hundred", "百"), 2),
    **dict.fromkeys(("thousand", "tausend", "k", "千"), 3),
    **dict.fromkeys(("万", "萬"), 4),
    **dict.fromkeys(("million", "millions", "millionen", "mn", "mio", "m"), 6),
    **dict.fromkeys(("亿", "億"), 8),
    **dict.fromkeys(("billion", "billions", "milliarde", "milliarden", "mrd", "bn", "b"), 9),
    **dict.fromkeys(("trillion", "trillions", "billionen", "tn", "trn", "万亿", "萬億"), 12),
}
ONE_LETTER = {"k", "m", "b"}  # 5m may be five million or five metres: both readings are kept
ENGLISH = (
    "zero one two three four five six seven eight nine ten eleven twelve "
    "thirteen fourteen fifteen sixteen seventeen eighteen nineteen twenty"
)
GERMAN = "null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf"
ENGLISH_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
ENGLISH_ORDINALS = "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth"
WORDS = {word: number for language in (ENGLISH, GERMAN) for number, word in enumerate(language.split())}
TENS = {word: 10 * number for number, word in enumerate(ENGLISH_TENS.split(), start=2)}
ORDINALS = {word: number for number, word in enumerate(ENGLISH_ORDINALS.split(), start=1)}
CHINESE_DIGITS = {digit: number for number, digit in enumerate("零一二三四五六七八九")} | {"两": 2}


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
    rf"(?:[ -]?(?P<scale>{_SCALE})\.?|(?P<letter>[kmb])(?![a-z]))?(?:[ -]?(?P<unit>{_any_of(UNITS)})(?![a-z]))?"
)
_NEXT_WORD = re.compile(r"(?:st|nd|rd|th)?[ -]?([^\W\d_]{3,})")
_FRACTION = re.compile(r"[ -](?:in|out of|halves|thirds|quarters|fifths|sixths|tenths)\b")
_HEDGE = re.compile(
    r"\b(?:about|around|almost|approximately|at least|close to|just|less than|more than|nearly|over|roughly|some|under|"
    r"up to|well over|fewer than|above|below|rund|etwa|fast|knapp|über|mehr als)\s*$|[约近~≈]$"
)
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
    hedged: bool = False
    """Whether "about", "nearly", "more than" … stands before it."""

    def agrees_with(self, other: Quantity) -> bool:
        """Whether both may be the same amount; an unknown unit fits any."""
        return bool(self.values & other.values) and (not self.unit or not other.unit or bool(self.unit & other.unit))


def plain(text: str) -> str:
    """Lower case, full-width digits and odd spaces made plain: the form in which quantities are looked for."""
    return unicodedata.normalize("NFKC", text).casefold()


def find_quantities(text: str) -> list[Quantity]:
    """Every number in `text`, in digits or in English, German or Chinese words, with its scale and unit."""
    text = plain(text)
    found = [quantity for date in _NUMERIC_DATE.finditer(text) for quantity in _parts_of_date(date)]
    text = _NUMERIC_DATE.sub(lambda date: " " * len(date[0]), text)
    matches = [m for m in _QUANTITY.finditer(text) if not _is_part_of_a_name(m, text)]
    for match, following in zip(matches, [*matches[1:], None], strict=False):
        values = _values(match)
        if following and not match["scale"] and _JOINED.fullmatch(text, match.end(), following.start()):
            values |= {value * _factor(following["scale"]) for value in values}  # 5 to 7 billion
        unit = UNITS.get(match["before"] or "", frozenset()) or UNITS.get(match["unit"] or "", frozenset())
        counted = _NEXT_WORD.match(text, match.end())
        found.append(
            Quantity(
                text=match[0].strip(" ."),
                start=match.start(),
                values=frozenset(values),
                unit=unit,
                counted=counted[1] if counted else "",
                firm=_is_firm(match, text),
                hedged=bool(_HEDGE.search(text[: match.start()])),
            )
        )
    return sorted(found, key=lambda quantity: quantity.start)


def _parts_of_date(date: re.Match[str]) -> list[Quantity]:
    parts = re.finditer(r"\d+", date[0])
    return [Quantity(p[0], date.start() + p.start(), frozenset({Decimal(p[0])}), firm=len(p[0]) == 4) for p in parts]


def _is_part_of_a_name(match: re.Match[str], text: str) -> bool:
    """H20 is a name, not twenty; USD20 is twenty."""
    return bool(
        match["numeral"] and not match["before"] and _LETTERS_BEFORE.search(text[: match.start("numeral")][-1:])
    )


def _is_firm(match: re.Match[str], text: str) -> bool:
    spoken = match["spoken"] or ""
    if match["chinese"] or spoken in ORDINALS or spoken in {"a", "an"} or _FRACTION.match(text, match.end()):
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
