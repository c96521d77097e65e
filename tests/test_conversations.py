import sqlite3
import threading

import pytest
from chat_fake import DOCUMENTS, citation

from assistant import Answer, AssistantError, Claim, Conversations, Turn
from assistant.conversations import Feedback, history, one_line
from assistant.errors import InputError


@pytest.fixture
def store(tmp_path):
    return Conversations(tmp_path / "deep" / "chats.db")


@pytest.fixture
def answer():
    quote = "The lighthouse at Port Ashby was lit again in March 1987."
    return Answer("When?", "answered", (Claim(quote, (citation(DOCUMENTS[1], quote, 1),), "supported"),), ())


def test_a_chat_is_there_after_the_store_is_opened_again(store, answer):
    chat = store.create("When was it lit?")
    question = store.add_user_turn(chat.id, "When was it lit?")
    store.add_answer(chat.id, question.position, answer.text, answer=answer)

    turns = Conversations(store.path).turns(chat.id)

    assert [(turn.role, turn.content, turn.state) for turn in turns] == [
        ("user", "When was it lit?", "complete"),
        ("assistant", answer.text, "complete"),
    ]
    assert turns[1].answer == answer
    assert store.get(chat.id) == chat


def test_a_question_is_stored_before_there_is_an_answer_and_its_answer_finds_its_place_later(store, answer):
    chat = store.create("x")
    first = store.add_user_turn(chat.id, "first")
    second = store.add_user_turn(chat.id, "second")
    store.add_answer(chat.id, second.position, "to the second")
    store.add_answer(chat.id, first.position, "to the first")

    assert [turn.content for turn in store.turns(chat.id)] == ["first", "to the first", "second", "to the second"]


def test_a_second_try_takes_the_place_of_the_first_and_of_its_feedback(store, answer):
    chat = store.create("x")
    question = store.add_user_turn(chat.id, "x")
    failed = store.add_answer(chat.id, question.position, "No network.\nTry again.", state="failed")
    store.set_feedback(chat.id, failed.position, "down", "useless")
    store.add_answer(chat.id, question.position, answer.text, answer=answer)

    (_, turn) = store.turns(chat.id)
    assert (turn.state, turn.answer, turn.feedback) == ("complete", answer, None)


def test_feedback_is_kept_changed_and_taken_back(store):
    chat = store.create("x")
    position = store.add_answer(chat.id, store.add_user_turn(chat.id, "x").position, "y").position

    store.set_feedback(chat.id, position, "down", "wrong year")
    assert store.turns(chat.id)[1].feedback == Feedback("down", "wrong year")
    store.set_feedback(chat.id, position, "up")
    assert store.turns(chat.id)[1].feedback == Feedback("up", "")
    store.set_feedback(chat.id, position, None)
    assert store.turns(chat.id)[1].feedback is None


def test_deleting_a_chat_deletes_all_of_it_and_nothing_else(store):
    kept, gone = store.create("kept"), store.create("gone")
    for chat in (kept, gone):
        position = store.add_answer(chat.id, store.add_user_turn(chat.id, "x").position, "y").position
        store.set_feedback(chat.id, position, "up")

    store.delete(gone.id)

    assert [chat.id for chat in store.list()] == [kept.id]
    assert len(store.turns(kept.id)) == 2
    with sqlite3.connect(store.path) as connection:
        counts = [connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("turns", "feedback")]
    assert counts == [2, 1]


def test_the_chat_last_written_in_comes_first(store):
    older, newer = store.create("older"), store.create("newer")
    assert [chat.title for chat in store.list()] == ["newer", "older"]
    store.add_user_turn(older.id, "again")
    assert [chat.title for chat in store.list()] == ["older", "newer"]
    store.rename(newer.id, "  a\nnew   name ")
    assert [chat.title for chat in store.list()] == ["older", "a new name"]


@pytest.mark.parametrize(
    "call",
    [
        lambda store, chat: store.get("none"),
        lambda store, chat: store.turns("none"),
        lambda store, chat: store.add_user_turn("none", "x"),
        lambda store, chat: store.add_answer("none", 0, "x"),
        lambda store, chat: store.add_answer(chat.id, 7, "x"),
        lambda store, chat: store.rename("none", "x"),
        lambda store, chat: store.rename(chat.id, "  "),
        lambda store, chat: store.delete("none"),
        lambda store, chat: store.set_feedback(chat.id, 0, "up"),
    ],
)
def test_what_is_not_there_is_an_input_error_and_changes_nothing(store, call):
    chat = store.create("x")
    with pytest.raises(InputError) as caught:
        call(store, chat)
    assert caught.value.remedy
    assert store.list() == (chat,)
    assert store.turns(chat.id) == ()


def test_many_threads_write_at_once_and_no_turn_is_lost(store):
    chat = store.create("x")
    threads = [
        threading.Thread(target=lambda n=n: [store.add_user_turn(chat.id, f"{n}.{i}") for i in range(5)])
        for n in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    turns = store.turns(chat.id)
    assert sorted(turn.content for turn in turns) == sorted(f"{n}.{i}" for n in range(6) for i in range(5))
    assert [turn.position for turn in turns] == list(range(0, 60, 2))


def test_a_newer_store_is_refused_and_left_as_it_is(tmp_path):
    path = tmp_path / "chats.db"
    Conversations(path)
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(AssistantError, match="newer version"):
        Conversations(path)


def test_a_file_that_is_no_store_is_an_error_with_a_remedy(tmp_path):
    path = tmp_path / "chats.db"
    path.write_bytes(b"these are not the chats you are looking for" * 40)
    with pytest.raises(AssistantError, match="cannot be used") as caught:
        Conversations(path)
    assert "move it away" in caught.value.remedy
    assert path.read_bytes().startswith(b"these are not")


def test_an_answer_that_another_version_wrote_keeps_its_words(store, answer):
    chat = store.create("x")
    question = store.add_user_turn(chat.id, "x")
    store.add_answer(chat.id, question.position, "the words", answer=answer)
    with sqlite3.connect(store.path) as connection:
        connection.execute("UPDATE turns SET answer_json = '{\"other\": 1}' WHERE role = 'assistant'")
    turn = store.turns(chat.id)[1]
    assert (turn.content, turn.answer, turn.state) == ("the words", None, "complete")


def test_failed_answers_are_no_part_of_what_the_next_question_sees(store):
    chat = store.create("x")
    store.add_answer(chat.id, store.add_user_turn(chat.id, "one").position, "1")
    store.add_answer(chat.id, store.add_user_turn(chat.id, "two").position, "No network.", state="failed")
    assert history(store.turns(chat.id)) == (Turn("user", "one"), Turn("assistant", "1"), Turn("user", "two"))


@pytest.mark.parametrize("text", ["word " * 2000, "x" * 10_000, "问" * 10_000])
def test_a_title_is_one_short_line(text):
    assert len(one_line(text)) <= 80
    assert one_line(text).endswith("…")
    assert text.startswith(one_line(text)[:-1])
