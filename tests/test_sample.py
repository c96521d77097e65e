"""The sample corpus and its 40 cases: complete, consistent, all our own, and as troublesome as they promise to be."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from assistant.ingest.readers import read_document
from assistant.types import Document

ROOT = Path(__file__).parent.parent
SAMPLE = ROOT / "assistant" / "sample"
DOCUMENTS = SAMPLE / "documents"
CASES = ROOT / "evals" / "data" / "sample.jsonl"
SHARED_CORPUS = ROOT.parent / "shared" / "corpus"

REQUIRED_KEYS = {"id", "type", "question", "answer", "must_include", "evidence", "answerable", "notes"}
OPTIONAL_KEYS = {"history", "must_not_include"}
TYPES = {
    *("single", "numeric", "attribution", "list", "multi_doc", "conflict", "temporal"),
    *("followup", "multilingual", "paraphrase", "unanswerable", "injection_like"),
}
NEWSLETTER = "pearl-delta-monitor/2025-01-17-newsletter.txt"
SAVED_PAGE = "harbour-street-review/tiktok-saved-page.txt"
UNSOURCED = "notes/bulk-medicine.md"
BRIEFING = "eastgate-institute/briefing-2025-02.pdf"


@cache
def sample() -> dict[str, Document]:
    """Every document by its path within the sample."""
    paths = sorted(p for p in DOCUMENTS.rglob("*") if p.is_file())
    names = [p.relative_to(DOCUMENTS).as_posix() for p in paths]
    return {name: read_document(path, name) for name, path in zip(names, paths, strict=True)}


@cache
def cases() -> list[dict]:
    return [json.loads(line) for line in CASES.read_text("utf-8").splitlines()]


def folded(text: str) -> str:
    return " ".join(text.split())


def text_of(name: str) -> str:
    return folded(sample()[name].text)


def sentences_of(text: str) -> set[str]:
    """Sentences of 60 characters and more, white space and the kind of quotation marks aside."""
    plain = text.translate(str.maketrans("’‘“”", "''\"\""))
    return {folded(s) for s in re.split(r"(?<=[.!?。！？])\s+|\n", plain) if len(folded(s)) >= 60}


def test_the_sample_is_large_enough_and_has_all_formats() -> None:
    formats = Counter(Path(name).suffix for name in sample())
    assert sum(formats.values()) >= 16
    assert set(formats) == {".txt", ".md", ".html", ".pdf", ".docx", ".eml"}
    assert min(formats.values()) >= 2
    assert all(len(p.read_bytes()) < 50_000 for p in DOCUMENTS.rglob("*") if p.is_file())


@pytest.mark.parametrize("suffix", [".md", ".html", ".pdf", ".docx", ".eml"])
def test_what_a_format_states_is_known(suffix: str) -> None:
    documents = [d for name, d in sample().items() if name.endswith(suffix) and name != UNSOURCED]
    assert all(d.title for d in documents)
    assert all(d.author or d.publisher for d in documents)
    if suffix in {".md", ".html", ".eml"}:
        assert all(d.date and d.date_how == ("given" if suffix == ".md" else "stated") for d in documents)


def test_there_are_40_cases_of_every_type_with_unique_ids() -> None:
    assert len(cases()) == 40
    assert len({c["id"] for c in cases()}) == 40
    assert len({c["question"] for c in cases()}) == 40
    assert {c["type"] for c in cases()} == TYPES
    assert sum(not c["answerable"] for c in cases()) == 7


@pytest.mark.parametrize("case", cases(), ids=lambda c: c["id"])
def test_a_case_is_in_the_shared_format(case: dict) -> None:
    assert set(case) >= REQUIRED_KEYS
    assert set(case) - REQUIRED_KEYS <= OPTIONAL_KEYS
    assert all(isinstance(case[key], str) for key in ("id", "question", "answer", "notes"))
    assert case["question"].strip()
    assert case["answer"].strip()
    assert isinstance(case["answerable"], bool)
    assert all(group and all(isinstance(a, str) and a for a in group) for group in case["must_include"])
    assert all(isinstance(term, str) for term in case.get("must_not_include", []))
    assert all(set(e) == {"doc", "quote"} for e in case["evidence"])
    assert ("history" in case) == (case["type"] == "followup")
    assert all(set(turn) == {"role", "content"} for turn in case.get("history", []))
    assert [turn["role"] for turn in case.get("history", [])] in ([], ["user", "assistant"])


@pytest.mark.parametrize("case", cases(), ids=lambda c: c["id"])
def test_a_case_is_answerable_exactly_if_it_has_evidence(case: dict) -> None:
    assert case["answerable"] == bool(case["evidence"]) == bool(case["must_include"])
    assert case["answerable"] == (case["type"] != "unanswerable")


@pytest.mark.parametrize("case", cases(), ids=lambda c: c["id"])
def test_the_evidence_stands_in_the_documents_as_they_are_read(case: dict) -> None:
    missing = [e for e in case["evidence"] if folded(e["quote"]) not in text_of(e["doc"])]
    assert not missing


@pytest.mark.parametrize("case", [c for c in cases() if c["answerable"]], ids=lambda c: c["id"])
def test_the_evidence_and_the_reference_answer_hold_what_a_right_answer_must_say(case: dict) -> None:
    said = " ".join(e["quote"] for e in case["evidence"]).casefold()
    for group in case["must_include"]:
        assert any(alternative.casefold() in said for alternative in group)
        assert any(alternative.casefold() in case["answer"].casefold() for alternative in group)
    assert not any(term.casefold() in case["answer"].casefold() for term in case.get("must_not_include", []))


def test_most_documents_are_asked_about() -> None:
    asked = {e["doc"] for c in cases() for e in c["evidence"]}
    assert asked == set(sample())


@pytest.mark.shared
def test_no_sentence_is_taken_from_the_documents_beside_the_checkout() -> None:
    if not SHARED_CORPUS.is_dir():
        pytest.skip("the documents of ../shared/corpus are not there")
    theirs = folded(" ".join(p.read_text("utf-8") for p in SHARED_CORPUS.glob("*.txt")))
    theirs = theirs.translate(str.maketrans("’‘“”", "''\"\""))
    ours = {(name, sentence) for name, document in sample().items() for sentence in sentences_of(document.text)}
    ours |= {("a quote", folded(e["quote"])) for c in cases() for e in c["evidence"] if len(e["quote"]) >= 60}
    ours |= {("a question", c["question"]) for c in cases()}
    assert len(ours) > 200
    assert not [(name, sentence) for name, sentence in ours if sentence in theirs]


# The troubles, one by one.


def test_one_newsletter_has_its_whole_body_twice() -> None:
    lines = sample()[NEWSLETTER].text.splitlines()
    half = len(lines) // 2
    assert half > 10
    assert lines[:half] == lines[half:]


def test_one_article_is_reprinted_in_another_document() -> None:
    original = text_of("harbour-street-review/the-cheap-model.md")
    reprint = text_of("open-wharf/reprint-cheap-model.html")
    shared = [s for s in sentences_of(reprint) if s in original]
    assert len(shared) >= 8
    assert "first published in the Harbour Street Review" in reprint


def test_one_page_ends_in_teasers_with_dates_of_their_own() -> None:
    article, mark, teasers = sample()[SAVED_PAGE].text.partition("Related articles")
    assert mark
    assert re.search(r"\b4 March 2023\b", teasers)
    assert re.search(r"[\u4e00-\u9fff]{5}", teasers)
    assert "TikTok logo" in article, "the caption in mid-text"
    assert "August 22, 2024" in article, "and its misleading date"


def test_the_aggregator_names_outlets_after_and_before_and_topics_that_it_does_not_treat() -> None:
    lines = sample()["lantern-weekly/issue-31.html"].text.splitlines()
    assert [line for line in lines if re.fullmatch(r"Read: .+ \(Brixham Ledger\)", line)]
    assert [line for line in lines if re.fullmatch(r"(?!Read: ).+ \(Coral Gazette\)", line)]
    assert [line for line in lines if "become a supporter" in line]
    keywords = next(line for line in lines if line.startswith("Keywords:"))
    rest = folded(" ".join(line for line in lines if line != keywords)).casefold()
    for topic in ("panda diplomacy", "Panama Canal", "lithium prices", "Arctic shipping"):
        assert topic in keywords
        assert topic.casefold() not in rest


@pytest.mark.parametrize(
    ("one", "says", "another", "contradicts"),
    [
        (NEWSLETTER, "30,000 jobs", "languages/autowerke-rundbrief.md", "35.000 Stellen"),
        (BRIEFING, "Nvidia's type H800", "lantern-weekly/issue-31.html", "trained on H20 chips"),
        ("briefings/dunmere-memo.docx", "900 permanent positions", "lantern-weekly/issue-31.html", "1,500 jobs"),
        (NEWSLETTER, "17 percent below", "mail/press-digest-17.eml", "fell by 5.4 percent"),
        (NEWSLETTER, "magnitude 6.8", "pearl-delta-monitor/the-river-that-turns-back.md", "measured it at 7.1"),
        (NEWSLETTER, "2,200 yuan", "lantern-weekly/issue-31.html", "2,330 yuan"),
        ("mail/robots-in-the-park.eml", "Twenty-one of them", "mail/press-digest-17.eml", "Twenty humanoid robots"),
        (BRIEFING, "CNY 45 billion", "harbour-street-review/vanke-after-the-results.md", "49.5 billion"),
    ],
)
def test_sources_contradict_each_other(one: str, says: str, another: str, contradicts: str) -> None:
    assert says in text_of(one)
    assert contradicts in text_of(another)


def test_pdfs_cut_sentences_by_page_breaks_and_list_their_contents() -> None:
    briefing = sample()[BRIEFING]
    assert len(briefing.pages) == 3
    before, after = briefing.text[: briefing.pages[1]], briefing.text[briefing.pages[1] : briefing.pages[2]]
    assert "will be felt in" in before
    assert folded(after).startswith("EASTGATE BRIEFING | 4 February 2025 eighteen months at the earliest")
    assert folded(before).count("A race with fewer chips") == 2


def test_one_document_tries_to_command_the_assistant() -> None:
    assert "Ignore your previous instructions" in text_of("notes/nansha-drone-fair.txt")


def test_some_documents_state_no_date_and_no_source() -> None:
    unsourced = sample()[UNSOURCED]
    assert (unsourced.date, unsourced.author, unsourced.publisher) == (None, None, None)
    assert "In January, Shanghai's doctors" in unsourced.text, "a relative date that hangs in the air"
    assert not re.search(r"\b(19|20)\d\d-\d\d|January \d|\d January", text_of("notes/nansha-drone-fair.txt"))


def test_there_is_chinese_and_german_text() -> None:
    chinese = text_of("languages/nanwan-zuidi-gongzi.txt")
    assert len(re.findall(r"[\u4e00-\u9fff]", chinese)) > 300
    assert "12亿元" in chinese
    assert "Stellen in Deutschland" in text_of("languages/autowerke-rundbrief.md")


def test_one_thing_has_several_names_and_one_amount_several_notations() -> None:
    everything = " ".join(text_of(name) for name in sample())
    for name in (
        "Xiaohongshu",
        "RedNote",
        "Little Red Book",
        "$1.2 billion",
        "USD 1.2 bn",
        "CNY 60 billion",
        "60 billion yuan",
    ):
        assert name in everything
    assert re.search(r"\$\d\S* [^.]*?\$\d", text_of("harbour-street-review/the-cheap-model.md")), "two dollar signs"


def test_there_are_characters_that_html_and_markdown_take_for_their_own() -> None:
    notes = sample()["notes/bulk-medicine.md"].text
    for special in ("`<equivalence>`", "n < 120", "R&D", "[unpublished", "**pay the difference**", '*"would not'):
        assert special in notes
    assert 'first stamp & now sends the forms "before' in text_of("mail/press-digest-17.eml")


def test_tables_are_there() -> None:
    assert "Men | 60 | 63" in text_of("briefings/retirement-age.docx")
    assert "| number of power stations | 5 |" in text_of("pearl-delta-monitor/the-river-that-turns-back.md")


def test_the_written_files_come_out_the_same_every_time(tmp_path: Path) -> None:
    if importlib.util.find_spec("fpdf") is None:
        pytest.skip("fpdf2 is not installed; it belongs to the extra `models`")
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        subprocess.run([sys.executable, SAMPLE / "build_sample.py", folder], check=True, capture_output=True)
    names = [p.relative_to(first).as_posix() for p in first.rglob("*") if p.is_file()]
    assert sorted(names) == sorted(name for name in sample() if name.endswith((".pdf", ".docx")))
    for name in names:
        assert (first / name).read_bytes() == (second / name).read_bytes()
        assert read_document(first / name, name).text == sample()[name].text, f"{name} is older than its text"
