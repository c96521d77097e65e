"""Requests to a language model -> a file of them, one JSON object a line: a prompt can be tried again at no cost.

A line is {"key": …, "request": …}: what was sent, to the letter of its JSON, without address, key or headers. The
`replay_server` among the tests answers from such a file and one of completions.
"""

from __future__ import annotations

import hashlib
import json
import threading
from pathlib import Path
from typing import Any

import httpx

from assistant.errors import SettingsError
from assistant.private import private_file, private_folder


def request_key(request: Any) -> str:
    """The name of a request: SHA-256 of its JSON with sorted keys and without spaces, hexadecimal."""
    canonical = json.dumps(request, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


class Recorder:
    """Appends each different request to a file once, which only its user may read. Safe to use from several threads."""

    def __init__(self, path: Path) -> None:
        """Open the file, or make it; what it holds is kept.

        Raises:
            SettingsError: it cannot be written, or is no such file.
        """
        self._path = path
        self._lock = threading.Lock()
        try:
            private_folder(path.parent)
            private_file(path)
            with path.open("a+", encoding="utf-8") as file:
                file.seek(0)
                self._known = {json.loads(line)["key"] for line in file if line.strip()}
        except (OSError, ValueError, RecursionError, KeyError, TypeError) as error:
            raise SettingsError(
                f"Requests cannot be recorded to {path} ({type(error).__name__}).",
                "Name a file that can be written, and is new or a recording: ASSISTANT_RECORD=…",
            ) from error

    def __call__(self, request: httpx.Request) -> None:
        """Record a request on its way to the server; what is no chat completion is none of ours."""
        if not request.url.path.endswith("/chat/completions"):
            return
        body = json.loads(request.read())
        key = request_key(body)
        with self._lock:
            if key in self._known:
                return
            self._known.add(key)
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"key": key, "request": body}, ensure_ascii=False) + "\n")
