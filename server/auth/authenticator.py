"""Who a request comes from: the project's `@auth.authenticate` handler, its parameters given by name."""

import inspect
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from langgraph_sdk import Auth
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection

from server.auth.users import User
from server.errors import Denied, StartupError
from server.langgraph_sections import AuthCacheSpec

_GIVEN = (
    "request",
    "body",
    "path",
    "method",
    "path_params",
    "query_params",
    "headers",
    "authorization",
    "scope",
)
_NO_USER = (
    "Expected a BaseUser instance with required property: identity (str). The authenticate handler returned a {}."
)

log = structlog.get_logger("planloom.auth")


@dataclass(frozen=True)
class Question:
    """What is known of a request before it is routed; `body` reads and parses it on demand."""

    connection: HTTPConnection
    path_params: Mapping[str, Any]
    body: Callable[[], Awaitable[Any]]


class Authenticator:
    """The project's authenticate handler. Raises `StartupError` if there is none, or for parameters that it cannot have."""

    def __init__(self, auth: Auth, cache: AuthCacheSpec | None = None) -> None:
        handler = auth._authenticate_handler
        if handler is None:
            raise StartupError("langgraph.json: auth: it has no @auth.authenticate handler")
        self._handler: Callable[..., Any] = handler
        self._parameters = _parameters(handler)
        self._remembered = RememberedUsers(cache) if cache else None

    async def user_of(self, question: Question) -> User:
        """Whom the request comes from.

        Raises `Denied`: with the handler's status and headers if it raised one, 400 if it named nobody, 500 if it failed.
        """
        key = self._remembered.key(question.connection.headers) if self._remembered else None
        if self._remembered and key and (known := self._remembered.get(key)):
            return known
        user = await self._asked(question)
        if self._remembered and key:
            self._remembered.put(key, user)
        return user

    async def _asked(self, question: Question) -> User:
        try:
            given = {name: await _value(name, question) for name in self._parameters}
            if inspect.iscoroutinefunction(self._handler):
                answer = await self._handler(**given)
            else:
                answer = await run_in_threadpool(self._handler, **given)
                if inspect.isawaitable(answer):
                    answer = await answer
        except (Auth.exceptions.HTTPException, HTTPException) as error:
            raise Denied(str(error.detail), error.status_code, error.headers) from error
        except Denied:
            raise
        except Exception as error:
            # the boundary of the project's code: whatever it raises must neither let the caller in nor show them why
            log.error("the authenticate handler failed; access is denied", exc_info=error)
            raise Denied("authentication failed; the server's log has the cause", 500) from error
        try:
            return User.of(answer)
        except ValueError as error:
            raise Denied(_NO_USER.format(type(answer).__name__), 400) from error


class RememberedUsers:
    """Users by the headers that tell callers apart, for `ttl_seconds`, the least recently seen forgotten first."""

    def __init__(self, spec: AuthCacheSpec, clock: Callable[[], float] = time.monotonic) -> None:
        self._spec = spec
        self._clock = clock
        self._users: OrderedDict[tuple[str | None, ...], tuple[float, User]] = OrderedDict()

    def key(self, headers: Mapping[str, str]) -> tuple[str | None, ...] | None:
        """What to remember a caller by; None if no header tells."""
        key = tuple(headers.get(name) for name in self._spec.cache_keys)
        return key if any(value is not None for value in key) else None

    def get(self, key: tuple[str | None, ...]) -> User | None:
        """The user of that key, if it is not too long ago."""
        found = self._users.get(key)
        if found is None or found[0] <= self._clock():
            self._users.pop(key, None)
            return None
        self._users.move_to_end(key)
        return found[1]

    def put(self, key: tuple[str | None, ...], user: User) -> None:
        """Remember `user`."""
        self._users[key] = (self._clock() + self._spec.ttl_seconds, user)
        self._users.move_to_end(key)
        while len(self._users) > self._spec.max_size:
            self._users.popitem(last=False)


def _parameters(handler: Callable[..., Any]) -> list[str]:
    asked = inspect.signature(handler).parameters.values()
    unknown = [
        parameter.name
        for parameter in asked
        if parameter.name not in _GIVEN
        and parameter.default is parameter.empty
        and parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
    ]
    if unknown:
        raise StartupError(
            f"langgraph.json: auth: the authenticate handler asks for {', '.join(map(repr, unknown))}; "
            f"it may ask for {', '.join(_GIVEN)}"
        )
    return [parameter.name for parameter in asked if parameter.name in _GIVEN]


async def _value(name: str, question: Question) -> Any:
    connection = question.connection
    if name == "body":
        return await question.body()
    values: dict[str, Any] = {
        "request": connection,
        "scope": connection.scope,
        "path": connection.scope["path"],
        "method": connection.scope.get("method", "GET"),
        "path_params": dict(question.path_params),
        "query_params": dict(connection.query_params),
        "headers": dict(connection.scope["headers"]),
        "authorization": connection.headers.get("authorization"),
    }
    return values[name]
