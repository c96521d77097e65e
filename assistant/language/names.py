"""A claim's names and those of its cited sentences -> the one that is not there, or that another one spoke.

Doubt about a name counts for the claim: it may be a translation, a nationality ("Dutch" for the Netherlands), or
stand in the passage where the sentence says "she".
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from assistant.language.days import MONTHS, WEEKDAYS
from assistant.language.quantities import plain
from assistant.language.quantity_words import UNITS

ENGLISH = (
    "the a an of and or to in on at by for from with as is are was were be been has have had that this it its their "
    "his her not but which who will would said says after before over more than while when if we they he she there "
    "into about against under between during all no some most both each although though since because according also"
)
FUNCTION_WORDS = frozenset(ENGLISH.split())
FOREIGN_WORDS = frozenset(
    "der die das den dem des und ist sind war waren im am vom zum zur von zu ein eine einer eines nicht mit auf für hat"
    " haben wird werden bis bei nach aus um wie als auch le la les du une et est sont dans sur pour que qui été avec au"
    " aux ce cette er sie wir el los las del y en un una por con para se".split()
)
BOTH = frozenset("in was an as so a no me on".split())  # English ones that stand in other languages as well
_HAN = re.compile(r"[\u3400-\u9fff]")
ALIASES = {  # what a source may write for an acronym that is not made of its initials there
    "us": "united states|america|washington|u.s.",
    "usa": "united states|america|washington|u.s.",
    "uk": "united kingdom|britain|british|london",
    "eu": "european|europe|brussels",
    "un": "united nations",
    "prc": "china|chinese",
}
COMMON_ACRONYMS = {"ceo", "cfo", "pm", "mp", "mps", "tv", "it", "ai", "pr", "hq"}
PERIODS = re.compile(r"[QH][1-4]|FY\d+")  # "Q3" may stand as "the third quarter"
SAME_PLACE = """
    netherl dutch holland hague, german berlin bundes deutsch, france french paris, china chinese beijing, unit
    america washington us, britain british brit london uk england english, spain spanish spani madrid, switz swiss
    bern, greece greek athens, denm danish danes copenhagen, swed stockholm, norw oslo, poland polish poles warsaw,
    turk ankara, japan tokyo, russia moscow kremlin, india delhi, philipp filipin manila, thai bangkok, wales welsh,
    irel irish dublin, scot edinburgh, finl finn helsinki, portug lisbon, hungar budapest, czech prague, belgi
    brussels, egypt cairo, iraq baghdad, iran tehran, europe brussels eu union, ukrain kyiv kiev, taiwan taipei,
    korea seoul pyongyang, vietnam hanoi, indones jakarta, kenya nairobi, argentin buenos, cypr nicosia, canad
    ottawa, austral canberra, brazil brasil, mexic, peru lima, ital rome, austria vienna, malays kuala, pakist
    islamabad, israel jerusalem, saudi riyadh, qatar doha, ethiop addis, nigeri abuja, afghan kabul, lao vientiane,
    burm myanmar, kazakh astana, uzbek tashkent, serb belgrade, slovak bratislava, chile santiago, colomb bogot,
    bulgar sofia, romania buchar, estoni tallinn, latvi riga, lithuan vilnius, lebanon lebanese beirut, venez
    caracas, ecuad quito, belarus minsk, malta maltese, banglad dhaka, cambod khmer phnom, lanka colombo, mongol
    ulaan, north northern, south southern, east eastern, west western
"""
PLACES = """
    oman ghana gabon belize jordan morocc tunis algeri libya sudan zambia zimbab angola camero seneg tanzan uganda
    rwanda madagas mauriti nepal bhutan tajik turkmen kyrgyz georgia armenia azerb kuwait bahrain yemen syria cuba
    haiti jamaic bolivi paragu urugu panam guatem hondur nicarag salvad iceland luxemb croat sloven bosni macedon
    albani kosov monteneg moldov africa asia fiji tonga samoa papua singapor hong macau
"""
ONE_PLACE = [group.split() for group in SAME_PLACE.split(",")] + [[place] for place in PLACES.split()]
"""Beginnings of words that may stand for one another: a country, its people, its capital."""
SPEECH = (
    r"(?:said|says|told|tells|added|wrote|writes|argued|argues|warned|warns|stated|claims|claimed|insisted|announced|"
    r"conceded|thinks|believes|expects)"
)

LONGEST_NAME = 9  # words; more are a line of capitals, of which each word is looked for once
SHORT = 4  # letters; fewer begin too many other words ("us", "uk")
# What could be as long as the text is bounded, and gives nothing back: else a line without end is read for ever.
_CODE = re.compile(r"(?<![A-Za-z0-9])(?=[A-Za-z-]{0,40}[A-Z])[A-Za-z]{1,40}+-?\d{1,40}[A-Za-z0-9]{0,40}")
_ACRONYM = re.compile(r"(?<!\w)(?:[A-Z]{2,40}+|(?:[A-Z]\.){2,40}+)(?!\w)")
_WORD = r"[A-ZÀ-ÖØ-ÞĀ-Ž][\w’'-]{0,60}+"
_NAME = re.compile(rf"{_WORD}(?:\s+(?:(?:of|de|da|von|van|der|al|bin|du|&)\s+)?{_WORD})+")
_INNER_NAME = re.compile(rf"(?<=[a-z0-9,;%)] )(?!I\b)({_WORD})")
_FIRST_WORD = re.compile(rf"(?:^|[.:;!?] )(?:The |In |At |From |For )?({_WORD})")
_SPEAKER = re.compile(
    rf"({_WORD}(?: {_WORD}){{0,9}}+),? (?:also )?{SPEECH}\b|according to ({_WORD}(?: {_WORD}){{0,9}}+)"
)
_SPEAKING_PRONOUN = re.compile(rf"\b(?:he|she|they|it|who|I|we|one)\b[^.]{{0,12}}{SPEECH}\b", re.I)


def missing_name(claim: str, cited: str, known: str) -> str | None:
    """A name, an acronym or a code of the claim that stands nowhere in `known`; None if all do.

    `known` is the cited sentences with what a reader sees around them.
    """
    folded, claim = plain_name(known), unicodedata.normalize("NFKC", claim)
    squeezed = re.sub(r"[\s-]", "", folded)
    for code in dict.fromkeys(_CODE.findall(claim)):
        is_amount = any(code.lower().startswith(unit) for unit in UNITS if unit.isascii() and unit.isalpha())
        if not is_amount and not PERIODS.fullmatch(code) and plain_name(code).replace("-", "") not in squeezed:
            return str(code)
    if not (is_english(claim) and is_english(cited)):
        return None  # names change between languages
    for acronym in dict.fromkeys(_ACRONYM.findall(claim)):
        if not _acronym_is_known(acronym.replace(".", ""), folded):
            return str(acronym)
    for name in dict.fromkeys(_NAME.findall(claim)):
        if not _name_is_known(name, folded):
            return str(name)
    return _missing_name_of_one_word(claim, cited, folded)


def other_speaker(claim: str, cited: str) -> str | None:
    """Whom the claim lets speak, where the cited sentences let somebody else say it and do not name them at all."""
    if _SPEAKING_PRONOUN.search(cited) or not is_english(cited):
        return None
    speakers, folded, spoken_of = _speakers(cited), plain_name(cited), plain_name(claim)
    if not speakers or any(plain_name(speaker) in spoken_of for speaker in speakers):
        return None
    for name in _speakers(claim):
        words = [word for word in re.findall(r"[^\W\d_]+", plain_name(name)) if word not in FUNCTION_WORDS]
        if words and not any(_is_known(word, folded) for word in words):
            return name
    return None


def _speakers(text: str) -> list[str]:
    """Whom a text lets speak, each once."""
    return list(dict.fromkeys(match[1] or match[2] for match in _SPEAKER.finditer(text)))


def plain_name(text: str) -> str:
    """Lower case without accents: Édouard and Edouard are one."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(ch for ch in apart if not unicodedata.combining(ch))


def _missing_name_of_one_word(claim: str, cited: str, known: str) -> str | None:
    """A name of one word, of which nothing that begins alike is known, where the sentences name another instead.

    After "in", "from" and the like the passage excuses nothing if the sentences have another name after that word.
    """
    spoken_of, in_cited = plain_name(claim), plain_name(cited)
    others = [word for word in dict.fromkeys(single_names(cited)) if not _is_known(word, spoken_of)]
    if not others:
        return None
    for word in dict.fromkeys(single_names(claim)):
        rival = not is_place(word) or any(is_place(other) for other in others)  # any reader knows whose Shanghai is
        if rival and not all(_is_known(part, known) for part in word.split("-") if part):
            return word.capitalize()
        before = re.search(rf"(?<!according )\b(in|from|near|to|at|by) {re.escape(word)}\b", spoken_of)
        if before and not re.search(rf"\b{re.escape(word[: max(4, len(word) - 3)])}", in_cited):
            rivals = [other for other in others if re.search(rf"\b{before[1]} {re.escape(other)}\b", in_cited)]
            if rivals:
                return word.capitalize()
    return None


def single_names(text: str, *, acronyms: bool = False) -> list[str]:
    """Names of one word, folded: capitalised words within a sentence, and a place that begins one."""
    found = [match[1] for match in _FIRST_WORD.finditer(text) if is_place(plain_name(match[1]))]
    within = {word for name in _NAME.findall(text) if len(name.split()) > 2 for word in name.split()}
    if acronyms:
        found, within = [*found, *(a for a in _ACRONYM.findall(text) if a.lower() not in UNITS)], set()
    inner = [
        word for word in _INNER_NAME.findall(text) if word not in within and word.lower() not in UNITS
    ]  # longer names are looked at as a whole
    words = [re.sub(r"['’]s?$", "", plain_name(word)) for word in [*found, *inner] if acronyms or not word.isupper()]
    no_names = {*FUNCTION_WORDS, *MONTHS, *WEEKDAYS}
    return [
        word
        for word in words
        if len(word) > 1 + (not acronyms) and word not in no_names and word.rstrip("s") not in WEEKDAYS
    ]


def is_place(word: str) -> bool:
    """Whether a folded word names a country, its people, or its capital."""
    return any(word.startswith(beginning) for group in ONE_PLACE for beginning in group if len(beginning) > 3)


def are_one_place(one: str, other: str) -> bool:
    """Whether two folded words name one place: the US and Americans, Berlin and the Germans."""
    return bool(_places(one) & _places(other))


@lru_cache(maxsize=10_000)
def _places(word: str) -> frozenset[int]:
    """The places that a folded word may name, by their place in `ONE_PLACE`."""
    return frozenset(
        place
        for place, beginnings in enumerate(ONE_PLACE)
        if any(word == b if len(b) < SHORT else word.startswith(b) for b in beginnings)
    )


def _is_known(word: str, known: str) -> bool:
    """Whether something that begins alike stands there, or another word for the same place."""
    beginning = word[: max(4, len(word) - 3)]
    if beginning in known and re.search(rf"\b{re.escape(beginning)}", known):
        return True
    groups = [group for group in ONE_PLACE if any(word.startswith(beginning) for beginning in group)]
    return any(re.search(rf"\b{beginning}", known) for group in groups for beginning in group)


def is_english(text: str) -> bool:
    """Whether a sentence may be English, by its small words; fewer than four words may, unless they are foreign."""
    words = re.findall(r"[^\W\d_]+", plain(text))
    english = [word for word in words if word in FUNCTION_WORDS]
    foreign = sum(word in FOREIGN_WORDS or bool(_HAN.search(word)) for word in words)
    # One foreign word may be of a name (La Paz); with an accent beside it, it is none.
    if foreign > sum(word not in BOTH for word in english) and (foreign > 1 or not text.isascii()):
        return False
    return len(words) < SHORT or len(english) >= len(words) / 10


def _acronym_is_known(acronym: str, known: str) -> bool:
    folded = acronym.lower()
    if folded in COMMON_ACRONYMS or folded in UNITS:
        return True
    # "U.S." is known as "US"; but where a dot stands between two words, "AA.0", taking it out would hide the name.
    if any(re.search(rf"\b{folded}s?\b", written) for written in (known, known.replace(".", ""))):
        return True
    if re.search(ALIASES.get(folded, "(?!)"), known):
        return True
    return any(folded in initials for initials in _initials(known))


@lru_cache(maxsize=4)  # of the sentences that a claim's acronyms are looked for in, one after the other
def _initials(known: str) -> tuple[str, str]:
    """The first letters of all words, and of all but the small ones."""
    words = re.findall(r"[^\W\d_]+", known)
    return "".join(word[0] for word in words), "".join(word[0] for word in words if word not in FUNCTION_WORDS)


def _name_is_known(name: str, known: str) -> bool:
    """Whether any telling word of a name occurs; the ending may differ (China, Chinese)."""
    words = [word for word in re.findall(r"[^\W\d_]+", plain_name(name)) if word not in FUNCTION_WORDS and word != "s"]
    words = list(dict.fromkeys(words)) if len(words) > LONGEST_NAME else words
    if len(words) < 2 or all(word in MONTHS or word in WEEKDAYS for word in words):
        return True
    telling = [word for word in words if len(word) > 3] or words
    initials = "".join(word[0] for word in words)
    return any(_is_known(word, known) for word in telling) or bool(re.search(rf"\b{initials}\b", known))
