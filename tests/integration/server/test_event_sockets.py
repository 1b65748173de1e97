"""WebSockets of clients that do not read, and of pages from elsewhere, on real connections."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, cast
from uuid import uuid4

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import WebSocketRoute
from starlette.types import Message
from starlette.websockets import WebSocket
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from server.cors import cors_middleware
from server.events import slow_readers
from server.langgraph_sections import CorsSpec
from server.protocols.events import socket
from server.protocols.events.commands import Commands
from server.protocols.events.envelopes import Command, Done
from server.protocols.events.model import ProtocolEvent
from server.protocols.events.session import ThreadEvents
from server.protocols.events.socket import EventSocket
from server.settings import Settings
from server.wire_json import encode

EVENTS = 1_000
SUBSCRIBE = json.dumps({"id": 1, "method": "subscription.subscribe", "params": {"channels": ["custom"]}})


class Flood:
    """A thread with 16 MB of events; knows how many were asked for."""

    def __init__(self, events: int = EVENTS) -> None:
        self._events = events
        self.taken = 0
        self.closed = asyncio.Event()
        self.ended = asyncio.Event()
        """Nobody is connected any more."""

    async def open(self, *_: Any, **__: Any) -> AsyncGenerator[Sequence[ProtocolEvent], None]:
        return self._pages()

    async def _pages(self) -> AsyncGenerator[Sequence[ProtocolEvent], None]:
        run_id = uuid4()
        params = {"namespace": [], "timestamp": 0, "data": "x" * 16_000}
        body = encode({"type": "event", "method": "custom", "params": params})
        try:
            for number in range(1, self._events + 1):
                self.taken = number
                yield [ProtocolEvent(run_id, f"1-{number}", number, "custom", (), body)]
            yield ()
        finally:
            self.closed.set()


class States:
    """Answers every command with a megabyte; knows how many it answered."""

    def __init__(self) -> None:
        self.carried_out = 0

    async def carry_out(self, *_: Any) -> Done:
        self.carried_out += 1
        return Done({"values": "x" * 1_000_000})


@asynccontextmanager
async def served(
    flood: Flood, middleware: Sequence[Middleware] = (), commands: States | None = None
) -> AsyncIterator[str]:
    """Where a server of the thread is."""
    ended = flood.ended

    async def stream(websocket: WebSocket) -> None:
        await websocket.accept()
        events, states = cast("ThreadEvents", flood), cast("Commands", commands)
        await EventSocket(websocket, uuid4(), states, events, strict=False).serve()
        ended.set()

    app = Starlette(routes=[WebSocketRoute("/", stream)], middleware=list(middleware))
    config = uvicorn.Config(app, port=0, log_config=None, timeout_graceful_shutdown=1, ws_per_message_deflate=False)
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - it has no event for that
        await asyncio.sleep(0.01)
    yield f"ws://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/"
    server.should_exit = True
    await task


async def test_a_client_that_takes_nothing_is_let_go_with_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slow_readers, "STALLED_SECONDS", 0.5)
    monkeypatch.setattr(socket, "FAREWELL_SECONDS", 60.0)
    flood = Flood()
    async with served(flood) as url, connect(url, max_queue=1) as client:
        await client.send(SUBSCRIBE)
        await flood.closed.wait()
        assert flood.taken < EVENTS / 2, "what is buffered for it is bounded"
        came = []
        with pytest.raises(ConnectionClosed) as closed:
            while True:
                came.append(json.loads(await client.recv()))
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4408
    *events, last = came
    assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
    assert (last["type"], last["id"], "connect again" in last["message"]) == ("error", None, True)


async def test_a_client_that_reads_gets_all_of_it_and_then_its_reply() -> None:
    async with served(Flood(50)) as url, connect(url) as client:
        await client.send(SUBSCRIBE)
        events = [json.loads(await client.recv()) for _ in range(50)]
        reply = json.loads(await client.recv())
    assert [event["seq"] for event in events] == list(range(1, 51))
    assert reply["result"]["replayed_events"] == 50
    assert reply["meta"] == {"applied_through_seq": 50}


async def test_nothing_stays_of_a_client_that_leaves_before_it_has_been_told_what_there_was() -> None:
    flood = Flood()
    async with served(flood) as url:
        async with connect(url) as client:
            await client.send(SUBSCRIBE)
            await client.recv()
            client.transport.abort()
        async with asyncio.timeout(60):
            await flood.ended.wait()
        assert flood.ended.is_set()


class Turns:
    """Carries commands out, each some turns of the loop after the one before it."""

    def __init__(self) -> None:
        self.carried_out: list[int] = []

    async def carry_out(self, _: str, command: Command) -> Done:
        for _turn in range(20 * command.id):
            await asyncio.sleep(0)
        self.carried_out.append(command.id)
        return Done({})


async def test_what_a_client_asked_for_before_it_left_is_carried_out_though_nobody_takes_the_replies() -> None:
    asked = [json.dumps({"id": number, "method": "run.start"}) for number in (1, 2, 3)]
    came: list[Message] = [{"type": "websocket.receive", "text": text} for text in asked]
    came = [{"type": "websocket.connect"}, *came, {"type": "websocket.disconnect", "code": 1006}]

    async def send(message: Message) -> None:
        if message["type"] != "websocket.accept":
            raise OSError("it has left")

    async def receive() -> Message:
        return came.pop(0)

    websocket, turns = WebSocket({"type": "websocket", "headers": []}, receive, send), Turns()
    await websocket.accept()
    await EventSocket(websocket, uuid4(), cast("Commands", turns), cast("ThreadEvents", Flood()), strict=False).serve()
    assert turns.carried_out == [1, 2, 3]


async def test_commands_of_a_client_that_takes_nothing_do_not_pile_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slow_readers, "STALLED_SECONDS", 0.5)
    monkeypatch.setattr(socket, "FAREWELL_SECONDS", 0.1)
    flood, states = Flood(), States()
    async with served(flood, commands=states) as url, connect(url, max_queue=1, close_timeout=0.1) as client:
        for number in range(200):
            await client.send(json.dumps({"id": number, "method": "state.get"}))
        await flood.ended.wait()
    assert states.carried_out <= 3 * socket.MOST_COMMANDS, "what the network takes ahead, and those that wait"


async def test_pages_connect_from_where_cors_lets_them_and_programs_from_anywhere() -> None:
    cors = cors_middleware(Settings(), CorsSpec(allow_origins=["https://a.example"]))
    async with served(Flood(), [cors]) as url:
        own = url.replace("ws", "http", 1).rstrip("/")
        for origin in (None, "https://a.example", own):
            async with connect(url, origin=cast("Any", origin)):
                pass
        for origin in ("https://b.example", "null"):
            with pytest.raises(InvalidStatus) as refused:
                await connect(url, origin=cast("Any", origin))
            assert refused.value.response.status_code == 403
