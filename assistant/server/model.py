"""Settings -> a language model: OpenAI, or any server that speaks its protocol. Nothing is sent here."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import openai
from llama_index.core.llms import LLM
from llama_index.llms.openai import OpenAI
from llama_index.llms.openai.utils import O1_MODELS
from llama_index.llms.openai_like import OpenAILike

from assistant.addresses import read_address
from assistant.errors import SettingsError
from assistant.server.recording import Recorder
from assistant.settings import Settings

OPENAI_ADDRESS = "https://api.openai.com/v1"
ANSWER_TOKENS = 4_000  # far more than an answer needs; a local model's reasoning is in there too
REASONING_TOKENS = 12_000  # OpenAI's reasoning models count what they do not show


def open_model(settings: Settings) -> LLM:
    """The model the settings name. Nothing is sent yet.

    Raises:
        SettingsError: no model is named, the key is missing, the address is none, the model cannot chat, its requests
            cannot be recorded where the settings say, or the user has not allowed what the folder's file says of it.
    """
    if not settings.llm:
        raise SettingsError("No language model is set.", "Name one: ASSISTANT_LLM=…, then run: assistant doctor")
    settings.check_allowed("llm", "openai_base_url", "openai_api_key", "record")
    key = settings.openai_api_key.get_secret_value().strip() if settings.openai_api_key else ""
    common: dict[str, Any] = {
        "model": settings.llm,
        "temperature": 0.0,
        "max_retries": 0,  # we retry ourselves, within the time budget
        "timeout": settings.llm_timeout_seconds,
        "additional_kwargs": {"stream_options": {"include_usage": True}, "seed": settings.llm_seed},
    }
    if settings.record:
        common["http_client"] = openai.DefaultHttpxClient(
            timeout=settings.llm_timeout_seconds, event_hooks={"request": [Recorder(settings.record)]}
        )
    if settings.openai_base_url:
        address = read_address(settings.openai_base_url)
        own: LLM = OpenAILike(
            **common,
            api_base=address.url,
            default_headers=address.headers or None,
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
