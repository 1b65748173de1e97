"""Feedback on runs over HTTP: ours, not the LangGraph API's."""

from typing import Any, Self
from uuid import UUID

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field, model_validator

from server.auth.middleware import access_of
from server.refusals import refusals
from server.requests import RequestModel, RunId, ThreadId, WireRoute
from server.runs.feedback import RunFeedback
from server.tracing.feedback import Score
from server.wire_json import WireResponse

_REFUSALS = refusals(404, 409, 422, 503)

router = APIRouter(tags=["runs"], route_class=WireRoute, responses=_REFUSALS)
stateless_router = APIRouter(prefix="/runs", tags=["runs without a thread"], route_class=WireRoute, responses=_REFUSALS)


class FeedbackCreate(RequestModel):
    """What to record of a run."""

    key: str = Field(min_length=1, max_length=180, description="what is judged, such as `helpful`")
    score: float | bool | None = Field(None, description="how good it is")
    value: float | bool | str | None = Field(None, description="which category it is of")
    comment: str | None = Field(None, max_length=20_000)
    correction: dict[str, Any] | None = Field(None, description="what it should have been")

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.score is None and self.value is None and self.comment is None and self.correction is None:
            raise ValueError("give at least one of score, value, comment and correction")
        return self


class FeedbackOut(BaseModel):
    """What was recorded."""

    feedback_id: UUID
    run_id: UUID
    key: str


@router.post("/threads/{thread_id}/runs/{run_id}/feedback", status_code=201, response_model=FeedbackOut)
async def give(request: Request, thread_id: ThreadId, run_id: RunId, body: FeedbackCreate) -> Response:
    """Record feedback on a run, in LangSmith against its trace."""
    return await _recorded(request, thread_id, run_id, body)


@stateless_router.post("/{run_id}/feedback", status_code=201, response_model=FeedbackOut)
async def give_by_run(request: Request, run_id: RunId, body: FeedbackCreate) -> Response:
    """Record feedback on a run of whichever thread, in LangSmith against its trace."""
    return await _recorded(request, None, run_id, body)


async def _recorded(request: Request, thread_id: UUID | None, run_id: UUID, body: FeedbackCreate) -> Response:
    service: RunFeedback = request.app.state.run_feedback.on_behalf_of(access_of(request))
    score = Score(body.key, body.score, body.value, body.comment, body.correction)
    feedback_id = await service.record(thread_id, run_id, score)
    return WireResponse({"feedback_id": feedback_id, "run_id": run_id, "key": body.key}, 201)
