"""Settings and a library -> the chat page: the open chat, its source panel, and a place to ask."""

from __future__ import annotations

import gc
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from assistant import AssistantError, Conversations, LibrarySummary, Settings
from assistant.conversations import StoredTurn, unkept_conversations
from assistant.errors import StorageError
from ui.answering import AnswerDesk, RunningAnswer
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
        conversations, not_kept = _conversations(settings)
    except AssistantError as error:
        draw_trouble("page", error.message, error.remedy)
        return
    summary = None
    try:
        assistant = _assistant(open_assistant, settings, str(settings.library_dir))
        desk = _desk(assistant, conversations, str(settings.library_dir), str(conversations.path))
        summary = assistant.summary()
        _draw_chat(assistant, summary, desk, conversations, settings)
    except AssistantError as error:
        draw_trouble("page", error.message, error.remedy)
        if summary is None:
            st.chat_input("Ask your documents", disabled=True)
    # Last, so that a chat that has just begun stands in the list.
    try:
        draw_sidebar(conversations, settings, summary, st.query_params.get("chat"))
    except AssistantError as error:
        with st.sidebar:
            draw_trouble("sidebar", error.message, error.remedy)
    if not_kept:
        with st.sidebar:
            draw_trouble("not_kept", "These chats are not kept.", not_kept)


def _conversations(settings: Settings) -> tuple[Conversations, str]:
    """The stored chats; or some that last as long as the page, where the disk takes none, and why it does not."""
    why = st.session_state.get("not_kept", "")
    if not why:
        try:
            return Conversations(settings.conversations_file), ""
        except StorageError as error:
            why = st.session_state["not_kept"] = str(error)
    return _unkept_conversations(), why


@st.cache_resource(show_spinner=False)
def _unkept_conversations() -> Conversations:
    return unkept_conversations()


@st.cache_resource(show_spinner="Opening the library …")
def _assistant(
    _open_assistant: Callable[[Settings], Any],
    _settings: Settings,
    library: str,  # noqa: ARG001 (the cache tells one library from another by it)
) -> Any:
    """The library, opened once for all readers."""
    assistant = _open_assistant(_settings)
    gc.freeze()  # else looking through all that was imported holds up every tenth answer or so by 60 ms
    return assistant


@st.cache_resource(show_spinner=False)
def _desk(
    _assistant: Any,
    _conversations: Conversations,
    library: str,  # noqa: ARG001 (as above)
    conversations_file: str,  # noqa: ARG001
) -> AnswerDesk:
    return AnswerDesk(_assistant, _conversations)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question that was asked in this window, and in which chat; None for a new one."""

    question: str
    chat_id: str | None
    again: int | None = None
    """The position of the stored question that is to be answered once more."""


def _draw_chat(
    assistant: Any, summary: LibrarySummary, desk: AnswerDesk, conversations: Conversations, settings: Settings
) -> None:
    chat_id = st.query_params.get("chat")
    running: RunningAnswer | None = None
    turns: tuple[StoredTurn, ...] = ()
    try:
        running, turns = desk.look(chat_id) if chat_id else (None, ())
    except AssistantError as error:
        draw_trouble("page", error.message, error.remedy)
        chat_id = None
    asked: _Asked | None = st.session_state.get("asked")
    if asked is not None and running is None and asked.chat_id in (None, st.query_params.get("chat")):
        del st.session_state["asked"]
        try:
            chat_id = _ask(desk, conversations, asked, chat_id)
            running, turns = desk.look(chat_id)
        except StorageError as error:
            _go_on_unkept(asked, error)
        except AssistantError as error:
            draw_trouble("asked", error.message, error.remedy)
            st.text(asked.question)  # it is not lost
    page = st.container()
    st.chat_input(
        "An answer is being written …" if running else "Ask your documents",
        key="ask",
        disabled=running is not None,
        on_submit=_remember_question,
    )
    with page:
        if chat_id and turns:
            draw_turns(chat_id, turns, running, conversations, on_open=_open_source, on_ask=_ask_again)
            if running is not None:
                draw_running(running, desk, on_open=_open_source)
                _draw_waiting()
        elif not chat_id or not turns:
            _draw_empty(settings, summary.documents)
    _draw_source_panel(assistant, running, turns)


def _draw_waiting() -> None:
    """The question that this window asked while another one was waiting for an answer in the same chat."""
    asked: _Asked | None = st.session_state.get("asked")
    if asked is not None:
        with st.container(key="quiet_waiting"):
            st.text(f"Asked as soon as this answer is there: {asked.question}")


def _remember_question() -> None:
    question = (st.session_state["ask"] or "").strip()
    if question:
        st.session_state["asked"] = _Asked(question, st.query_params.get("chat"))


def _ask(desk: AnswerDesk, conversations: Conversations, asked: _Asked, chat_id: str | None) -> str:
    """Store the question first; whatever happens to the answer, it is kept. Returns the chat it was asked in."""
    if chat_id is None:
        chat_id = conversations.create(asked.question).id
        st.query_params["chat"] = chat_id
    running = desk.ask(chat_id, asked.question, asked.again)
    if running is None:  # another window was quicker: this one is asked when that answer is there
        st.session_state["asked"] = asked
        return chat_id
    st.session_state["asked_last"] = running.position
    running.settled.wait(GRACE_SECONDS)
    return chat_id


def _go_on_unkept(asked: _Asked, error: StorageError) -> None:
    """The disk takes nothing any more: the question is asked all the same, in a chat that is not kept."""
    if "not_kept" in st.session_state:
        raise error  # nor can that one be written
    st.session_state["not_kept"] = str(error)
    st.session_state["asked"] = _Asked(asked.question, None)
    st.query_params.clear()
    st.rerun()


def _ask_again(turn: StoredTurn) -> None:
    st.session_state["asked"] = _Asked(turn.content, st.query_params.get("chat"), turn.position)


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
    st.session_state["asked"] = _Asked(example, None)


def _open_source(reference: str) -> None:
    st.query_params["source"] = reference


def _close_source() -> None:
    st.query_params.pop("source", None)


def _draw_source_panel(assistant: Any, running: RunningAnswer | None, turns: tuple[StoredTurn, ...]) -> None:
    reference = st.query_params.get("source")
    if not reference or not turns:
        return
    answers = {str(turn.position): turn.answer for turn in turns if turn.answer is not None}
    if running is not None:
        answers[str(running.position + 1)] = running.partial()
    position = reference.partition(".")[0]
    answer = answers.get(position)  # as text: whatever stands in an address need be no number
    spot = find_spot(answer, int(position), reference) if answer else None
    if spot is None:
        return
    with st.container(key="source_panel"):
        try:
            document = assistant.source(spot.document_id, spot.document, spot.start, spot.quote)
        except AssistantError as error:
            draw_trouble("source", error.message, error.remedy)
            st.button("Close the source", key="close_source", on_click=_close_source)
            return
        draw_source(source_block(document, spot), _close_source)
