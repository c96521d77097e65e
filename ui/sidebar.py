"""The stored chats and the library's size -> the sidebar."""

from __future__ import annotations

from contextlib import suppress

import streamlit as st

from assistant import AssistantError, Conversations, LibrarySummary, Settings
from assistant.conversations import Chat
from assistant.errors import InputError
from ui.render import escape_markdown

CHATS_SHOWN = 25
RENAME, DELETE = "Rename", "Delete"


def draw_sidebar(
    conversations: Conversations, settings: Settings, summary: LibrarySummary | None, chat_id: str | None
) -> None:
    """Draw the way to a new chat, the earlier chats, and what answers from what."""
    with st.sidebar:
        st.button("New chat", key="new_chat", icon=":material/add:", width="stretch", on_click=_leave_chat)
        chats = conversations.list()
        if chats:
            _quiet("chats", "Chats")
        shown = chats if st.session_state.get("all_chats") else chats[:CHATS_SHOWN]
        with st.container(gap=None):
            for chat in shown:
                _draw_chat(chat, chat.id == chat_id)
        if len(shown) < len(chats):
            st.button(f"Show all {len(chats)} chats", key="show_all", type="tertiary", on_click=_show_all)
        st.space("small")
        _quiet("library", _library_line(summary))
        _quiet("mode", _mode_line(settings))
    current = next((chat for chat in chats if chat.id == chat_id), None)
    action = st.session_state.pop("chat_action", None)
    if current is not None and action == RENAME:
        _rename(conversations, current)
    elif current is not None and action == DELETE:
        _confirm_delete(conversations, current)


def _draw_chat(chat: Chat, current: bool) -> None:
    if not current:
        st.button(
            escape_markdown(chat.title),
            key=f"chat_{chat.id}",
            type="tertiary",
            width="stretch",
            on_click=_enter_chat,
            args=(chat.id,),
        )
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", wrap=False, key="chat_current"):
        st.button(
            f"**{escape_markdown(chat.title)}**",
            key=f"chat_{chat.id}",
            type="tertiary",
            width="stretch",
            icon=":material/chevron_right:",
            on_click=_enter_chat,
            args=(chat.id,),
        )
        st.menu_button(
            "Rename or delete this chat", [RENAME, DELETE], key="chat_menu", type="tertiary", on_click=_remember_action
        )


def _remember_action() -> None:
    st.session_state["chat_action"] = st.session_state["chat_menu"]


def _enter_chat(chat_id: str) -> None:
    st.session_state.pop("asked_last", None)
    st.query_params.from_dict({"chat": chat_id})


def _leave_chat() -> None:
    st.query_params.clear()


def _show_all() -> None:
    st.session_state["all_chats"] = True


@st.dialog("Rename this chat")
def _rename(conversations: Conversations, chat: Chat) -> None:
    with st.form("rename", border=False):
        title = st.text_input("Title", value=chat.title, max_chars=80)
        if not st.form_submit_button("Rename", type="primary"):
            return
    try:
        conversations.rename(chat.id, title)
    except AssistantError as error:
        st.text(str(error))
        return
    st.rerun()


@st.dialog("Delete this chat?")
def _confirm_delete(conversations: Conversations, chat: Chat) -> None:
    st.text(f"“{chat.title}” and all its answers will be gone. The documents stay.")
    with st.container(horizontal=True):
        if st.button("Keep it"):
            st.rerun()
        if st.button("Delete", key="delete_chat", type="primary"):
            with suppress(InputError):  # another window has deleted it
                conversations.delete(chat.id)
            _leave_chat()
            st.rerun()


def _quiet(key: str, text: str) -> None:
    with st.container(key=f"quiet_{key}"):
        st.text(text)


def _library_line(summary: LibrarySummary | None) -> str:
    if summary is None:
        return "No library is open."
    documents = f"{summary.documents:,} document{'' if summary.documents == 1 else 's'}"
    if summary.oldest is None or summary.newest is None:
        return f"{documents} in the library"
    return f"{documents} in the library, dated {_month(summary.oldest)} to {_month(summary.newest)}"


def _month(date: object) -> str:
    return f"{date:%B %Y}"


def _mode_line(settings: Settings) -> str:
    if settings.llm is None:
        return "Answers are sentences of the documents, word for word. No language model is used."
    return f"Answers are written by {settings.llm} and checked against the documents."
