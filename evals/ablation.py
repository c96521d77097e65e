"""Cases and a library -> what each step of the search adds to what is found, with intervals.

The steps are added one after the other, in the order of the list below; each line is compared with the one before it,
on the same cases.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from rich.table import Table

from assistant.answer.question.library_names import name_table
from assistant.answer.question.understand import understand
from assistant.search.index import Index, open_for_writing
from assistant.search.library import ReadDocument
from assistant.search.ranking import Ranking
from assistant.search.retriever import retrieve
from assistant.types import Answer, Evidence, SearchQuery
from evals.metrics.retrieval import any_at, evidence_at
from evals.spans import Placed, Texts, place_all
from evals.statistics import Difference, paired_difference
from evals.types import Case, Record

if TYPE_CHECKING:
    from assistant import Assistant

FIGURES: dict[str, Callable[[Placed], float | None]] = {
    "any@1": lambda placed: any_at(placed, 1),
    "any@5": lambda placed: any_at(placed, 5),
    "evidence@5": lambda placed: evidence_at(placed, 5),
    "evidence@10": lambda placed: evidence_at(placed, 10),
}
_DEFAULT = Ranking()
_BARE = Ranking(words=0.0, parts=0.0, also=0.0, dates=0.0, one_per_origin=False)
_BOTH = replace(_BARE, vectors=1.0, words=1.0)

OnStep = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the table: how is searched."""

    name: str
    ranking: Ranking
    context: bool = True
    """Whether passages are indexed with their title, heading and outlet."""
    reader: bool = False
    """Whether the reader reorders what was found."""
    apart: bool = False
    """Whether it is a system of its own, and not the line before with something added."""


def steps(ranking: Ranking = _DEFAULT) -> list[Step]:
    """The steps of a ranking, from nothing to all; what it leaves switched off is not listed."""
    made = [
        Step("vectors only", _BARE, context=False, apart=True),
        Step("words only", replace(_BARE, vectors=0.0, words=1.0), context=False, apart=True),
        Step("both", _BOTH, context=False),
        Step("+ title context", _BOTH),
    ]
    now = replace(_BOTH, vectors=ranking.vectors, words=ranking.words)
    made.append(Step("+ weights", now))
    for name in _WORDS:
        changed = replace(now, **{name: getattr(ranking, name)})
        if changed != now:
            made.append(Step(f"+ {_WORDS[name]}", changed))
            now = changed
    return [*made, Step("+ reader's reranking", now, reader=True)]


_WORDS = {
    "parts": "question's parts",
    "also": "other names",
    "dates": "dates wished for",
    "one_per_origin": "one per origin",
}


@dataclass(frozen=True, slots=True)
class Row:
    """A step with its figures; each difference is to the line before, None where there is nothing to compare."""

    step: Step
    values: dict[str, float]
    differences: dict[str, Difference | None]
    cases: int


def measure(
    assistant: Assistant,
    cases: Sequence[Case],
    texts: Texts,
    on_step: OnStep,
    wanted: Sequence[Step] | None = None,
) -> list[Row]:
    """Search for every case that has gold evidence, in every way; cases without any tell nothing of what is found."""
    wanted = steps() if wanted is None else wanted
    library = assistant.index.library
    names = name_table((alias.name, alias.other) for _, alias in library.aliases())
    newest = library.summary().newest
    asked = [(c, understand(c.question, c.history, names=names, newest=newest)) for c in cases if c.evidence]
    rows: list[Row] = []
    before: dict[str, list[float]] = {}
    with _without_context(assistant, on_step, needed=any(not step.context for step in wanted)) as bare:
        for number, step in enumerate(wanted, start=1):
            index = assistant.index if step.context else bare
            placed = [_placed(case, _searched(assistant, index, case, query, step), texts) for case, query in asked]
            values = {name: [float(f(one) or 0.0) for one in placed] for name, f in FIGURES.items()}
            rows.append(
                Row(
                    step,
                    {name: sum(found) / max(1, len(found)) for name, found in values.items()},
                    {n: None if step.apart or not before else paired_difference(before[n], values[n]) for n in values},
                    len(asked),
                )
            )
            before = values
            on_step("Searching", number, len(wanted))
    return rows


def table(rows: Sequence[Row]) -> Table:
    """One line a step: each figure, and what the step added to it, with the 95 % interval of that."""
    shown = Table(box=None, pad_edge=False)
    shown.add_column(f"{rows[0].cases} cases" if rows else "", no_wrap=True)
    for name in FIGURES:
        shown.add_column(name, justify="right", no_wrap=True)
        shown.add_column("added (95 %)", no_wrap=True)
    for row in rows:
        cells = [row.step.name]
        for name in FIGURES:
            difference = row.differences[name]
            told = f"{difference.mean:+.3f} ({difference.low:+.2f} to {difference.high:+.2f})" if difference else ""
            cells += [f"{row.values[name]:.3f}", told]
        shown.add_row(*cells)
    return shown


def _searched(assistant: Assistant, index: Index, case: Case, query: SearchQuery, step: Step) -> Sequence[Evidence]:
    found = retrieve(query, index, assistant.settings.evidence_count, None, step.ranking)
    return assistant.reader.read(case.question, query.text, found).evidence if step.reader else found


def _placed(case: Case, evidence: Sequence[Evidence], texts: Texts) -> Placed:
    answer = Answer(case.question, "refused", (), tuple(evidence))
    return place_all(case, Record(case.id, "refused", answer), texts)


@contextmanager
def _without_context(assistant: Assistant, on_step: OnStep, *, needed: bool) -> Iterator[Index]:
    """The same passages, indexed as if nobody knew what they stand in."""
    if not needed:
        yield assistant.index
        return
    library = assistant.index.library
    files = library.files()
    with (
        TemporaryDirectory(prefix="footnote-ablation-") as scratch,
        open_for_writing(Path(scratch), assistant.index.embedder) as bare,
    ):
        for number, file in enumerate(files, start=1):
            document = library.document(file.id)
            articles = [replace(a, title=None, outlet=None, publisher=None) for a in library.articles(file.id)]
            passages = [replace(passage, heading="") for passage, _ in library.passages_of(file.id)]
            bare.store([ReadDocument(document, file.state, articles, passages, document.exclusions)])
            on_step("Indexing without titles", number, len(files))
        yield bare
