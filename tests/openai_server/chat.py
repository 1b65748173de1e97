"""Chat completions on the wire: one JSON object, or the chunks of a stream."""

import re
from collections.abc import Iterator
from typing import Any

from tests.openai_server.replies import Reply, ToolCall

Json = dict[str, Any]

# Fixed, so that recorded traffic is the same on every run.
CREATED = 1_760_000_000
ARGUMENT_PIECE = 7


def completion(request: Json, reply: Reply, number: int) -> Json:
    """The whole answer as one object."""
    message: Json = {"role": "assistant", "content": reply.text or None, "refusal": None}
    if reply.tool_calls:
        message["tool_calls"] = [
            {
                "id": call_id(call, number, index),
                "type": "function",
                "function": {"name": call.name, "arguments": call.arguments_text},
            }
            for index, call in enumerate(reply.tool_calls)
        ]
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": reply.finish}
    return {**envelope(request, number, "chat.completion"), "choices": [choice], "usage": usage(request, reply)}


def chunks(request: Json, reply: Reply, number: int) -> Iterator[Json]:
    """The answer as a stream: role, content by words, tool calls in pieces, finish reason, usage if asked for."""
    base = envelope(request, number, "chat.completion.chunk")
    wants_usage = (request.get("stream_options") or {}).get("include_usage", False)
    if wants_usage:
        base["usage"] = None

    def chunk(delta: Json, finish: str | None = None) -> Json:
        return {**base, "choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}]}

    yield chunk({"role": "assistant", "content": None if reply.tool_calls and not reply.text else ""})
    for word in re.findall(r"\s*\S+\s*?(?=\s|$)|\s+$", reply.text):
        yield chunk({"content": word})
    for index, call in enumerate(reply.tool_calls):
        for piece in tool_call_pieces(call, number, index):
            yield chunk({"tool_calls": [piece]})
    yield chunk({}, reply.finish)
    if wants_usage:
        yield {**base, "choices": [], "usage": usage(request, reply)}


def tool_call_pieces(call: ToolCall, number: int, index: int) -> Iterator[Json]:
    """The name first, then the arguments cut wherever they happen to be cut."""
    function = {"name": call.name, "arguments": ""}
    yield {"index": index, "id": call_id(call, number, index), "type": "function", "function": function}
    text = call.arguments_text
    for start in range(0, len(text), ARGUMENT_PIECE):
        yield {"index": index, "function": {"arguments": text[start : start + ARGUMENT_PIECE]}}


def envelope(request: Json, number: int, kind: str) -> Json:
    """What every object of an answer carries."""
    return {
        "id": f"chatcmpl-{number:06}",
        "object": kind,
        "created": CREATED,
        "model": request["model"],
        "system_fingerprint": None,
    }


def call_id(call: ToolCall, number: int, index: int) -> str:
    """The call's id: its own, or one that no other call of this server has."""
    return call.id or f"call_{number:06}_{index}"


def usage(request: Json, reply: Reply) -> Json:
    """Words, counted as if they were tokens."""
    prompt = sum(len(str(message.get("content") or "").split()) for message in request["messages"])
    answered = len(reply.text.split()) + sum(len(call.arguments_text.split()) for call in reply.tool_calls)
    return {"prompt_tokens": prompt, "completion_tokens": answered, "total_tokens": prompt + answered}
