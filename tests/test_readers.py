"""Files made on the spot -> what `read_document` says of them."""

from __future__ import annotations

import codecs
import hashlib
import io
import os
import zipfile
from datetime import date
from email.message import EmailMessage
from pathlib import Path

import docx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.errors import ReadError
from assistant.ingest.formats.dates import parse_date
from assistant.ingest.formats.wrapped_lines import join_wrapped_lines
from assistant.ingest.readers import LARGEST_FILE, READABLE, read_document
from assistant.types import Document

SHARED_CORPUS = Path(__file__).parents[2] / "shared" / "corpus"


@pytest.fixture
def read(tmp_path: Path):
    """Write `content` to a file called `name`, read it, and check what must hold for every document."""

    def write_and_read(name: str, content: str | bytes) -> Document:
        data = content if isinstance(content, bytes) else content.encode()
        path = tmp_path / name
        path.write_bytes(data)
        document = read_document(path, f"folder/{name}")
        check_spans(document)
        assert document.name == f"folder/{name}"
        assert document.sha256 == hashlib.sha256(data).hexdigest()
        return document

    return write_and_read


def check_spans(document: Document) -> None:
    spans = [h.span for h in document.headings] + [e.span for e in document.exclusions]
    assert all(0 <= span.start < span.end <= len(document.text) for span in spans)
    assert not any(document.text[span.start : span.end].endswith("\n") for span in spans)
    assert list(document.pages) == sorted(document.pages)
    assert all(0 <= start <= len(document.text) for start in document.pages)
    document.text.encode()  # no half characters: they could not be stored


def headings(document: Document) -> list[tuple[int, str]]:
    return [(h.level, document.text[h.span.start : h.span.end]) for h in document.headings]


def problem(tmp_path: Path, name: str, content: str | bytes) -> ReadError:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ReadError) as caught:
        read_document(path, f"in/{name}")
    assert caught.value.message.startswith(f"in/{name} ")
    assert caught.value.message.endswith(".")
    assert caught.value.remedy
    return caught.value


# Text and Markdown


def test_text_is_the_file_with_line_feeds(read) -> None:
    document = read("a.txt", "One.\r\nTwo.\rThree.\n\n  four \t\u00a0\n")
    assert document.text == "One.\nTwo.\nThree.\n\n  four \t\u00a0\n"
    assert (document.media_type, document.title, document.date, document.date_how) == (
        "text/plain",
        None,
        None,
        "unknown",
    )


@settings(max_examples=150, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n\r\t#-=>` "), min_size=1))
@pytest.mark.parametrize("ending", [".txt", ".md"])
def test_any_utf8_text_is_kept_to_the_letter(tmp_path_factory, ending: str, text: str) -> None:
    path = tmp_path_factory.mktemp("any") / f"any{ending}"
    data = text.encode()
    path.write_bytes(data)
    if not text.strip("\ufeff").strip():
        with pytest.raises(ReadError, match="is empty"):
            read_document(path, "any")
        return
    document = read_document(path, "any")
    assert document.text == text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    check_spans(document)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(["---", "title: A", "# B", "", "- c", "c", "===", "```", "> # d", "x: [", "..."])))
def test_front_matter_and_headings_lie_inside_the_text(tmp_path_factory, lines: list[str]) -> None:
    path = tmp_path_factory.mktemp("any") / "any.md"
    path.write_text("\n".join(["Words.", *lines]) if lines[:1] != ["---"] else "\n".join([*lines, "Words."]))
    said = "front matter"
    try:
        check_spans(read_document(path, "any.md"))
    except ReadError as error:
        said = error.message
    assert "front matter" in said


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
        (codecs.BOM_UTF32_BE, "utf-32-be"),
    ],
)
def test_byte_order_marks_are_obeyed_and_removed(read, mark: bytes, encoding: str) -> None:
    assert read("a.txt", mark + "Zölle, 关税\r\nx".encode(encoding)).text == "Zölle, 关税\nx"


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1252", "Die Zölle träfen größere Hersteller, sagte der Präsident. „Wir prüfen das“, hieß es in Köln."),
        ("cp1252", "Müller"),
        ("cp1252", "Il a été reçu à la mairie; naïve, señor."),
        ("cp1252", "It’s a “test” – 5 °C"),
        ("cp1250", "Příliš žluťoučký kůň úpěl ďábelské ódy, řekl ministr obchodu."),
        ("cp1252", "The “trade surplus” rose to €5bn — a record."),
        ("gb18030", "中国商务部周四宣布对稀土出口实施管制，企业必须申请许可证。"),
        ("big5", "中國商務部週四宣布對稀土出口實施管制，企業必須申請許可證。"),
        ("cp1251", "Министерство торговли объявило о новых мерах против импорта стали."),
    ],
)
def test_texts_without_declared_encoding_are_guessed(read, encoding: str, text: str) -> None:
    assert read("a.txt", text.encode(encoding)).text == text


def test_front_matter_is_read_and_kept_out_of_the_index(read) -> None:
    matter = (
        "---\ntitle: 'Duties: a primer'\nauthors:\n  - Ann Lee\n  - name: Bo Wu\nsite: The Paper\n"
        "date: 2025-01-30\nlink: https://paper.example/a\ntags: [x]\n---"
    )
    document = read("a.md", f"{matter}\n\n# Other\n\nWords.\n")
    assert document.text.startswith(matter)
    assert [(document.text[e.span.start : e.span.end], e.reason) for e in document.exclusions] == [
        (matter, "front matter")
    ]
    assert document.title == "Duties: a primer"
    assert (document.author, document.publisher, document.url) == (
        "Ann Lee, Bo Wu",
        "The Paper",
        "https://paper.example/a",
    )
    assert (document.date, document.date_how) == (date(2025, 1, 30), "given")
    assert headings(document) == [(1, "# Other")]
    assert read("a.txt", f"{matter}\nWords.").title == "Duties: a primer"


def test_front_matter_values_stay_what_was_written(read) -> None:
    document = read("a.md", "---\ntitle: Yes\nauthor: null\nsource: https://x.example/b\ndate: January 2025\n---\nA.")
    assert (document.title, document.author, document.publisher) == ("Yes", None, None)
    assert (document.url, document.date, document.date_how) == ("https://x.example/b", None, "unknown")


@pytest.mark.parametrize(
    "text",
    [
        "---\nA rule, and no other.\n",
        "---\n\ntitle: after a blank line\n\n---\n\nWords.",
        "---\nProse between two rules.\n---\nWords.",
        "---\n- a\n- b\n---\nWords.",
        "---\nNote: this is prose.\nIt goes on here.\n---\nWords.",
        "---\n---\nWords.",
        "Words first.\n---\ntitle: no\n---\n",
        "----\ntitle: no\n----\n",
    ],
)
def test_rules_are_no_front_matter(read, text: str) -> None:
    document = read("a.txt", text)
    assert document.exclusions == ()
    assert document.title is None


def test_broken_front_matter_names_its_line(tmp_path: Path) -> None:
    error = problem(tmp_path, "a.md", "---\ntitle: A\nauthor: [Ann\ndate: 2025-01-30\n---\nWords.")
    assert "front matter that is not valid YAML, in line 4" in error.message
    assert "line 2" in problem(tmp_path, "b.md", "---\ntitle: A: B\n---\nWords.").message


def test_markdown_headings(read) -> None:
    text = (
        "# First *one* `x` #\n\nWords.\n\nSetext\nover two\n===\n\n```\n# code\n```\n\n    # code\n\n> # quoted\n\n"
        "- # listed\n\n### Third\n#no\n\nLast\n---"
    )
    document = read("a.md", text)
    assert document.text == text
    assert headings(document) == [
        (1, "# First *one* `x` #"),
        (1, "Setext\nover two\n==="),
        (3, "### Third"),
        (2, "#no\n\nLast\n---"[5:]),
    ]
    assert document.title == "First one x"
    assert document.media_type == "text/markdown"


def test_markdown_without_level_one_has_no_title(read) -> None:
    assert read("a.markdown", "## Second\n\nWords.").title is None


def test_text_files_have_no_headings(read) -> None:
    assert read("a.text", "# Not a heading\n\nWords.").headings == ()


# Web pages

PAGE = """<!DOCTYPE html><html><head><title>Exports rise | The Paper</title>
<meta property="og:title" content="Exports rise"><meta property="og:site_name" content="The Paper">
<meta name="author" content="Ann Lee"><meta property="article:published_time" content="2025-01-30T23:30:00-05:00">
<link rel="canonical" href="https://paper.example/2024/07/01/exports"></head><body>
<nav><ul><li><a href="/">Home</a></li><li><a href="/world">World affairs and more</a></li></ul></nav>
<article><h1>Exports <em>rise</em></h1>
<p>Exports rose by <b>5.9</b> per cent in 2024,
   the customs&nbsp;office said &amp; <q>meant</q>.<br>It was a record.</p>
<h2>Details</h2><p>Short.</p><ul><li>First</li><li>Second <a href="/x">item</a></li></ul>
<table><tr><th>Year</th><th>Growth</th></tr><tr><td>2023</td><td><p>0.6</p></td></tr></table>
<div>Bare text<div>inside of divisions</div>and after them</div>
<p>Short.</p><p>The last paragraph of the article ends here, with some more words.</p></article>
<footer>Copyright 2019 The Paper</footer><script>var x = "2018-01-01";</script></body></html>"""


def test_web_page_keeps_main_text_and_form(read) -> None:
    document = read("a.html", PAGE)
    assert document.text == (
        "Exports rise\n\n"
        "Exports rose by 5.9 per cent in 2024, the customs office said & “meant”.\nIt was a record.\n\n"
        "Details\n\nShort.\n\n- First\n- Second item\n\nYear | Growth\n2023 | 0.6\n\n"
        "Bare text\n\ninside of divisions\n\nand after them\n\n"
        "Short.\n\nThe last paragraph of the article ends here, with some more words."
    )
    assert headings(document) == [(1, "Exports rise"), (2, "Details")]
    assert (document.title, document.author, document.publisher) == ("Exports rise", "Ann Lee", "The Paper")
    assert document.url == "https://paper.example/2024/07/01/exports"
    assert (document.date, document.date_how) == (date(2025, 1, 30), "stated")


@pytest.mark.parametrize("count", [1, 2, 5, 40])
def test_small_pages_keep_all_paragraphs(read, count: int) -> None:
    paragraphs = [f"Sentence {n} is here." for n in range(count)]
    body = "".join(f"<p>{p}</p>" for p in paragraphs)
    document = read("a.htm", f"<html><body><h1>Small</h1>{body}<p>{paragraphs[0]}</p></body></html>")
    assert document.text == "\n\n".join(["Small", *paragraphs, paragraphs[0]])


@pytest.mark.parametrize(
    ("head", "title"),
    [
        ("<meta property='og:title' content='From the head'>", "From the head"),
        ("<title>A site</title>", "Main heading"),
        ("", "Main heading"),
    ],
)
def test_web_page_title_is_not_a_menu_heading(read, head: str, title: str) -> None:
    menu = "<div id='help' class='hidden'><h2 class='title'>Keyboard shortcuts</h2></div><nav><h1>Menu</h1></nav>"
    story = "<h1>Main heading</h1>" + "<p>A paragraph of the story, which is not short at all.</p>" * 3
    page = f"<html><head>{head}</head><body>{menu}<main>{story}</main></body></html>"
    assert read("a.html", page).title == title


def test_web_page_fragment_is_read(read) -> None:
    assert read("a.html", "<p>Only this.</p>").text == "Only this."


def test_related_teasers_are_left_out(read) -> None:
    story = "".join(
        f"<p>Paragraph {n} of the story tells at some length what happened on day {n}.</p>" for n in range(9)
    )
    links = "".join(f'<li><a href="/{n}">Another story number {n} which is elsewhere</a></li>' for n in range(5))
    page = (
        f"<html><body><article><h1>Story</h1>{story}</article><div class='related-posts'><ul>{links}</ul></div></html>"
    )
    text = read("a.html", page).text
    assert "Paragraph 8 of the story" in text
    assert "Another story" not in text


def test_words_that_the_main_text_has_by_accident_are_left_out(read) -> None:
    story = "".join(
        f"<p>Paragraph {n} says which share of the trade {n} firms had by the year's end.</p>" for n in range(99)
    )
    menu = "<div class='menu'><div>Share</div><div><a href='/'>Another page of this site altogether</a></div></div>"
    text = read("a.html", f"<html><body>{menu.lower()}<article><h1>Story</h1>{story}</article></body></html>").text
    assert text.startswith("Story\n\nParagraph 0 says")


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("<footer>© 2022 The Paper</footer>", (None, "unknown")),
        ('<link rel="canonical" href="https://x.example/2021/05/06/a">', (None, "unknown")),
        ('<meta property="article:modified_time" content="2021-05-06">', (None, "unknown")),
        ('<time datetime="2021-05-06">then</time>', (date(2021, 5, 6), "inferred")),
        ('<time datetime="2021-05-06">a</time><time datetime="2022-05-06">b</time>', (None, "unknown")),
        ('<meta name="DC.date" content="6 May 2021">', (date(2021, 5, 6), "stated")),
        (
            '<script type="application/ld+json">{"@graph":[{"datePublished":"2021-05-06T01:00Z"}]}</script>',
            (date(2021, 5, 6), "stated"),
        ),
        ('<script type="application/ld+json">{broken</script>', (None, "unknown")),
        ('<time itemprop="datePublished" datetime="2021-05-06">x</time>', (date(2021, 5, 6), "stated")),
    ],
)
def test_web_page_date_is_stated_or_unknown(read, markup: str, expected: tuple[date | None, str]) -> None:
    page = f"<html><head></head><body>{markup}<p>On 1 March 2020, or 2020-03-01, something took place there.</p></html>"
    document = read("a.html", page)
    assert (document.date, document.date_how) == expected


def test_web_page_host_is_no_publisher(read) -> None:
    page = '<html><head><link rel="canonical" href="https://x.example/a"></head><body><p>Words.</p></body></html>'
    assert (read("a.html", page).publisher, read("a.html", page).url) == (None, "https://x.example/a")


@pytest.mark.parametrize(
    "page",
    [
        '<html><head><meta charset="gb2312"></head><body><p>中国商务部周四宣布管制。</p></body></html>'.encode(
            "gb18030"
        ),
        '<html><head><meta http-equiv="Content-Type" content="text/html; charset=gbk"></head>'
        "<body><p>中国商务部周四宣布管制。</p></body></html>".encode("gb18030"),
        "<html><body><p>中国商务部周四宣布管制。</p></body></html>".encode("utf-16"),
        '<?xml version="1.0" encoding="utf-8"?><html><body><p>中国商务部周四宣布管制。</p></body></html>'.encode(),
    ],
)
def test_web_page_encodings(read, page: bytes) -> None:
    assert read("a.html", page).text == "中国商务部周四宣布管制。"


def test_web_page_in_the_encoding_it_declares(read) -> None:
    page = '<html><head><meta charset="iso-8859-5"></head><body><p>Да.</p></body></html>'.encode("iso8859_5")
    assert read("a.html", page).text == "Да."


def test_deeply_nested_page_is_read(read) -> None:
    assert "Deep words." in read("a.html", "<div>" * 1500 + "Deep words." + "</div>" * 1500).text


@pytest.mark.parametrize("page", ["<html><body><script>app()</script></body></html>", "<!-- nothing -->", "<p> </p>"])
def test_page_without_text(tmp_path: Path, page: str) -> None:
    assert "has no readable text" in problem(tmp_path, "a.html", page).message


# PDF


def pdf(pages: list[list[str]], info: str = "", trailer: str = "", extra: tuple[str, ...] = ()) -> bytes:
    """A PDF with one line of Helvetica for each string; objects from 4 on are page and content in turn."""
    kids = " ".join(f"{4 + 2 * n} 0 R" for n in range(len(pages)))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    for n, lines in enumerate(pages):
        shown = "".join(f"({line}) Tj T*\n" for line in lines)
        content = f"BT /F1 11 Tf 14 TL 60 780 Td\n{shown}ET"
        objects.append(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> >> "
            f"/Contents {5 + 2 * n} 0 R >>"
        )
        objects.append(f"<< /Length {len(content)} >>\nstream\n{content}\nendstream")
    objects += [f"<< {info} >>", *extra]
    out = bytearray(b"%PDF-1.4\n")
    starts = []
    for number, body in enumerate(objects, 1):
        starts.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n".encode("latin-1")
    table = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    out += "".join(f"{start:010d} 00000 n \n" for start in starts).encode()
    number = len(objects) - len(extra)
    out += f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R /Info {number} 0 R {trailer} >>\n".encode()
    out += f"startxref\n{table}\n%%EOF\n".encode()
    return bytes(out)


PDF_PAGES = [
    [
        "Growth in the fourth quarter",
        "The economy grew faster in the fourth quarter than in the one before it, the statistics",
        "office reported, and the year's figure came out at the 5.0 per cent that had been the exam-",
        "ple for all planners. Consumption stayed weak, however.",
        "A second paragraph begins here and runs on until the end of the page, where it has to",
        "stop in the middle of a sentence about the",
    ],
    [],
    ["surplus in trade, which was a record.", "", "Table 1"],
]


def test_pdf_pages_and_paragraphs(read) -> None:
    document = read("a.pdf", pdf(PDF_PAGES))
    assert document.text == (
        "Growth in the fourth quarter\n"
        "The economy grew faster in the fourth quarter than in the one before it, the statistics office reported, and "
        "the year's figure came out at the 5.0 per cent that had been the example for all planners. "
        "Consumption stayed weak, however.\n"
        "A second paragraph begins here and runs on until the end of the page, where it has to stop in the middle of a "
        "sentence about the surplus in trade, which was a record.\n"
        "Table 1"
    )
    assert len(document.pages) == 3
    assert document.pages[0] == 0
    assert document.text[document.pages[2] :].startswith("surplus in trade")


def test_pdf_pages_are_apart_where_a_sentence_ends(read) -> None:
    document = read("a.pdf", pdf([["One page."], ["Another page."]]))
    assert document.text == "One page.\n\nAnother page."
    assert document.pages == (0, 11)


def test_pdf_metadata(read) -> None:
    info = "/Title (A primer on duties) /Author (Ann Lee) /CreationDate (D:20250130231500-05'00')"
    document = read("a.pdf", pdf([["Words."]], info))
    assert (document.title, document.author) == ("A primer on duties", "Ann Lee")
    assert (document.date, document.date_how) == (date(2025, 1, 30), "inferred")
    assert document.media_type == "application/pdf"


@pytest.mark.parametrize(
    "title", ["untitled", "Microsoft Word - Report", "x.doc", "report_final.indd", "Document1", "123", " "]
)
def test_pdf_titles_that_programs_fill_in(read, title: str) -> None:
    document = read("a.pdf", pdf([["Words."]], f"/Title ({title}) /Author (Administrator)"))
    assert (document.title, document.author, document.date, document.date_how) == (None, None, None, "unknown")


def test_pdf_without_text(tmp_path: Path) -> None:
    error = problem(tmp_path, "a.pdf", pdf([[], []]))
    assert "contains only images" in error.message
    assert "OCR" in error.remedy


def test_locked_pdf(tmp_path: Path) -> None:
    lock = f"<< /Filter /Standard /V 1 /R 2 /P -4 /O <{'41' * 32}> /U <{'42' * 32}> >>"
    data = pdf([["Words."]], "", "/Encrypt 7 0 R /ID [<00> <00>]", (lock,))
    assert "locked by a password" in problem(tmp_path, "a.pdf", data).message


@pytest.mark.parametrize("data", [b"no pdf at all", b"%PDF-1.7\nbroken", pdf([["Words."]])[:200]])
def test_damaged_pdf(tmp_path: Path, data: bytes) -> None:
    assert "damaged" in problem(tmp_path, "a.pdf", data).message


# Wrapped lines

WRAPPED = [
    (
        "the first line of this paragraph is as long as all\nof the others that follow after it here and that\nend.",
        "the first line of this paragraph is as long as all of the others that follow after it here and that end.",
    ),
    (
        "This sentence is as wide as the column of text is.\nAnother sentence is as wide as the column is too.",
        "This sentence is as wide as the column of text is.\nAnother sentence is as wide as the column is too.",
    ),
    (
        "A heading\nthe text below it is so much longer than the heading is\nlong, and goes on for a line.",
        "A heading\nthe text below it is so much longer than the heading is long, and goes on for a line.",
    ),
    (
        "China 5.0 4.9 4.8 4.7 4.6 4.5 4.4 4.3 4.2 4.1\nJapan 1.0 1.9 1.8 1.7 1.6 1.5 1.4 1.3 1.2 1.1",
        "China 5.0 4.9 4.8 4.7 4.6 4.5 4.4 4.3 4.2 4.1\nJapan 1.0 1.9 1.8 1.7 1.6 1.5 1.4 1.3 1.2 1.1",
    ),
    (
        "Introduction to it ........................ 3\nand what comes after it ................... 4",
        "Introduction to it ........................ 3\nand what comes after it ................... 4",
    ),
    (
        "3.1 A numbered heading that is as long as the others\n3.2 Another numbered heading of the same length too",
        "3.1 A numbered heading that is as long as the others\n3.2 Another numbered heading of the same length too",
    ),
    (
        "- a first entry in a list which is rather long indeed\n- a second entry in a list which is rather long too",
        "- a first entry in a list which is rather long indeed\n- a second entry in a list which is rather long too",
    ),
    (
        "After a long-term plan came the short one, and the long-\nterm plan was dropped by the govern-\nment.",
        "After a long-term plan came the short one, and the long-term plan was dropped by the government.",
    ),
    (
        "A paragraph of its own that is long enough\n\nand another.",
        "A paragraph of its own that is long enough\n\nand another.",
    ),
    (
        "商务部周四宣布对稀土出口实施管制，企业必须先向主管部门申请许可证才能\n继续向外国客户供货，这是今年以来的第二次此类措施，引起各方广泛的关注",
        "商务部周四宣布对稀土出口实施管制，企业必须先向主管部门申请许可证才能继续向外国客户供货，这是今年以来的第二次此类措施，引起各方广泛的关注",
    ),
]


@pytest.mark.parametrize(("wrapped", "whole"), WRAPPED)
def test_wrapped_lines(wrapped: str, whole: str) -> None:
    assert join_wrapped_lines(wrapped, frozenset({"long-term"})) == whole


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_joining_lines_loses_no_letter(text: str) -> None:
    def letters(value: str) -> str:
        return "".join(c for c in value if not c.isspace() and c not in "-\u00ad\u2010\ufffe\x02")

    assert letters(join_wrapped_lines(text)) == letters(text)


# Word


def word_bytes(document) -> bytes:
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def test_word_file(read) -> None:
    word = docx.Document()
    word.core_properties.author = "Ann Lee"
    word.core_properties.title = "Old template's title"
    word.add_heading("A primer on duties", 0)
    word.add_paragraph("First paragraph\twith a tab.")
    word.add_heading("Part one", 1)
    word.add_paragraph("one", style="List Bullet")
    word.add_paragraph("two", style="List Number")
    table = word.add_table(rows=2, cols=2)
    for cell, text in zip((c for row in table.rows for c in row.cells), ["Year", "Value", "2024", "5.0"], strict=True):
        cell.text = text
    word.add_heading("Part two", 2)
    word.add_paragraph("Last paragraph.")
    document = read("a.docx", word_bytes(word))
    assert document.text == (
        "A primer on duties\n\nFirst paragraph with a tab.\n\nPart one\n\n- one\n- two\n\nYear | Value\n2024 | 5.0\n\n"
        "Part two\n\nLast paragraph."
    )
    assert headings(document) == [(1, "A primer on duties"), (1, "Part one"), (2, "Part two")]
    assert (document.title, document.author) == ("A primer on duties", "Ann Lee")
    assert (document.date, document.date_how) == (None, "unknown")
    assert document.media_type.endswith("wordprocessingml.document")


def test_word_title_falls_back_to_the_properties(read) -> None:
    word = docx.Document()
    word.core_properties.title = "A primer"
    word.add_paragraph("Words.")
    document = read("a.docx", word_bytes(word))
    assert (document.title, document.author) == ("A primer", None)


def test_word_insertions_are_kept_and_deletions_are_not(read) -> None:
    word = docx.Document()
    paragraph = word.add_paragraph("kept ")
    space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    for change in (
        "<w:ins {}><w:r><w:t>inserted</w:t></w:r></w:ins>",
        "<w:del {}><w:r><w:t>deleted</w:t></w:r></w:del>",
    ):
        paragraph._p.append(docx.oxml.parse_xml(change.format(space)))
    control = f"<w:sdt {space}><w:sdtContent><w:p><w:r><w:t>controlled</w:t></w:r></w:p></w:sdtContent></w:sdt>"
    word.element.body.insert(0, docx.oxml.parse_xml(control))
    assert read("a.docx", word_bytes(word)).text == "controlled\n\nkept inserted"


def test_word_text_box_is_read_once_and_apart(read) -> None:
    word = docx.Document()
    paragraph = word.add_paragraph("Around the box.")
    w = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    mc = "http://schemas.openxmlformats.org/markup-compatibility/2006"
    box = "<w:txbxContent><w:p><w:r><w:t>In the box.</w:t></w:r></w:p></w:txbxContent>"
    both = f"<mc:Choice Requires='wps'>{box}</mc:Choice><mc:Fallback>{box}</mc:Fallback>"
    run = f"<w:r xmlns:w='{w}' xmlns:mc='{mc}'><mc:AlternateContent>{both}</mc:AlternateContent></w:r>"
    paragraph._p.append(docx.oxml.parse_xml(run))
    assert read("a.docx", word_bytes(word)).text == "Around the box.\n\nIn the box."


def test_word_contents_table_is_excluded(read) -> None:
    word = docx.Document()
    word.styles.add_style("toc 1", docx.enum.style.WD_STYLE_TYPE.PARAGRAPH)
    word.add_paragraph("Part one 3", style="toc 1")
    word.add_paragraph("Words.")
    document = read("a.docx", word_bytes(word))
    assert [(document.text[e.span.start : e.span.end], e.reason) for e in document.exclusions] == [
        ("Part one 3", "table of contents")
    ]


def archive(**parts: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in parts.items():
            file.writestr(name, data)
    return buffer.getvalue()


def test_damaged_word_files(tmp_path: Path) -> None:
    whole = word_bytes(docx.Document())
    for data in (
        b"no archive",
        whole[: len(whole) // 2],
        archive(other=b"x"),
        whole.replace(b"word/document", b"w0rd/document"),
    ):
        assert "is damaged, or is no Word file" in problem(tmp_path, "a.docx", data).message


def test_word_bomb_is_not_unpacked(tmp_path: Path) -> None:
    bomb = archive(a=bytes(12_000_000))
    assert len(bomb) < 50_000
    assert "far larger when unpacked" in problem(tmp_path, "a.docx", bomb).message


def test_word_file_that_lies_about_its_size(tmp_path: Path) -> None:
    word = docx.Document()
    word.add_paragraph("x" * 9_000)
    data = word_bytes(word)
    entry = next(i for i in zipfile.ZipFile(io.BytesIO(data)).infolist() if i.filename == "word/document.xml")
    lie = data.replace(entry.file_size.to_bytes(4, "little"), (500).to_bytes(4, "little"))
    assert "is damaged" in problem(tmp_path, "a.docx", lie).message


def test_locked_or_old_word_file(tmp_path: Path) -> None:
    assert (
        "locked by a password" in problem(tmp_path, "a.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)).message
    )


def test_word_file_without_text(tmp_path: Path) -> None:
    assert "has no text" in problem(tmp_path, "a.docx", word_bytes(docx.Document())).message


# Mail


def mail(plain: str | None = None, html: str | None = None, **headers: str) -> bytes:
    message = EmailMessage()
    for name, value in {"From": "The Paper <news@paper.example>", "Subject": "Weekly", **headers}.items():
        if value:
            message[name] = value
    if plain is not None:
        message.set_content(plain)
    if html is not None:
        message.add_alternative(html, subtype="html") if plain is not None else message.set_content(
            html, subtype="html"
        )
    return message.as_bytes()


def test_mail_headers_and_plain_text(read) -> None:
    text = (
        "Dear reader,\n\nexports rose by 5.9 per cent in the year 2024, said the customs\noffice.\n\n"
        "A short line,\nand one more\n"
    )
    document = read("a.eml", mail(text, Subject="Zölle: 关税", Date="Thu, 30 Jan 2025 23:30:00 -0500"))
    assert document.text == (
        "Dear reader,\n\nexports rose by 5.9 per cent in the year 2024, said the customs office.\n\n"
        "A short line,\nand one more"
    )
    assert (document.title, document.publisher) == ("Zölle: 关税", "The Paper")
    assert (document.date, document.date_how) == (date(2025, 1, 30), "stated")
    assert document.media_type == "message/rfc822"


NEWSLETTER = """<html><head><title>T</title></head><body><div style="display:none">Preheader&zwnj;</div>
<table><tr><td><h1>Weekly</h1><p>Exports rose by <b>5.9</b> per cent.</p><div>Short.</div></td></tr>
<tr><td><table><tr><td>One</td><td>2</td></tr></table></td></tr></table></body></html>"""


def test_mail_html_when_the_plain_part_is_a_stub(read) -> None:
    for plain in (None, "", "See the web version."):
        document = read("a.eml", mail(plain, NEWSLETTER))
        assert document.text == "Weekly\n\nExports rose by 5.9 per cent.\n\nShort.\n\nOne | 2"
        assert headings(document) == [(1, "Weekly")]
        assert (document.date, document.date_how) == (None, "unknown")


def test_mail_plain_is_preferred_to_html(read) -> None:
    plain = "Weekly\n\nExports rose by 5.9 per cent.\n\nShort.\n\nOne 2"
    assert read("a.eml", mail(plain, NEWSLETTER)).text == plain


def test_mail_without_display_name_has_no_publisher(read) -> None:
    assert read("a.eml", mail("Words.", From="a@paper.example", Subject="")).publisher is None


def test_mail_with_raw_bytes_in_its_headers_and_a_wrong_charset(read) -> None:
    data = (
        'From: Für Sie <a@b.example>\nSubject: Zölle\nDate: bogus\nContent-Type: text/plain; charset="x-no"\n\nZölle.'
    )
    document = read("a.eml", data)
    assert (document.title, document.publisher, document.text) == ("Zölle", "Für Sie", "Zölle.")
    assert document.date is None


def test_mail_keeps_lines_that_are_short_on_purpose(read) -> None:
    lines = "Roses are red as is the ledger's last row\nand violets are blue as the bank that we owe"
    assert read("a.eml", mail(lines)).text == lines


def test_mail_attachments_are_left_out(read) -> None:
    message = EmailMessage()
    message["Subject"] = "With attachment"
    message.set_content("Words.")
    message.add_attachment("Attached words.", filename="b.txt")
    assert read("a.eml", message.as_bytes()).text == "Words."


def test_mail_without_text(tmp_path: Path) -> None:
    assert "has no text of its own" in problem(tmp_path, "a.eml", mail(" ")).message
    assert "is no e-mail" in problem(tmp_path, "a.eml", "Just some words.").message


# Every file


def test_readable_endings(read) -> None:
    assert {
        *(".txt", ".text", ".md", ".markdown", ".html", ".htm", ".mhtml", ".mht", ".pdf", ".docx", ".rtf", ".epub"),
        *(".eml", ".jsonl"),
    } == READABLE
    assert read("UPPER.TXT", "Words.").text == "Words."


@pytest.mark.parametrize("ending", sorted(READABLE))
@pytest.mark.parametrize("content", [b"", b" \r\n\t ", codecs.BOM_UTF8])
def test_empty_files(tmp_path: Path, ending: str, content: bytes) -> None:
    error = problem(tmp_path, f"a{ending}", content)
    if not content.strip():
        assert error.message.endswith("is empty.")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(range(256)), "binary|any encoding"),
        (b"%PDF-1.4 in disguise", "binary"),
        (b"text\x00with NUL", "binary"),
        (b"\x01\x02\x03\x04 mostly", "control characters"),
        (bytes(range(128, 256)) * 4, "encoding|control"),
        (codecs.BOM_UTF16_LE + b"abc", "announces utf-16"),
    ],
)
@pytest.mark.parametrize("ending", [".txt", ".md"])
def test_binary_files(tmp_path: Path, content: bytes, said: str, ending: str) -> None:
    with pytest.raises(ReadError, match=said):
        raise problem(tmp_path, f"a{ending}", content)


def test_unknown_kind(tmp_path: Path) -> None:
    error = problem(tmp_path, "a.xyz", "words")
    assert "of no kind that can be read" in error.message
    assert ".docx" in error.remedy


def test_files_that_cannot_be_opened(tmp_path: Path) -> None:
    (tmp_path / "folder.txt").mkdir()
    (tmp_path / "loop.txt").symlink_to(tmp_path / "loop.txt")
    os.mkfifo(tmp_path / "pipe.txt")
    for name, said in [
        ("missing.txt", "is not there"),
        ("folder.txt", "is a folder"),
        ("loop.txt", "cannot be opened"),
        ("pipe.txt", "is not a regular file"),
    ]:
        with pytest.raises(ReadError, match=said) as caught:
            read_document(tmp_path / name, name)
        assert caught.value.message.startswith(name)
        assert caught.value.remedy


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_file_without_permission(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("Words.")
    path.chmod(0)
    with pytest.raises(ReadError, match="may not be read") as caught:
        read_document(path, "a.txt")
    assert "chmod" in caught.value.remedy


def test_file_that_is_too_large(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    with path.open("wb") as file:
        file.truncate(LARGEST_FILE + 1)
    with pytest.raises(ReadError, match="is larger than 100 MB"):
        read_document(path, "a.txt")


STARTS = {
    ".pdf": b"%PDF-1.4\n",
    ".docx": b"PK\x03\x04",
    ".epub": b"PK\x03\x04",
    ".eml": b"Subject: ",
    ".mhtml": b"Content-Type: text/html\n\n",
    ".html": b"<html>",
    ".rtf": b"{\\rtf1 ",
    ".jsonl": b'{"text": "a',
}


@settings(max_examples=60, deadline=None)
@given(st.binary(min_size=1, max_size=300))
@pytest.mark.parametrize("ending", sorted(READABLE))
def test_any_bytes_are_read_or_refused(tmp_path_factory, ending: str, data: bytes) -> None:
    start = STARTS.get(ending, b"")
    path = tmp_path_factory.mktemp("any") / f"any{ending}"
    path.write_bytes(start + data)
    said = ""
    try:
        check_spans(read_document(path, "any"))
    except ReadError as error:
        said = error.message
    assert "its parser stopped" not in said  # an error of a library's that nobody foresaw


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2025-01-30", date(2025, 1, 30)),
        ("2025-01-30T23:59:00-08:00", date(2025, 1, 30)),
        ("2025/1/3", date(2025, 1, 3)),
        ("20250130235900", date(2025, 1, 30)),
        ("Thu, 30 Jan 2025 23:59:00 -0800", date(2025, 1, 30)),
        ("January 30, 2025", date(2025, 1, 30)),
        ("30. Januar 2025", date(2025, 1, 30)),
        ("2025年1月30日", date(2025, 1, 30)),
        ("30/01/2025", date(2025, 1, 30)),
        ("01/30/2025", date(2025, 1, 30)),
        ("03.04.2025", date(2025, 4, 3)),
        ("03/04/2025", None),
        ("25/01/20", None),
        ("2025-02-30", None),
        ("January 2025", None),
        ("2025", None),
        ("yesterday", None),
        ("Monday", None),
        ("", None),
        ("x" * 5000, None),
    ],
)
def test_dates(written: str, day: date | None) -> None:
    assert parse_date(written) == day


@pytest.mark.shared
@pytest.mark.skipif(not SHARED_CORPUS.is_dir(), reason="the documents beside the checkout are not there")
def test_real_documents_are_kept_to_the_letter() -> None:
    for path in sorted(SHARED_CORPUS.glob("*.txt")):
        document = read_document(path, path.name)
        assert document.text == path.read_bytes().decode().removeprefix("\ufeff").replace("\r\n", "\n").replace(
            "\r", "\n"
        )
        assert document.exclusions == ()
