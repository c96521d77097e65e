"""Arguments, environment and assistant.toml -> settings: who wins, what is refused, and that keys stay secret."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from assistant.errors import SettingsError
from assistant.settings import load_settings

KEY = "sk-test-0123456789"


@pytest.fixture(autouse=True)
def _bare(bare: Path) -> None:
    pass


def test_without_anything_set_nothing_but_the_data_folder_needs_a_machine() -> None:
    settings = load_settings()
    assert (settings.embedder, settings.llm, settings.openai_api_key) == ("built-in", None, None)
    assert settings.library_dir == settings.data_dir / "libraries" / "default"
    assert settings.conversations_file == settings.data_dir / "conversations" / "default.db"


def test_arguments_win_over_the_environment_which_wins_over_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("assistant.toml").write_text('library = "file"\nllm = "file-model"\nevidence_count = 7\n')
    monkeypatch.setenv("ASSISTANT_LIBRARY", "environment")
    monkeypatch.setenv("ASSISTANT_LLM", "environment-model")
    settings = load_settings(library="argument")
    assert (settings.library, settings.llm, settings.evidence_count) == ("argument", "environment-model", 7)


def test_an_argument_that_is_none_and_an_empty_variable_are_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSISTANT_LIBRARY", "")
    assert load_settings(library=None).library == "default"


def test_the_key_and_the_server_are_read_from_the_usual_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:1/v1")
    settings = load_settings()
    assert settings.openai_api_key is not None
    assert settings.openai_api_key.get_secret_value() == KEY
    assert settings.openai_base_url == "http://127.0.0.1:1/v1"
    for shown in (repr(settings), str(settings), settings.model_dump_json()):
        assert KEY not in shown


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError):
        load_settings().library = "other"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ASSISTANT_EVIDENCE_COUNT", "0"),
        ("ASSISTANT_REFUSAL_THRESHOLD", "1.5"),
        ("ASSISTANT_EMBEDDER", "word2vec"),
        ("ASSISTANT_LIBRARY", "../elsewhere"),
        ("ASSISTANT_PASSAGE_CHARACTERS", "many"),
    ],
)
def test_a_value_that_cannot_be_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=name) as caught:
        load_settings()
    assert "assistant doctor" in caught.value.remedy
    assert caught.value.exit_code == 2


def test_all_problems_are_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSISTANT_EVIDENCE_COUNT", "0")
    monkeypatch.setenv("ASSISTANT_THREADS", "-1")
    with pytest.raises(SettingsError, match=r"(?s)THREADS.*EVIDENCE_COUNT|EVIDENCE_COUNT.*THREADS"):
        load_settings()


@pytest.mark.parametrize(
    ("content", "named"),
    [('colour = "blue"\n', "colour"), ("library = [\n", "assistant.toml, line 1: this is not valid TOML")],
)
def test_a_file_with_an_unknown_name_or_no_toml_is_refused(content: str, named: str) -> None:
    Path("assistant.toml").write_text(content)
    with pytest.raises(SettingsError, match=named):
        load_settings()


def test_a_wrong_key_in_the_file_is_not_repeated() -> None:
    Path("assistant.toml").write_text(f'openai_api_key = ["{KEY}"]\n')
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert KEY not in str(caught.value)


def test_a_file_that_is_none_or_takes_for_ever_is_refused_at_once() -> None:
    os.mkfifo("assistant.toml")
    with pytest.raises(SettingsError, match=r"assistant\.toml cannot be read: it is no ordinary file"):
        load_settings()
    Path("assistant.toml").unlink()
    Path("assistant.toml").symlink_to("/dev/zero")
    with pytest.raises(SettingsError, match="leads out of its folder"):
        load_settings()
    Path("assistant.toml").unlink()
    for text, said in (
        ("a = " + "[" * 100_000, "nested"),
        ("a." * 300_000 + "a = 1", "parts"),
        ("#" * 1_000_001, "MB"),
    ):
        Path("assistant.toml").write_text(text)
        with pytest.raises(SettingsError, match=said):
            load_settings()


def test_a_password_in_the_address_is_in_nothing_that_is_printed_of_the_settings() -> None:
    settings = load_settings(openai_base_url=f"http://me:{KEY}@127.0.0.1:1/v1")
    assert f"me:{KEY}@" in str(settings.openai_base_url)
    for printed in (repr(settings), str(settings), settings.model_dump_json()):
        assert KEY not in printed
        assert "http://…@127.0.0.1:1/v1" in printed
