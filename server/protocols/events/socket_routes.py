"""The WebSocket on `/threads/{thread_id}/stream/events`."""

from uuid import UUID

from fastapi import APIRouter, WebSocket

from server.auth.middleware import access_of
from server.errors import Denied
from server.metrics.http import note_endpoint
from server.protocols.events.commands import Commands
from server.protocols.events.envelopes import CommandError
from server.protocols.events.session import ThreadEvents
from server.protocols.events.socket import EventSocket, say_farewell

REFUSED = 4000
"""Added to the HTTP status of a refusal, it is the code that the connection is closed with: clients do not try again."""

_UNEXPECTED = 1011

router = APIRouter()


_PATH = "/threads/{thread_id}/stream/events"


@router.websocket(_PATH)
async def stream(websocket: WebSocket, thread_id: str) -> None:
    """A thread's commands and events on one connection. The thread need not exist yet."""
    note_endpoint(websocket.scope, _PATH)
    access = access_of(websocket)
    try:
        known = UUID(thread_id)
    except ValueError:
        known = None
    try:
        await access.may("threads", "read", {"thread_id": known})
    except Denied as error:
        await websocket.accept()
        code = REFUSED + error.status if error.status < 500 else _UNEXPECTED
        await say_farewell(websocket, code, CommandError("permission_denied", f"{error.status}: {error.detail}"))
        return
    await websocket.accept()
    if known is None:
        await say_farewell(websocket, REFUSED + 422, CommandError("invalid_argument", "422: Invalid thread ID"))
        return
    state = websocket.app.state
    commands: Commands = state.commands.on_behalf_of(access)
    events: ThreadEvents = state.thread_events.on_behalf_of(access)
    await EventSocket(websocket, known, commands, events, strict=state.settings.strict_requests).serve()
