"""The runs API: on a thread, and without one (the run gets a thread of its own)."""

from collections.abc import AsyncGenerator
from typing import Annotated, Any, get_args
from uuid import UUID

from fastapi import APIRouter, Body, Header, Query, Request, Response
from starlette.responses import StreamingResponse

from server.auth.middleware import access_of
from server.errors import Malformed, NotFound
from server.events.slow_readers import EventStreamResponse
from server.events.sse import STREAMED
from server.events.types import seq_of
from server.paging import MAX_OFFSET, Selected, selected
from server.refusals import refusals
from server.requests import QueryList, RunId, ThreadId, WireRoute
from server.runs.repository import Run
from server.runs.responses import RunResponse
from server.runs.schemas import BatchedRun, CancelAction, CancelMany, RunCreate, RunField, RunOut
from server.runs.service import RunService
from server.runs.streams import joined_json, outcome_json, sse_frames
from server.wire_json import WireResponse, encode

_REFUSALS = refusals(404, 422)
_START_REFUSALS = refusals(400, 409)  # besides

router = APIRouter(prefix="/threads/{thread_id}/runs", tags=["runs"], route_class=WireRoute, responses=_REFUSALS)
stateless_router = APIRouter(prefix="/runs", tags=["runs without a thread"], route_class=WireRoute, responses=_REFUSALS)

threads_router = APIRouter(route_class=WireRoute, responses=_REFUSALS)  # what concerns a thread with all its runs

_OVER: dict[int | str, dict[str, Any]] = {
    200: {"description": "With `wait`: it is over.", "content": {"application/json": {"schema": {"type": "object"}}}}
}
_NOT_FOUND_JSON = b'{"__error__":{"error":"HTTPException","message":"404: Run not found"}}'
_NOT_FOUND_FRAME = b'event: error\r\ndata: {"error":"HTTPException","message":"404: Run not found"}\r\n\r\n'


def _service(request: Request) -> RunService:
    service: RunService = request.app.state.runs
    return service.on_behalf_of(access_of(request))


@router.post("", response_model=RunOut, responses=_START_REFUSALS)
async def create(request: Request, thread_id: ThreadId, body: RunCreate) -> Response:
    """Start a run in the background."""
    run = await _service(request).admit(thread_id, body)
    return WireResponse(run.to_wire(), headers={"content-location": _path(run)})


@stateless_router.post("", response_model=RunOut, responses=_START_REFUSALS)
async def create_stateless(request: Request, body: RunCreate) -> Response:
    """Start a run in the background, on a thread of its own."""
    run = await _service(request).admit(None, body)
    return WireResponse(run.to_wire(), headers={"content-location": f"/runs/{run.run_id}"})


@router.post("/stream", response_class=EventStreamResponse, responses={**STREAMED, **_START_REFUSALS})
async def stream(request: Request, thread_id: ThreadId, body: RunCreate) -> Response:
    """Start a run and stream its events."""
    return _streaming(_service(request), await _service(request).admit(thread_id, body, reads=True), body)


@stateless_router.post("/stream", response_class=EventStreamResponse, responses={**STREAMED, **_START_REFUSALS})
async def stream_stateless(request: Request, body: RunCreate) -> Response:
    """Start a run on a thread of its own and stream its events."""
    return _streaming(_service(request), await _service(request).admit(None, body, reads=True), body)


@router.post("/wait", responses=_START_REFUSALS)
async def wait(request: Request, thread_id: ThreadId, body: RunCreate) -> Response:
    """Start a run and answer with its outcome."""
    return _waiting(_service(request), await _service(request).admit(thread_id, body, reads=True), body)


@stateless_router.post("/wait", responses=_START_REFUSALS)
async def wait_stateless(request: Request, body: RunCreate) -> Response:
    """Start a run on a thread of its own and answer with its outcome."""
    return _waiting(_service(request), await _service(request).admit(None, body, reads=True), body)


@stateless_router.post("/batch", response_model=list[RunOut], responses=_START_REFUSALS)
async def create_batch(
    request: Request, body: Annotated[list[BatchedRun], Body(min_length=1, max_length=1000)]
) -> Response:
    """Start several runs in the background: all of them, or none if one cannot be accepted."""
    runs = await _service(request).admit_all(body)
    return WireResponse([run.to_wire() for run in runs])


@stateless_router.post("/cancel", status_code=204)
async def cancel_many(request: Request, body: CancelMany, action: CancelAction = "interrupt") -> Response:
    """Cancel all runs of a status, or some of a thread."""
    await _service(request).cancel_many(body, action)
    return Response(status_code=204)


@router.get("", response_model=list[RunOut | Selected])
async def page(
    request: Request,
    thread_id: ThreadId,
    limit: Annotated[int, Query(ge=0, le=1000)] = 10,
    offset: Annotated[int, Query(ge=0, le=MAX_OFFSET)] = 0,
    status: str | None = None,
    select: QueryList = None,
) -> Response:
    """The thread's runs, newest first."""
    unknown = set(select or ()) - set(get_args(RunField))
    if unknown:
        raise Malformed(f"Invalid select columns: {sorted(unknown)}. Expected: {list(get_args(RunField))}")
    runs = await _service(request).page(thread_id, status=status, limit=limit, offset=offset)
    return WireResponse([selected(run.to_wire(), select) for run in runs])


@router.get("/{run_id}", response_model=RunOut)
async def get(request: Request, thread_id: ThreadId, run_id: RunId) -> Response:
    """One run."""
    return WireResponse((await _service(request).get(thread_id, run_id)).to_wire())


@router.delete("/{run_id}", status_code=204)
async def delete(request: Request, thread_id: ThreadId, run_id: RunId) -> Response:
    """Delete a run, its events and its checkpoints."""
    await _service(request).delete(thread_id, run_id)
    return Response(status_code=204)


@router.get("/{run_id}/join")
async def join(request: Request, thread_id: ThreadId, run_id: RunId, cancel_on_disconnect: bool = False) -> Response:
    """Wait for a run and answer with its outcome."""
    service = _service(request)
    try:
        run = await service.get(thread_id, run_id)
    except NotFound:  # the API's word: an unknown run is an outcome here, not a status
        return StreamingResponse(_once(_NOT_FOUND_JSON), media_type="application/json")
    return RunResponse(
        service,
        run,
        joined_json(service, run),
        cancel_with_reader=cancel_on_disconnect,
        media_type="application/json",
        headers=_locations(run, "join"),
    )


@router.get("/{run_id}/stream", response_class=EventStreamResponse, responses=STREAMED)
async def join_stream(
    request: Request,
    thread_id: ThreadId,
    run_id: RunId,
    stream_mode: QueryList = None,
    cancel_on_disconnect: bool = False,
    last_event_id: Annotated[
        str | None, Header(alias="Last-Event-ID", description="read on after this event; `-1`: from the start")
    ] = None,
) -> Response:
    """Stream a run's events: from now on, or after the `Last-Event-ID` header's (`-1`: all) if the run is resumable."""
    service = _service(request)
    try:
        run = await service.get(thread_id, run_id)
    except NotFound:
        return EventStreamResponse(_once(_NOT_FOUND_FRAME))
    after = seq_of(last_event_id) if last_event_id is not None and run.is_resumable else None
    if run.is_over and after is None:
        return EventStreamResponse(_once(b""))
    frames = sse_frames(
        service,
        run,
        after=after,
        # the Python SDK sends an empty parameter for "all"
        modes=frozenset(mode for mode in stream_mode or () if mode) or None,
    )
    return _events(service, run, frames, cancel_with_reader=cancel_on_disconnect)


@router.post("/{run_id}/cancel", status_code=202, responses=_OVER)
async def cancel(
    request: Request,
    thread_id: ThreadId,
    run_id: RunId,
    wait: bool = False,
    action: CancelAction = "interrupt",
) -> Response:
    """Cancel a run: `interrupt` keeps its checkpoints, `rollback` removes it with them. `wait` until it is over."""
    service = _service(request)
    await service.cancel(thread_id, run_id, action)
    if not wait:
        return Response(status_code=202)
    await service.until_over(run_id)
    return Response(encode({}), 200, _path_headers(thread_id, run_id), "application/json")


def _streaming(service: RunService, run: Run, body: RunCreate) -> Response:
    frames = sse_frames(service, run, after=0)
    return _events(service, run, frames, cancel_with_reader=body.on_disconnect == "cancel")


def _events(
    service: RunService, run: Run, frames: AsyncGenerator[bytes, None], *, cancel_with_reader: bool
) -> Response:
    return RunResponse(
        service,
        run,
        frames,
        cancel_with_reader=cancel_with_reader,
        media_type="text/event-stream",
        headers=_locations(run, "stream"),
    )


def _waiting(service: RunService, run: Run, body: RunCreate) -> Response:
    return RunResponse(
        service,
        run,
        outcome_json(service, run),
        cancel_with_reader=body.on_disconnect == "cancel",
        media_type="application/json",
        headers=_locations(run, "join"),
    )


def _path(run: Run) -> str:
    return f"/threads/{run.thread_id}/runs/{run.run_id}"


def _locations(run: Run, way: str) -> dict[str, str]:
    """Where the run is and where to come back to its stream or outcome. A run without a thread is named without one."""
    named = f"/runs/{run.run_id}" if run.is_temporary and way == "stream" else _path(run)
    return {"location": f"{_path(run)}/{way}", "content-location": named}


def _path_headers(thread_id: UUID, run_id: UUID) -> dict[str, str]:
    path = f"/threads/{thread_id}/runs/{run_id}"
    return {"location": f"{path}/join", "content-location": path}


async def _once(chunk: bytes) -> AsyncGenerator[bytes, None]:
    yield chunk


@threads_router.delete("/threads/{thread_id}", status_code=204, tags=["threads"])
async def delete_thread(request: Request, thread_id: ThreadId) -> Response:
    """Delete a thread with its runs, checkpoints and events; runs that are not over are stopped."""
    await _service(request).delete_thread(thread_id)
    return Response(status_code=204)
