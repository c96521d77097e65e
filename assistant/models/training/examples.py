"""Data sets of questions and claims -> training examples, one JSON object a line, with hard negatives of our own.

    python -m assistant.models.training.examples --data FOLDER --out FOLDER [--seed NUMBER] [--shares FIRST SECOND]

`FOLDER` holds the files that the model card names. Every choice is drawn with the seed: the same files and seed give
the same examples, another seed gives other rows, negatives, contexts and neighbours.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from assistant.search.embedding import BuiltInEmbedding

SEED = 20250130
LONGEST_WORDS = 175  # about 240 tokens, as long as a passage of the product; what is longer is cut around its answer

# How many examples of each set are taken: by what its README says of its labels, and how near it is to our questions.
READER_SETS = {
    "squadshifts_wiki": 8_000, "squad_nqg": 5_500, "qed_nq": 9_000, "selqa": 2_000, "nq_oracle": 2_300,
    "timeqa": 2_300, "qamr": 1_200, "medquad": 500, "pubmedqa": 500, "squadshifts_reddit": 500,
    "squadshifts_amazon": 300, "evidence_inference": 400, "quotesum": 267,
}  # fmt: skip
CLAIM_SETS = {
    "fm2": 5_000, "sufficient_facts": 4_600, "summedits": 3_600, "fever_symmetric": 1_400, "fever_dev": 4_000,
    "cad_nli": 2_000, "qaclaim": 3_000, "help": 800, "entailment_bank": 600, "evidence_inference": 1_000,
}  # fmt: skip
CLAIMS_TWICE = frozenset({"sufficient_facts", "summedits", "fever_symmetric"})
NEWS_ROUNDS = (1, 2)  # in each stage: every round with other negatives, other context and other neighbours
GENERAL_AGAIN = 6_000  # examples of the general sets in the second stage, so that nothing is unlearnt
SHARES_KEPT = (0.55, 0.6)  # of each stage: what two cores read in an hour
_FUNCTION_WORDS = frozenset(
    "a an the of in on at to for by is are was were be been do does did has have had what which who whom how that this"
    " with from and or it its his her their there".split()
)


@dataclass(frozen=True, slots=True)
class Example:
    """A question or claim, and the sentences that are read for it."""

    asked: str
    context: str
    """Title, outlet, date: read along, never scored."""
    sentences: tuple[str, ...]
    labels: tuple[int, ...] | None
    """Of each sentence: is it evidence? None for claims, whose sentences are given."""
    target: int
    """Whether the sentences answer the question, or carry the claim."""
    is_claim: bool
    source: str


def read_rows(path: Path) -> list[dict[str, Any]]:
    """The objects of a (zipped) JSON Lines file."""
    with gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def reader_examples(data: Path, rng: random.Random) -> Iterator[Example]:
    """The general question sets, in passages of our length; a few of their questions shortened to their keywords."""
    for name, count in READER_SETS.items():
        rows = read_rows(data / f"reader_{name}.jsonl.gz")
        rng.shuffle(rows)
        pool = [row["sents"] for row in rows[:2_000]]
        for row in rows[:count]:
            context = (row["title"] or "") if rng.random() < 0.5 else ""
            example = Example(
                row["q"], context, tuple(row["sents"]), tuple(row["labels"]), int(any(row["labels"])), False, name
            )
            yield varied(cut(example, rng), pool, rng)


def claim_examples(data: Path, rng: random.Random) -> Iterator[Example]:
    """The claim sets; those in which words in common mislead most, twice."""
    for name, count in CLAIM_SETS.items():
        rows = read_rows(data / f"verify_{name}.jsonl.gz")
        rng.shuffle(rows)
        for row in rows[:count] * (2 if name in CLAIMS_TWICE else 1):
            evidence = tuple(row["evidence"])
            yield cut(Example(row["claim"], "", evidence, None, int(row["label"]), True, name), rng)


def news_examples(rows: Sequence[dict[str, Any]], rounds: int, rng: random.Random) -> Iterator[Example]:
    """Questions and claims about news passages, each round with other negatives: passages of other clusters."""
    near = nearest_passages(rows)
    pool = [row["sents"] for row in rows]
    for _ in range(rounds):
        for row in rows:
            for item in row["items"]:
                labels = tuple(int(i in item["support"]) for i in range(len(row["sents"])))
                example = Example(
                    item["q"], _context(row, rng), tuple(row["sents"]), labels, int(any(labels)), False, "news"
                )
                yield varied(cut(example, rng), pool, rng)
                if rng.random() < (0.75 if any(labels) else 0.25):
                    other = rows[rng.choice(near[item["q"]])]
                    none = (0,) * len(other["sents"])
                    negative = Example(item["q"], _context(other, rng), tuple(other["sents"]), none, 0, False, "news")
                    yield cut(negative, rng)
            yield from _claims_of(row, rng)


def _claims_of(row: dict[str, Any], rng: random.Random) -> Iterator[Example]:
    """Each claim with its evidence alone; and, now and then, with the whole passage, as a model may point at it."""
    for claim in row["claims"]:
        evidence = [row["sents"][i] for i in claim["evidence"]]
        if rng.random() < 0.3:
            first, last = min(claim["evidence"]), max(claim["evidence"])
            evidence = row["sents"][max(0, first - 1) : last + 2]
        supported = int(claim["label"] == "support")
        yield Example(claim["claim"], "", tuple(evidence), None, supported, True, "news")
        if supported and rng.random() < 0.35 and len(row["sents"]) > len(claim["evidence"]):  # cited the wrong sentence
            rest = [s for i, s in enumerate(row["sents"]) if i not in claim["evidence"]]
            yield Example(claim["claim"], "", (rng.choice(rest),), None, 0, True, "news")


def nearest_passages(rows: Sequence[dict[str, Any]]) -> dict[str, list[int]]:
    """For each question the eight passages nearest to it, by the built-in embedder, that are of other clusters."""
    embedder = BuiltInEmbedding()
    passages = embedder.embed([f"{row['title']}\n{' '.join(row['sents'])}" for row in rows])
    near = {}
    for row in rows:
        other = np.array([r["cluster"] != row["cluster"] for r in rows])
        questions = embedder.embed([item["q"] for item in row["items"]])
        for item, similarity in zip(row["items"], questions @ passages.T, strict=True):
            near[item["q"]] = [int(i) for i in np.argsort(-np.where(other, similarity, -2.0))[:8]]
    return near


def cut(example: Example, rng: random.Random) -> Example:
    """The example with no more than `LONGEST_WORDS`: a stretch of whole sentences that holds what answers."""
    lengths = [len(s.split()) for s in example.sentences]
    if sum(lengths) <= LONGEST_WORDS or len(lengths) == 1:
        return example
    wanted = [i for i, label in enumerate(example.labels or ()) if label] or [rng.randrange(len(lengths))]
    first, last = wanted[0], wanted[0]
    while True:  # grow to either side, by chance, while there is room
        sides = [side for side in (first - 1, last + 1) if 0 <= side < len(lengths)]
        sides = [side for side in sides if sum(lengths[min(first, side) : max(last, side) + 1]) <= LONGEST_WORDS]
        if not sides:
            break
        side = rng.choice(sides)
        first, last = min(first, side), max(last, side)
    labels = None if example.labels is None else example.labels[first : last + 1]
    return replace(example, sentences=example.sentences[first : last + 1], labels=labels)


def varied(example: Example, pool: Sequence[Sequence[str]], rng: random.Random) -> Example:
    """The example as a messy corpus may have it: a neighbour's sentences around it, a question of keywords only."""
    sentences, labels, asked = example.sentences, example.labels or (), example.asked
    if rng.random() < 0.2 and sum(len(s.split()) for s in sentences) < LONGEST_WORDS - 60:
        others = rng.choice(pool)
        start = rng.randrange(len(others))
        extra = tuple(s for s in others[start : start + rng.randint(1, 3)] if len(s.split()) < 40)
        none = (0,) * len(extra)
        before = rng.random() < 0.5
        sentences = extra + sentences if before else sentences + extra
        labels = none + labels if before else labels + none
    if rng.random() < 0.06:
        kept = [w for w in re.findall(r"[\w'’.%-]+", asked) if w.lower() not in _FUNCTION_WORDS]
        asked = " ".join(kept) if len(kept) > 1 else asked
    elif rng.random() < 0.1:
        asked = asked.rstrip("?？ ")
    return replace(example, asked=asked, sentences=sentences, labels=labels)


def news_rows(path: Path, splits: Iterable[str]) -> list[dict[str, Any]]:
    """The news passages of some splits, their sentences told apart so that every support is one of them.

    Raises:
        ValueError: a supporting sentence does not stand in its passage.
    """
    rows = []
    for row in read_rows(path):
        if row["split"] not in splits:
            continue
        supports = {s for item in row["items"] for s in item["support"]}
        supports |= {s for claim in row["claims"] for s in claim["evidence"]}
        sents = _sentences(row["passage"], supports)
        place = {sentence: i for i, sentence in enumerate(sents)}
        items = [{**i, "support": [place[s] for s in i["support"]]} for i in row["items"]]
        claims = [{**c, "evidence": [place[s] for s in c["evidence"]]} for c in row["claims"]]
        rows.append({**row, "sents": sents, "items": items, "claims": claims})
    return rows


def _sentences(passage: str, known: Iterable[str]) -> list[str]:
    """The known sentences where they stand, and what is between them, cut at full stops."""
    places = []
    for sentence in known:
        start = passage.find(sentence)
        if start < 0:
            raise ValueError(f"This sentence does not stand in its passage: {sentence}")
        places.append((start, start + len(sentence)))
    sentences, end = [], 0
    for start, stop in [*sorted(places), (len(passage), len(passage))]:
        between = passage[end:start].strip()
        sentences += [s for s in re.split(r"(?<=[.!?][\"”])\s+|(?<=[.!?])\s+(?=[A-Z\"“])", between) if s]
        if start < stop:
            sentences.append(passage[start:stop])
        end = stop
    return sentences


def _context(row: dict[str, Any], rng: random.Random) -> str:
    """Outlet, date and title in the order in which the product gives them; now and then less."""
    choice = rng.random()
    if choice < 0.7:
        return context_line(row.get("outlet"), row.get("date"), row.get("title"))
    return context_line(None, None, row.get("title")) if choice < 0.85 else ""


def context_line(outlet: str | None, date: str | None, title: str | None) -> str:
    """What is read along with a passage: "Jakarta Meridian, 2025-03-12: Ministers speak …"."""
    source = ", ".join(filter(None, (outlet, date)))
    return ": ".join(filter(None, (source, title)))


def kept(examples: Sequence[Example], stage: str, share: float, seed: int) -> list[Example]:
    """A share of a stage's examples: of the general ones in the first, of all in the second."""
    draw = random.Random(f"{seed} {stage}")  # noqa: S311
    return [e for e in examples if (stage == "first" and e.source == "news") or draw.random() < share]


def write_examples(examples: Sequence[Example], path: Path) -> None:
    """One JSON object a line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = (json.dumps(asdict(e), ensure_ascii=False) for e in examples)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main() -> None:
    """Write the examples of both stages: of all sets, and of the news alone with some of the others."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the training sets")
    parser.add_argument("--own", type=Path, action="append", default=[], help="further passages of our own; repeatable")
    parser.add_argument("--out", type=Path, required=True, help="folder for the examples")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--shares", type=float, nargs=2, default=SHARES_KEPT, help="what is kept of each stage, 0 to 1")
    options = parser.parse_args()
    rng = random.Random(options.seed)  # noqa: S311
    news = news_rows(options.data / "news.jsonl.gz", {"train"}) + [r for p in options.own for r in read_rows(p)]
    general = [*reader_examples(options.data, rng), *claim_examples(options.data, rng)]
    first = [*general, *news_examples(news, NEWS_ROUNDS[0], rng)]
    second = [*rng.sample(general, GENERAL_AGAIN), *news_examples(news, NEWS_ROUNDS[1], rng)]
    for name, share, examples in (("first", options.shares[0], first), ("second", options.shares[1], second)):
        rng.shuffle(examples)
        examples = kept(examples, name, share, options.seed)
        write_examples(examples, options.out / f"{name}.jsonl")
        positive = sum(e.target for e in examples) / len(examples)
        sys.stdout.write(f"{name}: {len(examples):,} examples, {positive:.0%} of them positive\n")


if __name__ == "__main__":
    main()
