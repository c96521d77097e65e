"""The outline of a PDF: its bookmarks become headings where they stand in the text, and its articles begin there."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from test_readers import pdf

from assistant.ingest.articles.split import describe, split_articles
from assistant.ingest.formats.outline import Bookmark, outline_headings
from assistant.ingest.readers import read_document

STORY = ["The council met for three days and agreed on a plan for the old harbour in the north.", "It was late."]
PAGES = [
    ["Harbour Letter", "Cranes for sale", *STORY, "Fares will rise", "in March", *STORY],
    ["See Cranes for sale above.", "A bridge is built", *STORY],
]


def bookmarked(pages: list[list[str]], bookmarks: list[tuple[str, int]]) -> bytes:
    """A PDF with an outline of one level: titles, and the pages that they open."""
    first = 4 + 2 * len(pages) + 1  # behind the pages and the properties
    entries = [
        f"<< /Title ({title}) /Parent {first} 0 R /Dest [{4 + 2 * page} 0 R /Fit]"
        + (f" /Prev {first + n} 0 R" if n else "")
        + (f" /Next {first + n + 2} 0 R" if n + 1 < len(bookmarks) else "")
        + " >>"
        for n, (title, page) in enumerate(bookmarks)
    ]
    outline = f"<< /Type /Outlines /First {first + 1} 0 R /Last {first + len(bookmarks)} 0 R /Count {len(bookmarks)} >>"
    data = pdf(pages, extra=(outline, *entries))
    return data.replace(b"/Type /Catalog", f"/Type /Catalog /Outlines {first} 0 R".encode())


def test_the_articles_of_a_pdf_begin_where_its_outline_says(tmp_path: Path) -> None:
    entries = [("CRANES FOR SALE", 0), ("Fares will rise in March", 0), ("A bridge is built", 1), ("Figures", 1)]
    (tmp_path / "letter.pdf").write_bytes(bookmarked(PAGES, entries))
    document = describe(read_document(tmp_path / "letter.pdf", "letter.pdf"))
    titles = [" ".join(document.text[slice(*h.span)].split()) for h in document.headings]
    assert titles == ["Cranes for sale", "Fares will rise in March", "A bridge is built"]
    articles = split_articles(document)
    assert [article.title for article in articles] == titles
    assert "See Cranes for sale above" in document.text[slice(*articles[1].span)]


def test_an_outline_that_names_something_else_changes_nothing(tmp_path: Path) -> None:
    (tmp_path / "plain.pdf").write_bytes(pdf(PAGES))
    plain = read_document(tmp_path / "plain.pdf", "letter.pdf")
    for entries in ([("Page 1", 0), ("Page 2", 1)], [("Cranes for sale", 0)]):
        (tmp_path / "letter.pdf").write_bytes(bookmarked(PAGES, entries))
        document = read_document(tmp_path / "letter.pdf", "letter.pdf")
        assert (document.text, document.headings) == (plain.text, ())


def test_the_chapters_of_a_report_are_no_articles(tmp_path: Path) -> None:
    pages = [["Introduction", *STORY, "The harbour today", *STORY], ["Conclusions", *STORY]]
    entries = [("Introduction", 0), ("The harbour today", 0), ("Conclusions", 1)]
    (tmp_path / "report.pdf").write_bytes(bookmarked(pages, entries))
    document = describe(read_document(tmp_path / "report.pdf", "report.pdf"))
    assert len(document.headings) == 3
    assert len(split_articles(document)) == 1


def test_an_outline_in_a_ring_ends(tmp_path: Path) -> None:
    data = bookmarked(PAGES, [("Cranes for sale", 0), ("A bridge is built", 1)])
    (tmp_path / "ring.pdf").write_bytes(data.replace(b"/Prev 10 0 R", b"/Next 10 0 R"))
    assert len(read_document(tmp_path / "ring.pdf", "ring.pdf").headings) == 2


LINES = st.lists(st.sampled_from(["Plan", "old plan", "The plan", "Plan B", "plan\u00a0", "(a+b)* [", ""]), max_size=12)


@given(LINES, st.lists(st.tuples(st.sampled_from(["plan", "Plan B", "(a+b)* [", " ", "old  plan the plan"]),
                                 st.integers(0, 4) | st.none()), max_size=8))  # fmt: skip
def test_headings_are_whole_lines_in_order(lines: list[str], entries: list[tuple[str, int | None]]) -> None:
    text = "\n".join(lines)
    pages = [0, len(text) // 2, len(text)]
    found = outline_headings([Bookmark(title, 1, page) for title, page in entries], text, pages)
    titles = {" ".join(title.split()).casefold() for title, _ in entries}
    last = 0
    for heading in found:
        start, end = heading.span
        assert last <= start < end
        assert " ".join(text[start:end].split()).casefold() in titles
        assert text[:start].rpartition("\n")[2].strip() == ""
        assert text[end:].partition("\n")[0].strip() == ""
        last = end
