"""Every fault of a model server, through the whole line and the desk of the chat: nothing is lost, all is said."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fake_model_server import FakeModelServer, Reply

from assistant.conversations import Conversations, history
from assistant.pipeline import Assistant, open_assistant
from assistant.settings import Settings
from assistant.types import Answer
from ui.answering import AnswerDesk

RECALL = "Why was the Luhang car recalled?"
GOOD = Reply("Luhang recalled cars. [1.2]\n")
EVENTS = {"content-type": "text/event-stream"}

# reply, words of the notice, and the time budget in seconds
FALLBACKS = {
    "401": (Reply(status=401), "did not accept the key", 5),
    "403": (Reply(status=403), "may not use", 5),
    "404": (Reply(status=404), "no model “scripted”", 5),
    "429": (Reply(status=429), "too many requests", 0.8),
    "429 with Retry-After": (Reply(status=429, headers={"retry-after": "30"}), "asks to wait 30 seconds", 5),
    "no credit": (Reply(status=429, code="insufficient_quota"), "no credit left", 5),
    "500": (Reply(status=500), "It was tried 2 times within 0.8 seconds", 0.8),
    "stall before": (Reply(stall_before=True), "did not finish within 0.5 seconds", 0.5),
    "stall in mid-stream": (Reply("Luhang rec", ending="stall"), "did not finish within 0.5 seconds", 0.5),
    "stall after a claim": (Reply("Luhang recalled cars. [1.2]\nA", ending="stall"), "did not finish within", 0.6),
    "kept alive": (Reply("Luhang rec", ending="keep-alive"), "did not finish within 0.5 seconds", 0.5),
    "closed": (Reply("Luhang recalled cars. [1.2]\nA", ending="close"), "broke off", 5),
    "closed unseen": (Reply("Luhang rec", ending="close"), "tried 2 times", 0.8),
    "broken JSON": (Reply("Luhang recalled cars. [1.2]\nA", ending="broken-json"), "cannot be read", 5),
    "broken event": (Reply(body=b'data: {"choices": 7}\n\n', headers=EVENTS), "cannot be read", 5),
    "no events": (Reply(body=b"<html>Welcome</html>", headers=EVENTS), "said nothing", 5),
    "error event": (Reply("Luhang recalled cars. [1.2]\nA", ending="error-event"), "The engine stopped", 5),
    "empty": (Reply(""), "said nothing", 5),
    "unreadable": (Reply("…\n—\n"), "no answer that can be read", 5),
    "refusal": (Reply("", refusal="I cannot help with that."), "declined", 5),
    "filtered": (Reply("", ending="content_filter"), "declined", 5),
    "context overflow": (Reply(status=400, code="context_length_exceeded"), "ASSISTANT_LLM_CONTEXT_TOKENS", 5),
}


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture(scope="module", autouse=True)
def _warm(sample_settings: Settings) -> None:
    """The client imports much at its first request: that must not eat up the short time limits below."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("NO_PROXY", "127.0.0.1")
        with FakeModelServer([GOOD]) as server:
            assistant = model_of(sample_settings, server, 60)
            assistant.ask(RECALL)
            assistant.close()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Conversations]:
    return Conversations(tmp_path / "chats.db")


def model_of(settings: Settings, server: FakeModelServer, seconds: float = 20, **more: Any) -> Assistant:
    update = {"llm": "scripted", "openai_base_url": server.url, "llm_timeout_seconds": seconds, **more}
    return open_assistant(settings.model_copy(update=update))


def ask_at_the_desk(assistant: Assistant, store: Conversations, *questions: str) -> list[Answer]:
    """Ask in one chat, as the page does; every question and answer must be there in the end."""
    desk, chat = AnswerDesk(assistant, store), store.create(questions[0])
    for question in questions:
        before = history(store.turns(chat.id))
        position = store.add_user_turn(chat.id, question).position
        assert desk.start(chat.id, position, question, before).settled.wait(30)
    turns = store.turns(chat.id)
    assert [turn.content for turn in turns if turn.role == "user"] == list(questions)
    assert [turn.state for turn in turns] == ["complete"] * 2 * len(questions)
    return [turn.answer for turn in turns if turn.answer is not None]


@pytest.mark.parametrize(("reply", "words", "seconds"), FALLBACKS.values(), ids=FALLBACKS.keys())
def test_a_fault_ends_in_the_sources_own_sentences_and_the_chat_goes_on(
    sample_settings: Settings, sample: Assistant, store: Conversations, reply: Reply, words: str, seconds: float
) -> None:
    with FakeModelServer(lambda _: reply if len(server.requests) < 4 else GOOD) as server:
        assistant = model_of(sample_settings, server, seconds)
        began = time.monotonic()
        (answer,) = ask_at_the_desk(assistant, store, RECALL)
        took = time.monotonic() - began
        assistant.close()
    assert (answer.mode, answer.claims) == ("extractive", sample.ask(RECALL).claims)
    assert words in (answer.notice or "")
    assert "made without the model" in (answer.notice or "")
    assert took < seconds + 10  # seconds, also where other tests run beside it


def test_after_a_fault_the_next_question_is_the_models_again(sample_settings: Settings, store: Conversations) -> None:
    with FakeModelServer([Reply(status=401), GOOD]) as server:
        assistant = model_of(sample_settings, server)
        first, second = ask_at_the_desk(assistant, store, RECALL, "Who recalled cars?")
        assistant.close()
    assert (first.mode, second.mode) == ("extractive", "generative")
    assert RECALL in server.requests[1]["messages"][1]["content"]  # the conversation was kept


@pytest.mark.parametrize("fault", [Reply(status=500), Reply(status=429), Reply("The tr", ending="close")])
def test_a_passing_fault_is_not_noticed_and_a_different_answer_is_not_mixed_in(
    sample_settings: Settings, store: Conversations, fault: Reply
) -> None:
    with FakeModelServer([fault, GOOD]) as server:
        assistant = model_of(sample_settings, server)
        (answer,) = ask_at_the_desk(assistant, store, RECALL)
        assistant.close()
    assert (answer.mode, answer.notice) == ("generative", None)
    assert [claim.text for claim in answer.claims] == ["Luhang recalled cars."]


def test_an_endless_answer_is_ended_and_says_so(sample_settings: Settings, store: Conversations) -> None:
    endless = Reply(pieces=["Luhang recalled cars. [1.2]\n" * 100] * 60)
    with FakeModelServer([endless]) as server:
        assistant = model_of(sample_settings, server)
        (answer,) = ask_at_the_desk(assistant, store, RECALL)
        assistant.close()
    assert [claim.text for claim in answer.claims] == ["Luhang recalled cars."]
    assert "broke off" in (answer.notice or "")


def test_pointers_out_of_range_never_appear(sample_settings: Settings, store: Conversations) -> None:
    script = "Luhang recalled cars. [1.2][0.0][99.1][1.99]\nIt was cheap. [77.7]\nIt was red. [9999.9999]\n"
    with FakeModelServer([Reply(script)]) as server:
        assistant = model_of(sample_settings, server)
        (answer,) = ask_at_the_desk(assistant, store, RECALL)
        assistant.close()
    assert [claim.state for claim in answer.claims] == ["supported", "unsupported", "unsupported"]
    assert len(answer.citations) == 1
    assert answer.dropped_pointers == 5


def test_the_conversation_outlives_a_server_that_never_was(sample_settings: Settings, store: Conversations) -> None:
    with FakeModelServer([]) as gone:
        pass
    assistant = model_of(sample_settings, gone, 0.8)
    first, second = ask_at_the_desk(assistant, store, RECALL, "Who recalled cars?")
    assistant.close()
    for answer in (first, second):
        assert "cannot be reached" in (answer.notice or "")
