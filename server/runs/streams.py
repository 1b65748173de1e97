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
        last: bytes | None = None
        async with aclosing(service.events(run.run_id)) as pages:
            async for page in pages:
                for event in page:
                    # a run of event streaming v2 has its values in that protocol's words
                    if event.name == "values" and not is_protocol(run) and not _asks(last):
                        last = event.data
                    elif event.name == "error":
                        last = b'{"__error__":' + event.data + b"}"
        yield last if last is not None else encode(await _thread_values(service, run))

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


def _asks(values: bytes | None) -> bool:
    """Whether these values tell of an interrupt: what other branches say after that must not hide it."""
    if values is None or b'"__interrupt__"' not in values:
        return False
    decoded = orjson.loads(values)
    return isinstance(decoded, dict) and "__interrupt__" in decoded


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
        values["__interrupt__"] = pending
    return values
