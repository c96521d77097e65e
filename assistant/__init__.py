"""Footnote: an assistant in which every claim opens the sentence it rests on.

What is named here is what others may use, the page and the evaluation included; what lies deeper may change.
"""

from __future__ import annotations

from importlib import import_module
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
    from assistant.answer.checking.support import FUNCTION_WORDS, Support, Verifier, check_support
    from assistant.answer.checking.verifier import open_verifier
    from assistant.cli.batch import answer_line
    from assistant.cli.main import library_name
    from assistant.indexing import index_folder, read_file
    from assistant.language.quantities import find_quantities
    from assistant.models.files import recorded_checksums
    from assistant.pipeline import Assistant, open_assistant
    from assistant.search.retriever import retrieve
    from assistant.server.model import open_model
    from assistant.server.streaming import complete

__all__ = [
    "FUNCTION_WORDS", "Answer", "Article", "AsOf", "Assistant", "AssistantError", "Citation", "Claim",
    "Conversations", "Disagreement", "Document", "Evidence", "Filters", "LibrarySummary", "Passage", "Settings",
    "Span", "Support", "Turn", "Verifier", "answer_from_json", "answer_line", "answer_to_json", "check_support",
    "complete", "find_quantities", "index_folder", "library_name", "load_settings", "open_assistant", "open_model",
    "open_verifier", "read_file", "recorded_checksums", "retrieve",
]  # fmt: skip

_LATER = {
    "FUNCTION_WORDS": "answer.checking.support",
    "Support": "answer.checking.support",
    "Verifier": "answer.checking.support",
    "check_support": "answer.checking.support",
    "find_quantities": "language.quantities",
    "open_verifier": "answer.checking.verifier",
    "open_model": "server.model",
    "complete": "server.streaming",
    "answer_line": "cli.batch",
    "index_folder": "indexing",
    "library_name": "cli.main",
    "read_file": "indexing",
    "recorded_checksums": "models.files",
    "Assistant": "pipeline",
    "open_assistant": "pipeline",
    "retrieve": "search.retriever",
}


def __getattr__(name: str) -> Any:
    """Import what takes its time (LlamaIndex, Chroma, onnxruntime) only for who asks for it: `--help` needs none."""
    if name in _LATER:
        return getattr(import_module(f"assistant.{_LATER[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
