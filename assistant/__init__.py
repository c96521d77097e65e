"""Footnote: an assistant in which every claim opens the sentence it rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assistant.conversations import Conversations
from assistant.errors import AssistantError
from assistant.settings import Settings, load_settings
from assistant.types import (
    Answer,
    Article,
    AsOf,
    Citation,
    Claim,
    Disagreement,
    Document,
    Evidence,
    Filters,
    LibrarySummary,
    Passage,
    Span,
    Turn,
    answer_from_json,
    answer_to_json,
)

if TYPE_CHECKING:
    from assistant.pipeline import Assistant, open_assistant

__all__ = [
    "Answer", "Article", "AsOf", "Assistant", "AssistantError", "Citation", "Claim", "Conversations", "Disagreement",
    "Document", "Evidence",
    "Filters", "LibrarySummary", "Passage", "Settings", "Span", "Turn", "answer_from_json", "answer_to_json",
    "load_settings", "open_assistant",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """Import the pipeline, and with it LlamaIndex and Chroma, only for who asks something: `--help` needs neither."""
    if name in {"Assistant", "open_assistant"}:
        from assistant import pipeline

        return getattr(pipeline, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
