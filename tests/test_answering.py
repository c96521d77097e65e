import threading

import pytest
from chat_fake import FakeAssistant

from assistant import Conversations, Turn
from assistant.errors import StorageError
from ui.answering import AnswerDesk

QUESTION = "Tell me slowly of the lighthouse"


@pytest.fixture
def store(tmp_path):
    return Conversations(tmp_path / "chats.db")


def ask(desk, store, question, chat=None):
    chat = chat or store.create(question)
    position = store.add_user_turn(chat.id, question).position
    return chat, desk.start(chat.id, position, question, ())


def wait_until(condition):
    for _ in range(200):
        if condition():
            return
        threading.Event().wait(0.02)
    raise AssertionError("it did not come")


def wait_for_claims(running, count):
    for _ in range(200):
        if len(running.claims) >= count:
            return
        threading.Event().wait(0.02)
    raise AssertionError(f"{len(running.claims)} of {count} claims")


def test_an_answer_is_stored_when_it_is_whole(store):
    desk = AnswerDesk(FakeAssistant(), store)
    chat, running = ask(desk, store, "lighthouse")
    assert running.settled.wait(5)
    turn = store.turns(chat.id)[1]
    assert (turn.state, len(turn.answer.claims), turn.content) == ("complete", 2, turn.answer.text)
    assert desk.running(chat.id) is None


def test_claims_are_seen_while_the_answer_grows(store):
    assistant = FakeAssistant()
    desk = AnswerDesk(assistant, store)
    chat, running = ask(desk, store, QUESTION)
    assert running.claims == ()
    assistant.step.release()
    wait_for_claims(running, 1)
    assert desk.running(chat.id) is running
    assert store.turns(chat.id)[1:] == ()
    assistant.step.release()
    assert running.settled.wait(5)
    assert len(store.turns(chat.id)[1].answer.claims) == 2


def test_a_stopped_answer_is_stored_as_what_there_was_and_stays_so(store):
    assistant = FakeAssistant()
    desk = AnswerDesk(assistant, store)
    chat, running = ask(desk, store, QUESTION)
    assistant.step.release()
    wait_for_claims(running, 1)
    desk.stop(chat.id)
    stored = store.turns(chat.id)[1]
    assert (stored.state, len(stored.answer.claims)) == ("stopped", 1)
    assistant.step.release()  # the work wakes up, and must not add anything
    threading.Event().wait(0.1)
    assert store.turns(chat.id)[1] == stored
    assert len(running.claims) == 1


def test_stopping_tells_the_work_so_that_a_silent_server_is_left(store):
    assistant = FakeAssistant()
    desk = AnswerDesk(assistant, store)
    chat, _running = ask(desk, store, QUESTION)
    wait_until(lambda: assistant.stops)
    assert not assistant.stops[0].is_set()
    desk.stop(chat.id)
    assert assistant.stops[0].is_set()
    assistant.step.release()


def test_that_a_server_is_tried_again_is_said_until_the_next_claim(store):
    assistant = FakeAssistant()
    desk = AnswerDesk(assistant, store)
    chat, running = ask(desk, store, QUESTION.replace("slowly", "slowly again"))
    wait_until(lambda: running.remark)
    assert running.remark == "The model server is busy. Trying again in 1 s."
    assistant.step.release()
    wait_for_claims(running, 1)
    assert running.remark == ""
    desk.stop(chat.id)
    assistant.step.release()


def test_the_same_chat_is_answered_once_at_a_time_and_others_beside_it(store):
    assistant = FakeAssistant()
    desk = AnswerDesk(assistant, store)
    chat, running = ask(desk, store, QUESTION)
    assert desk.start(chat.id, 0, "another", ()) is running
    _other, quick = ask(desk, store, "lighthouse")
    assert quick.settled.wait(5)
    assert desk.running(chat.id) is running
    desk.stop(chat.id)


@pytest.mark.parametrize(
    ("question", "message"),
    [("broken", "The model server refused the key.\nCorrect OPENAI_API_KEY"), ("crash", "ZeroDivisionError")],
)
def test_a_failure_is_stored_with_its_remedy(store, question, message, caplog):
    chat, running = ask(AnswerDesk(FakeAssistant(), store), store, question)
    assert running.settled.wait(5)
    turn = store.turns(chat.id)[1]
    assert (turn.state, turn.answer) == ("failed", None)
    assert message in turn.content
    assert "\n" in turn.content


def test_an_answer_to_a_chat_deleted_meanwhile_is_dropped(store):
    assistant = FakeAssistant()
    desk = AnswerDesk(assistant, store)
    chat, running = ask(desk, store, QUESTION)
    store.delete(chat.id)
    assistant.step.release(2)
    assert running.settled.wait(5)
    assert desk.running(chat.id) is None
    assert store.list() == ()


def test_what_was_said_before_goes_along(store):
    assistant = FakeAssistant()
    desk = AnswerDesk(assistant, store)
    chat = store.create("x")
    position = store.add_user_turn(chat.id, "lighthouse").position
    before = [Turn("user", "a"), Turn("assistant", "b")]
    assert desk.start(chat.id, position, "lighthouse", before).settled.wait(5)
    assert assistant.histories == [tuple(before)]


class SettlesMeanwhile(Conversations):
    """Stored chats that are read so slowly that the answer is settled in between."""

    def turns(self, chat_id):
        stored = super().turns(chat_id)
        self.meanwhile()
        return stored


def test_an_answer_that_settles_while_the_chat_is_read_is_not_taken_for_one_that_was_never_given(tmp_path):
    store = SettlesMeanwhile(tmp_path / "chats.db")
    assistant = FakeAssistant()
    desk = AnswerDesk(assistant, store)
    chat, running = ask(desk, store, QUESTION)

    def settle():
        assistant.step.release(2)
        assert running.settled.wait(5)

    store.meanwhile = settle
    seen, turns = desk.look(chat.id)
    assert seen is running, "neither stored nor running: the page would call it unanswered"
    assert len(turns) == 1
    assert desk.look(chat.id)[0] is None


def test_a_question_is_not_stored_while_another_of_its_chat_is_answered(store):
    assistant = FakeAssistant()
    desk = AnswerDesk(assistant, store)
    chat = store.create("x")
    running = desk.ask(chat.id, QUESTION)
    assert desk.ask(chat.id, "lighthouse") is None, "asked in another window: its turn comes"
    assert [turn.content for turn in store.turns(chat.id)] == [QUESTION]
    assistant.step.release(2)
    assert running.settled.wait(5)
    assert desk.ask(chat.id, "lighthouse").settled.wait(5)
    assert [turn.role for turn in store.turns(chat.id)] == ["user", "assistant"] * 2
    assert [turn.role for turn in assistant.histories[-1]] == ["user", "assistant"]


def test_waiting_ends_with_the_next_claim_or_the_end_and_not_before(store):
    assistant = FakeAssistant()
    desk = AnswerDesk(assistant, store)
    _chat, running = ask(desk, store, QUESTION)
    assert not running.wait(0, 0.05)
    assistant.step.release()
    assert running.wait(0, 5)
    assert not running.wait(1, 0.05)
    assistant.step.release()
    assert running.settled.wait(5)
    assert running.wait(2, 0)


class FullDisk(Conversations):
    """Stored chats whose disk has no room for an answer any more."""

    def add_answer(self, *_, **__):
        raise StorageError("The disk is full.", "Make room on it.")


def test_an_answer_that_the_disk_does_not_take_is_shown_and_said_not_to_be_kept(tmp_path):
    store = FullDisk(tmp_path / "chats.db")
    desk = AnswerDesk(FakeAssistant(), store)
    chat, running = ask(desk, store, "lighthouse")
    assert running.settled.wait(5)
    seen, turns = desk.look(chat.id)
    assert seen is None
    assert [turn.role for turn in turns] == ["user", "assistant"]
    assert len(turns[1].answer.claims) == 2
    assert turns[1].answer.notice == "This answer is not kept: The disk is full. Make room on it."
