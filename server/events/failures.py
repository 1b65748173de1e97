"""What callers may read of a run's failure."""

import pydantic
from langgraph.errors import GraphBubbleUp
from starlette.exceptions import HTTPException

_SHOWN = frozenset(
    {
        ValueError,
        RuntimeError,
        KeyError,
        TypeError,
        TimeoutError,
        pydantic.ValidationError,
        HTTPException,
        RecursionError,
    }
)
MASKED = "An internal error occurred"
"""What is said of a failure whose text is not for callers."""


def public_error(error: BaseException) -> dict[str, str]:
    """`{"error": <class>, "message": <text>}`; the text only for classes whose messages are written for callers.

    Any other exception may carry what nobody outside should read (a URL with a password, a file's path), so only its class
    is named; the server's log has the rest.
    """
    kind = type(error)
    ours = kind.__module__.startswith(("langgraph.", "server.")) and not isinstance(error, GraphBubbleUp)
    shown = kind in _SHOWN or ours
    return {"error": kind.__name__, "message": str(error) if shown else MASKED}
