"""The documentation is true: its examples run, and the schema of an answer is the one that is written."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from assistant.pipeline import Assistant
from assistant.settings import Settings
from assistant.types import answer_from_json, answer_schema, answer_to_json

DOCS = Path(__file__).parent.parent / "docs"


def test_the_examples_for_python_run(
    sample_settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("ASSISTANT_LLM", "OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ASSISTANT_DATA_DIR", str(sample_settings.data_dir))
    monkeypatch.setenv("ASSISTANT_LIBRARY", sample_settings.library)
    blocks = re.findall(r"```python\n(.*?)```", (DOCS / "python.md").read_text("utf-8"), re.DOTALL)
    assert len(blocks) == 3
    names: dict[str, object] = {}
    for block in blocks:
        exec(block, names)  # noqa: S102 - our own documentation
    shown = capsys.readouterr().out
    assert "a seal let water into the battery housing" in shown
    assert "[1]" in shown


def test_the_schema_of_an_answer_is_current() -> None:
    written = (DOCS / "answer.schema.json").read_text("utf-8")
    assert written == answer_schema(), "run: make schema"


def test_the_schema_names_every_field_of_an_answer_as_it_is_written(sample: Assistant) -> None:
    answer = sample.ask("Why was the Luhang car recalled?")
    written = json.loads(answer_to_json(answer))
    schema = json.loads(answer_schema())
    assert set(written) <= set(schema["properties"])
    assert set(written["claims"][0]) == set(schema["$defs"]["Claim"]["properties"])
    assert set(written["claims"][0]["citations"][0]) == set(schema["$defs"]["Citation"]["properties"])
    assert answer_from_json(json.dumps(written)) == answer
