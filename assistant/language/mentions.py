"""Words such as "on Monday" or "last November", and the day of their text -> the days that they come to."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Iterator

from assistant.types import Article, DateMention, Passage, Span

_DAYS = {
    "monday": 0, "tuesday": 1, "wednesday": 2, "thursday": 3, "friday": 4, "saturday": 5, "sunday": 6,
    "montag": 0, "dienstag": 1, "mittwoch": 2, "donnerstag": 3, "freitag": 4, "samstag": 5, "sonnabend": 5,
    "sonntag": 6,
}  # fmt: skip
_CHINESE_DAYS = {"一": 0, "二": 1, "三": 2, "四": 3, "五": 4, "六": 5, "日": 6, "天": 6}
_MONTHS = {
    "january": 1, "february": 2, "march": 3, "april": 4, "may": 5, "june": 6, "july": 7, "august": 8, "september": 9,
    "october": 10, "november": 11, "december": 12, "januar": 1, "februar": 2, "märz": 3, "mai": 5, "juni": 6, "juli": 7,
    "oktober": 10, "dezember": 12,
}  # fmt: skip
_NUMBERS = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "einem": 1, "einer": 1, "zwei": 2, "drei": 3, "vier": 4, "fünf": 5, "sechs": 6, "sieben": 7, "acht": 8,
    "neun": 9, "zehn": 10,
}  # fmt: skip
_DAY = {
    "today": 0, "yesterday": -1, "tomorrow": 1, "heute": 0, "gestern": -1, "vorgestern": -2, "morgen": 1, "今天": 0,
    "今日": 0, "昨天": -1, "昨日": -1, "前天": -2, "明天": 1, "明日": 1,
}  # fmt: skip
_SPAN = {
    "last": -1, "past": -1, "previous": -1, "this": 0, "next": 1, "coming": 1, "letzte": -1, "vergangene": -1,
    "vorige": -1, "diese": 0, "nächste": 1, "kommende": 1, "上": -1, "本": 0, "这": 0, "下": 1,
}  # fmt: skip
_UNITS = {
    "week": "week", "month": "month", "year": "year", "woche": "week", "monat": "month", "jahr": "year", "周": "week",
    "星期": "week", "个月": "month", "月": "month", "day": "day", "tag": "day",
}  # fmt: skip
_FOUND = re.compile(
    r"\b(?P<day>today|yesterday|tomorrow|heute|(?:vor)?gestern)\b|(?P<han_day>[今昨明前]天|[今昨明]日)"
    rf"|\b(?:(?P<which>last|next|this|(?:letzte|vergangene|vorige|nächste|kommende|diese)[nrsm]?)|on"
    rf"|am)\s(?P<weekday>{'|'.join(_DAYS)})\b"
    rf"|\b(?P<which_month>last|next|this|(?:letzte|vergangene|nächste|diese)[nrsm]?)\s"
    rf"(?P<month>{'|'.join(_MONTHS)})\b"
    r"|\b(?P<relative>last|past|previous|this|next|coming|(?:letzte|vergangene|vorige|diese|nächste"
    r"|kommende)[nrsm]?)\s(?P<unit>week|month|year|woche|monat|jahr)(?:es)?\b"
    rf"|\b(?P<count>{'|'.join(_NUMBERS)}|\d{{1,3}})\s(?P<ago_unit>day|week|month|year)s?\sago\b"
    rf"|\bvor\s(?P<vor>{'|'.join(_NUMBERS)}|\d{{1,3}})\s(?P<vor_unit>tag|woche|monat|jahr)(?:en|n)?\b"
    r"|(?P<han_rel>[上本这下])(?P<han_unit>周|星期|个月)(?P<han_weekday>[一二三四五六日天])?|(?P<han_year>[去今明]年)",
    re.IGNORECASE,
)


def find_mentions(text: str, span: Span, day: datetime.date) -> Iterator[DateMention]:
    """The relative dates in a stretch of text that is from the given day, in order."""
    for found in _FOUND.finditer(text, span.start, span.end):
        days = resolve(found[0], day)
        if days:
            yield DateMention(Span(*found.span()), found[0], *days)


def mentions_in(text: str, passages: Iterable[tuple[Passage, Article]]) -> list[DateMention]:
    """The relative dates in the passages of a text, each by the day of its article; none where that is not known."""
    return [
        mention
        for passage, article in passages
        if article.date
        for mention in find_mentions(text, passage.span, article.date)
    ]


def resolve(words: str, day: datetime.date) -> tuple[datetime.date, datetime.date] | None:
    """The first and the last day that words come to in a text from the given day; None where they name none.

    "On Monday" is the latest one up to that day: newspapers tell what happened. A week begins on Monday.
    """
    found = _FOUND.fullmatch(words)
    if not found:
        return None
    try:
        return _days(found, day)
    except (OverflowError, ValueError):  # beyond the calendar
        return None


def _days(m: re.Match[str], day: datetime.date) -> tuple[datetime.date, datetime.date] | None:
    if m["day"] or m["han_day"]:
        one = day + datetime.timedelta(days=_DAY[(m["day"] or m["han_day"]).lower()])
        return one, one
    if m["weekday"]:
        return _weekday(day, _DAYS[m["weekday"].lower()], _direction(m["which"]) if m["which"] else None)
    if m["month"]:
        return _named_month(day, _MONTHS[m["month"].lower()], _direction(m["which_month"]))
    if m["unit"]:
        return _stretch(day, _UNITS[m["unit"].lower()], _direction(m["relative"]))
    if m["han_year"]:
        return _stretch(day, "year", {"去": -1, "今": 0, "明": 1}[m["han_year"][0]])
    if m["han_unit"]:
        first, last = _stretch(day, _UNITS[m["han_unit"]], _SPAN[m["han_rel"]])
        if m["han_weekday"]:
            first = last = first + datetime.timedelta(days=_CHINESE_DAYS[m["han_weekday"]])
        return first, last
    word, unit = m["count"] or m["vor"], m["ago_unit"] or m["vor_unit"]
    number = int(word) if word.isdecimal() else _NUMBERS[word.lower()]
    kind = _UNITS[unit.lower()]
    if kind == "day":
        one = day - datetime.timedelta(days=number)
        return one, one
    return _stretch(day, kind, -number)


def _direction(word: str) -> int:
    lower = word.lower()
    return _SPAN[lower if lower in _SPAN else lower[:-1]]


def _weekday(day: datetime.date, weekday: int, which: int | None) -> tuple[datetime.date, datetime.date]:
    back = (day.weekday() - weekday) % 7
    if which == 1:
        one = day + datetime.timedelta(days=7 - back)
    elif which == -1:
        one = day - datetime.timedelta(days=back or 7)
    elif which == 0:
        one = day - datetime.timedelta(days=day.weekday() - weekday)
    else:
        one = day - datetime.timedelta(days=back)
    return one, one


def _named_month(day: datetime.date, month: int, which: int) -> tuple[datetime.date, datetime.date]:
    """“Last November” is the latest one that is over, “next” the first that has not begun."""
    year = day.year
    if which == -1 and month >= day.month:
        year -= 1
    elif which == 1 and month <= day.month:
        year += 1
    return _month(year, month)


def _stretch(day: datetime.date, unit: str, steps: int) -> tuple[datetime.date, datetime.date]:
    """The week, month or year so many steps away."""
    if unit == "week":
        monday = day - datetime.timedelta(days=day.weekday()) + datetime.timedelta(weeks=steps)
        return monday, monday + datetime.timedelta(days=6)
    if unit == "month":
        months = day.year * 12 + day.month - 1 + steps
        return _month(months // 12, months % 12 + 1)
    return datetime.date(day.year + steps, 1, 1), datetime.date(day.year + steps, 12, 31)


def _month(year: int, month: int) -> tuple[datetime.date, datetime.date]:
    first = datetime.date(year, month, 1)
    following = datetime.date(year + month // 12, month % 12 + 1, 1)
    return first, following - datetime.timedelta(days=1)
