"""The chat page over the fake library, served as `assistant chat` serves the real one."""

import logging
from pathlib import Path

import streamlit as st

from ui.app import SERVED

logging.getLogger().addHandler(logging.NullHandler())  # as the command line does

app = st.App(Path(__file__).with_name("chat_app.py"), **SERVED)
