"""The crons API: without a thread (each run gets one of its own), and on a thread."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Request, Response
from pydantic import BeforeValidator

from server.auth.middleware import access_of
from server.crons.schemas import CronCount, CronCreate, CronOut, CronPatch, CronSearch, FiringOut, ThreadCronCreate
from server.crons.service import CronService
from server.paging import Selected, page_response, selected
from server.refusals import refusals
from server.requests import ThreadId, WireRoute, parse_uuid
from server.wire_json import WireResponse

router = APIRouter(prefix="/runs/crons", tags=["crons"], route_class=WireRoute, responses=refusals(404, 422))
thread_router = APIRouter(
    prefix="/threads/{thread_id}/runs/crons", tags=["crons"], route_class=WireRoute, responses=refusals(404, 422)
)

CronId = Annotated[
    UUID, BeforeValidator(lambda value: parse_uuid(str(value), "cron")), Path(description="The cron's id")
]


def _service(request: Request) -> CronService:
    service: CronService = request.app.state.crons
    return service.on_behalf_of(access_of(request))


@router.post("", response_model=CronOut, responses=refusals(400))
async def create(request: Request, body: CronCreate) -> Response:
    """Start a run at each time of a schedule, on a thread of its own."""
    return WireResponse((await _service(request).create(None, body)).to_wire())


@thread_router.post("", response_model=CronOut, responses=refusals(400))
async def create_for_thread(request: Request, thread_id: ThreadId, body: ThreadCronCreate) -> Response:
    """Start a run on a thread at each time of a schedule. The cron goes with the thread."""
    return WireResponse((await _service(request).create(thread_id, body)).to_wire())


@router.post("/search", response_model=list[CronOut | Selected])
async def search(request: Request, body: CronSearch) -> Response:
    """List crons, newest first unless asked otherwise."""
    found = await _service(request).search(body)
    return page_response(found, body, lambda cron: selected(cron.to_wire(), body.select))


@router.post("/count", response_model=int)
async def count(request: Request, body: CronCount) -> Response:
    """Count crons."""
    return WireResponse(await _service(request).count(body))


@router.get("/{cron_id}", response_model=CronOut)
async def get(request: Request, cron_id: CronId) -> Response:
    """One cron."""
    return WireResponse((await _service(request).get(cron_id)).to_wire())


@router.get("/{cron_id}/firings", response_model=list[FiringOut])
async def firings(request: Request, cron_id: CronId) -> Response:
    """What became of a cron's last firings, newest first."""
    found = (await _service(request).get(cron_id)).firings
    return WireResponse([firing.to_wire() for firing in reversed(found)])


@router.patch("/{cron_id}", response_model=CronOut, responses=refusals(400))
async def patch(request: Request, cron_id: CronId, body: CronPatch) -> Response:
    """Change a cron: metadata are merged, whatever else is given replaces what was. `end_time: null` takes the end away."""
    return WireResponse((await _service(request).patch(cron_id, body)).to_wire())


@router.delete("/{cron_id}", status_code=204)
async def delete(request: Request, cron_id: CronId) -> Response:
    """Delete a cron; runs that it started go on."""
    await _service(request).delete(cron_id)
    return Response(status_code=204)
