"""Documents written to break the rules: other layouts, other languages, and texts that must stay one article."""

import datetime
import json
from pathlib import Path

import pytest

from assistant.ingest.articles.split import describe, split_articles
from assistant.ingest.passages import split_passages
from assistant.ingest.readers import read_document

FOLDER = Path(__file__).parent / "ingest_documents"
NAMES = sorted(p.name for p in FOLDER.iterdir() if p.suffix != ".json")


def test_there_are_ten_of_them() -> None:
    assert len(NAMES) >= 10


@pytest.mark.parametrize("name", NAMES)
def test_a_document_is_understood_as_a_reader_would(name: str) -> None:
    file = FOLDER / name
    expected = json.loads(file.with_suffix(".json").read_text(encoding="utf-8"))
    document = describe(read_document(file, name))
    articles = split_articles(document)
    passages, exclusions = split_passages(document, articles, 900)
    found = [document.text[a.span.start :].split("\n")[0][:50] for a in articles]
    slack = expected.get("slack", 0)
    for article, gold in zip(articles, expected["articles"], strict=False):
        start = document.text.index(gold["starts"])
        assert abs(article.span.start - start) <= slack or document.text[article.span.start :].startswith(
            gold["starts"]
        ), found
        for key in ("title", "outlet", "author", "relayed_by"):
            if key in gold:
                assert getattr(article, key) == gold[key], f"{key} of {gold['starts']!r}"
        if "date" in gold:
            assert article.date == _day(gold["date"]), f"date of {gold['starts']!r}"
    assert len(articles) == len(expected["articles"]), found
    for key in ("title", "publisher"):
        if key in expected:
            assert getattr(document, key) == expected[key]
    if "date" in expected:
        assert document.date == _day(expected["date"])
    left_out = [document.text[slice(*e.span)] for e in exclusions]
    for words in expected.get("excluded", ()):
        assert any(words in part for part in left_out), f"{words!r} is indexed"
    for words in expected.get("kept", ()):
        assert any(words in p.text for p in passages), f"{words!r} is not indexed"


def _day(words: str | None) -> datetime.date | None:
    return datetime.date.fromisoformat(words) if words else None
