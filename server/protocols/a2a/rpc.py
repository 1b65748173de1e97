"""JSON-RPC 2.0 as A2A uses it: single calls, numbered errors, HTTP 200 whatever comes of them."""

from dataclasses import dataclass
from typing import Any

from server.errors import PlanloomError

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
TASK_NOT_FOUND = -32001
TASK_NOT_CANCELABLE = -32002
PUSH_NOTIFICATION_NOT_SUPPORTED = -32003
UNSUPPORTED_OPERATION = -32004
CONTENT_TYPE_NOT_SUPPORTED = -32005
VERSION_NOT_SUPPORTED = -32009

CallId = str | int | float | None


class RpcError(PlanloomError):
    """A call cannot be answered as it asks. The message is shown to the caller and says what to change."""

    def __init__(self, code: int, message: str, call_id: CallId = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.call_id = call_id


@dataclass(frozen=True, slots=True)
class Call:
    """One call."""

    call_id: CallId
    method: str
    params: dict[str, Any]


def call_of(body: Any) -> Call:
    """The call that a request's body is. Raises `RpcError`."""
    if not isinstance(body, dict):
        raise RpcError(INVALID_REQUEST, "Invalid message format: expected object; send one call at a time")
    call_id = body.get("id")
    if isinstance(call_id, bool) or not isinstance(call_id, str | int | float | None):
        raise RpcError(INVALID_REQUEST, "Invalid JSON-RPC request: 'id' must be a string, number, or null")
    if body.get("jsonrpc") != "2.0":
        raise RpcError(INVALID_REQUEST, 'Invalid JSON-RPC message: "jsonrpc" must be "2.0"', call_id)
    if "method" not in body:
        raise RpcError(INVALID_REQUEST, "Invalid JSON-RPC request: missing 'method' field", call_id)
    if call_id is None:
        raise RpcError(INVALID_REQUEST, "Invalid JSON-RPC request: give it an 'id'; A2A has no notifications")
    method, params = body["method"], body.get("params")
    if not isinstance(method, str):
        raise RpcError(METHOD_NOT_FOUND, "Method not found: method must be a string", call_id)
    if not isinstance(params, dict | None):
        raise RpcError(INVALID_PARAMS, "params must be an object", call_id)
    return Call(call_id, method, params or {})


def answer(call_id: CallId, result: Any) -> dict[str, Any]:
    """The response of a call that was answered."""
    return {"jsonrpc": "2.0", "id": call_id, "result": result}


def refusal(error: RpcError) -> dict[str, Any]:
    """The response of a call that was not."""
    return {"jsonrpc": "2.0", "id": error.call_id, "error": {"code": error.code, "message": error.message}}
