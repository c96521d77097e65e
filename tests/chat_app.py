"""The chat page over the fake library, as a script that Streamlit can run."""

from chat_fake import open_fake

from assistant import load_settings
from ui.chat import chat_page

chat_page(open_fake, load_settings)
