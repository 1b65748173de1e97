"""Responses that a run's reader may leave before their end, and what becomes of the run then."""

from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress

from anyio import CancelScope
from starlette.types import Receive, Scope, Send

from server.errors import Denied
from server.events.slow_readers import PatientStreamingResponse
from server.events.sse import SSE_HEADERS
from server.runs.repository import Run
from server.runs.service import RunNotFoundError, RunService


class RunResponse(PatientStreamingResponse):
    """Streams what a run gives. With `cancel_with_reader`, a reader that leaves before the end cancels the run.

    The watch is here and not in what is streamed: a reader may leave before the first chunk is asked for.
    """

    def __init__(
        self,
        service: RunService,
        run: Run,
        chunks: AsyncGenerator[bytes, None],
        *,
        cancel_with_reader: bool,
        media_type: str,
        headers: dict[str, str],
    ) -> None:
        self._service = service
        self._run = run
        self._cancel_with_reader = cancel_with_reader
        self._ended = False
        given = {**SSE_HEADERS, **headers} if media_type == "text/event-stream" else headers
        super().__init__(self._watched(chunks), media_type=media_type, headers=given)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it all, or see to the run."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            if self._cancel_with_reader and not self._ended:
                # the reader's leaving cancels this task, at every await until it ends
                with CancelScope(shield=True), suppress(RunNotFoundError, Denied):  # it may be over by now
                    await self._service.cancel(self._run.thread_id, self._run.run_id, "interrupt")

    async def _watched(self, chunks: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
        async with aclosing(chunks):
            async for chunk in chunks:
                yield chunk
        self._ended = True
