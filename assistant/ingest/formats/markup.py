"""A tree of HTML elements, or of trafilatura's, -> blocks of text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml.etree import _Element, iterwalk

from assistant.ingest.formats.blocks import Block, BlockKind

# trafilatura's names stand beside HTML's: head, quote, list, item, table, row, cell, lb.
HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6", "head"})
ITEMS = frozenset({"li", "dt", "dd", "item"})
ROWS = frozenset({"tr", "row"})
CELLS = frozenset({"td", "th", "cell"})
LINE_BREAKS = frozenset({"br", "lb"})
BLOCKS = HEADINGS | ITEMS | ROWS | CELLS
BLOCKS |= {"address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details", "div", "dl", "dt"}
BLOCKS |= {
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "header",
    "hr",
    "list",
    "main",
    "nav",
    "ol",
    "p",
    "pre",
}
BLOCKS |= {"quote", "section", "summary", "table", "tbody", "tfoot", "thead", "title", "ul"}
UNSEEN = frozenset(
    {"script", "style", "noscript", "template", "svg", "iframe", "object", "select", "textarea", "button"}
)
HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
INVISIBLE = re.compile("[\u00ad\u200b\u2060\ufeff]")  # they break or join words on a screen, and hide them from search
SPACES = re.compile(r"[^\S\n]+")


def blocks_of(tree: _Element, furniture: frozenset[str] = frozenset()) -> list[Block]:
    """The blocks of `tree` in reading order, white space as a browser shows it, without elements in `furniture`."""
    walk = _Walk()
    events = iterwalk(tree, events=("start", "end", "comment", "pi"))
    skipped = None
    for event, element in events:
        if event == "start":
            if _unseen(element, furniture):
                skipped = element
            elif element.tag == "table" and (rows := _rows(element, furniture)):
                walk.flush()
                walk.blocks += rows
                skipped = element
            else:
                walk.open(element)
            if skipped is element:
                events.skip_subtree()
            continue
        if event == "end" and element is not skipped:
            walk.close(element)
        if element is not tree:
            walk.say(element.tail)
    walk.flush()
    return walk.blocks


class _Walk:
    """What has been read of the block that is open."""

    def __init__(self) -> None:
        self.blocks: list[Block] = []
        self.said: list[str] = []
        self.level = 0
        self.items = 0
        self.mark = ""
        self.preformatted = 0

    def say(self, text: str | None) -> None:
        if text:
            self.said.append(text if self.preformatted else re.sub(r"\s+", " ", text))

    def open(self, element: _Element) -> None:
        tag = element.tag
        if tag in LINE_BREAKS:
            self.said.append("\n")
        if tag in BLOCKS:
            self.flush()
        if tag in HEADINGS:
            self.level = _level(element)
        if tag in ITEMS:
            self.items += 1
            self.mark = "- "
        self.preformatted += tag == "pre"
        self.say(element.text)

    def close(self, element: _Element) -> None:
        tag = element.tag
        if tag in BLOCKS and tag not in UNSEEN:
            self.flush()
        if tag in HEADINGS:
            self.level = 0
        if tag in ITEMS:
            self.items = max(0, self.items - 1)
            self.mark = ""
        self.preformatted = max(0, self.preformatted - (tag == "pre"))

    def flush(self) -> None:
        """End the block. Two line breaks in a row are how mails and old pages end a paragraph."""
        said = INVISIBLE.sub("", "".join(self.said))
        self.said = []
        lines = [SPACES.sub(" ", line).strip() for line in said.split("\n")]
        if self.level:
            lines = [" ".join(filter(None, lines))]
        for paragraph in re.split(r"\n{2,}", "\n".join(lines).strip("\n")):
            if not any(character.isprintable() and not character.isspace() for character in paragraph):
                continue
            kind: BlockKind = "heading" if self.level else "item" if self.items else "paragraph"
            self.blocks.append(Block(paragraph if self.level else self.mark + paragraph, kind, self.level))
            self.mark = ""


def _rows(table: _Element, furniture: frozenset[str]) -> list[Block]:
    """The rows of a table that holds data; nothing for one that merely lays out a page, as newsletters do."""
    rows = [[cell for cell in row if cell.tag in CELLS] for row in table.iter(*ROWS)]
    cells = [cell for row in rows for cell in row]
    if max(map(len, rows), default=0) < 2 or any(map(_lays_out, cells)):
        return []
    above = [Block(block.text) for caption in table.iter("caption") for block in blocks_of(caption, furniture)]
    texts = ([" ".join(" ".join(_lines(cell, furniture)).split()) for cell in row] for row in rows)
    return above + [Block(" | ".join(row).strip(), "row") for row in texts if any(row)]


def _lines(cell: _Element, furniture: frozenset[str]) -> Iterator[str]:
    return (block.text for block in blocks_of(cell, furniture))


def _lays_out(cell: _Element) -> bool:
    inner = [element.tag for element in cell.iterdescendants() if element.tag in BLOCKS]
    return len(inner) > 1 or any(tag in HEADINGS or tag in ITEMS or tag == "table" for tag in inner)


def _unseen(element: _Element, furniture: frozenset[str]) -> bool:
    return (
        not isinstance(element.tag, str)
        or element.tag in UNSEEN
        or element.tag in furniture
        or "hidden" in element.attrib
        or HIDDEN_STYLE.search(element.get("style", "")) is not None
    )


def _level(heading: _Element) -> int:
    name = heading.get("rend", "h2") if heading.tag == "head" else heading.tag
    return int(name[1]) if name[1:2].isdigit() else 2
