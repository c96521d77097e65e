"""Settings -> a language model, and its stream -> pieces of text within a time budget.

LlamaIndex speaks to OpenAI and to every server that speaks its protocol; any other LlamaIndex `LLM` can be streamed
too. The only file that talks to a language model.
"""

from __future__ import annotations

import queue
import re
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import httpx
import openai
from llama_index.core.llms import LLM, ChatMessage, ChatResponse
from llama_index.llms.openai import OpenAI
from llama_index.llms.openai.utils import O1_MODELS
from llama_index.llms.openai_like import OpenAILike

from assistant.answer.model_errors import as_model_error
from assistant.errors import SettingsError
from assistant.settings import Settings
from assistant.types import Usage

OPENAI_ADDRESS = "https://api.openai.com/v1"
ANSWER_TOKENS = 4_000  # far more than an answer needs; a local model's reasoning is in there too
REASONING_TOKENS = 12_000  # OpenAI's reasoning models count what they do not show
FIRST_PAUSE_SECONDS = 0.5
MAX_RETRIES = 2


@dataclass(frozen=True, slots=True)
class Piece:
    """What one event of the stream brings; most bring a few letters."""

    text: str = ""
    finish: str | None = None
    """Why the model stopped ("stop", "length", "content_filter"); None in mid-answer; "unknown" of other protocols."""
    usage: Usage | None = None
    refusal: str = ""
    """OpenAI's own channel for "I cannot help with that"."""


def open_model(settings: Settings) -> LLM:
    """The model the settings name. Nothing is sent yet.

    Raises:
        SettingsError: no model is named, the key is missing, the address is none, or the model cannot chat.
    """
    if not settings.llm:
        raise SettingsError("No language model is set.", "Name one: ASSISTANT_LLM=…, then run: assistant doctor")
    key = settings.openai_api_key.get_secret_value().strip() if settings.openai_api_key else ""
    common: dict[str, Any] = {
        "model": settings.llm,
        "temperature": 0.0,
        "max_retries": 0,  # we retry ourselves, within the time budget
        "timeout": settings.llm_timeout_seconds,
        "additional_kwargs": {"stream_options": {"include_usage": True}},
    }
    if settings.openai_base_url:
        address = settings.openai_base_url.strip()
        if not re.match(r"https?://[^/]", address):
            raise SettingsError(
                f"OPENAI_BASE_URL is no address: {address!r}.", "Give it like this: http://127.0.0.1:11434/v1"
            )
        own: LLM = OpenAILike(
            **common,
            api_base=address,
            api_key=key or "none-needed",  # many local servers take any
            is_chat_model=True,
            context_window=settings.llm_context_tokens,
            max_tokens=answer_tokens(settings.llm_context_tokens),
        )
        return own
    if not key:
        raise SettingsError(
            f"The model {settings.llm} needs a key, and none is set.",
            "Set OPENAI_API_KEY, or OPENAI_BASE_URL for a server of your own, then run: assistant doctor",
        )
    return _openai(settings, key, common)


def answer_tokens(window_tokens: int) -> int:
    """The share of the model's window that is kept free for its answer."""
    return min(ANSWER_TOKENS, window_tokens // 4)


def _openai(settings: Settings, key: str, common: dict[str, Any]) -> LLM:
    """OpenAI itself. The address is given, lest an environment variable of LlamaIndex's own redirect key and text."""
    tokens = REASONING_TOKENS if settings.llm in O1_MODELS else answer_tokens(settings.llm_context_tokens)
    try:
        model: LLM = OpenAI(**common, api_key=key, api_base=OPENAI_ADDRESS, max_tokens=tokens)
    except ValueError as error:
        raise SettingsError(
            f"The model {settings.llm} does not speak the chat-completions protocol.",
            "Name another one: ASSISTANT_LLM=…",
        ) from error
    with suppress(ValueError):  # LlamaIndex does not know the name: it is newer than the library
        if model.metadata.is_chat_model:
            return model
    newer = {
        "temperature": 1.0,  # newer models refuse any other
        "additional_kwargs": {**common["additional_kwargs"], "max_completion_tokens": REASONING_TOKENS},
    }
    unknown: LLM = OpenAILike(
        **{**common, **newer},
        api_base=OPENAI_ADDRESS,
        api_key=key,
        is_chat_model=True,
        context_window=settings.llm_context_tokens,
    )
    return unknown


def stream_pieces(model: LLM, messages: Sequence[ChatMessage], timeout_seconds: float) -> Iterator[Piece]:
    """Stream the model's reply. Until its first letter arrives, a passing fault is tried again, with growing pauses.

    `timeout_seconds` bounds everything: connecting, pauses, and the whole stream, also of a server that keeps the
    connection alive and says nothing.

    Raises:
        ModelError: whatever went wrong, with what to do about it.
    """
    deadline = time.monotonic() + timeout_seconds
    for attempt in range(MAX_RETRIES + 1):
        begun = False
        try:
            for response in _until(deadline, model, messages):
                piece = _piece(response)
                begun = begun or bool(piece.text)
                yield piece
        except Exception as error:
            pause = _pause(error, attempt)
            if begun or pause is None or time.monotonic() + pause >= deadline:
                raise as_model_error(error, model.metadata.model_name, timeout_seconds) from error
            time.sleep(pause)
        else:
            return


def _until(deadline: float, model: LLM, messages: Sequence[ChatMessage]) -> Iterator[ChatResponse]:
    """The model's responses, read in a thread: only so can a reader leave a server that never lets go.

    A thread that was left ends with the next event or with the client's own time-out.
    """
    arrived: queue.SimpleQueue[ChatResponse | Exception | None] = queue.SimpleQueue()
    left = threading.Event()

    def read() -> None:
        try:
            for response in model.stream_chat(list(messages)):
                if left.is_set():
                    return
                arrived.put(response)
        except Exception as error:
            arrived.put(error)
        else:
            arrived.put(None)

    threading.Thread(target=read, name="language model", daemon=True).start()
    try:
        while True:
            try:
                item = arrived.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise TimeoutError from None
            if item is None:
                return
            if isinstance(item, Exception):
                raise item
            yield item
    finally:
        left.set()


def _piece(response: ChatResponse) -> Piece:
    choices = getattr(response.raw, "choices", None)
    choice = choices[0] if choices else None
    finish = getattr(choice, "finish_reason", None) if hasattr(response.raw, "choices") else "unknown"
    counts = response.additional_kwargs
    known = isinstance(counts.get("prompt_tokens"), int) and isinstance(counts.get("completion_tokens"), int)
    return Piece(
        text=response.delta or "",
        finish=finish,
        usage=Usage(counts["prompt_tokens"], counts["completion_tokens"]) if known else None,
        refusal=getattr(getattr(choice, "delta", None), "refusal", None) or "",
    )


def _pause(error: Exception, attempt: int) -> float | None:
    """Seconds to wait before trying again; None if that is of no use."""
    if attempt >= MAX_RETRIES or isinstance(error, openai.APITimeoutError):
        return None
    pause = float(FIRST_PAUSE_SECONDS * 2**attempt)
    if isinstance(error, openai.APIStatusError):
        passing = error.status_code in {408, 409, 429} or error.status_code >= 500
        if not passing or error.code == "insufficient_quota":
            return None
        asked = error.response.headers.get("retry-after", "")
        return max(pause, float(asked)) if re.fullmatch(r"\d{1,6}(?:\.\d+)?", asked) else pause
    return pause if isinstance(error, openai.APIConnectionError | httpx.TransportError) else None
