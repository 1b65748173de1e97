"""MCP: assistants as tools, their runs as calls, and what is no message."""

import ast
import json
from typing import Any
from uuid import uuid4

from tests.conformance.case import Cases
from tests.conformance.peer import Answer, Peer

cases = Cases("MCP")

BOTH = {"accept": "application/json, text/event-stream"}
OURS = ("thread_id", "resume")
"""Arguments that our tools take besides those of their graphs."""


async def _ask(peer: Peer, method: str, params: Any = None, **more: Any) -> Answer:
    message = {"jsonrpc": "2.0", "id": 1, "method": method, **({} if params is None else {"params": params}), **more}
    return await peer.ask("POST", "/mcp", message, headers=BOTH)


async def _tools(peer: Peer) -> dict[str, Any]:
    """The graphs' own tools, without what ours take besides."""
    listed = (await _ask(peer, "tools/list", {})).body["result"]["tools"]
    tools = {tool["name"]: {key: value for key, value in tool.items() if key != "outputSchema"} for tool in listed}
    for tool in tools.values():
        for name in OURS:
            tool["inputSchema"].get("properties", {}).pop(name, None)
    return tools


async def _call(peer: Peer, name: str, **arguments: Any) -> dict[str, Any]:
    answer = await _ask(peer, "tools/call", {"name": name, "arguments": arguments})
    result: dict[str, Any] = answer.body["result"]
    return result


async def _values(peer: Peer, name: str, **arguments: Any) -> Any:
    """The final values of a call, in whichever notation they are told."""
    text = (await _call(peer, name, **arguments))["content"][0]["text"]
    return ast.literal_eval(text) if text.startswith("{'") else json.loads(text)


@cases.same()
async def a_client_is_told_the_protocol_it_asked_for_if_it_is_known(peer: Peer) -> Any:
    told = []
    for asked in ("2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", "1999-01-01", None):
        params = {"capabilities": {}, "clientInfo": {"name": "c", "version": "1"}, "protocolVersion": asked}
        answer = await _ask(peer, "initialize", params)
        told.append([answer.headers, answer.body["result"]["protocolVersion"], answer.body["result"]["capabilities"]])
    return told


@cases.same()
async def a_ping_is_answered_and_a_notification_taken(peer: Peer) -> Any:
    told = {"jsonrpc": "2.0", "method": "notifications/initialized"}
    answered = {"jsonrpc": "2.0", "id": 7, "result": {}}
    return [
        (await _ask(peer, "ping")).shown(),
        (await _ask(peer, "ping", id="a name")).shown(),
        [(await peer.ask("POST", "/mcp", body, headers=BOTH)).status for body in (told, answered)],
    ]


@cases.same()
async def a_graph_with_messages_is_a_tool_that_takes_a_text(peer: Peer) -> Any:
    return (await _tools(peer))["chat"] | {"description": "…"}


@cases.same()
async def a_graph_is_a_tool_with_the_fields_of_its_input(peer: Peer) -> Any:
    tools = await _tools(peer)
    return [tools[name] for name in ("steps", "told", "hitl", "types")]


@cases.ours(
    {"type": "object", "required": ["input"], "properties": {"input": {"title": "fn_input", "type": "integer"}}},
    because="a tool's arguments are an object by the specification; the official server shows the schema of a number, over "
    "which strict clients refuse the whole list",
)
async def a_graph_whose_input_is_no_object_takes_an_argument(peer: Peer) -> Any:
    return (await _tools(peer))["fn"]["inputSchema"]


@cases.ours(
    "Invalid cursor: give the nextCursor of the page before",
    because="the specification asks for an error; the official server begins anew, so that a client goes round in circles",
)
async def a_cursor_that_no_page_gave(peer: Peer) -> Any:
    answer = await _ask(peer, "tools/list", {"cursor": "nonsense"})
    return answer.body.get("error", {}).get("message")


@cases.same()
async def what_a_call_comes_to(peer: Peer) -> Any:
    return [
        await _values(peer, "steps"),
        await _values(peer, "steps", note="x", unknown=3),
        await _values(peer, "errs", x="fine"),
        await _values(peer, "types", which="aware datetime"),
        await _values(peer, "chat", messages="hello"),
        await _values(peer, "chat", messages=[{"role": "user", "content": "add 2 3"}]),
        await _values(peer, "sub", foo="a"),
    ]


@cases.same()
async def a_call_that_stops_to_ask_shows_the_question(peer: Peer) -> Any:
    return (await _values(peer, "hitl", q="why"))["__interrupt__"]


@cases.ours(
    {"log": ["a", "b", "c"]},
    because="the official server tells values as Python writes them, which no client reads",
)
async def values_are_json(peer: Peer) -> Any:
    text = (await _call(peer, "steps"))["content"][0]["text"]
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return "no JSON"


@cases.ours(
    [[{"secs": 0, "log": ["step1", "slept", "step3"]}], 2],
    because="the official server has no structured content, and answers with JSON even those who ask for progress",
)
async def progress_is_told_and_the_result_is_structured(peer: Peer) -> Any:
    params = {"name": "slow", "arguments": {"secs": 0}, "_meta": {"progressToken": "p"}}
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    streamed = await peer.stream("POST", "/mcp", message, headers=BOTH)
    results = [frame.data["result"]["structuredContent"] for frame in streamed.frames if "result" in frame.data]
    return [results, len({"method" in frame.data for frame in streamed.frames})]


@cases.ours(
    {"question": "why?", "answered": {"q": "why?", "a": "because", "b": "done"}},
    because="a call of the official server is alone with itself: its question can't be answered, and no conversation gone on with",
)
async def a_question_is_answered_by_a_second_call(peer: Peer) -> Any:
    asked = await _call(peer, "hitl", q="why?")
    thread = {"thread_id": asked.get("structuredContent", {}).get("thread_id")}
    answered = await _call(peer, "hitl", **thread, resume="because")
    structured = answered.get("structuredContent", {})
    return {"question": "why?", "answered": {key: structured.get(key) for key in ("q", "a", "b")}}


@cases.ours(
    ["ValueError: the secret message", "OwnError: An internal error occurred"],
    because="the official server names the class alone, of which nobody learns what to change",
)
async def a_run_that_fails_says_why(peer: Peer) -> Any:
    results = [await _call(peer, "errs", x=error) for error in ("ValueError", "OwnError")]
    assert all(result["isError"] for result in results)
    return [result["content"][0]["text"] for result in results]


@cases.same()
async def what_is_not_there_is_an_error_of_the_protocol(peer: Peer) -> Any:
    return [
        (await _ask(peer, method, params)).shown()
        for method, params in (
            ("tools/call", {"name": "nobody", "arguments": {}}),
            ("tools/call", {}),
            ("resources/list", None),
            ("prompts/list", {}),
            ("no/method", {}),
        )
    ]


@cases.same()
async def what_is_no_message_is_refused(peer: Peer) -> Any:
    bodies: list[Any] = [[{"jsonrpc": "2.0", "id": 1, "method": "ping"}], "text", {"id": 1, "method": "ping"}]
    bodies.append({"jsonrpc": "1.0", "id": 1, "method": "ping"})
    answers = [await peer.ask("POST", "/mcp", body, headers=BOTH) for body in bodies]
    answers.append(await peer.ask("POST", "/mcp", content=b"{", headers=BOTH))
    return [[answer.status, answer.body] for answer in answers]


@cases.same()
async def a_client_must_take_json_or_events(peer: Peer) -> Any:
    message = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    accepts = ("application/json", "text/event-stream", "text/html", "*/*")
    return [(await peer.ask("POST", "/mcp", message, headers={"accept": accept})).shown() for accept in accepts]


@cases.same()
async def there_is_nothing_to_get_or_to_end(peer: Peer) -> Any:
    return [(await peer.ask(method, "/mcp", headers=BOTH)).status for method in ("GET", "PUT", "DELETE")]


@cases.same()
async def a_trailing_slash_is_redirected(peer: Peer) -> Any:
    answer = await peer.ask("POST", "/mcp/", {"jsonrpc": "2.0", "id": 1, "method": "ping"}, headers=BOTH)
    return [answer.status, answer.headers.get("location", "").replace(peer.url, "")]


@cases.ours(
    400, because="the specification asks for it; the official server does not look at the version that a client speaks"
)
async def a_version_that_is_not_spoken(peer: Peer) -> Any:
    message = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    return (await peer.ask("POST", "/mcp", message, headers={**BOTH, "mcp-protocol-version": "1999-01-01"})).status


@cases.ours(
    [True, True],
    because="the official server knows only one of two assistants of a name, or neither: both are called by ours",
)
async def two_assistants_of_a_name_are_two_tools(peer: Peer) -> Any:
    name = f"twin {uuid4().hex[:8]}"
    twins = [await peer.sdk.assistants.create("steps", name=name) for _ in range(2)]
    try:
        plain = name.replace(" ", "_")
        second = f"{plain}-{twins[1]['assistant_id'][-8:]}"
        tools = await _tools(peer)
        return [plain in tools, second in tools]
    finally:
        for twin in twins:
            await peer.sdk.assistants.delete(twin["assistant_id"])
