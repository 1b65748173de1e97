"""How the plans' routes read requests and answer errors: `{"detail": "<what to change>"}` and what a program needs beside it.

They do it themselves, so that it holds on any LangGraph server, whatever error handlers that server's app has.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.datastructures import MutableHeaders

from agent.plan.connections import NoDatabaseError
from agent.plan.problems import PlanError
from agent.plan.records import HeadMovedError, NothingToUndoError, PlanNotFoundError
from server.error_handlers import status_of
from server.errors import RequestError
from server.product.plans.errors import (
    ForbiddenByRules,
    NotAcceptable,
    PlanConflict,
    PreconditionFailed,
    PreconditionRequired,
)
from server.product.plans.preconditions import entity_tag
from server.requests import WireRequest
from server.wire_json import WireResponse

MAX_BODY_BYTES = 1024 * 1024
"""Room for any change that the kernel takes: 500 operations in 256 KB."""

_STATUS: dict[type[RequestError], int] = {
    PreconditionRequired: 428,
    PreconditionFailed: 412,
    NotAcceptable: 406,
    ForbiddenByRules: 422,
}
_KERNEL_STATUS: dict[type[Exception], int] = {PlanNotFoundError: 404, NothingToUndoError: 409, NoDatabaseError: 503}
ANSWERED: tuple[type[Exception], ...] = (RequestError, PlanError, HeadMovedError, *_KERNEL_STATUS)


class PlanRoute(APIRoute):
    """Reads JSON whatever its content type says, and answers errors itself."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler that serves this route."""
        handle = super().get_route_handler()
        takes_body = self.body_field is not None

        async def handler(request: Request) -> Response:
            try:
                return await handle(await _loaded(request) if takes_body else request)
            except ANSWERED as error:
                return answer(error)

        return handler


def answer(error: Exception) -> Response:
    """The response for one of `ANSWERED`."""
    if isinstance(error, HeadMovedError):
        error = PreconditionFailed(error.head)
    if isinstance(error, RequestError):
        status = _STATUS.get(type(error)) or status_of(error)
        return WireResponse({"detail": error.detail, **_beside(error)}, status, headers=_headers(error))
    if isinstance(error, PlanError):
        stale = any(problem.code == "test_failed" for problem in error.problems)
        problems = [problem.to_json() for problem in error.problems]
        return WireResponse({"detail": str(error), "problems": problems}, 409 if stale else 422)
    return WireResponse({"detail": str(error)}, _KERNEL_STATUS[type(error)])


def _beside(error: RequestError) -> dict[str, Any]:
    match error:
        case PlanConflict():
            conflicts = [one.to_json() for one in error.outcome.conflicts]
            return {"head": error.outcome.head, "conflicts": conflicts, "issues": list(error.outcome.issues)}
        case PreconditionFailed():
            return {"head": error.head}
        case ForbiddenByRules():
            return {"issues": error.issues}
    return {}


def _headers(error: RequestError) -> dict[str, str]:
    if isinstance(error, PreconditionFailed) and error.content is not None:
        return {"etag": entity_tag(error.content), "x-plan-version": str(error.head)}
    return {}


async def _loaded(request: Request) -> Request:
    if request.headers.get("content-length", "0") == "0" and "transfer-encoding" not in request.headers:
        return request  # no body at all, which some routes allow
    headers = MutableHeaders(raw=list(request.scope["headers"]))
    headers["content-type"] = "application/json"
    read = WireRequest({**request.scope, "headers": headers.raw}, request.receive)
    await read.load(MAX_BODY_BYTES)
    return read
