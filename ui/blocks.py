"""Plain data from `render` -> blocks in the browser, and the reader's clicks back.

The blocks build their text with text nodes only: whatever a document or a model says is shown, never interpreted.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

_FOLDER = Path(__file__).parent


def _component(name: str) -> Any:
    return st.components.v2.component(
        f"footnote_{name}",
        css=(_FOLDER / f"{name}.css").read_text(encoding="utf-8"),
        js=(_FOLDER / f"{name}.js").read_text(encoding="utf-8"),
    )


_ANSWER = _component("answer")
_SOURCE = _component("source")


def draw_block(block: dict[str, Any], key: str, on_open: Callable[[str], None], *, question: str | None = None) -> bool:
    """Draw a claim, a list of sources or the nearest passages; True if the reader has just opened one.

    `question` is the key of a container that goes to the top of the window when the block appears.
    """
    result = _ANSWER(
        key=key, data=block | {"question": question}, on_open_change=lambda: on_open(st.session_state[key]["open"])
    )
    return bool(result.open)


def draw_source(block: dict[str, Any], on_close: Callable[[], None]) -> None:
    """Draw a document with its cited place in view."""
    _SOURCE(key="source", data=block, height="stretch", on_close_change=on_close)
