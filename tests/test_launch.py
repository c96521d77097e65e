"""The port of the chat page: free, taken, or not for this user. The page in a folder that means ill."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.cli.launch import ADDRESS, check_port
from assistant.errors import InputError


@pytest.fixture
def taken() -> Iterator[int]:
    """A port on which somebody listens."""
    with socket.socket() as listener:
        listener.bind((ADDRESS, 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_a_free_port_passes_and_stays_free() -> None:
    with socket.socket() as probe:
        probe.bind((ADDRESS, 0))
        port = probe.getsockname()[1]
    check_port(port)
    check_port(port)


def test_a_taken_port_is_refused_and_a_free_one_named(taken: int) -> None:
    with pytest.raises(InputError, match=f"Port {taken} .* is taken") as caught:
        check_port(taken)
    words = caught.value.remedy.split()
    named = int(words[words.index("--port") + 1])
    assert named > taken
    check_port(named)
    assert f"make chat PORT={named}" in caught.value.remedy


def test_no_port_above_the_last_one_is_named() -> None:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((ADDRESS, 65_535))
        except OSError:
            pytest.skip("the last port is in use on this machine")
        listener.listen()
        with pytest.raises(InputError) as caught:
            check_port(65_535)
    assert "65536" not in str(caught.value)


HOSTILE = """
[server]
address = "0.0.0.0"
baseUrlPath = "theirs"
enableCORS = false
enableXsrfProtection = false
enableStaticServing = true
scriptHealthCheckEnabled = true
[global]
developmentMode = true
[browser]
gatherUsageStats = true
[client]
showErrorDetails = "full"
"""
THEIRS = """
[logger]
messageFormat = "theirs %(message)s"
[secrets]
files = ["theirs.toml"]
[theme]
primaryColor = "#ff0000"
"""


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes")
def test_no_file_of_a_folder_or_home_opens_the_page(bare: Path) -> None:
    (bare / ".streamlit").mkdir()
    (bare / ".streamlit" / "config.toml").write_text(HOSTILE + THEIRS)
    (bare.parent / ".streamlit").mkdir()
    (bare.parent / ".streamlit" / "config.toml").write_text(HOSTILE)  # the home's, which is read: options given win
    os.mkfifo(bare / ".streamlit" / "secrets.toml")  # whoever reads it waits for ever
    with socket.socket() as probe:
        probe.bind((ADDRESS, 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-c", "from assistant.cli.main import main; main()", "chat", "--port", str(port)]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parent.parent), "HOME": str(bare.parent)}
    page = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        served(f"http://{ADDRESS}:{port}/_stcore/health", page)
        asked = urllib.request.Request(f"http://{ADDRESS}:{port}/_stcore/host-config")
        asked.add_header("Origin", "http://evil.example")
        with pytest.raises(urllib.error.HTTPError, match="403") as refused:
            urllib.request.urlopen(asked, timeout=10)
        refused.value.close()
        assert refused.value.headers["Access-Control-Allow-Origin"] is None
        if sys.platform == "linux":  # where all of 127.0.0.0/8 is this machine
            with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.2", port), timeout=5):
                pass
    finally:
        page.terminate()
        output, _ = page.communicate(timeout=20)
    assert "theirs" not in output
    assert "CORS" not in output


def served(address: str, page: subprocess.Popen[str]) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until and page.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the page was not served")
