"""JSON Lines, saved pages, e-books, rich text, forwarded mails and broken encodings -> what `read_document` says."""

from __future__ import annotations

import io
import json
import os
import zipfile
from dataclasses import asdict, replace
from datetime import date
from email.message import EmailMessage
from itertools import pairwise
from pathlib import Path
from time import perf_counter

import docx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.errors import ReadError
from assistant.ingest.articles.split import split_articles
from assistant.ingest.readers import read_document
from assistant.ingest.sync.sync import prepare
from assistant.search.library import FileState
from assistant.types import Article, Document, Span


def read_bytes(folder: Path, name: str, content: str | bytes) -> Document:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    document = read_document(path, name)
    check_spans(document)
    return document


@pytest.fixture
def read(tmp_path: Path):
    return lambda name, content: read_bytes(tmp_path, name, content)


def problem(folder: Path, name: str, content: str | bytes) -> ReadError:
    with pytest.raises(ReadError) as caught:
        read_bytes(folder, name, content)
    assert caught.value.message.startswith(f"{name} ")
    assert caught.value.message.endswith(".")
    assert caught.value.remedy
    return caught.value


def check_spans(document: Document) -> None:
    spans = [x.span for x in (*document.headings, *document.exclusions, *document.articles)]
    assert all(0 <= span.start < span.end <= len(document.text) for span in spans)
    assert not any(cut(document, span).endswith("\n") for span in spans)
    articles = [a.span for a in document.articles]
    assert all(first.end <= second.start for first, second in pairwise(articles))
    assert all(cut(document, span).strip() == cut(document, span) for span in articles)
    assert all(article.document == document.name for article in document.articles)
    document.text.encode()


def cut(document: Document, span: Span) -> str:
    return document.text[span.start : span.end]


def headings(document: Document) -> list[tuple[int, str]]:
    return [(h.level, cut(document, h.span)) for h in document.headings]


# JSON Lines


def lines(*articles: object) -> str:
    return "\n".join(json.dumps(article, ensure_ascii=False) for article in articles)


FIRST = {
    "title": "Harbour\n widened",
    "text": "The harbour was widened.\r\n\r\nIt took a year.\n",
    "url": "https://gazette.example/harbour",
    "date": "2025-01-30T23:30:00-05:00",
    "publisher": "The Gazette",
    "author": "Ann Lee",
    "shares": {"of": ["no", "interest"]},
}
SECOND = {"text": "关税上调。", "date": "January 2025", "publisher": "The Gazette", "author": None}


def test_json_lines_are_articles(read) -> None:
    document = read("a.jsonl", lines(FIRST, SECOND) + "\n\n")
    assert document.text == "Harbour widened\n\nThe harbour was widened.\n\nIt took a year.\n\n关税上调。"
    first, second = document.articles
    assert cut(document, first.span) == "Harbour widened\n\nThe harbour was widened.\n\nIt took a year."
    assert cut(document, second.span) == "关税上调。"
    assert first == Article(
        document="a.jsonl",
        span=first.span,
        title="Harbour widened",
        publisher="The Gazette",
        author="Ann Lee",
        date=date(2025, 1, 30),
        date_how="stated",
        url="https://gazette.example/harbour",
    )
    assert (second.title, second.author, second.date, second.date_how) == (None, None, None, "unknown")
    assert headings(document) == [(1, "Harbour widened")]


def test_json_lines_say_of_the_document_what_is_common_to_all(read) -> None:
    both = read("a.jsonl", lines(FIRST, SECOND))
    assert (both.publisher, both.title, both.author, both.date, both.url) == ("The Gazette", None, None, None, None)
    assert read("a.jsonl", lines(FIRST, {"text": "Else."})).publisher is None
    alone = read("a.jsonl", lines(FIRST))
    assert (alone.title, alone.author, alone.date, alone.date_how) == (
        "Harbour widened",
        "Ann Lee",
        date(2025, 1, 30),
        "stated",
    )
    assert alone.url == "https://gazette.example/harbour"


def test_json_strings_may_hold_any_sign(read) -> None:
    written = '{"text": "A\u2028B\\u0000\\ud83d\\ude00 \\ud800."}\n{"text": "C"}'
    document = read("a.jsonl", written)
    assert [cut(document, a.span) for a in document.articles][-1] == "C"
    assert document.text.startswith("A\u2028B😀 ")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{broken", "line 2: it is not valid JSON"),
        ("[1]", "line 2: it is not a JSON object"),
        ('"words"', "line 2: it is not a JSON object"),
        ("null", "line 2: it is not a JSON object"),
        ('{"title": "No text"}', "line 2: it has no text"),
        ('{"text": " \\n"}', "line 2: its text is empty"),
        ('{"text": 5}', "line 2: its text is not text"),
        ('{"text": "a", "date": 20250130}', "line 2: its date is not text"),
        ("[" * 100_000, "line 2: it is not valid JSON"),
    ],
)
def test_broken_json_lines_are_named(tmp_path: Path, line: str, said: str) -> None:
    error = problem(tmp_path, "a.jsonl", f'{{"text": "fine"}}\n{line}\n{{"text": "fine"}}')
    assert said in error.message
    assert '"text"' in error.remedy


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.fixed_dictionaries(
            {"text": st.text(min_size=1)}, optional={k: st.text() for k in ("title", "url", "date", "author")}
        ),
        min_size=1,
        max_size=4,
    )
)
def test_any_json_lines_keep_their_spans(tmp_path_factory, articles: list[dict[str, str]]) -> None:
    said = None
    try:
        document = read_bytes(tmp_path_factory.mktemp("any"), "a.jsonl", "\n".join(map(json.dumps, articles)))
        assert len(document.articles) == len(articles)
    except ReadError as error:
        said = error.message
    assert said is None or "its text is empty" in said


def test_articles_that_the_format_tells_apart_stay_as_they_are(tmp_path: Path) -> None:
    state = FileState(str(tmp_path), "a.jsonl", 0, 0, "")
    text = (
        "The council agreed on a plan for the quay." * 9,
        "Fishermen went to court over it.\n\nTitle (Reuters)\n\nMore.",
    )
    (tmp_path / "a.jsonl").write_text(lines(FIRST, {"title": "30 January 2025", "text": text[0]}, {"text": text[1]}))
    read, _ = prepare(tmp_path / "a.jsonl", "a.jsonl", state, 800)
    assert [(a.title, a.date, a.outlet) for a in read.articles] == [
        ("Harbour widened", date(2025, 1, 30), None),
        ("30 January 2025", None, None),
        (None, None, None),
    ]
    assert "".join(cut(read.document, a.span) for a in read.articles) == read.document.text
    assert (read.document.title, read.document.date) == (None, None)
    assert {p.article_index for p in read.passages} == {0, 1, 2}
    assert [p.heading for p in read.passages if p.article_index == 0] == ["Harbour widened"]
    numbered = split_articles(replace(read.document, id=7))
    assert {a.document_id for a in numbered} == {7}


# Saved pages

PAGE = (
    "<html><head>{head}</head><body><h1>Harbour widened</h1><p>Die Zölle fielen, said the harbour office in a "
    "statement that is long enough.</p><p>关税上调。</p></body></html>"
)


def saved_page(
    head: str = "", charset: str = "utf-8", encoding: str = "quoted-printable", subject: str = "From the header"
) -> bytes:
    message = EmailMessage()
    message["From"] = "<Saved by Blink>"
    message["Snapshot-Content-Location"] = "https://gazette.example/harbour?page=1"
    message["Subject"] = subject
    message["Date"] = "Sat, 1 Mar 2025 10:00:00 -0000"
    message.set_content(PAGE.format(head=head), subtype="html", charset=charset, cte=encoding)
    message.make_related()
    message.add_related("p { color: red }", subtype="css")
    message.add_related("<p>An advertisement in a frame.</p>", subtype="html")
    return message.as_bytes()


@pytest.mark.parametrize("ending", [".mhtml", ".mht"])
@pytest.mark.parametrize("charset", ["utf-8", "gb18030"])
@pytest.mark.parametrize("encoding", ["quoted-printable", "base64"])
def test_saved_page(read, ending: str, charset: str, encoding: str) -> None:
    document = read(f"a{ending}", saved_page("<title>Harbour widened</title>", charset, encoding))
    assert document.text == (
        "Harbour widened\n\nDie Zölle fielen, said the harbour office in a statement that is long enough.\n\n关税上调。"
    )
    assert headings(document) == [(1, "Harbour widened")]
    assert document.title == "Harbour widened"
    assert document.url == "https://gazette.example/harbour?page=1"
    assert (document.date, document.date_how) == (None, "unknown")
    assert document.media_type == "multipart/related"


def test_saved_page_takes_its_title_from_the_subject_at_last(read) -> None:
    page = saved_page(subject="Zölle: 关税").replace(b"<h1>", b"<p>").replace(b"</h1>", b"</p>")
    assert read("a.mhtml", page).title == "Zölle: 关税"


def test_saved_page_in_the_encoding_that_the_page_declares(read) -> None:
    page = '<html><head><meta charset="gbk"></head><body><p>中国商务部周四宣布管制。</p></body></html>'.encode("gbk")
    data = b"MIME-Version: 1.0\nContent-Type: text/html\nContent-Location: https://x.example/a\n\n" + page
    document = read("a.mhtml", data)
    assert (document.text, document.url) == ("中国商务部周四宣布管制。", "https://x.example/a")


@pytest.mark.parametrize("data", ["Just words.", "Subject: A\n\nWords.", "<html><body><p>A page.</p></body></html>"])
def test_what_is_no_saved_page(tmp_path: Path, data: str) -> None:
    assert "is no saved web page" in problem(tmp_path, "a.mhtml", data).message


# E-books

CONTAINER = (
    '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container" version="1.0"><rootfiles>'
    '<rootfile full-path="OEBPS/book.opf" media-type="application/oebps-package+xml"/></rootfiles></container>'
)
METADATA = (
    "<dc:title>The Harbour Book</dc:title><dc:creator opf:role='aut'>Ann Lee</dc:creator>"
    "<dc:creator opf:role='ill'>Bo Wu</dc:creator><dc:publisher>Quay Press</dc:publisher>"
    "<dc:date opf:event='modification'>2025-02-02</dc:date><dc:date>2025-01-30</dc:date>"
    "<dc:identifier>urn:isbn:1</dc:identifier><dc:identifier>https://quay.example/b</dc:identifier>"
)
CHAPTER = (
    '<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.1//EN" "x.dtd">\n'
    '<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops"><head><title/></head>'
    "<body>{}</body></html>"
)
ONE = CHAPTER.format(
    "<h1>Chapter one</h1><p>Die Z&ouml;lle fielen&nbsp;um <b>5.9</b> per cent"
    '<a epub:type="noteref" href="#n">7</a> &amp; more.</p><h2>Part</h2><ul><li>关税</li></ul>'
)
TWO = CHAPTER.format("<h1>Chapter two</h1><p>The end.</p>")
CONTENTS = CHAPTER.format("<p>Chapter one</p><p>Chapter two</p>")
NAVIGATION = CHAPTER.format('<nav epub:type="toc"><ol><li>Chapter one</li></ol></nav>')


def book(metadata: str = METADATA, **parts: str | bytes | None) -> bytes:
    """An e-book; `parts` replace (or, if None, remove) those of the same name, with _ for / and . in it."""
    package = (
        '<package xmlns="http://www.idpf.org/2007/opf" xmlns:opf="http://www.idpf.org/2007/opf" '
        f'xmlns:dc="http://purl.org/dc/elements/1.1/"><metadata>{metadata}</metadata><manifest>'
        '<item id="two" href="text/two.xhtml" media-type="application/xhtml+xml"/>'
        '<item id="one" href="text/chapter%20one.xhtml#x" media-type="application/xhtml+xml"/>'
        '<item id="toc" href="text/toc.xhtml" media-type="application/xhtml+xml"/>'
        '<item id="nav" href="nav.xhtml" media-type="application/xhtml+xml" properties="nav"/>'
        '<item id="cover" href="cover.jpg" media-type="image/jpeg"/></manifest>'
        '<spine><itemref idref="cover"/><itemref idref="nav"/><itemref idref="toc"/><itemref idref="one"/>'
        '<itemref idref="two"/></spine><guide><reference type="toc" href="text/toc.xhtml"/></guide></package>'
    )
    whole: dict[str, str | bytes | None] = {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": CONTAINER,
        "OEBPS/book.opf": package,
        "OEBPS/text/chapter one.xhtml": ONE,
        "OEBPS/text/two.xhtml": TWO,
        "OEBPS/text/toc.xhtml": CONTENTS,
        "OEBPS/nav.xhtml": NAVIGATION,
    }
    names = {name.replace("/", "_").replace(".", "_").replace(" ", "_").replace("-", "_"): name for name in whole}
    for name, content in parts.items():
        whole[names.get(name, name)] = content
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in whole.items():
            if content is not None:
                archive.writestr(name, content)
    return buffer.getvalue()


def test_book(read) -> None:
    document = read("a.epub", book())
    assert document.text == (
        "Chapter one\n\nChapter two\n\nChapter one\n\nDie Zölle fielen um 5.9 per cent & more.\n\nPart\n\n- 关税\n\n"
        "Chapter two\n\nThe end."
    )
    assert headings(document) == [(1, "Chapter one"), (2, "Part"), (1, "Chapter two")]
    assert [(e.span.start, cut(document, e.span), e.reason) for e in document.exclusions] == [
        (0, "Chapter one", "table of contents"),
        (13, "Chapter two", "table of contents"),
    ]
    assert (document.title, document.author, document.publisher) == ("The Harbour Book", "Ann Lee", "Quay Press")
    assert (document.date, document.date_how, document.url) == (date(2025, 1, 30), "stated", "https://quay.example/b")


@pytest.mark.parametrize(
    ("metadata", "day"),
    [
        ("<dc:date>2025</dc:date>", None),
        ("<dc:date>2025-01</dc:date>", None),
        ("<dc:date opf:event='modification'>2025-01-30</dc:date>", None),
        ("<dc:date>2025-01-30T00:00:00+00:00</dc:date>", date(2025, 1, 30)),
        ("<dc:date opf:event='publication'>2025-01-30</dc:date>", date(2025, 1, 30)),
        ("", None),
    ],
)
def test_book_dates_are_whole_days(read, metadata: str, day: date | None) -> None:
    document = read("a.epub", book(metadata))
    assert (document.date, document.date_how) == (day, "stated" if day else "unknown")
    assert (document.title, document.author, document.publisher, document.url) == (None, None, None, None)


def test_book_chapters_that_are_no_xml_are_read_as_a_browser_would(read) -> None:
    document = read("a.epub", book(OEBPS_text_two_xhtml="<html><body><p>One & two &LT; &no; three<br>four</p><p>Five"))
    assert document.text.endswith("\n\nOne & two < &no; three\nfour\n\nFive")


def test_book_under_lock(tmp_path: Path) -> None:
    def encryption(algorithm: str) -> str:
        return (
            '<encryption xmlns="urn:oasis:names:tc:opendocument:xmlns:container" '
            'xmlns:enc="http://www.w3.org/2001/04/xmlenc#"><enc:EncryptedData>'
            f'<enc:EncryptionMethod Algorithm="{algorithm}"/></enc:EncryptedData></encryption>'
        )

    name = "META-INF/encryption.xml"
    locked = book(**{name: encryption("http://www.w3.org/2001/04/xmlenc#aes128-cbc")})
    assert "is locked" in problem(tmp_path, "a.epub", locked).message
    fonts_only = book(**{name: encryption("http://www.idpf.org/2008/embedding")})
    assert "The end." in read_bytes(tmp_path, "a.epub", fonts_only).text


def test_broken_books(tmp_path: Path) -> None:
    whole = book()
    for data in (
        b"no archive",
        whole[: len(whole) // 2],
        book(OEBPS_text_two_xhtml=None),
        book(OEBPS_book_opf="<package"),
        book(OEBPS_book_opf="<package><spine><itemref idref='missing'/></spine></package>"),
        book(META_INF_container_xml=None),
        book(META_INF_container_xml="<container/>"),
    ):
        assert "is damaged, or is no e-book" in problem(tmp_path, "a.epub", data).message
    assert "has no text" in problem(tmp_path, "a.epub", book(OEBPS_book_opf="<package/>")).message
    bomb = book(OEBPS_text_two_xhtml=bytes(12_000_000))
    assert "far larger when unpacked" in problem(tmp_path, "a.epub", bomb).message


def test_book_that_names_a_chapter_thousands_of_times_is_read_once(read) -> None:
    package = zipfile.ZipFile(io.BytesIO(book())).read("OEBPS/book.opf").decode()
    again = package.replace("</spine>", '<itemref idref="two"/>' * 20_000 + "</spine>")
    assert read("again.epub", book(OEBPS_book_opf=again)).text == read("a.epub", book()).text


def test_book_whose_entities_would_fill_the_memory(read) -> None:
    entities = "".join(f'<!ENTITY a{n + 1} "{f"&a{n};" * 10}">' for n in range(12))
    chapter = f'<!DOCTYPE html [<!ENTITY a0 "ha">{entities}]><html><body><p>Words.</p><p>&a12;</p></body></html>'
    assert len(read("a.epub", book(OEBPS_text_two_xhtml=chapter)).text) < 1000


# Rich text


def rtf(body: bytes, info: bytes = b"", page: int = 1252, charset: int = 0) -> bytes:
    return (
        b"{\\rtf1\\ansi\\ansicpg%d\\deff0{\\fonttbl{\\f0\\fnil\\fcharset%d Font;}}{\\info%b}"
        b"{\\colortbl;\\red0;}\\f0 %b}" % (page, charset, info, body)
    )


def escaped(text: str, encoding: str) -> bytes:
    return b"".join(b"\\'%02x" % byte for byte in text.encode(encoding))


def test_rich_text_paragraphs_tables_and_properties(read) -> None:
    body = (
        b"The first\\~paragraph \\b is\\b0  here.\\par\r\nA \\'84quote\\'93 \\emdash  and a "
        b'{\\field{\\*\\fldinst{HYPERLINK "http://x.example/"}}{\\fldrslt link}}.\\par\\par '
        b"{\\pntext\\f0\\'b7\\tab}\\bullet  item\\par\n"
        b"\\trowd\\cellx9\\intbl Year\\cell Value\\cell\\row Last.{\\*\\generator Word}"
    )
    info = b"{\\title A primer on {\\i duties}}{\\author Ann Lee}{\\creatim\\yr2025\\mo1\\dy30\\hr9}"
    info = info.replace(b"{\\i duties}", b"duties: Z\\'f6lle")
    document = read("a.rtf", rtf(body, info))
    assert document.text == (
        "The first paragraph is here.\n\nA „quote“ — and a link.\n\n- item\n\nYear | Value\n\nLast."
    )
    assert (document.title, document.author) == ("A primer on duties: Zölle", "Ann Lee")
    assert (document.date, document.date_how) == (date(2025, 1, 30), "inferred")
    assert document.media_type == "application/rtf"


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (rtf(escaped("中国商务部", "gbk"), page=936, charset=134), "中国商务部"),
        (rtf("中国商务部".encode("gbk"), page=936, charset=134), "中国商务部"),
        (rtf(escaped("中国", "gbk"), page=1252, charset=134), "中国"),
        (rtf(b"\\uc1\\u20013?\\u22269?\\u-10179?\\u-8704?"), "中国😀"),
        (rtf(b"\\uc2\\u20013\\'d6\\'d0 x", page=936), "中 x"),
        (rtf(escaped("Příliš žluťoučký", "cp1250"), page=1250, charset=238), "Příliš žluťoučký"),
        (rtf(escaped("Торговля", "cp1251"), page=1251, charset=204), "Торговля"),
        (rtf("Zölle".encode("cp1252")), "Zölle"),
        (rtf(b"a\\'81b"), "a\ufffdb"),
    ],
)
def test_rich_text_in_many_scripts(read, data: bytes, text: str) -> None:
    assert read("a.rtf", data).text == text


def test_rich_text_title_in_chinese_and_no_date(read) -> None:
    info = b"{\\title %b}{\\author Administrator}{\\creatim\\yr0\\mo0\\dy0}" % escaped("关税入门", "gbk")
    document = read("a.rtf", rtf(b"Words.", info, page=936, charset=134))
    assert (document.title, document.author, document.date, document.date_how) == ("关税入门", None, None, "unknown")


def test_rich_text_pictures_are_passed_over(read) -> None:
    pictures = b"{\\object{\\*\\objdata\\bin6 }}}}}x}}{\\pict\\pngblip " + b"89504e470d\n" * 20_000 + b"}"
    assert read("a.rtf", rtf(b"Before." + pictures + b"\\par After.")).text == "Before.\n\nAfter."


@pytest.mark.parametrize(
    "body", [b"{" * 200_000, b"\\f1" * 50_000, b"{\\field{\\*\\fldinst{" * 20_000, b"{\\fonttbl" + b"\\f1 a" * 20_000]
)
def test_rich_text_made_to_stop_its_reader_is_over_soon(read, body: bytes) -> None:
    started = perf_counter()
    assert read("a.rtf", b"{\\rtf1 Words. " + body).text.startswith("Words.")
    assert perf_counter() - started < 5


@pytest.mark.parametrize("data", ["Just words.", "<html></html>", "{\\urtf1 x}"])
def test_what_is_no_rich_text(tmp_path: Path, data: str) -> None:
    assert "is no rich text" in problem(tmp_path, "a.rtf", data).message


@pytest.mark.parametrize("body", [b"", b"{\\pict 00ff}", b"{\\*\\generator Word}"])
def test_rich_text_without_text(tmp_path: Path, body: bytes) -> None:
    assert "has no text" in problem(tmp_path, "a.rtf", rtf(body)).message


@pytest.mark.parametrize("body", [b"a\\u99999999 b", b"a\\uc b", b"\\u-99999999 "])
def test_rich_text_with_impossible_numbers(tmp_path: Path, body: bytes) -> None:
    assert "is damaged" in problem(tmp_path, "a.rtf", rtf(body)).message


# Mails


def mail(body: str | None = None, **headers: str) -> EmailMessage:
    message = EmailMessage()
    for name, value in {"From": "The Gazette <a@gazette.example>", "Subject": "Weekly", **headers}.items():
        message[name] = value
    if body is not None:
        message.set_content(body)
    return message


def forwarding(note: str | None, *mails: EmailMessage) -> bytes:
    outer = mail(note, From="Bo Wu <bo@x.example>", Subject="Fwd: Weekly", Date="Sat, 1 Feb 2025 09:00:00 +0000")
    for inner in mails:
        outer.add_attachment(inner)
    return outer.as_bytes()


HARBOUR = "Date: Thu, 30 Jan 2025 23:30:00 -0500"


def test_forwarded_mails_keep_their_own_sender_and_date(read) -> None:
    first = mail("The harbour was widened.", Date="Thu, 30 Jan 2025 23:30:00 -0500")
    second = mail("The bridge was closed.", From="c@x.example", Subject="Bridge")
    document = read("a.eml", forwarding("FYI, see below.", first, second))
    assert document.text == "FYI, see below.\n\nThe harbour was widened.\n\nThe bridge was closed."
    assert [(cut(document, a.span), a.publisher, a.title, a.date, a.date_how) for a in document.articles] == [
        ("FYI, see below.", "Bo Wu", "Fwd: Weekly", date(2025, 2, 1), "stated"),
        ("The harbour was widened.", "The Gazette", "Weekly", date(2025, 1, 30), "stated"),
        ("The bridge was closed.", None, "Bridge", None, "unknown"),
    ]
    assert (document.title, document.publisher, document.date) == ("Fwd: Weekly", "Bo Wu", date(2025, 2, 1))


def test_forwarded_mail_with_headings_below_an_empty_note(read) -> None:
    newsletter = mail(Subject="Html")
    newsletter.set_content("<h1>Harbour</h1><p>It was widened.</p>", subtype="html")
    document = read("a.eml", forwarding(None, mail("Deeper.", Subject="x")))
    assert [a.publisher for a in document.articles] == ["The Gazette"]
    document = read("a.eml", forwarding("Note.", newsletter))
    assert headings(document) == [(1, "Harbour")]
    chain = email_chain(9)
    assert "level 5" in read("a.eml", chain).text
    assert "level 6" not in read("a.eml", chain).text


def email_chain(length: int) -> bytes:
    message = mail(f"level {length}")
    for level in range(length - 1, -1, -1):
        outer = mail(f"level {level}")
        outer.add_attachment(message)
        message = outer
    return message.as_bytes()


def test_a_mail_with_words_of_its_own_is_read_alone(read) -> None:
    own = "A letter that says by itself all that it has to say, at length. " * 6
    document = read("a.eml", forwarding(own, mail("What it answers.")))
    assert document.text == own.strip()
    assert document.articles == ()


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("Thu, 30 Jan 2025 23:30:00 +2500", date(2025, 1, 30)),
        ("Thu, 30 Jan 2025 23:30:00 (MEZ)", date(2025, 1, 30)),
        ("Thu, 30 Jan 2025 24:61:00 GMT", date(2025, 1, 30)),
        ("Do, 30 Jan 2025 10:00:00 +0100", date(2025, 1, 30)),
        ("2025-01-30 10:00:00 CST", date(2025, 1, 30)),
        ("30.01.2025 10:00", date(2025, 1, 30)),
        ("Thu Jan 30 10:00:00 2025", date(2025, 1, 30)),
        ("Thu, 30 Jan 2025 10:00:00 +99999999999999", date(2025, 1, 30)),
        ("Thu, 31 Feb 2025 10:00:00 GMT", None),
        ("yesterday", None),
    ],
)
def test_mail_dates_with_odd_zones(read, written: str, day: date | None) -> None:
    document = read("a.eml", f"From: a@x.example\nDate: {written}\n\nWords.")
    assert (document.date, document.date_how) == (day, "stated" if day else "unknown")


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ("=?utf-8?B?5YWz56iO?= =?utf-8?q?_Z=C3=B6lle?=", "关税 Zölle"),
        ("=?utf-8?B?5YWz56g=?=\n =?utf-8?B?jg==?=", "关税"),  # a letter cut in two, as many programs do
        ("=?gb2312?B?1uxu?=", "朱n"),
        ("=?gb2312?B?1uzpRrv5?=", "朱镕基"),  # the second letter is not in GB 2312, and yet written so
        ("=?x-no?Q?Z=C3=B6lle?=", "Zölle"),
        ("Re: =?iso-8859-1?Q?Z=F6lle_=93a=94?= fall", "Re: Zölle “a” fall"),
        ("=?utf-8?B?!!!?=", None),
        ("Zölle", "Zölle"),
    ],
)
def test_mail_subjects_in_encoded_words(read, written: str, title: str | None) -> None:
    document = read("a.eml", f"From: =?utf-8?Q?F=C3=BCr_Sie?= <a@x.example>\nSubject: {written}\n\nWords.")
    assert document.publisher == "Für Sie"
    if title:
        assert document.title == title


def test_mail_whose_charset_has_an_impossible_name(read) -> None:
    data = 'From: a@x.example\nContent-Type: text/plain; charset="a\0b"\n\nZölle.'
    assert read("a.eml", data).text == "Zölle."


def test_newsletter_in_html_with_its_pixels_is_kept_as_it_is(read) -> None:
    message = mail()
    message.set_content(
        "<html><body><a href='https://x.example/v'>View in browser</a><img src='https://x.example/p.gif' width=1>"
        "<table><tr><td><h2>Harbour</h2><p>It was widened.</p></td></tr></table></body></html>",
        subtype="html",
    )
    document = read("a.eml", message.as_bytes())
    assert document.text == "View in browser\n\nHarbour\n\nIt was widened."
    assert headings(document) == [(2, "Harbour")]


def test_mails_without_text(tmp_path: Path) -> None:
    with_file = mail()
    with_file.add_attachment(b"%PDF-1.4", maintype="application", subtype="pdf", filename="a.pdf")
    for data in (mail().as_bytes(), with_file.as_bytes(), forwarding(None, mail(" "))):
        error = problem(tmp_path, "a.eml", data)
        assert "has no text of its own" in error.message
        assert "attachment" in error.remedy


# Encodings that nobody declares

ENGLISH = "It was agreed at 5.9 per cent.\nThe harbour was widened."
CHINESE = "中国一二三，商务部宣布。\n关税上调百分之五，企业一一申请许可证。"


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("text", [ENGLISH, "Die Zölle träfen „alle“.", CHINESE, "Министерство, 5 %", "Rally 😀 again"])
@pytest.mark.parametrize("ending", [".txt", ".md"])
def test_utf16_without_a_mark_is_recognised(read, encoding: str, text: str, ending: str) -> None:
    assert read(f"a{ending}", text.replace("\n", "\r\n").encode(encoding)).text == text


def test_utf16_web_page_without_a_mark(read) -> None:
    assert read("a.html", f"<html><body><p>{ENGLISH}</p></body></html>".encode("utf-16-le")).text == ENGLISH.replace(
        "\n", " "
    )


@settings(max_examples=100, deadline=None)
@given(st.binary(min_size=4, max_size=200))
def test_binary_data_with_zero_bytes_is_no_utf16(tmp_path_factory, data: bytes) -> None:
    with pytest.raises(ReadError):
        read_bytes(tmp_path_factory.mktemp("any"), "a.txt", b"\x00\x00" + data)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("Die Zölle: ".encode() + b"K\xf6ln" + " und 关税.".encode(), "Die Zölle: Köln und 关税."),
        ("Die Zölle für ".encode() + b"s\xfc\xdfe Ware" + b", sagte er.", "Die Zölle für süße Ware, sagte er."),
        (
            "关税上调，".encode() + "中".encode("gbk") + "企业申请许可证。".encode(),
            "关税上调，\ufffd\ufffd企业申请许可证。",
        ),
        ("关税上调，企业申请许可证".encode()[:-1], "关税上调，企业申请许可\ufffd\ufffd"),
        (
            "Zölle für “alle”.\n".encode() + "Größe, süß – naïve".encode("cp1252"),
            "Zölle für “alle”.\nGröße, süß – naïve",
        ),
        (
            "关税上调，企业申请许可证。\n".encode()
            + "商务部周四宣布对稀土出口实施管制。\n".encode("gb18030")
            + "第三行。".encode(),
            "关税上调，企业申请许可证。\n商务部周四宣布对稀土出口实施管制。\n第三行。",
        ),
        ("路通\n商务部周四宣布对稀土出口实施管制，企业必须申请许可证。".encode("gb18030"), None),
    ],
)
def test_mixed_encodings_lose_as_little_as_can_be(read, caplog, data: bytes, text: str | None) -> None:
    assert read("a.txt", data).text == (text if text is not None else data.decode("gb18030"))
    assert ("a.txt is UTF-8 but for" in caplog.text) == (text is not None)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from(["Zölle", "关税", "plain", "“a”"]), min_size=3), st.integers(0, 99), st.integers(128, 255)
)
def test_one_broken_byte_spoils_no_other_letter(tmp_path_factory, words: list[str], place: int, byte: int) -> None:
    written = [word.encode() for word in ["关税", *words]]
    place = 1 + place % len(words)
    data = b"\n".join((*written[:place], b"x %c y" % byte, *written[place:]))
    got = read_bytes(tmp_path_factory.mktemp("any"), "a.txt", data).text.split("\n")
    assert got[:place] + got[place + 1 :] == ["关税", *words]


# Files that cannot be read


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a\nb.txt", r"a\nb.txt"),
        ("a\x1b[31m\u202eb.txt", r"a\x1b[31m\u202eb.txt"),
        ("关税 😀.txt", "关税 😀.txt"),
        (os.fsdecode(b"a\xffb.txt"), r"a\udcffb.txt"),
    ],
)
def test_file_names_are_shown_in_one_line(tmp_path: Path, name: str, shown: str) -> None:
    for kind in (tmp_path / name, tmp_path / f"{name}.xyz"):
        with pytest.raises(ReadError) as caught:
            read_document(kind, kind.name)
        assert caught.value.message.startswith(shown)
    (tmp_path / name).write_bytes(b" ")
    with pytest.raises(ReadError) as caught:
        read_document(tmp_path / name, name)
    assert caught.value.message == f"{shown} is empty."
    str(caught.value).encode()


class Vanishing(type(Path())):  # type: ignore[misc]
    """A file that is deleted between being looked at and being opened."""

    def open(self, *args, **kwargs):
        self.unlink()
        return super().open(*args, **kwargs)


def test_file_that_vanishes_while_it_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Words.")
    with pytest.raises(ReadError, match=r"a\.txt is not there"):
        read_document(Vanishing(tmp_path / "a.txt"), "a.txt")


def test_disk_that_fails_while_it_is_read(tmp_path: Path) -> None:
    class Failing(type(Path())):  # type: ignore[misc]
        def open(self, *args, **kwargs):
            raise OSError(5, "Input/output error")

    (tmp_path / "a.txt").write_text("Words.")
    with pytest.raises(ReadError, match=r"a\.txt cannot be opened: Input/output error"):
        read_document(Failing(tmp_path / "a.txt"), "a.txt")


@pytest.mark.parametrize("ending", [".txt", ".jsonl", ".rtf"])
def test_300_megabytes_are_refused_without_reading_them(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a{ending}"
    with path.open("wb") as file:
        file.truncate(300_000_000)
    started = perf_counter()
    with pytest.raises(ReadError, match="is larger than 100 MB"):
        read_document(path, path.name)
    assert perf_counter() - started < 0.05  # reading them takes longer


def word_file() -> bytes:
    word = docx.Document()
    word.add_heading("A primer", 1)
    word.add_paragraph("Words of it.")
    buffer = io.BytesIO()
    word.save(buffer)
    return buffer.getvalue()


def pdf_file() -> bytes:
    pdf = (
        b"%PDF-1.4\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n"
        b"2 0 obj\n<</Type/Pages/Kids[3 0 R]/Count 1>>\nendobj\n"
        b"3 0 obj\n<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>\n"
        b"endobj\n4 0 obj\n<</Length 43>>\nstream\nBT /F1 12 Tf 20 200 Td (Words of it.) Tj ET \nendstream\nendobj\n"
        b"5 0 obj\n<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>\nendobj\n"
    )
    table = len(pdf)
    starts = [pdf.index(b"%d 0 obj" % number) for number in range(1, 6)]
    rows = b"".join(b"%010d 00000 n \n" % start for start in starts)
    return pdf + b"xref\n0 6\n0000000000 65535 f \n%btrailer\n<</Size 6/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (
        rows,
        table,
    )


WHOLE = {
    ".docx": word_file(),
    ".pdf": pdf_file(),
    ".epub": book(),
    ".rtf": rtf(
        b"Words {\\b of} it.\\par " + escaped("关税", "gbk"), b"{\\title A}{\\creatim\\yr2025\\mo1\\dy30}", 936, 134
    ),
    ".eml": forwarding("Note.", mail("Wörds of it.", Subject="关税")),
    ".mhtml": saved_page("<title>A</title>"),
    ".html": PAGE.format(head='<meta charset="utf-8">').encode(),
    ".jsonl": lines(FIRST, SECOND).encode(),
    ".md": "---\ntitle: A\n---\n\n# Zölle\n\nWords.\n".encode(),
    ".txt": CHINESE.encode("utf-16"),
}


@pytest.mark.parametrize("ending", sorted(WHOLE))
def test_whole_files_are_read(read, ending: str) -> None:
    assert read(f"a{ending}", WHOLE[ending]).text.strip()


@settings(max_examples=25, deadline=None)
@given(st.data())
@pytest.mark.parametrize("ending", sorted(WHOLE))
def test_damaged_files_are_read_or_refused(tmp_path_factory, ending: str, data: st.DataObject) -> None:
    """Cut off anywhere, or with some bytes overwritten."""
    whole = WHOLE[ending]
    end = data.draw(st.integers(0, len(whole)), label="end")
    place = data.draw(st.integers(0, end), label="place")
    noise = data.draw(st.binary(max_size=8), label="noise")
    said = ""
    try:
        read_bytes(
            tmp_path_factory.mktemp("cut"), f"a{ending}", whole[:place] + noise + whole[place + len(noise) : end]
        )
    except ReadError as error:
        said = error.message
    assert "its parser stopped" not in said  # an error of a library's that nobody foresaw


# What is legal to write and was not meant


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("a.jsonl", r'{"text": "Plums are \ud800 blue.", "title": "\udfff Plums", "\ud800": "\ud800"}'),
        ("a.md", '---\ntitle: "\\uDFFF Plums"\nauthor: "\\uD800"\n---\nPlums are � blue.'),
        (
            "a.html",
            "<title>\udfff Plums</title><h1>&#xDFFF; Plums</h1><p>Plums are \ud800 blue, and ripen in August.</p>",
        ),
    ],
)
def test_half_a_letter_is_replaced_wherever_a_format_lets_it_be_written(
    name: str, written: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(written.encode("utf-8", "surrogatepass"))
    read, _ = prepare(tmp_path / name, name, FileState("", name, 0, 0, ""), 800)
    for record in (read.document, *read.articles):
        "".join(said for said in asdict(record).values() if isinstance(said, str)).encode()  # or it cannot be stored
    assert "blue" in read.document.text


def test_a_number_of_six_thousand_digits_that_nobody_asked_for_does_no_harm(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(f'{{"text": "Plums are blue.", "views": {"9" * 6_000}}}')
    assert read_document(tmp_path / "a.jsonl", "a.jsonl").text == "Plums are blue."


def test_json_of_a_hundred_thousand_brackets_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(f'{{"text": "Plums.", "x": {"[" * 100_000}{"]" * 100_000}}}')
    with pytest.raises(ReadError, match="in line 1: it is not valid JSON"):
        read_document(tmp_path / "a.jsonl", "a.jsonl")


def test_a_page_of_nothing_but_line_breaks_is_as_quick_as_its_words(tmp_path: Path) -> None:
    """Seven megabytes of them took a gigabyte."""
    for name, breaks in (("few.html", "<br>\n<br>"), ("many.html", "<br>\n" * 100_000)):
        (tmp_path / name).write_text(f"<p>The mill grinds three sacks a day.{breaks}It rests at night.</p>")
    few = read_document(tmp_path / "few.html", "few.html").text
    started = perf_counter()
    assert read_document(tmp_path / "many.html", "many.html").text == few
    assert perf_counter() - started < 5
