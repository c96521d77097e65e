"""A document's blocks -> those that are no content: tails of teasers, contents, captions, paywall notices, banners.

Junk that stays does less harm than content that goes: each rule names its words, and the long cuts need two signs.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from assistant.ingest.articles.issue_date import DATE

LINE_LIMIT = 300  # characters of a link, a caption or a line in a table of contents, its dots included
TAIL_SHARE = 0.5  # of a document's text: what is longer is no tail
KEYWORDS = re.compile(r"\s*\**(?:keywords|tags|schlagw[oö]rter|关键词|关键字)\**\s*[:：]", re.IGNORECASE)
_CONTENTS_TITLE = re.compile(
    r"\W*(?:(?:table of )?contents|inhalt(?:sverzeichnis)?|目录|目錄|(?:in|inside) this issue)\W*", re.IGNORECASE
)
_CONTENTS_LINE = re.compile(r"(?P<title>[^\n]{2,}?)(?:\s?(?:(?:\.\s?){4,}|…{2,}|\t+)[\s.…]*\d{1,4})\s*")
_PLAIN_CONTENTS_LINE = re.compile(r"\W*(?P<title>[^\n]{2,}?)\s+\d{1,4}\s*")
_ITEM = re.compile(r"\W*\[?(?P<title>[^\[\]\n]{2,}?)\]?(?:\(#[^)]*\))?\W*")
LINK = re.compile(
    r"\W*(?:continue reading|read more|weiterlesen|mehr lesen|阅读全文|閱讀全文)\b[^!\n]{0,280}", re.IGNORECASE
)
_RELATED_LINE = re.compile(
    r"\W*(?:related|see also|siehe auch|lesen sie auch|mehr dazu|相关阅读|延伸阅读)\s*[:：].+", re.IGNORECASE
)
_PAYWALL = re.compile(
    r"\W*(?:keep reading with|this post is for (?:paid|paying)|already (?:a )?(?:paid )?subscriber\b"
    r"|subscribe to .{0,80}(?:keep|continue) reading"
    r"|to (?:keep|continue) reading|upgrade to (?:continue|keep) reading|(?:dieser|der) (?:artikel|beitrag"
    r"|text) ist (?:nur )?für abonnent"
    r"|weiterlesen mit|jetzt weiterlesen|本文为付费|订阅后(?:可)?(?:阅读|继续)|开通会员)",
    re.IGNORECASE,
)
# A photograph's caption with a day of its own, in the midst of another text.
_CAPTION_WORD = re.compile(
    r"\b(?:photo\w*|picture[ds]?|image[ds]?|illustration|file photo|is seen|are seen|getty|foto|bild"
    r"|aufnahme)\b|图[:：]|摄",
    re.I,
)
_TAIL = re.compile(
    r"\W*(?:(?:visited|viewed|seen|read) \d+ times?\b.{0,60}"
    r"|(?:related|similar|more|other|recommended|popular|trending|latest|further) (?:articles?|posts?|stories"
    r"|news|reading|content|topics)"
    r"|you (?:may|might) (?:also )?(?:like|enjoy|be interested).{0,30}|read next|most (?:read|popular|viewed)"
    r"|recommended(?: for you)?|trending(?: now)?"
    r"|ähnliche (?:artikel|beiträge)|das könnte sie auch interessieren|mehr zum thema|meistgelesen"
    r"|weitere (?:artikel|beiträge|meldungen)"
    r"|相关(?:文章|新闻|阅读|链接)|推荐阅读|热门文章|延伸阅读|猜你喜欢)\W*",
    re.IGNORECASE,
)
_COUNTER = re.compile(r"\W*(?:visited|viewed|seen|read) \d+", re.IGNORECASE)
_WHOLE = re.compile(r"[^.…][.!?。！？][\"'”’»)\]*_]*$")
_IMPRINT = re.compile(
    r"\W*(?:editorial team|imprint|impressum|publisher|masthead|contact us?|redaktion|herausgeber(?:in)?)\W*", re.I
)
_BANNER = re.compile(
    r"\b(?:webinar|subscribe|sign up|donate|join us|register|support us|advertisement|anmelden|abonnieren"
    r"|spenden|anzeige)\b",
    re.I,
)
BANNER_LIMIT = 200  # characters


def junk_reasons(lines: Sequence[str], headings: Sequence[bool]) -> list[str | None]:
    """For each block why it is no content; None where it is."""
    reasons: list[str | None] = [_own_reason(line) for line in lines]
    for index in contents_indices(lines, headings):
        reasons[index] = "table of contents"
    first = next((i for i, is_heading in enumerate(headings) if is_heading), 0)
    if first and len(lines) > first and all(len(x) <= BANNER_LIMIT and _BANNER.search(x) for x in lines[:first]):
        for index in range(first):
            reasons[index] = "promotion: a banner above the first headline"
    for index in _tail(lines):
        reasons[index] = "after the end of the text: teasers of other pages"
    return reasons


def _own_reason(line: str) -> str | None:
    """Why a block says nothing itself, by its own words alone."""
    if KEYWORDS.match(line):
        return "keywords: names topics that the text need not treat"
    if len(line) > LINE_LIMIT:
        return None
    if _is_link(line):
        return "a link to the rest of the text"
    if _PAYWALL.match(line):
        return "truncation: the rest is for subscribers"
    if _RELATED_LINE.fullmatch(line):
        return "navigation: a link to another text"
    if _is_caption(line):
        return "caption: its date is the picture's, not the text's"
    return None


def _is_link(line: str) -> bool:
    """A line that is only a link to go on; a title may hold a question mark or a point, but no sentence follows it."""
    return bool(LINK.fullmatch(line)) and not re.search(r"[.!?]\s+[^\W\d_a-z]", line.rstrip()[:-1].replace("? How", ""))


def _is_caption(line: str) -> bool:
    """One sentence about a picture, with a full date."""
    undated, days = re.subn(DATE, "", line, flags=re.IGNORECASE)
    one = not re.search(r"[.!?]\s+[^\W\d_a-z]\w+\s+\w+", undated)
    return one and days > 0 and bool(_CAPTION_WORD.search(undated))


def contents_indices(lines: Sequence[str], headings: Sequence[bool]) -> list[int]:
    """The blocks of a table of contents: lines with leaders and page numbers, or titles that head texts below."""
    return [index for index, _ in _contents(lines, headings)]


def contents_titles(lines: Sequence[str], headings: Sequence[bool]) -> list[str]:
    """The titles that a table of contents lists."""
    return [title for _, title in _contents(lines, headings) if title]


def _contents(lines: Sequence[str], headings: Sequence[bool]) -> Iterator[tuple[int, str | None]]:
    heads = {_key(line) for line, is_heading in zip(lines, headings, strict=True) if is_heading}
    inside = False
    for index, line in enumerate(lines):
        if _CONTENTS_TITLE.fullmatch(line):
            inside = index + 1 < len(lines) and bool(_listed(lines[index + 1], heads, inside=True))
            if inside:
                yield index, None
            continue
        title = _listed(line, heads, inside=inside and not headings[index]) if len(line) <= LINE_LIMIT else None
        inside = inside and title is not None
        if title:
            yield index, title


def _listed(line: str, heads: set[str], *, inside: bool) -> str | None:
    """The title that a line of a table of contents lists; without a leader it must head a text of the document."""
    found = _CONTENTS_LINE.fullmatch(line)
    if found:
        return found["title"].strip()
    if inside:
        for pattern in (_PLAIN_CONTENTS_LINE, _ITEM):
            found = pattern.fullmatch(line)
            if found and _key(found["title"]) in heads:
                return found["title"].strip()
    return None


def _tail(lines: Sequence[str]) -> range:
    """From a counter of visits or “Related articles” to the end, or an imprint: teasers, if the lesser part."""
    total = sum(map(len, lines))
    for start, line in enumerate(lines):
        if len(line) > 80 or not _TAIL.fullmatch(line.strip("#* ")):
            continue
        end = next((i for i in range(start + 1, len(lines)) if _IMPRINT.fullmatch(lines[i])), len(lines))
        rest = lines[start:end]
        if sum(map(len, rest)) <= TAIL_SHARE * total and start > 0 and (_COUNTER.match(line) or _are_teasers(rest[1:])):
            return range(start, end)
    return range(0)


def _are_teasers(lines: Sequence[str]) -> bool:
    """Headlines and texts that break off: a rubric "More news" over whole items is no tail."""
    whole = sum(bool(_WHOLE.search(line)) for line in lines)
    return whole <= 2 * len(lines) / 3


def _key(words: str) -> str:
    return "".join(re.findall(r"\w+", words)).casefold()
