"""Recorded requests answered from a file of completions: in the same process, and by the server as it is started."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from fake_model_server import FakeModelServer, Reply
from replay_server import replay

from assistant.pipeline import open_assistant
from assistant.settings import Settings
from assistant.types import Answer

ROOT = Path(__file__).parent.parent
RECALL = "Why was the Luhang car recalled?"


def ask(base: Settings, url: str, question: str = RECALL, **more: object) -> Answer:
    update = {"llm": "scripted", "openai_base_url": url, "llm_timeout_seconds": 20.0, **more}
    assistant = open_assistant(base.model_copy(update=update))
    try:
        return assistant.ask(question)
    finally:
        assistant.close()


@pytest.fixture
def recording(sample_settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The request of one question, recorded."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    file = tmp_path / "requests.jsonl"
    with FakeModelServer([Reply("Something. [1.1]\n")]) as server:
        ask(sample_settings, server.url, record=file)
    return file


def complete(recording: Path, text: str) -> Path:
    (line,) = recording.read_text("utf-8").splitlines()
    file = recording.with_name("completions.jsonl")
    file.write_text(json.dumps({"key": json.loads(line)["key"], "text": text, "usage": [7, 3]}) + "\n", "utf-8")
    return file


def test_a_recorded_question_gets_its_completion_again_and_again(sample_settings: Settings, recording: Path) -> None:
    completions = complete(recording, "Luhang recalled cars. [1.1]\n")
    with FakeModelServer(replay(completions)) as server:
        answers = [ask(sample_settings, server.url) for _ in range(2)]
    assert [[claim.text for claim in answer.claims] for answer in answers] == [["Luhang recalled cars."]] * 2
    assert answers[0].usage is not None
    assert answers[0].usage.prompt_tokens == 7


def test_a_request_without_a_completion_is_named(sample_settings: Settings, recording: Path) -> None:
    with FakeModelServer(replay(complete(recording, "x [1.1]"))) as server:
        answer = ask(sample_settings, server.url, "Who recalled cars?")
    assert "There is no completion for the request" in (answer.notice or "")


def test_a_line_that_is_no_completion_is_named(tmp_path: Path) -> None:
    file = tmp_path / "completions.jsonl"
    file.write_text('{"key": "a", "text": "b"}\n{"key": "a"}\n')
    with pytest.raises(ValueError, match=r"completions\.jsonl, line 2"):
        replay(file)


def test_the_server_runs_as_a_program(sample_settings: Settings, recording: Path) -> None:
    completions = complete(recording, "Luhang recalled cars. [1.1]\n")
    command = [sys.executable, "-m", "tests.replay_server", "--completions", str(completions), "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env={**os.environ}) as program:
        assert program.stdout is not None
        name, _, url = program.stdout.readline().strip().partition("=")
        try:
            assert name == "OPENAI_BASE_URL"
            assert [claim.text for claim in ask(sample_settings, url).claims] == ["Luhang recalled cars."]
        finally:
            program.terminate()
