"""What goes wrong at a server of OpenAI's protocol -> a ModelError with the next step. One table for all who ask one.

The vendor's errors become ours here, for the language model and for embeddings alike. No message carries a key, or an
address that may hold one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import httpx
import openai

from assistant.errors import ModelError

Kind = Literal[
    "time-out", "key", "forbidden", "no-model", "no-credit", "too-many", "too-long", "failed", "refused", "unreachable",
    "unreadable", "cut", "mid-answer", "broken", "client",
]  # fmt: skip
Sentence = tuple[str, str]
"""What happened, and the next step."""

SHOWN_CHARACTERS = 200  # of what a server says about its error
AGAIN = "Ask again in a moment."
LOOK = "Check the server and OPENAI_BASE_URL, then run: assistant doctor"
SENTENCES: Mapping[Kind, Sentence] = {
    "time-out": ("{model} did not finish within {seconds:g} seconds.", AGAIN),
    "key": ("{server} did not accept the key.", "Correct OPENAI_API_KEY, then run: assistant doctor"),
    "forbidden": ("The key may not use {model}.", "Ask who runs the server, or use another model."),
    "no-model": (
        "{server} has no model “{name}”, or its address is wrong{said}.",
        "Correct {setting} or OPENAI_BASE_URL, then run: assistant doctor",
    ),
    "no-credit": ("The account at {server_within} has no credit left.", "Add credit, or use another model."),
    "too-many": ("{server} gets too many requests just now.", "Wait a minute and try again."),
    "too-long": ("What was sent is longer than {model} takes{said}.", "Use a model with a larger window."),
    "failed": ("{server} failed (error {status}).", AGAIN),
    "refused": ("{server} refused the request (error {status}){said}.", LOOK),
    "unreachable": ("{server} cannot be reached.", "Check the network connection. " + LOOK),
    "unreadable": ("{server} sent something that cannot be read ({type}).", LOOK),
    "cut": ("{model} broke its answer off.", AGAIN),
    "mid-answer": ("{server} reported an error in mid-answer{said}.", AGAIN),
    "broken": ("The connection to {server_within} broke off.", AGAIN),
    "client": ("The client of {server_within} failed ({type}).", LOOK),
}
_SECRET = re.compile(r"\b(?:sk|key|Bearer)[-_ ][\w*.-]{6,}")
_PASSWORD = re.compile(r"(?<=://)\S*@")
_TOO_LONG = re.compile(r"context (?:length|window|size)|maximum context|too many tokens|prompt is too long", re.I)


@dataclass(frozen=True, slots=True)
class Service:
    """What the sentences call the server and its model, and which setting names the model."""

    server: str
    """At the beginning of a sentence: "The model server"."""
    model: str
    """At the beginning of a sentence: "The language model qwen3"."""
    name: str
    """The model as it was set."""
    setting: str
    timeout_seconds: float
    sentences: Mapping[Kind, Sentence] = field(default_factory=dict)
    """Sentences of its own, in the place of the common ones."""
    otherwise: str = ""
    """What can be done without the server; said with every remedy."""
    secrets: Sequence[str] = ()
    """Key and password: taken out of whatever the server says."""


def as_model_error(error: Exception, service: Service) -> ModelError:
    """What happened at this service, in the user's words, without keys or the addresses that may carry them."""
    kind = kind_of(error)
    message, remedy = {**SENTENCES, **service.sentences}[kind]
    words = {
        "server": service.server,
        "server_within": _lower_first(service.server),
        "model": service.model if message.startswith("{model}") else _lower_first(service.model),
        "name": service.name,
        "setting": service.setting,
        "seconds": service.timeout_seconds,
        "status": getattr(error, "status_code", ""),
        "said": _said(error, service.secrets),
        "type": type(error).__name__,
    }
    remedy = remedy.format(**words)
    if service.otherwise:
        remedy = f"{remedy.rstrip('.')}; {service.otherwise}"
    return ModelError(message.format(**words), remedy)


def kind_of(error: Exception) -> Kind:
    """Which of the things that can go wrong this is. Every error of the client and its transport is one of them."""
    match error:
        case TimeoutError() | openai.APITimeoutError() | httpx.TimeoutException():
            return "time-out"
        case openai.APIStatusError():
            return _kind_of_status(error)
        case openai.APIConnectionError():
            return "unreachable"
        case openai.APIResponseValidationError() | json.JSONDecodeError() | UnicodeDecodeError():
            return "unreadable"
        case openai.LengthFinishReasonError() | openai.ContentFilterFinishReasonError():
            return "cut"
        case openai.APIError():
            return "too-long" if _TOO_LONG.search(_said(error)) else "mid-answer"
        case httpx.HTTPError() | httpx.StreamError() | OSError():
            return "broken"
        case openai.OpenAIError():
            return "client"
        case _:
            return "unreadable"


def _kind_of_status(error: openai.APIStatusError) -> Kind:
    status = error.status_code
    if status == 413 or error.code == "context_length_exceeded" or (status < 500 and _TOO_LONG.search(_said(error))):
        return "too-long"
    if status == 429:
        return "no-credit" if error.code == "insufficient_quota" else "too-many"
    kinds: dict[int, Kind] = {401: "key", 402: "no-credit", 403: "forbidden", 404: "no-model"}
    return kinds.get(status, "failed" if status >= 500 else "refused")


def _said(error: Exception, secrets: Sequence[str] = ()) -> str:
    """The server's own words after a colon, short, on one line and without keys; nothing if it said nothing."""
    body = getattr(error, "body", None)
    found = body.get("message") or body.get("error") if isinstance(body, dict) else body
    words = " ".join(str(found or "").split())
    for secret in filter(None, secrets):
        words = words.replace(secret, "[key]")
    words = _PASSWORD.sub("…@", words)
    words = _SECRET.sub("…", words)[:SHOWN_CHARACTERS].rstrip(". ")
    return f": {words}" if words else ""


def _lower_first(text: str) -> str:
    return text[:1].lower() + text[1:]
