"""Words -> the names of people in them, told from the names of organisations by the words that these are made of."""

from __future__ import annotations

import re

UPPER = "A-ZÀ-ÖØ-ÞĀĂĄĆČĎĐĒĘĚĞĢĪİĶŁĻŃŅŇŐŒŘŚŞŠŤŪŮŰŹŻŽ"
_WORD = rf"(?:(?<!\w)[{UPPER}](?:[\w’']|-(?=\w)){{0,40}}|(?<!\w)(?:[A-Z]\.){{1,3}})"
_PARTICLE = r"(?:van der|van den|van|von der|von|de la|de|del|della|di|da|dos|bin|ibn|al|el|zu|ter)"
PERSON = rf"{_WORD}(?:\s+(?:{_PARTICLE}\s+)?{_WORD}){{1,3}}"
"""Two to four capitalised words. Whether they name a person, `is_person` says."""
ROLE = (
    r"(?:member|economist|editor|correspondent|journalist|reporter|professor|convenor|convener|analyst|author|writer"
    r"|activist|historian|founder|director|expert|scholar|researcher|columnist|secretary|president|chair|chairman"
    r"|chairwoman|fellow|minister|ambassador|spokesperson|organiser|organizer|blogger|lawyer|academic"
    r"|scientist|critic"
    r"|chief|leader|engineer|teacher|sociologist|philosopher|poet|novelist|commentator|strategist|lecturer|veteran)"
)
# Words that stand in the names of organisations, papers, places and rubrics, and hardly ever in those of people.
_NO_PERSON = frozenset(
    "the this that these our your their in on at for from of and a an by with after before when while as if new news"
    " times post star journal daily herald tribune gazette weekly magazine press review chronicle observer"
    " world today"
    " agency broadcasting zeitung institute university college school center centre group party council"
    " committee ministry"
    " foundation association society bank company corp inc ltd co international national editorial team"
    " board staff desk"
    " republic states kingdom union commission office department embassy forum project network league"
    " federation trust"
    " street road avenue square northern southern eastern western hong kong beijing shanghai china"
    " europe european american chinese german british asia africa america united central people more read"
    " reading media"
    " monday tuesday wednesday thursday friday saturday sunday january february march april june july august"
    " september"
    " october november december year day week month part chapter section figure table source photo top story"
    " topics digest"
    " contents podcast podcasts webinar events analysis opinion comment letters briefing"
    " newsletter edition issue".split()
)
_PERSON = re.compile(PERSON)


def is_person(words: str) -> bool:
    """Whether the words, all of them, look like the name of a person: "Ann van der Berg", "CJ Example"."""
    if not _PERSON.fullmatch(words):
        return False
    parts = [part.strip(".").casefold().removesuffix("’s").removesuffix("'s") for part in words.split()]
    if any(part in _NO_PERSON for part in parts):
        return False
    return not all(len(part) > 3 and part.isupper() for part in words.split()) or len(parts) == 2


def person_at(text: str) -> str | None:
    """The person whom a text begins with: "Ann Example on …", "Marxist economist Ann Example", or nobody.

    A description before the name counts only up to a word for what somebody is ("editor", "member"), without a verb
    or an article in it: in "Ann Example criticises president Ben Sample" the name is the first one.
    """
    described = re.match(
        rf"(?:(?!(?:(?<!of )the|on|about|to|with|how|that|in|for|from)\b)(?![a-z]+(?:[^s]s"
        rf"|ed)\b(?<!affairs)(?<!politics)"
        rf"(?<!economics)(?<!business)(?<!sports))[\w’'/-]+\s+){{0,12}}?{ROLE}\s+(?P<name>{PERSON})",
        text,
    )
    direct = _PERSON.match(text)
    for found in (described["name"] if described else None, direct[0] if direct else None):
        name = _trimmed(found)
        if name:
            return name
    return None


def _trimmed(name: str | None) -> str | None:
    """The name without a possessive at its end; None where it is none."""
    name = re.sub(r"[’']s$", "", name) if name else None
    return name if name and is_person(name) else None
