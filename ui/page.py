"""The script that Streamlit runs at every click: the chat page over the library that the settings name."""

from assistant import load_settings, open_assistant
from ui.chat import chat_page

chat_page(open_assistant, load_settings)
