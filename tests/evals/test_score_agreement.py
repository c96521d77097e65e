"""Where the independent scorer beside the checkout prints a figure too, both say the same, whatever the answers."""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.types import Answer, Article, Citation, Claim, Evidence, Passage, Span
from evals.cases import case_to_line
from evals.metrics import METRICS
from evals.scoring import counts, figure, score_records
from evals.spans import Texts
from evals.storage import record_to_line
from evals.types import Case, Gold, Record

SCORER = Path(__file__).parents[2].parent / "shared" / "evals" / "score.py"
pytestmark = [
    pytest.mark.shared,
    pytest.mark.skipif(not SCORER.is_file(), reason="the independent scorer is not beside this checkout"),
]
WORDS = "mill river “loom” 120 weaver’s 1901 – north gate burned twice".split()
TYPES = ("single", "list", "multi_doc", "attribution", "conflict", "numeric", "unanswerable")


def make_text(generator: random.Random) -> str:
    """Sentences of a few words, some of them several times, with line ends and doubled spaces inside."""
    sentences = [" ".join(generator.choices(WORDS, k=generator.randint(3, 9))) + "." for _ in range(12)]
    sentences += generator.choices(sentences, k=6)
    return generator.choice(["", "\n ", "\ufeff"]) + generator.choice([" ", "\n\n", "\u00a0 "]).join(
        s.replace(" ", generator.choice([" ", "\n", "  "]), 1) for s in sentences
    )


def some_span(text: str, generator: random.Random) -> Span:
    start = generator.randrange(len(text) - 40)
    return Span(start, start + generator.randint(1, 40) if generator.random() < 0.9 else start)


def folded_otherwise(quote: str, generator: random.Random) -> str:
    """The quote as another program might have copied it: plain marks, other white space, or with a word of its own."""
    kinds = [
        quote,
        quote,
        quote.translate(str.maketrans("“”’–", '""\'-')),
        re.sub(r"\s+", " ", quote),
        quote.replace(" ", " \n"),
        f"{quote} invented",
        "",
    ]
    return generator.choice(kinds)


def make_case(number: int, documents: dict[str, str], generator: random.Random) -> Case:
    answerable = generator.random() < 0.8
    gold = []
    for _ in range(generator.randint(1, 3) if answerable else 0):
        name = generator.choice(list(documents))
        quote = documents[name][slice(*some_span(documents[name], generator))].strip()
        gold.append(Gold(name, folded_otherwise(quote, generator).strip() or "mill"))
    groups = [tuple(generator.choices(WORDS, k=2)) for _ in range(generator.randint(0, 2))] if answerable else []
    forbidden = tuple(generator.choices(WORDS, k=1)) if generator.random() < 0.2 else ()
    return Case(
        f"c-{number}", generator.choice(TYPES), "Which mill?", answerable,
        must_include=tuple(groups), must_not_include=forbidden, evidence=tuple(gold),
    )  # fmt: skip


def make_citation(case: Case, number: int, documents: dict[str, str], generator: random.Random) -> Citation:
    """On gold, near it, or anywhere; exact, folded, shifted or invented; now and then in no document."""
    name = generator.choice(list(documents))
    span = some_span(documents[name], generator)
    if case.evidence and generator.random() < 0.6:
        gold = generator.choice(case.evidence)
        at = documents[gold.doc].find(gold.quote)
        if at >= 0:
            name, span = gold.doc, Span(max(0, at - generator.randint(0, 9)), at + len(gold.quote))
    quote = documents[name][slice(*span)]
    quote = folded_otherwise(quote, generator) if generator.random() < 0.4 else quote
    shift = generator.choice([0, 0, 0, 3, 60])
    name = "absent.txt" if generator.random() < 0.05 else name
    return Citation(number, name, 1, span.start + shift, span.end + shift, quote)


def make_record(case: Case, documents: dict[str, str], generator: random.Random) -> Record:
    if generator.random() < 0.08:
        return Record(case.id, "error", None, "The model failed on mill 120.")
    evidence = []
    for rank in range(1, generator.randint(1, 13)):
        citation = make_citation(case, rank, documents, generator)
        span = Span(max(0, citation.start - generator.randint(0, 30)), citation.end + generator.randint(0, 30))
        passage = Passage(citation.document, span, "", ())
        evidence.append(Evidence(passage, Article(citation.document, span), rank, 1 / rank))
    if generator.random() < 0.25:
        return Record(case.id, "refused", Answer("Which mill?", "refused", (), tuple(evidence), lead="No mill 120."))
    cited = [make_citation(case, n, documents, generator) for n in range(1, generator.randint(1, 6))]
    if cited and generator.random() < 0.4:
        cited.append(replace(cited[0], number=len(cited) + 1))
    text = " ".join(generator.choices([*WORDS, "[1, 2]"], k=generator.choice([5, 20, 400])))
    if generator.random() < 0.2:  # words that come too late to be read, some of them just
        text = f"{'x' * generator.randint(1_100, 1_210)} {text}"
    return Record(case.id, "answered", Answer("Which mill?", "answered", (Claim(text, tuple(cited)),), tuple(evidence)))


@pytest.mark.parametrize("seed", range(12))
def test_both_scorers_say_the_same(seed: int, tmp_path: Path) -> None:
    generator = random.Random(seed)  # noqa: S311 - made data
    documents = {f"d{n}.txt": make_text(generator) for n in range(3)}
    cases = [make_case(number, documents, generator) for number in range(1 if seed == 0 else 60)]
    records = [make_record(case, documents, generator) for case in cases]
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for name, text in documents.items():
        (corpus / name).write_text(text, "utf-8", newline="")
    (tmp_path / "cases.jsonl").write_text("".join(f"{case_to_line(c)}\n" for c in cases), "utf-8")
    (tmp_path / "answers.jsonl").write_text("".join(f"{record_to_line(r)}\n" for r in records), "utf-8")
    command = [sys.executable, str(SCORER), "--json", "--cases", str(tmp_path / "cases.jsonl")]
    command += ["--answers", str(tmp_path / "answers.jsonl"), "--corpus", str(corpus)]
    theirs = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)

    results = [one.result for one in score_records(cases, records, Texts(documents.get))]
    ours = {**counts(results), **{n: figure(METRICS[n], results).value for n in theirs if n in METRICS}}
    assert set(theirs) <= set(ours)
    assert {name: ours[name] for name in theirs} == {
        name: value if value is None else pytest.approx(value, abs=1e-9) for name, value in theirs.items()
    }
    if seed:  # the answers were varied enough for every figure to be neither none nor all
        varied = [name for name, value in theirs.items() if isinstance(value, float) and 0 < value < 1]
        assert len(varied) >= 15
