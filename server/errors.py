"""The server's errors. Services raise these; `server.error_handlers` alone turns them into HTTP.

PlanloomError
├── StartupError      the process cannot start; one line for the operator, non-zero exit
└── RequestError      something is wrong with what a caller asked
    ├── Malformed     the request cannot be read as what it should be
    ├── Invalid       it can be read, but asks for something impossible
    ├── NotFound      it names something that is not there
    ├── Conflict      the state of things forbids it now
    ├── TooLarge      it is bigger than this server takes
    ├── Denied        the caller may not do it
    └── Unavailable   the server cannot do it at the moment
"""

from collections.abc import Mapping


def first_line(error: Exception) -> str:
    """What an error of a library says, in a line; what it is called if it says nothing."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


class PlanloomError(Exception):
    """Anything that Planloom raises on purpose."""


class StartupError(PlanloomError):
    """The process cannot start. The message is one line that says what to change."""


class RequestError(PlanloomError):
    """A caller's request cannot be served. The message is shown to the caller and says what to change."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class Malformed(RequestError):
    """The request's JSON, types or identifiers are not what the API takes."""


class Invalid(RequestError):
    """The request is well-formed, but what it asks for is impossible."""


class NotFound(RequestError):
    """The named resource does not exist, or the caller may not know that it does."""


class Conflict(RequestError):
    """The resource's present state forbids the request."""


class TooLarge(RequestError):
    """The request is larger than this server takes."""


class Denied(RequestError):
    """The project's auth refuses the caller. `status` and `headers` are what it says, else those of its kind of failure."""

    def __init__(self, detail: str, status: int, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.headers = dict(headers or {})


class Unavailable(RequestError):
    """A part that the request needs is not available at the moment."""
