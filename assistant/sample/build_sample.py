"""Plain texts in texts/ -> the sample corpus's PDF and Word files, the same bytes every time.

    python assistant/sample/build_sample.py [FOLDER]

FOLDER is where `documents/` stands otherwise. Needs fpdf2 (`pip install -e '.[models]'`) and python-docx. A text is
made of blocks between blank lines: `! ` a line of the title page (the first is the title), `## ` and `# ` headings,
`. ` a line of the contents, `| ` a table row, everything else a paragraph; `<<page>>` breaks a page, also in
mid-sentence.
"""

from __future__ import annotations

import sys
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import docx

if TYPE_CHECKING:
    from fpdf import FPDF

HERE = Path(__file__).parent
PAGE_BREAK = "<<page>>"
ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest time a zip file can state: one that says nothing and never changes."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """Which text becomes which file, and what the file says about itself."""

    source: str
    target: str
    author: str
    created: datetime
    running_head: str = ""
    """Printed at the top of every page but the first; PDF only."""


RECIPES = (
    Recipe(
        "eastgate-briefing.txt",
        "eastgate-institute/briefing-2025-02.pdf",
        "Eastgate Institute",
        datetime(2025, 2, 4, 8, tzinfo=UTC),
        "EASTGATE BRIEFING | 4 February 2025",
    ),
    Recipe(
        "ev-duties-paper.txt",
        "eastgate-institute/ev-duties-paper.pdf",
        "Piet Vandersloot",
        datetime(2025, 2, 4, 9, tzinfo=UTC),
        "Vandersloot: Who pays how much",
    ),
    Recipe(
        "dunmere-memo.txt",
        "briefings/dunmere-memo.docx",
        "Harbour Chamber of Commerce",
        datetime(2025, 2, 19, 8, tzinfo=UTC),
    ),
    Recipe(
        "retirement-age.txt",
        "briefings/retirement-age.docx",
        "Idris Calloway",
        datetime(2025, 1, 6, 8, tzinfo=UTC),
    ),
)


def blocks_of(text: str) -> list[list[str]]:
    """The blocks of a source text, each as its lines."""
    return [block.splitlines() for block in text.strip().split("\n\n")]


def table_of(lines: list[str]) -> list[list[str]]:
    """The cells of table rows such as `| a | b |`."""
    return [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in lines]


def title_of(text: str) -> str:
    """What the first line says, without its mark."""
    return text.splitlines()[0].removeprefix("! ")


def write_pdf(text: str, recipe: Recipe, target: Path) -> None:
    """Lay a text out on A4 pages with a running head and page numbers; raises ValueError if a page overflows."""
    from fpdf import FPDF

    pdf = FPDF()
    pdf.set_margin(22)
    pdf.set_auto_page_break(False)
    pdf.set_title(title_of(text))
    pdf.set_author(recipe.author)
    pdf.set_creation_date(recipe.created)
    pdf.set_producer("build_sample.py")
    pdf.add_page()
    for lines in blocks_of(text):
        _pdf_block(pdf, lines, recipe.running_head)
    _pdf_page_number(pdf)
    pdf.output(str(target))


def _pdf_block(pdf: FPDF, lines: list[str], running_head: str) -> None:
    """Print one block and the space after it."""
    mark, _, rest = lines[0].partition(" ")
    if mark in {"##", "#"}:
        pdf.set_font("Times", "B", 13 if mark == "##" else 11)
        _pdf_line(pdf, rest, 7)
        lines = lines[1:]
    if lines and mark == "|":
        pdf.set_font("Times", "", 10)
        with pdf.table(text_align="LEFT", line_height=6) as table:
            for row in table_of(lines):
                table.row(row)
    elif mark == "!":
        for line in lines:
            pdf.set_font("Times", "B" if line is lines[0] else "", 16 if line is lines[0] else 11)
            _pdf_line(pdf, line.removeprefix("! "), 8)
    else:
        pdf.set_font("Times", "", 11)
        for line in lines:
            _pdf_paragraph(pdf, line.removeprefix(". "), running_head)
    pdf.ln(2.5)


def _pdf_paragraph(pdf: FPDF, text: str, running_head: str) -> None:
    """Print a paragraph, on two pages where its text says so."""
    first, _, second = text.partition(PAGE_BREAK)
    _pdf_line(pdf, first.strip(), 5.4)
    if second:
        _pdf_page_number(pdf)
        pdf.add_page()
        pdf.set_font("Times", "I", 9)
        _pdf_line(pdf, running_head, 10)
        pdf.set_font("Times", "", 11)
        _pdf_line(pdf, second.strip(), 5.4)


def _pdf_page_number(pdf: FPDF) -> None:
    """Print the number at the foot of the page, last of all, as most programs do."""
    foot = pdf.h - 15
    if pdf.get_y() > foot:
        raise ValueError(f"Page {pdf.page_no()} is too full: move {PAGE_BREAK} forward.")
    pdf.set_xy(pdf.l_margin, foot)
    pdf.set_font("Times", "", 9)
    pdf.cell(0, 6, str(pdf.page_no()), align="C")


def _pdf_line(pdf: FPDF, text: str, height: float) -> None:
    pdf.multi_cell(0, height, text, align="L", new_x="LMARGIN", new_y="NEXT")


def write_docx(text: str, recipe: Recipe, target: Path) -> None:
    """Write a text as a Word file with real headings and tables."""
    document = docx.Document()
    properties = document.core_properties
    properties.title, properties.author, properties.comments = title_of(text), recipe.author, ""
    properties.last_modified_by = recipe.author
    properties.created = properties.modified = recipe.created.replace(tzinfo=None)
    document.add_heading(title_of(text), level=0)
    for lines in blocks_of(text)[1:]:
        mark, _, rest = lines[0].partition(" ")
        if mark in {"##", "#"}:
            document.add_heading(rest, level=1 if mark == "##" else 2)
        elif mark == "|":
            rows = table_of(lines)
            table = document.add_table(rows=len(rows), cols=len(rows[0]), style="Table Grid")
            for row, cells in zip(table.rows, rows, strict=True):
                for cell, content in zip(row.cells, cells, strict=True):
                    cell.text = content
        else:
            document.add_paragraph(" ".join(lines).removeprefix("! "))
    raw = BytesIO()
    document.save(raw)
    target.write_bytes(_without_times(raw.getvalue()))


def _without_times(archive: bytes) -> bytes:
    """The same zip file with every member's time set to ZIP_EPOCH."""
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(archive)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(zipfile.ZipInfo(name, ZIP_EPOCH), old.read(name), zipfile.ZIP_DEFLATED)
    return out.getvalue()


def build(folder: Path) -> list[Path]:
    """Write every file of RECIPES under `folder`, and return them."""
    written = []
    for recipe in RECIPES:
        target = folder / recipe.target
        target.parent.mkdir(parents=True, exist_ok=True)
        text = (HERE / "texts" / recipe.source).read_text("utf-8")
        write = write_pdf if target.suffix == ".pdf" else write_docx
        write(text, recipe, target)
        written.append(target)
    return written


if __name__ == "__main__":
    for path in build(Path(sys.argv[1]) if len(sys.argv) > 1 else HERE / "documents"):
        sys.stdout.write(f"{path}  {path.stat().st_size:,} bytes\n")
