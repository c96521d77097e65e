"""Runs -> citations for people to judge, blind, in a sample as large as the interval wanted.

What is judged is one claim with one of its citations. The file of items says nothing of system, score or case; the
key, which does, is a file of its own. What comes back is read by `review_labels`.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from assistant.errors import InputError
from assistant.types import Citation, Claim
from evals.statistics import SEED, sample_size
from evals.types import Result, Run

CONTEXT_CHARACTERS = 300
HALF_WIDTH = 0.05
COLUMNS = ("id", "question", "claim", "source", "before", "quote", "after", "label", "comment")
ITEMS_JSONL, ITEMS_CSV, KEY = "citations.jsonl", "citations.csv", "key.json"

DocumentText = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Item:
    """A claim and one of its citations, inside its source: all that a person sees."""

    id: str
    question: str
    claim: str
    quote: str
    source: str
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an item comes from; hidden from who judges it."""

    run: str
    case_id: str
    case_type: str
    number: int
    """Of the citation."""


@dataclass(frozen=True, slots=True)
class Review:
    """Items in the order to be judged, and by id where each comes from."""

    items: tuple[Item, ...]
    origins: Mapping[str, tuple[Origin, ...]]
    """Several, where runs make the same claim with the same citation: it is judged once."""


def collect(runs: Sequence[tuple[Run, DocumentText]], seed: int = SEED) -> Review:
    """Every claim with every citation of one or two runs, shuffled by the seed.

    Raises:
        InputError: nothing is cited, or a document cannot be had.
    """
    items: dict[str, Item] = {}
    origins: dict[str, list[Origin]] = {}
    for run, text_of in runs:
        for result in run.results:
            for item, number in _items(result, text_of, seed):
                case = result.case
                items.setdefault(item.id, item)
                origins.setdefault(item.id, []).append(Origin(run.name, case.id, case.type, number))
    if not items:
        raise InputError("These runs cite nothing that could be judged.", "Choose a run with answers.")
    # The ids are digests under the seed: their order is a shuffle that says nothing of where an item comes from.
    return Review(tuple(items[i] for i in sorted(items)), {i: tuple(found) for i, found in origins.items()})


def sample(review: Review, half_width: float = HALF_WIDTH, seed: int = SEED) -> Review:
    """A stratified sample, just large enough for a 95 % interval of ± `half_width` around a share.

    The size is `statistics.sample_size` (Cochran 1977). Every type of case gives its share of it (proportional
    allocation, by largest remainders, at least one), so that plain means estimate the whole.

    Raises:
        InputError: the width is not between 0 and 1.
    """
    if not 0 < half_width < 1:
        raise InputError(f"An interval of ± {half_width:g} cannot be had.", "Choose one between 0 and 1, such as 0.05.")
    strata: dict[str, list[Item]] = {}
    for item in review.items:
        strata.setdefault(review.origins[item.id][0].case_type, []).append(item)
    sizes = allocation({name: len(items) for name, items in strata.items()}, sample_size(half_width, len(review.items)))
    generator = np.random.default_rng(seed)
    chosen = {
        items[i].id
        for name, items in sorted(strata.items())
        for i in generator.choice(len(items), size=sizes[name], replace=False)
    }
    kept = tuple(item for item in review.items if item.id in chosen)
    return Review(kept, {item.id: review.origins[item.id] for item in kept})


def items_as_jsonl(review: Review) -> str:
    """One item a line, with an empty label and comment to be filled in."""
    rows = ({**asdict(item), "label": None, "comment": ""} for item in review.items)
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def items_as_csv(review: Review) -> str:
    """The same for a spreadsheet. A text that one would take for a formula gets an apostrophe before it."""
    written = io.StringIO()
    writer = csv.DictWriter(written, COLUMNS)
    writer.writeheader()
    for item in review.items:
        writer.writerow(
            {**{name: _no_formula(text) for name, text in asdict(item).items()}, "label": "", "comment": ""}
        )
    return written.getvalue()


def write_review(review: Review, folder: Path) -> None:
    """Write the items as JSONL and CSV, and the key, which is not for those who judge.

    Raises:
        InputError: labels may already have been written there: nothing is overwritten.
    """
    folder.mkdir(parents=True, exist_ok=True)
    present = [name for name in (ITEMS_JSONL, ITEMS_CSV, KEY) if (folder / name).exists()]
    if present:
        raise InputError(f"{folder} already holds {', '.join(present)}.", "Name another folder.")
    key = {i: [asdict(origin) for origin in origins] for i, origins in review.origins.items()}
    (folder / ITEMS_JSONL).write_text(items_as_jsonl(review), encoding="utf-8")
    # With a byte order mark, or Excel takes the letters for others.
    (folder / ITEMS_CSV).write_text(items_as_csv(review), encoding="utf-8-sig", newline="")
    (folder / KEY).write_text(json.dumps(key, ensure_ascii=False, indent=1), encoding="utf-8")


def read_key(folder: Path) -> dict[str, tuple[Origin, ...]]:
    """Where the items of a folder come from.

    Raises:
        InputError: the key is missing or damaged.
    """
    try:
        rows = json.loads((folder / KEY).read_text("utf-8"))
        return {str(i): tuple(Origin(**origin) for origin in origins) for i, origins in rows.items()}
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise InputError(f"The key in {folder} cannot be read ({error}).", "Export the citations again.") from None


def _items(result: Result, text_of: DocumentText, seed: int) -> list[tuple[Item, int]]:
    answer = result.record.answer
    if answer is None or result.record.status != "answered":
        return []
    return [
        (_item(result.case.question, claim, citation, text_of, seed), citation.number)
        for claim in answer.claims
        for citation in claim.citations
    ]


def _item(question: str, claim: Claim, citation: Citation, text_of: DocumentText, seed: int) -> Item:
    text = text_of(citation.document)
    content = [seed, question, claim.text, citation.document, citation.start, citation.end, citation.quote]
    digest = hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()[:16]
    heads = (citation.author, citation.outlet or citation.publisher, citation.title, citation.date)
    said = f"{claim.speaker}: “{claim.text}”" if claim.speaker else claim.text
    item = Item(digest, question, said, citation.quote, ", ".join(str(head) for head in heads if head))
    before = text[max(0, citation.start - CONTEXT_CHARACTERS) : citation.start]
    return replace(item, before=before, after=text[citation.end : citation.end + CONTEXT_CHARACTERS])


def allocation(sizes: Mapping[str, int], wanted: int) -> dict[str, int]:
    """Seats for every stratum by its size: the whole parts, but one at least; then one each to the largest rest."""
    total = sum(sizes.values())
    exact = {name: wanted * size / total for name, size in sizes.items()}
    seats = {name: max(1, int(value)) for name, value in exact.items()}
    for name in sorted(exact, key=lambda n: (seats[n] - exact[n], n)):
        if sum(seats.values()) >= wanted:
            break
        seats[name] = min(sizes[name], seats[name] + 1)
    return seats


def _no_formula(text: str) -> str:
    return f"'{text}" if text.lstrip().startswith(("=", "+", "-", "@")) else text
