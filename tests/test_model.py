"""Opening a language model from settings, and each fault of its server, over a real socket."""

from __future__ import annotations

import inspect
import socket
import time
from typing import Any

import httpx
import openai
import pytest
from fake_model_server import FakeModelServer, Reply
from llama_index.core.llms import ChatMessage

from assistant.answer.model import open_model, stream_pieces
from assistant.answer.model_errors import as_model_error
from assistant.errors import ModelError, SettingsError
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
    (Reply(status=404), "no model scripted", "ASSISTANT_LLM"),
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


SENTENCES = {
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


def made(kind: type[Exception]) -> Exception:
    """An instance, without its constructor: they differ, and only type, status and body are read."""
    error = kind.__new__(kind)
    Exception.__init__(error, "scripted")
    error.__dict__.update(body=None, code=None, status_code=STATUSES.get(kind.__name__, 400))
    return error


def test_no_error_of_the_vendor_was_forgotten() -> None:
    kinds = {k for k in vars(openai).values() if inspect.isclass(k) and issubclass(k, openai.OpenAIError)}
    assert {kind.__name__ for kind in kinds} == SENTENCES.keys()
    for kind in kinds:
        assert SENTENCES[kind.__name__] in as_model_error(made(kind), "scripted", 5).message, kind


def test_no_error_of_the_transport_was_forgotten() -> None:
    kinds = [
        k for k in vars(httpx).values() if inspect.isclass(k) and issubclass(k, httpx.HTTPError | httpx.StreamError)
    ]
    assert len(kinds) > 15
    for kind in kinds:
        sentence = "did not finish within" if issubclass(kind, httpx.TimeoutException) else "broke off"
        assert sentence in as_model_error(made(kind), "scripted", 5).message, kind
