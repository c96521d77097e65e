"""Settings and a library -> the chat page: the open chat, its source panel, and a place to ask."""

from __future__ import annotations

import gc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

from assistant import AssistantError, Conversations, LibrarySummary, Settings
from assistant.conversations import Chat, StoredTurn, history
from assistant.errors import InputError
from ui.answering import AnswerDesk
from ui.blocks import draw_source
from ui.examples import EXAMPLES
from ui.render import escape_markdown, find_spot, source_block
from ui.sidebar import draw_sidebar
from ui.turns import draw_running, draw_trouble, draw_turns

SAMPLE_LIBRARY = "sample"
GRACE_SECONDS = 0.4
"""An answer that is there by then is drawn at once; a slower one is drawn as it grows."""


def chat_page(open_assistant: Callable[[Settings], Any], load_settings: Callable[[], Settings]) -> None:
    """Draw the page. What it is built on is passed in, so that a test can pass something else."""
    st.set_page_config(page_title="Footnote", page_icon="※", layout="centered")
    st.html(Path(__file__).parent / "style.css")
    try:
        settings = load_settings()
        conversations = _conversations(settings)
    except AssistantError as error:
        draw_trouble("page", error.message, error.remedy)
        return
    try:
        assistant, desk = _desk(open_assistant, settings, conversations, str(settings.library_dir))
        summary = assistant.summary()
    except AssistantError as error:
        draw_sidebar(conversations, settings, None, st.query_params.get("chat"))
        draw_trouble("page", error.message, error.remedy)
        st.chat_input("Ask your documents", disabled=True)
        return
    _draw_chat(assistant, summary, desk, conversations, settings)
    # Last, so that a chat that has just begun stands in the list.
    draw_sidebar(conversations, settings, summary, st.query_params.get("chat"))


def _conversations(settings: Settings) -> Conversations:
    return Conversations(settings.conversations_file)


@st.cache_resource(show_spinner="Opening the library …")
def _desk(
    _open_assistant: Callable[[Settings], Any],
    _settings: Settings,
    _conversations: Conversations,
    library: str,  # noqa: ARG001 (the cache tells one library from another by it)
) -> tuple[Any, AnswerDesk]:
    """The library, opened once for all readers."""
    assistant = _open_assistant(_settings)
    gc.freeze()  # else looking through all that was imported holds up every tenth answer or so by 60 ms
    return assistant, AnswerDesk(assistant, _conversations)


def _draw_chat(
    assistant: Any, summary: LibrarySummary, desk: AnswerDesk, conversations: Conversations, settings: Settings
) -> None:
    chat_id = st.query_params.get("chat")
    turns: tuple[StoredTurn, ...] = ()
    try:
        turns = conversations.turns(chat_id) if chat_id else ()
    except InputError as error:
        draw_trouble("page", error.message, error.remedy)
        chat_id = None
    page = st.container()
    running = desk.running(chat_id) if chat_id else None
    typed = st.chat_input(
        "An answer is being written …" if running else "Ask your documents",
        key="ask",
        disabled=running is not None,
    )
    question = typed or st.session_state.pop("asked", None)
    if question and question.strip() and running is None:
        chat_id, turns = _ask(desk, conversations, chat_id, question.strip())
        running = desk.running(chat_id)
        if running is not None:
            st.rerun()  # draws the place to ask as busy
    with page:
        if chat_id and turns:
            draw_turns(chat_id, turns, desk, conversations, on_open=_open_source, on_ask=_ask_again)
            if running is not None:
                draw_running(running, desk, on_open=_open_source)
        elif not chat_id or not turns:
            _draw_empty(settings, summary.documents)
    _draw_source_panel(assistant, desk, chat_id, turns)


def _ask(
    desk: AnswerDesk, conversations: Conversations, chat_id: str | None, question: str
) -> tuple[str, tuple[StoredTurn, ...]]:
    """Store the question first; whatever happens to the answer, it is kept."""
    chat: Chat = conversations.get(chat_id) if chat_id else conversations.create(question)
    st.query_params["chat"] = chat.id
    before = history(conversations.turns(chat.id))
    again = st.session_state.pop("asked_at", None)
    position = conversations.add_user_turn(chat.id, question).position if again is None else again
    st.session_state["asked_last"] = position
    desk.start(chat.id, position, question, before).settled.wait(GRACE_SECONDS)
    return chat.id, conversations.turns(chat.id)


def _ask_again(turn: StoredTurn) -> None:
    st.session_state["asked"] = turn.content
    st.session_state["asked_at"] = turn.position


def _draw_empty(settings: Settings, documents: int) -> None:
    with st.container(key="empty"):
        st.title("Footnote")
        with st.container(key="said_empty"):
            st.text("Ask your documents a question. Every claim in the answer opens the sentence it rests on.")
        if not documents:
            draw_trouble("empty", "The library is empty.", "Index a folder of documents: assistant index PATH")
        elif settings.library == SAMPLE_LIBRARY and EXAMPLES:
            _draw_examples()


def _draw_examples() -> None:
    with st.container(gap="xsmall"):
        with st.container(key="quiet_examples"):
            st.text("For example")
        for number, example in enumerate(EXAMPLES):
            st.button(
                escape_markdown(example),
                key=f"example_{number}",
                width="stretch",
                on_click=_ask_example,
                args=(example,),
            )


def _ask_example(example: str) -> None:
    st.session_state["asked"] = example


def _open_source(reference: str) -> None:
    st.query_params["source"] = reference


def _close_source() -> None:
    st.query_params.pop("source", None)


def _draw_source_panel(assistant: Any, desk: AnswerDesk, chat_id: str | None, turns: tuple[StoredTurn, ...]) -> None:
    reference = st.query_params.get("source")
    if not reference or not chat_id:
        return
    answers = {turn.position: turn.answer for turn in turns if turn.answer is not None}
    running = desk.running(chat_id)
    if running is not None:
        answers[running.position + 1] = running.partial()
    position = reference.partition(".")[0]
    answer = answers.get(int(position)) if position.isdecimal() else None
    spot = find_spot(answer, int(position), reference) if answer else None
    if spot is None:
        return
    with st.container(key="source_panel"):
        try:
            document = assistant.document(spot.document_id)
        except AssistantError as error:
            draw_trouble("source", error.message, error.remedy)
            st.button("Close the source", key="close_source", on_click=_close_source)
            return
        draw_source(source_block(document, spot), _close_source)
