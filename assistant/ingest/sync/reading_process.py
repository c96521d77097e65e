"""A file -> what is stored of it, read in a process of its own, which may take so much time and memory and no more.

A file can make its reader run for hours, fill the memory or crash: so files are read where that costs one file, and not
the run. One process reads one file after the other; where it had to be ended, the next file starts another.
"""

from __future__ import annotations

import json
import logging
import os
import pickle
import signal
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast

from assistant.errors import AssistantError, ReadError
from assistant.ingest.formats.source import shown_name
from assistant.ingest.sync.preparing import NOTHING_GIVEN
from assistant.ingest.sync.reading_worker import OUT_OF_MEMORY, NotRead
from assistant.ingest.user.sources_file import Given
from assistant.search.library import FileState, ReadDocument

SMALL_FILE = 5_000_000
"""In bytes. A larger file gets the time once more for each of these."""
START_SECONDS = 120.0  # a slow disk may need a part of them
WATCH_SECONDS = 0.02 if sys.platform == "linux" else 0.5  # elsewhere looking at its memory takes a process each time
CODE = """\
import json, sys
sys.path[:] = json.loads(sys.argv[1])
from assistant.ingest.sync.reading_worker import main
main(int(sys.argv[2]))
"""
"""Run with the `sys.path` of this process: the same program reads, and no file of the folder one stands in is run."""

_LOG = logging.getLogger(__name__)


class ReadingProcess:
    """`prepare`, within `seconds` and `megabytes`. No process is started before the first file, or `start`."""

    def __init__(self, seconds: float, megabytes: int) -> None:
        self.seconds = seconds
        self.megabytes = megabytes
        self._worker: _Worker | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    @property
    def pid(self) -> int | None:
        """Of the process that reads now; None where there is none."""
        return self._worker.pid if self._worker else None

    def start(self) -> None:
        """Start the process ahead of the first file, and wait for nothing."""
        self._worker = self._worker or _Worker(self.megabytes)

    def close(self) -> None:
        """End the process, whatever it is doing."""
        if self._worker:
            self._worker.end()
            self._worker = None

    def read(
        self, path: Path, name: str, state: FileState, passage_characters: int, given: Given = NOTHING_GIVEN
    ) -> tuple[ReadDocument, list[str]]:
        """What `prepare` gives.

        Raises:
            ReadError: as `prepare` does; or it takes too long, needs too much memory, or crashes what reads it.
            AssistantError: the process that reads cannot be started.
        """
        self.start()
        worker = cast("_Worker", self._worker)
        seconds = self.seconds * (1 + _size(path) // SMALL_FILE)
        try:
            worker.wait_until_ready()
            reply = worker.ask((seconds, (path.absolute(), name, state, passage_characters, given)), seconds)
        except _TooSlow:
            self.close()
            raise ReadError(
                f"{shown_name(name)} takes more than {seconds:g} seconds to be read.",
                f"Take it out of the folder, or allow it more: ASSISTANT_READ_SECONDS={2 * self.seconds:g}",
            ) from None
        except _Lost as lost:
            self.close()
            raise ReadError(f"{shown_name(name)} {lost.what}.", lost.remedy) from None
        except BaseException:  # Ctrl-C: whatever it reads, nobody waits for that any more
            self.close()
            raise
        if worker.megabytes_held() > self.megabytes / 2:  # what one file left behind is not held against the next
            self.close()
        if isinstance(reply, NotRead):
            if reply.trace:
                _LOG.error("%s", reply.trace)
            raise ReadError(reply.message, reply.remedy)
        return cast("tuple[ReadDocument, list[str]]", reply)


class _Lost(Exception):  # noqa: N818  (no error of a file's reader, but the end of it)
    """The process did not live to answer: `what` continues the sentence that the file's name begins."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(what)
        self.what = what
        self.remedy = remedy


class _TooSlow(Exception):  # noqa: N818
    """The process did not answer in time."""


class _Worker:
    """One process, from its start to its end; a thread here waits for what it says."""

    def __init__(self, megabytes: int) -> None:
        self._megabytes = megabytes
        self._said = tempfile.TemporaryFile()  # noqa: SIM115  (until it ends)
        self._process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-P", "-c", CODE, json.dumps(sys.path), str(megabytes)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
        )
        self.pid = self._process.pid
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="reading")
        self._ready = self._thread.submit(self._receive)

    def wait_until_ready(self) -> None:
        """Wait for its imports.

        Raises:
            AssistantError: it could not be started.
        """
        wait([self._ready], START_SECONDS)
        if not self._ready.done() or self._ready.exception():
            self._process.kill()
            self._said.seek(0)
            last = self._said.read().decode("utf-8", "replace").strip().rpartition("\n")[2]
            raise AssistantError(
                f"The process that reads documents could not be started: {last or 'it did not answer'}.",
                "See that the machine has free memory, raise ASSISTANT_READ_MEMORY_MB, and run: assistant doctor",
            )

    def ask(self, request: object, seconds: float) -> Any:
        """Its answer.

        Raises:
            _TooSlow: it took longer than `seconds`.
            _Lost: it took more memory than it may, or it ended.
        """
        answer = self._thread.submit(self._exchange, request)
        ends = time.monotonic() + seconds
        while not wait([answer], WATCH_SECONDS).done:
            if self.megabytes_held() > self._megabytes:
                raise self._too_large()
            if time.monotonic() > ends:
                raise _TooSlow
        try:
            return answer.result()
        except (EOFError, OSError, pickle.UnpicklingError):
            raise self._ended(self._status()) from None

    def end(self) -> None:
        """Kill it, and let go of all that belongs to it."""
        self._process.kill()
        self._process.wait()
        self._thread.shutdown()
        for file in (self._process.stdin, self._process.stdout, self._said):
            with suppress(OSError):  # half a request may still wait to be written
                cast("Any", file).close()

    def megabytes_held(self) -> float:
        """The memory it holds now; 0 where the system does not say."""
        try:
            if sys.platform == "linux":
                pages = int(Path(f"/proc/{self.pid}/statm").read_text("ascii").split()[1])
                return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
            held = subprocess.run(  # noqa: S603
                ["ps", "-o", "rss=", "-p", str(self.pid)],  # noqa: S607
                capture_output=True,
                check=False,
            )
            return int(held.stdout or 0) * 1024 / 1e6
        except OSError:  # it has just ended; or a system without either
            return 0.0

    def _receive(self) -> Any:
        return pickle.load(cast("Any", self._process.stdout))  # noqa: S301  (from the process that was started here)

    def _exchange(self, request: object) -> Any:
        stdin = cast("Any", self._process.stdin)
        pickle.dump(request, stdin, pickle.HIGHEST_PROTOCOL)
        stdin.flush()
        return self._receive()

    def _status(self) -> int:
        """How it ended; killed here if it lives on, though what it says makes no sense."""
        with suppress(subprocess.TimeoutExpired):
            return self._process.wait(5)
        self._process.terminate()
        return self._process.wait()

    def _too_large(self) -> _Lost:
        return _Lost(
            f"needs more than {self._megabytes} MB of memory to be read",
            f"Take it out of the folder, or allow it more: ASSISTANT_READ_MEMORY_MB={2 * self._megabytes}",
        )

    def _ended(self, status: int) -> _Lost | _TooSlow:
        """Why it is gone, by its exit status."""
        if status == OUT_OF_MEMORY:
            return self._too_large()
        name = signal.Signals(-status).name if status < 0 else f"exit status {status}"
        match name:
            case "SIGALRM":
                return _TooSlow()
            case "SIGKILL":
                what = "was not read to its end: the system killed its reader, as it does when memory runs out"
                return _Lost(what, "Take it out of the folder, or close other programs and index again.")
            case _:
                return _Lost(
                    f"crashes its reader ({name})",
                    "Open it in the program it was made with and save it anew, or take it out of the folder.",
                )


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # its reader says what is wrong with it
        return 0
