"""Progress where standard error is no terminal: lines with how far, how fast, and how long it will still take."""

from __future__ import annotations

import pytest

from assistant.terminal import progress


class Clock:
    """Seconds that pass only when they are told to."""

    def __init__(self) -> None:
        self.now = 50.0

    def __call__(self) -> float:
        return self.now


def test_a_line_says_the_rate_and_the_time_that_is_left(capfd: pytest.CaptureFixture[str]) -> None:
    clock = Clock()
    with progress(clock) as show:
        for done in (1, 3, 3, 10):
            show("Indexing", done, 10, "documents", "154 passages a second" if done > 1 else "")
            clock.now += 40
        clock.now += 5_000  # another task starts a clock of its own
        for done in range(101):
            show("Refining", done, 100)
            clock.now += 0.5
    assert capfd.readouterr().err.splitlines()[:6] == [
        "Indexing: 1 of 10 documents",
        "Indexing: 3 of 10 documents, 154 passages a second, about 2 min left",
        "Indexing: 10 of 10 documents, 154 passages a second",
        "Refining: 0 of 100",
        "Refining: 10 of 100, 2.0 a second, about 45 s left",
        "Refining: 20 of 100, 2.0 a second, about 40 s left",
    ]


@pytest.mark.parametrize(("each", "left"), [(0.01, "1 s"), (60, "9 min"), (1_000, "2.5 h")])
def test_a_long_time_is_told_in_larger_units(capfd: pytest.CaptureFixture[str], each: float, left: str) -> None:
    clock = Clock()
    with progress(clock) as show:
        show("Asking", 0, 10)
        clock.now += each
        show("Asking", 1, 10)
    assert capfd.readouterr().err.splitlines()[-1].endswith(f", about {left} left")
