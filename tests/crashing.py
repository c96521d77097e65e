"""Syncs that are killed: for each line on standard input a process of its own syncs, and dies at the step it names.

The first argument is the folder of the tests. A line is {"library", "papers", "step"}: the number of the step after
which the process sends itself SIGKILL, or 0 for none. The answer is a line too: the names of the steps that were done,
and the signal that ended the process (0 for none). Processes are forked, so that the imports are paid for once.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path

sys.path.insert(0, sys.argv[1])

from fakes import LetterEmbedder

from assistant.ingest.sync.sync import make_plan, sync
from assistant.search.index import open_for_writing


def run(library: Path, papers: Path, last_step: int, steps: int) -> None:
    """Sync, writing the name of each step to the file descriptor `steps`, and die after one of them."""
    done = 0

    def on_step(name: str) -> None:
        nonlocal done
        done += 1
        os.write(steps, f"{name}\n".encode())
        if done == last_step:
            os.kill(os.getpid(), signal.SIGKILL)

    with open_for_writing(library, LetterEmbedder(), on_step=on_step) as index:
        sync(make_plan([papers], index, 400), index, 400)


for line in sys.stdin:
    task = json.loads(line)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            run(Path(task["library"]), Path(task["papers"]), task["step"], writing)
        except BaseException as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
            os._exit(1)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        names = pipe.read().split("\n")[:-1]
    _, status = os.waitpid(child, 0)
    print(json.dumps([names, os.WTERMSIG(status) if os.WIFSIGNALED(status) else -os.WEXITSTATUS(status)]), flush=True)
