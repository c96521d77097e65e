"""A language model's stream -> pieces of text within a time budget, tried again where that is of use.

Any LlamaIndex `LLM` can be streamed. The only file that talks to a language model.
"""

from __future__ import annotations

import datetime
import json
import queue
import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any

import httpx
import openai
from llama_index.core.llms import LLM, ChatMessage, ChatResponse

from assistant.addresses import password_in
from assistant.errors import ModelError
from assistant.server.errors import Service, as_model_error, kind_of
from assistant.types import Usage
from assistant.unicode_text import without_surrogates

FIRST_PAUSE_SECONDS = 0.5
RETRIES = 2
LOOK_SECONDS = 0.05  # how often a wait looks whether it was stopped
_Item = ChatResponse | Exception | None
OPTIONAL = ("seed", "stream_options", "temperature", "max_tokens")
"""What we send and some servers refuse; an answer without them is better than none."""


@dataclass(frozen=True, slots=True)
class Piece:
    """What one event of the stream brings; most bring a few letters."""

    text: str = ""
    finish: str | None = None
    """Why the model stopped ("stop", "length", "content_filter"); None in mid-answer; "unknown" of other protocols."""
    usage: Usage | None = None
    refusal: str = ""
    """OpenAI's own channel for "I cannot help with that"."""
    restart: bool = False
    """Everything before is void: the model begins its answer again."""


def _nothing_was_shown() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Patience:
    """How long and how often a model is tried, and who is told."""

    timeout_seconds: float
    """Bounds everything: connecting, pauses between tries, and the whole stream."""
    retries: int = RETRIES
    on_retry: Callable[[str], None] = lambda _sentence: None
    """Gets a sentence before each pause: what happened, when it is tried again, how much time is left."""
    begins_again: Callable[[], bool] = _nothing_was_shown
    """Whether an answer that broke off may begin again: not once the reader has seen a part of it."""
    stop: threading.Event = field(default_factory=threading.Event)
    """When it is set, the stream ends, also in the midst of silence."""


def stream_pieces(model: LLM, messages: Sequence[ChatMessage], patience: Patience | float) -> Iterator[Piece]:
    """Stream the model's reply. A passing fault is tried again, with growing pauses, as long as time is left.

    `patience` may be the time budget alone, in seconds. It also ends a server that keeps the connection alive and says
    nothing. A silence is not tried again: a local model that is being loaded would begin anew.

    Raises:
        ModelError: whatever went wrong, with what to do about it.
    """
    patience = patience if isinstance(patience, Patience) else Patience(patience)
    began = time.monotonic()
    deadline = began + patience.timeout_seconds
    tries = 0
    while True:
        tries += 1
        begun = False
        try:
            for response in _until(deadline, model, messages, patience.stop):
                piece = _piece(response)
                begun = begun or bool(piece.text)
                yield piece
        except Exception as error:
            simpler = None if begun else _without_refused_option(model, error)
            pause = 0.0 if simpler else _pause(error, tries)
            left = deadline - time.monotonic()
            again = pause is not None and pause < left and (simpler or tries <= patience.retries)
            if not again or pause is None or (begun and not patience.begins_again()):
                raise _given_up(error, model, patience, tries, pause if pause and pause >= left else None) from error
            if simpler:
                model, tries = simpler, tries - 1
            else:
                problem = as_model_error(error, _service(model, patience)).message
                patience.on_retry(
                    f"{problem} Trying again in {pause:.2g} s; {left:.2g} of {patience.timeout_seconds:g} s are left."
                )
            if begun:
                yield Piece(restart=True)
            if patience.stop.wait(pause):
                return
        else:
            return


def complete(model: LLM, prompt: str, timeout_seconds: float) -> str:
    """The whole reply to one message; a passing fault is tried again within the time.

    Raises:
        ModelError: as `stream_pieces`.
    """
    pieces = stream_pieces(model, [ChatMessage(role="user", content=prompt)], timeout_seconds)
    return "".join(piece.text for piece in pieces)


def _given_up(error: Exception, model: LLM, patience: Patience, tries: int, asked: float | None) -> ModelError:
    """The error, with how often it was tried and whether the server asked for more time than there is."""
    ours = as_model_error(error, _service(model, patience))
    often = f" It was tried {tries} times within {patience.timeout_seconds:g} seconds." if tries > 1 else ""
    long = f" It asks to wait {asked:.0f} seconds, more than is left of {patience.timeout_seconds:g}." if asked else ""
    return ModelError(
        ours.message + often + (long if asked and asked > FIRST_PAUSE_SECONDS * 2**tries else ""), ours.remedy
    )


def _service(model: LLM, patience: Patience) -> Service:
    name = model.metadata.model_name
    return Service(
        server="The model server",
        model=f"The language model {name}",
        name=name,
        setting="ASSISTANT_LLM",
        timeout_seconds=patience.timeout_seconds,
        secrets=(getattr(model, "api_key", ""), password_in(getattr(model, "default_headers", None) or {})),
        sentences={
            "time-out": (
                "{model} did not finish within {seconds:g} seconds.",
                "Ask again, or allow it more time: ASSISTANT_LLM_TIMEOUT_SECONDS=…",
            ),
            "too-long": (
                "The passages are longer than the window of {model}.",
                "Tell its true size in tokens: ASSISTANT_LLM_CONTEXT_TOKENS=…",
            ),
        },
    )


def _until(
    deadline: float, model: LLM, messages: Sequence[ChatMessage], stop: threading.Event
) -> Iterator[ChatResponse]:
    """The model's responses, read in a thread: only so can a reader leave a server that never lets go.

    A thread that was left ends with the next event or with the client's own time-out.
    """
    arrived: queue.SimpleQueue[_Item] = queue.SimpleQueue()
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
            item = _next(arrived, deadline, stop)
            if item is None:
                return
            if isinstance(item, Exception):
                raise item
            yield item
    finally:
        left.set()


def _next(arrived: queue.SimpleQueue[_Item], deadline: float, stop: threading.Event) -> _Item:
    """What arrives next; None where the answer was stopped.

    Raises:
        TimeoutError: nothing arrived until the deadline.
    """
    while not stop.is_set():
        wait = deadline - time.monotonic()
        try:
            return arrived.get(timeout=max(0.0, min(LOOK_SECONDS, wait)))
        except queue.Empty:
            if wait <= 0:
                raise TimeoutError from None
    return None


def _piece(response: ChatResponse) -> Piece:
    choices = getattr(response.raw, "choices", None)
    choice = choices[0] if choices else None
    finish = getattr(choice, "finish_reason", None) if hasattr(response.raw, "choices") else "unknown"
    counts = response.additional_kwargs
    known = isinstance(counts.get("prompt_tokens"), int) and isinstance(counts.get("completion_tokens"), int)
    return Piece(
        text=without_surrogates(response.delta or ""),
        finish=finish,
        usage=Usage(counts["prompt_tokens"], counts["completion_tokens"]) if known else None,
        refusal=getattr(getattr(choice, "delta", None), "refusal", None) or "",
    )


def _without_refused_option(model: LLM, error: Exception) -> LLM | None:
    """The model without the one optional parameter that the server names in its refusal, if that is why it refused."""
    if not isinstance(error, openai.APIStatusError) or error.status_code not in {400, 422}:
        return None
    options: dict[str, Any] = getattr(model, "additional_kwargs", {})
    for name in OPTIONAL:
        named = error.param == name or re.search(rf"\b{name}\b", str(error.body))
        if named and options.get(name) is not openai.omit and kind_of(error) == "refused":
            instead = {}
            if name == "max_tokens" and "max_completion_tokens" in str(error.body):
                instead = {"max_completion_tokens": getattr(model, "max_tokens", None)}
            return model.model_copy(update={"additional_kwargs": {**options, name: openai.omit, **instead}})
    return None


def _pause(error: Exception, tries: int) -> float | None:
    """Seconds to wait before trying again; None if that is of no use."""
    if isinstance(error, openai.APITimeoutError | httpx.TimeoutException | TimeoutError):
        return None
    pause = float(FIRST_PAUSE_SECONDS * 2 ** (tries - 1))
    if isinstance(error, openai.APIStatusError):
        passing = error.status_code in {408, 409, 429} or error.status_code >= 500
        if not passing or error.code == "insufficient_quota":
            return None
        return max(pause, _asked_seconds(error.response.headers.get("retry-after", "")))
    passing = isinstance(error, json.JSONDecodeError) or kind_of(error) in {"unreachable", "broken", "mid-answer"}
    return pause if passing else None


def _asked_seconds(retry_after: str) -> float:
    """Seconds that a Retry-After header asks for, as a number or as a day and time; 0 if it cannot be read."""
    if re.fullmatch(r"\d{1,6}(?:\.\d+)?", retry_after):
        return float(retry_after)
    try:
        until = parsedate_to_datetime(retry_after)
    except ValueError:
        return 0.0
    return max(0.0, (until - datetime.datetime.now(until.tzinfo)).total_seconds())
