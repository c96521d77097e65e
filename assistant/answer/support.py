"""A claim and the sentences it cites -> whether they carry its numbers, dates and names.

This finds what a careful reader would strike at a glance: a changed figure, a date or a name that is not there. It
does not understand the sentence. Doubt about a number counts against the claim, doubt about a name for it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from assistant.answer.quantities import UNITS, Quantity, find_quantities, plain

MONTH_NAMES = (
    "january|jan|januar february|feb|februar march|mar|märz april|apr may|mai june|jun|juni july|jul|juli august|aug "
    "september|sep|sept october|oct|oktober|okt november|nov december|dec|dezember|dez"
)
MONTHS = {name: month for month, names in enumerate(MONTH_NAMES.split(), start=1) for name in names.split("|")}
AMBIGUOUS_MONTHS = {"may", "march", "mar", "mai", "jan", "jun", "dec", "sep"}  # also words or names
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
ENGLISH = (
    "the a an of and or to in on at by for from with as is are was were be been has have had that this it its their "
    "his her not but which who will would said says after before over more than while when if we they he she there "
    "into about against under between during all no some most both each although though since because according also"
)
FUNCTION_WORDS = frozenset(ENGLISH.split())
ALIASES = {  # what a source may write for an acronym that is not made of its initials there
    "us": "united states|america|washington|u.s.",
    "usa": "united states|america|washington|u.s.",
    "uk": "united kingdom|britain|british|london",
    "eu": "european|europe|brussels",
    "un": "united nations",
    "prc": "china|chinese",
}
COMMON_ACRONYMS = {"ceo", "cfo", "pm", "mp", "mps", "tv", "it", "ai", "pr", "hq"}
LARGEST_COUNTED = 12
ROUNDING = Decimal("0.05")  # of the larger one; "nearly 600" may be said of 589, not of 550
STEM_LETTERS = 5  # month and months, chip and chips
PERIODS = re.compile(r"[QH][1-4]|FY\d+")  # "Q3" may stand as "the third quarter"

_CODE = re.compile(r"(?<![A-Za-z0-9])(?=[A-Za-z-]*[A-Z])[A-Za-z]+-?\d+[A-Za-z0-9]*")
_ACRONYM = re.compile(r"(?<!\w)(?:[A-Z]{2,}|(?:[A-Z]\.){2,})(?!\w)")
_NAME = re.compile(r"[A-ZÀ-ÖØ-Þ][\w’'-]*(?:\s+(?:(?:of|de|da|von|van|der|al|bin|du|&)\s+)?[A-ZÀ-ÖØ-Þ][\w’'-]*)+")
_MONTH = re.compile(rf"(?<![a-zäöü])(?:{'|'.join(sorted(MONTHS, key=len, reverse=True))})(?![a-zäöü])")
_DAY = re.compile(
    rf"(?<!\d)(\d{{1,2}})(?:st|nd|rd|th)?\.? (?:of )?({_MONTH.pattern})"
    rf"|({_MONTH.pattern})\.? (\d{{1,2}})(?:st|nd|rd|th)?(?!\d)"
)
_ISO_DAY = re.compile(r"(?<!\d)\d{4}-(\d\d)-(\d\d)(?!\d)")
_NUMERIC_MONTH = re.compile(r"(?<!\d)(?:\d{4}[-/.](\d{1,2})[-/.]\d{1,2}|\d{1,2}[-/.](\d{1,2})[-/.]\d{2,4}|(\d{1,2})月)")


@dataclass(frozen=True, slots=True)
class Support:
    """Whether the cited sentences carry a claim, and if not, why, in the user's words."""

    state: Literal["supported", "unsupported"]
    problem: str | None = None


def check_support(claim_text: str, quotes: Sequence[str], context: str = "", surroundings: str = "") -> Support:
    """Look for every number, date and name of the claim in the cited sentences.

    `context` is what the reader knows besides: the heads of the cited passages (outlet, author, date, title) and the
    question. Names, months and days may come from there, amounts may not: a question can suggest a wrong figure.
    `surroundings` are the cited passages: only names may come from them, for the sentence may say "she". Text of any
    kind is taken; nothing is raised.
    """
    cited = "\n".join(quotes)
    if not cited.strip():
        return Support("unsupported", "It points at no sentence of the sources.")
    missing = _missing_quantity(claim_text, cited, context)
    if missing:
        return Support("unsupported", f"The cited sentences do not give “{missing}”.")
    missing = _missing_date_word(claim_text, cited, context) or _missing_name(
        claim_text, cited, f"{cited}\n{context}\n{surroundings}"
    )
    if missing:
        return Support("unsupported", f"The cited sentences do not mention “{missing}”.")
    return Support("supported")


def _missing_quantity(claim: str, cited: str, context: str) -> str | None:
    in_sentences = find_quantities(cited)
    known = in_sentences + [quantity for quantity in find_quantities(context) if _may_be_in_a_date(quantity)]
    for wanted in find_quantities(claim):
        if any(wanted.agrees_with(quantity) or _rounds(wanted, quantity) for quantity in known):
            continue
        if _was_counted(wanted):
            if any(_counts_the_same(wanted, quantity) for quantity in in_sentences):
                return wanted.text
        elif wanted.firm:
            return wanted.text
    return None


def _rounds(wanted: Quantity, given: Quantity) -> bool:
    """Whether "nearly 600 billion" is said of 589 billion."""
    same_unit = not wanted.unit or not given.unit or bool(wanted.unit & given.unit)
    near = any(abs(w - g) <= ROUNDING * max(w, g) for w in wanted.values for g in given.values)
    return wanted.hedged and same_unit and near


def _was_counted(wanted: Quantity) -> bool:
    """A small whole number without a unit, which a reader may have counted: "the three countries"."""
    return not wanted.unit and max(wanted.values) <= LARGEST_COUNTED and max(wanted.values) % 1 == 0


def _counts_the_same(wanted: Quantity, given: Quantity) -> bool:
    """Whether the source counts the same thing, and so to another number: four chips, where it says three chips."""
    return bool(wanted.counted) and wanted.counted[:STEM_LETTERS] == given.counted[:STEM_LETTERS]


def _may_be_in_a_date(quantity: Quantity) -> bool:
    """A year, or the day of a month: no unit, no scale."""
    values = [value for value in quantity.values if value == value.to_integral_value()]
    in_digits = quantity.text.isdigit() and len(quantity.text) in {1, 2, 4}
    return not quantity.unit and in_digits and any(1 <= value <= 31 or 1900 <= value <= 2100 for value in values)


def _missing_date_word(claim: str, cited: str, context: str) -> str | None:
    wrong_day = _wrong_day(plain(claim), plain(cited), plain(context))
    if wrong_day:
        return wrong_day
    known = f"{cited}\n{context}"
    months = _months(plain(known), certain_only=False)
    for month, word in _months(plain(claim), certain_only=True).items():
        if month not in months:
            return word.capitalize()
    for day in WEEKDAYS:
        if re.search(rf"\b{day}s?\b", plain(claim)) and day not in plain(known):
            return day.capitalize()
    return None


def _wrong_day(claim: str, cited: str, context: str) -> str | None:
    """A day of a month, where the source gives days and none of them is it."""
    given = _days(cited)
    for day, word in _days(claim).items():
        if given and day not in given and day not in _days(context):
            return word
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
    """Month number -> the word that names it. A word that is also another one counts beside a number only."""
    found: dict[int, str] = {}
    for match in _MONTH.finditer(text):
        beside_number = re.search(r"\d\s*(?:st|nd|rd|th)?\.?\s*(?:of\s+)?$", text[: match.start()]) or re.match(
            r"\.?\s*\d", text[match.end() :]
        )
        if not certain_only or match[0] not in AMBIGUOUS_MONTHS or beside_number:
            found.setdefault(MONTHS[match[0]], match[0])
    if not certain_only:
        for match in _NUMERIC_MONTH.finditer(text):
            found.setdefault(int(match[1] or match[2] or match[3]), match[0])
    return found


def _missing_name(claim: str, cited: str, known: str) -> str | None:
    known, claim = plain(known), unicodedata.normalize("NFKC", claim)
    squeezed = re.sub(r"[\s-]", "", known)
    for code in _CODE.findall(claim):
        is_amount = any(code.lower().startswith(unit) for unit in UNITS if unit.isascii() and unit.isalpha())
        if not is_amount and not PERIODS.fullmatch(code) and plain(code).replace("-", "") not in squeezed:
            return str(code)
    if not (_is_english(claim) and _is_english(cited)):
        return None  # names change between languages
    for acronym in _ACRONYM.findall(claim):
        if not _acronym_is_known(acronym.replace(".", ""), known):
            return str(acronym)
    for name in _NAME.findall(claim):
        if not _name_is_known(name, known):
            return str(name)
    return None


def _is_english(text: str) -> bool:
    words = re.findall(r"[a-zäöüß]+", plain(text))
    return len(words) < 4 or sum(word in FUNCTION_WORDS for word in words) >= len(words) / 10


def _acronym_is_known(acronym: str, known: str) -> bool:
    folded = acronym.lower()
    if folded in COMMON_ACRONYMS or folded in UNITS or re.search(rf"\b{folded}s?\b", known.replace(".", "")):
        return True
    if re.search(ALIASES.get(folded, "(?!)"), known):
        return True
    words = re.findall(r"[^\W\d_]+", known)
    initials = "".join(word[0] for word in words)
    without_small_words = "".join(word[0] for word in words if word not in FUNCTION_WORDS)
    return folded in initials or folded in without_small_words


def _name_is_known(name: str, known: str) -> bool:
    """Whether any telling word of a name occurs; the ending may differ (China, Chinese)."""
    words = [word for word in re.findall(r"[^\W\d_]+", plain(name)) if word not in FUNCTION_WORDS and word != "s"]
    if len(words) < 2 or all(word in MONTHS or word in WEEKDAYS for word in words):
        return True
    telling = [word for word in words if len(word) > 3] or words
    initials = "".join(word[0] for word in words)
    return any(word[: max(4, len(word) - 3)] in known for word in telling) or bool(re.search(rf"\b{initials}\b", known))
