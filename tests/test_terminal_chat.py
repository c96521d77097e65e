"""The chat at the terminal: what is kept, shown and opened, with a pipe, with Ctrl-C, and when a model fails."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fake_model_server import FakeModelServer, Reply

from assistant.cli.terminal_chat import TerminalChat, paragraph_around
from assistant.conversations import Conversations
from assistant.pipeline import Assistant, open_assistant
from assistant.settings import Settings

RECALL = "Why was the Luhang car recalled?"
Chatting = Callable[..., str]


@pytest.fixture
def store(tmp_path: Path) -> Conversations:
    return Conversations(tmp_path / "chats.db")


@pytest.fixture
def chat(sample: Assistant, store: Conversations, capsys: pytest.CaptureFixture[str]) -> Chatting:
    """Types the lines, then ends the input; returns what was shown on either stream."""

    def typed(*lines: str, assistant: Assistant = sample) -> str:
        waiting = iter(lines)

        def read(_: str) -> str:
            try:
                return next(waiting)
            except StopIteration:
                raise EOFError from None

        TerminalChat(assistant, store, read).run()
        shown = capsys.readouterr()
        return shown.out + shown.err

    return typed


def test_a_question_is_answered_with_footnotes_and_kept(chat: Chatting, store: Conversations) -> None:
    shown = chat(RECALL)
    assert "a seal let water into the battery housing" in shown
    assert "[1] " in shown
    (only,) = store.list()
    question, answer = store.turns(only.id)
    assert (only.title, question.content, answer.state) == (RECALL, RECALL, "complete")
    assert answer.answer is not None
    assert answer.answer.citations


def test_the_next_question_knows_the_one_before_and_new_forgets_it(chat: Chatting, store: Conversations) -> None:
    first = "How many robots started in the Beijing half marathon?"
    shown = chat(first, "How many of them got to the end?", "/new", RECALL)
    assert shown.count("six reached the finish") >= 2
    assert "300 million" not in shown  # what the second question finds by itself
    assert [len(store.turns(c.id)) for c in store.list()] == [2, 4]


def test_a_cited_sentence_is_shown_in_its_paragraph(chat: Chatting, sample: Assistant) -> None:
    (first, *_) = sample.ask(RECALL).citations
    shown = chat(RECALL, "/sources", "/open 1", "/open [1]")
    assert shown.count(f"»{first.quote}«") == 2
    assert shown.count(f"characters {first.start}–{first.end}") == 4


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("/open 1", "no such source"),
        ("/sources", "Nothing was cited"),
        ("/chats", "There are no chats yet."),
        ("/chat 7", "There is no such chat"),
        ("/help", "/open N"),
        ("/jump", "There is no command /jump"),
        ("???", "holds no words"),
    ],
)
def test_what_cannot_be_done_is_said_and_the_chat_goes_on(chat: Chatting, line: str, said: str) -> None:
    shown = chat("", "  ", line, RECALL)
    assert said in shown
    assert "a seal let water" in shown


def test_an_earlier_chat_can_be_gone_on_with(chat: Chatting, store: Conversations) -> None:
    chat(RECALL)
    shown = chat("/chats", "/chat 1", "/sources", "Who recalled it?")
    assert f"› {RECALL}" in shown
    assert "[1] " in shown
    (only,) = store.list()
    assert len(store.turns(only.id)) == 4


def test_a_disk_that_takes_no_more_questions_stops_none(
    sample: Assistant, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = Conversations(tmp_path / "chats" / "chats.db")

    def lines() -> Iterator[str]:
        yield RECALL
        shutil.rmtree(store.path.parent)
        store.path.parent.write_text("the folder is gone, and none can be made")
        yield "How large was Vanke's loss?"

    typed = lines()

    def read(_: str) -> str:
        try:
            return next(typed)
        except StopIteration:
            raise EOFError from None

    TerminalChat(sample, store, read).run()
    shown = capsys.readouterr()
    assert "from here on it is not kept" in shown.err
    assert "a seal let water into the battery housing" in shown.out
    assert "Vanke" in shown.out


def test_nothing_is_read_after_quit(chat: Chatting, store: Conversations) -> None:
    chat("/quit", RECALL)
    assert store.list() == ()


def test_a_paragraph_ends_at_empty_lines_and_is_not_endless() -> None:
    text = "One.\n\nTwo. Three.\n\nFour."
    assert text[slice(*paragraph_around(text, 6, 10))] == "Two. Three."
    long = "a" * 5_000
    assert paragraph_around(long, 2_500, 2_510) == (1_300, 3_710)
    assert paragraph_around("x", 0, 1) == (0, 1)


# With a model


def with_model(settings: Settings, server: FakeModelServer, **more: object) -> Assistant:
    update = {"llm": "scripted", "openai_base_url": server.url, "llm_timeout_seconds": 20.0, **more}
    return open_assistant(settings.model_copy(update=update))


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def test_claims_and_new_tries_are_shown_as_they_come_and_the_cost_at_the_end(
    chat: Chatting, sample_settings: Settings
) -> None:
    with FakeModelServer([Reply(status=500), Reply("Luhang recalled cars. [1.2]\n", usage=(1_000, 50))]) as server:
        assistant = with_model(sample_settings, server, llm_price_prompt=1.0, llm_price_completion=2.0)
        shown = chat(RECALL, assistant=assistant)
        assistant.close()
    assert "error 500). Trying again in 0.5 s" in shown
    assert "… Luhang recalled cars." in shown
    assert "scripted: 1,000 + 50 tokens, 0.0011 USD" in shown


def test_a_translation_is_printed_with_its_source_as_the_models(chat: Chatting, sample_settings: Settings) -> None:
    claim = "Luhang rief Autos zurück, weil eine Dichtung Wasser in das Batteriegehäuse ließ. [1.2]"
    line = f"{claim}\n= [1.2] Eine Dichtung ließ Wasser hinein.\n"
    with FakeModelServer([Reply(line)]) as server:
        assistant = with_model(sample_settings, server)
        answered, opened = chat(RECALL, assistant=assistant), chat(RECALL, "/open 1", assistant=assistant)
        assistant.close()
    translated = "translated by the language model: Eine Dichtung ließ Wasser hinein."
    assert answered.split("[1] ")[1].split("\n")[1].strip() == translated
    assert opened.count(translated) == 2


def test_ctrl_c_stops_an_answer_and_keeps_what_was_shown(
    chat: Chatting, sample_settings: Settings, store: Conversations
) -> None:
    reply = Reply("Luhang recalled cars. [1.2]\nAnd then", ending="stall")
    with FakeModelServer([reply]) as server:
        assistant = with_model(sample_settings, server)
        threading.Timer(3.0, signal.raise_signal, [signal.SIGINT]).start()
        shown = chat(RECALL, "/sources", assistant=assistant)
        assistant.close()
    assert "Stopped. What was shown is kept." in shown
    assert "[1] " in shown
    _, answer = store.turns(store.list()[0].id)
    assert answer.state == "stopped"
    assert "Luhang recalled cars." in answer.content


def test_a_model_that_fails_loses_neither_the_question_nor_the_chat(
    chat: Chatting, sample_settings: Settings, store: Conversations
) -> None:
    with FakeModelServer([Reply(status=401)]) as server:
        assistant = with_model(sample_settings, server)
        shown = chat(RECALL, "Who recalled it?", assistant=assistant)
        assistant.close()
    assert shown.count("This answer was made without the model") == 2
    assert len(store.turns(store.list()[0].id)) == 4


def test_it_works_with_a_pipe(sample_settings: Settings) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("ASSISTANT_", "OPENAI_"))}
    environment |= {
        "ASSISTANT_DATA_DIR": str(sample_settings.data_dir),
        "ASSISTANT_LIBRARY": sample_settings.library,
        "PYTHONUTF8": "1",
    }
    ended = subprocess.run(
        [sys.executable, "-c", "from assistant.cli.main import main; main()", "chat", "--terminal"],
        input=f"{RECALL}\n/open 1\n",
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=environment,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    assert "a seal let water" in ended.stdout
    assert "»" in ended.stdout
    assert "›" not in ended.stdout
