"""Runs made for the tests: a hundred cases over four documents, answered rightly, or wrongly on purpose."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from assistant.types import Answer, Article, Citation, Claim, Evidence, Passage, Span
from evals.types import Case, Gold, Record, Result, Run

TOWNS = "Aldmoor Brenwick Carrow Dunmere Eastby Farholt Gellan Hexley Imber Jarrow".split()
TYPES = ("single", "numeric", "list", "followup", "paraphrase")
DOCUMENTS = {
    f"paper-{n}.txt": "\n".join(
        f"The mill of {town} employed {100 + 37 * i + n} people in {1900 + i}. It stood by the river, <b>& burned</b>."
        for i, town in enumerate(TOWNS * 3)
    )
    for n in range(4)
}


def gold_sentence(number: int) -> tuple[str, int, int]:
    """The document and the span of the sentence that answers case `number`."""
    document = f"paper-{number % 4}.txt"
    text = DOCUMENTS[document]
    start = 0
    for _ in range(number // 4):
        start = text.index("\n", start) + 1
    return document, start, text.index(". It", start) + 1


def make_case(number: int) -> Case:
    """Every seventh has no answer."""
    if number % 7 == 6:
        return Case(f"c-{number:03}", "unanswerable", f"Who painted hall {number}?", answerable=False)
    document, start, end = gold_sentence(number)
    quote = DOCUMENTS[document][start:end]
    people = re.findall(r"\d+", quote)[0]
    question = f"How many people worked in mill {number}?"
    kind = TYPES[number % len(TYPES)]
    gold = (Gold(document, quote),)
    return Case(f"c-{number:03}", kind, question, True, people, must_include=((people,),), evidence=gold)


def citation(document: str, start: int, end: int, number: int = 1) -> Citation:
    """A citation whose quote is the stored text."""
    return Citation(number, document, 1, start, end, DOCUMENTS[document][start:end], title=f"Paper & {document}")


def answer_from(case: Case, cited: Citation | None, found: Sequence[Citation], confidence: float) -> Answer:
    """An answer that repeats what it cites; a refusal where it cites nothing."""
    article = Article(found[0].document, Span(0, 10)) if found else Article("", Span(0, 0))
    evidence = tuple(
        Evidence(Passage(c.document, Span(c.start, c.end), c.quote, (Span(c.start, c.end),)), article, rank, 1 / rank)
        for rank, c in enumerate(found, start=1)
    )
    seconds = {"retrieve": 0.02 + 0.001 * len(case.question), "read": 0.01, "answer": 0.005}
    if cited is None:
        lead = "The documents do not answer this."
        return Answer(case.question, "refused", (), evidence, lead=lead, answerability=confidence, seconds=seconds)
    claim = Claim(cited.quote, (cited,), "supported")
    return Answer(case.question, "answered", (claim,), evidence, answerability=confidence, seconds=seconds)


def score(case: Case, answer: Answer) -> dict[str, float | None]:
    """The figures of a single-fact case, counted plainly."""
    refused = answer.status == "refused"
    if not case.answerable:
        return {"grounded": float(refused), "correct": None, "citation_precision": None, "evidence@5": None}
    gold = case.evidence[0]
    cites = [c.document == gold.doc and c.quote == gold.quote for c in answer.citations]
    right = not refused and all(any(word in answer.text for word in group) for group in case.must_include)
    found = [e.passage.document == gold.doc and e.passage.text == gold.quote for e in answer.evidence]
    return {
        "grounded": float(right and any(cites)),
        "correct": float(right),
        "citation_precision": None if refused else sum(cites) / len(cites),
        "evidence@5": float(any(found[:5])),
    }


def make_run(name: str, folder: Path, *, right: float = 0.8, count: int = 100, seed: int = 1) -> Run:
    """A run in which about the share `right` of the cases is answered rightly; the same seed, the same run."""
    generator = random.Random(seed)  # noqa: S311 - made data
    results = []
    for number in range(count):
        case = make_case(number)
        good = generator.random() < right
        document, start, end = gold_sentence(number)
        other = gold_sentence((number + 8) % count)
        wrong = citation(*other)
        if not case.answerable:
            answer = answer_from(case, None if good else wrong, [wrong], 0.3 + 0.3 * generator.random())
        else:
            gold = citation(document, start, end)
            refuse = not good and generator.random() < 0.3
            cited = None if refuse else gold if good else wrong
            answer = answer_from(case, cited, [wrong, gold] if good else [wrong], 0.45 + 0.5 * generator.random())
        results.append(Result(case, Record(case.id, answer.status, answer), score(case, answer)))
    return Run(name, folder, {"cases": {"sha256": "abc"}}, tuple(results))


def altered(run: Run, name: str, answers: Sequence[Answer]) -> Run:
    """The run with other answers, scored anew."""
    results = tuple(
        Result(r.case, Record(r.case.id, a.status, a), score(r.case, a))
        for r, a in zip(run.results, answers, strict=True)
    )
    return replace(run, name=name, results=results)


def with_shuffled_passages(run: Run) -> Run:
    """Each answer's claims and evidence given to another question."""
    answers = [r.record.answer for r in run.results if r.record.answer]
    order = list(range(len(answers)))
    random.Random(5).shuffle(order)  # noqa: S311 - made data
    return altered(run, "shuffled", [replace(answers[j], question=answers[i].question) for i, j in enumerate(order)])


def with_altered_numbers(run: Run) -> Run:
    """Every number in the claims raised by one; citations stay."""
    answers = []
    for r in run.results:
        assert r.record.answer
        claims = tuple(
            replace(c, text=re.sub(r"\d+", lambda m: str(int(m[0]) + 1), c.text)) for c in r.record.answer.claims
        )
        answers.append(replace(r.record.answer, claims=claims))
    return altered(run, "altered numbers", answers)
