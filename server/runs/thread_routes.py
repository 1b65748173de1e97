"""The stream of a thread with all its runs."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated

from fastapi import APIRouter, Header, Request, Response

from server.auth.middleware import access_of
from server.events.slow_readers import EventStreamResponse
from server.events.sse import STREAMED, frame, with_keep_alive
from server.refusals import refusals
from server.requests import QueryList, ThreadId, WireRoute
from server.runs.thread_stream import ThreadStream, named_modes, resume_point
from server.threads.service import ThreadNotFoundError
from server.wire_json import encode

router = APIRouter(tags=["threads"], route_class=WireRoute, responses=refusals(404, 422))


async def _refused(error: ThreadNotFoundError) -> AsyncGenerator[bytes, None]:
    yield (
        b"event: error\r\ndata: " + encode({"error": "HTTPException", "message": f"404: {error.detail}"}) + b"\r\n\r\n"
    )


@router.get("/threads/{thread_id}/stream", response_class=EventStreamResponse, responses=STREAMED)
async def stream(
    request: Request,
    thread_id: ThreadId,
    stream_modes: QueryList = None,
    stream_mode: QueryList = None,
    last_event_id: Annotated[
        str | None, Header(alias="Last-Event-ID", description="read on after this event; `-`: from the start")
    ] = None,
) -> Response:
    """All that happens on a thread, run after run, until the reader leaves.

    Modes: `run_modes` (the default: every event of its runs), `lifecycle` (their beginnings and ends), `state_update`.
    """
    modes = named_modes([*(stream_modes or ()), *(stream_mode or ())])  # the SDKs send the latter
    resume = resume_point(last_event_id)
    thread_stream: ThreadStream = request.app.state.thread_stream.on_behalf_of(access_of(request))
    try:
        happening = await thread_stream.open(thread_id, modes, resume)
    except ThreadNotFoundError as error:
        return EventStreamResponse(_refused(error))

    async def frames() -> AsyncGenerator[bytes, None]:
        async with aclosing(happening) as events:
            async for event in events:
                yield frame(event, with_id=True)

    return EventStreamResponse(with_keep_alive(frames()))
