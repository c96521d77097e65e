"""What `streamlit run ui/app.py` serves: the chat page behind its gate, with our errors told in our own words."""

import logging
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.middleware import Middleware

from ui.gate import Gate
from ui.turns import draw_internal_error

for name in ("assistant", "ui"):  # whatever the program that runs the page does with the log of other libraries
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.getLogger(name).addHandler(handler)


@asynccontextmanager
async def warming(_app: st.App) -> AsyncIterator[None]:
    """Import what the first answer needs while the reader looks at the page: it takes seconds."""
    threading.Thread(target=lambda: [import_module(name) for name in ("pandas", "assistant.pipeline")]).start()
    yield


SERVED: dict[str, Any] = {
    "middleware": [Middleware(Gate)],
    "lifespan": warming,
    "on_script_error": draw_internal_error,
}
"""How any page of ours is served."""

app = st.App(Path(__file__).with_name("page.py"), **SERVED)
