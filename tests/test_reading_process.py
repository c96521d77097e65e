"""Files that run for ever, fill the memory or crash their reader -> named, and the rest is read. Real processes."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes import LetterEmbedder

from assistant.errors import AssistantError, ReadError
from assistant.ingest.sync.preparing import prepare
from assistant.ingest.sync.reading_process import ReadingProcess
from assistant.ingest.sync.sync import Progress, SyncReport, make_plan, sync
from assistant.ingest.user.sources_file import Given
from assistant.search.index import open_for_writing
from assistant.search.library import FileState

STATE = FileState("", "", 0, 0, "")
LENGTH = 400
LINE = "BT /F1 12 Tf 50 700 Td (The mill grinds {} sacks a day.) Tj ET"


def write_pdf(path: Path, *objects: str) -> Path:
    """A PDF of these objects, the first of which is its catalogue."""
    body = "%PDF-1.7\n"
    places = []
    for number, content in enumerate(objects, start=1):
        places.append(len(body))
        body += f"{number} 0 obj\n{content}\nendobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    end = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}trailer\n<</Size {len(objects) + 1}/Root 1 0 R>>\n"
    path.write_text(f"{body}{end}startxref\n{len(body)}\n%%EOF", "ascii")
    return path


def stream(content: str, entries: str = "") -> str:
    return f"<</Length {len(content)}{entries}>>stream\n{content}\nendstream"


def write_endless_pdf(path: Path) -> Path:
    """A page that draws a form that draws itself, twice each time."""
    resources = "/Resources<</Font<</F1 4 0 R>>/XObject<</X 6 0 R>>>>"
    form = f"/Type/XObject/Subtype/Form/BBox[0 0 600 700]{resources}"
    return write_pdf(
        path,
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 700]/Contents 5 0 R{resources}>>",
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        stream(f"/X Do {LINE.format(3)}"),
        stream(f"/X Do /X Do {LINE.format(5)}", form),
    )


def write_slow_page(path: Path) -> Path:
    """A web page of one element with so many attributes that parsing it takes minutes."""
    path.write_text(f"<p {' '.join(f'a{number}=1' for number in range(200_000))}>The mill grinds.</p>", "ascii")
    return path


@pytest.fixture(scope="module")
def reader() -> Iterator[ReadingProcess]:
    """One process for all files that do it no harm."""
    with ReadingProcess(60, 1_000) as made:
        yield made


@pytest.fixture
def papers(tmp_path: Path) -> Path:
    """Two files that are read, around which others go in the order of names."""
    (tmp_path / "papers").mkdir()
    (tmp_path / "papers" / "apples.txt").write_text("Apples ripen in autumn.")
    (tmp_path / "papers" / "zinnias.txt").write_text("Zinnias bloom in summer.")
    return tmp_path / "papers"


def read(reader: ReadingProcess, path: Path) -> str:
    return reader.read(path, path.name, STATE, LENGTH)[0].document.text


def index(papers: Path, reader: ReadingProcess) -> tuple[SyncReport, list[str]]:
    """The report, and the documents that are in the library then."""
    with open_for_writing(papers.parent / "library", LetterEmbedder()) as opened:
        plan = make_plan([papers], opened, LENGTH)
        report = sync(plan, opened, LENGTH, read=reader.read)
        return report, sorted(file.name for file in opened.library.files())


def running(pid: int) -> bool:
    """Whether a process is there, and no mere entry for one that has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_what_is_read_there_is_what_prepare_gives(papers: Path, reader: ReadingProcess) -> None:
    path = papers / "a.md"
    path.write_text("# Apples\n\nApples ripen in autumn. They keep.\n\nSubscribe to our newsletter.\n\nRead more:")
    given = Given(publisher="The Orchard", keep=("Subscribe", "not there"))
    assert reader.read(path, "in/a.md", STATE, LENGTH, given) == prepare(path, "in/a.md", STATE, LENGTH, given)


def test_an_error_of_a_file_comes_back_as_it_was(papers: Path, reader: ReadingProcess) -> None:
    with pytest.raises(ReadError) as here:
        prepare(papers / "none.txt", "none.txt", STATE, LENGTH)
    with pytest.raises(ReadError) as there:
        reader.read(papers / "none.txt", "none.txt", STATE, LENGTH)
    assert (there.value.message, there.value.remedy) == (here.value.message, here.value.remedy)


def test_a_fault_of_the_program_with_one_file_is_named_and_the_next_is_read(
    papers: Path, reader: ReadingProcess, caplog: pytest.LogCaptureFixture
) -> None:
    (papers / "plums.txt").write_text("Plums are blue. Pears are green.")
    with pytest.raises(ReadError, match=r"^plums.txt cannot be read: its reader stopped with TypeError\."):
        reader.read(papers / "plums.txt", "plums.txt", STATE, "wide")  # type: ignore[arg-type]
    assert "Traceback" in caplog.text
    assert read(reader, papers / "apples.txt") == "Apples ripen in autumn."


def test_a_file_that_takes_too_long_is_named_and_keeps_its_earlier_version(papers: Path) -> None:
    """A web page of 200,000 attributes ran for minutes."""
    (papers / "page.html").write_text("<p>The mill grinds three sacks a day.</p>")
    with ReadingProcess(60, 1_000) as reader:
        assert index(papers, reader)[0].failures == ()
        reader.seconds = 1
        write_slow_page(papers / "page.html")
        (papers / "apples.txt").write_text("Apples ripen in October.")
        report, names = index(papers, reader)
    [failure] = report.failures
    assert failure.message == "page.html takes more than 1 seconds to be read."
    assert "ASSISTANT_READ_SECONDS=2" in failure.remedy
    assert names == ["apples.txt", "page.html", "zinnias.txt"]
    assert report.stored == 1


def test_a_crash_of_the_reader_costs_one_file(papers: Path) -> None:
    with ReadingProcess(60, 1_000) as reader:
        for number, said in ((signal.SIGSEGV, r"crashes its reader \(SIGSEGV\)"), (signal.SIGKILL, "memory runs out")):
            read(reader, papers / "apples.txt")
            assert reader.pid is not None
            os.kill(reader.pid, signal.SIGINT)  # Ctrl-C is for the program, and does not end its reader
            assert read(reader, papers / "apples.txt") == "Apples ripen in autumn."
            os.kill(reader.pid, number)
            with pytest.raises(ReadError, match=f"^apples.txt .*{said}"):
                read(reader, papers / "apples.txt")
            assert reader.pid is None


def test_a_process_that_cannot_start_says_why(papers: Path) -> None:
    with (
        ReadingProcess(60, 8) as reader,
        pytest.raises(AssistantError, match=r"could not be started: .*Error") as error,
    ):
        read(reader, papers / "apples.txt")
    assert "ASSISTANT_READ_MEMORY_MB" in error.value.remedy


def test_nothing_is_started_where_nothing_is_read(papers: Path, reader: ReadingProcess) -> None:
    index(papers, reader)
    with ReadingProcess(60, 1_000) as another:
        assert index(papers, another)[0].plan.unchanged == 2
        assert another.pid is None


def test_no_program_of_the_folder_one_stands_in_is_run(papers: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("json.py", "pickle.py", "assistant.py"):
        (papers / name).write_text("raise SystemExit('run')")
    monkeypatch.chdir(papers)
    with ReadingProcess(60, 1_000) as reader:
        assert read(reader, Path("apples.txt")) == "Apples ripen in autumn."


# A whole program. It has no `if __name__ == "__main__"`, and needs none.
READING = """
import sys
from pathlib import Path
from assistant.ingest.sync.reading_process import ReadingProcess
from assistant.search.library import FileState

reader = ReadingProcess(60, 1_000)
for name in ("apples.txt", "page.html"):
    print(name, reader.pid, flush=True)
    reader.read(Path(sys.argv[1], name), name, FileState("", "", 0, 0, ""), 400)
"""


def wait_for_end(pid: int) -> bool:
    ends = time.monotonic() + 20
    while running(pid) and time.monotonic() < ends:
        time.sleep(0.05)
    return not running(pid)


def test_ctrl_c_amid_a_file_keeps_what_was_read_before(papers: Path) -> None:
    write_slow_page(papers / "page.html")
    pids: list[int] = []

    def press(step: Progress) -> None:
        if step.name == "page.html" and reader.pid:
            pids.append(reader.pid)
            threading.Timer(0.3, lambda: [os.kill(pid, signal.SIGINT) for pid in (*pids, os.getpid())]).start()

    with (
        ReadingProcess(60, 1_000) as reader,
        open_for_writing(papers.parent / "library", LetterEmbedder()) as opened,
        pytest.raises(KeyboardInterrupt),
    ):
        sync(make_plan([papers], opened, LENGTH), opened, LENGTH, press, reader.read)
    assert not running(pids[0])
    with open_for_writing(papers.parent / "library", LetterEmbedder()) as opened:
        assert [file.name for file in opened.library.files()] == ["apples.txt"]


def test_a_program_that_is_killed_leaves_no_process_behind(papers: Path) -> None:
    write_slow_page(papers / "page.html")
    with subprocess.Popen([sys.executable, "-c", READING, str(papers)], stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout
        said = dict(line.split() for line in itertools.islice(program.stdout, 2))
        pid = int(said["page.html"])
        time.sleep(0.3)  # until the page is being parsed
        assert running(pid)
        program.kill()
    ends = time.monotonic() + 20
    while running(pid) and time.monotonic() < ends:
        time.sleep(0.05)
    assert not running(pid)
