"""Questions and answers of a chat -> what the reader sees of them."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from assistant import Answer, AssistantError, Claim, Conversations
from assistant.conversations import StoredTurn, Verdict
from ui.answering import AnswerDesk, RunningAnswer
from ui.blocks import draw_block
from ui.render import as_of_text, claim_block, disagreement_block, nearest_block, sources_block

POLL_SECONDS = 0.25
SLICE_SECONDS = 0.1
"""How soon a click outside of a growing answer is heard."""
LONGEST_WAIT_SECONDS = 10.0
CLICK_SECONDS = 0.5
"""How soon a click on a chip of a growing answer is heard."""

OnOpen = Callable[[str], None]


def draw_turns(
    chat_id: str,
    turns: tuple[StoredTurn, ...],
    running: RunningAnswer | None,
    conversations: Conversations,
    *,
    on_open: OnOpen,
    on_ask: Callable[[StoredTurn], None],
) -> None:
    """Draw what is stored. A question without a whole answer can be asked again where it ends the chat."""
    answers = {turn.position: turn for turn in turns if turn.role == "assistant"}
    questions = [turn for turn in turns if turn.role == "user"]
    for question in questions:
        _draw_question(question)
        if running is not None and running.position == question.position:
            continue
        turn = answers.get(question.position + 1)
        if turn is not None:
            _draw_answer(chat_id, turn, conversations, on_open)
        else:
            draw_trouble(str(question.position), "This question was not answered: the program was ended first.")
        broken = turn is None or turn.state != "complete"
        if broken and question is questions[-1]:
            st.button("Ask again", key=f"again_{question.position}", on_click=on_ask, args=(question,))


def draw_running(running: RunningAnswer, desk: AnswerDesk, *, on_open: OnOpen) -> None:
    """Draw an answer while it grows, with a button that stops it."""
    runs = itertools.count()

    # Run again and again, each time until there is news: to look in four times a second for each of twenty people
    # would cost more than all their answers.
    @st.fragment(run_every=POLL_SECONDS)
    def grow() -> None:
        opened = st.query_params.get("source")
        claims = running.claims
        if _draw_claims(running.partial(), running.position + 1, on_open, opened):
            st.rerun()
        with st.container(key=f"quiet_running_{running.position}"):
            status = st.empty()
        if next(runs):  # the first time it is drawn with the whole page, which must not wait
            _await_news(running, len(claims), status)
        else:
            status.text(_status(running))
        if running.settled.is_set():
            st.rerun()

    grow()
    # Not within: a click on it then ends the waiting.
    st.button("Stop", key="stop", icon=":material/stop:", on_click=desk.stop, args=(running.chat_id,))


def _await_news(running: RunningAnswer, drawn: int, status: DeltaGenerator) -> None:
    """Wait for the next claim or the end; each line that is drawn lets a click come through."""
    ends = time.monotonic() + (CLICK_SECONDS if drawn else LONGEST_WAIT_SECONDS)
    status.text(_status(running))
    while not running.wait(drawn, SLICE_SECONDS) and time.monotonic() < ends:
        status.text(_status(running))


def _status(running: RunningAnswer) -> str:
    return running.remark or ("Writing …" if running.claims else "Reading the sources …")


def draw_trouble(key: str, message: str, remedy: str = "") -> None:
    """Draw what went wrong in one sentence, and below it what mends it."""
    with st.container(key=f"trouble_{key}", gap="xsmall"):
        _say(f"trouble_{key}", message)
        if remedy:
            _note(f"trouble_{key}", remedy)


def draw_internal_error(error: Exception) -> bool:
    """Say that something of ours broke, in place of the framework's own page; Streamlit has logged the whole story.

    Returns True, for Streamlit to add nothing.
    """
    message = f"Something went wrong in Footnote itself ({type(error).__name__})."
    draw_trouble("internal", message, "The terminal that runs the page says more. Reload the page to go on.")
    return True


def _draw_question(turn: StoredTurn) -> None:
    with st.container(key=f"question_{turn.position}"):
        st.text(turn.content)


def _draw_answer(chat_id: str, turn: StoredTurn, conversations: Conversations, on_open: OnOpen) -> None:
    answer, position = turn.answer, turn.position
    if answer is None:
        _draw_without_claims(turn)
        return
    opened = st.query_params.get("source")
    if answer.status == "refused":
        _draw_refusal(answer, position, on_open, opened)
    else:
        if answer.lead:
            _say(f"lead_{position}", answer.lead)
        _draw_short_answer(answer.short_answer, position, on_open, opened)
        _draw_claims(answer, position, on_open, opened, checked=turn.state == "complete")
    _draw_besides(answer, position, on_open, opened)
    if turn.state == "stopped":
        _note(f"stopped_{position}", "Stopped here. What is above was not checked to the end.")
    elif turn.state == "failed":
        _draw_failure(turn)
    if answer.notice:
        _note(f"notice_{position}", answer.notice)
    if answer.citations:
        draw_block(sources_block(answer, position, opened), f"sources_{position}", on_open)
    if turn.state == "complete":
        _draw_feedback(chat_id, turn, conversations)


def _draw_short_answer(words: Claim | None, position: int, on_open: OnOpen, opened: str | None) -> None:
    if words is not None:
        draw_block(claim_block(words, position, opened), f"short_{position}", on_open)


def _draw_besides(answer: Answer, position: int, on_open: OnOpen, opened: str | None) -> None:
    """What goes with the claims once the answer is whole: where sources differ, and from when it is."""
    for number, disagreement in enumerate(answer.disagreements):
        draw_block(disagreement_block(disagreement, position, opened), f"differ_{position}_{number}", on_open)
    if answer.as_of:
        _note(f"as_of_{position}", as_of_text(answer))


def _draw_without_claims(turn: StoredTurn) -> None:
    if turn.state == "failed":
        _draw_failure(turn)
    elif turn.state == "stopped":
        _note(f"stopped_{turn.position}", "Stopped before there was an answer.")
    else:
        _say(f"text_{turn.position}", turn.content)
        unread = "Another version of this program wrote this answer; its sources cannot be opened."
        _note(f"old_{turn.position}", unread)


def _draw_failure(turn: StoredTurn) -> None:
    message, _, remedy = turn.content.partition("\n")
    draw_trouble(str(turn.position), message, remedy)


def _draw_claims(answer: Answer, position: int, on_open: OnOpen, opened: str | None, *, checked: bool = False) -> bool:
    """Draw claims one by one; they keep their keys while an answer grows, so nothing that stands there moves."""
    question = _question_just_asked(position)
    clicked = [
        draw_block(
            claim_block(claim, position, opened, checked=checked, before=answer.claims[number - 1] if number else None),
            f"claim_{position}_{number}",
            on_open,
            question=question if number == 0 else None,
        )
        for number, claim in enumerate(answer.claims)
    ]
    return any(clicked)


def _draw_refusal(answer: Answer, position: int, on_open: OnOpen, opened: str | None) -> None:
    _say(f"refused_{position}", answer.lead or "The documents do not answer this.")
    _draw_claims(answer, position, on_open, opened, checked=True)  # what a model said, and no source carries
    if answer.evidence:
        question = _question_just_asked(position)
        draw_block(nearest_block(answer, position, opened), f"nearest_{position}", on_open, question=question)


def _question_just_asked(position: int) -> str | None:
    """The key of the question that the answer at `position` belongs to, if it is the one asked last in this window."""
    return f"question_{position - 1}" if st.session_state.get("asked_last") == position - 1 else None


def _say(key: str, text: str) -> None:
    with st.container(key=f"said_{key}"):
        st.text(text)


def _note(key: str, text: str) -> None:
    with st.container(key=f"quiet_{key}"):
        st.text(text)


@st.fragment
def _draw_feedback(chat_id: str, turn: StoredTurn, conversations: Conversations) -> None:
    """Thumbs, and after a thumb down a line for the reason. A fragment: nothing else on the page is run."""
    key, comment_key = f"feedback_{chat_id}_{turn.position}", f"comment_{chat_id}_{turn.position}"
    stored = turn.feedback
    default = None if stored is None else int(stored.verdict == "up")
    thumb = st.feedback("thumbs", key=key, default=default)
    comment = ""
    if thumb == 0:
        comment = st.text_input(
            "What was wrong? (optional)", value=stored.comment if stored else "", key=comment_key, max_chars=2000
        )
    verdict: Verdict | None = None if thumb is None else ("up" if thumb else "down")
    if (verdict, comment) == ((stored.verdict, stored.comment) if stored else (None, "")):
        return
    try:
        conversations.set_feedback(chat_id, turn.position, verdict, comment)
    except AssistantError as error:
        draw_trouble(f"feedback_{turn.position}", error.message, error.remedy)
