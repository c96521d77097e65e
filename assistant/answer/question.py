"""Conversation and question -> what to search for.

A first version: a question that leans on what was said before is searched together with the question before it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.errors import InputError
from assistant.types import Turn

QUESTION_LIMIT = 4_000  # characters: a page and a half; beyond it somebody has pasted a document
_LEANS = re.compile(
    r"^\W*(?:and|but|so|also|then|what about|how about|und|aber|那|那么)\b"
    r"|\b(?:it|its|he|she|him|his|her|hers|they|them|their|theirs|this|that|these|those|there|then|one|ones|former|latter"
    r"|first|second|same|earlier|later|before|afterwards|sie|ihr|ihre|dort|damals)\b|[他她它]|这|那",
    re.IGNORECASE,
)
_SHORT = 8  # words: a follow-up of fewer is mostly an ellipsis


def check_question(question: str) -> str:
    """The question without outer white space.

    Raises:
        InputError: it is empty, holds no letter or digit, is longer than 4,000 characters, or is no Unicode text.
    """
    text = question.strip()
    if not text:
        raise InputError("The question is empty.", "Type a question about your documents.")
    if len(text) > QUESTION_LIMIT:
        raise InputError(
            f"The question has {len(text):,} characters; at most {QUESTION_LIMIT:,} are read.",
            "Ask about one thing, or index the long text as a document: assistant index PATH",
        )
    if any("\ud800" <= character <= "\udfff" for character in text):  # bytes of the shell that are no UTF-8
        raise InputError("The question holds characters that cannot be read.", "Type it again, as UTF-8 text.")
    if not re.search(r"\w", text):
        raise InputError("The question holds no words.", "Type a question about your documents.")
    return text


def search_text(question: str, history: Sequence[Turn]) -> str:
    """What to search for: the question, after the user's last one where it leans on that."""
    before = [turn.content.strip() for turn in history if turn.role == "user"]
    if before and (len(question.split()) < _SHORT or _LEANS.search(question)):
        return f"{before[-1]} {question}"
    return question
