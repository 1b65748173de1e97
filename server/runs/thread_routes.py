"""The stream of a thread with all its runs."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request, Response

from server.events.sse import EventStreamResponse, frame, with_keep_alive
from server.requests import ThreadId, WireRoute
from server.runs.thread_stream import ThreadStream, resume_point, stream_modes

router = APIRouter(tags=["threads"], route_class=WireRoute)


@router.get("/threads/{thread_id}/stream", response_class=EventStreamResponse)
async def stream(
    request: Request,
    thread_id: ThreadId,
    stream_modes_: Annotated[
        list[str] | None, Query(alias="stream_modes", description="run_modes (default), lifecycle, state_update")
    ] = None,
    stream_mode: Annotated[list[str] | None, Query(description="the same, as the SDKs send it")] = None,
    last_event_id: Annotated[str | None, Header(description="read on after this event; `-`: from the start")] = None,
) -> Response:
    """All that happens on a thread, run after run, until the reader leaves."""
    modes = stream_modes([*(stream_modes_ or ()), *(stream_mode or ())])
    resume = resume_point(last_event_id)
    thread_stream: ThreadStream = request.app.state.thread_stream
    happening = await thread_stream.open(thread_id, modes, resume)

    async def frames() -> AsyncGenerator[bytes, None]:
        async with aclosing(happening) as events:
            async for event in events:
                yield frame(event, with_id=True)

    return EventStreamResponse(with_keep_alive(frames()))
