"""The blocks of a document that are content, and the places where articles begin: what the rules hand round."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.ingest.blocks.split import Block

HEADLINE = 280  # characters of a headline or closing line that may name an outlet


@dataclass(frozen=True, slots=True)
class Section:
    """The first block of an article, and what the signs that opened it say."""

    first: int
    """Index of the block."""
    title: str | None = None
    outlet: str | None = None
    outlet_stated: bool = True
    is_relayed: bool = False
    """Taken from elsewhere, even where the outlet's name is lost."""
    is_event: bool = False
    is_imprint: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """The blocks that are content, the text of each, and what was set aside between them."""

    blocks: Sequence[Block]
    lines: Sequence[str]
    ranks: dict[int, int]
    """Level of the headings that the format marks, by their offset."""
    set_aside: Sequence[tuple[int, str]]
    """Lines that are no content: the index of the block that follows, and what they say."""
    contents: Sequence[str] = ()
    """Titles that a table of contents lists."""

    def is_heading(self, index: int) -> bool:
        """Whether there is such a block, and it is a heading."""
        return 0 <= index < len(self.blocks) and self.blocks[index].is_heading

    def headline(self, index: int) -> int:
        """The first of the headings that stand directly above a block; the block itself where none does."""
        while self.is_heading(index - 1):
            index -= 1
        return index
