"""Two small documents, and answers over them made by hand."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from pathlib import Path

from assistant.types import Answer, Article, Citation, Claim, Evidence, Passage, Span, Usage
from evals.judges import Judgement
from evals.scoring import score_records, score_row, summarise
from evals.spans import Texts
from evals.storage import append_record, write_cases, write_documents, write_manifest, write_scores
from evals.types import Case, Gold, Record

ALPHA = "Alpha mill employed 120 people in 1901."
BETA = "Beta mill employed 340 people in 1902."
GAMMA = "“Gamma” burned\n  down – twice."
DOCUMENTS = {
    "mills.txt": f"{ALPHA} {BETA}\n\n{GAMMA}\n\nDelta mill stood by the river. {BETA}\n",
    "reprint.txt": f"As was reported: {ALPHA} It was the largest.\n",
}
DAY = datetime.date(2025, 1, 30)
ARTICLE = Article("mills.txt", Span(0, 500), outlet="Mill Gazette", author="Ann Weaver", date=DAY, date_how="stated")


def texts() -> Texts:
    return Texts(DOCUMENTS.get)


def cite(words: str, number: int = 1, document: str = "mills.txt", shift: int = 0) -> Citation:
    """A citation of the first place of these words, its offsets moved by `shift` characters."""
    start = DOCUMENTS[document].index(words) + shift
    return Citation(
        number, document, 1, start, start + len(words), words,
        outlet="Mill Gazette", author="Ann Weaver", date=DAY, date_how="stated",
    )  # fmt: skip


def found(words: str, rank: int, document: str = "mills.txt") -> Evidence:
    start = DOCUMENTS[document].index(words)
    span = Span(start, start + len(words))
    return Evidence(Passage(document, span, words, (span,)), ARTICLE, rank, 1 / rank)


def case(kind: str = "single", gold: Sequence[str] = (ALPHA,), include: Sequence[str] = ("120",)) -> Case:
    quotes = tuple(Gold("mills.txt", words) for words in gold)
    return Case("c-1", kind, "How many worked there?", True, must_include=tuple((i,) for i in include), evidence=quotes)


UNANSWERABLE = Case("c-2", "unanswerable", "Who owned it?", answerable=False)


def answered(
    claims: Sequence[Claim], evidence: Sequence[Evidence] = (), sureness: float = 0.9, case_id: str = "c-1"
) -> Record:
    seconds = {"retrieve": 0.25, "answer": 0.5}
    answer = Answer(
        "How many worked there?", "answered", tuple(claims), tuple(evidence),
        answerability=sureness, usage=Usage(1_000, 200), seconds=seconds,
    )  # fmt: skip
    return Record(case_id, "answered", answer)


def refused(evidence: Sequence[Evidence] = (), case_id: str = "c-1") -> Record:
    answer = Answer("How many worked there?", "refused", (), tuple(evidence), lead="The sources do not say.")
    return Record(case_id, "refused", answer)


CASES = [case(), UNANSWERABLE]
RECORDS = [
    refused([found(ALPHA, 1)], "c-2"),
    answered([Claim(ALPHA, (cite(ALPHA),), "supported", speaker="Mill Gazette")], [found(ALPHA, 1)]),
]


def write_run(folder: Path, finished: str | None = "2025-01-30T10:00:00+00:00") -> None:
    """The folder of a run with these two records."""
    folder.mkdir(parents=True)
    write_manifest(folder, {"name": folder.name, "finished": finished})
    write_cases(folder, CASES)
    for record in RECORDS:
        append_record(folder, record)
    scored = score_records(CASES, RECORDS, texts())
    write_scores(folder, [score_row(one) for one in scored], summarise([one.result for one in scored]))
    write_documents(folder, DOCUMENTS)


class WordJudge:
    """Full support if every word of the claim stands in the quotes, partial if some do; "?" cannot be judged."""

    name = "words"

    def __init__(self) -> None:
        self.asked = 0

    def judge(self, claim: str, quotes: Sequence[str], context: str = "") -> Judgement | None:
        self.asked += 1
        if "?" in claim:
            return None
        words, known = set(claim.lower().split()), set(" ".join(quotes).lower().split())
        if "not" in known:
            return Judgement("none", contradicted=True)
        label = "full" if words <= known else "partial" if words & known else "none"
        return Judgement(label, score=len(words & known) / len(words))
