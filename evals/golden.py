"""Documents, cases and claims -> four files that say what the program makes of them, to the byte.

Nothing is scored here. What only moves code must leave these files as they are; what changes them is a change that
users see, and is decided with a test. Times are left out: they never come out the same.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.errors import AssistantError, InputError
from assistant.types import answer_to_json
from evals.types import Case

if TYPE_CHECKING:  # importing these takes seconds
    from assistant import Assistant
    from evals.support_claims import LabelledClaim

ANSWERS, SEARCHES, ARTICLES, VERDICTS = "answers.jsonl", "searches.jsonl", "articles.jsonl", "verdicts.jsonl"
DEPTH = 60
"""Passages of each search: as deep as the retriever asks."""

OnStep = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Differing:
    """The first place at which two files are not the same."""

    file: str
    line: int
    """Counted from 1."""
    before: str
    after: str


def answer_lines(assistant: Assistant, cases: Sequence[Case], on_step: OnStep) -> Iterator[dict[str, Any]]:
    """What is answered to each case; an error as its message."""
    for done, case in enumerate(cases, start=1):
        try:
            answer = json.loads(answer_to_json(assistant.ask(case.question, case.history)))
            del answer["seconds"]
        except AssistantError as error:
            answer = {"error": error.message}
        yield {"id": case.id, **answer}
        on_step("Asking", done, len(cases))


def search_lines(assistant: Assistant, cases: Sequence[Case], on_step: OnStep) -> Iterator[dict[str, Any]]:
    """Which passages are found for each question as it stands, and how each of the two indexes ranks them."""
    from assistant import retrieve

    for done, case in enumerate(cases, start=1):
        found = [
            [e.passage.document, *e.passage.span, e.score, e.vector_rank, e.word_rank, e.similarity, list(e.reprints)]
            for e in retrieve(case.question, assistant.index, DEPTH)
        ]
        yield {"id": case.id, "found": found}
        on_step("Searching", done, len(cases))


def article_lines(folders: Sequence[Path], on_step: OnStep) -> Iterator[dict[str, Any]]:
    """What each file under the folders is read and cut into; an error as its message."""
    from assistant import read_file

    files = [(folder, file) for folder in folders for file in sorted(folder.rglob("*")) if file.is_file()]
    for done, (folder, file) in enumerate(files, start=1):
        name = f"{folder.name}/{file.relative_to(folder).as_posix()}"
        try:
            document, articles, passages = read_file(file)
            yield {
                "file": name,
                "document": asdict(document) | {"articles": len(document.articles)},
                "articles": [asdict(article) for article in articles],
                "passages": [asdict(passage) for passage in passages],
            }
        except AssistantError as error:
            yield {"file": name, "error": error.message}
        on_step("Reading", done, len(files))


def verdict_lines(claims: Sequence[LabelledClaim], on_step: OnStep) -> Iterator[dict[str, Any]]:
    """What the support check says of each claim, by its rules and with the reading model."""
    from assistant import check_support, open_verifier

    verifier = open_verifier()
    for done, c in enumerate(claims, start=1):
        by_rules = check_support(c.claim, c.evidence, c.context, c.passage)
        read = check_support(c.claim, c.evidence, c.context, c.passage, verifier)
        yield {"claim": c.claim, "rules": asdict(by_rules), "read": asdict(read)}
        on_step("Checking", done, len(claims))


def write_lines(file: Path, rows: Iterable[dict[str, Any]]) -> int:
    """Write a JSON object a line. Returns how many."""
    count = 0
    with file.open("w", encoding="utf-8") as opened:
        for count, row in enumerate(rows, start=1):  # noqa: B007 (the last number is the count)
            opened.write(json.dumps(row, ensure_ascii=False, default=str) + "\n")
    return count


def first_difference(before: Path, after: Path) -> Differing | None:
    """Where two folders that were written so begin to differ; None if they are the same to the byte.

    Raises:
        InputError: a file of either is missing.
    """
    for name in (ANSWERS, SEARCHES, ARTICLES, VERDICTS):
        if not (before / name).exists() and not (after / name).exists():
            continue
        pairs = zip_longest(_lines(before / name), _lines(after / name), fillvalue="")
        for number, (one, other) in enumerate(pairs, start=1):
            if one != other:
                return Differing(name, number, *_around(one, other))
    return None


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text("utf-8").split("\n")
    except OSError as error:
        raise InputError(
            f"{file} cannot be read: {error.strerror}.", "Write it first: python -m evals golden --to FOLDER"
        ) from None


def _around(one: str, other: str, characters: int = 120) -> tuple[str, str]:
    """Both lines from shortly before the place where they part."""
    at = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    start = max(0, at - characters // 2)
    return one[start : start + characters], other[start : start + characters]
