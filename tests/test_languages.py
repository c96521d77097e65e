"""Which language a document and its articles are in: who says so, what the text shows, and the filter end to end."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import tantivy
from fakes import LetterEmbedder
from hypothesis import given, settings
from hypothesis import strategies as st
from test_cli import Assistant, assistant
from test_more_formats import book
from test_readers import pdf

from assistant.ingest.formats.file_properties import stated_language
from assistant.ingest.readers import read_document
from assistant.ingest.sync.sync import make_plan, prepare, sync
from assistant.language.languages import detect_language, with_languages
from assistant.search.index import open_for_writing
from assistant.search.library import FileState
from assistant.search.retriever import retrieve
from assistant.types import Article, Document, Filters, Passage, Span

__all__ = ["assistant"]  # a fixture

ENGLISH = (
    "The harbour reopened on Monday after a storm had closed it for a week. The mayor said that the repairs would cost"
    " the town four million kronor, and that the ferry would run again before the end of the month."
)
GERMAN = (
    "Der Hafen ist am Montag wieder geöffnet worden, nachdem ihn ein Sturm eine Woche lang geschlossen hatte. Die"
    " Reparatur kostet die Stadt vier Millionen Kronen, und die Fähre fährt noch vor dem Ende des Monats wieder."
)
CHINESE = (
    "港口在风暴关闭一周之后于星期一重新开放。市长表示，修复工程将花费四百万克朗，渡轮将在月底之前恢复运行。"
    "码头工人要求提高工资，谈判将于下周举行，双方都希望尽快达成协议，避免新的停工影响春季的出口。"
)
OTHER_ENGLISH = "A baker in the old town sold bread again after the storm, and many people came to thank her for it."
OTHER_GERMAN = "Eine Bäckerin in der Altstadt verkaufte nach dem Sturm wieder Brot, und viele Leute dankten ihr dafür."
NAMES = "Angela Merkel, Xi Jinping, Emmanuel Macron, Volodymyr Zelensky"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (ENGLISH, "en"),
        (GERMAN, "de"),
        (CHINESE, "zh"),
        ("香港政府昨日公布新的出口規定，企業表示擔憂，要求政府給予更多時間。", "zh"),
        ("De haven is maandag weer geopend. De burgemeester zei dat de handel weer zal groeien.", "nl"),
        (" ".join([GERMAN] * 40), "de"),
        (f"{GERMAN}\n\n{GERMAN}\n\n“The harbour is open.”", "de"),  # a quotation makes no mixture
        ("", ""),
        ("Harbour 2025", ""),
        ("Der Hafen", ""),
        ("12.3 | 45 | 67 % | USD 1,234 | 55 | 66", ""),
        (NAMES, ""),
        ("asdkj qwlkej zxcmn qpwoe alskdj zmxnc " * 10, ""),
        ("\n\n".join([ENGLISH, ENGLISH, GERMAN, GERMAN] * 4), ""),
    ],
)
def test_a_text_shows_its_language_or_none(text: str, language: str) -> None:
    assert detect_language(text) == language


@given(st.text(max_size=3_000))
@settings(max_examples=60, deadline=None)
def test_any_text_has_a_language_or_none(text: str) -> None:
    assert detect_language(text) == "" or len(text) >= 7  # twenty letters, of which a Chinese sign counts three


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("de", "de"), ("de-AT", "de"), ("zh_CN", "zh"), ("zh-Hans-CN", "zh"), ("EN-us", "en"), (" en ", "en"),
        ("ger", "de"), ("eng", "en"), ("gsw", "gsw"), ("und", ""), ("mul", ""), ("x-default", ""), ("German", ""),
        ("en,de", ""), ("", ""), (None, ""),
    ],
)  # fmt: skip
def test_the_codes_that_formats_write_become_one(written: str | None, code: str) -> None:
    assert stated_language(written) == code


def page(text: str, attributes: str = "", head: str = "") -> str:
    body = "".join(f"<p>{part}</p>" for part in text.split("\n\n"))
    return f"<html {attributes}><head><title>Quay</title>{head}</head><body><h1>Quay</h1>{body}</body></html>"


def read(folder: Path, name: str, content: str | bytes) -> Document:
    (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_document(folder / name, name)


@pytest.mark.parametrize(
    ("name", "content", "language", "how"),
    [
        ("a.html", page(GERMAN, 'lang="de-DE"'), "de", "stated"),
        ("a.html", page(GERMAN, 'xml:lang="de"'), "de", "stated"),
        ("a.html", page(GERMAN, "", '<meta http-equiv="Content-Language" content="de, en">'), "de", "stated"),
        ("a.html", page(GERMAN, 'lang="German"'), "", "unknown"),
        ("a.epub", book("<dc:language>ger</dc:language>"), "de", "stated"),
        ("a.epub", book(""), "", "unknown"),
        ("a.md", f"---\nlang: de-CH\n---\n\n{ENGLISH}", "de", "given"),
        ("a.txt", ENGLISH, "", "unknown"),
    ],
)
def test_what_a_file_states_is_read(tmp_path: Path, name: str, content: str | bytes, language: str, how: str) -> None:
    document = read(tmp_path, name, content)
    assert (document.language, document.language_how) == (language, how)


def test_the_language_of_a_pdf_is_read(tmp_path: Path) -> None:
    plain = pdf([["The harbour reopened on Monday."]])
    assert read(tmp_path, "a.pdf", plain).language == ""
    stated = plain.replace(b"/Type /Catalog", b"/Type /Catalog /Lang (de-AT)")
    document = read(tmp_path, "b.pdf", stated)
    assert (document.language, document.language_how) == ("de", "stated")


def described(folder: Path, name: str, content: str) -> tuple[Document, list[Article]]:
    (folder / name).write_text(content, encoding="utf-8")
    made, _ = prepare(folder / name, name, FileState("", "", 0, 0, ""), 900)
    return made.document, list(made.articles)


@pytest.mark.parametrize(
    ("text", "stated", "expected"),
    [
        (CHINESE, "en", ("zh", "inferred")),  # the template's word
        (CHINESE, "zh-Hans", ("zh", "stated")),
        (CHINESE, "yue", ("yue", "stated")),  # written alike
        (GERMAN, "de", ("de", "stated")),
        (GERMAN, "", ("de", "inferred")),
        ("Der Hafen ist am Montag wieder geöffnet worden.", "en", ("en", "stated")),  # too little to overrule
        (NAMES, "fr", ("fr", "stated")),
        (NAMES, "", ("", "unknown")),
        (f"{GERMAN}\n\n{ENGLISH}", "", ("", "unknown")),
        (f"{GERMAN}\n\n{ENGLISH}", "de", ("de", "stated")),
    ],
)
def test_clear_text_overrules_a_page_and_nothing_else_does(
    tmp_path: Path, text: str, stated: str, expected: tuple[str, str]
) -> None:
    document, [article] = described(tmp_path, "a.html", page(text, f'lang="{stated}"'))
    assert (document.language, document.language_how) == expected
    assert (article.language, article.language_how) == expected


def lines(*articles: dict[str, str]) -> str:
    return "\n".join(json.dumps(article, ensure_ascii=False) for article in articles)


def test_every_article_has_its_own_language(tmp_path: Path) -> None:
    document, articles = described(
        tmp_path, "mixed.jsonl", lines({"text": GERMAN}, {"text": ENGLISH}, {"text": CHINESE}, {"text": NAMES})
    )
    assert [(a.language, a.language_how) for a in articles] == [
        ("de", "inferred"),
        ("en", "inferred"),
        ("zh", "inferred"),
        ("", "unknown"),
    ]
    assert (document.language, document.language_how) == ("", "unknown")


def test_a_short_article_has_the_language_of_the_others(tmp_path: Path) -> None:
    document, articles = described(
        tmp_path, "digest.jsonl", lines({"text": GERMAN}, {"text": GERMAN}, {"text": "Kiel, Lund."})
    )
    assert [a.language for a in articles] == ["de", "de", "de"]
    assert (document.language, document.language_how) == ("de", "inferred")


def test_an_article_states_its_own(tmp_path: Path) -> None:
    _, articles = described(tmp_path, "a.jsonl", lines({"text": GERMAN, "language": "de-AT"}, {"text": ENGLISH}))
    assert [(a.language, a.language_how) for a in articles] == [("de", "stated"), ("en", "inferred")]


def test_what_was_left_out_has_no_say() -> None:
    document = Document("a", f"{ENGLISH * 4}\n\n{GERMAN}", "", "text/plain")
    start = len(document.text) - len(GERMAN)
    span = Span(start, len(document.text))
    passage = Passage("a", span, GERMAN, (span,))
    found, _ = with_languages(document, [Article("a", Span(0, len(document.text)))], [passage])
    assert found.language == "de"


@pytest.fixture
def papers(bare: Path) -> Path:
    """One text in each language, one in two, and one that shows none."""
    folder = bare / "papers"
    folder.mkdir()
    texts = {"en": ENGLISH, "de": GERMAN, "zh": CHINESE, "names": f"{NAMES}."}
    for name, text in texts.items():
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    (folder / "mixed.jsonl").write_text(lines({"text": OTHER_GERMAN}, {"text": OTHER_ENGLISH}), encoding="utf-8")
    return folder


def found_by(assistant: Assistant, *words: str) -> set[tuple[str, int]]:
    run = assistant("search", "harbour Hafen 港口 Merkel", "--json", *words)
    assert run.code == 0, run.err
    ranked = json.loads(run.out)["ranked"]
    return {(hit["passage"]["document"], hit["passage"]["article_index"]) for hit in ranked}


def test_a_folder_is_searched_by_language(assistant: Assistant, papers: Path) -> None:
    assert assistant("index", str(papers)).code == 0
    assert found_by(assistant, "--language", "de") == {("de.txt", 0), ("mixed.jsonl", 0)}
    assert found_by(assistant, "--language", "EN") == {("en.txt", 0), ("mixed.jsonl", 1)}
    assert found_by(assistant, "--language", "zh") == {("zh.txt", 0)}
    assert found_by(assistant, "--language", "zh", "--language", "de", "--document", "zh.txt") == {("zh.txt", 0)}
    assert "    de (2 articles)\n" in assistant("search", "--names").out
    assert "language: zh (inferred)\n" in assistant("search", "港口", "--language", "zh", "--explain").out
    assert "    language   de (inferred)\n" in assistant("sources", "show", "de.txt").out
    shown = assistant("sources", "show", "mixed.jsonl").out
    assert "    language   unknown\n" in shown
    assert shown.index("     language   de (inferred)\n") < shown.index("     language   en (inferred)\n")


def test_sources_toml_says_the_last_word_and_it_can_be_taken_back(assistant: Assistant, papers: Path) -> None:
    said = papers / "sources.toml"
    said.write_text('[[source]]\nmatch = "mixed.jsonl"\nlanguage = "nds"\n')
    assert assistant("index", str(papers)).code == 0
    assert found_by(assistant, "--language", "nds") == {("mixed.jsonl", 0), ("mixed.jsonl", 1)}
    assert "    language   nds (given by you)\n" in assistant("sources", "show", "mixed.jsonl").out
    said.unlink()
    assert assistant("index", str(papers)).code == 0
    assert found_by(assistant, "--language", "de") == {("de.txt", 0), ("mixed.jsonl", 0)}


def make_format_3(library: Path) -> None:
    """Take from a library what formats 4 and 5 brought, and the words, whose index had no languages."""
    with closing(sqlite3.connect(library / "library.db")) as db:
        for table, column in (
            ("documents", "language_how"),
            ("articles", "language"),
            ("articles", "language_how"),
            ("articles", "introduction"),
            *((table, "digest") for table in ("documents", "articles", "passages")),
        ):
            db.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
        db.execute("DELETE FROM facts WHERE name = 'identity'")
        db.execute("UPDATE documents SET recipe = '3' || substr(recipe, instr(recipe, ':'))")
        db.execute("UPDATE documents SET language = '' WHERE as_read = ''")
        for number, written in db.execute("SELECT id, as_read FROM documents WHERE as_read <> ''").fetchall():
            laid_aside = json.loads(written)
            laid_aside["document"] |= {"language": ""}
            del laid_aside["document"]["language_how"]
            for article in laid_aside["articles"]:
                del article["language"], article["language_how"], article["introduction"]
            db.execute("UPDATE documents SET as_read = ? WHERE id = ?", (json.dumps(laid_aside), number))
        db.execute("PRAGMA user_version = 3")
        db.commit()
    shutil.rmtree(library / "words")
    (library / "words").mkdir()
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("id", indexed=True, fast=True)
    tantivy.Index(builder.build(), path=str(library / "words"))


def test_a_library_of_the_format_before_learns_languages_and_embeds_nothing(papers: Path, tmp_path: Path) -> None:
    (papers / "sources.toml").write_text('[[source]]\nmatch = "names.txt"\nlanguage = "la"\n')
    embedder = LetterEmbedder()
    with open_for_writing(tmp_path / "library", embedder) as index:
        sync(make_plan([papers], index, 400), index, 400)
        passages = index.library.passage_ids()
    make_format_3(tmp_path / "library")
    embedder.texts.clear()
    (papers / "zh.txt").write_text(CHINESE + CHINESE, encoding="utf-8")  # changed meanwhile: read anew
    with open_for_writing(tmp_path / "library", embedder) as index:
        assert [e.passage.document for e in retrieve("a", index, 9, Filters(languages=("la",)))] == ["names.txt"]
        assert embedder.texts == ["a"]
        embedder.texts.clear()
        plan = make_plan([papers], index, 400)
        assert sorted(file.name for file, _ in plan.described) == ["de.txt", "en.txt", "mixed.jsonl", "names.txt"]
        assert plan.changed == ["zh.txt"]
        sync(plan, index, 400)
        assert embedder.texts
        assert not any("a" <= letter <= "z" for text in embedder.texts for letter in text)  # the Chinese text alone
        assert len(index.library.passage_ids() & passages) == len(passages) - 1
        by_language = {
            code: {e.passage.document for e in retrieve("harbour", index, 9, Filters(languages=(code,)))}
            for code in ("de", "en", "zh", "la")
        }
        assert by_language == {
            "de": {"de.txt", "mixed.jsonl"},
            "en": {"en.txt", "mixed.jsonl"},
            "zh": {"zh.txt"},
            "la": {"names.txt"},
        }
        again = make_plan([papers], index, 400)
        assert (again.described, again.to_read, again.unchanged) == ((), (), 5)
        (papers / "sources.toml").unlink()
        sync(make_plan([papers], index, 400), index, 400)
        [names] = [file for file in index.library.files() if file.name == "names.txt"]
        assert index.library.document(names.id).language == ""
