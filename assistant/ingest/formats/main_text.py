"""All blocks of a page, and the main text somebody found in it -> the blocks of the page that are main text.

trafilatura finds the main text well, but glues neighbouring elements together, drops repeated paragraphs and loses the
form of tables and preformatted lines. So it only chooses, and the text is that of the page's own blocks.
"""

from __future__ import annotations

from assistant.ingest.formats.blocks import Block

SURE = 25
"""In letters and digits. What is shorter ("More", "Share") may stand in the main text by accident."""
SMALL_PAGE = 5000
"""In characters. Up to here losing half of a page is likelier a mistake than teasers well left out."""


def main_blocks(page: list[Block], found: list[Block]) -> list[Block]:
    """The blocks of `page` that stand in `found`, in the page's order, with the headings among them.

    Of a small page all that lies between the first and the last of them is kept.
    """
    small = _length(page) <= SMALL_PAGE
    if small and _length(found) < _length(page) / 2:
        return page
    pieces = [_letters(block) for block in found]
    main = "\n".join(pieces), "".join(pieces)
    letters = [_letters(block) for block in page]
    whole = frozenset(pieces)  # as most blocks are found: without looking through all of the text for each of them
    present = [block in whole or _stands_in(block, main, pieces) for block in letters]
    sure = [i for i, here in enumerate(present) if here and (len(letters[i]) >= SURE or page[i].kind == "heading")]
    sure = sure or [i for i, here in enumerate(present) if here]
    if not sure:
        return found
    first, last = _widened(page, present, sure[0], sure[-1])
    chosen = [page[i] for i in range(first, last + 1) if small or present[i] or page[i].kind == "heading"]
    return chosen if _length(chosen) >= _length(found) / 2 else found


def _stands_in(letters: str, main: tuple[str, str], pieces: list[str]) -> bool:
    """Whether a block is part of the main text, or at least half of it is one piece of that."""
    if any(letters in text for text in main):
        return True
    return any(len(piece) >= max(SURE, len(letters) / 2) and piece in letters for piece in pieces)


def _widened(page: list[Block], present: list[bool], first: int, last: int) -> tuple[int, int]:
    """Short blocks at either end belong to it too, and so does the heading above its first paragraph."""
    while first > 0 and present[first - 1]:
        first -= 1
    while last + 1 < len(page) and present[last + 1]:
        last += 1
    if first > 0 and page[first].kind != "heading" and page[first - 1].kind == "heading":
        first -= 1
    return first, last


def _letters(block: Block) -> str:
    return "".join(character for character in block.text if character.isalnum())


def _length(blocks: list[Block]) -> int:
    return sum(len(block.text) for block in blocks)
