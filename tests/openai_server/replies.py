"""What a test can have the server answer."""

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class ToolCall:
    """A function that the model asks for; `arguments` as text is sent as it is, so that it can be malformed."""

    name: str
    arguments: Mapping[str, Any] | str = field(default_factory=dict)
    id: str | None = None

    @property
    def arguments_text(self) -> str:
        """The arguments as the model writes them."""
        return self.arguments if isinstance(self.arguments, str) else json.dumps(self.arguments)


@dataclass(frozen=True)
class Reply:
    """One answer to one chat request.

    With `status` other than 200 it is an error in OpenAI's form. `pause` seconds pass before each chunk of a
    stream. `gate` holds a stream back after its first `gate_after` chunks of content until the test sets it.
    `cut_after` breaks the connection after so many chunks, before the stream has ended.
    """

    text: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    finish_reason: str | None = None
    status: int = 200
    error_message: str = ""
    error_code: str | None = None
    error_type: str = "invalid_request_error"
    headers: Mapping[str, str] = field(default_factory=dict)
    pause: float = 0.0
    gate: threading.Event | None = None
    gate_after: int = 1
    cut_after: int | None = None

    @property
    def finish(self) -> str:
        """The finish reason that ends it."""
        return self.finish_reason or ("tool_calls" if self.tool_calls else "stop")

    @property
    def error_body(self) -> dict[str, Any]:
        """The body of an error response."""
        return error_body(self.error_message, self.error_type, self.error_code)


def error_body(message: str, error_type: str = "invalid_request_error", code: str | None = None) -> dict[str, Any]:
    """OpenAI's form of an error."""
    return {"error": {"message": message, "type": error_type, "param": None, "code": code}}


# What OpenAI sends for the failures that clients treat differently: status to (type, code, message).
FAILURES: dict[int, tuple[str, str | None, str]] = {
    400: ("invalid_request_error", None, "The request is malformed."),
    401: ("invalid_request_error", "invalid_api_key", "Incorrect API key provided: test."),
    404: ("invalid_request_error", "model_not_found", "The model does not exist or you do not have access to it."),
    429: ("requests", "rate_limit_exceeded", "Rate limit reached for requests."),
    500: ("server_error", None, "The server had an error while processing your request."),
    503: ("server_error", None, "The engine is currently overloaded, please try again later."),
}


def failure(status: int, message: str | None = None, headers: Mapping[str, str] | None = None) -> Reply:
    """The error that OpenAI sends with `status`, with its usual message unless another is given."""
    error_type, code, usual = FAILURES[status]
    return Reply(
        status=status,
        error_type=error_type,
        error_code=code,
        error_message=message or usual,
        headers=headers or {},
    )
