"""A page -> where short items begin that words give away: events, personnel, agencies' datelines, the imprint."""

from __future__ import annotations

import re

from assistant.ingest.blocks.page import HEADLINE, Page, Section

_TIME = (
    r"(?:\d{1,2}(?:[:.]\d\d)?\s?(?:a\.?m|p\.?m|uhr|h)\b|\d{1,2}:\d\d\b|\b(?:CET|CEST|GMT|UTC|EST|EDT|CST|PST|BST)\b)"
)
_MONTH = r"(?:Jan|Feb|Mar|Mär|Apr|May|Mai|Jun|Jul|Aug|Sep|Oct|Okt|Nov|Dec|Dez)[a-zä]*\.?"
_EVENT_LINE = re.compile(
    rf"\W*(?:\w+day,?\s|\w+tag,?\s|Mittwoch,?\s)?(?:{_MONTH}\s\d{{1,2}}|\d{{1,2}}\.?\s{_MONTH}"
    rf"|\d{{1,2}}\.\d{{1,2}}\.).{{0,40}}?{_TIME}.*",
    re.IGNORECASE,
)
_POST = (
    r"(?:director|manager|head|chief|CEO|CFO|COO|chair\w*|president|partner|counsel|ambassador|secretary|dean"
    r"|professor"
    r"|leiter\w*|geschäftsführer\w*|vorstand\w*|direktor\w*|headquarters|chef\w*)"
)
_MOVE = (
    r"(?:has been|will be|will become|becomes|became|was (?:named|appointed)|has (?:joined|taken over|moved)"
    r"|takes over"
    r"|moves (?:from|to)|joins|succeeds|leaves|is (?:the )?new|ist (?:seit|neue[rs]?)|wird|wechselt|übernimmt)"
)
_PERSONNEL = re.compile(rf"(?:[^\W\d_a-z][\w.’'-]*\s+){{2,5}}{_MOVE}\s[^.]*?\b(?i:{_POST})\b")
_PERSONNEL_CALL = re.compile(
    r"\b(?:(?:new|changing|moved?).*\?.*(?:write|let us know|tell us|mail)|\?.*\S+@\S+)", re.IGNORECASE
)
_IMPRINT = re.compile(
    r"\W*(?:editorial team|imprint|impressum|masthead|publisher|about this newsletter|contact|kontakt|redaktion"
    r"|herausgeber(?:in)?|editor|editors|managing editor|版权信息|编辑部|出版)\W*",
    re.IGNORECASE,
)
_DATELINE = re.compile(
    r"(?P<place>[A-ZÀ-Þ][A-ZÀ-Þ .,'’/-]{2,40}?),?(?:\s(?:[A-Z][a-z]+\.?\s\d{1,2}"
    r"|\d{1,2}\s[A-Z][a-z]+))?\s*\((?P<agency>[A-Z][\w ]{1,20})\)\s*[-–—]"
    r"|[A-Z][\w .]{2,30}\s\((?P<german>dpa|AFP|AP|Reuters|epd|KNA|APA|SDA)\)\s*[-–—]"
)


def by_event(page: Page) -> list[Section]:
    """A line of day and hour announces an event: with the line below it, or with the headline above."""
    found: list[Section] = []
    for index, line in enumerate(page.lines):
        if len(line) > 120 or not _EVENT_LINE.fullmatch(line):
            continue
        if page.is_heading(index - 1) and not _is_event_title(page, index + 1):
            found.append(Section(page.headline(index), page.lines[index - 1].strip("# *"), is_event=True))
        elif index + 1 < len(page.lines) and len(page.lines[index + 1]) <= HEADLINE:
            found += [Section(index, _event_title(page.lines[index + 1]), is_event=True), Section(index + 2)]
    return found


def _is_event_title(page: Page, index: int) -> bool:
    return (
        index < len(page.lines)
        and re.search(r"\b(?:more|mehr|register|anmelden)\W*$", page.lines[index], re.I) is not None
    )


def _event_title(line: str) -> str:
    return re.sub(r"\s+(?:More|Mehr|Register|Anmelden)\W*$", "", line).strip("# *")


def by_personnel(page: Page) -> list[Section]:
    """Notes on who moves where: at least two in a row, or one above a call to report such news."""
    notes = {i for i, line in enumerate(page.lines) if len(line) < 600 and _PERSONNEL.match(line)}
    found: list[Section] = []
    for index in sorted(notes):
        call = index + 1 < len(page.lines) and bool(_PERSONNEL_CALL.search(page.lines[index + 1]))
        if index + 1 in notes or index - 1 in notes or call:
            found.append(Section(index))
            if index + 1 not in notes:
                found.append(Section(index + 2 if call else index + 1))
    return found


def by_dateline(page: Page) -> list[Section]:
    """“LONDON (Reuters) - …” begins an agency's item, where two paragraphs at least begin so."""
    found = []
    for index, line in enumerate(page.lines):
        agency = dateline_agency(line)
        if agency and not page.is_heading(index):
            found.append(Section(page.headline(index), None, agency, is_relayed=True))
    return found if len(found) > 1 else []


def dateline_agency(line: str) -> str | None:
    """The agency that a paragraph names with its place: "BEIJING, April 24 (Xinhua) —"."""
    found = _DATELINE.match(line)
    return (found["agency"] or found["german"]) if found else None


def imprint(page: Page) -> list[Section]:
    """Who makes the newsletter, in its last part: a rubric such as "EDITORIAL TEAM" over short lines."""
    for index in range(len(page.lines) // 2, len(page.lines) - 1):
        short = [len(line) <= 100 for line in page.lines[index + 1 : index + 5]]
        if _IMPRINT.fullmatch(page.lines[index]) and all(short):
            return [Section(page.headline(index), page.lines[index].strip("# *"), is_imprint=True)]
    return []
