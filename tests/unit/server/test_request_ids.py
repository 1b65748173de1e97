"""Sockets have ids as requests have, and what breaks one is logged as what breaks the other."""

from typing import Any

import pytest
import structlog
from starlette.types import Message, Receive, Scope, Send

from server.request_ids import RequestIdMiddleware

SOCKET: dict[str, Any] = {
    "type": "websocket",
    "path": "/threads/1/stream/events",
    "headers": [(b"x-request-id", b"a-1")],
}


@pytest.mark.parametrize("accepted", [True, False])
async def test_what_a_socket_runs_into_is_logged_once_with_its_id_and_ends_it(
    accepted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        if accepted:
            await send({"type": "websocket.accept"})
        raise ZeroDivisionError("said by somebody")

    sent: list[Message] = []
    logged: list[dict[str, Any]] = []

    class Log:
        def error(self, event: str, **known: Any) -> None:
            logged.append({"event": event, **structlog.contextvars.get_contextvars(), **known})

        info = error

    async def receive() -> Message:
        raise AssertionError("nothing is read")

    async def send(message: Message) -> None:
        sent.append(message)

    monkeypatch.setattr("server.request_ids.log", Log())
    await RequestIdMiddleware(app)({**SOCKET}, receive, send)
    error, line = logged
    assert (error["event"], error["request_id"], type(error["exc_info"])) == (
        "unhandled error",
        "a-1",
        ZeroDivisionError,
    )
    assert (line["event"], line["code"]) == ("socket", 1011)
    assert sent[-1] == {"type": "websocket.close", "code": 1011}
    if accepted:
        assert sent[0]["headers"] == [(b"x-request-id", b"a-1")]
