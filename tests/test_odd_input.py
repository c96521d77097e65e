"""Half characters, numbers of 6,000 digits, JSON without an end to its depth, paths that are no UTF-8: no traceback."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest
from fake_model_server import FakeModelServer, Reply
from fakes import LetterEmbedder

from assistant import complete, open_model
from assistant.cli import main as cli
from assistant.cli.batch import answer_cases, load_cases
from assistant.cli.terminal_chat import TerminalChat
from assistant.conversations import Conversations
from assistant.errors import InputError, SettingsError
from assistant.ingest.sync.sync import make_plan, sync
from assistant.pipeline import Assistant
from assistant.search.index import open_for_writing
from assistant.server.recording import Recorder
from assistant.settings import Settings, load_settings
from assistant.types import Filters, Turn, answer_to_json
from evals.cases import case_from_line
from evals.import_files import load_json

DIGITS = "9" * 6_000
DEEP = "[" * 100_000
HALF = r"\ud800"


def test_a_batch_goes_on_over_odd_cases(sample: Assistant, tmp_path: Path) -> None:
    cases, out = tmp_path / "cases.jsonl", tmp_path / "answers.jsonl"
    turn = f'{{"role": "user", "content": "Who {HALF} runs Vanke?"}}'
    cases.write_text(
        f'{{"id": "number", "question": "Who runs Vanke?", "weight": {DIGITS}}}\n'
        f'{{"id": "half", "question": "Who {HALF} runs Vanke?"}}\n'
        f'{{"id": "id {HALF}", "question": "Who runs Vanke?"}}\n'
        f'{{"id": "history", "question": "And who else?", "history": [{turn}]}}\n'
        f'{{"id": "digits", "question": "{DIGITS[:3500]} % of Vanke?"}}\n'
    )
    assert answer_cases(sample, load_cases(cases), out) == 5
    lines = [json.loads(line) for line in out.read_text("utf-8").split("\n") if line]
    assert [line["id"] for line in lines] == ["number", "half", "id \ud800", "history", "digits"]
    assert [line["status"] == "error" for line in lines] == [False, True, False, False, False]
    assert "characters that cannot be read" in lines[1]["text"]
    assert answer_cases(sample, load_cases(cases), out) == 1  # the one that was no answer


def test_a_case_or_an_answer_without_an_end_to_its_depth_is_named(sample: Assistant, tmp_path: Path) -> None:
    cases, out = tmp_path / "cases.jsonl", tmp_path / "answers.jsonl"
    cases.write_text(f'{{"id": "a", "question": "Who?"}}\n{{"id": "b", "question": "Who?", "history": {DEEP}')
    with pytest.raises(InputError, match=r"cases\.jsonl, line 2: nested too deeply"):
        load_cases(cases)
    out.write_text(f'{{"id": "a", "status": {DEEP}\n')
    cases.write_text('{"id": "a", "question": "Who?"}')
    with pytest.raises(InputError, match="is not a file of answers"):
        answer_cases(sample, load_cases(cases), out)


def test_a_case_to_be_scored_and_a_data_set_are_read_or_named() -> None:
    start = '{"id": "a", "type": "t", "answerable": false, "question": '
    with pytest.raises(InputError, match="line 3: this is nested too deeply"):
        case_from_line(start + DEEP, "line 3")
    with pytest.raises(InputError, match="line 3: a number is too long"):
        case_from_line(start + DIGITS + "}", "line 3")
    with pytest.raises(InputError, match="line 3, field question"):
        case_from_line(f'{start}"{HALF}"}}', "line 3")


def test_a_data_set_without_an_end_to_its_depth_is_named(tmp_path: Path) -> None:
    (tmp_path / "set.json").write_text(DEEP)
    with pytest.raises(InputError, match=r"set\.json is not JSON"):
        load_json(tmp_path / "set.json")
    with pytest.raises(SettingsError, match="cannot be recorded"):
        Recorder(tmp_path / "set.json")


def test_a_filter_that_is_no_text_is_refused(sample: Assistant) -> None:
    with pytest.raises(InputError, match=r"'\\udcff' is no text that can be stored or looked up"):
        sample.ask("Who runs Vanke?", filters=Filters(documents=("\udcff",)))


def test_a_history_with_half_characters_is_read(sample: Assistant) -> None:
    answer = sample.ask(
        "And who else?", [Turn("user", "Who \ud800 runs Vanke?"), Turn("assistant", "Yu \udfff Liang.")]
    )
    answer_to_json(answer)


def test_what_a_model_writes_has_no_half_characters() -> None:
    event = {"choices": [{"index": 0, "delta": {"content": "A port \ud800."}, "finish_reason": "stop"}]}
    body = f"data: {json.dumps(event)}\n\ndata: [DONE]\n\n".encode()
    with FakeModelServer([Reply(body=body, headers={"content-type": "text/event-stream"})]) as server:
        model = open_model(Settings(llm="scripted", openai_base_url=server.url))
        assert complete(model, "x", 20) == "A port \N{REPLACEMENT CHARACTER}."


def test_a_chat_stores_no_half_characters_and_goes_on(sample: Assistant, tmp_path: Path) -> None:
    chats = Conversations(tmp_path / "chats.db")
    with pytest.raises(InputError, match="no text that can be stored"):
        chats.create("\udcff")
    lines = iter(["Who \udcff runs Vanke?", "/chats", f"/chat {DIGITS}", "Who runs Vanke?", "/quit"])
    TerminalChat(sample, chats, read=lambda _: next(lines)).run()
    assert [chat.title for chat in chats.list()] == ["Who runs Vanke?"]


def test_a_folder_whose_path_is_no_utf8_is_named_and_others_are_read(tmp_path: Path) -> None:
    odd = tmp_path / os.fsdecode(b"pap\xffers")
    try:
        odd.mkdir()
    except OSError:
        pytest.skip("this disk takes no such name")
    (odd / "a.txt").write_text("Apples ripen in autumn.")
    (tmp_path / "b.txt").write_text("Berries ripen in summer.")
    with open_for_writing(tmp_path / "library", LetterEmbedder(), purpose=f"indexing {odd.name}") as index:
        report = sync(make_plan([odd, tmp_path / "b.txt"], index, 900), index, 900)
    assert [failure.message for failure in report.failures] == ["a.txt cannot be opened: its path is not valid UTF-8."]
    assert report.passages == 1


def test_a_data_folder_whose_path_is_no_utf8_is_refused(
    bare: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ASSISTANT_DATA_DIR", str(bare / "data\udcff"))
    with pytest.raises(SettingsError, match=r"ASSISTANT_DATA_DIR: .*the path is not UTF-8 text"):
        load_settings()
    monkeypatch.setattr(sys, "argv", ["assistant", "ask", "--document", "\udcff", "Who?"])
    with pytest.raises(SystemExit, match="2"):
        cli.main()
    assert "the path is not UTF-8 text" in capsys.readouterr().err
