"""Lines, file names and marks such as "(25/01/20)" -> the day that they state a text to be from.

A day that a text merely speaks of is not its own: a line counts only where it says little else, and never where it
announces an event.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence

from assistant.ingest.formats.dates import parse_date

LINE_LIMIT = 140  # characters
OLDEST_ITEM = datetime.timedelta(days=100)  # before the issue: a digest does not list older ones
SPREAD = datetime.timedelta(days=62)  # between the oldest and the newest item of one digest
MONTH = (
    r"(?:Jan(?:uary|uar)?|Feb(?:ruary|ruar)?|Mar(?:ch)?|März|Apr(?:il)?|May|Mai|June?|Juni|July?|Juli|Aug(?:ust)?"
    r"|Sept?(?:ember)?|O[ck]t(?:ober)?|Nov(?:ember)?|De[cz](?:ember)?)\.?"
)
DATE = (
    rf"(?:\b\d{{1,2}}(?:st|nd|rd|th|\.)?\s+{MONTH},?\s+(?:19|20)\d\d\b"
    rf"|\b{MONTH}\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s+(?:19|20)\d\d\b"
    r"|\b\d{1,2}\.\d{1,2}\.(?:19|20)\d\d\b"
    r"|\b(?:19|20)\d\d-\d\d-\d\d\b|(?:19|20)\d\d\s?年\s?\d{1,2}\s?月\s?\d{1,2}\s?日)"
)
"""A day with its year, in English, German or Chinese."""
_WEEKDAY = (
    r"(?:(?:Mon|Tue|Tues|Wed|Wednes|Thu|Thurs|Fri|Sat|Satur|Sun)(?:day)?,?\s+"
    r"|(?:Mon|Diens|Donners|Frei|Sams|Sonn)tag,?\s+(?:den\s+)?|Mittwoch,?\s+(?:den\s+)?)"
)
# The line states when the text is from: the date, after a place, a name and a mark, or a word such as "Published".
_DATE_LINE = re.compile(
    r"(?:\W*|(?:[^\s,]+\s+){0,3}[^\s,]+,\s*|.{1,70}[|:–—·•/(,]\s*)"
    r"(?:(?:first |last )?(?:published|updated|posted|issued|released|dated|veröffentlicht|stand|发布时间|日期)"
    r"(?:\s+on|\s+am|[:：])?\W*)?"
    rf"{_WEEKDAY}?"
    rf"(?P<date>{DATE})(?:\W*|\s*[|–—·•/),]\s*.{{1,60}}|,?\s+(?:at|um|by|von)\s.{{1,60}}|\s*(?:星期|周)?.{{0,4}})",
    re.IGNORECASE,
)
_EVENT = re.compile(
    r"\b(?:webinar|event|conference|seminar|workshop|register|join|deadline|veranstaltung|until|bis|entry|since)\b"
    r"|^(?!\W*(?:updated|published|posted|veröffentlicht|stand)).*(?:\d\s?(?:[ap]\.?m\b|uhr\b)|\b(?:CET|CEST|GMT|UTC)\b)",
    re.IGNORECASE,
)
_IN_NAME = re.compile(r"(?<!\d)((?:19|20)\d\d)([-_.]?)([01]\d)\2([0-3]\d)(?!\d)")
_SHORT_MARK = re.compile(r"\((\d\d)/(\d\d)/(\d\d)\)\W*$")
_LONG_MARK = re.compile(rf"\(({DATE}|(?:19|20)\d\d[-/.]\d\d?[-/.]\d\d?)\)\W*$", re.IGNORECASE)
_ORDERS = ((0, 1, 2), (2, 1, 0), (2, 0, 1))  # where year, month and day stand: 25/01/30, 30/01/25, 01/30/25


def stated_date(line: str) -> datetime.date | None:
    """The day that a line states the text to be from: "Thursday, 30 January 2025", "By Ann Example | 30 Jan 2025"."""
    if len(line) > LINE_LIMIT or _EVENT.search(line):
        return None
    found = _DATE_LINE.fullmatch(line)
    return parse_date(found["date"]) if found else None  # "31 February 2025" is no date


def date_in_name(name: str) -> datetime.date | None:
    """The day in a file's name, "2025-01-17-newsletter.txt", if there is just one; ISO order only."""
    found = {_day(m[1], m[3], m[4]) for m in _IN_NAME.finditer(name.rsplit("/", 1)[-1])}
    return found.pop() if len(found) == 1 else None


def marked_dates(paragraphs: Sequence[str], issue: datetime.date | None) -> list[datetime.date | None]:
    """The day in brackets at the end of each paragraph.

    Two-digit marks may be read in three orders: the one counts by which every mark of the document is a day, not after
    the issue and not long before it (without an issue date: near each other), if there is only one such order.
    """
    marks = [_SHORT_MARK.search(paragraph) for paragraph in paragraphs]
    parts = [(m[1], m[2], m[3]) for m in marks if m]
    readings = [
        order
        for order in _ORDERS
        if parts and _plausible([_day("20" + p[order[0]], p[order[1]], p[order[2]]) for p in parts], issue)
    ]
    order = readings[0] if len(readings) == 1 else None
    days: list[datetime.date | None] = []
    for paragraph, mark in zip(paragraphs, marks, strict=True):
        if mark:
            days.append(_day("20" + mark[order[0] + 1], mark[order[1] + 1], mark[order[2] + 1]) if order else None)
        else:
            long = _LONG_MARK.search(paragraph)
            days.append(parse_date(long[1]) if long else None)
    return days


def _plausible(days: list[datetime.date | None], issue: datetime.date | None) -> bool:
    known = [day for day in days if day]
    if len(known) < len(days):
        return False
    if issue:
        return all(issue - OLDEST_ITEM <= day <= issue for day in known)
    return len(known) > 1 and max(known) - min(known) <= SPREAD


def _day(year: str, month: str, day: str) -> datetime.date | None:
    try:
        return datetime.date(int(year), int(month), int(day))
    except ValueError:
        return None
