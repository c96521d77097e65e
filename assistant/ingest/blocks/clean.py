"""A document's blocks -> the ones worth indexing, and the spans that are not, each with its reason."""

from __future__ import annotations

from collections import Counter
from itertools import groupby

from assistant.ingest.blocks.junk import junk_reasons
from assistant.ingest.blocks.split import Block
from assistant.types import Document, Exclusion

REPEATED_LENGTH = 40  # characters: shorter blocks ("More", a date, a name) repeat for good reasons
COPY_SHARE = 0.1  # of the document's text: a repeated stretch as long as that is a second copy
BOILERPLATE = 3  # times: a block that stands so often is no part of any one article
COPY = "repeats an earlier part of the document"


def exclude_blocks(document: Document, blocks: list[Block]) -> tuple[list[Block], tuple[Exclusion, ...]]:
    """Leave out blocks that stand in the document before, to the letter, and what is no content.

    A heading or a short block is a repetition only between two others: the date line inside a newsletter that is
    there twice goes with it; a second "Sources" heading stays, and so does a headline that a table of contents names.
    """
    lines = [document.text[b.span.start : b.span.end] for b in blocks]
    junk = junk_reasons(lines, [b.is_heading for b in blocks])
    kept: list[Block] = []
    exclusions: list[Exclusion] = list(document.exclusions)
    for block, is_repeated, other in zip(blocks, _repeated(lines, blocks), junk, strict=True):
        reason = COPY if is_repeated else other
        if reason:
            exclusions.append(Exclusion(block.span, reason))
        else:
            kept.append(block)
    return kept, tuple(exclusions)


def _repeated(lines: list[str], blocks: list[Block]) -> list[bool]:
    """For each block whether it is a repetition to leave out.

    Two articles of one page may share a paragraph, and each needs its own: only a stretch that is a good part of the
    document counts as a second copy, and only a block that comes again and again as boilerplate.
    """
    keys = [" ".join(line.split()) for line in lines]
    first: dict[str, int] = {}
    stood_before = [first.setdefault(key, index) != index for index, key in enumerate(keys)]
    weighty = [len(key) >= REPEATED_LENGTH and not b.is_heading for key, b in zip(keys, blocks, strict=True)]
    before = _nearest(stood_before, weighty)
    after = _nearest(stood_before[::-1], weighty[::-1])[::-1]
    repeated = [
        repeats and (counts or (True in (left, right) and False not in (left, right)))
        for repeats, counts, left, right in zip(stood_before, weighty, before, after, strict=True)
    ]
    often = Counter(keys)
    total = sum(map(len, keys))
    result: list[bool] = []
    for is_repeated, members in groupby(range(len(keys)), key=lambda index: repeated[index]):
        run = list(members)
        is_copy = sum(len(keys[i]) for i in run) >= COPY_SHARE * total
        result += [is_repeated and (is_copy or (weighty[i] and often[keys[i]] >= BOILERPLATE)) for i in run]
    return result


def _nearest(stood_before: list[bool], weighty: list[bool]) -> list[bool | None]:
    """For each block whether the nearest weighty one in front of it repeats; None where there is none."""
    nearest: list[bool | None] = []
    latest: bool | None = None
    for repeats, counts in zip(stood_before, weighty, strict=True):
        nearest.append(latest)
        latest = repeats if counts else latest
    return nearest
