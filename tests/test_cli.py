"""The command line as it is typed: what is printed where, every exit code, and what is left as it was."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import filelock
import pytest
from conftest import SAMPLE
from fake_model_server import FakeModelServer, Reply
from test_embedding import Server, error, server, vectors
from test_reading_process import write_endless_pdf
from typer.testing import CliRunner

from assistant.cli.main import library_name, main
from assistant.settings import Settings
from assistant.types import answer_from_json

__all__ = ["server"]  # the embedding server's fixture

KEY = "sk-test-0123456789"
RECALL = "Why was the Luhang car recalled?"
NOISE = hashlib.shake_256(b"noise").digest(400)
COMMAND = [sys.executable, "-c", "from assistant.cli.main import main; main()"]


@dataclass(frozen=True)
class Run:
    """What a command printed, and how it ended."""

    code: int
    out: str
    err: str

    @property
    def error(self) -> tuple[str, str]:
        """The sentence and the next step, if that is all that was said on standard error."""
        match = re.fullmatch(r"(?:[\w ]+: \d+ of \d+[^\n]*\n)*Error: (.+)\n  → (.+)\n", self.err)
        assert match, self.err
        return match[1], match[2]


Assistant = Callable[..., Run]


@pytest.fixture
def assistant(bare: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Assistant:
    """Runs a command in this process, through the door that the console script uses."""

    def run(*arguments: str) -> Run:
        monkeypatch.setattr(sys, "argv", ["assistant", *arguments])
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capfd.readouterr()
        return Run(int(ended.value.code or 0), printed.out, printed.err)

    return run


@pytest.fixture
def folder(bare: Path) -> Path:
    """Two small documents."""
    (bare / "folder").mkdir()
    (bare / "folder" / "port.txt").write_text("The port of Lund reopened in spring. Repairs cost 12 million kronor.\n")
    (bare / "folder" / "rail.md").write_text("# Railway\n\nThe railway to Malmö will close in June.\n")
    return bare / "folder"


@pytest.fixture
def sampled(sample_settings: Settings, monkeypatch: pytest.MonkeyPatch, bare: Path) -> Iterator[Settings]:
    """The sample library, as the environment names it; it must not be changed."""
    monkeypatch.setenv("ASSISTANT_DATA_DIR", str(sample_settings.data_dir))
    monkeypatch.setenv("ASSISTANT_LIBRARY", "sample")
    before = (sample_settings.library_dir / "library.db").read_bytes()
    yield sample_settings
    assert (sample_settings.library_dir / "library.db").read_bytes() == before


def stored(library: str = "default") -> dict[str, bytes]:
    """Every file below a library's folder, but for the lock."""
    root = Path(os.environ["ASSISTANT_DATA_DIR"]) / "libraries" / library
    return {str(p.relative_to(root)): p.read_bytes() for p in root.rglob("*") if p.is_file() and p.suffix != ".lock"}


# Indexing, asking, listing


def test_from_a_folder_to_a_cited_answer(assistant: Assistant, folder: Path) -> None:
    (folder / "logo.png").write_bytes(b"\x89PNG")
    indexed = assistant("index", str(folder))
    assert indexed.code == 0
    assert re.fullmatch(r"Indexed in \d+\.\d s: 2 documents read \(2 passages\)\.\n", indexed.out)
    assert "Passed over, not a format that is read: logo.png" in indexed.err

    asked = assistant("ask", "When did the port of Lund reopen?")
    assert (asked.code, asked.err) == (0, "")
    assert "port.txt: “The port of Lund reopened in spring.” [1]\n" in asked.out
    assert "\n\n[1] " in asked.out
    assert "date unknown. port.txt, characters 0–36\n" in asked.out

    listed = assistant("sources")
    assert listed.code == 0
    assert listed.out.startswith("port.txt\n    ")
    assert "date unknown · 1 passage\n" in listed.out

    again = assistant("index", str(folder))
    assert re.fullmatch(r"Indexed in \d+\.\d s: 2 unchanged\.\n", again.out)


def test_what_changed_is_told(assistant: Assistant, folder: Path) -> None:
    assistant("index", str(folder))
    (folder / "port.txt").rename(folder / "harbour.txt")
    (folder / "rail.md").unlink()
    (folder / "new.txt").write_text("A bridge was opened in July.")
    planned = assistant("index", str(folder), "--dry-run")
    assert planned.out.splitlines() == [
        "would read: new.txt",
        "would rename: port.txt → harbour.txt",
        "would remove: rail.md",
        "0 unchanged. Nothing was written.",
    ]
    assert assistant("sources").out.startswith("port.txt\n")
    done = assistant("index", str(folder))
    assert "1 document read (1 passage), 1 renamed, 1 removed." in done.out


def test_a_dry_run_makes_no_library(assistant: Assistant, folder: Path) -> None:
    planned = assistant("index", str(folder), "--dry-run")
    assert (planned.code, planned.err) == (0, "")
    assert "would read: port.txt\nwould read: rail.md\n" in planned.out
    assert not Path(os.environ["ASSISTANT_DATA_DIR"]).exists()


def test_rebuilding_keeps_the_answers(assistant: Assistant, folder: Path) -> None:
    assert assistant("index", str(folder), "--rebuild").code == 0  # nothing to rebuild yet
    before = assistant("ask", "When did the port of Lund reopen?").out
    rebuilt = assistant("index", str(folder), "--rebuild")
    assert rebuilt.code == 0
    assert "Making the vectors anew: 2 of 2" in rebuilt.err
    assert assistant("ask", "When did the port of Lund reopen?").out == before


def test_libraries_are_apart(assistant: Assistant, folder: Path) -> None:
    assistant("index", str(folder), "--library", "one")
    assert assistant("sources", "-l", "one").code == 0
    assert assistant("sources").code == 3
    assert library_name(folder) != library_name(folder.parent)
    assert re.fullmatch(r"My-folder-[0-9a-f]{8}", library_name(Path("/tmp/My folder!")))  # noqa: S108
    assert re.fullmatch(r"documents-[0-9a-f]{8}", library_name(Path("/港口")))


def test_json_is_the_whole_answer_on_one_line(assistant: Assistant, sampled: Settings) -> None:
    asked = assistant("ask", RECALL, "--json")
    assert (asked.code, asked.err, asked.out.count("\n")) == (0, "", 1)
    answer = answer_from_json(asked.out)
    assert answer.status == "answered"
    assert [c["number"] for c in json.loads(asked.out)["claims"][0]["citations"]] == [1]


def test_a_refusal_is_an_answer_and_not_a_failure(assistant: Assistant, sampled: Settings) -> None:
    asked = assistant("ask", "What is the best recipe for sourdough bread?")
    assert (asked.code, asked.err) == (0, "")
    assert asked.out.startswith("The sources do not answer this question.")


def test_control_characters_of_documents_are_shown_not_obeyed(assistant: Assistant, bare: Path) -> None:
    (bare / "odd.txt").write_text("In spring the port of \x1b[31mLund\x1b[0m reopened, [bold]soon[/bold] for trains.")
    assistant("index", "odd.txt")
    asked = assistant("ask", "When did the port of Lund reopen?")
    assert "\x1b" not in asked.out
    assert r"the port of \x1b[31mLund\x1b[0m reopened, [bold]soon[/bold] for trains." in asked.out


def test_a_batch_is_answered_and_gone_on_with(assistant: Assistant, sampled: Settings) -> None:
    Path("cases.jsonl").write_text(json.dumps({"id": "a", "question": RECALL}) + "\n")
    first = assistant("ask", "--batch", "cases.jsonl", "--out", "answers.jsonl")
    assert first.code == 0
    assert first.out == "1 case asked, 0 answered before; the answers are in answers.jsonl.\n"
    with Path("cases.jsonl").open("a") as cases:
        cases.write(json.dumps({"id": "b", "question": "?!"}) + "\n")
    second = assistant("ask", "--batch", "cases.jsonl", "--out", "answers.jsonl")
    assert second.out == "1 case asked, 1 answered before; the answers are in answers.jsonl.\n"
    assert "1 case ended in an error; the same command asks them again." in second.err
    assert second.code == 1


# Sources: what was understood of a document, and what the user says of it


MIXED = """---
title: Harbour notes
author: Ann Example
---
The port of Lund reopened in spring. Repairs cost 12 million kronor.

Continue reading about the port and its cranes …
"""


def test_a_document_is_shown_with_how_each_value_is_known(assistant: Assistant, folder: Path) -> None:
    (folder / "port.txt").write_text(MIXED)
    assistant("index", str(folder))
    shown = assistant("sources", "show", "port")
    assert (shown.code, shown.err) == (0, "")
    assert shown.out.startswith("port.txt\n    text/plain, 168 characters, 1 passage\n")
    for line in (
        "    title      Harbour notes (given by you)",
        "    author     Ann Example (given by you)",
        "    publisher  unknown",
        "    date       unknown",
        "1 article:",
        "2 parts left out, which no answer cites:",
        "  characters 0–48, front matter:",
        "  characters 119–167, a link to the rest of the text:",
        "     “Continue reading about the port and its cranes …”",
    ):
        assert f"{line}\n" in shown.out
    assert "Repairs" not in shown.out
    whole = assistant("sources", "show", "port.txt", "--passages").out
    assert "       The port of Lund reopened in spring. Repairs cost 12 million kronor.\n" in whole


def test_showing_needs_a_name_that_is_clear(assistant: Assistant, folder: Path) -> None:
    assistant("index", str(folder), "-l", "other")
    for arguments, sentence in (
        (["show", "t"], None),
        (["show", "r"], "“r” may be"),
        (["show", "zebra"], "No document is"),
    ):
        ended = assistant("sources", "-l", "other", *arguments)
        assert ended.code == (2 if sentence else 0)
        assert sentence is None or ended.error[0].startswith(sentence)
    assert assistant("sources", "show", "port.txt", "-l", "other").code == 0


def test_a_template_is_filled_in_and_nothing_is_read_anew(assistant: Assistant, folder: Path) -> None:
    (folder / "port.txt").write_text(MIXED)
    (folder / "odd [1]\n😀.txt").write_text("A bridge was opened in July.")
    assistant("index", str(folder))
    printed = assistant("sources", "--template").out
    file = folder / "sources.toml"
    written = assistant("sources", "--template", "--out", str(file))
    assert written.code == 0
    assert file.read_text() == printed
    assert '# title = "Harbour notes"  # given\n' in printed
    assert "# Left out: front matter (1), a link to the rest of the text (1)\n" in printed
    assert re.fullmatch(r"Indexed in .*: 3 unchanged\.\n", assistant("index", str(folder)).out)

    said = printed.replace('# author = "Ann Example"', 'author = "Ben"').replace('# date = ""', "date = 2025-01-17")
    file.write_text(said.replace("# ", ""), encoding="utf-8")  # every line of the head is said, too
    assert assistant("index", str(folder)).code == 2
    file.write_text(said, encoding="utf-8")
    planned = assistant("index", str(folder), "--dry-run")
    assert "would update: port.txt (sources.toml)\n" in planned.out
    assert "would update: odd [1]\\n😀.txt (sources.toml)\n" in planned.out
    assert "3 updated by sources.toml." in assistant("index", str(folder)).out
    assert "author     Ben (given by you)" in assistant("sources", "show", "port").out
    assert "date       2025-01-17 (given by you: sources.toml)" in assistant("sources", "show", "port").out
    assert (
        "Ben; Harbour notes; 2025-01-17 (given). port.txt, characters 49–85\n"
        in assistant("ask", "When did the port of Lund reopen?").out
    )

    again = assistant("sources", "--template", "--out", str(file))
    assert again.code == 2
    assert "is not written over" in again.error[0]
    assert file.read_text() == said


def test_a_template_is_for_one_folder(assistant: Assistant, folder: Path) -> None:
    (folder.parent / "more").mkdir()
    (folder.parent / "more" / "note.txt").write_text("A bridge was opened in July.")
    assistant("index", str(folder), "more")
    assert "documents of several folders" in assistant("sources", "--template").error[0]
    assert 'match = "/note.txt"' in assistant("sources", "--template", "--folder", "more").out
    assert "Nothing was indexed from" in assistant("sources", "--template", "--folder", ".").error[0]
    assert "belong to --template" in assistant("sources", "--folder", "more").error[0]


def test_a_mistake_in_sources_toml_is_named_with_its_line(assistant: Assistant, folder: Path) -> None:
    (folder / "sources.toml").write_text('[[source]]\nmatch = "*.txt"\ndate = 2025-02-30\n')
    for arguments in ([], ["--dry-run"]):
        ended = assistant("index", str(folder), *arguments)
        assert ended.code == 2
        assert "sources.toml, line 3: " in ended.error[0]
    (folder / "sources.toml").write_text('[[source]]\nmatch = "*.doc"\nauthor = "Ann"\n')
    ended = assistant("index", str(folder))
    assert ended.code == 0
    assert "Note: sources.toml, line 2: no document matches “*.doc”.\n" in ended.err


def test_patterns_leave_files_out_and_are_not_remembered(assistant: Assistant, folder: Path) -> None:
    assistant("index", str(folder))
    planned = assistant("index", str(folder), "--exclude", "*.md", "--dry-run").out
    assert "would remove: rail.md\nwould leave out (--include, --exclude): rail.md\n" in planned
    assert "1 removed, 1 unchanged, 1 left out." in assistant("index", str(folder), "--exclude", "*.md").out
    assert assistant("sources").out.count("passage") == 1
    assert "1 document read" in assistant("index", str(folder), "--include", "*.md", "--include", "*.txt").out
    none = assistant("index", str(folder), "--include", "*.doc")
    assert none.code == 2
    assert "leave no document" in none.error[0]
    assert assistant("sources").out.count("passage") == 2


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere memory is looked at too seldom for a quick test")
def test_a_form_that_draws_itself_is_named_and_the_rest_is_indexed(
    assistant: Assistant, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It took over 8 GB, and the whole run with it."""
    write_endless_pdf(folder / "quay.pdf")
    monkeypatch.setenv("ASSISTANT_READ_MEMORY_MB", "250")
    ended = assistant("index", str(folder))
    assert ended.code == 5
    assert "2 documents read (2 passages), 1 file could not be read." in ended.out
    assert "Not read: quay.pdf needs more than 250 MB of memory to be read.\n  → " in ended.err
    assert "ASSISTANT_READ_MEMORY_MB=500" in ended.err
    assert re.search(r"^Indexing: 1 of 3 documents.*, reading quay\.pdf$", ended.err, re.MULTILINE)


def test_odd_names_and_links_in_a_ring_are_named_and_the_rest_goes_on(assistant: Assistant, folder: Path) -> None:
    (folder / "two\nlines.txt").write_bytes(NOISE)
    (folder / "😀.txt").write_bytes(b"")
    (folder / "ring").symlink_to(folder, target_is_directory=True)
    (folder / "self.txt").symlink_to(folder / "self.txt")
    ended = assistant("index", str(folder))
    assert ended.code == 5
    assert "2 documents read (2 passages), 4 files could not be read." in ended.out
    for name in (r"two\\nlines\.txt", "😀\\.txt", "ring", "self\\.txt"):
        assert re.search(rf"^Not read: {name} .+\.\n  → .+\.$", ended.err, re.MULTILINE), name


# Bad input: one sentence, the next step, the exit code, and nothing changed


@pytest.mark.parametrize(
    ("arguments", "sentence", "step"),
    [
        (["index", "empty"], "empty holds no document that can be read.", "Formats that are read: .docx, .eml"),
        (["index", "missing"], "missing does not exist.", "assistant index PATH"),
        (["index", "folder", "missing"], "missing does not exist.", "assistant index PATH"),
        (["index", "photo.jpeg"], "photo.jpeg holds no document", "Formats that are read"),
        (["ask", ""], "The question is empty.", "Type a question"),
        (["ask", "x" * 10_000], "The question has 10,000 characters; at most 4,000 are read.", "assistant index PATH"),
        (["ask"], "Give either a question, or a file of cases", 'assistant ask "…"'),
        (["ask", "Why?", "--batch", "a", "--out", "b"], "Give either a question", "--batch cases.jsonl"),
        (["ask", "--batch", "cases.jsonl"], "Give either a question", "--out answers.jsonl"),
        (["ask", "--batch", "missing", "--out", "b"], "missing cannot be read", "--batch cases.jsonl"),
        (["ask", "--batch", "photo.jpeg", "--out", "b"], "photo.jpeg is not UTF-8 text.", "--batch cases.jsonl"),
        (["ask", "Why?", "-l", "../up"], "The settings cannot be used: ASSISTANT_LIBRARY", "assistant doctor"),
        (["chat", "--corpus", "folder", "--sample"], "Give either --corpus or --sample.", "assistant chat --corpus"),
    ],
)
def test_wrong_use(assistant: Assistant, folder: Path, arguments: list[str], sentence: str, step: str) -> None:
    (folder.parent / "empty").mkdir()
    (folder.parent / "photo.jpeg").write_bytes(b"\xff\xd8\xff\xe0")
    assistant("index", str(folder))
    before = assistant("sources").out
    ended = assistant(*arguments)
    assert (ended.code, ended.out) == (2, "")
    assert sentence in ended.error[0]
    assert step in ended.error[1]
    assert assistant("sources").out == before


@pytest.mark.parametrize("arguments", [["ask", "Why?", "--colour"], ["index"], ["paint"], ["chat", "--port", "90000"]])
def test_unknown_commands_and_options(assistant: Assistant, arguments: list[str]) -> None:
    ended = assistant(*arguments)
    assert ended.code == 2
    assert "Usage: assistant" in ended.err
    assert "Traceback" not in ended.err


@pytest.mark.parametrize("arguments", [["ask", "Why?"], ["sources"], ["ask", "--batch", "cases.jsonl", "--out", "a"]])
def test_without_an_index_the_command_that_makes_one_is_named(assistant: Assistant, arguments: list[str]) -> None:
    Path("cases.jsonl").write_text('{"id": "a", "question": "Why?"}\n')
    ended = assistant(*arguments)
    assert (ended.code, ended.out) == (3, "")
    assert "assistant index PATH" in ended.error[1]
    assert not Path("a").exists()


def test_files_that_cannot_be_read_are_named_and_the_others_indexed(assistant: Assistant, folder: Path) -> None:
    (folder / "noise.txt").write_bytes(NOISE)
    (folder / "noise.pdf").write_bytes(NOISE)
    (folder / "nothing.md").write_text("")
    ended = assistant("index", str(folder))
    assert ended.code == 5
    assert re.fullmatch(
        r"Indexed in \d+\.\d s: 2 documents read \(2 passages\), 3 files could not be read\.\n", ended.out
    )
    for name in ("noise.txt", "noise.pdf", "nothing.md"):
        assert re.search(rf"Not read: {name} .+\.\n  → .+\.\n", ended.err)
    assert assistant("sources").out.count("passage") == 2


def test_a_folder_in_which_nothing_can_be_read(assistant: Assistant, bare: Path) -> None:
    (bare / "bad").mkdir()
    (bare / "bad" / "noise.pdf").write_bytes(NOISE)
    ended = assistant("index", "bad")
    assert (ended.code, ended.out) == (5, "Nothing was indexed: 1 file could not be read.\n")
    assert assistant("sources").code == 3
    assert "is empty" in assistant("ask", "Why?").error[0]


def test_a_file_that_can_no_longer_be_read_keeps_its_earlier_version(assistant: Assistant, folder: Path) -> None:
    assistant("index", str(folder))
    (folder / "port.txt").write_bytes(b"")
    assert assistant("index", str(folder)).code == 5
    assert "reopened in spring" in assistant("ask", "When did the port of Lund reopen?").out


def test_while_another_process_writes_nothing_is_indexed(assistant: Assistant, folder: Path) -> None:
    assistant("index", str(folder))
    with filelock.FileLock(Path(os.environ["ASSISTANT_DATA_DIR"]) / "libraries" / "default" / "writer.lock"):
        ended = assistant("index", str(folder))
    assert ended.code == 4
    assert "run this again" in ended.error[1]


def test_a_data_folder_that_cannot_be_one(assistant: Assistant, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSISTANT_DATA_DIR", str(folder / "port.txt"))
    ended = assistant("index", str(folder))
    assert ended.code in {1, 2}
    assert ended.error[1]


# Servers that fail


def test_with_a_wrong_key_the_sources_answer_and_it_is_said(
    assistant: Assistant, sampled: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    keyless = assistant("ask", RECALL).out
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("ASSISTANT_LLM", "scripted")
    with FakeModelServer([Reply(status=401, message=f"Incorrect API key provided: {KEY}")]) as model:
        monkeypatch.setenv("OPENAI_BASE_URL", model.url)
        ended = assistant("ask", RECALL)
    assert (ended.code, ended.out) == (0, keyless)
    assert ended.err.startswith("Note: The model server did not accept the key. Correct OPENAI_API_KEY")
    assert ended.err.count("\n") == 1
    assert KEY not in ended.err + ended.out


def test_without_a_network_the_sources_answer_and_it_is_said(
    assistant: Assistant, sampled: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FakeModelServer([]) as gone:
        monkeypatch.setenv("OPENAI_BASE_URL", gone.url)
    monkeypatch.setenv("ASSISTANT_LLM", "scripted")
    monkeypatch.setenv("ASSISTANT_LLM_TIMEOUT_SECONDS", "0.9")
    ended = assistant("ask", RECALL)
    assert ended.code == 0
    assert "Note: The model server cannot be reached." in ended.err


def test_a_model_without_a_key_is_wrong_use(
    assistant: Assistant, sampled: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSISTANT_LLM", "gpt-4o")
    ended = assistant("ask", RECALL)
    assert ended.code == 2
    assert "OPENAI_API_KEY" in ended.error[1]


def test_embeddings_with_a_wrong_key_change_nothing(
    assistant: Assistant, folder: Path, monkeypatch: pytest.MonkeyPatch, server: Server
) -> None:
    assistant("index", str(folder), "-l", "built-in")
    before = stored("built-in")
    server.replies = [error(401, f"Incorrect API key provided: {KEY}")]
    monkeypatch.setenv("ASSISTANT_EMBEDDER", "openai")
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    for arguments in (["-l", "new"], ["-l", "built-in", "--rebuild"]):
        ended = assistant("index", str(folder), *arguments)
        assert ended.code == 6
        assert "did not accept the key" in ended.error[0]
        assert "OPENAI_API_KEY" in ended.error[1]
        assert KEY not in ended.err + ended.out
    assert assistant("index", str(folder), "-l", "built-in").code == 3
    assert stored("built-in").keys() == before.keys()
    monkeypatch.delenv("ASSISTANT_EMBEDDER")
    assert "reopened in spring" in assistant("ask", "When did the port of Lund reopen?", "-l", "built-in").out
    assert assistant("index", str(folder), "-l", "new").code == 0  # nothing is there that the server had embedded


def test_embeddings_of_a_server_that_stops_answering(
    assistant: Assistant, folder: Path, monkeypatch: pytest.MonkeyPatch, server: Server
) -> None:
    server.replies = [vectors]
    monkeypatch.setenv("ASSISTANT_EMBEDDER", "openai")
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    assert assistant("index", str(folder)).code == 0
    server.replies = [error(403)]
    ended = assistant("ask", "When did the port of Lund reopen?")
    assert (ended.code, ended.out) == (6, "")
    assert ended.error[1]


# Doctor and chat


def test_the_doctor_says_what_is_wrong_and_never_a_key(
    assistant: Assistant, monkeypatch: pytest.MonkeyPatch, bare: Path
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    ended = assistant("doctor")
    assert (ended.code, ended.err) == (1, "")
    assert "\n✗ Library, default: nothing is indexed yet\n  → Run: assistant index PATH\n" in ended.out
    assert "openai_api_key" in ended.out
    assert KEY not in ended.out


def test_the_doctor_finds_nothing_wrong_with_the_sample(assistant: Assistant, sampled: Settings) -> None:
    ended = assistant("doctor")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.endswith("\nNothing is wrong.\n")
    for section in ("Settings", "Versions", "Model files", "Library", "Language model"):
        assert f"\n{section}\n  " in ended.out


def test_the_chat_on_a_taken_port_names_another(assistant: Assistant, bare: Path) -> None:
    with FakeModelServer([]) as somebody:
        port = int(somebody.url.split(":")[2].split("/")[0])
        ended = assistant("chat", "--port", str(port), "--sample")
    assert (ended.code, ended.out) == (2, "")
    assert f"Port {port}" in ended.error[0]
    assert "assistant chat --port " in ended.error[1]
    assert not Path(os.environ["ASSISTANT_DATA_DIR"]).exists()


# As a process of its own


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, "PYTHONUNBUFFERED": "1", **more}


@pytest.mark.parametrize("arguments", [["--help"], ["index", "--help"]])
def test_help_is_quick_since_it_imports_nothing_heavy(bare: Path, arguments: list[str]) -> None:
    heavy = "llama_index|chromadb|openai|onnxruntime|tantivy|streamlit|trafilatura|numpy"
    code = (
        "import sys\nfrom assistant.cli.main import main\ntry:\n    main()\nfinally:\n"
        f"    print('HEAVY', [m for m in '{heavy}'.split('|') if m in sys.modules])"
    )
    ended = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=60)
    assert "Usage: " in ended.stdout
    assert ended.stdout.endswith("HEAVY []\n")


def test_help_prints_nothing_but_words() -> None:
    from assistant.cli.main import app

    for arguments in ([], ["index"], ["ask"], ["sources"], ["chat"], ["doctor"]):
        text = CliRunner().invoke(app, [*arguments, "--help"]).output
        assert "..." not in text.replace("...]", "").replace("]...", "").replace("}...", "").replace("ARGS...", "")


def test_a_terminal_that_knows_few_characters_gets_the_others_as_codes(sampled: Settings) -> None:
    ended = subprocess.run(
        [*COMMAND, "sources"], capture_output=True, timeout=60, env=environment(PYTHONIOENCODING="ascii")
    )
    assert ended.returncode == 0
    assert rb"2025-02-19 (stated) \xb7 6 passages" in ended.stdout


def interrupted(command: list[str], sign: str, **more: str) -> tuple[int, str]:
    """Start a command, press Ctrl-C when its standard error holds `sign`, and wait for its end."""
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(**more)
    )
    assert process.stderr
    seen = ""
    for line in process.stderr:
        seen += line
        if sign in line:
            process.send_signal(signal.SIGINT)
            break
    started = time.monotonic()
    _, rest = process.communicate(timeout=60)
    assert time.monotonic() - started < 30
    return process.returncode, seen + rest


def test_ctrl_c_while_indexing_keeps_what_was_indexed(assistant: Assistant, bare: Path) -> None:
    (bare / "many").mkdir()
    for number in range(120):
        name = f"{number:03}.txt"
        (bare / "many" / name).write_text(f"Station {number} of the line was opened in {1800 + number}. " * 4)
    code, printed = interrupted([*COMMAND, "index", "many"], "Indexing: 36 of")
    assert code == 130
    assert "Stopped. What was indexed is kept; run the same command again to go on." in printed
    assert "Traceback" not in printed
    kept = assistant("sources").out.count("passage")
    assert 32 <= kept < 120
    gone_on = assistant("index", "many")
    assert f"{120 - kept} documents read" in gone_on.out
    assert f"{kept} unchanged" in gone_on.out


def test_ctrl_c_in_a_batch_keeps_the_answers_so_far(assistant: Assistant, sampled: Settings) -> None:
    cases = [{"id": str(n), "question": f"Why was the Luhang car recalled, for the {n}th time?"} for n in range(40)]
    Path("cases.jsonl").write_text("".join(json.dumps(c) + "\n" for c in cases))
    command = [*COMMAND, "ask", "--batch", "cases.jsonl", "--out", "answers.jsonl"]
    code, printed = interrupted(command, "Asking: 4 of")
    assert code == 130
    assert "The answers so far are kept" in printed
    kept = len(Path("answers.jsonl").read_text().splitlines())
    assert 4 <= kept < 40
    Path("cases.jsonl").write_text("".join(json.dumps(c) + "\n" for c in cases[: kept + 1]))
    assert f"{kept} answered before" in assistant("ask", "--batch", "cases.jsonl", "--out", "answers.jsonl").out


def test_a_damaged_library_is_told_with_its_remedy(
    assistant: Assistant, sample_settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shutil.copytree(sample_settings.data_dir, tmp_path / "own")
    monkeypatch.setenv("ASSISTANT_DATA_DIR", str(tmp_path / "own"))
    monkeypatch.setenv("ASSISTANT_LIBRARY", "sample")
    for file in (tmp_path / "own" / "libraries" / "sample").glob("library.db*"):
        file.write_bytes(b"no database" * 500)
    for arguments in (["ask", RECALL], ["sources"], ["index", str(SAMPLE)]):
        ended = assistant(*arguments)
        assert ended.code == 1
        assert "assistant index --repair --library sample" in ended.error[1]
    ended = assistant("index", "--repair")
    assert ended.code == 1
    assert "kept as library.db.damaged-" in ended.error[0]
    assert "assistant index PATH" in ended.error[1]


def test_repair_says_what_it_read_again_and_stands_alone(
    assistant: Assistant, sample_settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    shutil.copytree(sample_settings.data_dir, tmp_path / "own")
    monkeypatch.setenv("ASSISTANT_DATA_DIR", str(tmp_path / "own"))
    with sqlite3.connect(tmp_path / "own" / "libraries" / "sample" / "library.db") as db:
        (name,) = db.execute("SELECT name FROM documents ORDER BY name LIMIT 1").fetchone()
        db.execute("UPDATE documents SET text = text || '!' WHERE name = ?", (name,))
    db.close()
    ended = assistant("index", "--repair", "--library", "sample")
    assert ended.code == 0
    assert ended.out.splitlines() == [f"1 damaged document read again: {name}", "The library holds 21 documents."]
    assert assistant("index", "--repair", str(SAMPLE)).code == 2


def test_a_folder_whose_name_is_no_text_has_a_library_of_its_own() -> None:
    names = {library_name(Path(os.fsdecode(b"/nowhere/bad" + byte))) for byte in (b"\xfe", b"\xff")}
    assert len(names) == 2
    assert all(name.startswith("bad-") for name in names)
