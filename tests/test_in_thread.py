"""Asking from an event loop: the loop goes on, claims arrive in it, and cancelling ends the work."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest
from fake_model_server import FakeModelServer, Reply

from assistant.errors import InputError
from assistant.pipeline import Assistant, open_assistant
from assistant.settings import Settings
from assistant.types import Claim

RECALL = "Why was the Luhang car recalled?"


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def model_of(settings: Settings, server: FakeModelServer) -> Assistant:
    update = {"llm": "scripted", "openai_base_url": server.url, "llm_timeout_seconds": 30.0}
    return open_assistant(settings.model_copy(update=update))


def test_the_answer_is_the_same_and_its_claims_arrive_in_the_loop_in_order(sample: Assistant) -> None:
    seen: list[Claim] = []

    async def main() -> None:
        async def show(claim: Claim) -> None:
            await asyncio.sleep(0)
            assert threading.current_thread() is threading.main_thread()
            seen.append(claim)

        answer = await sample.aask(RECALL, on_claim=show)
        assert answer.claims == sample.ask(RECALL).claims == tuple(seen)
        assert (await sample.aask(RECALL, on_claim=seen.append)).claims == tuple(seen[len(answer.claims) :])

    asyncio.run(main())


def test_the_loop_goes_on_while_a_model_is_silent_and_cancelling_ends_the_answer(sample_settings: Settings) -> None:
    with FakeModelServer([Reply(stall_before=True)]) as server:
        assistant = model_of(sample_settings, server)
        ticks = 0

        async def main() -> None:
            nonlocal ticks
            work = asyncio.create_task(assistant.aask(RECALL))
            while not server.requests:
                ticks += 1
                await asyncio.sleep(0.01)
            work.cancel()
            with pytest.raises(asyncio.CancelledError):
                await work

        began = time.monotonic()
        asyncio.run(main())  # which waits for its threads in the end
        assert time.monotonic() - began < 20
        assert ticks > 3
        assistant.close()


def test_what_on_claim_raises_is_raised_and_ends_the_answer(sample_settings: Settings) -> None:
    reply = Reply("Luhang recalled cars. [1.2]\nAnd", ending="stall")
    with FakeModelServer([reply]) as server:
        assistant = model_of(sample_settings, server)

        def show(_: Claim) -> None:
            raise ZeroDivisionError

        began = time.monotonic()
        with pytest.raises(ZeroDivisionError):
            asyncio.run(assistant.aask(RECALL, on_claim=show))
        assert time.monotonic() - began < 20
        assistant.close()


def test_an_error_is_raised_as_it_is(sample: Assistant) -> None:
    with pytest.raises(InputError, match="empty"):
        asyncio.run(sample.aask("  "))


def test_several_questions_at_once(sample: Assistant) -> None:
    async def main() -> None:
        answers = await asyncio.gather(*(sample.aask(RECALL) for _ in range(4)))
        assert len({answer.text for answer in answers}) == 1

    asyncio.run(main())


def test_stopping_an_answer_keeps_its_claims_and_says_so(sample_settings: Settings) -> None:
    reply = Reply("Luhang recalled cars. [1.2]\nAnd", ending="stall")
    with FakeModelServer([reply]) as server:
        assistant = model_of(sample_settings, server)
        stop = threading.Event()
        answer = assistant.ask(RECALL, on_claim=lambda _: stop.set(), stop=stop)
        assert [claim.text for claim in answer.claims] == ["Luhang recalled cars."]
        assert answer.notice == "This answer was stopped before its end."
        assert answer.status == "answered"
        stop.set()
        nothing = assistant.ask(RECALL, stop=stop)
        assistant.close()
    assert (nothing.claims, nothing.nearest) == ((), ())
    assert "stopped" in nothing.text
