"""A text -> other notations of its amounts and days: "$589bn" is also looked for as "589 billion dollars".

In the form in which the word index sees them: runs of letters and digits, so that "589bn" is one word, "2,520" two.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from assistant.language.periods import find_months
from assistant.language.quantities import Quantity, find_quantities, plain
from assistant.language.quantity_words import PERCENT

_SCALES = ((12, "trillion", "tn", "万亿"), (9, "billion", "bn", ""), (6, "million", "m", ""))
_CHINESE_SCALES = ((8, "亿"), (4, "万"))
_UNIT_WORDS = {
    "USD": "dollars USD 美元", "EUR": "euros EUR 欧元", "CNY": "yuan CNY RMB 人民币", "GBP": "pounds GBP 英镑",
    "JPY": "yen JPY 日元", "HKD": "HKD 港元",
}  # fmt: skip
_MONTH_WORDS = (
    "January Jan|Januar", "February Feb|Februar", "March|März", "April Apr|", "May|Mai", "June|Juni", "July|Juli",
    "August Aug|", "September Sept|", "October Oct|Oktober", "November Nov|", "December Dec|Dezember",
)  # fmt: skip
"""English | German. A month alone is looked for in English only: in a German text it stands everywhere."""
_CHINESE_PERCENT = re.compile(r"百分之([\d.]+|[零一二两三四五六七八九十]+)")
_ORDINAL = re.compile(r"\b(\d{1,2})(?:st|nd|rd|th)\b", re.IGNORECASE)


def other_notations(text: str) -> tuple[str, ...]:
    """Each other notation once, in the order of the text; none of what stands there already."""
    found = [notation for quantity in find_quantities(text) for notation in _of_quantity(quantity)]
    for percent in _CHINESE_PERCENT.finditer(text):
        found += [f"{value} percent" for q in find_quantities(percent[1]) for value in q.values]
    for month, is_day in find_months(text):
        english, german = _MONTH_WORDS[month - 1].split("|")
        found += [*english.split(), *(german.split() if is_day else ())]
    found += _ORDINAL.findall(text)
    written = plain(text)
    return tuple(n for n in dict.fromkeys(found) if not re.search(rf"(?<!\w){re.escape(plain(n))}(?!\w)", written))


def _of_quantity(quantity: Quantity) -> Iterator[str]:
    value = max(quantity.values)
    if quantity.unit == PERCENT:
        yield from ("percent", "per cent")
    elif quantity.unit:
        for code in sorted(quantity.unit & _UNIT_WORDS.keys() if len(quantity.unit) <= 2 else {"USD"}):
            yield from _UNIT_WORDS[code].split()
    is_year = not quantity.unit and 1900 <= value < 2100 and value == int(value)
    if value < 1000 or is_year or quantity.ordinal:
        return
    if quantity.unit or value >= 10**6:  # 12345 is a telephone number
        yield from _scaled(value)
    if value == int(value) and value < 10**7:
        yield from (f"{int(value)}", f"{int(value):,}")


def _scaled(value: Decimal) -> Iterator[str]:
    """In millions and billions, and in ten thousands and hundred millions as Chinese counts."""
    for power, word, letters, han in _SCALES:
        if value >= 10**power:
            number = _short(value / Decimal(10) ** power)
            yield from (f"{number} {word}", f"{number}{letters}", *([f"{number}{han}"] if han else []))
            break
    for power, han in _CHINESE_SCALES:
        if value >= 10**power:
            yield f"{_short(value / Decimal(10) ** power)}{han}"
            break


def _short(number: Decimal) -> str:
    """1.2 and 589, never 1.20 or 5.89E+2."""
    return f"{number.normalize():f}"
