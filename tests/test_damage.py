"""What the disk changed is noticed: it is not quoted, and indexes are made again; another library is told as such."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from conftest import index_folder
from fakes import LetterEmbedder
from library_parts import made_document

from assistant.errors import AssistantError, DamagedError, NoIndexError
from assistant.pipeline import Assistant, open_assistant
from assistant.repair import repair
from assistant.search.embedding import open_embedder
from assistant.search.index import (
    MADE_ANEW,
    VECTORS_MENDED,
    WORDS_MENDED,
    mend_indexes,
    open_for_reading,
    open_for_writing,
)
from assistant.search.library import Library
from assistant.search.retriever import retrieve, search
from assistant.search.self_test import ENOUGH, examine_vectors
from assistant.search.vectors import condition
from assistant.settings import Settings

PAPERS = {
    "harbour.txt": "Port Ashby paid CNY 45 billion for its new harbour, the mayor said.",
    "grain.txt": "Grain prices rose by 12 percent in March, said the millers of Tarn.",
}
QUESTION = "How much did Port Ashby pay for its harbour?"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Two papers and their library."""
    base = tmp_path_factory.mktemp("papers")
    (base / "papers").mkdir()
    for name, text in PAPERS.items():
        (base / "papers" / name).write_text(text)
    settings = Settings(data_dir=base / "data", library="papers", llm=None)
    index_folder(base / "papers", settings)
    return settings


@pytest.fixture
def own(made: Settings, tmp_path: Path) -> Settings:
    shutil.copytree(made.data_dir, tmp_path / "data")
    return made.model_copy(update={"data_dir": tmp_path / "data"})


def change(settings: Settings, query: str, *values: object) -> None:
    """Change the library past the program."""
    with sqlite3.connect(settings.library_dir / "library.db") as db:
        assert db.execute(query, values).rowcount > 0
    db.close()


@pytest.fixture
def asked(own: Settings) -> Iterator[Callable[[], Assistant]]:
    opened: list[Assistant] = []

    def open_it() -> Assistant:
        opened.append(open_assistant(own))
        return opened[-1]

    yield open_it
    for assistant in opened:
        assistant.close()


def test_a_changed_passage_is_not_quoted_and_the_answer_says_so(own: Settings, asked: Callable[[], Assistant]) -> None:
    (claim,) = asked().ask(QUESTION).claims[:1]
    assert "45 billion" in claim.text
    change(own, "UPDATE passages SET text = replace(text, '45 billion', '15 billion')")
    answer = asked().ask(QUESTION)
    assert not [c for c in answer.claims if "Ashby" in c.text]
    assert "One passage that was found is left out" in (answer.notice or "")
    assert "assistant index --repair --library papers" in (answer.notice or "")


@pytest.mark.parametrize(
    "query",
    [
        "UPDATE articles SET outlet = 'Another Gazette'",
        "UPDATE articles SET date = 'no date'",
        "UPDATE passages SET sentences = '[[0, 12]]'",
        "UPDATE passages SET sentences = '[[0, 1'",
        "UPDATE passages SET text = CAST(x'50ff6f' AS TEXT)",
        "UPDATE passages SET start = start + 1",
    ],
)
def test_nothing_of_a_damaged_row_is_quoted(own: Settings, query: str) -> None:
    change(own, query)
    index = open_for_reading(own.library_dir, _embedder(own))
    found = search(QUESTION, index, 5)
    assert found.evidence == []
    assert len(found.damaged) == 2
    index.close()


def _embedder(settings: Settings) -> LetterEmbedder:
    """One by the name of the library's own, which need not understand anything."""
    library = Library(settings.library_dir / "library.db")
    name = library.fact("embedder") or ""
    library.close()
    return LetterEmbedder(name, 384)


def test_a_changed_document_is_not_shown_and_is_named_without_its_text(own: Settings, asked) -> None:
    change(own, "UPDATE documents SET text = CAST(x'5365637265743aff' AS TEXT) WHERE name = 'grain.txt'")
    assistant = asked()
    library = assistant.index.library
    (damaged,) = library.damaged_documents()
    assert damaged.name == "grain.txt"
    with pytest.raises(DamagedError, match=r"grain\.txt is damaged") as caught:
        assistant.document(damaged.id)
    assert "Secret" not in str(caught.value)
    with pytest.raises(DamagedError, match=r"grain\.txt is damaged") as caught:
        library.rows("SELECT text FROM documents")
    assert "Secret" not in str(caught.value)


def test_a_library_of_the_format_before_gets_digests_where_the_key_of_a_text_fits(own: Settings) -> None:
    file = own.library_dir / "library.db"
    change(own, "UPDATE passages SET text = replace(text, '45', '15') WHERE text LIKE '%45%'")
    with sqlite3.connect(file) as db:
        for table in ("documents", "articles", "passages"):
            db.execute(f"ALTER TABLE {table} DROP COLUMN digest")
        db.execute("DELETE FROM facts WHERE name = 'identity'")
        db.execute("PRAGMA user_version = 4")
    db.close()
    library = Library(file)
    assert [d.name for d in library.damaged_documents()] == ["harbour.txt"]
    assert len(library.passages(library.passage_ids())) == 1
    assert len(library.state[0]) == 32
    library.close()


# The indexes.


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of so many passages that Chroma has written out its graph."""
    folder = tmp_path_factory.mktemp("many") / "library"
    rng = np.random.default_rng(5)
    texts = [f"paper{n} {''.join(rng.choice(list('abcdefghijklmnopqrstuvwxyz'), 36))}" for n in range(1_100)]
    with open_for_writing(folder, LetterEmbedder(dimension=24)) as index:
        index.store([made_document("letters.txt", texts)])
    return folder


@pytest.fixture
def library(many: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(many, tmp_path / "library"))


def graph(library: Path) -> Path:
    """The folder of Chroma's graph."""
    (found,) = {file.parent for file in (library / "vectors").glob("*/index_metadata.pickle")}
    return found


def scramble(file: Path) -> None:
    file.write_bytes(np.random.default_rng(1).bytes(file.stat().st_size))


DAMAGE: dict[str, Callable[[Path], None]] = {
    "graph deleted": lambda library: shutil.rmtree(graph(library)),
    "graph scrambled": lambda library: scramble(graph(library) / "data_level0.bin"),
    "graph's head scrambled": lambda library: scramble(graph(library) / "header.bin"),
    "rows scrambled": lambda library: scramble(next((library / "vectors").glob("rows/*.rows"))),
    "Chroma's database scrambled": lambda library: scramble(library / "vectors" / "chroma.sqlite3"),
    "words scrambled": lambda library: scramble(next((library / "words").glob("*.term"))),
    "words deleted": lambda library: next((library / "words").glob("*.idx")).unlink(),
    "words' list garbled": lambda library: (library / "words" / "meta.json").write_text("{"),
}
CHECK = """if True:
    import json, os, sys
    from pathlib import Path
    sys.path.insert(0, sys.argv[1])
    from fakes import LetterEmbedder
    from assistant.search.index import open_for_reading, open_for_writing

    def run(how, folder):
        embedder = LetterEmbedder(dimension=24)
        if how == "writing":
            with open_for_writing(folder, embedder) as made:
                news = made.take_news()
        else:
            news = open_for_reading(folder, embedder).news
        index = open_for_reading(folder, embedder)
        embedded, ids = len(embedder.texts), sorted(index.library.passage_ids())
        for i, (passage, article) in index.library.passages(ids[::100]).items():
            assert index.words.search(passage.text, 1)[0].passage_id == i, i
            vector = embedder.embed([f"{article.title}\\n{passage.text}"])[0]
            assert index.vectors.nearest(vector, 1)[0].similarity > 0.9999
        assert index.vectors.ids() == index.words.ids() == set(ids)
        return [news, embedded, index.vectors.rows_only, index.news]

    for line in sys.stdin:  # each in a process of its own, which damage may end; the imports are paid for once
        how, folder = json.loads(line)
        child = os.fork()
        if not child:
            try:
                print(json.dumps(run(how, Path(folder))), flush=True)
            except BaseException as error:
                print(json.dumps(repr(error)), flush=True)
            os._exit(0)
        if os.waitpid(child, 0)[1]:
            print(json.dumps("the process was ended"), flush=True)
"""
CASES = [*((name, "reading") for name in DAMAGE), ("graph scrambled", "writing")]


def test_a_damaged_index_is_made_again_when_it_is_opened(many: Path, tmp_path: Path) -> None:
    tasks = []
    for number, (name, how) in enumerate(CASES):
        tasks.append([how, str(shutil.copytree(many, tmp_path / str(number)))])
        DAMAGE[name](tmp_path / str(number))
    ended = subprocess.run(
        [sys.executable, "-c", CHECK, str(Path(__file__).parent)],
        input="".join(f"{json.dumps(task)}\n" for task in tasks),
        capture_output=True,
        text=True,
        timeout=200,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )
    said = [json.loads(line) for line in ended.stdout.splitlines()]
    assert len(said) == len(CASES), ended.stderr
    for (name, _), found in zip(CASES, said, strict=True):
        mended = WORDS_MENDED if name.startswith("words") else VECTORS_MENDED
        embedded = 1_100 if name == "rows scrambled" else 0
        assert found == [[mended], embedded, False, []], name


def test_a_graph_that_is_gone_is_seen_without_a_note_and_a_whole_one_is_not_made_again(library: Path) -> None:
    (library / "vectors" / "seal.json").unlink()  # as of an earlier version, or after a writer was killed
    assert condition(library / "vectors") == "doubtful"
    with open_for_writing(library, LetterEmbedder(dimension=24)) as index:
        assert index.news == []
    assert condition(library / "vectors") == "whole"
    (library / "vectors" / "seal.json").unlink()
    shutil.rmtree(graph(library))
    # Nothing says that there was a graph; Chroma's own database says how many there are.
    tested = examine_vectors(library / "vectors")
    assert tested
    assert tested.found < ENOUGH
    with open_for_writing(library, LetterEmbedder(dimension=24)) as index:
        assert index.news == []  # it is not looked for at each opening
    assert mend_indexes(library, thorough=True) == [VECTORS_MENDED]


def test_while_another_process_writes_a_damaged_graph_is_passed_over(library: Path) -> None:
    import filelock

    scramble(graph(library) / "data_level0.bin")
    with filelock.FileLock(library / "writer.lock"):
        index = open_for_reading(library, LetterEmbedder(dimension=24))
        assert index.vectors.rows_only
        passage, _ = index.library.passages([700])[700]
        assert passage.text in [e.passage.text for e in retrieve(passage.text, index, 3)]


# Another library in its place.


def remade(settings: Settings, papers: dict[str, str], folder: Path) -> None:
    shutil.rmtree(settings.library_dir)
    folder.mkdir()
    for name, text in papers.items():
        (folder / name).write_text(text)
    index_folder(folder, settings)


def test_a_library_that_was_made_anew_is_noticed_told_and_quoted(own: Settings, asked, tmp_path: Path) -> None:
    assistant = asked()
    before = assistant.ask(QUESTION).claims[0].citations[0]
    remade(own, {"ferry.txt": "Port Ashby paid EUR 7 million for its harbour ferry, the mayor said."}, tmp_path / "new")
    answer = assistant.ask(QUESTION)
    assert answer.claims[0].citations[0].document == "ferry.txt"
    assert (answer.notice or "").startswith(MADE_ANEW)
    assert assistant.summary().documents == 1
    assert assistant.ask(QUESTION).notice is None
    with pytest.raises(AssistantError, match=r"harbour\.txt no longer stands there"):  # though its id is given again
        assistant.source(before.document_id, before.document, before.start, before.quote)


def test_an_old_citation_opens_its_own_document_whatever_its_id_is_now(own: Settings, asked, tmp_path: Path) -> None:
    assistant = asked()
    cited = assistant.ask(QUESTION).claims[0].citations[0]
    remade(own, {"a.txt": "Ale is brewed in Tarn.", "b.txt": "Bread is baked in Tarn.", **PAPERS}, tmp_path / "new")
    now = assistant.source(cited.document_id, cited.document, cited.start, cited.quote)
    assert (now.name, now.text) == ("harbour.txt", PAPERS["harbour.txt"])


def test_a_library_that_was_deleted_is_not_quoted_any_more(own: Settings, asked) -> None:
    assistant = asked()
    assistant.ask(QUESTION)
    shutil.rmtree(own.library_dir)
    for call in (lambda: assistant.ask(QUESTION), assistant.summary, lambda: assistant.document(1)):
        with pytest.raises(NoIndexError, match="no longer there"):
            call()
    assert not own.library_dir.exists()


# Repair.


def texts(settings: Settings) -> dict[str, str]:
    library = Library(settings.library_dir / "library.db")
    found = {f.name: library.document(f.id).text for f in library.files()}
    assert library.damaged_documents() == []
    library.close()
    return found


def test_repair_reads_damaged_documents_again_and_names_what_it_cannot(own: Settings, tmp_path: Path) -> None:
    (tmp_path / "papers").mkdir()
    for name, text in PAPERS.items():
        (tmp_path / "papers" / name).write_text(text)
    shutil.rmtree(own.library_dir)
    index_folder(tmp_path / "papers", own)
    change(own, "UPDATE passages SET text = CAST(x'50ff' AS TEXT)")
    report = repair(own)
    assert sorted(report.read_again) == sorted(PAPERS)
    assert (report.not_restored, report.mended, report.salvaged) == ((), (), None)
    assert texts(own) == PAPERS
    change(own, "UPDATE documents SET text = text || '!'")
    (tmp_path / "papers" / "grain.txt").unlink()
    report = repair(own)
    assert report.read_again == ("harbour.txt",)
    assert [failure.name for failure in report.not_restored] == ["grain.txt"]
    assert report.documents == 2  # what is left of it stays


def test_repair_salvages_a_file_whose_pages_are_damaged(tmp_path: Path) -> None:
    papers = tmp_path / "papers"
    (papers / "deep").mkdir(parents=True)
    for n in range(30):
        words = " ".join(f"Word{n}x{k} is said here." for k in range(100))
        (papers / "deep" / f"{n:02}.txt").write_text(f"Paper {n} speaks of harbours. {words}")
    settings = Settings(data_dir=tmp_path / "data", library="papers", llm=None)
    index_folder(papers, settings)
    before = texts(settings)
    file = settings.library_dir / "library.db"
    size = file.stat().st_size
    with file.open("r+b") as opened:
        for page in range(30, size // 4096, 12):
            opened.seek(page * 4096)
            opened.write(b"\xa5" * 2000)
    report = repair(settings)
    assert report.salvaged
    assert report.salvaged.copy.exists()
    assert report.salvaged.kept + len(report.read_again) == 30
    assert 0 < len(report.read_again) < 30
    assert texts(settings) == before
    index = open_for_reading(settings.library_dir, open_embedder(settings))
    assert retrieve("Word7x77 is said here", index, 3)[0].passage.document == "deep/07.txt"
    index.close()


def test_a_file_in_which_nothing_can_be_read_is_kept_and_said(own: Settings) -> None:
    file = own.library_dir / "library.db"
    for old in own.library_dir.glob("library.db-*"):
        old.unlink()
    file.write_bytes(b"no database" * 900)
    with pytest.raises(AssistantError, match=r"kept as library\.db\.damaged-") as caught:
        repair(own)
    assert "assistant index PATH" in caught.value.remedy
    (copy,) = own.library_dir.glob("library.db.damaged-*")
    assert copy.read_bytes() == b"no database" * 900


# Disks that may not, or cannot, be written to.

USE = """if True:
    import sys
    from pathlib import Path
    from assistant.conversations import Conversations
    from assistant.cli.doctor import examine
    from assistant.indexing import index_folder
    from assistant.pipeline import open_assistant
    from assistant.search.library import open_library
    from assistant.settings import Settings
    settings = Settings(data_dir=Path(sys.argv[1]), library="papers", llm=None)
    try:
        (settings.library_dir / "probe").write_text("x" * 9_000)
        sys.exit("it could be written to")
    except OSError as error:
        print(error.strerror)
    assistant = open_assistant(settings)
    answer = assistant.ask(sys.argv[2])
    cited = answer.claims[0].citations[0]
    opened = assistant.source(cited.document_id, cited.document, cited.start, cited.quote)
    print(answer.claims[0].text, "|", answer.notice, "|", opened.name)
    print([row.name for row in open_library(settings.library_dir).overview()])
    print([f"{f.name}: {f.value}" for f in examine(settings) if f.section in ("Library", "Chats") and f.remedy])
    try:
        index_folder(Path(sys.argv[3]), settings)
    except Exception as error:
        print(type(error).__name__, error)
    try:
        Conversations(settings.conversations_file).create("Harbours")
    except Exception as error:
        print(type(error).__name__, error)
"""


def use(settings: Settings, *prepare: str) -> list[str]:
    """What a process says that asks, lists and writes in a place of its own, after some shell commands."""
    if subprocess.run(["unshare", "-rm", "mount", "-t", "tmpfs", "none", "/mnt"], capture_output=True).returncode:
        pytest.skip("this system lets nobody mount a disk of its own")
    papers = settings.data_dir.parent / "papers"
    papers.mkdir(exist_ok=True)
    (papers / "new.txt").write_text("A new paper says a few words about the sea.")
    python = [sys.executable, "-c", USE, str(settings.data_dir), QUESTION, str(papers)]
    script = " && ".join([*prepare, 'exec "$@"'])
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = ["unshare", "-rm", "sh", "-c", script, "sh", *python]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout.splitlines()


def check_use(lines: list[str]) -> None:
    assert lines[1].startswith("Port Ashby paid CNY 45 billion")
    assert lines[1].endswith("| None | harbour.txt")
    assert lines[2] == "['grain.txt', 'harbour.txt']"
    assert lines[3] == "[]"
    for line in lines[4:]:  # to index, and to keep a chat
        assert line.startswith("StorageError")
        assert "rm " not in line
        assert "ASSISTANT_DATA_DIR" in line
    assert len(lines) == 6


def test_a_library_that_may_only_be_read_is_asked_and_listed(own: Settings) -> None:
    data = str(own.data_dir)
    lines = use(own, f"mount --bind {data} {data}", f"mount -o remount,ro,bind {data}")
    check_use(lines)
    assert "Read-only file system" in lines[0]
    assert "may not be written to" in lines[4]


def test_a_full_disk_does_not_stop_asking(own: Settings, tmp_path: Path) -> None:
    data, kept = str(own.data_dir), str(tmp_path / "kept")
    size = sum(f.stat().st_size for f in own.data_dir.rglob("*") if f.is_file()) // 1024 + 400
    fill = f"(cat /dev/zero > {data}/filler 2>/dev/null || true)"
    mount = f"mount -t tmpfs -o size={size}k none {data}"
    lines = use(own, f"cp -rp {data} {kept}", mount, f"cp -rp {kept}/. {data}", fill)
    check_use(lines)
    assert "No space left" in lines[0]
    assert "no room is left" in lines[4]
