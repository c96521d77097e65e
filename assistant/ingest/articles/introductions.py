"""An editor's introduction -> whose text it relays: outlet, author and day of first publication.

Introductions say it in set words ("The following article by …, first published in …"). Only the sentences that have
such words are read, so that names and papers which the text itself mentions are nobody's source.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable
from dataclasses import dataclass

from assistant.ingest.articles.issue_date import DATE, MONTH
from assistant.ingest.formats.dates import parse_date
from assistant.language.people import PERSON, UPPER, person_at

PARAGRAPH = 5_000  # characters of a paragraph that are read
SENTENCE = 1_000  # characters: what is longer is no sentence of an editor's
_KIND = (
    r"(?:articles?|pieces?|essays?|texts?|interviews?|reports?|speech(?:es)?|statements?|posts?|commentary"
    r"|editorials?"
    r"|op-eds?|talks?|analys[ei]s|story|stories|columns?|letters?|reviews?|excerpts?)"
)
_RELAYING = r"(?:re)?(?:publish|print|produce|post|blog|run|share|carry)"
# The words that introduce another's text.
_ANNOUNCES = re.compile(
    rf"\bthe following (?:[\w’'-]+\s){{0,3}}?{_KIND}\b"
    rf"|\bthe (?:[\w’'-]+\s){{0,2}}?{_KIND} (?:that follows|below)\b"
    rf"|\bthis (?:[\w’'-]+\s){{0,2}}?{_KIND},? by\b"
    rf"|\bwe (?:are (?:very )?(?:pleased|happy|glad|delighted|proud) to )?{_RELAYING}\b[^.]*\b(?:below|{_KIND})\b"
    rf"|\b{_KIND}\b[^.]*\b(?:is|are) (?:re)?(?:produced|printed|published|posted) (?:here|below)\b"
    r"|\b(?:de[rn]|das|die) (?:folgende[nrs]?|nachstehende[nrs]?) (?:\w+\s)?(?:artikel|beitrag|text|kommentar"
    r"|interview)\b"
    r"|\bwir (?:dokumentieren|übernehmen|veröffentlichen) (?:hier|im folgenden|nachstehend|mit freundlicher)"
    r"|以下(?:文章|为|是)[^。]{0,20}(?:文章|全文)|本文(?:系|由)?(?:转载|原载|首发)",
    re.IGNORECASE,
)
# "This article first appeared on …" ends an introduction, or the article.
_STATES = re.compile(
    rf"^\W*(?:(?:this|the|these|the following) (?:[\w’'-]+\s){{0,2}}?{_KIND}\b[^.]*\b(?:was|were|is|are|has"
    rf"|have|first|originally)\b"
    r"|(?:first|originally) (?:published|appeared)|(?:re)?(?:printed|published) (?:from|with)"
    r"|(?:dieser|der) (?:\w+\s)?(?:artikel|beitrag|text|kommentar) (?:ist|erschien|wurde)|(?:zuerst"
    r"|ursprünglich) erschienen"
    r"|(?:本文|文章)(?:来源|原载|首发|转载)|(?:来源|转载自|原载)[:：于《])",
    re.IGNORECASE,
)
_WORD = rf"(?<!\w)[{UPPER}][\w’'.&-]{{0,40}}"
_NAME = rf"{_WORD}(?:(?:/|\s|\s(?:of|of the|and|de|la|für|der|&)\s){_WORD}){{0,7}}"
_SHORTEST = f"{_NAME}?"  # of a repeated group: as few words as will do
_OUTLET_AT = re.compile(
    rf"(?:\b(?:first|originally|initially|previously|zuerst|ursprünglich)\s+)?(?:published|appeared|printed"
    rf"|posted|released|erschienen|erschien|veröffentlicht)"
    rf"(?:\s+(?:first|originally|zuerst|ursprünglich))?(?:\s+in\s+[{UPPER}][a-z]+(?:ian|ish|an|ese|ch|sch))?"
    rf"(?:\s+am\s+(?P<before>{DATE}))?"
    rf"\s+(?:in|on|by|at|im|bei|auf)\s+(?:the\s+|der\s+|dem\s+|den\s+)?(?P<name>{_NAME})"
    rf"(?:,?\s+(?:on|am|vom)\s+(?P<date>{DATE}))?"
)
_REPRINTED = re.compile(
    rf"\b(?:reprinted|republished|reproduced|reposted|taken|übernommen"
    rf"|nachgedruckt)\s+(?:\w+\s+){{0,3}}?(?:from|aus|von)\s+(?:the\s+|der\s+|dem\s+)?(?P<name>{_NAME})"
    rf"(?:,?\s+(?:of|on|vom|am)\s+(?P<date>{DATE}))?"
)
_WRITTEN_FOR = re.compile(
    rf"\b(?:{_KIND}(?:\s+by\s+{PERSON})?\s+for|{_KIND},?\s+by\s+{PERSON}\s+in"
    rf"|{_KIND},?\s+written\s+by\s+{PERSON}\s+for|für)\s+(?:the\s+|die\s+|den\s+)?(?P<name>{_NAME})(?=[,.;]"
    rf"|\s+(?:on|am)\s|\s+[a-z])"
)
_CHINESE_OUTLET = re.compile(
    rf"(?:原载于?|首发于|转载自|来源[:：]|刊于)\s*[《“]?(?P<name>[\u4e00-\u9fffA-Za-z·]{{2,20}})[》”]?(?:[，,\s（(]*(?P<date>{DATE}))?"
)
_REPRODUCED = re.compile(
    rf"\b[Tt]he\s+(?P<name>{_SHORTEST})\s+{_KIND}\b[^.]*\b(?:is|are) (?:re)?(?:produced|printed|published) below\b"
)
_NO_OUTLET = re.compile(
    rf"(?:{MONTH}|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day|English|German|French|Italian|Chinese|Spanish"
    rf"|Russian|Full|Part|Print|Online)$",
    re.I,
)
_AUTHOR_BY = re.compile(
    rf"\b(?:{_KIND}|written|authored|penned|artikel|beitrag|text|kommentar"
    rf"|interview)\b[^.;:]{{0,40}}?,?\s+(?:by|von)\s+(?:the\s+|our\s+|a\s+|an\s+)?(?=(?P<rest>.*))",
    re.IGNORECASE,
)
_AUTHOR_CLAUSE = re.compile(
    r"(?:,|\bbelow|\bfollowing)\s+(?P<clause>[^,;:()–—]*?)(?:\s+[–—][^–—]+[–—])?\s+(?P<verb>[a-z]+s)\b"
)
_FIRST_OF = re.compile(rf"^\W*The first (?:of |{_KIND}\b)[^.]*?\bby\s+(?:the\s+)?(?=(?P<rest>.*))")
_SENTENCE = re.compile(r"(?<=[.!?。！？”\"])\s+(?=[\"“‘(]?[^\W\d_a-z])|(?<=[。！？])")


@dataclass(frozen=True, slots=True)
class Source:
    """Where a relayed text is from, as far as its introduction says."""

    announced: bool = False
    """Whether the words say that somebody else's text follows."""
    outlet: str | None = None
    author: str | None = None
    date: datetime.date | None = None


def read_introduction(paragraphs: Iterable[str]) -> Source:
    """What the introducing sentences of some paragraphs say together; the first that names a value names it."""
    announced = False
    outlet: str | None = None
    author: str | None = None
    date: datetime.date | None = None
    for paragraph in paragraphs:
        for sentence in _SENTENCE.split(paragraph[:PARAGRAPH]):
            if len(sentence) > SENTENCE:
                continue
            announces, states = bool(_ANNOUNCES.search(sentence)), bool(_STATES.match(sentence))
            if announces or states:
                announced = True
                found, day = _outlet(sentence)
                if found and not outlet:
                    outlet, date = found, day
                author = author or _author(sentence, announces)
            elif announced and not author:
                first = _FIRST_OF.match(sentence)
                author = person_at(first["rest"]) if first else None
    return Source(announced, outlet, author, date)


def announces(paragraph: str) -> bool:
    """Whether a paragraph introduces a text, and says whose: reason to begin an article at the headline above it."""
    if not any(_ANNOUNCES.search(s) for s in _SENTENCE.split(paragraph[:PARAGRAPH]) if len(s) <= SENTENCE):
        return False
    source = read_introduction([paragraph])
    return bool(source.outlet or source.author)


def _outlet(sentence: str) -> tuple[str | None, datetime.date | None]:
    for pattern in (_OUTLET_AT, _REPRINTED, _CHINESE_OUTLET, _REPRODUCED, _WRITTEN_FOR):
        for found in pattern.finditer(sentence):
            name = re.sub(r"[’']s$", "", found["name"].strip().rstrip("."))
            if _NO_OUTLET.match(name):
                continue
            days = [found[group] for group in ("date", "before") if group in found.groupdict() and found[group]]
            return name, parse_date(days[0]) if days else None
    return None, None


def _author(sentence: str, announces_text: bool) -> str | None:
    by = _AUTHOR_BY.search(sentence)
    name = person_at(by["rest"]) if by else None
    if name or not announces_text:
        return name
    return next((n for m in _AUTHOR_CLAUSE.finditer(sentence) if (n := person_at(m["clause"].strip()))), None)
