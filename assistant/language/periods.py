"""A text -> the days, months, quarters and years that it names, as stretches of days; English, German and Chinese."""

from __future__ import annotations

import calendar
import datetime
import re
from collections.abc import Iterator
from dataclasses import dataclass

from assistant.language.days import AMBIGUOUS_MONTHS, MONTHS

_MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
_YEAR = r"(?:19|20)\d\d"
_PERIOD = re.compile(
    rf"(?P<iso_year>{_YEAR})-(?P<iso_month>\d\d)-(?P<iso_day>\d\d)(?!\d)"
    rf"|(?<!\d)(?P<dot_day>\d\d?)\.(?P<dot_month>\d\d?)\.(?P<dot_year>{_YEAR})(?!\d)"
    rf"|(?:(?P<han_year>{_YEAR})年)?(?P<han_month>\d\d?)月(?:(?P<han_day>\d\d?)[日号]|(?P<han_part>初|底|上旬|中旬"
    rf"|下旬))?"
    rf"|\b(?:(?P<part>early|beginning of|start of|mid|middle of|late|end of|the end of|anfang|mitte|ende)[ -])?"
    rf"(?:(?P<day>\d\d?)(?:st|nd|rd|th|\.)?\s(?:of\s)?)?(?P<month>{_MONTH})\b\.?"
    rf"(?:\s(?P<day_after>\d\d?)(?:st|nd|rd|th)?(?!\d))?(?:,?\s(?:of\s)?(?P<year>{_YEAR})(?!\d))?"
    rf"|\bq(?P<quarter>[1-4])[\s/-]?(?P<quarter_year>{_YEAR})?\b"
    rf"|(?:\b(?P<year_part>early|mid|late|anfang|mitte|ende)[ -])?(?<![\d.,$€£])(?P<only_year>{_YEAR})年?(?![\d%]"
    rf"|[.,]\d)",
    re.IGNORECASE,
)
_NOT_A_MONTH = re.compile(
    r"\b(?:in|since|until|till|by|of|last|this|next|from|to|and|early|mid|late|im|seit"
    r"|bis)[ -]$"
)
_THIRDS = {"初": (1, 10), "上旬": (1, 10), "中旬": (11, 20), "下旬": (21, 31), "底": (21, 31)}


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of days that a text names; both ends belong to it."""

    start: int
    """Where in the text, in characters."""
    end: int
    first: datetime.date
    last: datetime.date
    is_year: bool = False


def find_periods(text: str, today: datetime.date | None) -> list[Period]:
    """The periods that a text names, in order. Where it says no year, the latest one that begins up to `today`.

    Without `today` such a period is left out, as is a day that is none (30 February).
    """
    return [
        period
        for found in _PERIOD.finditer(text)
        if _is_a_date(found, text) and (period := _period(found, today)) is not None
    ]


def month_of(found: re.Match[str]) -> int | None:
    """The month that a match names, 1 to 12; None where it names none."""
    written = found["iso_month"] or found["dot_month"] or found["han_month"]
    return int(written) if written else MONTHS.get((found["month"] or "").casefold())


def find_months(text: str) -> Iterator[tuple[int, bool]]:
    """Each month that a text names, 1 to 12, in whatever notation, and whether it is that of a day."""
    for found in _PERIOD.finditer(text):
        month = month_of(found)
        if month and 1 <= month <= 12 and _is_a_date(found, text):
            yield month, bool(_day_of(found))


def _is_a_date(found: re.Match[str], text: str) -> bool:
    """Whether "may" and "march" are months here: beside a number, or after a word such as "in"."""
    word = found["month"]
    if not word or word.casefold() not in AMBIGUOUS_MONTHS:
        return True
    beside = found["day"] or found["day_after"] or found["year"] or found["part"]
    return bool(beside) or (
        bool(_NOT_A_MONTH.search(text[max(0, found.start() - 20) : found.start()].casefold())) and word[0].isupper()
    )


def _period(found: re.Match[str], today: datetime.date | None) -> Period | None:
    year = found["iso_year"] or found["dot_year"] or found["han_year"] or found["year"] or found["quarter_year"]
    month = month_of(found)
    day = _day_of(found)
    try:
        if found["only_year"]:
            days = _part_of_year(int(found["only_year"]), (found["year_part"] or "").casefold())
        elif not year and today is None:
            return None
        elif found["quarter"]:
            first_month = int(found["quarter"]) * 3 - 2
            days = _months(int(year) if year else _latest_year(first_month, 1, today), first_month, first_month + 2)
        else:
            assert month is not None  # noqa: S101 - of the alternatives only the two above name none
            number = int(year) if year else _latest_year(month, int(day or 1), today)
            days = _part_of_month(number, month, found) if not day else (datetime.date(number, month, int(day)),) * 2
    except ValueError:  # there is no such day
        return None
    return Period(found.start(), found.end(), *days, is_year=bool(found["only_year"]) and not found["year_part"])


def _day_of(found: re.Match[str]) -> str | None:
    return found["iso_day"] or found["dot_day"] or found["han_day"] or found["day"] or found["day_after"]


def _latest_year(month: int, day: int, today: datetime.date | None) -> int:
    assert today is not None  # noqa: S101 - looked at by the caller
    return today.year if (month, day) <= (today.month, today.day) else today.year - 1


def _months(year: int, first: int, last: int) -> tuple[datetime.date, datetime.date]:
    return datetime.date(year, first, 1), datetime.date(year, last, calendar.monthrange(year, last)[1])


def _part_of_year(year: int, word: str) -> tuple[datetime.date, datetime.date]:
    """The year, or the four months of it that "early", "mid" or "late" means."""
    if not word:
        return _months(year, 1, 12)
    return (
        _months(year, 5, 8)
        if word.startswith("mi")
        else _months(year, 9, 12)
        if word in {"late", "ende"}
        else _months(year, 1, 4)
    )


def _part_of_month(year: int, month: int, found: re.Match[str]) -> tuple[datetime.date, datetime.date]:
    """The month, or the third of it that "early", "mid" or "late" means."""
    first, last = _months(year, month, month)
    word = (found["part"] or "").casefold()
    if found["han_part"]:
        days = _THIRDS[found["han_part"]]
    elif not word:
        return first, last
    else:
        days = (11, 20) if word.startswith("mi") else (21, 31) if "late" in word or "end" in word else (1, 10)
    return first.replace(day=days[0]), last.replace(day=min(days[1], last.day))
