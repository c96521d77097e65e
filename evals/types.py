"""The nouns of an evaluation: a case, what was answered, its scores, a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from assistant.types import Answer, Turn

Status = Literal["answered", "refused", "error"]
Scores = Mapping[str, float | None]
"""Value by metric for one case. None: the metric does not apply (unscored), which is counted and never a number."""


@dataclass(frozen=True, slots=True)
class Gold:
    """A sentence of a document, verbatim, that answers a case."""

    doc: str
    quote: str


@dataclass(frozen=True, slots=True)
class Case:
    """A question with what a right answer must contain and rest on."""

    id: str
    type: str
    question: str
    answerable: bool
    answer: str = ""
    history: tuple[Turn, ...] = ()
    must_include: tuple[tuple[str, ...], ...] = ()
    """Groups of alternatives: a right answer contains one of every group."""
    must_not_include: tuple[str, ...] = ()
    evidence: tuple[Gold, ...] = ()
    notes: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """What became of one case: its answer, or what went wrong."""

    case_id: str
    status: Status
    answer: Answer | None = None
    """None where the status is "error"."""
    error: str = ""
    repeat: int = 0
    """Which asking of the case this is, from 0 (`--repeat`)."""


@dataclass(frozen=True, slots=True)
class Result:
    """A case with its record and its scores."""

    case: Case
    record: Record
    scores: Scores


@dataclass(frozen=True, slots=True)
class Run:
    """One evaluation, as its folder holds it."""

    name: str
    folder: Path
    manifest: Mapping[str, Any] = field(default_factory=dict)
    """Settings without keys, versions, commit, checksums of cases, corpus and models, when and how long."""
    results: tuple[Result, ...] = ()


@dataclass(frozen=True, slots=True)
class Figure:
    """A metric over all cases of a run, with its 95 % interval and how many cases went into it."""

    name: str
    value: float | None
    """None: it applies to no case."""
    low: float | None
    high: float | None
    count: int
    """Results that were scored."""
    unscored: int
    """Results to which it does not apply, or whose judgement could not be read."""
