"""A process is killed after each step of each kind of write; what it leaves is whole, and the next run goes on."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fakes import LetterEmbedder

from assistant.ingest.sync.sync import make_plan, sync
from assistant.search.index import Index, open_for_reading, open_for_writing
from assistant.search.retriever import retrieve

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")

PAPERS = {
    "apples.txt": "Apples ripen in autumn. They keep well.",
    "berries.txt": "Berries ripen in summer. They do not keep.",
    "cherries.txt": "Cherries are picked by hand.",
}
OPENING = ["left-over vectors removed", "left-over words removed"]
STORING = [
    "begun", "rows written", "origins settled", "vectors added", "words added", "committed", "old vectors removed",
    "old words removed",
]  # fmt: skip
DESCRIBING = ["words noted as unsure", "begun", "rows written", "origins settled", "words added", "committed"]
Papers = dict[str, str]
"""Texts by name."""


def add(papers: Path) -> None:
    (papers / "pears.txt").write_text("Pears ripen in October. Wasps like them.")


def replace(papers: Path) -> None:
    (papers / "apples.txt").write_text("Quinces smell of honey.")


def delete(papers: Path) -> None:
    (papers / "berries.txt").unlink()


def rename(papers: Path) -> None:
    (papers / "apples.txt").rename(papers / "orchard.txt")


def describe(papers: Path) -> None:
    (papers / "sources.toml").write_text('[[source]]\nmatch = "apples.txt"\noutlet = "Zeppelin Weekly"\n')


CHANGES: list[tuple[Callable[[Path], None], list[str]]] = [
    (add, STORING),
    (replace, STORING),
    (delete, STORING),
    (rename, ["begun", "row written", "committed"]),
    (describe, ["begun", "row written", "committed", *DESCRIBING]),
]
KILLS = [(change, steps, at) for change, steps in CHANGES for at in range(1, len(steps) + 1)]


class Orchard:
    """A folder of papers, a library of them, and a process whose children sync and are killed."""

    def __init__(self, base: Path, process: subprocess.Popen[str]) -> None:
        self.base, self.process = base / "now", process
        self.papers, self.library = self.base / "papers", self.base / "library"
        self.papers.mkdir(parents=True)
        for name, text in PAPERS.items():
            (self.papers / name).write_text(text)
        assert self.sync() == ([*OPENING, *STORING], 0)
        shutil.copytree(self.base, base / "first")

    def restore(self) -> None:
        """Papers and library as they were at first, to the time stamp."""
        shutil.rmtree(self.base)
        shutil.copytree(self.base.with_name("first"), self.base)

    def sync(self, kill_after: int = 0) -> tuple[list[str], int]:
        """Sync in another process. Returns the steps that were done, and the signal that ended it."""
        task = {"library": str(self.library), "papers": str(self.papers), "step": kill_after}
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps(task) + "\n")
        self.process.stdin.flush()
        steps, ended_by = json.loads(self.process.stdout.readline())
        return steps, ended_by

    def now(self) -> Papers:
        """The papers as they lie in the folder."""
        return {path.name: path.read_text() for path in self.papers.glob("*.txt")}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Orchard]:
    command = [sys.executable, str(Path(__file__).parent / "crashing.py"), str(Path(__file__).parent)]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parent.parent)}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        yield Orchard(tmp_path_factory.mktemp("orchard"), process)
        assert process.stdin
        process.stdin.close()


@pytest.fixture
def orchard(made: Orchard) -> Orchard:
    made.restore()
    return made


def stored(index: Index) -> Papers:
    return {f.name: index.library.document(f.id).text for f in index.library.files()}


def outlet(index: Index) -> str | None:
    """That of the apples; None if they are gone."""
    ids = index.library.document_ids(["apples.txt"])
    return index.library.articles(ids[0])[0].outlet if ids else None


def check_answers(index: Index, papers: Papers) -> None:
    """Every paper is found by its own words, by both indexes, and nothing else is."""
    for name, text in papers.items():
        found = retrieve(text, index, 10)
        assert (found[0].passage.document, found[0].passage.text, found[0].word_rank) == (name, text, 1)
        assert found[0].vector_rank == 1
        assert found[0].similarity == pytest.approx(1, abs=1e-5)
        assert {e.passage.document for e in found} <= set(papers)
    assert not [m for m in index.words.search("Zeppelin", 5) if m.passage_id not in index.library.passage_ids()]


def check_agreement(index: Index) -> None:
    """Library, vectors and words hold the same passages, and every passage is what its document says.

    That holds for outlets, too, which are words of their passages.
    """
    outlets = {article.outlet for file in index.library.files() for article in index.library.articles(file.id)}
    assert bool(index.words.search("Zeppelin", 5)) == ("Zeppelin Weekly" in outlets)
    ids = index.library.passage_ids()
    assert index.vectors.ids() == index.words.ids() == ids
    texts = stored(index)
    for passage, _ in index.library.passages(ids).values():
        assert texts[passage.document][passage.span.start : passage.span.end] == passage.text


@pytest.mark.parametrize(
    ("change", "steps", "at"), KILLS, ids=[f"{change.__name__}-{at}-{steps[at - 1]}" for change, steps, at in KILLS]
)
def test_a_process_killed_after_a_step_leaves_every_document_as_before_or_as_after(
    orchard: Orchard, change: Callable[[Path], None], steps: list[str], at: int
) -> None:
    before = orchard.now()
    change(orchard.papers)
    after = orchard.now()
    assert orchard.sync(kill_after=len(OPENING) + at) == ([*OPENING, *steps[:at]], signal.SIGKILL)
    expected = after if "committed" in steps[:at] else before

    embedder = LetterEmbedder()
    reader = open_for_reading(orchard.library, embedder)  # asked before any writer has tidied up
    assert embedder.texts == []  # nothing was missing
    assert stored(reader) == expected
    check_answers(reader, expected)
    assert (outlet(reader) == "Zeppelin Weekly") == bool(reader.words.search("Zeppelin", 5))
    reader.close()
    with open_for_writing(orchard.library, LetterEmbedder()) as index:
        check_agreement(index)
        assert stored(index) == expected
        sync(make_plan([orchard.papers], index, 400), index, 400)  # and the next run goes on from there
        check_agreement(index)
        assert stored(index) == after
        check_answers(index, after)
        assert (outlet(index) == "Zeppelin Weekly") == (change is describe)


@pytest.mark.parametrize(("change", "steps"), CHANGES, ids=[change.__name__ for change, _ in CHANGES])
def test_no_step_is_forgotten(orchard: Orchard, change: Callable[[Path], None], steps: list[str]) -> None:
    change(orchard.papers)
    assert orchard.sync() == ([*OPENING, *steps], 0)


def test_index_folders_that_were_deleted_are_made_again_wherever_that_is_interrupted(orchard: Orchard) -> None:
    steps = [*OPENING, "missing vectors added", "missing words added", "begun", "committed"]
    for at in range(1, len(steps) + 1):
        for name in ("vectors", "words"):
            shutil.rmtree(orchard.library / name)
        assert orchard.sync(kill_after=at) == (steps[:at], signal.SIGKILL)
        reader = open_for_reading(orchard.library, LetterEmbedder())
        check_agreement(reader)
        check_answers(reader, PAPERS)
        reader.close()


@pytest.mark.parametrize("at", range(1, len(OPENING) + 1))
def test_a_process_killed_while_it_tidies_up_after_a_crash_leaves_all_as_it_was(orchard: Orchard, at: int) -> None:
    add(orchard.papers)
    assert orchard.sync(kill_after=len(OPENING) + STORING.index("words added") + 1)[1] == signal.SIGKILL
    assert orchard.sync(kill_after=at) == (OPENING[:at], signal.SIGKILL)
    with open_for_writing(orchard.library, LetterEmbedder()) as index:
        check_agreement(index)
        assert stored(index) == PAPERS
        check_answers(index, PAPERS)


@pytest.mark.parametrize("at", range(1, 7))
def test_a_process_killed_while_it_writes_unsure_words_again_leaves_them_unsure(orchard: Orchard, at: int) -> None:
    describe(orchard.papers)
    assert orchard.sync(kill_after=len(OPENING) + 3 + DESCRIBING.index("words added") + 1)[1] == signal.SIGKILL
    steps = [*OPENING, "unsure words written", "words noted as sure", "begun", "committed"]
    assert orchard.sync(kill_after=at) == (steps[:at], signal.SIGKILL)
    reader = open_for_reading(orchard.library, LetterEmbedder())
    check_agreement(reader)
    assert outlet(reader) is None
    reader.close()


@pytest.mark.parametrize("at", range(1, len(STORING) + 1))
def test_reprints_name_their_origin_as_before_or_as_after(orchard: Orchard, at: int) -> None:
    paragraphs = [" ".join(f"tale{n}" for n in range(start, start + 40)) + "." for start in range(0, 400, 40)]
    for number, name in enumerate(["first.txt", "second.txt", "third.txt"], start=1):
        text = "\n\n".join(paragraphs)
        (orchard.papers / name).write_text(f"---\ndate: 2025-01-0{number}\n---\n\n{text}\n")
    assert orchard.sync()[1] == 0
    (orchard.papers / "first.txt").unlink()
    assert orchard.sync(kill_after=len(OPENING) + at)[1] == signal.SIGKILL
    after = {"third.txt": "second.txt"}
    before = {"second.txt": "first.txt", "third.txt": "first.txt"}
    with open_for_writing(orchard.library, LetterEmbedder()) as index:
        assert origins(index) == (after if "committed" in STORING[:at] else before)
        sync(make_plan([orchard.papers], index, 400), index, 400)
        assert origins(index) == after


def origins(index: Index) -> Papers:
    """The papers that are reprints, with that in which the same stands first."""
    articles = [article for file in index.library.files() for article in index.library.articles(file.id)]
    return {article.document: article.reprint_of for article in articles if article.reprint_of}
