"""The response to a tool call: the run's outcome as one JSON value, or its progress and its outcome as events."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from dataclasses import dataclass

from server.errors import Denied
from server.events.sse import with_keep_alive
from server.protocols.mcp import messages
from server.protocols.mcp.calls import Outcome, outcome_of
from server.protocols.mcp.live_calls import LiveCall
from server.protocols.mcp.messages import REQUEST_CANCELLED, RequestId, RpcError
from server.protocols.mcp.service import McpService, StartedCall
from server.runs.repository import Run
from server.runs.responses import RunResponse
from server.runs.service import RunNotFoundError, RunService
from server.runs.streams import WAITING


@dataclass(frozen=True)
class Caller:
    """How a call is to be answered: its request's id, the kind of response, and the keys that cancel it."""

    request_id: RequestId
    streams: bool
    progress_token: RequestId | None
    keys: tuple[str, ...]


class CallResponse(RunResponse):
    """Answers a call once its run is over.

    A run on a thread of its own goes with its caller, since nobody else could read what it comes to. On a thread that its
    caller named it goes on: the protocol says that to lose a connection is not to cancel.
    """

    def __init__(self, service: McpService, started: StartedCall, caller: Caller) -> None:
        super().__init__(
            service.runs,
            started.run,
            _streamed(service, started, caller) if caller.streams else _json(service, started, caller),
            cancel_with_reader=started.call.thread_id is None,
            media_type="text/event-stream" if caller.streams else "application/json",
            headers={},
        )


class _Progress:
    """A call's progress notifications. They come at least as often as keep-alives do: clients give up in silence."""

    def __init__(self, token: RequestId | None) -> None:
        self._token = token
        self._count = 0
        self._said = "started"

    def frame(self, said: str | None = None) -> bytes:
        """The next notification: `said`, or what was said last. A comment if nobody asked for progress."""
        if self._token is None:
            return b": waiting\r\n\r\n"
        self._count += 1
        self._said = said or self._said
        params = {"progressToken": self._token, "progress": self._count, "message": self._said}
        return messages.sse(messages.notification("notifications/progress", params))


async def _json(service: McpService, started: StartedCall, caller: Caller) -> AsyncGenerator[bytes, None]:
    async def only_the_answer() -> AsyncGenerator[bytes, None]:
        async with aclosing(_told(service, started, caller)) as told:
            async for one in told:
                if isinstance(one, bytes):
                    yield one

    async with aclosing(with_keep_alive(only_the_answer(), lambda: WAITING)) as kept_alive:
        async for chunk in kept_alive:
            yield chunk


async def _streamed(service: McpService, started: StartedCall, caller: Caller) -> AsyncGenerator[bytes, None]:
    progress = _Progress(caller.progress_token)

    async def frames() -> AsyncGenerator[bytes, None]:
        async with aclosing(_told(service, started, caller)) as told:
            async for one in told:
                yield messages.sse(one) if isinstance(one, bytes) else progress.frame(one)

    async with aclosing(with_keep_alive(frames(), progress.frame)) as kept_alive:
        async for chunk in kept_alive:
            yield chunk


async def _told(service: McpService, started: StartedCall, caller: Caller) -> AsyncGenerator[str | bytes, None]:
    """What is to be told of the call's progress, then its answer's bytes."""
    run, outcome = started.run, Outcome(started.call, started.shape, started.run)
    with service.live_calls.answering(*caller.keys) as live:
        stopping = asyncio.create_task(_stop_when_cancelled(service.runs, run, live), name=f"mcp call {run.run_id}")
        try:
            async with aclosing(outcome_of(service.runs, run, outcome)) as told:
                async for text in told:
                    yield text
        finally:
            stopping.cancel()
            await asyncio.gather(stopping, return_exceptions=True)
    if live.is_cancelled:
        yield messages.error(caller.request_id, RpcError(REQUEST_CANCELLED, "Request cancelled"))
    else:
        yield messages.answer(caller.request_id, outcome.result())


async def _stop_when_cancelled(service: RunService, run: Run, live: LiveCall) -> None:
    await live.until_cancelled()
    with suppress(RunNotFoundError, Denied):  # it may be over by now
        await service.cancel(run.thread_id, run.run_id, "interrupt")
