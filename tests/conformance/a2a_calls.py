"""Calls of A2A as the cases make them, in both dialects."""

from typing import Any
from uuid import uuid4

from server.assistants.service import system_assistant_id
from tests.conformance.peer import Answer, Peer, Streamed

TAKES_BOTH = {"accept": "application/json, text/event-stream"}


def id_of(graph: str) -> str:
    """The id of a graph's own assistant."""
    return str(system_assistant_id(graph))


def body_of(method: str, params: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}


async def ask(
    peer: Peer, graph: str, method: str, params: Any, headers: dict[str, str] | None = None, path: str | None = None
) -> Answer:
    address = path or f"/a2a/{id_of(graph)}"
    return await peer.ask("POST", address, body_of(method, params), headers={**TAKES_BOTH, **(headers or {})})


async def call(peer: Peer, graph: str, method: str, params: Any, headers: dict[str, str] | None = None) -> Any:
    """The result, or the error."""
    body = (await ask(peer, graph, method, params, headers)).body
    return body.get("result") or body["error"]


def said(*parts: Any, **more: Any) -> dict[str, Any]:
    """A message in dialect 0.3; texts and data come as they are."""
    written = [
        {"kind": "text", "text": part} if isinstance(part, str) else part if "kind" in part else data_part(part)
        for part in parts
    ]
    return {"message": {"kind": "message", "role": "user", "messageId": str(uuid4()), "parts": written, **more}}


def data_part(value: Any) -> dict[str, Any]:
    return {"kind": "data", "data": value}


def said_now(*parts: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A message in dialect 1.0."""
    return {"message": {"role": "ROLE_USER", "messageId": str(uuid4()), "parts": list(parts), **more}}


def names_of(task: dict[str, Any]) -> dict[str, str]:
    """What a message to that task names."""
    return {"taskId": task["id"], "contextId": task["contextId"]}


def code_of(error: Any) -> Any:
    return error.get("code") if isinstance(error, dict) else None


async def streamed(peer: Peer, graph: str, method: str, params: Any) -> list[Any]:
    """The results of a stream."""
    answer: Streamed = await peer.stream(
        "POST", f"/a2a/{id_of(graph)}", body_of(method, params), headers={"accept": "text/event-stream"}
    )
    return [frame.data.get("result") or frame.data["error"] for frame in answer.frames]
