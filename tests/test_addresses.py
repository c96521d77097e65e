"""A password in OPENAI_BASE_URL reaches the server and nothing that anybody reads."""

from __future__ import annotations

import base64
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from fake_model_server import FakeModelServer, Reply

from assistant.addresses import read_address, without_password
from assistant.cli import main as cli
from assistant.errors import SettingsError
from assistant.settings import Settings

PASSWORD = "s3cret"


@pytest.fixture(autouse=True)
def _asked_by(bare: Path, sample_settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSISTANT_DATA_DIR", str(sample_settings.data_dir))
    monkeypatch.setenv("ASSISTANT_LIBRARY", "sample")
    monkeypatch.setenv("ASSISTANT_LLM", "scripted")
    monkeypatch.setenv("ASSISTANT_LLM_RETRIES", "0")
    monkeypatch.setenv("ASSISTANT_RECORD", str(bare / "requests.jsonl"))


@contextmanager
def all_printed(capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture) -> Iterator[list[str]]:
    """What a block prints, and what every library logs at its most talkative, with its errors' traces."""
    printed: list[str] = []
    with caplog.at_level(logging.DEBUG):
        yield printed
    printed += [*capsys.readouterr(), caplog.text]


def run(*words: str) -> None:
    sys.argv = ["assistant", *words]
    with pytest.raises(SystemExit):
        cli.main()


@pytest.mark.parametrize(
    "failing",
    [
        Reply(status=400, message="Refused me:s3cret, of http://me:s3cret@127.0.0.1/v1"),
        Reply("The port", ending="broken-json"),
        None,
    ],
    ids=["repeats it", "breaks", "gone"],
)
def test_a_password_is_printed_nowhere_whatever_fails(
    failing: Reply | None,
    bare: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    with FakeModelServer([failing or Reply("")]) as server, all_printed(capsys, caplog) as printed:
        address = server.url if failing else "http://127.0.0.1:9/v1"
        monkeypatch.setenv("OPENAI_BASE_URL", address.replace("//", f"//me:{PASSWORD}@"))
        run("ask", "--json", "What did the review say of Vanke?")
        run("doctor")
        if failing:
            assert server.keys[0] == f"Basic {base64.b64encode(f'me:{PASSWORD}'.encode()).decode()}"
    for text in (*printed, *(file.read_text() for file in bare.glob("*.jsonl"))):
        assert PASSWORD not in text
    assert "This answer was made without the model" in printed[0]


@pytest.mark.parametrize(
    ("address", "embedder"),
    [
        ("me:s3cret@host", "built-in"),
        ("http://me:s3/cret@host/v1", "openai"),
        ("http://me:s3cret@host:port/v1", "built-in"),
    ],
)
def test_an_address_that_is_none_is_said_without_its_password(
    address: str,
    embedder: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", address)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-x")
    monkeypatch.setenv("ASSISTANT_EMBEDDER", embedder)
    with all_printed(capsys, caplog) as printed:
        run("ask", "What did the review say of Vanke?")
        run("doctor")
    assert "OPENAI_BASE_URL is not the address of a server" in printed[1]
    for text in printed:
        assert PASSWORD not in text
        assert "cret" not in text.replace("Secret", "").replace("secret", "")


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("http://127.0.0.1:11434/v1", "http://127.0.0.1:11434/v1"),
        ("http://[::1]:8080/v1", "http://[::1]:8080/v1"),
        ("https://me:pass@host/v1", "https://…@host/v1"),
        ("https://me:p@ss@host:8/v1", "https://…@host:8/v1"),
        ("https://me:pa/ss@host/v1", "https://me:…/…"),
        ("me:pass@host/v1", "…@host/v1"),
        ("https://host/v1?key=pass", "https://host/v1?…"),
        ("http://stranger.example/@127.0.0.1/v1", "http://stranger.example/…"),
        ("http://stranger.example#@127.0.0.1/v1", "http://stranger.example?…"),
    ],
)
def test_what_is_shown_of_an_address_is_its_host_and_no_secret(address: str, shown: str) -> None:
    assert without_password(address) == shown


def test_an_address_is_parted_from_who_asks() -> None:
    address = read_address(" http://me:p%40ss@host:8/v1 ")
    assert (address.url, address.host) == ("http://host:8/v1", "host:8")
    assert address.headers == {"Authorization": f"Basic {base64.b64encode(b'me:p@ss').decode()}"}
    assert read_address("http://[::1]:8/v1").headers == {}
    with pytest.raises(SettingsError):
        read_address("http://host:port/v1")
