"""Requests on standard input -> documents on standard output: what runs in the process that reads files.

`ReadingProcess` starts it and is the only one who speaks with it. It ends when nobody is there to be answered, or when
a file takes it over its limits: it is there to be lost. Both ends are pickles, one after the other.
"""

from __future__ import annotations

import os
import pickle
import queue
import signal
import sys
import threading
import traceback
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from assistant.errors import ReadError
from assistant.ingest.formats.source import shown_name

READY = "ready"
OUT_OF_MEMORY = 86
"""The exit status of a process that could get no more memory."""
MEMORY_MARGIN = 1.25
"""The system's own limit stands so far above the one that is watched: it is for what grows faster than one can look."""
SECONDS_MARGIN = 5.0


@dataclass(frozen=True, slots=True)
class NotRead:
    """Why a file was not read; `trace` where that is the program's fault."""

    message: str
    remedy: str
    trace: str = ""


def main(megabytes: int) -> None:
    """Answer one request after the other: (seconds, the arguments of `prepare`) -> what it gives, or a NotRead."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C means the one who asks, and ends this process with it
    replies = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what a library prints is no reply
    _limit_memory(megabytes)
    import assistant.ingest.sync.preparing  # noqa: F401  (within the limits, and before the first file's time begins)

    _send(replies, READY)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(nowhere, stream.fileno())
    requests = _requests()
    try:
        while True:
            seconds, arguments = requests.get()
            _alarm(seconds + SECONDS_MARGIN)
            _send(replies, _answer(arguments))
            _alarm(0.0)
    except MemoryError:
        os._exit(OUT_OF_MEMORY)
    except BrokenPipeError:
        os._exit(0)


def _answer(arguments: tuple[Path, str, Any, int, Any]) -> Any:
    from assistant.ingest.sync.preparing import prepare

    try:
        return prepare(*arguments)
    except ReadError as error:
        return NotRead(error.message, error.remedy)
    except MemoryError:
        raise
    except Exception as error:  # a fault of ours with one file must not keep the others from being read
        return NotRead(
            f"{shown_name(arguments[1])} cannot be read: its reader stopped with {type(error).__name__}.",
            "Take it out of the folder; the others are read without it.",
            traceback.format_exc(),
        )


def _requests() -> queue.SimpleQueue[Any]:
    """What is asked, as it comes. When the one who asks is gone, even killed, the process ends amid its work."""
    waiting: queue.SimpleQueue[Any] = queue.SimpleQueue()

    def listen() -> None:
        with suppress(EOFError, pickle.UnpicklingError):
            while True:
                waiting.put(pickle.load(sys.stdin.buffer))  # noqa: S301  (from the process that started this one)
        os._exit(0)

    threading.Thread(target=listen, daemon=True).start()
    return waiting


def _send(stream: BinaryIO, said: Any) -> None:
    pickle.dump(said, stream, pickle.HIGHEST_PROTOCOL)
    stream.flush()


def _alarm(seconds: float) -> None:
    """Have the system end this process then; 0 for never. It needs nobody who watches, and no turn of Python's."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds)


def _limit_memory(megabytes: int) -> None:
    """As far as the system lets itself be told; the process that started this one watches it as well."""
    with suppress(OSError):  # where memory runs out all the same, this is the process to end
        Path("/proc/self/oom_score_adj").write_text("800", "ascii")
    with suppress(ImportError, OSError, ValueError):
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_DATA)
        wanted = int(megabytes * 1_000_000 * MEMORY_MARGIN)
        resource.setrlimit(
            resource.RLIMIT_DATA, (wanted if most == resource.RLIM_INFINITY else min(wanted, most), most)
        )
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a crash leaves no copy of the user's texts behind
