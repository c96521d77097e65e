"""The chat page without a browser, over the fake library of `chat_fake`."""

import contextlib
import dataclasses
import json
import shutil
import sqlite3
import time
from pathlib import Path

import pytest
from chat_fake import DOCUMENTS, OPENED
from streamlit.testing.v1 import AppTest

from assistant import Conversations, load_settings

SCRIPT = Path(__file__).parent / "chat_app.py"
QUOTE = "The lighthouse at Port Ashby was lit again in March 1987."


@pytest.fixture(autouse=True)
def settings(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("ASSISTANT_LLM", "OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ASSISTANT_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("ASSISTANT_LIBRARY", "sample")
    return load_settings()


@pytest.fixture
def store(settings):
    return Conversations(settings.conversations_file)


@pytest.fixture
def page():
    return open_page()


def open_page(**query):
    page = AppTest.from_file(str(SCRIPT), default_timeout=30)
    for name, value in query.items():
        page.query_params[name] = value
    return run(page)


def run(page):
    page.run()
    assert not page.exception
    return page


def ask(page, question):
    page.chat_input(key="ask").set_value(question)
    return run(page)


def said(page):
    return [text.value for text in page.text]


def blocks(page, kind):
    drawn = [json.loads(block.proto.json) for block in page.get("bidi_component")]
    return [block for block in drawn if block.get("kind") == kind]


def panel(page):
    drawn = [json.loads(block.proto.json) for block in page.get("bidi_component")]
    return next((block for block in drawn if "before" in block), None)


def choose(page, action):
    """Choose from the menu. AppTest opens none, and runs the whole page where a browser runs the dialog alone."""
    page.session_state["chat_action"] = action
    return run(page)


def address(page):
    return {name: values[0] if isinstance(values, list) else values for name, values in page.query_params.items()}


def test_an_empty_page_says_what_it_is_what_it_holds_and_what_to_ask(page):
    assert "Every claim in the answer opens the sentence it rests on." in said(page)[0]
    assert "2 documents in the library, dated November 2024 to January 2025" in said(page)
    assert any("No language model is used" in line for line in said(page))
    assert len([button for button in page.button if button.key.startswith("example_")]) >= 4


def test_a_library_of_ones_own_is_not_given_the_samples_questions(monkeypatch):
    monkeypatch.setenv("ASSISTANT_LIBRARY", "mine")
    assert not [button for button in open_page().button if button.key.startswith("example_")]


def test_a_question_is_answered_and_survives_a_refresh(page, store):
    ask(page, "When was the lighthouse lit?")
    claims = blocks(page, "claim")
    assert (claims[0]["speaker"], claims[0]["text"]) == ("Coast Institute", QUOTE)

    again = open_page(chat=address(page)["chat"])
    assert [claim["text"] for claim in blocks(again, "claim")] == [claim["text"] for claim in claims]
    assert [claim["question"] for claim in claims] == ["question_0", None], "a new answer is shown from its beginning"
    assert [claim["question"] for claim in blocks(again, "claim")] == [None, None], "an old one stays where it is"
    assert "When was the lighthouse lit?" in said(again)
    assert len(store.list()) == 1


def test_an_example_is_asked_with_one_click(page, store):
    page.button(key="example_0").click()
    run(page)
    (chat,) = store.list()
    assert [turn.role for turn in store.turns(chat.id)] == ["user", "assistant"]


def test_a_citation_opens_the_document_at_the_cited_sentence(page):
    ask(page, "lighthouse")
    opened = open_page(chat=address(page)["chat"], source="1.1")
    source = panel(opened)
    assert source["quote"] == QUOTE
    assert dict(source["facts"]) == {
        "Published by": "Coast Institute",
        "Author": "A. Writer",
        "Date": "30 January 2025",
        "File": "reports/harbour.md",
    }
    assert [claim["opened"] for claim in blocks(opened, "claim")] == ["1.1", None]
    assert panel(page) is None


@pytest.mark.parametrize("source", ["9.9", "x", "1.", "1.p7", "-1.1", "²", "1" * 5_000, f"1.{'1' * 5_000}"])
def test_an_address_of_no_source_opens_nothing(page, source):
    ask(page, "lighthouse")
    assert panel(open_page(chat=address(page)["chat"], source=source)) is None


def test_a_refusal_shows_what_came_nearest_and_opens_it(page):
    ask(page, "xyzzy?")
    assert "The documents do not say anything about $this$." in said(page)
    (nearest,) = blocks(page, "nearest")
    assert nearest["spots"][0]["excerpt"].startswith("Paragraph 1 speaks")
    opened = open_page(chat=address(page)["chat"], source="1.p2")
    assert panel(opened)["quote"] == "Keepers of Ashby write a log every night."


def test_an_unsupported_claim_and_a_notice_are_drawn(page):
    ask(page, "lighthouse doubt notice")
    assert blocks(page, "claim")[-1]["label"] == "Not found in the sources"
    assert any("The model did not answer" in line for line in said(page))


def test_a_failure_keeps_the_question_says_the_remedy_and_can_be_asked_again(page, store):
    ask(page, "broken")
    assert {"broken", "The model server refused the key.", "Correct OPENAI_API_KEY, then ask again."} <= set(said(page))
    page.button(key="again_0").click()
    run(page)
    (chat,) = store.list()
    assert [turn.content for turn in store.turns(chat.id) if turn.role == "user"] == ["broken"]


def test_a_question_that_the_program_never_answered_says_so(store):
    chat = store.create("x")
    store.add_user_turn(chat.id, "lighthouse")
    page = open_page(chat=chat.id)
    assert any("was not answered" in line for line in said(page))
    page.button(key="again_0").click()
    assert blocks(run(page), "claim")


def test_the_next_question_knows_the_chat_so_far(page, settings):
    ask(page, "lighthouse")
    ask(page, "solar")
    history = OPENED[settings.library_dir].histories[-1]
    assert [turn.role for turn in history] == ["user", "assistant"]
    assert history[0].content == "lighthouse"
    assert QUOTE in history[1].content


def test_an_answer_in_the_making_can_be_stopped(page, settings, store):
    ask(page, "slowly lighthouse")
    assert page.chat_input(key="ask").disabled
    page.button(key="stop").click()
    run(page)
    (chat,) = store.list()
    assert store.turns(chat.id)[1].state == "stopped"
    assert not page.chat_input(key="ask").disabled
    OPENED[settings.library_dir].step.release(2)


def test_no_click_and_no_refresh_breaks_an_answer_off(page, settings, store):
    ask(page, "slowly lighthouse")
    again = open_page(chat=address(page)["chat"])
    assert again.chat_input(key="ask").disabled
    OPENED[settings.library_dir].step.release(2)
    for _ in range(50):
        run(again)
        if len(blocks(again, "sources")):
            break
    assert len(blocks(again, "claim")) == 2
    (chat,) = store.list()
    assert store.turns(chat.id)[1].state == "complete"


def test_thumbs_are_stored_with_a_reason_and_taken_back(page, store):
    ask(page, "lighthouse")
    (chat,) = store.list()
    thumbs = page.get("feedback")[0]
    thumbs.set_value(0)
    run(page)
    page.text_input(key=f"comment_{chat.id}_1").set_value("wrong year")
    run(page)
    feedback = store.turns(chat.id)[1].feedback
    assert (feedback.verdict, feedback.comment) == ("down", "wrong year")
    page.get("feedback")[0].set_value(1)
    run(page)
    assert store.turns(chat.id)[1].feedback.verdict == "up"


def test_chats_are_listed_entered_renamed_and_deleted(store):
    first, second = store.create("*first* :smile:"), store.create("second")
    page = open_page()
    page.button(key=f"chat_{first.id}").click()
    run(page)
    assert address(page) == {"chat": first.id}

    choose(page, "Rename")
    page.text_input[0].set_value("harbours")
    next(button for button in page.button if button.label == "Rename").click()
    choose(page, "Rename")
    assert store.get(first.id).title == "harbours"

    choose(page, "Delete")
    assert any("first" in line or "harbours" in line for line in said(page))
    assert len(store.list()) == 2
    page.button(key="delete_chat").click()
    choose(page, "Delete")
    assert [chat.id for chat in store.list()] == [second.id]
    assert address(page) == {}


def test_an_unknown_chat_says_so_and_a_question_begins_a_new_one(store):
    page = open_page(chat="nowhere")
    assert "This chat does not exist, or was deleted." in said(page)
    ask(page, "lighthouse")
    assert address(page)["chat"] == store.list()[0].id


def test_without_an_index_the_page_names_the_command(tmp_path):
    script = tmp_path / "empty.py"
    script.write_text(
        "from chat_fake import open_nothing\nfrom assistant import load_settings\nfrom ui.chat import chat_page\n"
        "chat_page(open_nothing, load_settings)\n"
    )
    page = run(AppTest.from_file(str(script), default_timeout=30))
    assert {"Nothing has been indexed yet.", "Run: assistant index PATH"} <= set(said(page))
    assert page.chat_input[0].disabled


def test_a_changed_document_is_never_marked_at_the_wrong_place(page, monkeypatch):
    ask(page, "lighthouse")
    changed = dataclasses.replace(DOCUMENTS[1], text="New first line.\n" + DOCUMENTS[1].text)
    monkeypatch.setitem(DOCUMENTS, 1, changed)
    source = panel(open_page(chat=address(page)["chat"], source="1.1"))
    assert (source["quote"], source["before"]) == ("", changed.text)
    assert QUOTE in source["note"]


def test_a_document_that_is_gone_says_so_and_can_be_closed(page, monkeypatch):
    ask(page, "lighthouse")
    monkeypatch.delitem(DOCUMENTS, 1)
    gone = open_page(chat=address(page)["chat"], source="1.1")
    assert "This document is no longer in the library." in said(gone)
    gone.button(key="close_source").click()
    assert "source" not in address(run(gone))


def test_an_empty_library_names_the_command(settings, page):
    OPENED[settings.library_dir].holds = 0
    assert "The library is empty." in said(run(page))


def test_a_setting_that_is_wrong_is_named(monkeypatch):
    monkeypatch.setenv("ASSISTANT_THREADS", "many")
    assert any("ASSISTANT_THREADS" in line for line in said(open_page()))


def test_an_answer_stopped_before_it_began_says_just_that(page, settings):
    ask(page, "slowly lighthouse")
    page.button(key="stop").click()
    assert "Stopped before there was an answer." in said(run(page))
    OPENED[settings.library_dir].step.release(2)


def test_a_chat_deleted_in_another_window_is_told_and_the_question_begins_a_new_one(page, store):
    ask(page, "lighthouse")
    store.delete(address(page)["chat"])
    ask(page, "solar glass")
    assert "This chat does not exist, or was deleted." in said(page)
    assert "solar glass" in said(page)
    (chat,) = store.list()
    assert store.turns(chat.id)[0].content == "solar glass"
    assert address(page)["chat"] == chat.id


def test_a_chat_deleted_while_it_is_being_deleted_here_is_gone(page, store):
    ask(page, "lighthouse")
    choose(page, "Delete")
    store.delete(address(page)["chat"])
    page.button(key="delete_chat").click()
    run(page)
    assert store.list() == ()


@pytest.mark.parametrize("damage", ["UPDATE turns SET created = 'yesterday'", "DROP TABLE feedback"])
def test_damaged_chats_are_told_with_a_remedy_and_the_page_goes_on(page, store, damage):
    ask(page, "lighthouse")
    with contextlib.closing(sqlite3.connect(store.path)) as connection, connection:
        connection.execute(damage)
    again = open_page(chat=address(page)["chat"])
    assert any(line.startswith("The stored chats in ") for line in said(again))
    assert not again.chat_input(key="ask").disabled


def test_a_chat_list_that_cannot_be_read_is_told_too(page, store):
    ask(page, "lighthouse")
    with contextlib.closing(sqlite3.connect(store.path)) as connection, connection:
        connection.execute("UPDATE chats SET created = 'yesterday'")
    again = open_page()
    assert any(line.startswith("The stored chats in ") for line in said(again))


def test_a_question_asked_in_a_second_window_waits_for_its_turn_and_is_not_lost(page, settings, store):
    ask(page, "lighthouse")
    chat_id = address(page)["chat"]
    second = open_page(chat=chat_id)
    ask(page, "slowly lighthouse")  # and the second window has not heard of it
    ask(second, "solar glass")
    assert "Asked as soon as this answer is there: solar glass" in said(second)
    assert [turn.content for turn in store.turns(chat_id) if turn.role == "user"] == ["lighthouse", "slowly lighthouse"]
    OPENED[settings.library_dir].step.release(2)
    for _ in range(50):
        if len(store.turns(chat_id)) > 3:
            break
        time.sleep(0.02)
    run(second)
    assert store.turns(chat_id)[4].content == "solar glass"
    assert not any("was not answered" in line for line in said(second))


def test_where_no_chat_can_be_stored_questions_are_answered_all_the_same(settings):
    settings.conversations_file.parent.write_text("a file stands where the folder of chats should be")
    page = open_page()
    assert "These chats are not kept." in said(page)
    ask(page, "lighthouse")
    assert QUOTE in [claim["text"] for claim in blocks(page, "claim")]
    ask(page, "solar")
    assert len(blocks(page, "claim")) > 2, "the chat goes on as long as the page"


def test_a_disk_that_takes_no_more_questions_stops_none(page, settings):
    ask(page, "lighthouse")
    shutil.rmtree(settings.conversations_file.parent)
    settings.conversations_file.parent.write_text("the folder is gone, and none can be made")
    ask(page, "solar")
    assert "These chats are not kept." in said(page)
    assert blocks(page, "claim")
