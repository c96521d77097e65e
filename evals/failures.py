"""A case that was not served -> why, in words a person can act on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from assistant.errors import AssistantError
from evals.metrics.citation_overlap import citation_recall
from evals.metrics.correctness import READ_CHARACTERS, mentions
from evals.metrics.grounded import grounded
from evals.metrics.retrieval import found_at
from evals.spans import PLAIN, Placed, Texts, place_all
from evals.types import Result

Kind = Literal[
    "answered although the documents do not answer it",
    "right evidence not retrieved",
    "found but not cited",
    "cited, but the answer is wrong",
    "ended in an error",
    "refused although answerable",
]
KINDS: tuple[Kind, ...] = (
    "answered although the documents do not answer it",
    "right evidence not retrieved",
    "found but not cited",
    "cited, but the answer is wrong",
    "ended in an error",
    "refused although answerable",
)
"""The worst for a reader first: being told what is not so, then not being able to check it, then nothing."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a case failed: a kind, to be counted, and the particulars."""

    kind: Kind
    words: str


@dataclass(frozen=True, slots=True)
class Examined:
    """A result with everything in its place, and why it failed; None if it did not."""

    result: Result
    placed: Placed
    failure: Failure | None


def examine(result: Result, texts: Texts) -> Examined:
    """Place a result's quotes in the documents, and say why it failed, if it did."""
    placed = place_all(result.case, result.record, texts)
    served = result.scores.get("grounded")
    if served is None:
        served = grounded(placed)
    return Examined(result, placed, None if served >= 1 else _failure(placed))


def readable(documents: Callable[[str], str]) -> Texts:
    """Texts for placing; a document that is not there any more places nothing, and the quote says so."""

    def read(name: str) -> str | None:
        try:
            return documents(name)
        except (AssistantError, KeyError):
            return None

    return Texts(read)


def severity(examined: Examined) -> tuple[int, float]:
    """Sorts the worst first: by kind, then the surer the system was, the worse; served cases last."""
    answer = examined.result.record.answer
    sureness = answer.answerability if answer else 0.0
    if examined.failure is None:
        return len(KINDS), sureness
    return KINDS.index(examined.failure.kind), -sureness


def _failure(placed: Placed) -> Failure:
    record, case = placed.record, placed.case
    if record.status == "error":
        return Failure("ended in an error", f"Ended in an error: {record.error}")
    if not case.answerable:
        return Failure(KINDS[0], "Answered although the documents do not answer it.")
    ranks = [rank for rank in found_at(placed) if rank]
    found = f"The right evidence was found at rank {min(ranks)}" if ranks else "The right evidence was not retrieved"
    if record.status == "refused":
        return Failure("refused although answerable", f"Refused although answerable. {found}.")
    lacking = _lacking(placed)
    if citation_recall(placed):
        return Failure("cited, but the answer is wrong", f"The right evidence is cited, but the answer {lacking}.")
    also = f" The answer {lacking}." if lacking else ""
    if ranks:
        return Failure("found but not cited", f"{found}, but not cited.{also}")
    return Failure("right evidence not retrieved", f"{found}.{also}")


def _lacking(placed: Placed) -> str:
    """What keeps an answer from being right; empty if nothing does."""
    text = placed.answer.text.translate(PLAIN).casefold() if placed.answer else ""
    read = text[:READ_CHARACTERS]
    said = []
    for group in placed.case.must_include:
        if any(mentions(read, word) for word in group):
            continue
        late = any(mentions(text, word) for word in group)
        wanted = " or ".join(f"“{word}”" for word in group)
        said.append(f"says {wanted} only late in a long text" if late else f"lacks {wanted}")
    said += [f"says “{word}”, which is wrong" for word in placed.case.must_not_include if mentions(read, word)]
    return ", ".join(said)
