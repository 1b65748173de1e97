"""JSON-RPC 2.0 as the Model Context Protocol uses it: what comes in, told apart, and what goes out.

Written here and not taken from the `mcp` package: its server keeps a session's state in one process, does not notice that
the caller of a JSON answer has gone, and refuses media types that LangGraph servers take. The tests drive it by that
package's client and hold `PROTOCOL_VERSIONS` against the package's own.
"""

from dataclasses import dataclass
from typing import Any

from server.errors import PlanloomError
from server.wire_json import encode

PROTOCOL_VERSIONS = ("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25")
"""The revisions of the specification that this server speaks, the newest last. What it serves is the same in all of them."""

INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
REQUEST_CANCELLED = -32800
"""The specification names no code for it; this is the one of the Language Server Protocol."""

RequestId = str | int


class NoMessageError(PlanloomError):
    """What came is no JSON-RPC message; its words are the LangGraph API's."""


class RpcError(PlanloomError):
    """A request that is answered by an error."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class RpcRequest:
    """A request; it has an answer."""

    id: RequestId
    method: str
    params: Any


@dataclass(frozen=True, slots=True)
class RpcNotification:
    """A notification, or an answer to a request that this server never made (`method` is then empty)."""

    method: str
    params: Any


def parsed(message: object) -> RpcRequest | RpcNotification:
    """The message of a request's body. Raises `NoMessageError`."""
    if not isinstance(message, dict):
        raise NoMessageError("Invalid message format.")
    if message.get("jsonrpc") != "2.0":
        raise NoMessageError("Invalid JSON-RPC message. Missing or invalid jsonrpc version.")
    method, given = message.get("method"), message.get("id")
    if method is None and given is None:
        raise NoMessageError("Invalid message format. A message is a JSON-RPC request, response or notification.")
    if method is None or given is None:
        return RpcNotification("" if method is None else str(method), message.get("params"))
    if not isinstance(given, str | int) or isinstance(given, bool):
        raise NoMessageError("Invalid message format. A request's id is a string or an integer.")
    return RpcRequest(given, str(method), message.get("params"))


def params_of(message: RpcRequest) -> dict[str, Any]:
    """A request's parameters, none if it has none. Raises `RpcError`."""
    if message.params is None:
        return {}
    if not isinstance(message.params, dict):
        raise RpcError(INVALID_PARAMS, "Invalid params: they must be an object")
    return message.params


def answer(request_id: RequestId, result: Any) -> bytes:
    """The answer to a request."""
    return encode({"jsonrpc": "2.0", "id": request_id, "result": result})


def error(request_id: RequestId, problem: RpcError) -> bytes:
    """The answer to a request that cannot be served."""
    return encode({"jsonrpc": "2.0", "id": request_id, "error": {"code": problem.code, "message": problem.message}})


def notification(method: str, params: dict[str, Any]) -> bytes:
    """A message to the client that has no answer."""
    return encode({"jsonrpc": "2.0", "method": method, "params": params})


def sse(message: bytes) -> bytes:
    """A message as an event of a stream."""
    return b"event: message\r\ndata: " + message + b"\r\n\r\n"
