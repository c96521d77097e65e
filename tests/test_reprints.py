import datetime
from pathlib import Path

from assistant.ingest.articles import describe, split_articles
from assistant.ingest.readers import read_document
from assistant.ingest.reprints import Sampled, find_origins, sample

TEXT = " ".join(f"word{number}" for number in range(600))
INTRODUCTION = " ".join(f"preface{number}" for number in range(100))
OTHER = " ".join(f"else{number}" for number in range(600))
SAMPLE_DOCUMENTS = Path(__file__).parents[1] / "assistant" / "sample" / "documents"


def article(name: str, text: str, day: int | None = None, *, is_relayed: bool = False) -> Sampled:
    date = datetime.date(2025, 1, day) if day else None
    return Sampled((name, 0), sample(text), date, is_relayed)


def test_a_reprint_in_an_editor_s_frame_names_its_origin() -> None:
    found = find_origins([article("a", TEXT), article("b", f"{INTRODUCTION} {TEXT}"), article("c", OTHER)])
    assert found == {("b", 0): ("a", 0)}


def test_the_origin_is_what_was_not_relayed_and_then_the_earliest() -> None:
    relayed = article("a", TEXT, 1, is_relayed=True)
    assert find_origins([relayed, article("b", TEXT, 9)]) == {("a", 0): ("b", 0)}
    assert find_origins([article("a", TEXT, 9), article("b", TEXT, 1)]) == {("a", 0): ("b", 0)}


def test_a_shared_quotation_makes_no_reprint() -> None:
    quotation = " ".join(TEXT.split()[:60])
    assert find_origins([article("a", TEXT), article("b", f"{OTHER} {quotation}")]) == {}


def test_the_sample_corpus_has_one_reprint() -> None:
    sampled = []
    for file in sorted(SAMPLE_DOCUMENTS.rglob("*")):
        if file.suffix in {".html", ".md", ".txt"}:
            document = describe(read_document(file, file.name))
            for index, found in enumerate(split_articles(document)):
                text = document.text[slice(*found.span)]
                sampled.append(Sampled((file.name, index), sample(text), found.date, found.relayed_by is not None))
    assert find_origins(sampled) == {("reprint-cheap-model.html", 0): ("the-cheap-model.md", 0)}
