"""The threads API."""

from typing import Any

from fastapi import APIRouter, Query, Request, Response

from server.errors import Malformed
from server.paging import page_headers, selected
from server.requests import ThreadId, WireRoute, parse_uuid
from server.threads.schemas import (
    CheckpointRef,
    CheckpointWritten,
    HistoryRequest,
    StateAtCheckpoint,
    StateUpdate,
    ThreadCount,
    ThreadCreate,
    ThreadOut,
    ThreadPatch,
    ThreadSearch,
    ThreadStateOut,
)
from server.threads.service import ThreadService
from server.wire_json import WireResponse

router = APIRouter(prefix="/threads", tags=["threads"], route_class=WireRoute)


def _service(request: Request) -> ThreadService:
    service: ThreadService = request.app.state.threads
    return service


@router.post("", response_model=ThreadOut)
async def create(request: Request, body: ThreadCreate) -> Response:
    """Create a thread."""
    return WireResponse((await _service(request).create(body)).to_wire())


@router.post("/search", response_model=list[ThreadOut])
async def search(request: Request, body: ThreadSearch) -> Response:
    """List threads, the last updated first unless asked otherwise."""
    found, more = await _service(request).search(body)
    rows = [selected(thread.to_wire(), body.select) for thread in found]
    return WireResponse(rows, headers=page_headers(body.offset, len(rows), more=more))


@router.post("/count", response_model=int)
async def count(request: Request, body: ThreadCount) -> Response:
    """Count threads."""
    return WireResponse(await _service(request).count(body))


@router.get("/{thread_id}", response_model=ThreadOut)
async def get(request: Request, thread_id: ThreadId) -> Response:
    """One thread."""
    return WireResponse((await _service(request).get(thread_id)).to_wire())


@router.patch("/{thread_id}", response_model=ThreadOut)
async def patch(request: Request, thread_id: ThreadId, body: ThreadPatch) -> Response:
    """Change a thread's metadata; `Prefer: return=minimal` answers 204."""
    thread = await _service(request).patch(thread_id, body.metadata or {})
    if "return=minimal" in request.headers.get("prefer", ""):
        return Response(status_code=204)
    return WireResponse(thread.to_wire())


@router.get("/{thread_id}/state", response_model=ThreadStateOut)
async def state(request: Request, thread_id: ThreadId, subgraphs: bool = False) -> Response:
    """The thread's newest state."""
    return WireResponse(await _service(request).state(thread_id, subgraphs=subgraphs))


@router.post("/{thread_id}/state", response_model=CheckpointWritten)
async def update_state(request: Request, thread_id: ThreadId, body: StateUpdate) -> Response:
    """Write to the thread's state."""
    return WireResponse(await _service(request).update_state(thread_id, body))


@router.get("/{thread_id}/state/{checkpoint_id}", response_model=ThreadStateOut)
async def state_at(request: Request, thread_id: ThreadId, checkpoint_id: str, subgraphs: bool = False) -> Response:
    """The thread's state at a checkpoint."""
    reference = CheckpointRef(checkpoint_id=parse_uuid(checkpoint_id, "checkpoint"))
    return WireResponse(await _service(request).state(thread_id, reference, subgraphs=subgraphs))


@router.post("/{thread_id}/state/checkpoint", response_model=ThreadStateOut)
async def state_at_checkpoint(request: Request, thread_id: ThreadId, body: StateAtCheckpoint) -> Response:
    """The thread's state at a checkpoint, a subgraph's included."""
    return WireResponse(await _service(request).state(thread_id, body.checkpoint, subgraphs=body.subgraphs))


@router.get("/{thread_id}/history", response_model=list[ThreadStateOut])
async def get_history(
    request: Request, thread_id: ThreadId, limit: str = "10", before: str | None = Query(None)
) -> Response:
    """The thread's checkpoints, newest first."""
    if not limit.isdecimal() or int(limit) > 1000:
        raise Malformed(f"Invalid limit {limit}: must be a number from 0 to 1000")
    if int(limit) == 0:
        return WireResponse([])
    named: dict[str, Any] | None = {"checkpoint_id": before} if before else None
    return WireResponse(await _service(request).history(thread_id, HistoryRequest(limit=int(limit), before=named)))


@router.post("/{thread_id}/history", response_model=list[ThreadStateOut])
async def post_history(request: Request, thread_id: ThreadId, body: HistoryRequest) -> Response:
    """The thread's checkpoints, newest first, filtered."""
    return WireResponse(await _service(request).history(thread_id, body))
