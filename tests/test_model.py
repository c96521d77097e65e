"""Opening a language model from settings, and each fault of its server, over a real socket."""

from __future__ import annotations

import inspect
import json
import socket
import threading
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest
from fake_model_server import FakeModelServer, Reply
from llama_index.core.llms import ChatMessage

from assistant.errors import ModelError, SettingsError
from assistant.server.errors import SENTENCES, Service, as_model_error, kind_of
from assistant.server.model import open_model
from assistant.server.recording import request_key
from assistant.server.streaming import Patience, stream_pieces
from assistant.settings import Settings

KEY = "sk-test-0123456789abcdef"
HELLO = [ChatMessage(content="Hello")]


@pytest.fixture(autouse=True)
def _own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_API_BASE", "ASSISTANT_LLM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def settings_for(server: FakeModelServer, **more: Any) -> Settings:
    return Settings(**{"llm": "scripted", "openai_base_url": server.url, "llm_timeout_seconds": 5, **more})


def streamed(server: FakeModelServer, **more: Any) -> str:
    settings = settings_for(server, **more)
    return "".join(p.text for p in stream_pieces(open_model(settings), HELLO, settings.llm_timeout_seconds))


@pytest.fixture(autouse=True, scope="module")
def _imported() -> None:
    """The client imports much at its first request: that must not eat up the short time limits below."""
    with FakeModelServer([Reply("Hello.")]) as server, pytest.MonkeyPatch.context() as environment:
        environment.setenv("NO_PROXY", "127.0.0.1")
        streamed(server, llm_timeout_seconds=60)


# Opening


def test_opening_sends_nothing_and_downloads_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("a connection was tried")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    for name in ("gpt-4o-mini", "gpt-5-mini", "davinci-002", "a-model-of-next-year"):
        model = open_model(Settings(llm=name, openai_api_key=KEY))
        assert model.metadata.model_name == name
        assert model.metadata.is_chat_model
        assert model.metadata.context_window > 0


def test_key_and_text_go_to_openai_even_if_another_variable_names_another_address(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("OPENAI_API_BASE", "http://elsewhere.example/v1")
    for name in ("gpt-4o-mini", "a-model-of-next-year"):
        assert open_model(Settings(llm=name, openai_api_key=KEY)).api_base == "https://api.openai.com/v1"


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({}, "ASSISTANT_LLM"),
        ({"llm": "gpt-4o-mini"}, "OPENAI_API_KEY"),
        ({"llm": "gpt-4o-mini", "openai_api_key": "  "}, "OPENAI_API_KEY"),
        ({"llm": "mine", "openai_base_url": "localhost:11434"}, "OPENAI_BASE_URL"),
    ],
)
def test_what_is_missing_is_named(given: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        open_model(Settings(**given))


def test_a_server_without_keys_gets_the_model_the_limits_and_no_key_of_ours() -> None:
    with FakeModelServer([Reply("Hello back.")]) as server:
        assert streamed(server, llm_context_tokens=2000) == "Hello back."
    (request,) = server.requests
    assert request["model"] == "scripted"
    assert request["temperature"] == 0
    assert request["max_tokens"] == 500
    assert request["stream_options"] == {"include_usage": True}
    assert server.keys == ["Bearer none-needed"]


def test_a_key_is_sent() -> None:
    with FakeModelServer([Reply("Hello.")]) as server:
        streamed(server, openai_api_key=KEY)
    assert server.keys == [f"Bearer {KEY}"]


# Faults

LEAKY = f"Bad request with key {KEY} in it."
LATER = {"retry-after": "60"}  # beyond the time budget: not worth waiting for
FAULTS = [
    (Reply(status=401, message=LEAKY), "did not accept the key", "OPENAI_API_KEY"),
    (Reply(status=403), "may not use", "another model"),
    (Reply(status=404), "no model “scripted”", "ASSISTANT_LLM"),
    (Reply(status=400, message=LEAKY), "refused the request", "assistant doctor"),
    (Reply(status=422), "refused the request", "assistant doctor"),
    (Reply(status=400, code="context_length_exceeded"), "longer than the window", "ASSISTANT_LLM_CONTEXT_TOKENS"),
    (Reply(status=400, message="exceeds the context size (4096)"), "longer than the window", "CONTEXT_TOKENS"),
    (Reply(status=429, headers=LATER), "too many requests", "Wait"),
    (Reply(status=429, code="insufficient_quota"), "no credit", "credit"),
    (Reply(status=500, headers=LATER), "failed (error 500)", "Ask again"),
    (Reply(status=503, headers=LATER), "failed (error 503)", "Ask again"),
    (Reply(status=500, body=b"<html>no JSON</html>", headers=LATER), "failed (error 500)", "Ask again"),
    (Reply(stall_before=True), "within 0.4 seconds", "ASSISTANT_LLM_TIMEOUT_SECONDS"),
    (Reply("The port", ending="stall"), "within 0.4 seconds", "ASSISTANT_LLM_TIMEOUT_SECONDS"),
    (Reply("The port", ending="keep-alive"), "within 0.4 seconds", "ASSISTANT_LLM_TIMEOUT_SECONDS"),
    (Reply("The port", ending="close"), "broke off", "Ask again"),
    (Reply("The port", ending="broken-json"), "cannot be read", "assistant doctor"),
    (Reply("The port", ending="error-event"), "The engine stopped", "Ask again"),
    (
        Reply(body=b'data: {"choices": 7}\n\n', headers={"content-type": "text/event-stream"}),
        "cannot be read",
        "doctor",
    ),
    (Reply(body=b"data: \xff\xfe\n\n", headers={"content-type": "text/event-stream"}), "cannot be read", "doctor"),
]


@pytest.mark.parametrize(
    ("reply", "sentence", "remedy"), FAULTS, ids=lambda value: value if isinstance(value, str) else ""
)
def test_each_fault_ends_in_time_with_a_sentence_and_a_next_step(reply: Reply, sentence: str, remedy: str) -> None:
    silent = reply.stall_before or reply.ending in {"stall", "keep-alive"}
    with FakeModelServer([reply]) as server:
        began = time.monotonic()
        with pytest.raises(ModelError) as caught:
            streamed(server, llm_timeout_seconds=0.4 if silent else 5, openai_api_key=KEY)
        assert time.monotonic() - began < 3
    assert sentence in caught.value.message
    assert remedy in caught.value.remedy
    assert KEY not in str(caught.value)


def test_no_server_at_all() -> None:
    with FakeModelServer([]) as server:
        pass
    with pytest.raises(ModelError, match="cannot be reached"):
        streamed(server, llm_timeout_seconds=0.4)


@pytest.mark.parametrize(
    "fault", [Reply(status=500), Reply(status=429), Reply(status=429, headers={"retry-after": "0"})]
)
def test_a_passing_fault_is_tried_again(fault: Reply) -> None:
    with FakeModelServer([fault, Reply("Hello.")]) as server:
        assert streamed(server) == "Hello."
    assert len(server.requests) == 2


def test_a_wrong_key_is_not_tried_again_nor_is_an_answer_that_has_begun() -> None:
    for reply in (Reply(status=401), Reply("The port", ending="close")):
        with FakeModelServer([reply, Reply("Other.")]) as server, pytest.raises(ModelError):
            streamed(server)
        assert len(server.requests) == 1


KINDS = {
    "OpenAIError": "client of the model server failed",
    "APIError": "error in mid-answer",
    "APIStatusError": "refused the request",
    "AuthenticationError": "did not accept the key",
    "OAuthError": "did not accept the key",
    "PermissionDeniedError": "may not use",
    "NotFoundError": "has no model",
    "ConflictError": "refused the request",
    "BadRequestError": "refused the request",
    "UnprocessableEntityError": "refused the request",
    "RateLimitError": "too many requests",
    "InternalServerError": "failed",
    "APITimeoutError": "did not finish within",
    "APIConnectionError": "cannot be reached",
    "APIResponseValidationError": "cannot be read",
    "LengthFinishReasonError": "broke its answer off",
    "ContentFilterFinishReasonError": "broke its answer off",
    "WebSocketConnectionClosedError": "client of the model server failed",  # not spoken here
    "WebSocketQueueFullError": "client of the model server failed",
    "_AmbiguousModuleClientUsageError": "client of the model server failed",
}
STATUSES = {"AuthenticationError": 401, "OAuthError": 401, "PermissionDeniedError": 403, "NotFoundError": 404}
STATUSES |= {"ConflictError": 409, "UnprocessableEntityError": 422, "RateLimitError": 429, "InternalServerError": 500}


SERVICE = Service("The model server", "The language model scripted", "scripted", "ASSISTANT_LLM", 5.0)


def made(kind: type[Exception]) -> Exception:
    """An instance, without its constructor: they differ, and only type, status and body are read."""
    error = kind.__new__(kind)
    Exception.__init__(error, "scripted")
    error.__dict__.update(body=None, code=None, status_code=STATUSES.get(kind.__name__, 400))
    return error


def test_no_error_of_the_vendor_was_forgotten() -> None:
    kinds = {k for k in vars(openai).values() if inspect.isclass(k) and issubclass(k, openai.OpenAIError)}
    assert {kind.__name__ for kind in kinds} == KINDS.keys()
    for kind in kinds:
        assert KINDS[kind.__name__] in as_model_error(made(kind), SERVICE).message, kind


def test_no_error_of_the_transport_was_forgotten() -> None:
    kinds = [
        k for k in vars(httpx).values() if inspect.isclass(k) and issubclass(k, httpx.HTTPError | httpx.StreamError)
    ]
    assert len(kinds) > 15
    for kind in kinds:
        sentence = "did not finish within" if issubclass(kind, httpx.TimeoutException) else "broke off"
        assert sentence in as_model_error(made(kind), SERVICE).message, kind


def test_every_sentence_of_the_table_is_a_sentence_with_a_next_step() -> None:
    for kind, (message, remedy) in SENTENCES.items():
        assert message.endswith("."), kind
        assert remedy, kind
    assert {kind_of(made(openai.NotFoundError)), kind_of(ValueError("x"))} == {"no-model", "unreadable"}


def test_what_the_server_says_cannot_be_taken_for_a_place_in_our_sentence() -> None:
    error = made(openai.BadRequestError)
    error.__dict__["body"] = {"message": "no {server} {0} here"}
    assert "no {server} {0} here" in as_model_error(error, SERVICE).message


# Trying again


def tried(server: FakeModelServer, seconds: float = 5, **more: Any) -> tuple[str, list[str]]:
    """What was streamed, an answer that began again counted anew, and what was said of each new try."""
    said: list[str] = []
    text = ""
    patience = Patience(seconds, on_retry=said.append, **more)
    for piece in stream_pieces(open_model(settings_for(server)), HELLO, patience):
        text = piece.text if piece.restart else text + piece.text
    return text, said


def test_who_waits_is_told_what_happened_and_how_much_time_is_left() -> None:
    with FakeModelServer([Reply(status=500), Reply("Hello.")]) as server:
        text, said = tried(server, 20)
    assert text == "Hello."
    assert len(said) == 1
    assert said[0].startswith("The model server failed (error 500). Trying again in 0.5 s; ")
    assert said[0].endswith(" of 20 s are left.")


def test_giving_up_says_how_often_it_was_tried_and_within_what_time() -> None:
    with FakeModelServer([Reply(status=503)]) as server, pytest.raises(ModelError) as caught:
        tried(server, 5, retries=1)
    assert "It was tried 2 times within 5 seconds." in caught.value.message
    assert len(server.requests) == 2


def test_the_number_of_tries_is_a_setting_and_may_be_none() -> None:
    with FakeModelServer([Reply(status=503)]) as server, pytest.raises(ModelError):
        tried(server, 5, retries=0)
    assert len(server.requests) == 1


@pytest.mark.parametrize("as_date", [False, True])
def test_a_server_that_asks_for_more_time_than_there_is_is_not_waited_for(as_date: bool) -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=61), usegmt=True) if as_date else "60"
    with FakeModelServer([Reply(status=429, headers={"retry-after": later})]) as server:
        began = time.monotonic()
        with pytest.raises(ModelError, match=r"asks to wait (?:60|61) seconds, more than is left of 5"):
            tried(server, 5)
    assert time.monotonic() - began < 1
    assert len(server.requests) == 1


def test_the_pause_that_a_server_asks_for_is_kept() -> None:
    with FakeModelServer([Reply(status=429, headers={"retry-after": "1"}), Reply("Hello.")]) as server:
        began = time.monotonic()
        assert tried(server)[0] == "Hello."
    assert time.monotonic() - began >= 1


@pytest.mark.parametrize("header", ["soon", "-3", "Wed, 99 Foo 2025", "1e9"])
def test_a_retry_after_that_is_nonsense_is_passed_over(header: str) -> None:
    with FakeModelServer([Reply(status=429, headers={"retry-after": header}), Reply("Hello.")]) as server:
        assert tried(server)[0] == "Hello."


@pytest.mark.parametrize("ending", ["close", "broken-json", "error-event"])
def test_an_answer_that_broke_off_begins_again_only_where_nothing_was_shown(ending: Any) -> None:
    script = [Reply("The port", ending=ending), Reply("The rail.")]
    with FakeModelServer(script) as server:
        assert tried(server, begins_again=lambda: True)[0] == "The rail."
    with FakeModelServer(script) as server, pytest.raises(ModelError):
        tried(server, begins_again=lambda: False)
    assert len(server.requests) == 1


@pytest.mark.parametrize("reply", [Reply(stall_before=True), Reply("The port", ending="keep-alive")])
def test_stopping_ends_a_silence_at_once(reply: Reply) -> None:
    stop = threading.Event()
    threading.Timer(0.2, stop.set).start()
    with FakeModelServer([reply]) as server:
        began = time.monotonic()
        text, _ = tried(server, 30, stop=stop)
    assert time.monotonic() - began < 3
    assert text in {"", "The port"}


def test_stopping_ends_a_pause_between_tries() -> None:
    stop = threading.Event()
    with FakeModelServer([Reply(status=429, headers={"retry-after": "20"})]) as server:
        patience = Patience(30, on_retry=lambda _: stop.set(), stop=stop)
        began = time.monotonic()
        assert list(stream_pieces(open_model(settings_for(server)), HELLO, patience)) == []
    assert time.monotonic() - began < 10
    assert len(server.requests) == 1


# What is sent


@pytest.mark.parametrize("option", ["seed", "stream_options", "temperature", "max_tokens"])
def test_a_parameter_that_the_server_refuses_is_left_out(option: str) -> None:
    with FakeModelServer([Reply("Hello.", refuses=option)]) as server:
        assert tried(server) == ("Hello.", [])
    first, second = server.requests
    assert option in first
    assert first.keys() - second.keys() == {option}
    assert second.keys() - first.keys() == ({"max_completion_tokens"} if option == "max_tokens" else set())


def test_the_seed_is_a_setting() -> None:
    with FakeModelServer([Reply("Hello.")]) as server:
        streamed(server)
        streamed(server, llm_seed=7)
    assert [request["seed"] for request in server.requests] == [0, 7]


# Recording and replaying


def test_each_request_is_recorded_once_to_the_letter_and_without_the_key(tmp_path: Path) -> None:
    file = tmp_path / "new" / "requests.jsonl"
    with FakeModelServer([Reply(status=500), Reply("Hello.")]) as server:
        for _ in range(2):
            streamed(server, record=file, openai_api_key=KEY)
        streamed(server, record=file, llm_seed=7)
    lines = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    assert [line["request"] for line in lines] == [server.requests[0], server.requests[-1]]
    assert [line["key"] for line in lines] == [request_key(line["request"]) for line in lines]
    assert KEY not in file.read_text("utf-8")
    assert "Bearer" not in file.read_text("utf-8")


def test_the_key_of_a_request_does_not_depend_on_the_order_of_its_fields() -> None:
    assert request_key({"a": 1, "b": "ü"}) == request_key({"b": "ü", "a": 1})
    assert request_key({"a": 1}) != request_key({"a": 2})


def test_a_file_that_is_no_recording_is_not_written_to(tmp_path: Path) -> None:
    file = tmp_path / "letter.txt"
    file.write_text("Dear Ana,\n")
    for path in (file, tmp_path):
        with pytest.raises(SettingsError, match="ASSISTANT_RECORD"):
            open_model(Settings(llm="mine", openai_base_url="http://127.0.0.1:9/v1", record=path))
    assert file.read_text() == "Dear Ana,\n"
