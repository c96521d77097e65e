"""An annotation and a folder of documents -> how right their articles, values and exclusions are."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assistant import read_file
from assistant.errors import InputError
from assistant.types import Article, Passage

START_TOLERANCE = 80  # characters
_TEXT_FIELDS = ("title", "outlet", "author", "relayed_by")


@dataclass(slots=True)
class Count:
    """A share: how many of how many."""

    right: int = 0
    of: int = 0

    @property
    def share(self) -> float:
        """0 to 1; 1 where there was nothing to get right."""
        return self.right / self.of if self.of else 1.0

    def add(self, is_right: bool) -> None:
        """Count one case."""
        self.right += is_right
        self.of += 1


@dataclass(slots=True)
class Figures:
    """What was measured over all documents."""

    found: Count = field(default_factory=Count)
    """Gold articles that were found."""
    true_starts: Count = field(default_factory=Count)
    """Articles found that are gold ones."""
    values: dict[str, Count] = field(default_factory=dict)
    """By field, over the gold articles that have the value."""
    stated_dates: Count = field(default_factory=Count)
    wrong_dates: Count = field(default_factory=Count)
    """Dates outside the gold range, or given where none can be known, over the articles found."""
    rejected: Count = field(default_factory=Count)
    """Values that the annotation names as wrong."""
    lost_content: Count = field(default_factory=Count)
    """Characters of content that were left out."""
    indexed_junk: Count = field(default_factory=Count)
    """Characters of exclusions that are not soft, and were indexed."""
    failures: list[str] = field(default_factory=list)

    @property
    def f1(self) -> float:
        """Of article boundaries."""
        precision, recall = self.true_starts.share, self.found.share
        return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def measure_articles(gold_file: Path, corpus: Path) -> Figures:
    """Read every annotated document and compare.

    Raises:
        InputError: the annotation cannot be read, or a document of it is missing.
    """
    try:
        gold: dict[str, dict[str, Any]] = json.loads(gold_file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{gold_file} cannot be read: {error}.", "Name a JSON file: --gold FILE") from error
    figures = Figures()
    for name, annotation in gold.items():
        if not (corpus / name).exists():
            raise InputError(f"{corpus / name} is missing.", "Name the folder of the documents: --corpus FOLDER")
        _measure(figures, corpus / name, annotation)
    return figures


def _measure(figures: Figures, file: Path, gold: dict[str, Any]) -> None:
    document, articles, passages = read_file(file)
    _characters(figures, document.text, gold, passages, file.name)
    for key in ("publisher", "title"):
        expected = gold.get(key) or {}
        if expected.get("value"):
            right = _matches(getattr(document, key), [expected["value"], *expected.get("accept", ())])
            _note(
                figures, f"document {key}", right, f"{file.name}: {getattr(document, key)!r}, not {expected['value']!r}"
            )
    starts = {index: _start(passages, index, a) for index, a in enumerate(articles)}
    matched: dict[str, Article] = {}
    free = dict(starts)
    for expected in gold["articles"]:
        near = min(free, key=lambda i: abs(free[i] - expected["start"]), default=None)
        found = near is not None and abs(free[near] - expected["start"]) <= START_TOLERANCE
        figures.found.add(found)
        if found and near is not None:
            matched[expected["id"]] = articles[near]
            del free[near]
        else:
            figures.failures.append(f"{expected['id']}: not found at {expected['start']} ({expected['starts_with']!r})")
    for index in starts:
        figures.true_starts.add(index not in free)
    for index, start in free.items():
        figures.failures.append(f"{file.name}: no article begins at {start} ({articles[index].title!r})")
    for expected in gold["articles"]:
        _compare(figures, expected, matched.get(expected["id"]))


def _start(passages: Sequence[Passage], index: int, article: Article) -> int:
    return min((p.span.start for p in passages if p.article_index == index), default=article.span.start)


def _compare(figures: Figures, gold: dict[str, Any], article: Article | None) -> None:
    """The values of one gold article; one that was not found has none of them."""
    for key in _TEXT_FIELDS:
        value = getattr(article, key) if article else None
        accepted = [gold.get(key), *gold.get(f"{key}_accept", ())]
        if gold.get(key):
            _note(figures, key, _matches(value, accepted), f"{gold['id']} {key}: {value!r}, not {gold[key]!r}")
        elif value:
            right = _matches(value, accepted)
            _note(figures, f"{key} given where none is known", right, f"{gold['id']} {key}: {value!r}, not empty", 0)
        if gold.get(f"{key}_reject") and article:
            wrong = _matches(value, gold[f"{key}_reject"])
            figures.rejected.add(wrong)
            if wrong:
                figures.failures.append(f"{gold['id']} {key}: {value!r} is a rejected value")
    _compare_date(figures, gold, article)


def _compare_date(figures: Figures, gold: dict[str, Any], article: Article | None) -> None:
    day = article.date if article else None
    if gold.get("date_how") == "stated":
        figures.stated_dates.add(day is not None and day.isoformat() == gold["date"])
        if not day or day.isoformat() != gold["date"]:
            figures.failures.append(f"{gold['id']} date: {day}, not {gold['date']} (stated)")
    if article:
        wrong = day is not None and not _in_range(day, gold.get("date_earliest"), gold.get("date_latest"))
        figures.wrong_dates.add(wrong)
        rejected = day is not None and any(day.isoformat().startswith(r) for r in gold.get("date_reject") or ())
        if gold.get("date_reject"):
            figures.rejected.add(rejected)
        if wrong or rejected:
            figures.failures.append(f"{gold['id']} date: {day} is outside what can be known")


def _in_range(day: datetime.date, earliest: str | None, latest: str | None) -> bool:
    """Within the bounds; where the gold names neither, any day is invented."""
    if not earliest and not latest:
        return False
    return (not earliest or day.isoformat() >= earliest) and (not latest or day.isoformat() <= latest)


def _characters(figures: Figures, text: str, gold: dict[str, Any], passages: Sequence[Passage], name: str) -> None:
    indexed = bytearray(len(text))
    for passage in passages:
        indexed[slice(*passage.span)] = b"\1" * (passage.span.end - passage.span.start)
    for article in gold["articles"]:
        for start, end in article["spans"]:
            lost = [i for i in range(start, end) if not indexed[i] and not text[i].isspace()]
            size = sum(not ch.isspace() for ch in text[start:end])
            figures.lost_content.right += len(lost)
            figures.lost_content.of += size
            if lost:
                figures.failures.append(
                    f"{article['id']}: {len(lost)} characters left out, from {lost[0]}: {text[lost[0] :][:60]!r}"
                )
    for part in gold["excluded"]:
        if part.get("soft"):
            continue
        here = [i for i in range(part["start"], part["end"]) if not text[i].isspace()]
        kept = sum(indexed[i] for i in here)
        figures.indexed_junk.right += kept
        figures.indexed_junk.of += len(here)
        if kept:
            figures.failures.append(f"{name}: {kept} characters of {part['reason']} indexed: {part['starts_with']!r}")


def _note(figures: Figures, key: str, right: bool, failure: str, expected: int = 1) -> None:
    figures.values.setdefault(key, Count()).add(right)
    if not right:
        figures.failures.append(failure if expected else f"{failure}")


def _matches(value: str | None, accepted: list[str | None]) -> bool:
    return value is not None and any(_key(value) == _key(a) for a in accepted if a)


def _key(words: str) -> str:
    return "".join(re.findall(r"\w+", words.casefold().replace("’", "'")))


def report_lines(figures: Figures, *, failures: bool = False) -> Iterator[str]:
    """The figures as lines to print, with their denominators."""
    yield f"boundaries F1             {figures.f1:.3f}"
    yield _line("  found", figures.found)
    yield _line("  true", figures.true_starts)
    for key in sorted(figures.values):
        yield _line(key, figures.values[key])
    yield _line("stated dates right", figures.stated_dates)
    yield _line("dates out of range", figures.wrong_dates)
    yield _line("rejected values", figures.rejected)
    yield _line("content left out", figures.lost_content)
    yield _line("junk indexed", figures.indexed_junk)
    if failures:
        yield from (f"- {failure}" for failure in figures.failures)


def _line(words: str, count: Count) -> str:
    return f"{words:<36}{count.share:.3f}  ({count.right} of {count.of})"
