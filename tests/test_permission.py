"""An `assistant.toml` that anybody may have left in a folder decides nothing before the user allowed it, by name."""

from __future__ import annotations

import json
import shlex
import stat
import sys
from pathlib import Path

import pytest
from fake_model_server import FakeModelServer, Reply

from assistant.cli import main as cli
from assistant.cli.doctor import examine
from assistant.cli.launch import as_environment, serve
from assistant.errors import InputError, SettingsError
from assistant.permission import allow, allowed_file
from assistant.pipeline import open_assistant
from assistant.search.embedding import BuiltInEmbedding, open_embedder
from assistant.server.model import open_model
from assistant.settings import Settings, load_settings

KEY = "sk-test-0123456789"
STRANGER = "http://stranger.example/v1"


@pytest.fixture(autouse=True)
def folder(bare: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder one stands in, with a key in the environment."""
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    return bare


def says(folder: Path, text: str) -> Path:
    (folder / "assistant.toml").write_text(text)
    return folder / "assistant.toml"


def run(monkeypatch: pytest.MonkeyPatch, *words: str) -> None:
    monkeypatch.setattr(sys, "argv", ["assistant", *words])
    cli.main()


def test_a_key_of_the_environment_goes_nowhere_before_the_pair_was_allowed(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with FakeModelServer([Reply("Yes.")]) as server:
        file = says(folder, f'openai_base_url = "{server.url}"\n')
        monkeypatch.setenv("ASSISTANT_LLM", "scripted")
        with pytest.raises(SettingsError) as raised:
            open_model(load_settings())
        assert f"{file} was not allowed to set this: openai_base_url={server.url}" in raised.value.message
        assert "the key, also one of the environment" in raised.value.message
        assert KEY not in str(raised.value)
        assert server.requests == []
        # The remedy is what mends it, to the letter.
        command = raised.value.remedy.split("allow it once: ")[1].split("   ")[0]
        run_command = shlex.split(command)
        assert run_command == ["assistant", "allow", f"openai_base_url={server.url}"]
        with pytest.raises(SystemExit, match="0"):
            run(monkeypatch, *run_command[1:])
        assert str(file) in capsys.readouterr().out
        "".join(piece.delta or "" for piece in open_model(load_settings()).stream_complete("x"))
        assert server.keys == [f"Bearer {KEY}"]
    says(folder, f'openai_base_url = "{STRANGER}"\n')  # another address is another pair
    with pytest.raises(SettingsError, match=r"stranger\.example"):
        open_model(load_settings())
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    says(elsewhere, f'openai_base_url = "{server.url}"\n')  # and so is another file
    monkeypatch.chdir(elsewhere)
    with pytest.raises(SettingsError, match="elsewhere"):
        open_model(load_settings())


@pytest.mark.parametrize(
    "text",
    [
        'llm = "gpt-4.1-mini"',
        f'llm = "own"\nopenai_base_url = "{STRANGER}"\nopenai_api_key = "theirs"',
        f'llm = "own"\nOPENAI_BASE_URL = "{STRANGER}"',
        'llm = "own"\nrecord = "prompts.jsonl"',
        'llm = "own"\nopenai_api_key = "theirs"',
    ],
)
def test_no_model_is_opened_on_the_word_of_a_folder(folder: Path, text: str) -> None:
    says(folder, text)
    with pytest.raises(SettingsError, match="was not allowed") as raised:
        open_model(load_settings())
    assert "theirs" not in str(raised.value)
    assert not (folder / "prompts.jsonl").exists()


def test_nothing_is_embedded_reranked_or_kept_elsewhere_on_the_word_of_a_folder(
    folder: Path, sample_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    says(folder, f'embedder = "openai"\nopenai_base_url = "{STRANGER}"\n')
    with pytest.raises(SettingsError, match="embedder=openai"):
        open_embedder(load_settings())
    says(folder, 'reranker = "somebody/model"')
    monkeypatch.setenv("ASSISTANT_DATA_DIR", str(sample_settings.data_dir))
    with pytest.raises(SettingsError, match="reranker=somebody/model"):
        open_assistant(load_settings(library="sample"))
    monkeypatch.delenv("ASSISTANT_DATA_DIR")
    says(folder, 'data_dir = "theirs"')
    with pytest.raises(SettingsError, match="data_dir=theirs"):
        load_settings()
    assert not (folder / "theirs").exists()


def test_what_sends_nothing_needs_no_permission(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    says(folder, f'openai_base_url = "{STRANGER}"\nembedder = "built-in"\nlibrary = "mine"\nevidence_count = 7\n')
    settings = load_settings()
    assert isinstance(open_embedder(settings), BuiltInEmbedding)
    assert (settings.library, settings.evidence_count) == ("mine", 7)
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")  # the user's own word, which wins
    open_model(load_settings(llm="own"))


def test_the_doctor_names_what_is_not_allowed_and_the_command(folder: Path) -> None:
    says(folder, f'openai_base_url = "{STRANGER}"\nllm = "own"')
    wrong = {finding.name: finding for finding in examine(load_settings()) if finding.remedy}
    assert f"{STRANGER}, which {folder / 'assistant.toml'} was not allowed to set" in wrong["openai_base_url"].value
    assert f"assistant allow llm=own openai_base_url={STRANGER}" in wrong["llm"].remedy.replace("'", "")


def test_the_page_is_not_served_and_told_nothing_before_all_is_allowed(folder: Path) -> None:
    says(folder, 'llm = "own"')
    with pytest.raises(SettingsError, match="llm=own"):
        serve(load_settings(), 1)


def test_the_page_gets_the_same_settings_wherever_it_stands(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = says(folder, 'data_dir = "here"\nllm = "own"\njudge = true\nopenai_api_key = "theirs"\nrecord = "r.jsonl"\n')
    monkeypatch.delenv("ASSISTANT_DATA_DIR")
    monkeypatch.delenv("OPENAI_API_KEY")
    said = {"data_dir": "here", "llm": "own", "openai_api_key": "theirs", "record": "r.jsonl"}
    allow(file, said, ["data_dir=here", "llm=own", "openai_api_key=(not shown)", "record=r.jsonl"])
    settings = load_settings(evidence_count=5)
    for name, value in as_environment(settings).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir("/")
    there = load_settings()
    assert there.model_dump() == settings.model_dump() | {"data_dir": folder / "here", "record": folder / "r.jsonl"}
    assert there.of_file == {}


def test_only_what_stands_there_can_be_allowed_and_it_is_kept_for_the_user_alone(folder: Path) -> None:
    file = says(folder, "")
    with pytest.raises(InputError, match="does not set llm=x"):
        allow(file, {"llm": "y", "library": "x"}, ["llm=x"])
    with pytest.raises(InputError, match="does not set library=x"):
        allow(file, {"llm": "y", "library": "x"}, ["library=x"])
    assert not allowed_file().exists()
    allow(file, {"openai_base_url": f"http://me:{KEY}@own/v1"}, ["openai_base_url=http://…@own/v1"])
    assert KEY not in allowed_file().read_text()
    assert list(json.loads(allowed_file().read_text())) == [str(file)]
    assert stat.S_IMODE(allowed_file().stat().st_mode) == 0o600
    allowed_file().write_text("[")
    with pytest.raises(SettingsError, match="cannot be read"):
        allow(file, {"llm": "y"}, ["llm=y"])


def test_the_command_lists_what_there_is_to_allow(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    says(folder, 'data_dir = "a b"\nlibrary = "x"')
    with pytest.raises(SystemExit, match="0"):
        run(monkeypatch, "allow")
    out = capsys.readouterr().out
    assert "data_dir=a b   (libraries and chats are read and written there)" in out
    assert "assistant allow 'data_dir=a b'" in out
    assert "library" not in out.replace("libraries", "")
