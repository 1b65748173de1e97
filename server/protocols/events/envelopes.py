"""A command of the protocol, and its reply: `{"id", "method", "params"}`, answered by a success or an error of that id."""

from dataclasses import dataclass, field
from typing import Any, Literal

from server.errors import PlanloomError
from server.wire_json import encode

ErrorCode = Literal[
    "invalid_argument",
    "unknown_command",
    "unknown_error",
    "no_such_run",
    "no_such_subscription",
    "no_such_namespace",
    "no_such_interrupt",
    "no_such_checkpoint",
    "permission_denied",
    "not_supported",
]
"""The protocol's codes (`langchain_protocol.ErrorCode`)."""


class CommandError(PlanloomError):
    """A command cannot be carried out. The message is the caller's to read and says what to change."""

    def __init__(self, code: ErrorCode, message: str) -> None:
        super().__init__(message)
        self.code: ErrorCode = code
        self.message = message


class EnvelopeError(CommandError):
    """What came is no command; `given_id` is what it has for an id."""

    def __init__(self, given_id: object = None) -> None:
        super().__init__("invalid_argument", "Protocol commands must include an integer id and string method.")
        self.given_id = given_id if isinstance(given_id, str | int | float) else None


@dataclass(frozen=True, slots=True)
class Command:
    """One command of a caller, who tells its reply by the id."""

    id: int
    method: str
    params: dict[str, Any]
    strict: bool = False
    """Whether to refuse params that mean nothing."""
    unknown: list[str] = field(default_factory=list)
    """The names of those that were found when the params were read."""


@dataclass(frozen=True, slots=True)
class Done:
    """What a command that was carried out gives."""

    result: dict[str, Any]
    applied_through: int | None = None
    """The place on the thread after which the run that it started is told of; None if it started none."""


def command_of(given: object, *, strict: bool) -> Command:
    """The command that a JSON value is. Raises `EnvelopeError`."""
    if not isinstance(given, dict):
        raise EnvelopeError
    command_id, method = given.get("id"), given.get("method")
    if not isinstance(command_id, int) or isinstance(command_id, bool) or not isinstance(method, str):
        raise EnvelopeError(command_id)
    params = given.get("params")
    return Command(command_id, method, params if isinstance(params, dict) else {}, strict)


def success(command_id: int, result: dict[str, Any], *, applied_through_seq: int = 0) -> bytes:
    """The reply to a command that was carried out. `applied_through_seq` is the last event sent on the same connection."""
    meta = {"applied_through_seq": applied_through_seq}
    return encode({"type": "success", "id": command_id, "result": result, "meta": meta})


def failure(command_id: object, error: CommandError, *, applied_through_seq: int = 0) -> bytes:
    """The reply to a command that was not; with `command_id` null, a word that answers none."""
    told: dict[str, Any] = {"type": "error", "id": command_id, "error": error.code, "message": error.message}
    if applied_through_seq:
        told["meta"] = {"applied_through_seq": applied_through_seq}
    return encode(told)
