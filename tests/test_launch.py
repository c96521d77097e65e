"""The port of the chat page: free, taken, or not for this user."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from assistant.errors import InputError
from assistant.launch import ADDRESS, check_port


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
