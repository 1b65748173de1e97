"""The threads API."""

from contextlib import suppress
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import AfterValidator, WithJsonSchema

from server.auth.middleware import access_of
from server.errors import Malformed, NotFound
from server.paging import Selected, page_response, selected
from server.refusals import Refusal, refusals
from server.requests import QueryList, ThreadId, WireRoute
from server.runs.service import RunService
from server.threads.extract import extracted, root_of
from server.threads.repository import Thread
from server.threads.schemas import (
    CheckpointRef,
    CheckpointWritten,
    HistoryRequest,
    PruneOut,
    StateAtCheckpoint,
    StateUpdate,
    ThreadCount,
    ThreadCreate,
    ThreadOut,
    ThreadPatch,
    ThreadPrune,
    ThreadSearch,
    ThreadStateOut,
    ThreadStorageOut,
    state_keys,
)
from server.threads.service import SuperstepsNotAppliedError, ThreadNotFoundError, ThreadService
from server.wire_json import SharedWireResponse, WireResponse, decode

_STORABLE = r"^[^\x00]+$"  # Postgres has no text with U+0000

SelectQuery = Annotated[
    QueryList, AfterValidator(state_keys), Query(description="only these keys; `values.<key>` for one of the values")
]
# not an integer: what is none gets the API's own words
LimitQuery = Annotated[str, WithJsonSchema({"type": "integer", "minimum": 0, "maximum": 1000, "default": 10})]
CheckpointId = Annotated[str, Path(pattern=_STORABLE, description="The checkpoint's id")]

router = APIRouter(prefix="/threads", tags=["threads"], route_class=WireRoute, responses=refusals(404, 422))


def _service(request: Request) -> ThreadService:
    service: ThreadService = request.app.state.threads
    return service.on_behalf_of(access_of(request))


@router.post(
    "",
    response_model=ThreadOut,
    responses={201: {"model": Refusal, "description": "Made, but without its supersteps."}, **refusals(400, 409)},
)
async def create(request: Request, body: ThreadCreate) -> Response:
    """Create a thread. 201 says that there is one, but that its supersteps could not be applied to it."""
    try:
        thread = await _service(request).create(body)
    except SuperstepsNotAppliedError as error:
        return WireResponse({"detail": str(error)}, 201)
    return WireResponse(thread.to_wire())


@router.post("/search", response_model=list[ThreadOut | Selected], responses=refusals(400))
async def search(request: Request, body: ThreadSearch) -> Response:
    """List threads, the last updated first unless asked otherwise."""
    found = await _service(request).search(body)
    return page_response(found, body, lambda thread: _row(thread, body))


def _row(thread: Thread, body: ThreadSearch) -> dict[str, Any]:
    row = selected(thread.to_wire(), body.select)
    if not body.extract:
        return row
    documents: dict[str, Any] = {"metadata": thread.metadata, "config": thread.config}
    wanted = {root_of(path) for path in body.extract.values()}
    for root, text in (("values", thread.values), ("interrupts", thread.interrupts)):
        documents[root] = decode(text) if text is not None and root in wanted else None
    return {**row, "extracted": extracted(documents, body.extract)}


@router.post("/count", response_model=int)
async def count(request: Request, body: ThreadCount) -> Response:
    """Count threads."""
    return WireResponse(await _service(request).count(body))


async def _all_are_there(service: ThreadService, body: ThreadPrune) -> None:
    for thread_id in body.thread_ids:
        try:
            await service.get(thread_id)
        except ThreadNotFoundError as error:
            raise NotFound("At least one thread not found or not authorized") from error


@router.post("/prune", response_model=PruneOut, responses=refusals(400, 409))
async def prune(request: Request, body: ThreadPrune) -> Response:
    """Delete threads, or all of their checkpoints but the newest.

    Ids that name no thread are passed over; where the project's auth decides who may, they are refused, all or none.
    """
    if access_of(request).is_restricted:
        await _all_are_there(_service(request), body)
    if body.strategy == "keep_latest":
        return WireResponse({"pruned_count": await _service(request).keep_latest(body.thread_ids)})
    runs: RunService = request.app.state.runs.on_behalf_of(access_of(request))
    pruned = 0
    for thread_id in dict.fromkeys(body.thread_ids):
        with suppress(ThreadNotFoundError):
            await runs.delete_thread(thread_id)
            pruned += 1
    return WireResponse({"pruned_count": pruned})


@router.get("/{thread_id}", response_model=ThreadOut)
async def get(request: Request, thread_id: ThreadId, include: str = "") -> Response:
    """One thread; `include=ttl` adds its time to live."""
    thread = await _service(request).get(thread_id)
    ttl = thread.ttl_to_wire() if "ttl" in (name.strip() for name in include.split(",")) else None
    return WireResponse(thread.to_wire() if ttl is None else {**thread.to_wire(), "ttl": ttl})


@router.patch("/{thread_id}", response_model=ThreadOut, responses={204: {"description": "Changed (`return=minimal`)."}})
async def patch(request: Request, thread_id: ThreadId, body: ThreadPatch) -> Response:
    """Change a thread's metadata or time to live; `Prefer: return=minimal` answers 204."""
    thread = await _service(request).patch(thread_id, body)
    if "return=minimal" in request.headers.get("prefer", ""):
        return Response(status_code=204)
    return WireResponse(thread.to_wire())


@router.post("/{thread_id}/copy", response_model=ThreadOut, responses=refusals(409))
async def copy(request: Request, thread_id: ThreadId) -> Response:
    """Copy a thread with all its checkpoints, but without its runs."""
    return WireResponse((await _service(request).copy(thread_id)).to_wire())


@router.get("/{thread_id}/storage", response_model=ThreadStorageOut)
async def storage(request: Request, thread_id: ThreadId) -> Response:
    """What a thread's checkpoints take up in the database."""
    return WireResponse((await _service(request).storage(thread_id)).to_wire(thread_id))


@router.get("/{thread_id}/state", response_model=ThreadStateOut | Selected)
async def state(request: Request, thread_id: ThreadId, subgraphs: bool = False, select: SelectQuery = None) -> Response:
    """The thread's newest state."""
    return WireResponse(await _service(request).states.read(thread_id, subgraphs=subgraphs, select=select))


@router.post("/{thread_id}/state", response_model=CheckpointWritten, responses=refusals(400, 409))
async def update_state(request: Request, thread_id: ThreadId, body: StateUpdate) -> Response:
    """Write to the thread's state."""
    return WireResponse(await _service(request).states.update(thread_id, body))


@router.get("/{thread_id}/state/{checkpoint_id}", response_model=ThreadStateOut | Selected)
async def state_at(
    request: Request,
    thread_id: ThreadId,
    checkpoint_id: CheckpointId,
    subgraphs: bool = False,
    select: SelectQuery = None,
) -> Response:
    """The thread's state at a checkpoint; an empty one if there is no such checkpoint."""
    at = CheckpointRef(checkpoint_id=checkpoint_id)
    return WireResponse(await _service(request).states.read(thread_id, at, subgraphs=subgraphs, select=select))


@router.post("/{thread_id}/state/checkpoint", response_model=ThreadStateOut | Selected)
async def state_at_checkpoint(request: Request, thread_id: ThreadId, body: StateAtCheckpoint) -> Response:
    """The thread's state at a checkpoint, a subgraph's included."""
    states = _service(request).states
    return WireResponse(await states.read(thread_id, body.checkpoint, subgraphs=body.subgraphs, select=body.select))


@router.get("/{thread_id}/history", response_model=list[ThreadStateOut])
async def get_history(
    request: Request, thread_id: ThreadId, limit: LimitQuery = "10", before: str | None = Query(None, pattern=_STORABLE)
) -> Response:
    """The thread's checkpoints, newest first."""
    if not limit.isdecimal() or int(limit) > 1000:
        raise Malformed(f"Invalid limit {limit}")
    if int(limit) == 0:
        return WireResponse([])
    wanted = HistoryRequest(limit=int(limit), before=CheckpointRef(checkpoint_id=before) if before else None)
    return SharedWireResponse(await _service(request).states.history(thread_id, wanted))


@router.post("/{thread_id}/history", response_model=list[ThreadStateOut | Selected])
async def post_history(request: Request, thread_id: ThreadId, body: HistoryRequest) -> Response:
    """The thread's checkpoints, newest first, filtered."""
    return SharedWireResponse(await _service(request).states.history(thread_id, body))
