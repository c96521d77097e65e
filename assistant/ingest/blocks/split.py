"""A document's text -> its blocks in order: headings, paragraphs and list lines, each an exact span.

A newsletter keeps a paragraph on every line, a report wraps its lines, a converted page knows no headings: what a
line break means is decided for each group of lines between blank ones, from the lines themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from assistant.ingest.articles.bylines import code_behind, name_behind
from assistant.language.sentences import continuations
from assistant.types import Document, Span

HEADING_LIMIT = 140  # characters: no headline of the corpora we read is longer, and few paragraphs are shorter
HEADINGS_IN_A_ROW = 3  # a rubric, a headline and a line below it; more short lines in a row are a list or a table
WRAPPED_WIDTH = range(45, 125)  # characters of a line that an editor or a PDF has wrapped
_LINE = re.compile(r"[^\n]+")
_ENDS_SENTENCE = re.compile(r"[.!?;:,…。！？；：，][\"'”’»)\]*_]*\s*$")
_BULLET = re.compile(r"\s*(?:[-*+•·–—▪◦]|\d{1,2}[.)])\s+\S")
# "Read: …", "Related: …", "Continue reading …": a line that points elsewhere heads nothing.
_POINTER = re.compile(
    r"\W*(?:(?:read|source|via|related|see also|lesen|quelle|siehe auch)\s*:"
    r"|(?:continue reading|read more|weiterlesen)\b)",
    re.IGNORECASE,
)
_ROMAN = re.compile(r"([IVX]+)\.\s+\S")
_NUMERALS = ("I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X")
NUMBERED_LIMIT = 200  # characters: a numbered heading may be a quotation
_LETTER = re.compile(r"[^\W\d_]")


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, a line of a list, or a heading, without outer white space."""

    span: Span
    is_heading: bool


def split_blocks(document: Document, within: Span | None = None) -> list[Block]:
    """The blocks of a document (or of a stretch of it), leaving out what the format says is not content."""
    text = document.text
    stretch = within or Span(0, len(text))
    if not document.headings:
        return _guess_headings(text, [s for kept in _kept(document, stretch) for s in _all_paragraphs(text, kept)])
    marked = sorted(h.span for h in document.headings)
    return [
        Block(span, is_heading)
        for kept in _kept(document, stretch)
        for part, is_heading in _at_headings(kept, marked)
        for span in ([_trim(text, part)] if is_heading else _all_paragraphs(text, part))
        if span.end > span.start
    ]


def _kept(document: Document, stretch: Span) -> Iterator[Span]:
    """What is left of a stretch without the excluded spans: a line beside one is never joined to it."""
    start = stretch.start
    for excluded in sorted(e.span for e in document.exclusions):
        if start < excluded.start < stretch.end:
            yield Span(start, excluded.start)
        start = max(start, excluded.end)
    if start < stretch.end:
        yield Span(start, stretch.end)


def _at_headings(stretch: Span, headings: list[Span]) -> Iterator[tuple[Span, bool]]:
    """A stretch cut before and after each heading, and whether a piece is one."""
    start = stretch.start
    for heading in headings:
        begin, end = max(heading.start, start), min(heading.end, stretch.end)
        if begin < end:
            yield Span(start, begin), False
            yield Span(begin, end), True
            start = end
    yield Span(start, stretch.end), False


def _trim(text: str, span: Span) -> Span:
    """The span without white space at either end."""
    inner = text[span.start : span.end]
    start = span.start + len(inner) - len(inner.lstrip())
    return Span(start, max(start, span.end - len(inner) + len(inner.rstrip())))


def _all_paragraphs(text: str, stretch: Span) -> list[Span]:
    return [span for group in _groups(text, stretch) for span in _paragraphs(text, group)]


def _groups(text: str, stretch: Span) -> Iterator[list[Span]]:
    """Runs of lines without a blank line between them, each line without outer white space."""
    lines: list[Span] = []
    for match in _LINE.finditer(text, stretch.start, stretch.end):
        line = _trim(text, Span(*match.span()))
        if line.end == line.start:
            continue
        if lines and _is_apart(text, lines[-1], line):
            yield lines
            lines = []
        lines.append(line)
    if lines:
        yield lines


def _is_apart(text: str, before: Span, after: Span) -> bool:
    """Whether a blank line lies between."""
    return text.count("\n", before.end, after.start) > 1


def _paragraphs(text: str, lines: list[Span]) -> list[Span]:
    """A group whose lines were wrapped is one paragraph (or one a bullet); otherwise every line is one."""
    if not _is_wrapped(text, lines):
        return lines
    paragraphs: list[Span] = []
    for line in lines:
        if paragraphs and not _BULLET.match(text, line.start, line.end):
            paragraphs[-1] = Span(paragraphs[-1].start, line.end)
        else:
            paragraphs.append(line)
    return paragraphs


def _is_wrapped(text: str, lines: list[Span]) -> bool:
    """Lines of like width, most of which break off in mid-sentence."""
    inner = [line for line in lines[:-1] if not _BULLET.match(text, line.start, line.end)] or lines[:-1]
    if not inner:
        return False
    of_width = sum((line.end - line.start) in WRAPPED_WIDTH for line in inner)
    broken = sum(not _ENDS_SENTENCE.search(text, line.start, line.end) for line in inner)
    long_enough = lines[-1].end - lines[0].start > 160 or any(text[line.start].islower() for line in lines[1:])
    return of_width >= 0.8 * len(inner) and broken >= 0.5 * len(inner) and long_enough


def _guess_headings(text: str, spans: list[Span]) -> list[Block]:
    """Short lines without a sentence's end that stand before a longer text; many in a row are a list.

    What a page break cut off a sentence has no end either, but it goes on.
    """
    blocks: list[Block] = []
    numbered = _numbered(text, spans)
    cut_off = {spans[second - 1].start for second in continuations(text, spans)}

    def looks_like_one(span: Span) -> bool:
        return span.start in numbered or (span.start not in cut_off and _looks_like_heading(text, span))

    for looks_like_heading, run in groupby(spans, key=looks_like_one):
        members = list(run)
        is_last = members[-1] == spans[-1]
        first = len(members)
        if looks_like_heading and not is_last:
            first = 0 if len(members) <= HEADINGS_IN_A_ROW else _after_list(text, members)
        blocks.extend(Block(span, index >= first) for index, span in enumerate(members))
    return blocks


def _numbered(text: str, spans: list[Span]) -> frozenset[int]:
    """Where lines numbered I., II., III. in order start: headings, even where a quotation ends in a full stop."""
    starts: list[int] = []
    for span in spans:
        found = _ROMAN.match(text, span.start, span.end)
        if found and span.end - span.start <= NUMBERED_LIMIT and found[1] == _NUMERALS[min(len(starts), 9)]:
            starts.append(span.start)
    return frozenset(starts if len(starts) > 1 else ())


def _after_list(text: str, members: list[Span]) -> int:
    """Where, in a long run of short lines, the headings begin: the last ones with blank lines around them."""
    first = len(members)
    while first > len(members) - 2 and _is_apart(text, members[first - 2], members[first - 1]):
        first -= 1
    return first


def _looks_like_heading(text: str, span: Span) -> bool:
    words = text[span.start : span.end]
    return (
        len(words) <= HEADING_LIMIT
        and not _ENDS_SENTENCE.search(words)
        and not _BULLET.match(words)
        and not _POINTER.match(words)
        and not code_behind(words)  # a short news item, and who signed it
        and not name_behind(words)
        and len(_LETTER.findall(words)) >= max(2, len(words) // 2)
    )
