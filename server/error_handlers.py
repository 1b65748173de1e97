"""The one place where errors become HTTP: `{"detail": "<what to change>"}` with the API's status codes."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import psycopg
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from psycopg_pool import PoolTimeout
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.errors import Conflict, Denied, Invalid, Malformed, NotFound, RequestError, TooLarge, Unavailable
from server.wire_json import WireResponse

log = structlog.get_logger("planloom.http")

STATUS_OF: dict[type[RequestError], int] = {
    Malformed: 422,
    Invalid: 400,
    NotFound: 404,
    Conflict: 409,
    TooLarge: 413,
    Unavailable: 503,
}


def install_error_handlers(app: FastAPI) -> None:
    """Map every error that a route may raise."""
    app.add_exception_handler(RequestError, _request_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(psycopg.DataError, _unstorable)
    app.add_exception_handler(psycopg.OperationalError, _database_error)
    app.add_exception_handler(PoolTimeout, _database_error)
    app.add_exception_handler(Exception, _unexpected)


class UnexpectedErrors:
    """Answers what no handler expected by `answer`, sync or not; what an answer that has begun ran into goes on."""

    def __init__(self, app: ASGIApp, answer: Callable[[Request, Exception], Any]) -> None:
        self.app = app
        self._answer = answer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        has_begun = False

        async def send_noting(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await self.app(scope, receive, send_noting)
        except Exception as error:
            if has_begun:
                raise
            request = Request(scope)
            waits = inspect.iscoroutinefunction(self._answer)
            answered = self._answer(request, error) if waits else run_in_threadpool(self._answer, request, error)
            response: Response = await answered
            await response(scope, receive, send)


def status_of(error: RequestError) -> int:
    """The HTTP status of a domain error: its own, or that of its nearest class in the table."""
    if isinstance(error, Denied):
        return error.status
    return next((STATUS_OF[kind] for kind in type(error).__mro__ if kind in STATUS_OF), 400)


async def _request_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestError)  # noqa: S101 - registered for this class only
    headers = error.headers if isinstance(error, Denied) else None
    return WireResponse({"detail": error.detail}, status_of(error), headers=headers)


async def _validation_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this class only
    problems = [explained(problem) for problem in error.errors()]
    return WireResponse({"detail": "; ".join(dict.fromkeys(problems))}, 422)


async def _http_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class only
    return WireResponse({"detail": error.detail}, error.status_code, headers=dict(error.headers or {}))


async def _unstorable(_: Request, error: Exception) -> Response:
    said = " ".join(str(error).split())
    return WireResponse({"detail": f"the request holds a value that Postgres cannot take: {said}; change it"}, 422)


async def _database_error(request: Request, error: Exception) -> Response:
    log.error("database unavailable", error=str(error), request_id=_request_id(request))
    return WireResponse(
        {"detail": "the database is not reachable at the moment; retry"},
        503,
        headers={"retry-after": "1"},
    )


async def _unexpected(request: Request, error: Exception) -> Response:
    request_id = _request_id(request)
    log.error("unhandled error", exc_info=error, request_id=request_id, path=request.url.path)
    return WireResponse(
        {"detail": f"Internal Server Error (request id {request_id}; the server's log has the cause)"}, 500
    )


def _request_id(request: Request) -> str:
    return str(getattr(request.state, "request_id", ""))


def explained(problem: Mapping[str, object]) -> str:
    """What is wrong where, of a validation error of pydantic's."""
    location = problem.get("loc") or ()
    where = ".".join(str(part) for part in location) if isinstance(location, tuple | list) else str(location)
    message = str(problem.get("msg", "is not valid")).removeprefix("Value error, ")
    given = problem.get("input")
    shown = f" (given: {given!r})" if isinstance(given, str | int | float | bool) and len(repr(given)) <= 100 else ""
    return f"{where}: {message}{shown}" if where else message
