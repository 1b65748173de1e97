"""A2A over HTTP: cards by GET, JSON-RPC by POST. What is wrong with a call is said in its answer, with HTTP's 200; what HTTP
itself can say (who calls, what may be answered, that the database is away) it says."""

from collections.abc import AsyncGenerator, Awaitable
from contextlib import aclosing
from typing import Annotated, Any, get_args

from fastapi import APIRouter, Header, Path, Query, Request, Response

from server.assistants.repository import Assistant
from server.assistants.service import AssistantService
from server.auth.middleware import access_of
from server.errors import Malformed, NotFound
from server.events.slow_readers import EventStreamResponse, PatientStreamingResponse
from server.events.sse import with_keep_alive
from server.protocols.a2a.cards import SCOPE_HEADER, agent_card
from server.protocols.a2a.dialects import BY_VERSION
from server.protocols.a2a.methods import METHODS, Agent, Answer, Deferred, Method, Streamed
from server.protocols.a2a.pushes import Pushes
from server.protocols.a2a.rpc import (
    INVALID_PARAMS,
    METHOD_NOT_FOUND,
    PARSE_ERROR,
    VERSION_NOT_SUPPORTED,
    Call,
    RpcError,
    answer,
    call_of,
    refusal,
)
from server.protocols.a2a.tasks import TaskService
from server.protocols.a2a.views import HistoryScope
from server.refusals import refusals
from server.requests import WireRequest, WireRoute
from server.wire_json import WireResponse, encode

router = APIRouter(tags=["A2A"], route_class=WireRoute)

Reference = Annotated[str, Path(alias="assistant_id", description="The assistant's id, or its graph's name")]
VERSION_HEADER = "A2A-Version"
_WAITING = b"\n"
_CARD: dict[int | str, dict[str, Any]] = {400: {"description": "There is no such assistant: a JSON-RPC error object."}}
_RPC: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "A JSON-RPC response; of the streaming methods, server-sent events that hold one each.",
        "content": {"application/json": {"schema": {"type": "object"}}, "text/event-stream": {}},
    },
    400: {"description": "The Accept header allows no answer."},
    **refusals(413),
}
_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["jsonrpc", "id", "method"],
                    "properties": {
                        "jsonrpc": {"const": "2.0"},
                        "id": {"type": ["string", "number"]},
                        "method": {"enum": sorted(METHODS)},
                        "params": {"type": "object"},
                    },
                }
            }
        },
    }
}


def _assistants(request: Request) -> AssistantService:
    service: AssistantService = request.app.state.assistants
    return service.on_behalf_of(access_of(request))


def _tasks(request: Request) -> TaskService:
    service: TaskService = request.app.state.a2a_tasks
    return service.on_behalf_of(access_of(request))


# --- cards


@router.get("/.well-known/agent-card.json", responses=_CARD)
async def well_known_card(
    request: Request,
    assistant_id: Annotated[str | None, Query(description="an assistant's id, or a graph's name")] = None,
) -> Response:
    """The card of the assistant that the query names."""
    if assistant_id is None:
        return _no_card(RpcError(INVALID_PARAMS, "Missing required query parameter: assistant_id"))
    return await _card_response(request, assistant_id)


@router.get("/a2a/{assistant_id}", responses=_CARD)
async def card(request: Request, assistant_id: Reference) -> Response:
    """An assistant's card."""
    return await _card_response(request, assistant_id)


@router.get("/a2a/{assistant_id}/.well-known/agent-card.json", responses=_CARD)
async def card_of_agent(request: Request, assistant_id: Reference) -> Response:
    """An assistant's card, where clients look for it that take the assistant for a host of its own."""
    return await _card_response(request, assistant_id)


async def _card_response(request: Request, reference: str) -> Response:
    try:
        return WireResponse(await _card(request, await _assistant(request, reference)))
    except RpcError as error:
        return _no_card(error)


async def _card(request: Request, assistant: Assistant) -> dict[str, Any]:
    interface = await _assistants(request).interface(assistant)
    pushes: Pushes = request.app.state.a2a_pushes
    url = f"{request.base_url}a2a/{assistant.assistant_id}"
    return agent_card(assistant, interface.input or {}, url, pushes=pushes.is_open, security=request.app.state.security)


def _no_card(error: RpcError) -> Response:
    return WireResponse({"error": {"code": error.code, "message": error.message}}, 400)


# --- calls


@router.post("/a2a/{assistant_id}", responses=_RPC, openapi_extra=_BODY)
async def call(
    request: WireRequest,
    assistant_id: Reference,
    history_scope: Annotated[
        str, Header(alias=SCOPE_HEADER, description="`task`: a task's history has only what is of the task")
    ] = "context",
    accept: Annotated[
        str, Header(description="must allow application/json, of streaming methods text/event-stream")
    ] = "*/*",
    spoken: Annotated[
        str, Header(alias=VERSION_HEADER, description="the version that the caller speaks, 0.3 or 1.0")
    ] = "",
) -> Response:
    """Talk to an assistant: JSON-RPC of A2A 0.3 or 1.0, as the method's name says."""
    try:
        asked = call_of(await _body(request))
    except RpcError as error:
        access_of(request).any_user_may()
        return _refused(error)
    try:
        method = METHODS.get(asked.method)
        if method is None:
            access_of(request).any_user_may()
            raise RpcError(METHOD_NOT_FOUND, f"Method not found: {asked.method}")
        _require_known(request, spoken)
        if (wanted := _unacceptable(accept, method)) is not None:
            return WireResponse({"error": wanted}, 400)
        agent = await _agent(request, assistant_id, history_scope)
        return _response(asked, await method.handler(agent, method.dialect, asked.params))
    except RpcError as error:
        refused = RpcError(error.code, error.message, asked.call_id)
        if method is not None and method.streams:
            return EventStreamResponse(_once(_frame(refusal(refused))))
        return _refused(refused)


async def _body(request: WireRequest) -> Any:
    try:
        return await request.load(request.app.state.settings.max_body_bytes)
    except Malformed as error:
        raise RpcError(PARSE_ERROR, error.detail) from error


def _require_known(request: Request, spoken: str) -> None:
    """Raise `RpcError` for a version that is not spoken here. Which of those that are, the method's name says."""
    if spoken.strip() and ".".join(spoken.strip().split(".")[:2]) not in BY_VERSION:
        access_of(request).any_user_may()
        raise RpcError(
            VERSION_NOT_SUPPORTED, f"{VERSION_HEADER} {spoken[:20]} is not spoken here; known: {', '.join(BY_VERSION)}"
        )


async def _agent(request: Request, reference: str, scope: str) -> Agent:
    assistant = await _assistant(request, reference)
    if scope not in get_args(HistoryScope):
        raise RpcError(INVALID_PARAMS, f"{SCOPE_HEADER} must be 'context' or 'task', not {scope!r}")
    return Agent(
        assistant, _tasks(request), "task" if scope == "task" else "context", lambda: _card(request, assistant)
    )


async def _assistant(request: Request, reference: str) -> Assistant:
    """The assistant that a path names. Raises `RpcError`."""
    try:
        return await _assistants(request).runnable(reference)
    except Malformed as error:
        access_of(request).any_user_may()
        raise RpcError(INVALID_PARAMS, f"'{reference}': {error.detail}, or a graph's name") from error
    except NotFound as error:
        raise RpcError(INVALID_PARAMS, error.detail) from error


def _unacceptable(accept: str, method: Method) -> str | None:
    """What the Accept header must allow for the method's answer, if it does not."""
    wanted = "text/event-stream" if method.streams else "application/json"
    accepted = [one.partition(";")[0].strip().lower() for one in accept.split(",")]
    if {wanted, f"{wanted.partition('/')[0]}/*", "*/*"} & set(accepted):
        return None
    return f"Accept header must include {wanted}{' for streaming' if method.streams else ''}"


def _response(asked: Call, given: Answer) -> Response:
    if isinstance(given, Streamed):
        return EventStreamResponse(with_keep_alive(_frames(asked, given.results)))
    if isinstance(given, Deferred):
        chunks = with_keep_alive(_deferred(asked, given.result), _WAITING)
        return PatientStreamingResponse(chunks, media_type="application/json")
    return WireResponse(answer(asked.call_id, given))


def _refused(error: RpcError) -> Response:
    return WireResponse(refusal(error))


async def _deferred(asked: Call, result: Awaitable[dict[str, Any]]) -> AsyncGenerator[bytes, None]:
    try:
        yield encode(answer(asked.call_id, await result))
    except RpcError as error:  # its thread was deleted meanwhile
        yield encode(refusal(RpcError(error.code, error.message, asked.call_id)))


async def _frames(asked: Call, results: AsyncGenerator[dict[str, Any], None]) -> AsyncGenerator[bytes, None]:
    try:
        async with aclosing(results):
            async for result in results:
                yield _frame(answer(asked.call_id, result))
    except RpcError as error:
        yield _frame(refusal(RpcError(error.code, error.message, asked.call_id)))


def _frame(message: dict[str, Any]) -> bytes:
    return b"event: message\r\ndata: " + encode(message) + b"\r\n\r\n"


async def _once(chunk: bytes) -> AsyncGenerator[bytes, None]:
    yield chunk
