"""What goes wrong at a model server -> a ModelError with the next step. The vendor's errors become ours here."""

from __future__ import annotations

import json
import re

import httpx
import openai

from assistant.errors import ModelError

SHOWN_CHARACTERS = 200  # of what a server says about its error
RETRY = "Ask again in a moment."
LOOK = "Check the server and OPENAI_BASE_URL, then run: assistant doctor"
_SECRET = re.compile(r"\b(?:sk|key|Bearer)[-_ ][\w*.-]{6,}")


def as_model_error(error: Exception, name: str, timeout_seconds: float) -> ModelError:
    """What happened with the model `name`, in the user's words, without keys or the addresses that may carry them."""
    if isinstance(error, TimeoutError | openai.APITimeoutError | httpx.TimeoutException):
        return ModelError(
            f"The language model {name} did not finish within {timeout_seconds:g} seconds.",
            "Ask again, or allow it more time: ASSISTANT_LLM_TIMEOUT_SECONDS=…",
        )
    if isinstance(error, openai.APIStatusError):
        return _status_error(error, name)
    if isinstance(error, openai.APIConnectionError):
        return ModelError("The model server cannot be reached.", LOOK)
    if isinstance(error, openai.APIResponseValidationError | json.JSONDecodeError | UnicodeDecodeError):
        return ModelError("The model server sent something that cannot be read.", LOOK)
    if isinstance(error, openai.LengthFinishReasonError | openai.ContentFilterFinishReasonError):
        return ModelError(f"The language model {name} broke its answer off.", RETRY)
    if isinstance(error, openai.APIError):
        return ModelError(f"The model server reported an error in mid-answer{_said(error)}.", RETRY)
    if isinstance(error, httpx.HTTPError | httpx.StreamError | OSError):
        return ModelError("The connection to the model server broke off.", RETRY)
    if isinstance(error, openai.OpenAIError):
        return ModelError(f"The client of the model server failed ({type(error).__name__}).", LOOK)
    return ModelError(f"The model server sent something that cannot be read ({type(error).__name__}).", LOOK)


def _status_error(error: openai.APIStatusError, name: str) -> ModelError:
    status, said = error.status_code, _said(error)
    if status == 401:
        return ModelError(
            "The model server did not accept the key.", "Correct OPENAI_API_KEY, then run: assistant doctor"
        )
    if status == 403:
        return ModelError(
            f"The key may not use the language model {name}.", "Ask who runs the server, or use another model."
        )
    if status == 404:
        return ModelError(
            f"The model server has no model {name}, or its address is wrong.",
            "Correct ASSISTANT_LLM or OPENAI_BASE_URL, then run: assistant doctor",
        )
    if status == 429 and error.code == "insufficient_quota":
        return ModelError("The account at the model server has no credit left.", "Add credit, or use another model.")
    if status == 429:
        return ModelError("The model server gets too many requests just now.", "Wait a minute and ask again.")
    if status == 413 or error.code == "context_length_exceeded" or re.search(r"context (?:length|window|size)", said):
        return ModelError(
            f"The passages are longer than the window of the language model {name}.",
            "Tell its true size in tokens: ASSISTANT_LLM_CONTEXT_TOKENS=…",
        )
    if status >= 500:
        return ModelError(f"The model server failed (error {status}).", RETRY)
    return ModelError(f"The model server refused the request (error {status}){said}.", LOOK)


def _said(error: openai.APIError) -> str:
    """The server's own words, short, on one line and without keys."""
    body = error.body if isinstance(error.body, dict) else {}
    words = " ".join(str(body.get("message") or "").split())
    words = _SECRET.sub("…", words)[:SHOWN_CHARACTERS].rstrip(". ")
    return f": {words}" if words else ""
