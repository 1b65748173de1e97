"""`POST /threads/{thread_id}/commands`: one command of the protocol, and its reply."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, Field

from server.auth.middleware import access_of
from server.errors import Invalid
from server.protocols.events.commands import Commands
from server.protocols.events.envelopes import (
    CommandError,
    EnvelopeError,
    ErrorCode,
    command_of,
    failure,
    success,
)
from server.refusals import Refusal, refusals
from server.requests import NoJsonError, WireRequest, WireRoute, name_ignored

_JSON = "application/json"


class CommandIn(BaseModel):
    """A command of the protocol."""

    id: int = Field(description="tells its reply from others on the same connection")
    method: str = Field(description="such as `run.start`, `input.respond` or `agent.getTree`")
    params: dict[str, Any] = Field({}, description="the method's own")


class MetaOut(BaseModel):
    """How the reply relates to events on the same connection."""

    applied_through_seq: int


class SuccessOut(BaseModel):
    """The command was carried out."""

    type: str = "success"
    id: int
    result: dict[str, Any]
    meta: MetaOut


class FailureOut(BaseModel):
    """The command was not carried out."""

    type: str = "error"
    id: Any = Field(description="the command's, as it came")
    error: ErrorCode
    message: str = Field(description="what to change")


router = APIRouter(tags=["event streaming"], route_class=WireRoute, responses=refusals(413, 422))

_BODY = {"requestBody": {"required": True, "content": {_JSON: {"schema": CommandIn.model_json_schema()}}}}


@router.post(
    "/threads/{thread_id}/commands",
    response_model=SuccessOut | FailureOut,
    responses={400: {"model": FailureOut | Refusal, "description": "It is no command, or no JSON."}},
    openapi_extra=_BODY,
)
async def command(request: WireRequest, thread_id: Annotated[str, Path(description="The thread's id")]) -> Response:
    """Carry out a command of the thread-centric protocol: start a run, answer a question, read or fork a state."""
    given = await body_of(request)
    try:
        asked = command_of(given, strict=request.app.state.settings.strict_requests)
    except EnvelopeError as error:
        return Response(failure(error.given_id, error), 400, media_type=_JSON)
    commands: Commands = request.app.state.commands.on_behalf_of(access_of(request))
    try:
        done = await commands.carry_out(thread_id, asked)
        reply = success(asked.id, done.result, applied_through_seq=done.applied_through or 0)
    except CommandError as error:
        reply = failure(asked.id, error)
    response = Response(reply, media_type=_JSON)
    name_ignored(response, asked.unknown, request.url.path)
    return response


async def body_of(request: WireRequest) -> Any:
    """The request's JSON. Raises `Invalid` in this protocol's words if it has none."""
    try:
        return await request.load(request.app.state.settings.max_body_bytes)
    except NoJsonError as error:
        raise Invalid("Invalid JSON body") from error
