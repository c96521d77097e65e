"""A question asked from an event loop -> the same answer, made beside the loop, and left as soon as it is cancelled."""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import Awaitable, Callable

from assistant.types import Answer, Claim

OnClaim = Callable[[Claim], None] | Callable[[Claim], Awaitable[None]]


async def ask_in_thread(
    ask: Callable[[Callable[[Claim], None], threading.Event], Answer], on_claim: OnClaim | None
) -> Answer:
    """Run `ask(on_claim, stop)` in a thread; the claims are handed to `on_claim` here, in the loop, in their order.

    When this is cancelled, or `on_claim` raises, `stop` is set: a model's answer ends within a twentieth of a second,
    whatever its server does. Nothing waits for it.
    """
    loop = asyncio.get_running_loop()
    arrived: asyncio.Queue[Claim | None] = asyncio.Queue()
    stop = threading.Event()

    def arrive(item: Claim | None) -> None:
        if stop.is_set():  # the loop may be closed by now
            raise InterruptedError("Nobody waits for this answer any more.")
        loop.call_soon_threadsafe(arrived.put_nowait, item)

    work = asyncio.ensure_future(asyncio.to_thread(ask, arrive, stop))
    work.add_done_callback(lambda _: arrived.put_nowait(None))
    try:
        while (claim := await arrived.get()) is not None:
            made = on_claim(claim) if on_claim else None
            if inspect.isawaitable(made):
                await made
        return await work
    finally:
        stop.set()
        work.add_done_callback(_forget)


def _forget(work: asyncio.Future[Answer]) -> None:
    """Take note of how it ended, so that the loop does not complain of an error that nobody looked at."""
    if not work.cancelled():
        work.exception()
