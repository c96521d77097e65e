"""Labels that people gave to citations -> checked labels, figures with intervals, and how far people agree."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

import krippendorff
import numpy as np

from assistant.errors import InputError
from evals.agreement import cohen_kappa
from evals.review import Origin
from evals.statistics import Interval, interval

Support = Literal["full", "partial", "none"]
"""After Liu et al. 2023: the citation carries all the claim says, a part of it, or nothing of it."""
SUPPORTS: tuple[Support, ...] = get_args(Support)
LABEL_REMEDY = f"A label is one of: {', '.join(SUPPORTS)}; leave it empty where you cannot tell."


@dataclass(frozen=True, slots=True)
class Label:
    """What one person said of one item."""

    item_id: str
    support: Support
    annotator: str
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Labels:
    """A file that came back."""

    labels: tuple[Label, ...]
    unjudged: int
    """Items left empty: unscored, and no opinion."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What people found of one run's citations."""

    run: str
    full: Interval
    """Share that carries its claim in full; where several people judged an item, the share of them that says so."""
    partial: float
    none: float


@dataclass(frozen=True, slots=True)
class AnnotatorAgreement:
    """How far people agree beyond chance; None where that is not defined, as when all labels are the same."""

    kappas: Mapping[tuple[str, str], float | None]
    """Cohen's kappa by pair of people, over the items that both judged."""
    alpha: float | None
    """Krippendorff's, ordinal, over all people and items."""
    shared: int
    """Items that two or more people judged."""


def read_labels(path: Path, known: Mapping[str, Any], annotator: str | None = None) -> Labels:
    """The labels of a JSONL or CSV file, by its ending; `annotator` is who judged, by default the file's name.

    Raises:
        InputError: the file cannot be read, or a line has an unknown id, an unknown label, or judges an item again;
            the line is named.
    """
    rows = _csv_rows(path) if path.suffix.lower() == ".csv" else _jsonl_rows(path)
    name, seen, labels, unjudged = annotator or path.stem, dict[str, int](), [], 0
    for line, row in rows:
        where = f"{path}, line {line}"
        item_id = str(row.get("id") or "")
        if item_id not in known:
            raise InputError(
                f"{where}, field id: {item_id!r} is none of the exported items.", "Leave the ids as they are."
            )
        if item_id in seen:
            raise InputError(f"{where}, field id: {item_id!r} was judged in line {seen[item_id]}.", "Keep one of them.")
        seen[item_id] = line
        said = str(row.get("label") or "").strip().lower()
        support = next((s for s in SUPPORTS if s == said), None)
        if support is not None:
            labels.append(Label(item_id, support, name, str(row.get("comment") or "").strip()))
        elif said:
            raise InputError(f"{where}, field label: {said!r} is no label.", LABEL_REMEDY)
        else:
            unjudged += 1
    return Labels(tuple(labels), unjudged + len(set(known) - set(seen)))


def summarise(labels: Sequence[Label], key: Mapping[str, Sequence[Origin]]) -> tuple[Summary, ...]:
    """What was found of each run, in order of name; intervals draw cases, for citations of one answer go together.

    Raises:
        InputError: there is no label, or two files are by the same name.
    """
    if not labels:
        raise InputError("No citation has been judged yet.", LABEL_REMEDY)
    _check_people(labels)
    said: dict[str, list[Support]] = {}
    for label in labels:
        said.setdefault(label.item_id, []).append(label.support)
    rows: dict[str, list[tuple[str, list[Support]]]] = {}
    for item_id, supports in said.items():
        for origin in key[item_id]:
            rows.setdefault(origin.run, []).append((origin.case_id, supports))
    return tuple(_summary(run, rows[run]) for run in sorted(rows))


def annotator_agreement(labels: Sequence[Label]) -> AnnotatorAgreement:
    """Cohen's kappa (1960) of every pair, and Krippendorff's alpha (2011), ordinal: none < partial < full.

    Raises:
        InputError: two files are by the same name.
    """
    _check_people(labels)
    by_person: dict[str, dict[str, Support]] = {}
    for label in labels:
        by_person.setdefault(label.annotator, {})[label.item_id] = label.support
    people = sorted(by_person)
    kappas: dict[tuple[str, str], float | None] = {}
    for index, one in enumerate(people):
        for other in people[index + 1 :]:
            both = sorted(by_person[one].keys() & by_person[other].keys())
            kappas[one, other] = cohen_kappa([by_person[one][i] for i in both], [by_person[other][i] for i in both])
    counts = Counter(label.item_id for label in labels)
    shared = sorted(i for i, count in counts.items() if count > 1)
    return AnnotatorAgreement(kappas, _alpha([[by_person[p].get(i) for i in shared] for p in people]), len(shared))


def _check_people(labels: Sequence[Label]) -> None:
    (twice, count), *_ = Counter((label.annotator, label.item_id) for label in labels).most_common(1) or [(("", ""), 0)]
    if count > 1:
        raise InputError(
            f"{twice[0]!r} judged the item {twice[1]} twice.", "Give each file the name of the person who judged."
        )


def _alpha(rows: Sequence[Sequence[Support | None]]) -> float | None:
    degrees: dict[Support | None, float] = {"none": 0.0, "partial": 1.0, "full": 2.0, None: float("nan")}
    data = np.array([[degrees[value] for value in row] for row in rows])
    if len({value for row in rows for value in row} - {None}) < 2:
        return None
    return float(krippendorff.alpha(reliability_data=data, level_of_measurement="ordinal"))


def _summary(run: str, rows: Sequence[tuple[str, Sequence[Support]]]) -> Summary:
    shares = [{s: supports.count(s) / len(supports) for s in SUPPORTS} for _, supports in rows]
    full = interval([share["full"] for share in shares], [case_id for case_id, _ in rows])
    partial, none = (sum(share[s] for share in shares) / len(shares) for s in ("partial", "none"))
    return Summary(run, full, partial, none)


def _jsonl_rows(path: Path) -> list[tuple[int, Mapping[str, Any]]]:
    rows: list[tuple[int, Mapping[str, Any]]] = []
    for number, line in enumerate(_read(path).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            row = None
        if not isinstance(row, dict):
            raise InputError(f"{path}, line {number}: this is no JSON object.", "Correct this line.")
        rows.append((number, row))
    return rows


def _csv_rows(path: Path) -> list[tuple[int, Mapping[str, Any]]]:
    text = _read(path)
    # Spreadsheets of half of the world write semicolons.
    head = text.split("\n", 1)[0]
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=";" if head.count(";") > head.count(",") else ",")
    missing = {"id", "label"} - set(reader.fieldnames or ())
    if missing:
        raise InputError(f"{path}, line 1: the column {', '.join(sorted(missing))} is missing.", "Keep the first line.")
    try:
        rows: list[tuple[int, Mapping[str, Any]]] = [(reader.line_num, row) for row in reader]
    except csv.Error as error:
        raise InputError(f"{path}, line {reader.line_num}: {error}.", "Save it as CSV again.") from None
    return rows


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"The labels in {path} cannot be read ({error}).", "Save them as UTF-8, JSONL or CSV."
        ) from None
