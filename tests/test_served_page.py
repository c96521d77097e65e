"""The page as it is served: who is let in, what errors leave behind, and many people at once, by their own protocol."""

from __future__ import annotations

import asyncio
import http.client
import http.server
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from people import Person, crowd

ROOT = Path(__file__).parent.parent


@dataclass
class Served:
    """A page that is being served, and whom it called."""

    address: str
    data: Path
    called: list[str] = field(default_factory=list)

    @property
    def port(self) -> int:
        return int(self.address.rsplit(":", 1)[1])

    @property
    def log(self) -> str:
        return (self.data / "server.log").read_text("utf-8")


@pytest.fixture(scope="module")
def outside() -> Iterator[tuple[str, list[str]]]:
    """A proxy, which is told of every call to another machine."""
    called: list[str] = []

    class Proxy(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            called.append(self.path)
            self.send_error(502)

        do_CONNECT = do_GET  # noqa: N815 (the name is the library's)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", called
        server.shutdown()


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory, outside: tuple[str, list[str]]) -> Iterator[Served]:
    data = tmp_path_factory.mktemp("served")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("ASSISTANT_", "OPENAI_"))}
    environment |= {
        "ASSISTANT_DATA_DIR": str(data),
        "ASSISTANT_LIBRARY": "fake",
        "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "tests"))),
        "HOME": str(data),
        "HTTP_PROXY": outside[0],
        "HTTPS_PROXY": outside[0],
        "http_proxy": outside[0],
        "https_proxy": outside[0],
    }
    served = Served(f"http://127.0.0.1:{port}", data, outside[1])
    command = [
        sys.executable,
        "-m",
        "streamlit",
        "run",
        str(ROOT / "tests" / "chat_server.py"),
        f"--server.port={port}",
    ]
    options = ["--server.address=127.0.0.1", "--server.headless=true", "--browser.gatherUsageStats=false"]
    options += ["--server.allowedHosts=localhost", "--server.allowedHosts=127.0.0.1", "--server.fileWatcherType=none"]
    options += ["--runner.postScriptGC=false"]  # as ui/.streamlit/config.toml says
    with (data / "server.log").open("w") as log:
        server = subprocess.Popen([*command, *options], cwd=data, env=environment, stdout=log, stderr=log)
        try:
            until = time.monotonic() + 60
            while request(served, "/_stcore/health")[0] != 200:
                assert server.poll() is None, served.log
                assert time.monotonic() < until, served.log
                time.sleep(0.1)
            yield served
        finally:
            server.terminate()
            server.wait(20)


def request(page: Served, path: str, **headers: str) -> tuple[int, dict[str, str]]:
    """The status and the headers that a request gets; a status of 0 where nobody listens."""
    connection = http.client.HTTPConnection("127.0.0.1", page.port, timeout=10)
    try:
        connection.putrequest("GET", path, skip_host=True)
        for name, value in ({"host": f"127.0.0.1:{page.port}"} | headers).items():
            connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}
    except ConnectionRefusedError:
        return 0, {}
    finally:
        connection.close()


def websocket(page: Served, host: str, origin: str) -> int:
    """The status that opening a WebSocket gets: 101 where one is let in."""
    opening = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13"}
    key = {"Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==", "Sec-WebSocket-Protocol": "streamlit"}
    return request(page, "/_stcore/stream", host=host, origin=origin, **opening, **key)[0]


def test_the_page_itself_is_let_in_under_each_of_its_names(page: Served) -> None:
    for name in ("127.0.0.1", "localhost", "LOCALHOST"):
        here = f"{name}:{page.port}"
        assert websocket(page, here, f"http://{here}") == 101


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("evil.example:{port}", "http://evil.example:{port}"),  # a name that was pointed at this machine
        ("localhost.evil.example:{port}", "http://localhost.evil.example:{port}"),
        ("127.0.0.1:{port}", "http://evil.example"),
        ("127.0.0.1:{port}", "http://127.0.0.1:9"),  # another program of this machine
        ("127.0.0.1:{port}", "http://localhost:{port}"),
        ("localhost:{port}", "null"),  # a file, or a frame without an origin
        ("", "http://127.0.0.1:{port}"),
        ("[::1", "http://[::1"),
    ],
)
def test_another_sites_page_is_not_let_in_and_nobody_is_asked_who_it_is(page: Served, host: str, origin: str) -> None:
    host, origin = host.format(port=page.port), origin.format(port=page.port)
    assert websocket(page, host, origin) in (400, 403)
    assert request(page, "/_stcore/health", host=host, origin=origin)[0] in (400, 403)
    assert page.called == []


def test_a_foreign_name_cannot_even_read_the_first_page(page: Served) -> None:
    assert request(page, "/", host=f"evil.example:{page.port}")[0] == 403


def test_the_page_may_not_be_framed_and_calls_nobody(page: Served) -> None:
    status, headers = request(page, "/")
    assert status == 200
    assert headers["x-frame-options"] == "DENY"
    assert headers["x-content-type-options"] == "nosniff"
    policy = headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy
    assert "default-src 'self'" in policy
    assert "http" not in policy


def test_an_internal_error_is_told_in_our_words_and_leaves_its_trace_in_the_terminal(page: Served) -> None:
    async def ask_what_crashes() -> list[str]:
        async with Person(page.address) as person:
            await person.ask("crash")
            return person.seen

    seen = asyncio.run(ask_what_crashes())
    assert "Something went wrong in Footnote itself (ZeroDivisionError)." in seen
    assert "Traceback" in page.log
    assert "an answer failed" in page.log


def test_a_page_that_cannot_be_drawn_says_so_itself_and_leaves_its_trace(page: Served) -> None:
    async def come() -> list[str]:
        async with Person(page.address) as person:
            return person.seen

    before = page.log.count("ZeroDivisionError")
    (page.data / "broken").touch()
    try:
        seen = asyncio.run(come())
    finally:
        (page.data / "broken").unlink()
    assert seen == [
        "Something went wrong in Footnote itself (ZeroDivisionError).",
        "The terminal that runs the page says more. Reload the page to go on.",
    ]
    assert page.log.count("ZeroDivisionError") > before
    assert "in summary" in page.log


def test_of_twenty_people_who_ask_at_once_none_sees_a_question_as_unanswered(page: Served) -> None:
    asked = asyncio.run(crowd(page.address, 20, ["Is the lighthouse lit soon?", "solar glass soon"], 2))
    assert len(asked) == 40
    assert [one.question for one in asked if one.shown_unanswered] == []
    assert all(one.whole for one in asked)
