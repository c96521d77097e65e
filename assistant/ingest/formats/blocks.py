"""Blocks of text, as web pages and Word files have them -> one text, with the span of each heading."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from assistant.types import Exclusion, Heading, Span

BlockKind = Literal["paragraph", "heading", "item", "row"]


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, heading, list item or table row, as it is to stand in the text."""

    text: str
    kind: BlockKind = "paragraph"
    level: int = 0
    """Of a heading; 1 is the highest."""
    not_content: str | None = None
    """Why the format itself says that this is not content, such as a table of contents."""


@dataclass(frozen=True, slots=True)
class Assembled:
    """The text of all blocks, and where the headings and the excluded blocks lie in it."""

    text: str
    headings: tuple[Heading, ...]
    exclusions: tuple[Exclusion, ...]


def assemble(blocks: Iterable[Block]) -> Assembled:
    """Set the blocks one under the other: items and rows close together, all else with a blank line between."""
    parts: list[str] = []
    headings: list[Heading] = []
    exclusions: list[Exclusion] = []
    length = 0
    previous: Block | None = None
    for block in blocks:
        if previous is not None:
            close = block.kind == previous.kind and block.kind in {"item", "row"}
            parts.append("\n" if close else "\n\n")
            length += len(parts[-1])
        span = Span(length, length + len(block.text))
        if block.kind == "heading":
            headings.append(Heading(span, block.level))
        if block.not_content:
            exclusions.append(Exclusion(span, block.not_content))
        parts.append(block.text)
        length = span.end
        previous = block
    return Assembled("".join(parts), tuple(headings), tuple(exclusions))
