"""A question and the newest day of the library -> the days that the question wishes for, if it does.

"Now" and "this month" are told from the newest text that there is, not from today's clock: of a library that ends in
January the state of January is the latest that anybody can be told, and the same question finds the same passages next
year. A wish only moves passages up; it never leaves one out.
"""

from __future__ import annotations

import datetime
import re

from assistant.language.periods import find_periods
from assistant.types import DatePreference

REPORTED_DAYS = 14  # after a period, in which news about it still appears
STATE_DAYS = 31  # before the day "as of" which a state is asked for, in which it was last reported

_LATEST = re.compile(
    r"\b(?:latest|newest|most recent(?:ly)?|recent(?:ly)?|current(?:ly)?|now(?:adays)?|at present|at the moment"
    r"|these days"
    r"|today|so far|to date|up to date|aktuell\w*|derzeit\w*|momentan|gegenwärtig\w*|zurzeit|heute|jetzt|inzwischen"
    r"|neueste\w*|jüngste\w*|zuletzt|bislang|actuellement|dernière?s?)\b|最新|目前|现在|当前|如今|最近|今天|迄今",
    re.IGNORECASE,
)
_AS_OF = re.compile(
    r"(?:\b(?:as of|as at|status (?:in|of|on)|state (?:in|of|on)|stand(?: vom|:)?|per)\s(?:the\s)?|截至|截止到?)$",
    re.IGNORECASE,
)
_RELATIVE = re.compile(
    r"\b(?:(?P<which>this|last|past|previous|diese[nrsm]?|letzte[nrsm]?|vergangene[nrsm]?|vorige[nrsm]?)\s"
    r"(?P<unit>week|month|quarter|year|woche|monat|quartal|jahr)(?:es)?)\b(?!\s(?:of|des))"
    r"|\b(?P<edge>first|last|erste|letzte)\s(?:week|woche)\s(?:of|im|des)\s(?:the\s)?(?P<of_month>month|monats?)?"
    r"|\b(?P<day>yesterday|gestern)\b|(?P<han_which>[这本上去今])(?P<han_unit>周|个?月|年|星期)|昨天",
    re.IGNORECASE,
)
_UNITS = {
    "woche": "week", "monat": "month", "quartal": "quarter", "jahr": "year", "周": "week", "星期": "week",
    "月": "month", "个月": "month", "年": "year",
}  # fmt: skip
_QUOTED = re.compile(r"[“„\"«「].*?[”“\"»」]|(?<!\w)['‘].+?['’](?!\w)")
_DAY = datetime.timedelta(days=1)
Days = tuple[datetime.date, datetime.date]


def date_wish(question: str, newest: datetime.date | None) -> DatePreference | None:
    """The days that a question wishes for, or None. `newest` is the day of the library's newest text, if one is known.

    A day, month or quarter that is named is wished for with two weeks after it; the state "as of" a day with the month
    before it. A year alone is no wish: what happened in a year is told in the next one as well.
    """
    question = _QUOTED.sub("", question)
    for wish in (_relative(question, newest), _named(question, newest)):
        if wish is not None:
            return wish
    return DatePreference(None, None, latest=True) if _LATEST.search(question) else None


def _named(question: str, newest: datetime.date | None) -> DatePreference | None:
    periods = [period for period in find_periods(question, newest) if not period.is_year]
    if not periods:
        return None
    first, last = min(period.first for period in periods), max(period.last for period in periods)
    if _AS_OF.search(question[: periods[0].start]):
        return DatePreference(_moved(first, -STATE_DAYS), last, latest=True)
    return DatePreference(first, _moved(last, REPORTED_DAYS), latest=bool(_LATEST.search(question)))


def _relative(question: str, newest: datetime.date | None) -> DatePreference | None:
    found = _RELATIVE.search(question)
    if not found or newest is None:
        return None
    if found["edge"]:
        named = find_periods(question[found.end() - 1 :], newest)
        month = (named[0].first, named[0].last) if named else _unit("month", newest)
        first, last = (
            (month[0], month[0] + 6 * _DAY)
            if found["edge"].casefold() in {"first", "erste"}
            else (month[1] - 6 * _DAY, month[1])
        )
        return DatePreference(first, _moved(last, REPORTED_DAYS))
    if not (found["which"] or found["han_which"]):
        return DatePreference(_moved(newest, -1), newest)
    unit = (found["unit"] or found["han_unit"]).casefold()
    this = (found["which"] or "").casefold().startswith(("this", "diese")) or (found["han_which"] or "") in {
        "这",
        "本",
        "今",
    }
    first, last = _unit(_UNITS.get(unit, unit), newest)
    if this:
        return DatePreference(first, last, latest=True)
    if _UNITS.get(unit, unit) == "year":
        return None
    before = _unit(_UNITS.get(unit, unit), first - _DAY)
    return DatePreference(before[0], _moved(before[1], REPORTED_DAYS))


def _unit(unit: str, day: datetime.date) -> Days:
    """The week, month, quarter or year that a day is in."""
    if unit == "week":
        monday = day - day.weekday() * _DAY
        return monday, monday + 6 * _DAY
    if unit == "year":
        return datetime.date(day.year, 1, 1), datetime.date(day.year, 12, 31)
    months = 3 if unit == "quarter" else 1
    first = day.replace(day=1, month=(day.month - 1) // months * months + 1)
    following = (first.replace(day=28) + (31 * (months - 1) + 4) * _DAY).replace(day=1)
    return first, following - _DAY


def _moved(day: datetime.date, days: int) -> datetime.date:
    try:
        return day + days * _DAY
    except OverflowError:  # at the end of the calendar
        return day
