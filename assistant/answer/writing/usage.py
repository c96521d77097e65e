"""Tokens of the requests that an answer took -> what the language model consumed for it, with its cost."""

from __future__ import annotations

from collections.abc import Iterable

from assistant.settings import Settings
from assistant.types import Usage

PRICED_TOKENS = 1_000_000


def total_usage(parts: Iterable[Usage | None], settings: Settings) -> Usage | None:
    """The sum of what the server counted, None where it counted nothing; of two prices, one not set is nothing."""
    counted = [part for part in parts if part is not None]
    if not counted:
        return None
    sent, written = sum(part.prompt_tokens for part in counted), sum(part.completion_tokens for part in counted)
    if settings.llm_price_prompt is None and settings.llm_price_completion is None:
        return Usage(sent, written)
    cost = sent * (settings.llm_price_prompt or 0.0) + written * (settings.llm_price_completion or 0.0)
    return Usage(sent, written, cost / PRICED_TOKENS, settings.llm_currency)
