"""A claim's days, months and weekdays and those of its cited sentences -> the one that is not there."""

from __future__ import annotations

import re

from assistant.language.quantities import plain

MONTH_NAMES = (
    "january|jan|januar february|feb|februar march|mar|märz april|apr may|mai june|jun|juni july|jul|juli august|aug "
    "september|sep|sept october|oct|oktober|okt november|nov december|dec|dezember|dez"
)
MONTHS = {name: month for month, names in enumerate(MONTH_NAMES.split(), start=1) for name in names.split("|")}
AMBIGUOUS_MONTHS = {"may", "march", "mar", "mai", "jan", "jun", "dec", "sep"}  # also words or names
BESIDE_CHARACTERS = 40  # before a month, in which what makes a date of it stands
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

# Letters of any language: the French "après" is no April.
_MONTH = re.compile(rf"(?<![^\W\d_])(?:{'|'.join(sorted(MONTHS, key=len, reverse=True))})(?![^\W\d_])")
_DAY = re.compile(
    rf"(?<!\d)(\d{{1,2}})(?:st|nd|rd|th)?\.? (?:of )?({_MONTH.pattern})"
    rf"|({_MONTH.pattern})\.? (\d{{1,2}})(?:st|nd|rd|th)?(?!\d)"
)
_ISO_DAY = re.compile(r"(?<!\d)\d{4}-(\d\d)-(\d\d)(?!\d)")
_NUMERIC_MONTH = re.compile(r"(?<!\d)(?:\d{4}[-/.](\d{1,2})[-/.]\d{1,2}|\d{1,2}[-/.](\d{1,2})[-/.]\d{2,4}|(\d{1,2})月)")
_NUMBER_AFTER = re.compile(r"\.?\s*\d")
_BEFORE_A_MONTH = re.compile(
    r"(?:\d\s*(?:st|nd|rd|th)?\.?\s*(?:of\s+)?|\b(?:in|since|until|till|by|last|next|this|from|early|mid|late|of)[ -])$"
)


def missing_date_word(claim: str, cited: str, context: str = "") -> str | None:
    """The day, month or weekday of the claim that the sentences do not give; None if all are there.

    `context` (where and when it was published) counts only for what the sentences say nothing else of.
    """
    claim, cited, context = plain(claim), plain(cited), plain(context)
    return (
        _wrong_day(claim, cited, context)
        or _wrong_month(claim, cited, context)
        or _wrong_weekday(claim, cited, context)
    )


def places_of_days(text: str) -> frozenset[int]:
    """The offsets at which a plain text names a day of a month: within 31 March, 2025-03-31."""
    found = (match for pattern in (_DAY, _ISO_DAY) for match in pattern.finditer(text))
    return frozenset(offset for match in found for offset in range(match.start(), match.end()))


def _wrong_day(claim: str, cited: str, context: str) -> str | None:
    """A day of a month, where the source gives days and none of them is it."""
    given, wanted = _days(cited), _days(claim)
    for day, word in wanted.items():
        others = [other for other in given if other not in wanted]
        if given and day not in given and (others or day not in _days(context)):
            return word
    return None


def _wrong_month(claim: str, cited: str, context: str) -> str | None:
    given, wanted = _months(cited, certain_only=False), _months(claim, certain_only=True)
    others = [month for month in _months(cited, certain_only=True) if month not in wanted]
    for month, word in wanted.items():
        if month not in given and (others or month not in _months(context, certain_only=False)):
            return word.capitalize()
    return None


def _wrong_weekday(claim: str, cited: str, context: str) -> str | None:
    others = [day for day in WEEKDAYS if day in cited and day not in claim]
    for day in WEEKDAYS:
        if re.search(rf"\b{day}s?\b", claim) and day not in cited and (others or day not in context):
            return day.capitalize()
    return None


def _days(text: str) -> dict[tuple[int, int], str]:
    """(month, day) -> how it is written: 31 March, March 31st, 2025-03-31."""
    found: dict[tuple[int, int], str] = {}
    for match in _DAY.finditer(text):
        found.setdefault((MONTHS[match[2] or match[3]], int(match[1] or match[4])), match[0].title())
    for match in _ISO_DAY.finditer(text):
        found.setdefault((int(match[1]), int(match[2])), match[0])
    return found


def _months(text: str, *, certain_only: bool) -> dict[int, str]:
    """Month number -> the word that names it. A word that is also another one counts where a date is meant."""
    found: dict[int, str] = {}
    for match in _MONTH.finditer(text):
        before = text[max(0, match.start() - BESIDE_CHARACTERS) : match.start()]
        in_date = _BEFORE_A_MONTH.search(before) or _NUMBER_AFTER.match(text, match.end())
        if not certain_only or match[0] not in AMBIGUOUS_MONTHS or in_date:
            found.setdefault(MONTHS[match[0]], match[0])
    for match in _NUMERIC_MONTH.finditer(text):
        number = int(match[1] or match[2] or match[3])
        if 1 <= number <= 12 and not certain_only:
            found.setdefault(number, match[0])
    return found
