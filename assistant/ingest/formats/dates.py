"""A date as somebody wrote it -> a calendar day, or None where it names no single day."""

from __future__ import annotations

import re
from datetime import date, datetime

import dateparser

YEAR_FIRST = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?!\d)")
COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:\d{6})?(?!\d)")
NUMBERS_ONLY = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{2,4})(?!\d)")
LANGUAGES = ["en", "de", "zh"]
LONGEST_DATE = 100
"""In characters. What is longer is a sentence, and the parser slow on it."""
SETTINGS = {"REQUIRE_PARTS": ["day", "month", "year"], "PARSERS": ["absolute-time"]}


def parse_date(written: str) -> date | None:
    """Read an absolute date with day, month and year, in ISO form or in English, German or Chinese words.

    The day is the one that is written, in the writer's own time zone. None if there is no such day, if a part is
    missing, or if day and month cannot be told apart (03/04/2025).
    """
    written = written.strip()
    if found := YEAR_FIRST.match(written):
        return _day(found[1], found[3], found[4])
    if found := COMPACT.match(written):
        return _day(found[1], found[2], found[3])
    if found := NUMBERS_ONLY.match(written):
        return _day_or_month_first(found[1], found[3], found[4], dotted=found[2] == ".")
    return _in_words(written) if 0 < len(written) <= LONGEST_DATE else None


def _in_words(written: str) -> date | None:
    try:
        parsed: datetime | None = dateparser.parse(written, languages=LANGUAGES, settings=SETTINGS)
    except (ValueError, OverflowError):  # a year beyond the calendar
        return None
    return parsed.date() if parsed else None


def _day_or_month_first(first: str, second: str, year: str, *, dotted: bool) -> date | None:
    if len(year) != 4:
        return None  # 25/01/20 may be year, month and day
    if dotted or int(first) > 12 or first == second:  # dots are written where the day comes first
        return _day(year, second, first)
    return _day(year, first, second) if int(second) > 12 else None


def _day(year: str, month: str, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None
