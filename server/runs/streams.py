"""What a caller reads of a run: its events as SSE, or its outcome as one JSON value."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

import orjson

from server.events.convert import error_event
from server.events.failures import public_error
from server.events.log import EventsGoneError
from server.events.sse import frame, joined, unlogged_frame, with_keep_alive
from server.runs.config import is_protocol
from server.runs.repository import Run
from server.runs.service import RunService
from server.threads.service import ThreadNotFoundError
from server.wire_json import encode

WAITING = b"\n"
_INTERRUPT = "__interrupt__"
_INTERRUPT_KEY = b'"__interrupt__"'


async def sse_frames(
    service: RunService, run: Run, *, after: int | None, modes: frozenset[str] | None = None
) -> AsyncGenerator[bytes, None]:
    """The run's events from place `after` as SSE frames, with heartbeats, to its end. What is there at once goes out at once.

    An `error` event is the last one if some of them are not kept any more.
    `modes` filters by stream mode (errors always pass).
    """

    async def frames() -> AsyncGenerator[bytes, None]:
        try:
            async with aclosing(service.events(run.run_id, after)) as pages:
                async for page in pages:
                    shown = (
                        frame(event, with_id=run.is_resumable)
                        for event in page
                        if modes is None or _selected(event.name, modes)
                    )
                    for chunk in joined(shown):
                        yield chunk
        except EventsGoneError as gone:  # said aloud: to end here in silence would look like the end of the run
            yield unlogged_frame(error_event(public_error(gone)))

    async with aclosing(with_keep_alive(frames())) as kept_alive:
        async for chunk in kept_alive:
            yield chunk


async def outcome_json(service: RunService, run: Run) -> AsyncGenerator[bytes, None]:
    """The run's outcome as JSON, after newlines that keep the connection alive while it runs.

    The last root `values` of the run; `{"__error__": …}` if it failed; the thread's values if it streamed none.
    """

    async def outcome() -> AsyncGenerator[bytes, None]:
        last = _LastValues()
        failure: bytes | None = None
        async with aclosing(service.events(run.run_id)) as pages:
            async for page in pages:
                for event in page:
                    # a run of event streaming v2 has its values in that protocol's words
                    if event.name == "values" and not is_protocol(run):
                        last.take(event.data)
                    elif event.name == "error":
                        failure = b'{"__error__":' + event.data + b"}"
        told = failure or last.told()
        yield told if told is not None else encode(await _thread_values(service, run))

    async with aclosing(with_keep_alive(outcome(), WAITING)) as kept_alive:
        async for chunk in kept_alive:
            yield chunk


async def joined_json(service: RunService, run: Run) -> AsyncGenerator[bytes, None]:
    """The outcome of a run that somebody else started: what its thread says, if it is over."""
    if run.is_over:
        yield encode(await _thread_values(service, run))
        return
    async with aclosing(outcome_json(service, run)) as chunks:
        async for chunk in chunks:
            yield chunk


class _LastValues:
    """The last of a run's values, with all that its branches ask: each tells of its own interrupts alone, and what other
    branches say after that must not hide them."""

    def __init__(self) -> None:
        self._last: bytes | None = None
        self._asking: dict[str, Any] | None = None
        self._asked: dict[str, Any] = {}

    def take(self, values: bytes) -> None:
        """Note what the run tells."""
        if _INTERRUPT_KEY in values:
            decoded = orjson.loads(values)
            if isinstance(decoded, dict) and isinstance(asked := decoded.get(_INTERRUPT), list):
                self._asking = self._asking or decoded
                self._asked |= {str(one.get("id")): one for one in asked}
                return
        self._last = values

    def told(self) -> bytes | None:
        """What it comes to; None if nothing was told."""
        if self._asking is None:
            return self._last
        return encode({**self._asking, _INTERRUPT: list(self._asked.values())})


def _selected(name: str, modes: frozenset[str]) -> bool:
    mode = name.split("|", 1)[0].split("/", 1)[0]
    return mode in modes or mode == "error" or (mode == "messages" and "messages-tuple" in modes)


async def _thread_values(service: RunService, run: Run) -> Any:
    if run.is_temporary:
        return {}
    try:
        thread = await service.thread(run.thread_id)
    except ThreadNotFoundError:
        return {}
    values = {} if thread.values is None else orjson.loads(thread.values)
    pending = [one for several in orjson.loads(thread.interrupts or "{}").values() for one in several]
    if pending and isinstance(values, dict):
        values[_INTERRUPT] = pending
    return values
