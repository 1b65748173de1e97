"""`POST /threads/{thread_id}/stream/events`: a thread's events as SSE."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from server.auth.middleware import access_of
from server.events.failures import public_error
from server.events.log import EventsGoneError
from server.events.slow_readers import EventStreamResponse
from server.events.sse import STREAMED, joined, with_keep_alive
from server.protocols.events.command_routes import body_of
from server.protocols.events.envelopes import CommandError, failure
from server.protocols.events.model import ProtocolEvent
from server.protocols.events.session import ThreadEvents
from server.protocols.events.subscriptions import CHANNELS, Subscription, is_watch_of_python_sdk
from server.refusals import refusals
from server.requests import ThreadId, WireRequest, WireRoute


class SubscriptionIn(BaseModel):
    """What of a thread's events to send."""

    channels: list[Annotated[str, Field(pattern=f"^({'|'.join(CHANNELS)}|custom:.+)$")]] = Field(
        min_length=1, description="`custom:<name>` is a graph's own channel of that name"
    )
    namespaces: list[list[str]] | None = Field(None, description="only of these graphs and what is below them")
    depth: int | None = Field(None, ge=0, description="how many levels below the namespaces")
    since: int | None = Field(None, ge=0, description="only events after this `seq`")


router = APIRouter(tags=["event streaming"], route_class=WireRoute, responses=refusals(400, 413, 422))

_BODY = {
    "requestBody": {"required": True, "content": {"application/json": {"schema": SubscriptionIn.model_json_schema()}}}
}


class ProtocolStreamResponse(EventStreamResponse):
    """A thread's events. Its farewell to a reader that takes nothing is an error of the protocol."""

    def farewell(self, reason: Exception) -> bytes:
        """The last frame: an error that answers no command."""
        return _error_frame(reason)


@router.post(
    "/threads/{thread_id}/stream/events", response_class=EventStreamResponse, responses=STREAMED, openapi_extra=_BODY
)
async def stream(request: WireRequest, thread_id: ThreadId) -> Response:
    """All events of a thread that a subscription is for: those so far, then those to come, until the reader leaves.

    The thread need not exist yet.
    """
    subscription = Subscription.parse(await body_of(request))
    events: ThreadEvents = request.app.state.thread_events.on_behalf_of(access_of(request))
    pages = await events.open(
        thread_id,
        subscription.channels,
        since=subscription.since,
        skips_settled=_is_python_sdk(request) and is_watch_of_python_sdk(subscription),
    )
    return ProtocolStreamResponse(with_keep_alive(_frames(pages, subscription)))


def _is_python_sdk(request: Request) -> bool:
    return request.headers.get("user-agent", "").startswith("langgraph-sdk-py/")


async def _frames(
    pages: AsyncGenerator[Sequence[ProtocolEvent], None], subscription: Subscription
) -> AsyncGenerator[bytes, None]:
    try:
        async with aclosing(pages):
            async for page in pages:
                for chunk in joined(_frame(event) for event in page if subscription.matches(event)):
                    yield chunk
    except EventsGoneError as gone:
        yield _error_frame(gone)


def _frame(event: ProtocolEvent) -> bytes:
    return b"event: %s\r\ndata: %s\r\nid: %d\r\n\r\n" % (event.method.encode(), event.encoded(), event.seq)


def _error_frame(reason: Exception) -> bytes:
    told: dict[str, Any] = public_error(reason)
    return b"event: error\r\ndata: %s\r\n\r\n" % failure(None, CommandError("unknown_error", told["message"]))
