"""MCP's streamable HTTP endpoint. It keeps nothing between requests, so any process serves any of them.

A call is answered in JSON, or by a stream of events if its progress is wanted and its caller takes streams.
"""

from functools import cache
from importlib.metadata import version
from typing import Any
from uuid import uuid4

import orjson
from fastapi import APIRouter, Request, Response

from server.auth.access import Access
from server.auth.middleware import access_of
from server.errors import Conflict, Invalid, Malformed, NotFound
from server.protocols.mcp import messages
from server.protocols.mcp.answers import Caller, CallResponse
from server.protocols.mcp.calls import failure
from server.protocols.mcp.live_calls import call_key, session_key
from server.protocols.mcp.messages import (
    INVALID_PARAMS,
    METHOD_NOT_FOUND,
    PROTOCOL_VERSIONS,
    NoMessageError,
    RpcError,
    RpcNotification,
    RpcRequest,
)
from server.protocols.mcp.origins import refusal_of_origin
from server.protocols.mcp.service import McpService
from server.refusals import refusals
from server.requests import WireRequest, WireRoute
from server.wire_json import WireResponse

SESSION = "mcp-session-id"
_VERSION = "mcp-protocol-version"
_LONGEST_SESSION = 128
_INSTRUCTIONS = (
    "Each tool is an assistant. A call is a run of it, whose result holds the final state. Give thread_id (first \"new\", "
    "then what the results name) to hold a conversation. Where a result holds __interrupt__, the run waits for an answer: "
    "call the tool again with thread_id and resume."
)  # fmt: skip

_version = cache(version)  # it reads the file system

router = APIRouter(prefix="/mcp", tags=["MCP"], route_class=WireRoute)

_MESSAGE = {
    "type": "object",
    "required": ["jsonrpc"],
    "properties": {
        "jsonrpc": {"const": "2.0"},
        "id": {"type": ["string", "integer"], "description": "absent in notifications"},
        "method": {"type": "string", "examples": ["initialize", "ping", "tools/list", "tools/call"]},
        "params": {"type": "object"},
    },
}


def _header(name: str, told: str, *values: str, required: bool = False) -> dict[str, Any]:
    schema = {"type": "string", **({"enum": [*values]} if values else {})}
    return {"in": "header", "name": name, "description": told, "required": required, "schema": schema}


_ACCEPTED = ("application/json, text/event-stream", "application/json", "text/event-stream")
_SESSION_HEADER = _header("Mcp-Session-Id", "the session that `initialize` began")
_DESCRIBED = {
    "requestBody": {"required": True, "content": {"application/json": {"schema": _MESSAGE}}},
    "parameters": [
        _header("Accept", "what is taken; progress is told in events", *_ACCEPTED, required=True),
        _header("MCP-Protocol-Version", "the revision that is spoken", *PROTOCOL_VERSIONS),
        _SESSION_HEADER,
    ],
}
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The answer to a request.",
        "content": {"application/json": {"schema": {"type": "object"}}, "text/event-stream": {}},
    },
    202: {"description": "The notification is taken."},
    400: {"description": "The body is no JSON-RPC message, or the headers are not MCP's."},
    **refusals(403, 413, 422),
}


@router.post("", responses=_ANSWERS, openapi_extra=_DESCRIBED, response_model=None)
async def post(request: WireRequest) -> Response:
    """A message of the Model Context Protocol: `initialize`, `ping`, `tools/list`, `tools/call` or a notification."""
    refused = _refusal_of_headers(request)
    if refused is not None:
        return refused
    try:
        message = messages.parsed(await _body(request))
    except NoMessageError as error:
        return WireResponse({"error": str(error)}, 400)
    access = access_of(request)
    service: McpService = request.app.state.mcp.on_behalf_of(access)
    if isinstance(message, RpcNotification):
        await _take(request, service, access, message)
        return Response(status_code=202)
    try:
        return await _answer(request, service, access, message)
    except RpcError as error:
        return _json(messages.error(message.id, error))


@router.delete("", status_code=204, responses=refusals(404, 422), openapi_extra={"parameters": [_SESSION_HEADER]})
async def delete(request: Request) -> Response:
    """End a session: its calls that are not answered yet are cancelled."""
    session = _session(request)
    if session is None:
        raise NotFound("there is no session: name it by the header Mcp-Session-Id")
    access = access_of(request)
    access.any_user_may()
    service: McpService = request.app.state.mcp.on_behalf_of(access)
    await service.cancel(session_key(session, access))
    return Response(status_code=204)


async def _body(request: WireRequest) -> Any:
    """The body's JSON. Raises `NoMessageError` if it is none, `Malformed` or `TooLarge` for what no request may hold."""
    try:
        return await request.load(request.app.state.settings.max_body_bytes)
    except Malformed as error:
        if isinstance(error.__cause__, orjson.JSONDecodeError):
            raise NoMessageError("Invalid JSON") from error
        raise


def _refusal_of_headers(request: Request) -> Response | None:
    accepted = request.headers.get("accept", "")
    if "application/json" not in accepted and "text/event-stream" not in accepted:
        return WireResponse({"error": "Accept header must include application/json or text/event-stream"}, 400)
    spoken = request.headers.get(_VERSION)
    if spoken is not None and spoken not in PROTOCOL_VERSIONS:
        known = ", ".join(PROTOCOL_VERSIONS)
        return WireResponse({"error": f"MCP-Protocol-Version {spoken[:40]} is not spoken here; known: {known}"}, 400)
    refused = refusal_of_origin(request.headers, request.app.state.settings.host, request.app.state.named_origins)
    return None if refused is None else WireResponse({"error": refused}, 403)


async def _take(request: Request, service: McpService, access: Access, message: RpcNotification) -> None:
    access.any_user_may()
    session = _session(request)
    if message.method != "notifications/cancelled" or session is None or not isinstance(message.params, dict):
        return
    cancelled = message.params.get("requestId")
    if isinstance(cancelled, str | int):
        await service.cancel(call_key(session, access, cancelled))


async def _answer(request: Request, service: McpService, access: Access, message: RpcRequest) -> Response:
    params = messages.params_of(message)
    if message.method == "tools/call":
        return await _call(request, service, access, message, params)
    if message.method == "tools/list":
        return _json(messages.answer(message.id, await service.page(params.get("cursor"))))
    access.any_user_may()
    if message.method == "ping":
        return _json(messages.answer(message.id, {}))
    if message.method == "initialize":
        headers = {SESSION: uuid4().hex}
        return _json(messages.answer(message.id, _introduction(params.get("protocolVersion"))), headers)
    raise RpcError(METHOD_NOT_FOUND, f"Method not found: {message.method}")


async def _call(
    request: Request, service: McpService, access: Access, message: RpcRequest, params: dict[str, Any]
) -> Response:
    arguments = params.get("arguments")
    if not isinstance(arguments, dict | None):
        raise RpcError(INVALID_PARAMS, "Invalid params: arguments must be an object")
    meta = params.get("_meta")
    token = meta.get("progressToken") if isinstance(meta, dict) else None
    accepted = request.headers.get("accept", "")
    streams = "text/event-stream" in accepted and (token is not None or "application/json" not in accepted)
    tells = streams and isinstance(token, str | int)
    try:
        started = await service.start(params.get("name"), arguments or {}, tells=tells)
    except (Malformed, Invalid, NotFound, Conflict) as error:  # for the model that called to mend
        return _json(messages.answer(message.id, failure(error.detail)))
    session = _session(request)
    keys = () if session is None else (session_key(session, access), call_key(session, access, message.id))
    caller = Caller(message.id, streams=streams, progress_token=token if tells else None, keys=keys)
    return CallResponse(service, started, caller)


def _introduction(asked: object) -> dict[str, Any]:
    return {
        "protocolVersion": asked if asked in PROTOCOL_VERSIONS else PROTOCOL_VERSIONS[-1],
        "capabilities": {"tools": {"listChanged": False}},
        "serverInfo": {"name": "Planloom", "version": _version("planloom")},
        "instructions": _INSTRUCTIONS,
    }


def _session(request: Request) -> str | None:
    """The session that the request names, whichever process began it. Its id is as good as any that its client keeps to."""
    named = request.headers.get(SESSION)
    return named if named and len(named) <= _LONGEST_SESSION else None


def _json(body: bytes, headers: dict[str, str] | None = None) -> Response:
    return Response(body, media_type="application/json", headers=headers)
