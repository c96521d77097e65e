"""A question -> an answer made beside the page, so that no click and no refresh breaks it off.

Streamlit runs the page anew at every click, and drops what the last run was doing. The work is therefore done by a
thread that outlives the run; the page looks in from time to time and draws what there is.
"""

from __future__ import annotations

import datetime
import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

from assistant import Answer, AssistantError, Claim, Conversations, Turn
from assistant.conversations import StoredTurn, TurnState, history
from assistant.errors import StorageError

_LOG = logging.getLogger(__name__)


class Asks(Protocol):
    """The part of `Assistant` that is needed here."""

    def ask(
        self,
        question: str,
        history: Sequence[Turn] = (),
        *,
        on_claim: Callable[[Claim], None] | None = None,
        on_retry: Callable[[str], None] | None = None,
        stop: threading.Event | None = None,
    ) -> Answer:
        """Answer one question."""
        ...


class StoppedError(Exception):
    """The reader stopped this answer; raised into the work to end it early."""


class RunningAnswer:
    """One answer in the making: the claims so far, and whether it is settled."""

    def __init__(self, chat_id: str, position: int, question: str) -> None:
        """`position` is that of the question; its answer will stand at the next."""
        self.chat_id = chat_id
        self.position = position
        self.question = question
        self.settled = threading.Event()
        self.remark = ""
        """What the reader should know while it lasts, such as that a model server is tried again."""
        self._claims: list[Claim] = []
        self._news = threading.Condition()

    @property
    def claims(self) -> tuple[Claim, ...]:
        """What there is so far, in order."""
        with self._news:
            return tuple(self._claims)

    def wait(self, drawn: int, seconds: float) -> bool:
        """Wait until there are more claims than are `drawn`, or it is settled. False if neither came in that time."""
        with self._news:
            return self._news.wait_for(lambda: self.settled.is_set() or len(self._claims) > drawn, seconds)

    def settle(self) -> None:
        """Nothing will be added any more."""
        with self._news:
            self.settled.set()
            self._news.notify_all()

    def add(self, claim: Claim) -> None:
        """Take in the next claim.

        Raises:
            StoppedError: nobody waits for it any more.
        """
        if self.settled.is_set():
            raise StoppedError
        with self._news:
            self._claims.append(claim)
            self.remark = ""
            self._news.notify_all()

    def note(self, remark: str) -> None:
        """Say something until the next claim or remark."""
        self.remark = remark

    def partial(self) -> Answer:
        """What there is, as an answer whose citations can be opened."""
        return Answer(self.question, "answered", self.claims, ())


class AnswerDesk:
    """Starts answers, at most one a chat, and stores what becomes of each exactly once."""

    def __init__(self, assistant: Asks, conversations: Conversations) -> None:
        """Answers come from `assistant` and go to `conversations`."""
        self._assistant = assistant
        self._conversations = conversations
        self._running: dict[str, RunningAnswer] = {}
        self._unstored: dict[tuple[str, int], StoredTurn] = {}
        """Answers that the disk did not take, by chat and position."""
        self._lock = threading.Lock()
        self._asking = threading.Lock()

    def running(self, chat_id: str) -> RunningAnswer | None:
        """The answer that this chat waits for, if any."""
        with self._lock:
            return self._running.get(chat_id)

    def look(self, chat_id: str) -> tuple[RunningAnswer | None, tuple[StoredTurn, ...]]:
        """The answer that a chat waits for, and what is stored of the chat.

        They are read in this order: an answer that settles between the two is in both. In the other order it would be
        in neither, and its question would look as if it had never been answered.

        Raises:
            AssistantError: there is no such chat, or it cannot be read.
        """
        running = self.running(chat_id)
        turns = {turn.position: turn for turn in self._conversations.turns(chat_id)}
        with self._lock:
            unstored = {place: turn for (chat, place), turn in self._unstored.items() if chat == chat_id}
        merged = unstored | turns  # an answer that was stored later is the newer one
        return running, tuple(merged[position] for position in sorted(merged))

    def ask(self, chat_id: str, question: str, again: int | None = None) -> RunningAnswer | None:
        """Store a question, and begin its answer; or answer the stored one at position `again` once more.

        Nothing is stored, and None returned, while another answer of this chat is being written, in whichever window.

        Raises:
            AssistantError: there is no such chat, or it cannot be written.
        """
        with self._asking:
            if self.running(chat_id) is not None:
                return None
            before = history(self._conversations.turns(chat_id))
            position = self._conversations.add_user_turn(chat_id, question).position if again is None else again
            return self.start(chat_id, position, question, before)

    def start(self, chat_id: str, position: int, question: str, history: Sequence[Turn]) -> RunningAnswer:
        """Begin an answer to the stored question at `position`; one that is under way is returned as it is."""
        with self._lock:
            if chat_id in self._running:
                return self._running[chat_id]
            running = self._running[chat_id] = RunningAnswer(chat_id, position, question)
        threading.Thread(target=self._work, args=(running, tuple(history)), daemon=True).start()
        return running

    def stop(self, chat_id: str) -> None:
        """Break an answer off at once; what there is of it is stored."""
        running = self.running(chat_id)
        if running is not None:
            partial = _what_there_is(running)
            self._settle(running, partial.text if partial else "", partial, "stopped")

    def _work(self, running: RunningAnswer, history: Sequence[Turn]) -> None:
        try:
            answer = self._assistant.ask(
                running.question,
                history,
                on_claim=running.add,
                on_retry=running.note,
                stop=running.settled,  # a model server that is silent is left at once, too
            )
        except StoppedError:
            return
        except AssistantError as error:
            self._settle(running, f"{error.message}\n{error.remedy}", _what_there_is(running), "failed")
        except Exception as error:
            _LOG.exception("an answer failed")
            trouble = f"Something went wrong in Footnote itself ({type(error).__name__})."
            remedy = "The terminal that runs the page says more. Ask again."
            self._settle(running, f"{trouble}\n{remedy}", _what_there_is(running), "failed")
        else:
            self._settle(running, answer.text, answer, "complete")

    def _settle(self, running: RunningAnswer, content: str, answer: Answer | None, state: TurnState) -> None:
        with self._lock:
            if self._running.get(running.chat_id) is not running:
                return  # stopped or stored before
            try:
                self._conversations.add_answer(running.chat_id, running.position, content, answer=answer, state=state)
            except StorageError as error:  # it is shown all the same, as long as this program runs
                _LOG.warning("an answer could not be stored: %s", error)
                position, now = running.position + 1, datetime.datetime.now(datetime.UTC)
                told = None if answer is None else replace(answer, notice=_told(answer.notice, error))
                self._unstored[running.chat_id, position] = StoredTurn(position, "assistant", content, state, now, told)
            except AssistantError as error:  # the chat was deleted meanwhile
                _LOG.warning("an answer could not be stored: %s", error)
            finally:
                del self._running[running.chat_id]
                running.settle()


def _told(notice: str | None, error: StorageError) -> str:
    return " ".join(filter(None, [notice, f"This answer is not kept: {error.message} {error.remedy}"]))


def _what_there_is(running: RunningAnswer) -> Answer | None:
    return running.partial() if running.claims else None
