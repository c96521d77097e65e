"""What a terminal shows is the text to the letter; progress says how far, how fast, and how long it will take."""

from __future__ import annotations

import contextlib
import io
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import index_folder

from assistant.cli.main import main
from assistant.cli.terminal import plain_console, print_answer, print_error, progress, remark, say
from assistant.cli.terminal_chat import TerminalChat
from assistant.conversations import Conversations
from assistant.errors import AssistantError
from assistant.pipeline import open_assistant
from assistant.settings import Settings
from assistant.types import Answer, Citation, Claim, Disagreement


class Clock:
    """Seconds that pass only when they are told to."""

    def __init__(self) -> None:
        self.now = 50.0

    def __call__(self) -> float:
        return self.now


def test_a_line_says_the_rate_and_the_time_that_is_left(capfd: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    with progress(clock) as show:
        for done in (1, 3, 3, 10):
            show("Indexing", done, 10, "documents", "154 passages a second" if done > 1 else "")
            clock.now += 40
        clock.now += 5_000  # another task starts a clock of its own
        for done in range(101):
            show("Refining", done, 100)
            clock.now += 0.5
    assert capfd.readouterr().err.splitlines()[:6] == [
        "Indexing: 1 of 10 documents",
        "Indexing: 3 of 10 documents, 154 passages a second, about 2 min left",
        "Indexing: 10 of 10 documents, 154 passages a second",
        "Refining: 0 of 100",
        "Refining: 10 of 100, 2.0 a second, about 45 s left",
        "Refining: 20 of 100, 2.0 a second, about 40 s left",
    ]


@pytest.mark.parametrize(("each", "left"), [(0.01, "1 s"), (60, "9 min"), (1_000, "2.5 h")])
def test_a_long_time_is_told_in_larger_units(capfd: pytest.CaptureFixture[str], each: float, left: str) -> None:
    clock = Clock()
    with progress(clock) as show:
        show("Asking", 0, 10)
        clock.now += each
        show("Asking", 1, 10)
    assert capfd.readouterr().err.splitlines()[-1].endswith(f", about {left} left")


CODES = "1:100:5 :x: :smile: [bold]b[/bold] [link=https://evil.example]l[/link] \\[i] **s**"


def answer_with(text: str) -> Answer:
    """An answer in which every text that comes from outside is `text`."""
    citation = Citation(1, f"{text}.md", 1, 0, 5, text, publisher=text, author=text, title=text, translation=text)
    claim = Claim(text, (citation,), "supported", speaker=text)
    side = replace(claim, text=f"Other: {text}")
    differing = Disagreement("disputed", text, (claim, side))
    return Answer(text, "answered", (claim,), (), notice=text, lead=text, disagreements=(differing,), nearest=(text,))


def test_an_answer_is_printed_to_the_letter(capfd: pytest.CaptureFixture[str]) -> None:
    """The fault: emoji codes were replaced, so that the quote "1:100:5" was printed as "1💯5"."""
    print_answer(answer_with(CODES))
    out, err = capfd.readouterr()
    assert err == f"Note: {CODES}\n"
    assert out.count(CODES) >= 8  # lead, claim, speaker, sides, title, publisher, author, file, translation
    assert out.count("1:100:5") == out.count(CODES)


def test_lines_errors_and_progress_are_printed_to_the_letter(capfd: pytest.CaptureFixture[str]) -> None:
    say(CODES)
    remark(CODES)
    print_error(AssistantError(CODES, CODES))
    with progress() as show:
        show(CODES, 1, 1, CODES)
    out, err = capfd.readouterr()
    assert out == f"{CODES}\n"
    assert err.splitlines() == [CODES, f"Error: {CODES}", f"  → {CODES}", f"{CODES}: 1 of 1 {CODES}"]


def test_a_bar_on_a_terminal_takes_its_label_to_the_letter(monkeypatch: pytest.MonkeyPatch) -> None:
    """A column of a bar reads markup and emoji by itself, whatever its console does."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("TERM", "xterm")
    console = plain_console(stderr=True)
    console.file = drawn = io.StringIO()
    with progress(console=console) as show:
        show(CODES, 1, 2)
    assert CODES in drawn.getvalue()


def test_every_command_prints_documents_and_questions_to_the_letter(
    tmp_path: Path, bare: None, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "corpus"
    folder.mkdir()
    name, title, quote = (
        "leaflet :x: [b].md",
        "Odds :smile: [link=x]1:100:5[/link]",
        "The ferry mixes paint at 1:100:5.",
    )
    (folder / name).write_text(f"# {title}\n\n{quote}\n", "utf-8")
    settings = Settings(data_dir=tmp_path / "data", llm=None, refusal_threshold=0.0)
    index_folder(folder, settings)
    monkeypatch.setenv("ASSISTANT_DATA_DIR", str(settings.data_dir))
    monkeypatch.setenv("ASSISTANT_REFUSAL_THRESHOLD", "0")
    question = "At which odds :100: does the ferry mix paint?"
    capfd.readouterr()
    for words in (("ask", question), ("search", question, "--explain"), ("sources",), ("sources", "show", name)):
        monkeypatch.setattr(sys, "argv", ["assistant", *words])
        with pytest.raises(SystemExit):
            main()
        out = capfd.readouterr().out
        assert name in out
        assert title in out
        assert words[0] == "sources" or quote in out
        assert words[0] != "search" or ":100:" in out
    lines = iter([question, "/open 1", "/chats"])
    assistant = open_assistant(settings)
    with contextlib.suppress(StopIteration):
        TerminalChat(assistant, Conversations(tmp_path / "chats.db"), lambda _: next(lines)).run()
    assistant.close()
    out = capfd.readouterr().out
    assert out.count(title) == 3  # who says it, its footnote, and that of the opened sentence
    assert f"»{quote}«" in out
    assert question in out
