"""Reading requests the way the LangGraph API does: any content type, JSON only, unknown keys ignored but named.

`WireRoute` is the route class of every API router; `RequestModel` the base of every request body.
"""

import re
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Annotated, Any
from uuid import UUID

import orjson
import structlog
from fastapi import Path, Query, Request, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel, BeforeValidator, ConfigDict, model_validator

from server.errors import Malformed, TooLarge
from server.parameters import Parameters
from server.refusals import refusals

IGNORED_HEADER = "x-ignored-fields"
MAX_DEPTH = 200
"""Arrays and objects inside each other. The encoders that a request's values pass through recurse, and give up at 254."""

log = structlog.get_logger("planloom.http")


@dataclass
class _UnknownKeys:
    refuse: bool
    names: list[str] = field(default_factory=list)


_unknown: ContextVar[_UnknownKeys | None] = ContextVar("unknown_keys", default=None)
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"')
_NOT_A_BRACKET = bytes(set(range(256)) - set(b"[]{}"))
_NOT_HEADER_SAFE = re.compile(r"[^\x21-\x7e]|,")


class RequestModel(BaseModel):
    """A request body. Keys that it does not know are kept out of the model, but reported to the caller."""

    model_config = ConfigDict(extra="allow", populate_by_name=True)

    @model_validator(mode="after")
    def _report_unknown_keys(self) -> "RequestModel":
        unknown = _unknown.get()
        if unknown is not None and self.__pydantic_extra__:
            unknown.names.extend(self.__pydantic_extra__)
            if unknown.refuse:
                named = ", ".join(self.__pydantic_extra__)
                raise ValueError(f"unknown fields: {named}; remove them (STRICT_REQUESTS is on)")
        return self


class NoJsonError(Malformed):
    """A request's body, or a message of a connection, is not JSON."""

    def __init__(self) -> None:
        super().__init__("Invalid JSON in request body")


class WireRequest(Request):
    """A request whose body is JSON whatever its content type says."""

    async def load(self, limit: int) -> Any:
        """Read and parse the body once. Raises `TooLarge` past `limit` bytes, `Malformed` if it is not JSON."""
        declared = self.headers.get("content-length", "0")
        if declared.isdecimal() and int(declared) > limit:
            raise _too_large(limit)
        chunks: list[bytes] = []
        size = 0
        async for chunk in self.stream():
            size += len(chunk)
            if size > limit:
                raise _too_large(limit)
            chunks.append(chunk)
        self._body = b"".join(chunks)
        self._json = json_of(self._body)
        return self._json


def json_of(text: bytes) -> Any:
    """The value of a caller's JSON text. Raises `NoJsonError`, and `Malformed` for what cannot be encoded or stored."""
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise NoJsonError from error
    if _is_nested_deeper(text, MAX_DEPTH):
        raise Malformed(f"body: nested more than {MAX_DEPTH} levels deep; flatten it")
    if b"\\u0000" in text:
        path = _path_to_nul(value, "body")
        if path is not None:
            raise Malformed(f"{path}: contains the character U+0000, which Postgres cannot store; remove it")
    return value


@contextmanager
def noting_unknown_keys(*, refuse: bool) -> Iterator[list[str]]:
    """The keys that models which are made meanwhile do not know; with `refuse` they raise for them."""
    unknown = _UnknownKeys(refuse=refuse)
    token = _unknown.set(unknown)
    try:
        yield unknown.names
    finally:
        _unknown.reset(token)


def name_ignored(response: Response, names: Sequence[str], path: str) -> None:
    """Tell the caller, and the log, which keys of its request meant nothing."""
    if names:
        named = names[:20]
        response.headers[IGNORED_HEADER] = ",".join(_NOT_HEADER_SAFE.sub("?", name)[:100] for name in named)
        log.info("ignored unknown request fields", path=path, fields=named)


class WireRoute(APIRoute):
    """Reads a request's parameters and its body, calls the endpoint, and names ignored keys in `x-ignored-fields`.

    FastAPI describes the route. Serving it is done here: endpoints take the request, parameters and one body, and return
    responses, so none of what FastAPI does for others (dependencies, exit stacks, response models) is paid for.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        super().__init__(path, endpoint, **options)
        if self.body_field is not None:
            super().__init__(path, endpoint, **{**options, "responses": {**refusals(413), **self.responses}})
        self._parameters = Parameters(self.dependant)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler for requests that come by FastAPI's router."""

        async def handler(request: Request) -> Response:
            return await self.respond(WireRequest(request.scope, request.receive, request._send))

        return handler

    async def respond(self, request: "WireRequest") -> Response:
        """The endpoint's response. Raises what it raises, and `RequestValidationError` for what it cannot be called with."""
        if self.body_field is None:
            response: Response = await self.endpoint(**await self._parameters.read(request, None))
            return response
        settings = request.app.state.settings
        body = await request.load(settings.max_body_bytes)
        with noting_unknown_keys(refuse=settings.strict_requests) as unknown:
            given = await self._parameters.read(request, body)
        response = await self.endpoint(**given)
        name_ignored(response, unknown, request.url.path)
        return response


def parse_uuid(value: str, noun: str) -> UUID:
    """A path's id. Raises `Malformed` in the API's words if it is not a UUID."""
    try:
        return UUID(value)
    except ValueError as error:
        raise Malformed(f"Invalid {noun} ID: must be a UUID") from error


def _listed(given: object) -> object:
    """The items of a repeated query key. The JS SDK repeats none: it sends all of them as one JSON array."""
    if not isinstance(given, list) or len(given) != 1 or not str(given[0]).startswith("["):
        return given
    try:
        return orjson.loads(given[0])
    except orjson.JSONDecodeError:
        return given


def _id_of(noun: str) -> BeforeValidator:
    return BeforeValidator(lambda value: parse_uuid(str(value), noun))


ThreadId = Annotated[UUID, _id_of("thread"), Path(description="The thread's id")]
RunId = Annotated[UUID, _id_of("run"), Path(description="The run's id")]
DeliveryId = Annotated[UUID, _id_of("delivery"), Path(description="The delivery's id")]

QueryList = Annotated[list[str] | None, BeforeValidator(_listed), Query()]
"""A query key that may be repeated, or hold a JSON array."""


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"the request body is larger than {limit} bytes (MAX_BODY_BYTES); send less, or raise the limit")


def _is_nested_deeper(body: bytes, depth: int) -> bool:
    """Whether a valid JSON text is. Without recursion, and at the speed of bytes: large bodies come often, deep ones never."""
    if body.count(b"[") + body.count(b"{") <= depth:
        return False
    brackets = _STRING.sub(b"", body).translate(None, _NOT_A_BRACKET)
    for _ in range(depth):
        if not brackets:
            return False
        brackets = _without_innermost(brackets)
    return bool(brackets)


def _without_innermost(brackets: bytes) -> bytes:
    return re.sub(rb"\[\]|\{\}", b"", brackets)


def _path_to_nul(value: object, path: str) -> str | None:
    if isinstance(value, str):
        return path if "\0" in value else None
    items: Any = ()
    if isinstance(value, dict):
        for key in value:
            if "\0" in key:
                return f"{path}.{key.replace(chr(0), '?')} (the key)"
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    for key, item in items:
        found = _path_to_nul(item, f"{path}.{key}")
        if found is not None:
            return found
    return None
