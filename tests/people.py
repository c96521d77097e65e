"""People at the chat page, by the protocol that their browsers speak: each asks, and notes what is shown and when.

A browser a person would take more of the machine than the page itself. What is spoken here is what the front end of
Streamlit speaks: protobuf messages over a WebSocket, and a fragment is run again whenever its timer says so.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import connect

UNANSWERED = "was not answered"


@dataclass
class Asked:
    """What became of one question."""

    question: str
    position: int
    """Of its answer in the chat."""
    sent: float = field(default_factory=time.monotonic)
    first_claim_seconds: float | None = None
    """Until the first claim, or what came nearest, was there to be drawn."""
    whole: bool = False
    texts: list[str] = field(default_factory=list)
    """Every line that was shown from then on."""

    @property
    def shown_unanswered(self) -> bool:
        """Whether the page ever said that it was not answered."""
        return any(UNANSWERED in text for text in self.texts)

    @property
    def failed(self) -> bool:
        """Whether the page says that it went wrong."""
        return any("went wrong" in text for text in self.texts)


class Person:
    """One window with the page in it."""

    def __init__(self, address: str) -> None:
        self._address = address.replace("http", "ws") + "/_stcore/stream"
        self._origin = address
        self._known: dict[str, ForwardMsg] = {}
        self._timers: dict[str, asyncio.Task] = {}
        self._query = self._page = self._box = ""
        self._runs = asyncio.Event()
        self.now: Asked | None = None
        self.seen: list[str] = []
        """Every line that was ever shown, the framework's own errors among them."""
        self.asked: list[Asked] = []

    async def __aenter__(self) -> Person:
        self._socket = await connect(self._address, subprotocols=["streamlit"], origin=self._origin, max_size=None)
        self._listening = asyncio.create_task(self._listen())
        await self._run()
        await self._until(self._runs.is_set)
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in (self._listening, *self._timers.values()):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
        await self._socket.close()

    async def ask(self, question: str, timeout_seconds: float = 60.0) -> Asked:
        """Ask, and wait until the answer is whole and the page at rest."""
        self.now = Asked(question, 2 * len(self.asked) + 1)
        self.asked.append(self.now)
        message = self._message()
        state = message.rerun_script.widget_states.widgets.add()
        state.id, state.chat_input_value.data = self._box, question
        self._runs.clear()
        await self._socket.send(message.SerializeToString())
        await self._until(self._is_settled, timeout_seconds)
        return self.now

    def _is_settled(self) -> bool:
        return (
            (self.now.whole or self.now.shown_unanswered or self.now.failed)
            and self._runs.is_set()
            and not self._timers
        )

    def _message(self) -> BackMsg:
        message = BackMsg()
        message.rerun_script.query_string, message.rerun_script.page_script_hash = self._query, self._page
        return message

    async def _run(self) -> None:
        self._runs.clear()
        await self._socket.send(self._message().SerializeToString())

    async def _listen(self) -> None:
        async for data in self._socket:
            message = ForwardMsg.FromString(data)
            if message.WhichOneof("type") == "ref_hash":
                message = self._known[message.ref_hash]
            elif message.hash:
                self._known[message.hash] = message
            self._take(message)

    def _take(self, message: ForwardMsg) -> None:
        kind = message.WhichOneof("type")
        if kind == "new_session":
            self._page = message.new_session.page_script_hash
            if not message.metadata.run.fragment_ids:  # a run of the whole page: its timers are set anew
                self._stop(list(self._timers))
        elif kind == "page_info_changed":
            self._query = message.page_info_changed.query_string
        elif kind == "auto_rerun":
            timer, fragment = message.auto_rerun.interval, message.auto_rerun.fragment_id
            if fragment not in self._timers:
                self._timers[fragment] = asyncio.create_task(self._again(timer, fragment))
        elif kind == "stop_auto_rerun":
            self._stop(message.stop_auto_rerun.fragment_ids)
        elif kind == "script_finished" and message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
            self._runs.set()
        elif kind == "delta" and message.delta.WhichOneof("type") == "new_element":
            self._see(message.delta.new_element)

    def _stop(self, fragments: Iterable[str]) -> None:
        for fragment in fragments:
            if fragment in self._timers:
                self._timers.pop(fragment).cancel()

    async def _again(self, seconds: float, fragment: str) -> None:
        while True:
            await asyncio.sleep(seconds)
            message = self._message()
            message.rerun_script.fragment_id, message.rerun_script.is_auto_rerun = fragment, True
            await self._socket.send(message.SerializeToString())

    def _see(self, element: object) -> None:
        kind = element.WhichOneof("type")
        if kind == "chat_input":
            self._box = element.chat_input.id
        elif kind in ("text", "exception"):
            said = element.text.body if kind == "text" else f"exception: {element.exception.message}"
            self.seen.append(said)
            if self.now is not None:
                self.now.texts.append(said)
        elif kind == "bidi_component" and self.now is not None:
            self._see_block(json.loads(element.bidi_component.json))

    def _see_block(self, block: dict) -> None:
        spots = block.get("spots") or []
        if not any(spot["reference"].split(".")[0] == str(self.now.position) for spot in spots):
            return
        if self.now.first_claim_seconds is None:
            self.now.first_claim_seconds = time.monotonic() - self.now.sent
        self.now.whole = self.now.whole or block["kind"] in ("sources", "nearest")

    async def _until(self, holds, seconds: float = 60.0) -> None:
        ends = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > ends:
                raise AssertionError(f"not after {seconds} s: {self.now}")
            if self._listening.done():
                self._listening.result()
                raise AssertionError("the page has hung up")
            await asyncio.sleep(0.01)


async def crowd(address: str, people: int, questions: list[str], each: int) -> list[Asked]:
    """So many people, who come together and ask so many questions each, one after the other."""

    async def come(number: int) -> list[Asked]:
        async with Person(address) as person:
            for n in range(each):
                await person.ask(questions[(number * each + n) % len(questions)])
            return person.asked

    came = await asyncio.gather(*(come(number) for number in range(people)))
    return [asked for one in came for asked in one]
