"""Data sets of questions and claims in several languages -> training examples, one JSON object a line.

    python -m assistant.models.training.encoder.examples --data DATA --own OWN --out FOLDER [--seed NUMBER]

`DATA` is the folder of training sets, with `open/` and `own2/` in it; `OWN` is `assistant/models/training/own`.
Every choice is drawn with the seed. A tenth of the passages of `own2` is kept out (`held_out`), and so are the news of
the dev and test splits and `held_out.jsonl`.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

from assistant.models.training.examples import context_line, nearest_passages, news_rows, read_rows

SEED = 20250130
LONGEST_TOKENS = 200  # about; what is longer is cut around its answer
VERDICTS = {"support": 0, "contradict": 1, "neutral": 2}
TENTH, KEPT_OUT = 10, 7  # every tenth passage of a file of own2, from the eighth on

# How many examples each set gives: by what its README says of its labels, and how near it is to our questions.
# Claims on one long passage cost as much as three on a sentence: the sets of short ones are not the smaller for it.
CLAIM_SETS = {
    "qa_feedback": 760, "check_covid": 1_500, "condaqa": 3_000, "boolq": 1_500, "gap": 1_500, "redocred": 1_500,
    "redocred_compound": 1_500, "pawsx": 4_000, "rte3_de": 900, "rte3_fr": 900, "rte3_cross": 1_600, "belebele_de": 600,
    "qa_zh": 1_500, "qa_fr": 900, "qa_de_cross": 600, "inferes": 700, "vitaminc": 400, "hans": 300, "med": 300,
    "scone": 200, "conjnli": 400, "ambient": 700, "diasumfact_qmsum": 400, "factcheck_gpt": 500, "folio": 300,
    "fm2": 2_500, "sufficient_facts": 2_500, "summedits": 3_000, "fever_symmetric": 1_400, "fever_dev": 1_500,
    "cad_nli": 1_500, "help": 300,
}  # fmt: skip
READER_SETS = {
    "mlqa": 2_000, "piaf": 800, "cmrc2018": 600, "drcd": 450, "tydiqa": 1_300, "multihop": 600, "mkqa_nq": 500,
    "multispanqa": 250, "covid_qa": 150, "squadshifts_wiki": 1_000, "qed_nq": 2_000, "nq_oracle": 500, "timeqa": 600,
    "selqa": 400,
}  # fmt: skip
SURE_OF_THREE = frozenset(
    "rte3_de rte3_fr rte3_cross check_covid vitaminc folio condaqa inferes ambient qa_feedback".split()
)
"""Sets that tell a contradiction from what is not said; the others call every wrong claim neutral, or do not say."""


@dataclass(frozen=True, slots=True)
class Example:
    """A question or claim, and the sentences that are read for it."""

    asked: str
    context: str
    """Outlet, date, title: read along, never scored."""
    sentences: tuple[str, ...]
    labels: tuple[int, ...] | None
    """Of each sentence: is it evidence? -1 where it may be; None where nothing is known."""
    target: int
    """Whether the sentences answer the question, or carry the claim."""
    is_claim: bool
    source: str
    verdict: int | None = None
    """Of a claim: `VERDICTS`; None where only right is told from wrong."""
    faults: tuple[tuple[int, int], ...] | None = None
    """First and last character of what a wrong claim has wrong; empty for a right one; None where it is not known."""


def tokens_in(text: str) -> int:
    """About how many tokens a text has: four letters, or two Han characters for three tokens."""
    han = len(re.findall(r"[\u3400-\u9fff]", text))
    return 2 + (2 * han) // 3 + (len(text) - han) // 4


def changed(wrong: str, right: str) -> tuple[tuple[int, int], ...] | None:
    """What of a wrong claim its right twin has not; None if they are no twins: less than half of the words in common.

    Where the wrong one lacks words, the word after them is meant.
    """
    words = [(m.group().lower(), m.span()) for m in re.finditer(r"[\u3400-\u9fff]|[^\W_]+|[^\w\s]", wrong)]
    others = [m.group().lower() for m in re.finditer(r"[\u3400-\u9fff]|[^\W_]+|[^\w\s]", right)]
    matcher = SequenceMatcher(None, [word for word, _ in words], others, autojunk=False)
    if matcher.ratio() < 0.5:
        return None
    spans = []
    for what, first, last, _, _ in matcher.get_opcodes():
        if what != "equal":
            touched = words[first : max(last, first + 1)] or words[-1:]
            spans.append((touched[0][1][0], touched[-1][1][1]))
    return tuple(spans) or None


def faults_of(claim: str, right: bool, twins: Sequence[str]) -> tuple[tuple[int, int], ...] | None:
    """The faults of a claim beside what is right, by the nearest: right claims on the same sentences, and these."""
    if right:
        return ()
    found = [spans for twin in twins if (spans := changed(claim, twin)) is not None]
    return min(found, key=lambda spans: sum(last - first for first, last in spans), default=None)


def claim_set(data: Path, name: str, count: int, rng: random.Random) -> Iterator[Example]:
    """As many right claims as wrong ones, some with sentences of other rows around their own."""
    file = data / f"verify_{name}.jsonl.gz"
    rows = read_rows(file if file.exists() else data / "open" / file.name)
    right_ones = defaultdict(list)
    for row in rows:
        if row["label"]:
            right_ones[tuple(row["evidence"])].append(row["claim"])
    rng.shuffle(rows)
    halves = [[row for row in rows if row["label"] == label][: count // 2] for label in (1, 0)]
    for row in [*halves[0], *halves[1]]:
        evidence = tuple(row["evidence"])
        verdict = VERDICTS[row["label3"]] if row["label"] or name in SURE_OF_THREE else None
        faults = faults_of(row["claim"], bool(row["label"]), [*right_ones[evidence], *evidence])
        context = (row.get("title") or "") if rng.random() < 0.5 else ""
        example = Example(row["claim"], context, evidence, None, int(row["label"]), True, name, verdict, faults)
        yield cut(padded(example, rng.choice(rows)["evidence"], rng), rng)


def padded(example: Example, others: Sequence[str], rng: random.Random) -> Example:
    """Now and then with one to three sentences that are beside the point, before or after: most evidence has some."""
    if rng.random() > 0.25:
        return example
    extra = tuple(s for s in others[: rng.randint(1, 3)] if s not in example.sentences)
    before = rng.random() < 0.5
    return replace(example, sentences=extra + example.sentences if before else example.sentences + extra)


def reader_set(data: Path, name: str, count: int, rng: random.Random) -> Iterator[Example]:
    """Questions on passages of our length; two fifths of them are not answered."""
    file = data / f"reader_{name}.jsonl.gz"
    rows = read_rows(file if file.exists() else data / "open" / file.name)
    rng.shuffle(rows)
    answered = [row for row in rows if any(row["labels"])][: int(count * 0.6)]
    # What lacks its answer, or half of it, teaches more than a passage that is about something else.
    others = sorted((row for row in rows if not any(row["labels"])), key=lambda row: row["kind"] == "mined_neg")
    for row in [*answered, *others[: count - len(answered)]]:
        context = (row["title"] or "") if rng.random() < 0.7 else ""
        labels = tuple(row["labels"])
        yield cut(Example(row["q"], context, tuple(row["sents"]), labels, int(any(labels)), False, name), rng)


def own_questions(
    rows: Sequence[dict[str, Any]], near: Mapping[str, Sequence[int]], rng: random.Random
) -> Iterator[Example]:
    """Questions on passages of our own, and each third of them on a passage that is near and of something else."""
    for row in rows:
        for item in row["items"]:
            labels = tuple(int(i in item["support"]) for i in range(len(row["sents"])))
            asked = item["q"]
            if item.get("history") and rng.random() < 0.7:
                asked = f"{item['history'][-1]} {asked}"
            yield cut(
                Example(asked, _context(row, rng), tuple(row["sents"]), labels, int(any(labels)), False, "own"), rng
            )
            if any(labels) and rng.random() < 0.35:
                other = rows[rng.choice(near[item["q"]])]
                none = (0,) * len(other["sents"])
                yield cut(Example(asked, _context(other, rng), tuple(other["sents"]), none, 0, False, "own"), rng)


def own_claims(row: dict[str, Any], rng: random.Random) -> Iterator[Example]:
    """Each claim with what it cites, with the sentences around it, or with the whole passage."""
    sents = row["sents"]
    right_ones = [claim["claim"] for claim in row["claims"] if claim["label"] == "support"]
    for claim in row["claims"]:
        cited, needed = set(claim["evidence"]), set(claim.get("context", ()))
        right = claim["label"] == "support"
        verdict, faults = (
            VERDICTS[claim["label"]],
            faults_of(claim["claim"], right, [*right_ones, *(sents[i] for i in claim["evidence"])]),
        )
        shown = sorted(_shown(cited, needed, len(sents), rng))
        labels = tuple(1 if i in cited else -1 if i in needed else 0 for i in shown)
        yield cut(
            Example(
                claim["claim"], _context(row, rng), tuple(sents[i] for i in shown), labels, int(right), True, "own",
                verdict, faults,
            ), rng,
        )  # fmt: skip
        rest = [i for i in range(len(sents)) if i not in cited | needed]
        if right and rest and rng.random() < 0.2:  # the wrong sentence was cited
            i = rng.choice(rest)
            yield Example(
                claim["claim"], _context(row, rng), (sents[i],), (0,), 0, True, "own", VERDICTS["neutral"], None
            )


def _shown(cited: set[int], needed: set[int], count: int, rng: random.Random) -> set[int]:
    choice = rng.random()
    if choice < 0.25:
        return set(cited)
    if choice < 0.5:
        return cited | needed
    if choice < 0.85:
        around = rng.randint(1, 2)
        return {j for i in cited | needed for j in range(max(0, i - around), min(count, i + around + 1))}
    return set(range(count))


def _context(row: dict[str, Any], rng: random.Random) -> str:
    """Outlet, date and title as the product gives them; now and then less."""
    choice = rng.random()
    if choice < 0.75:
        return context_line(row.get("outlet"), row.get("date"), row.get("title"))
    return context_line(None, None, row.get("title")) if choice < 0.85 else ""


def cut(example: Example, rng: random.Random, longest: int = LONGEST_TOKENS) -> Example:
    """The example with no more than about `longest` tokens: a stretch of whole sentences that holds what answers."""
    lengths = [tokens_in(s) for s in example.sentences]
    room = longest - tokens_in(example.asked) - tokens_in(example.context)
    if sum(lengths) <= room or len(lengths) == 1:
        return example
    wanted = [i for i, label in enumerate(example.labels or ()) if label == 1]
    if example.labels is None:  # evidence of which any sentence may be needed: all of it, or a claim loses its ground
        return example
    first = last = rng.choice(wanted) if wanted else rng.randrange(len(lengths))
    while True:  # grow to either side, by chance, while there is room
        sides = [side for side in (first - 1, last + 1) if 0 <= side < len(lengths)]
        sides = [side for side in sides if sum(lengths[min(first, side) : max(last, side) + 1]) <= room]
        if not sides:
            break
        side = rng.choice(sides)
        first, last = min(first, side), max(last, side)
    if example.is_claim and any(not first <= i <= last for i in wanted):
        return example
    return replace(example, sentences=example.sentences[first : last + 1], labels=example.labels[first : last + 1])


def held_out(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The passages of a file of own2 that are for measuring only."""
    return [row for i, row in enumerate(rows) if i % TENTH == KEPT_OUT]


def newer_rows(data: Path) -> list[dict[str, Any]]:
    """The passages of own2 to train on."""
    files = [read_rows(file) for file in sorted((data / "own2").glob("*.jsonl"))]
    return [row for rows in files for i, row in enumerate(rows) if i % TENTH != KEPT_OUT]


def older_rows(data: Path, own: Path) -> list[dict[str, Any]]:
    """The news of the train split and the older passages of our own."""
    older = [row for file in sorted(own.glob("own_*.jsonl")) for row in read_rows(file)]
    return [*news_rows(data / "news.jsonl.gz", {"train"}), *older]


def write_examples(examples: Sequence[Example], path: Path) -> None:
    """One JSON object a line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(asdict(e), ensure_ascii=False) + "\n" for e in examples), encoding="utf-8")


def main() -> None:
    """Write what is read first, mostly of the open sets, and what is read last, mostly our own."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the training sets")
    parser.add_argument("--own", type=Path, required=True, help="folder of the older passages of our own")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=SEED)
    options = parser.parse_args()
    rng = random.Random(options.seed)  # noqa: S311
    newer, older = newer_rows(options.data), older_rows(options.data, options.own)
    general = [e for name, count in CLAIM_SETS.items() for e in claim_set(options.data, name, count, rng)]
    general += [e for name, count in READER_SETS.items() for e in reader_set(options.data, name, count, rng)]
    rng.shuffle(general)
    share = len(general) * 2 // 3
    near = [(rows, nearest_passages(rows)) for rows in (newer, older)]

    def ours(rounds: int, questions: float) -> list[Example]:
        """All claims of our own, those of own2 in several rounds, and a share of the questions."""
        made = [e for row in [*newer * rounds, *older] for e in own_claims(row, rng)]
        asked = [e for rows, nearest in near for e in own_questions(rows, nearest, rng)]
        return made + rng.sample(asked, int(len(asked) * questions))

    own = ours(1, 0.4)
    first = [*general[:share], *rng.sample(own, len(own) // 3)]
    last = [*general[share:], *ours(3, 0.4)]
    for name, examples in (("first", first), ("last", last)):
        rng.shuffle(examples)
        write_examples(examples, options.out / f"{name}.jsonl")
        claims, right, marked = (
            sum(map(bool, column)) for column in zip(*((e.is_claim, e.target, e.faults) for e in examples), strict=True)
        )
        tokens = sum(tokens_in(t) for e in examples for t in (e.asked, e.context, *e.sentences))
        sys.stdout.write(
            f"{name}: {len(examples):,} examples, {claims:,} of them claims, {right:,} positive, "
            f"{marked:,} with their faults marked, about {tokens:,} tokens\n"
        )


if __name__ == "__main__":
    main()
