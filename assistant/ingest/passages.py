"""A document and its articles -> passages: whole sentences that belong together, with exact offsets.

LlamaIndex's own splitters find offsets by searching for the text, which points at the wrong copy where a text repeats
itself.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from itertools import pairwise

from assistant.ingest.blocks.clean import COPY, exclude_blocks
from assistant.ingest.blocks.split import Block, split_blocks
from assistant.language.sentences import continuations, split_sentences
from assistant.types import Article, Document, Exclusion, Passage, Span

SENTENCE_LIMIT = 2_000  # characters: beyond it no reader sees a sentence; a table or a list without stops is cut
_WHOLE_WORDS = re.compile(r".*\S(?=\s)", re.DOTALL)  # up to the last white space

_UNDERLINE = re.compile(r"\n\s*(?:=+|-+)\s*$")
# An agency's or an editor's code behind the last sentence closes a news item: "… on Monday. rtr", "… said. fpe/ck".
_ITEM_END = re.compile(r"[.!?][\"'”’»)\]]*\s+[a-z]{2,4}(?:/[a-z]{2,4})*$")


def split_passages(
    document: Document, articles: Sequence[Article], passage_characters: int, keep: Collection[Span] = ()
) -> tuple[list[Passage], tuple[Exclusion, ...]]:
    """Passages of about `passage_characters`, never across a heading or an article, and what was left out.

    Every passage is made of whole sentences; a heading opens the passage of the text that it stands over. The first
    paragraph that would overfill a passage starts the next one; a paragraph that is longer is cut between sentences.
    The spans of `keep`, which were left out before, are left in: the user wants them.
    """
    blocks = split_blocks(document)
    content, exclusions = exclude_blocks(document, blocks)
    indexed = {b.span for b in content}
    kept = [
        b for b in blocks if b.span in indexed or any(k.start <= b.span.start and b.span.end <= k.end for k in keep)
    ]
    exclusions = tuple(e for e in (*exclusions, *_outside(content, articles)) if e.span not in keep)
    passages: list[Passage] = []
    for index, article in enumerate(articles):
        blocks = [b for b in kept if article.span.start <= b.span.start < article.span.end]
        for heading, section in _sections(document.text, blocks):
            for sentences in _fill(document.text, section, passage_characters):
                span = Span(sentences[0].start, sentences[-1].end)
                passages.append(
                    Passage(
                        document=document.name,
                        span=span,
                        text=document.text[span.start : span.end],
                        sentences=tuple(sentences),
                        heading=heading,
                        article_index=index,
                        joined=_joined(document.text, sentences),
                        document_id=document.id,
                    )
                )
    return passages, exclusions


def _outside(content: Sequence[Block], articles: Sequence[Article]) -> list[Exclusion]:
    """Content that stands in no article: the lines above the first one, or an article that is there twice."""
    first = min((a.span.start for a in articles), default=0)
    return [
        Exclusion(
            b.span, "masthead: what it says is kept as the issue's title and date" if b.span.start < first else COPY
        )
        for b in content
        if not any(a.span.start <= b.span.start < a.span.end for a in articles)
    ]


def _sections(text: str, blocks: list[Block]) -> list[tuple[str, list[Block]]]:
    """Blocks by the heading they stand under; headings in a row open one section together."""
    sections: list[list[Block]] = []
    under_heading = False
    for block in blocks:
        if not sections or (block.is_heading and not under_heading):
            sections.append([])
        sections[-1].append(block)
        under_heading = block.is_heading
    return [(" / ".join(_heading(text, b) for b in section if b.is_heading), section) for section in sections]


def _heading(text: str, block: Block) -> str:
    """What a heading says, on one line and without the marks of Markdown, an underline included."""
    return " ".join(_UNDERLINE.sub("", text[block.span.start : block.span.end]).strip("# \t").split())


def _fill(text: str, blocks: list[Block], limit: int) -> list[list[Span]]:
    """Group the sentences of a section, breaking between paragraphs where that is possible, and within no sentence."""
    groups: list[list[Span]] = []
    current: list[Span] = []
    for block in blocks:
        sentences = _sentences(text, block)
        block_length = sentences[-1].end - sentences[0].start
        overfull = current and sentences[-1].end - current[0].start > limit
        if overfull and (block_length <= limit or sentences[0].end - current[0].start > limit):
            current = _next_group(text, groups, current, sentences[0])
        for sentence in sentences:
            if current and sentence.end - current[0].start > limit:
                current = _next_group(text, groups, current, sentence)
            current.append(sentence)
        if _ITEM_END.search(text, block.span.start, block.span.end):
            groups.append(current)
            current = []
    if current:
        groups.append(current)
    return _contiguous(text, groups)


def _next_group(text: str, groups: list[list[Span]], current: list[Span], following: Span) -> list[Span]:
    """Close a group before a sentence. Returns the next one, which takes along what the sentence goes on from."""
    last = len(current) - 1
    begin = last if last in _joined(text, [*current, following]) else last + 1
    if begin:
        groups.append(current[:begin])
    return current[begin:]


def _joined(text: str, sentences: Sequence[Span]) -> tuple[int, ...]:
    """Which sentences go on in the next one. Only where one page break parts two halves that a reader sees as one.

    Verses and transcripts without stops go on line after line, and an endless sentence was cut by its length.
    """
    seconds = {
        second
        for second in continuations(text, sentences)
        if sentences[second].end - sentences[second - 1].start <= SENTENCE_LIMIT
    }
    return tuple(second - 1 for second in sorted(seconds) if not seconds & {second - 1, second + 1})


def _contiguous(text: str, groups: list[list[Span]]) -> list[list[Span]]:
    """Cut a group where excluded text lies between two of its sentences: a passage holds none of it."""
    pieces: list[list[Span]] = []
    for group in groups:
        pieces.append([group[0]])
        for before, after in pairwise(group):
            if text[before.end : after.start].strip():
                pieces.append([])
            pieces[-1].append(after)
    return pieces


def _sentences(text: str, block: Block) -> list[Span]:
    """The sentences of a block, a heading being one; an endless one is cut at white space."""
    spans = (block.span,) if block.is_heading else split_sentences(text, *block.span)
    return [piece for span in spans for piece in _cut(text, span)]


def _cut(text: str, span: Span) -> list[Span]:
    """A sentence in pieces of at most SENTENCE_LIMIT characters, cut at the last white space where there is any."""
    pieces: list[Span] = []
    start = span.start
    while span.end - start > SENTENCE_LIMIT:
        part = text[start : start + SENTENCE_LIMIT + 1]
        words = _WHOLE_WORDS.match(part)
        end = start + (words.end() if words else SENTENCE_LIMIT)
        pieces.append(Span(start, end))
        start = next(i for i in range(end, span.end) if not text[i].isspace())  # a span ends in no white space
    return [*pieces, Span(start, span.end)]
