"""A document's blocks -> where its articles begin, by structure and wording, and what the place itself says of each.

Every rule is a function that adds openings; one that finds none adds nothing, so that a document in which no rule
speaks stays one article. A wrong cut does more harm than a missing one: each rule asks for a sign that is repeated in
the document, or for two signs together.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from assistant.ingest.articles.bylines import (
    byline,
    code_behind,
    is_appeal,
    is_sign_off,
    lone_name,
    name_behind,
    signature,
)
from assistant.ingest.articles.introductions import announces
from assistant.ingest.articles.issue_date import stated_date
from assistant.ingest.articles.item_signs import by_dateline, by_event, by_personnel, imprint
from assistant.ingest.articles.outlets import bracketed_name, is_closing, lost_name, outlets_among, without_name
from assistant.ingest.blocks.page import HEADLINE, Page, Section

HEAD_SHARE = 0.4  # of the blocks: an editor's greeting ends within it
_CONTINUE = re.compile(r"\W*(?:continue reading|read more|weiterlesen|mehr lesen)\W+(?P<title>.{8,})", re.IGNORECASE)
_RUBRIC = re.compile(
    r".{0,40}\b(?:digest|podcasts?|in brief|news in brief|briefs?|short news|round-?up|headlines|kurz ?gemeldet"
    r"|meldungen|kurznachrichten|termine|presseschau|快讯|简讯)\W*",
    re.IGNORECASE,
)
_CHAPTER = re.compile(
    r"\W*(?:\d+(?:\.\d+)*\.?\s|introduction|summary|executive summary|conclusions?|references|methodology"
    r"|annex|appendix"
    r"|einleitung|zusammenfassung|fazit|anhang|literatur|引言|结论)",
    re.IGNORECASE,
)


def find_sections(page: Page) -> list[Section]:
    """The articles' beginnings, in order; empty where the document is one article."""
    rules: tuple[Callable[[Page], list[Section]], ...] = (
        _by_outlet,
        _by_continuation,
        _by_introduction,
        _by_ending,
        _by_greeting,
        by_event,
        by_personnel,
        _by_contents,
        _by_rubric,
        _by_byline,
        by_dateline,
        imprint,
    )
    found: dict[int, Section] = {}
    for rule in rules:
        for section in rule(page):
            if section.first < len(page.blocks):
                known = found.get(section.first)
                found[section.first] = _merged(known, section) if known else section
    return _without_bare_headings(page, [found[first] for first in sorted(found)])


def _merged(known: Section, new: Section) -> Section:
    """What two rules say of the same place; the earlier rule is the more telling one."""
    return replace(
        known,
        title=known.title or new.title,
        outlet=known.outlet or new.outlet,
        outlet_stated=known.outlet_stated if known.outlet else new.outlet_stated,
        is_relayed=known.is_relayed or new.is_relayed,
        is_event=known.is_event or new.is_event,
        is_imprint=known.is_imprint or new.is_imprint,
    )


def _without_bare_headings(page: Page, sections: list[Section]) -> list[Section]:
    """A section of nothing but headings ("TOP STORY") is the top of the one that follows."""
    kept: list[Section] = []
    pending: Section | None = None
    for section, after in zip(sections, [*sections[1:], None][: len(sections)], strict=True):
        end = after.first if after else len(page.blocks)
        if pending:
            section = replace(section, first=pending.first)
            pending = None
        own = range(section.first, end)
        if after and all(page.is_heading(i) for i in own) and not section.outlet:
            pending = section
        elif (
            after
            and not kept
            and section.first == 0
            and all(page.is_heading(i) or stated_date(page.lines[i]) for i in own)
        ):
            continue  # a masthead: the paper's name and the day
        else:
            kept.append(section)
    return kept


def _by_outlet(page: Page) -> list[Section]:
    """Opened by "Title (Outlet)", or closed by "Read: Title (Outlet)", back to the heading above.

    The next heading of the same rank, and what follows a "Read:", are the page's own again, until an outlet is named.
    """
    pairs = list(zip(page.blocks, page.lines, strict=True))
    names = [
        bracketed_name(line) if (b.is_heading or is_closing(line)) and len(line) <= HEADLINE else None
        for b, line in pairs
    ]
    outlets = outlets_among(name for name in names if name)
    if not outlets:
        return []
    found: list[Section] = []
    opened: int | None = None  # where the text began that a "Read:" may close
    rank: int | None = None  # of the headline whose outlet's text this is
    for index, ((block, line), name) in enumerate(zip(pairs, names, strict=True)):
        own_rank = page.ranks.get(block.span.start, 1)
        if is_closing(line):
            lost = lost_name(line)
            if (name in outlets or lost) and opened is not None:
                found.append(Section(opened, without_name(line), None if lost else name, is_relayed=True))
                found.append(Section(index + 1))
                opened, rank = None, None
        elif block.is_heading and name in outlets:
            found.append(Section(index, without_name(line), name, is_relayed=True))
            opened, rank = None, own_rank
        elif block.is_heading and (rank is None or own_rank <= rank):
            if rank is not None:
                found.append(Section(index))
            opened, rank = index, None
    return found


def _by_continuation(page: Page) -> list[Section]:
    """“Continue reading TITLE” ends a post of a category page, and names its title: so does it for the next post."""
    places = {_key(line): index for index, line in reversed(list(enumerate(page.lines)))}
    found: list[Section] = []
    for following, line in page.set_aside:
        named = _CONTINUE.fullmatch(line)
        start = places.get(_key(named["title"])) if named else None
        if start is not None and start < following:
            found += [Section(start, page.lines[start].strip("# *")), Section(following)]
    return found


def _by_introduction(page: Page) -> list[Section]:
    """A headline directly over "The following article by …" begins a post of its own."""
    return [
        Section(index - 1, is_relayed=True)
        for index, line in enumerate(page.lines)
        if page.is_heading(index - 1) and not page.is_heading(index) and announces(line)
    ]


def _by_ending(page: Page) -> list[Section]:
    """A code or a name behind the last sentence of a paragraph ends an item, and the next block begins another.

    Where only one paragraph ends so, it must be an agency's code: a name may stand there by chance.
    """
    ends = [index for index, line in enumerate(page.lines) if code_behind(line) or name_behind(line)]
    codes = [index for index in ends if (code := code_behind(page.lines[index])) and code.agency]
    return [Section(index + 1) for index in (ends if len(ends) > 1 else codes)]


def _by_greeting(page: Page) -> list[Section]:
    """The editor's greeting ends with a sign-off or a signature; what follows is the first item.

    A word to the readers ends it, too, in a newsletter whose items are signed.
    """
    is_letter = len(_by_ending(page)) > 1
    last = max(3, int(len(page.lines) * HEAD_SHARE))
    ends = [
        index
        for index, line in enumerate(page.lines[:last])
        if index > 0
        and (signature(line) or ((is_sign_off(line) or (is_letter and is_appeal(line))) and not page.is_heading(index)))
    ]
    return [Section(ends[-1] + 1)] if ends else []


def _by_contents(page: Page) -> list[Section]:
    """A newsletter's table of contents names its articles; that of a report names chapters, which are no articles."""
    listed = {_key(title) for title in page.contents}
    if len(listed) < 2 or any(_CHAPTER.match(title) for title in page.contents):
        return []
    return [Section(index) for index, line in enumerate(page.lines) if page.is_heading(index) and _key(line) in listed]


def _by_rubric(page: Page) -> list[Section]:
    """Under a rubric of short items ("Digest", "Podcasts", "Meldungen") every headline begins one."""
    found: list[Section] = []
    rank: int | None = None
    for index, line in enumerate(page.lines):
        if not page.is_heading(index):
            continue
        own_rank = page.ranks.get(page.blocks[index].span.start, 1)
        if len(line) <= 60 and _RUBRIC.fullmatch(line) and page.is_heading(index + 1):
            rank = own_rank
            found.append(Section(index))
        elif rank is not None and (not page.ranks or own_rank > rank):
            found.append(Section(index))
        else:
            rank = None
    return found


def _by_byline(page: Page) -> list[Section]:
    """Headlines with a byline or a day of their own below them begin articles, where there are two such at least.

    A format's headings have ranks: then every headline of that rank begins one, signed or not.
    """
    signed = [index for index in range(len(page.lines) - 1) if page.is_heading(index) and _is_signed(page, index + 1)]
    if len(signed) < 2:
        return []
    ranks = {page.ranks.get(page.blocks[index].span.start) for index in signed}
    if page.ranks and len(ranks) == 1:
        same = ranks.pop()
        return [Section(i) for i in range(len(page.lines)) if page.ranks.get(page.blocks[i].span.start) == same]
    return [Section(page.headline(index)) for index in signed]


def _is_signed(page: Page, index: int) -> bool:
    line = page.lines[index]
    if len(line) > 160 or not page.is_heading(index - 1):
        return False
    return bool(byline(line) or stated_date(line) or lone_name(line))


def _key(words: str) -> str:
    """What two spellings of a headline have in common: letters and digits, without case and marks."""
    return "".join(re.findall(r"\w+", words.replace("(#)", ""))).casefold()
