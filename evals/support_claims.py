"""Labelled claims -> what the answers' own support check catches and wrongly flags, by kind of change.

A contradicted claim counts as changed in a number (an amount too), a date or a name if it holds one which the
evidence does not hold, while the evidence holds one of the same kind which the claim does not hold: 598 for 589, June
for May, Recife for Olinda. Numbers are numerals and number words; one within a tenth of the evidence's counts as
rounded. Dates are months, weekdays and years. Names are capitalised words within a sentence, but for nationalities
before a noun, which are often what a reader knows. A changed name stands nowhere in the passage either, where the file
gives one; one that does is a moved name, counted apart: it may be wrong, or say who "she" is. A claim may have several
kinds of change. The rest ("other") turns the sense in words alone, or gives a figure of the evidence to somebody else.
This reads the texts by itself and knows nothing of the check, so some changes are no contradiction, some are missed.

`number`, `date` and `name` of what is flagged among the supported are the check's own kinds of problem.
"""

from __future__ import annotations

import gzip
import json
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.errors import InputError

KINDS = ("number", "date", "name")
FORMAT_REMEDY = 'A line is {"claim": "…", "evidence": ["…"], "label": "support"}, or a passage with its "claims".'
_UP_TO_19 = (
    "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen "
    "nineteen"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
NUMBER_WORDS = {word: number for number, word in enumerate(_UP_TO_19.split(), start=2)}
NUMBER_WORDS |= {word: 10 * number for number, word in enumerate(_TENS.split(), start=2)}
ROUNDED = 0.1  # of the evidence's number: nearer than this, the claim may have rounded
LABELS = {"support": "support", "contradict": "contradict", "neutral": "neutral", "1": "support", "0": "unsupported"}

_NUMBER = re.compile(
    r"\d[\d.,]*\d|\d|\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|"
    r"seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)"
    r"(?:-(?:one|two|three|four|five|six|seven|eight|nine))?\b|\b(?:hundred|thousand|half|twice|"
    r"third|quarter|fifth|dozen)\b",
    re.I,
)
_DATE = re.compile(
    r"\b(?:January|February|March|April|May|June|July|August|September|October|November|December|Mon|Tues|Wednes|Thurs|"
    r"Fri|Satur|Sun)(?:day)?\b|\b(?:19|20)\d\d\b"
)
_NAME = re.compile(r"(?<=[a-z0-9,;%)] )(?![A-Z]\w+(?:an|ese|ish|ch|i) [a-z])[A-ZÀ-ÖØ-ÞĀ-Ž][^\W\d_]{2,}")


@dataclass(frozen=True, slots=True)
class LabelledClaim:
    """A claim, its evidence, and what people said of them; context and passage where the file has them."""

    claim: str
    evidence: tuple[str, ...]
    label: str
    context: str = ""
    passage: str = ""
    split: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """How many of how many, under a name."""

    name: str
    count: int
    total: int

    @property
    def text(self) -> str:
        """The line that is printed."""
        if not self.total:
            return f"{self.name:<46} none"
        low, high = wilson(self.count, self.total)
        share = self.count / self.total
        return f"{self.name:<46} {self.count:>5} of {self.total:>5}  {share:6.1%}  ({low:.1%} to {high:.1%})"


def load_claims(path: Path, split: str | None = None) -> list[LabelledClaim]:
    """Read labelled claims, gzip or not; of `split` alone where it is given.

    Raises:
        InputError: the file cannot be read, a line has another form, or nothing is left.
    """
    try:
        data = path.read_bytes()
        lines = (gzip.decompress(data) if path.suffix == ".gz" else data).decode().split("\n")
        found = [claim for line in lines if line.strip() for claim in _claims_of(json.loads(line))]
    except (OSError, EOFError, ValueError, RecursionError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"The claims in {path} cannot be read: {error}.", FORMAT_REMEDY) from None
    chosen = [claim for claim in found if split in {None, claim.split}]
    if not chosen:
        raise InputError(f"{path} holds no claims{f' of the split {split}' if split else ''}.", FORMAT_REMEDY)
    return chosen


def changes(claim: str, evidence: str, passage: str = "") -> frozenset[str]:
    """In which kinds the claim holds what the evidence does not, and the other way round; see the module."""
    found = set()
    for kind, tokens in (("number", _numbers), ("date", _dates), ("name", _names)):
        in_claim, in_evidence = tokens(claim), tokens(evidence)
        rounded = in_evidence if kind == "number" else set()
        added = {token for token in in_claim - in_evidence if not _is_rounded(token, rounded)}
        if added and in_evidence - in_claim:
            moved = kind == "name" and bool(passage) and not added - tokens(passage)
            found.add("moved name" if moved else kind)
    return frozenset(found)


def measure_support(claims: Sequence[LabelledClaim]) -> list[Row]:
    """Check every claim, and count."""
    from assistant import check_support

    checked = [(c, check_support(c.claim, c.evidence, c.context, c.passage)) for c in claims]
    rows = []
    for label in dict.fromkeys(c.label for c in claims):
        of_label = [(c, support) for c, support in checked if c.label == label]
        if label == "support":
            flags = [support.kind for _, support in of_label if support.kind]
            rows.append(Row("supported, flagged for number, date or name", _among(flags, KINDS), len(of_label)))
            rows += [Row(f"  for its {kind}", _among(flags, [kind]), len(of_label)) for kind in sorted(set(flags))]
            rows.append(Row("supported, flagged at all", len(flags), len(of_label)))
            continue
        by_kind = [(changes(c.claim, " ".join(c.evidence), c.passage), bool(support.kind)) for c, support in of_label]
        rows.append(
            _caught(f"{label}, changed number, date or name", [hit for kinds, hit in by_kind if kinds & set(KINDS)])
        )
        rows += [_caught(f"  changed {kind}", [hit for kinds, hit in by_kind if kind in kinds]) for kind in KINDS]
        moved = [hit for kinds, hit in by_kind if kinds == {"moved name"}]
        rows.append(_caught(f"{label}, name moved within its passage", moved))
        rows.append(_caught(f"{label}, other", [hit for kinds, hit in by_kind if not kinds]))
    return rows


def wilson(count: int, total: int) -> tuple[float, float]:
    """The score interval of a share with z = 1.96 (Wilson 1927), which stays within 0 and 1; `total` is not 0."""
    z, share = 1.959964, count / total
    middle = (share + z * z / (2 * total)) / (1 + z * z / total)
    half = z / (1 + z * z / total) * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    return max(0.0, middle - half), min(1.0, middle + half)


def _caught(name: str, hits: Sequence[bool]) -> Row:
    return Row(name, sum(hits), len(hits))


def _among(flags: Iterable[str], kinds: Sequence[str]) -> int:
    return sum(flag in kinds for flag in flags)


def _claims_of(row: dict[str, Any]) -> list[LabelledClaim]:
    if "claims" not in row:
        label = LABELS[str(row.get("label3") or row["label"])]
        return [LabelledClaim(row["claim"], tuple(row["evidence"]), label, split=row.get("split", ""))]
    head = "; ".join(str(row[key]) for key in ("outlet", "title", "date") if row.get(key))
    return [
        LabelledClaim(
            c["claim"],
            tuple(c["evidence"]),
            LABELS[str(c["label"])],
            head,
            row.get("passage", ""),
            row.get("split", ""),
        )
        for c in row["claims"]
    ]


def _numbers(text: str) -> set[str]:
    return {_digits(found) for found in _NUMBER.findall(text)} - _dates(text)


def _digits(number: str) -> str:
    """Without marks of thousands; numbers in words as digits."""
    words = number.lower().split("-")
    if all(word in NUMBER_WORDS for word in words):
        return str(sum(NUMBER_WORDS[word] for word in words))
    return re.sub(r"(?<=\d),(?=\d{3})", "", number).lower()


def _is_rounded(token: str, others: set[str]) -> bool:
    """Whether a number is near one of the others."""
    numbers = [float(other) for other in others if re.fullmatch(r"\d+(?:\.\d+)?", other)]
    value = float(token) if re.fullmatch(r"\d+(?:\.\d+)?", token) else None
    return value is not None and value > 12 and any(abs(value - n) <= ROUNDED * n for n in numbers if n != value)


def _dates(text: str) -> set[str]:
    return set(_DATE.findall(text))


def _names(text: str) -> set[str]:
    return {found[:5] for found in _NAME.findall(text)} - {date[:5] for date in _dates(text)}
