"""The encoder's ONNX files and kept-out passages -> its figures, beside today's reading model and words in common.

    python -m assistant.models.training.encoder.measure --network FOLDER --data DATA --own OWN [--today] [--vectors]

Every way of reading gets the same rows. Claims are read as the product reads them, with the cited sentences alone, and
with the head and the sentences around, as they will be; today's model was not trained on the second.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Tokenizer

from assistant.answer.reading.network import Readable, ReadingModel
from assistant.models.training.encoder.examples import held_out
from assistant.models.training.encoder.tokens import batch_of, open_tokenizer
from assistant.models.training.examples import context_line, news_rows, read_rows
from assistant.search.embedding import BuiltInEmbedding
from assistant.search.words import stems

LOWER, VECTOR, READING = "lower.onnx", "vector.onnx", "reading.onnx"
LONGEST = 512  # tokens: all that the network has positions for
DRAWS = 1_000  # of the bootstrap, by passage
Read = Callable[[str, Sequence[str], str, bool], tuple[float, list[float]]]
"""(asked, sentences, context, is it a claim) -> score of the whole, and of each sentence."""
Embed = Callable[[Sequence[str], bool], NDArray[np.float32]]
"""(texts, are they questions) -> vectors."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A score beside the truth, and what it is of."""

    score: float
    true: bool
    passage: str
    kind: str
    language: str


class Network:
    """The three files of the encoder, 8-bit or 32-bit."""

    def __init__(self, folder: Path) -> None:
        self.tokenizer: Tokenizer = open_tokenizer(folder / "tokenizer.json")
        self._sessions = {
            name: onnxruntime.InferenceSession(str(folder / name), providers=["CPUExecutionProvider"])
            for name in (LOWER, VECTOR, READING)
        }

    def embed(self, texts: Sequence[str], asked: bool) -> NDArray[np.float32]:
        """Vectors of unit length of questions or passages; shape (texts, 384)."""
        return np.stack([self._vector(f"{'query' if asked else 'passage'}: {text}") for text in texts])

    def _vector(self, text: str) -> NDArray[np.float32]:
        ids = np.array([self.tokenizer.encode(text).ids[:LONGEST]], dtype=np.int64)
        present = np.ones_like(ids)
        (lower,) = self._sessions[LOWER].run(None, {"token_ids": ids, "present": present})
        made: NDArray[np.float32] = self._sessions[VECTOR].run(None, {"lower": lower, "present": present})[0][0]
        return made

    def read(self, asked: str, sentences: Sequence[str], context: str, is_claim: bool) -> tuple[float, list[float]]:
        """The logit of the answer, or of the claim's being carried against both other verdicts."""
        row = {
            "asked": asked, "context": context, "sentences": sentences, "labels": None, "faults": None, "target": 0,
            "verdict": None, "is_claim": is_claim,
        }  # fmt: skip
        batch = batch_of([row], self.tokenizer, LONGEST)
        (lower,) = self._sessions[LOWER].run(None, {"token_ids": batch.ids, "present": batch.present})
        feed = {
            "lower": lower, "kinds": batch.kinds, "present": batch.present, "sentence_of": batch.sentence_of,
            "ends": batch.ends,
        }  # fmt: skip
        each, answers, verdicts = self._sessions[READING].run(("sentences", "answers", "verdicts"), feed)
        carried, contradicted, not_said = (float(logit) for logit in verdicts[0])
        whole = carried - float(np.logaddexp(contradicted, not_said)) if is_claim else float(answers[0])
        return whole, [float(s) if end else -30.0 for s, end in zip(each[0], batch.ends[0], strict=True)]


def embed_today(texts: Sequence[str], asked: bool) -> NDArray[np.float32]:  # noqa: ARG001  # it knows no difference
    """Today's embedder."""
    return BuiltInEmbedding().embed(texts)


def read_today(model: ReadingModel) -> Read:
    """Today's reading model as one of the ways to read."""

    def read(asked: str, sentences: Sequence[str], context: str, is_claim: bool) -> tuple[float, list[float]]:
        made = model.read(asked, [Readable(tuple(sentences), context)])[0]
        return made.supports if is_claim else made.answers, [float(s) for s in made.sentences]

    return read


def read_words(asked: str, sentences: Sequence[str], context: str, is_claim: bool) -> tuple[float, list[float]]:
    """The share of the word stems that the best sentence, or all cited ones together, have."""
    wanted = set(stems(asked))
    each = [len(wanted & set(stems(s))) / max(1, len(wanted)) for s in sentences]
    shown = [*sentences, context] if is_claim else sentences
    together = len(wanted & {stem for s in shown for stem in stems(s)}) / max(1, len(wanted))
    return (together if is_claim else max(each)), each


def claims_judged(rows: Sequence[dict[str, Any]], read: Read, around: bool) -> list[Judged]:
    """Each claim with what it cites: alone, or with the head, what it needs besides and a sentence to either side."""
    judged = []
    for row in rows:
        head = context_line(row["outlet"], row["date"], row["title"]) if around else ""
        for claim in row["claims"]:
            shown = set(claim["evidence"])
            if around:
                shown |= set(claim.get("context", ()))
                shown |= {j for i in claim["evidence"] for j in (i - 1, i + 1) if 0 <= j < len(row["sents"])}
            score, _ = read(claim["claim"], [row["sents"][i] for i in sorted(shown)], head, True)
            language = claim.get("lang") or row.get("lang", "en")
            judged.append(
                Judged(score, claim["label"] == "support", _name(row), str(claim.get("change", "none")), language)
            )
    return judged


def questions_judged(rows: Sequence[dict[str, Any]], read: Read) -> tuple[list[Judged], list[Judged]]:
    """Whether each question is answered, and for those that are, each sentence."""
    answers, sentences = [], []
    for row in rows:
        head = context_line(row["outlet"], row["date"], row["title"])
        for item in row["items"]:
            asked = " ".join([*item.get("history", ())[-1:], item["q"]])
            whole, each = read(asked, row["sents"], head, False)
            language = item.get("lang", "en")
            answers.append(Judged(whole, bool(item["support"]), _name(row), item["style"], language))
            if item["support"]:
                sentences += [
                    Judged(score, i in item["support"], _name(row), item["style"], language)
                    for i, score in enumerate(each)
                ]
    return answers, sentences


def _name(row: dict[str, Any]) -> str:
    return f"{row['cluster']} {row['outlet']}"


def auc(judged: Sequence[Judged]) -> float:
    """The share of pairs of a true and an untrue one that the scores tell apart; a tie is half."""
    true = np.array([j.true for j in judged])
    _, place, ties = np.unique([j.score for j in judged], return_inverse=True, return_counts=True)
    rank = (np.cumsum(ties) - (ties - 1) / 2)[place]
    right, wrong = int(true.sum()), int((~true).sum())
    return float((rank[true].sum() - right * (right + 1) / 2) / (right * wrong))


def interval(judged: Sequence[Judged]) -> tuple[float, float]:
    """The middle 95 % of the AUC when passages are drawn again and again."""
    passages: dict[str, list[Judged]] = {}
    for j in judged:
        passages.setdefault(j.passage, []).append(j)
    groups, rng, found = list(passages.values()), np.random.default_rng(20250130), []
    for _ in range(DRAWS):
        drawn = [j for i in rng.integers(len(groups), size=len(groups)) for j in groups[i]]
        if len({j.true for j in drawn}) == 2:
            found.append(auc(drawn))
    return float(np.quantile(found, 0.025)), float(np.quantile(found, 0.975))


def best_f1(dev: Sequence[Judged], test: Sequence[Judged]) -> float:
    """F1 of the sentences, at the threshold that is best on the dev split."""

    def f1(judged: Sequence[Judged], threshold: float) -> float:
        found = [j for j in judged if j.score >= threshold]
        return 2 * sum(j.true for j in found) / (len(found) + sum(j.true for j in judged))

    thresholds = np.unique(np.quantile([j.score for j in dev], np.linspace(0.01, 0.99, 99)))
    return f1(test, max(thresholds, key=lambda threshold: f1(dev, threshold)))


def by_kind(judged: Sequence[Judged]) -> dict[str, str]:
    """The AUC of all; of each kind of wrong claim against all right ones; and of each language."""
    low, high = interval(judged)
    found = {"all": f"{auc(judged):.3f} ({low:.3f} to {high:.3f}; {len(judged)} rows)"}
    right = [j for j in judged if j.true]
    for kind in sorted({j.kind for j in judged if not j.true}):
        wrong = [j for j in judged if not j.true and j.kind == kind]
        found[kind] = f"{auc([*right, *wrong]):.3f} ({len(wrong)})"
    for language in sorted({j.language for j in judged}):
        ours = [j for j in judged if j.language == language]
        if len({j.true for j in ours}) == 2:
            found[f"in {language}"] = f"{auc(ours):.3f} ({len(ours)})"
    return found


def reading_figures(data: Path, own: Path, read: Read) -> dict[str, Any]:
    """All figures of one way to read."""
    dev, test = (news_rows(data / "news.jsonl.gz", {split}) for split in ("dev", "test"))
    newer = [row for file in sorted((data / "own2").glob("*.jsonl")) for row in held_out(read_rows(file))]
    older = read_rows(own / "held_out.jsonl")
    found: dict[str, Any] = {}
    _, dev_sentences = questions_judged(dev, read)
    for name, rows in (("own2, kept-out tenth", newer), ("news test", test), ("own, held out", older)):
        answers, sentences = questions_judged(rows, read)
        low, high = interval(answers)
        found[name] = {
            "passages": len(rows),
            "claims, cited alone": by_kind(claims_judged(rows, read, around=False)),
            "claims, with head and what is around": by_kind(claims_judged(rows, read, around=True)),
            "sentence F1": round(best_f1(dev_sentences, sentences), 3),
            "answerability AUC": f"{auc(answers):.3f} ({low:.3f} to {high:.3f}; {len(answers)} rows)",
        }
    return found


def vector_figures(data: Path, embed: Embed) -> dict[str, str]:
    """any@1 and any@5 of own2's answered questions among all passages of own2 and 300 of the news."""
    rows = [row for file in sorted((data / "own2").glob("*.jsonl")) for row in read_rows(file)]
    others = news_rows(data / "news.jsonl.gz", {"train"})[:300]
    passages = embed([f"{row['title']}\n{' '.join(row['sents'])}" for row in [*rows, *others]], False)
    asked = [
        (i, item["lang"], " ".join([*item.get("history", ())[-1:], item["q"]]))
        for i, row in enumerate(rows)
        for item in row["items"]
        if item["support"]
    ]
    nearest = np.argsort(-(embed([q for *_, q in asked], True) @ passages.T), axis=1)[:, :5]
    found = {}
    for language in ("all", "en", "de", "zh", "fr"):
        ours = [n for n, (_, of, _) in enumerate(asked) if language in ("all", of)]
        first, five = (np.mean([asked[n][0] in nearest[n, :k] for n in ours]) for k in (1, 5))
        found[language] = f"any@1 {first:.3f}, any@5 {five:.3f} ({len(ours)} questions, {len(passages)} passages)"
    return found


def main() -> None:
    """Measure, print, and write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--network", type=Path, help="folder of the three ONNX files and of tokenizer.json")
    parser.add_argument("--today", action="store_true", help="measure today's models and words in common too")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--own", type=Path, required=True)
    parser.add_argument("--vectors", action="store_true", help="the vectors' figures instead of the readings'")
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    network = Network(options.network) if options.network else None
    found: dict[str, Any] = {}
    if options.vectors:
        embedders = ({"encoder": network.embed} if network else {}) | (
            {"today's": embed_today} if options.today else {}
        )
        found = {name: vector_figures(options.data, embed) for name, embed in embedders.items()}
    else:
        ways: dict[str, Read] = {"encoder": network.read} if network else {}
        if options.today:
            ways |= {"today's": read_today(ReadingModel()), "words in common": read_words}
        found = {name: reading_figures(options.data, options.own, read) for name, read in ways.items()}
    written = json.dumps(found, indent=1, ensure_ascii=False)
    sys.stdout.write(written + "\n")
    if options.out:
        options.out.write_text(written + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
