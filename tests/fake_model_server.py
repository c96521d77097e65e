"""A script of replies -> a real HTTP server on the loopback that speaks OpenAI's chat-completions protocol.

    with FakeModelServer([Reply("The port reopened. [1.1]\\n"), Reply(status=500)]) as server:
        settings = Settings(llm="scripted", openai_base_url=server.url)

The script is a list, used in order (its last reply again and again), or a function from the request's JSON to a reply.
`server.requests` holds what was asked. Nothing is patched: what the client sees went through a socket.
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

Ending = Literal[
    "stop", "length", "content_filter", "none", "close", "stall", "broken-json", "error-event", "keep-alive"
]
"""How a stream ends: with the model's reason; without one; with the connection closed in mid-stream; with silence; with
an event that is no JSON; with the server's own error event; with comments that keep the connection alive, no text."""

CHARACTERS_A_PIECE = 4  # small enough that marks such as [1.1] are torn apart


@dataclass(frozen=True)
class Reply:
    """One answer of the server: a stream of text, or an error with `status`."""

    text: str = ""
    """Streamed in pieces of a few characters, or as given in `pieces`."""
    pieces: Sequence[str] = ()
    ending: Ending = "stop"
    status: int = 200
    code: str | None = None
    """OpenAI's code within an error, such as insufficient_quota."""
    message: str = "Scripted error."
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    """Sent as it is instead of all the above, with `status`."""
    stall_before: bool = False
    """Say nothing at all, not even a status."""
    usage: tuple[int, int] | None = (100, 20)
    """Prompt and completion tokens, sent if the request asks for them; None: never."""
    refuses: str = ""
    """Refuse, with OpenAI's words, a request that holds this parameter; otherwise reply as the rest says."""
    refusal: str = ""
    """Sent through the protocol's field for refusals."""


Script = Sequence[Reply] | Callable[[dict[str, Any]], Reply]


class FakeModelServer:
    """Serves while the `with` block lasts; stalls end with it."""

    def __init__(self, script: Script, port: int = 0) -> None:
        """Port 0 is any that is free."""
        self._port = port
        self.requests: list[dict[str, Any]] = []
        self.keys: list[str] = []
        """The Authorization header of each request."""
        self._script = script
        self._lock = threading.Lock()
        self.closing = threading.Event()

    @property
    def url(self) -> str:
        """What OPENAI_BASE_URL is set to."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def __enter__(self) -> FakeModelServer:
        handler = type("Handler", (_Handler,), {"fake": self})
        self._server = _Server(("127.0.0.1", self._port), handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def reply_to(self, request: dict[str, Any], key: str) -> Reply:
        """Record the request and choose its reply."""
        with self._lock:
            self.requests.append(request)
            self.keys.append(key)
            if callable(self._script):
                return self._script(request)
            return self._script[min(len(self.requests), len(self._script)) - 1]


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up in mid-answer is what some tests are about: no traceback for that."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    fake: FakeModelServer

    def log_message(self, *_: object) -> None:
        """Silence: tests read `requests`."""

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["content-length"])))
        reply = self.fake.reply_to(request, self.headers.get("authorization", ""))
        with suppress(BrokenPipeError, ConnectionResetError):
            if not self.path.endswith("/chat/completions"):
                self._send(404, b'{"error": {"message": "Unknown path."}}', {})
            elif reply.refuses and reply.refuses in request:
                words = f"Unsupported parameter: '{reply.refuses}' is not supported with this model."
                if reply.refuses == "max_tokens":
                    words += " Use 'max_completion_tokens' instead."
                error = {"message": words, "type": "invalid_request_error", "param": reply.refuses, "code": None}
                self._send(400, json.dumps({"error": error}).encode(), {})
            elif reply.stall_before:
                self.fake.closing.wait()
                self.close_connection = True
            elif reply.body is not None:
                self._send(reply.status, reply.body, reply.headers)
            elif reply.status != 200:
                error = {"message": reply.message, "type": "scripted", "param": None, "code": reply.code}
                self._send(reply.status, json.dumps({"error": error}).encode(), reply.headers)
            else:
                self._stream(reply, request)

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"content-type": "application/json", "content-length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _stream(self, reply: Reply, request: dict[str, Any]) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        pieces = reply.pieces or [
            reply.text[i : i + CHARACTERS_A_PIECE] for i in range(0, len(reply.text), CHARACTERS_A_PIECE)
        ]
        for piece in pieces:
            self._event({"choices": [{"index": 0, "delta": {"content": piece}, "finish_reason": None}]})
        if reply.refusal:
            self._event({"choices": [{"index": 0, "delta": {"refusal": reply.refusal}, "finish_reason": None}]})
        self._end(reply, request)

    def _end(self, reply: Reply, request: dict[str, Any]) -> None:
        match reply.ending:
            case "stall":
                self.fake.closing.wait()
            case "keep-alive":
                while not self.fake.closing.wait(0.02):
                    self._chunk(b": still here\n\n")
            case "broken-json":
                self._chunk(b'data: {"choices": [{"del\n\n')
            case "error-event":
                self._chunk(b'data: {"error": {"message": "The engine stopped."}}\n\n')
        if reply.ending in {"stop", "length", "content_filter"}:
            self._event({"choices": [{"index": 0, "delta": {}, "finish_reason": reply.ending}]})
        if reply.ending in {"close", "stall", "keep-alive"}:
            self.close_connection = True
            return
        if reply.usage and request.get("stream_options", {}).get("include_usage"):
            prompt, completion = reply.usage
            counts = {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}
            self._event({"choices": [], "usage": counts})
        self._chunk(b"data: [DONE]\n\n")
        self._chunk(b"")

    def _event(self, content: dict[str, Any]) -> None:
        event = {"id": "scripted", "object": "chat.completion.chunk", "created": 0, "model": "scripted", **content}
        self._chunk(b"data: " + json.dumps(event).encode() + b"\n\n")

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self.wfile.flush()
