"""A file of completions -> the loopback model server that answers each recorded request with its completion.

    python -m tests.replay_server --completions FILE --port N

ASSISTANT_RECORD=requests.jsonl records what is asked: lines of {"key": …, "request": …}. A line of completions is
{"key": …, "text": …}, with "finish" (such as "length") and "usage" ([prompt, completion] tokens) if wanted; of two with
the same key the later counts. A request without a completion is answered with error 400, which names its key.
"""

from __future__ import annotations

import argparse
import json
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from assistant.server.recording import request_key

if __package__:  # started with -m from the root of the checkout
    from .fake_model_server import FakeModelServer, Reply
else:
    from fake_model_server import FakeModelServer, Reply


def replay(completions: Path) -> Callable[[dict[str, Any]], Reply]:
    """The script of a FakeModelServer that answers from this file.

    Raises:
        ValueError: a line is no completion; it is named.
    """
    replies: dict[str, Reply] = {}
    for number, line in enumerate(completions.read_text("utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            found = json.loads(line)
            usage = tuple(found["usage"]) if found.get("usage") else None
            replies[found["key"]] = Reply(found["text"], ending=found.get("finish", "stop"), usage=usage)
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{completions}, line {number}: {error!r}") from error

    def answer(request: dict[str, Any]) -> Reply:
        key = request_key(request)
        return replies.get(key) or Reply(status=400, message=f"There is no completion for the request {key[:16]}.")

    return answer


def main() -> None:
    """Serve until Ctrl-C."""
    parser = argparse.ArgumentParser(description="Answer recorded requests from a file of completions.")
    parser.add_argument("--completions", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0, help="0: any that is free")
    given = parser.parse_args()
    with FakeModelServer(replay(given.completions), port=given.port) as server:
        print(f"OPENAI_BASE_URL={server.url}", flush=True)
        with suppress(KeyboardInterrupt):
            threading.Event().wait()


if __name__ == "__main__":
    main()
