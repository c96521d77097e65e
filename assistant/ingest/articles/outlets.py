"""A headline or closing line -> the outlet that it names: "Title (Reuters)", "Read: Title (Financial Times)".

Brackets hold much else: abbreviations, places, years. A name counts if it is one that news media have; any other
only beside such a name, in a document that evidently takes its texts from elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

# At most eight words, each with a capital; a Markdown link and its escapes may stand around it.
_BRACKETED = re.compile(
    r"\(((?:The |Der |Die |Das )?[A-Z][\w.&’'-]*(?: (?:[A-Z][\w.&’'-]*|of|the|and|for|der|für)){0,7})\\?\)"
    r"(?:\]\([^()]*\)|[^\w()])*$"
)
_LOST = re.compile(r"\(\s*(?:by|von)?\s*\)\W*$")
_CLOSING = re.compile(r"^\W*(?:Read|Read more|Source|Via|Lesen|Quelle)\s*:\s*(?P<title>.+?)\s*$", re.IGNORECASE)
_SHORT_NAMES = re.compile(
    r"ABC|AFP|AP|ARD|BBC|CBC|CBS|CGTN|CNBC|CNN|DPA|DW|FAZ|FT|NBC|NHK|NPR|NYT|NZZ|PBS|RFA|RFI|RTHK|SCMP|SZ|TAZ|VOA|WSJ|ZDF",
    re.IGNORECASE,
)
_NAMES = re.compile(
    r"Reuters|Bloomberg|Axios|Politico|Nikkei(?: Asia)?|Caixin(?: Global)?|Xinhua|Economist|Guardian|Independent"
    r"|Spiegel|Zeit|Welt|Handelsblatt|Tagesspiegel|Quartz|Vox|Wired|Semafor|Forbes|Fortune|Newsweek|TIME|Atlantic|Diplomat"
    r"|Telegraph|Spectator|Monde|Figaro|Euronews|Yicai|Foreign Policy|Foreign Affairs"
)
_MEDIA_WORD = re.compile(
    r"(?:Times|Post|Journal|Daily|News|Herald|Tribune|Gazette|Weekly|Magazine|Press|Review|Chronicle|Observer|Globe"
    r"|Broadcasting|Zeitung|Nachrichten|Rundschau)$"
)
_COUNTRY_CODE_LENGTH = 3  # "(EU)", "(UK)", "(USA)": as short as that, only a known outlet is one


def bracketed_name(line: str) -> str | None:
    """The capitalised name in brackets at the end of a line, if there is one."""
    found = _BRACKETED.search(line)
    return found[1] if found else None


def without_name(line: str) -> str:
    """A headline without the name at its end and without the marks of a heading, a link or a "Read:"."""
    closing = _CLOSING.match(line)
    title = _LOST.sub("", _BRACKETED.sub("", closing["title"] if closing else line))
    return title.rstrip("\\ ").strip("# []*")


def is_closing(line: str) -> bool:
    """Whether the line names the source of the text above it."""
    return _CLOSING.match(line) is not None


def outlets_among(names: Iterable[str]) -> frozenset[str]:
    """Those of a document's bracketed names that are outlets."""
    found = set(names)
    known = {name for name in found if _is_known(name)}
    return frozenset(known | {n for n in found if len(n) > _COUNTRY_CODE_LENGTH} if known else known)


def _is_known(name: str) -> bool:
    words = re.sub(r"^(?:The|Der|Die|Das) ", "", name)
    return bool(_SHORT_NAMES.fullmatch(words) or _NAMES.fullmatch(words) or _MEDIA_WORD.search(words))


def lost_name(line: str) -> bool:
    """Whether a line ends in brackets out of which the outlet's name was lost: "Read: Title ( by )"."""
    return _LOST.search(line) is not None
