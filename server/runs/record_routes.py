"""A run's record over HTTP: ours, not the LangGraph API's. `planloom review` reads it."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field

from server.auth.middleware import access_of
from server.paging import MAX_OFFSET
from server.refusals import refusals
from server.requests import QueryList, RunId, WireRoute
from server.runs.records import RunRecords
from server.runs.schemas import CancelAction, RunOut
from server.wire_json import WireResponse

router = APIRouter(prefix="/runs", tags=["runs"], route_class=WireRoute, responses=refusals(404, 422))


class RecordedEvent(BaseModel):
    """An event of a run's stream, with when it came."""

    seq: int
    event: str
    at: datetime
    data: Any


class RunRecordOut(BaseModel):
    """A run, when it was what, and a page of its kept events."""

    run: RunOut
    graph_id: str
    scheduled_at: datetime = Field(description="when it was to run")
    started_at: datetime | None = Field(description="when its first attempt was started")
    ended_at: datetime | None
    attempt: int = Field(description="how often it was started")
    handed_back: int = Field(description="how many of its attempts ended because their worker stopped")
    cancel_action: CancelAction | None = Field(description="what was asked of it while it ran")
    events: list[RecordedEvent]
    swept: int | None = Field(description="how many events it had, if they are no longer kept")
    next_after: int | None = Field(description="the `after` of the next page, if there may be one")


@router.get("/{run_id}/record", response_model=RunRecordOut)
async def record(
    request: Request,
    run_id: RunId,
    after: Annotated[int, Query(ge=0, le=MAX_OFFSET, description="only events after this place")] = 0,
    stream_mode: QueryList = None,
) -> Response:
    """What is kept of a run: its times, its attempts, and its events of these modes (none named: of all that it streamed)."""
    records: RunRecords = request.app.state.run_records.on_behalf_of(access_of(request))
    return WireResponse((await records.read(run_id, after, stream_mode or None)).to_wire())
