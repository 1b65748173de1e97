"""What LangGraph Studio calls, as a browser on its page does: preflights, another origin, JSON as plain text."""

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import uuid4

import httpx
import pytest
from jsonschema_rs import Draft202012Validator

STUDIO = "https://smith.langchain.com"
GRAPHS = ("care", "chat", "coach", "process", "travel")
PLAN = "I want an 8-week half marathon plan, I run 25 km a week, longest 10 km, 4 days"
EDIT = "move Tuesday's tempo in week 3 to Wednesday and make the long run 2 km longer"
MODES = ["debug", "messages", "values", "custom"]

Json = dict[str, Any]
Event = tuple[str, Any]


class Studio:
    """A browser on Studio's page, whose server this is."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self._http = http
        self._let_in: set[tuple[str, str]] = set()

    async def send(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """A request, after the preflight that a browser sends before the first of its kind."""
        given = {"x-auth-scheme": "langsmith", **headers}
        if body is not None:
            given["content-type"] = "text/plain;charset=UTF-8"
        await self._preflight(method, path, given)
        content = None if body is None else json.dumps(body)
        answer = await self._http.request(method, path, content=content, headers={"origin": STUDIO, **given})
        assert answer.headers["access-control-allow-origin"] in ("*", STUDIO)
        exposed = answer.headers["access-control-expose-headers"].lower()
        assert all(name in exposed for name in ("x-pagination-total", "x-pagination-next", "content-location"))
        return answer

    async def call(self, method: str, path: str, body: Any = None) -> Any:
        """What a request is answered."""
        answer = await self.send(method, path, body)
        assert answer.is_success, (method, path, answer.text)
        return answer.json() if answer.content else None

    async def run(self, thread_id: str, assistant: str = "coach", **given: Any) -> list[Event]:
        """The events of a run on a thread."""
        asked = {"assistant_id": assistant, "stream_mode": MODES, "stream_subgraphs": True, **given}
        answer = await self.send("POST", f"/threads/{thread_id}/runs/stream", asked)
        assert answer.status_code == 200, answer.text
        return list(_events(answer.text))

    async def thread(self) -> str:
        return str((await self.call("POST", "/threads", {"metadata": {"graph_id": "coach"}}))["thread_id"])

    async def _preflight(self, method: str, path: str, headers: dict[str, str]) -> None:
        asked = {
            "origin": STUDIO,
            "access-control-request-method": method,
            "access-control-request-headers": ",".join(headers),
            "access-control-request-private-network": "true",
        }
        answer = await self._http.options(path, headers=asked)
        told = answer.headers
        assert answer.status_code == 200, (method, path, answer.text)
        assert told["access-control-allow-private-network"] == "true"
        assert told["access-control-allow-origin"] in ("*", STUDIO)
        assert method in told["access-control-allow-methods"]
        assert set(headers) <= set(told["access-control-allow-headers"].lower().replace(" ", "").split(","))


def _events(text: str) -> Iterator[Event]:
    for block in text.replace("\r\n", "\n").split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.split("\n") if not line.startswith(":") and ": " in line)
        if "event" in lines:
            yield lines["event"], json.loads(lines["data"])


def said(text: str) -> Json:
    return {"messages": [{"type": "human", "content": text}]}


def of(events: list[Event], name: str) -> list[Any]:
    return [data for event, data in events if event == name]


@pytest.fixture
async def studio(own_server: str) -> AsyncIterator[Studio]:
    async with httpx.AsyncClient(base_url=own_server, timeout=60) as http:
        yield Studio(http)


async def test_it_connects_and_lists_the_graphs(studio: Studio) -> None:
    info = await studio.call("GET", "/info")
    major, minor, _ = map(int, info["version"].split("."))
    assert (major, minor) >= (0, 11), "what Studio takes for an old server is offered less"
    assert {"langgraph_py_version", "flags", "host"} <= set(info)
    assert (
        info["flags"] | {"assistants": True, "crons": True, "langsmith_tracing_session_on_runs": True} == info["flags"]
    )
    assert "langsmith" in info["flags"]
    assert {"kind", "project_id", "revision_id", "tenant_id"} <= set(info["host"])
    asked = {"metadata": {"created_by": "system"}, "limit": 100, "offset": 0}
    found = await studio.call("POST", "/assistants/search", asked)
    assert sorted(one["graph_id"] for one in found) == list(GRAPHS)
    assert all(one["name"] == one["graph_id"] and one["description"] for one in found)
    for one in found:
        versions = await studio.call("POST", f"/assistants/{one['assistant_id']}/versions", {"limit": 10, "offset": 0})
        assert [version["version"] for version in versions] == [1]


@pytest.mark.parametrize("graph_id", GRAPHS)
async def test_every_graph_is_drawn_with_its_subgraphs_open(studio: Studio, graph_id: str) -> None:
    closed = await studio.call("GET", f"/assistants/{graph_id}/graph")
    drawn = await studio.call("GET", f"/assistants/{graph_id}/graph?xray=1")
    names = {node["id"] for node in drawn["nodes"]}
    linked = {edge[end] for edge in drawn["edges"] for end in ("source", "target")}
    assert linked == names, "every node is reached, and no edge leads nowhere"
    assert {"__start__", "__end__"} <= names
    subgraphs = await studio.call("GET", f"/assistants/{graph_id}/subgraphs?recurse=true")
    assert sorted(subgraphs) == (list(GRAPHS) if graph_id == "chat" else [])
    assert len(drawn["nodes"]) > len(closed["nodes"]) if subgraphs else drawn == closed
    for namespace in subgraphs:
        assert {f"{namespace}:agent", f"{namespace}:remember"} <= names
        [schemas] = (await studio.call("GET", f"/assistants/{graph_id}/subgraphs/{namespace}")).values()
        assert schemas["state_schema"]["properties"]["messages"]["description"]


@pytest.mark.parametrize("graph_id", GRAPHS)
async def test_every_field_of_a_form_has_a_title_a_description_and_a_type(studio: Studio, graph_id: str) -> None:
    schemas = await studio.call("GET", f"/assistants/{graph_id}/schemas")
    for kind in ("input_schema", "output_schema", "state_schema", "context_schema"):
        schema = schemas[kind]
        Draft202012Validator(schema)
        ours = [schema, *(one for name, one in schema.get("$defs", {}).items() if name.startswith(("Room", "Persona")))]
        for name, field in ((name, field) for part in ours for name, field in part["properties"].items()):
            assert field.get("title") and field.get("description"), (kind, name)
            assert {"type", "anyOf", "enum", "$ref"} & set(field), (kind, name)
    given = Draft202012Validator(schemas["input_schema"])
    assert given.is_valid(said("hello")) and not given.is_valid({})
    chosen = Draft202012Validator(schemas["context_schema"])
    assert chosen.is_valid({"timezone": "Europe/London", "approval": "always"})
    assert not chosen.is_valid({"approval": "sometimes"})
    assert schemas["config_schema"] == schemas["context_schema"]


async def test_an_assistant_is_made_with_a_context_changed_and_set_back(studio: Studio) -> None:
    body = {"graph_id": "coach", "name": f"careful {uuid4()}", "context": {"approval": "always"}}
    made = await studio.call("POST", "/assistants", body)
    path = f"/assistants/{made['assistant_id']}"
    changed = await studio.call("PATCH", path, {"context": {"approval": "auto"}, "metadata": {"colour": "blue"}})
    assert (changed["version"], changed["context"]) == (2, {"approval": "auto"})
    versions = await studio.call("POST", f"{path}/versions", {"limit": 100, "offset": 0})
    assert [one["version"] for one in versions] == [2, 1]
    back = await studio.call("POST", f"{path}/latest", {"version": 1})
    assert back["context"] == {"approval": "always"}
    thread_id = await studio.thread()
    await studio.run(thread_id, made["assistant_id"], input=said(PLAN))
    assert (await studio.call("GET", f"/threads/{thread_id}"))["status"] == "interrupted", "it asks for everything"
    assert (await studio.send("DELETE", path)).status_code == 204


async def test_a_run_shows_each_step_and_where_it_may_be_gone_on_from(studio: Studio) -> None:
    thread_id = await studio.thread()
    events = await studio.run(thread_id, input=said(PLAN))
    assert set(of(events, "metadata")[0]) == {"run_id", "attempt"}
    assert {"messages/metadata", "messages/partial", "messages/complete"} & {name for name, _ in events}
    checkpoints = [one["payload"] for one in of(events, "debug") if one["type"] == "checkpoint"]
    assert [one["checkpoint"]["thread_id"] for one in checkpoints] == [thread_id] * len(checkpoints)
    parents = [one["parent_checkpoint"] for one in checkpoints]
    assert parents[0] is None
    assert [one["checkpoint_id"] for one in parents[1:]] == [
        one["checkpoint"]["checkpoint_id"] for one in checkpoints[:-1]
    ]
    steps = [one["payload"]["name"] for one in of(events, "debug") if one["type"] == "task"]
    assert steps[:3] == ["load_context", "safety_gate", "retrieve"] and steps[-1] == "remember"
    assert {one["type"] for one in of(events, "custom")} >= {"retrieval.hits", "plan.draft", "plan.version"}


async def test_a_question_is_shown_answered_and_the_status_of_its_thread_live(studio: Studio) -> None:
    thread_id = await studio.thread()
    await studio.run(thread_id, input=said(PLAN))
    await studio.run(thread_id, input=said(EDIT))
    thread = await studio.call("GET", f"/threads/{thread_id}")
    assert thread["status"] == "interrupted"
    [[asked]] = thread["interrupts"].values()
    assert asked["value"]["action_requests"]
    state = await studio.call("GET", f"/threads/{thread_id}/state")
    assert state["next"] == ["approve"] and state["tasks"][0]["interrupts"][0]["id"] == asked["id"]
    waiting = await studio.call("POST", "/threads/search", {"status": "interrupted", "limit": 100})
    assert thread_id in {one["thread_id"] for one in waiting}
    wrong = {"assistant_id": "coach", "command": {"resume": {"decisions": [{"type": "perhaps"}]}}}
    assert (await studio.send("POST", f"/threads/{thread_id}/runs/stream", wrong)).status_code == 422
    events = await studio.run(thread_id, command={"resume": {"decisions": [{"type": "approve"}]}})
    assert [one["version"] for one in of(events, "custom") if one["type"] == "plan.version"] == [2]
    assert (await studio.call("GET", f"/threads/{thread_id}"))["status"] == "idle"


async def test_a_step_is_edited_and_run_again_and_a_checkpoint_forked(studio: Studio) -> None:
    thread_id = await studio.thread()
    path = f"/threads/{thread_id}"
    await studio.run(thread_id, input=said("what can you do?"))
    await studio.run(thread_id, input=said("hello"))
    history = await studio.call("POST", f"{path}/history", {"limit": 100})
    second = next(one for one in history if one["metadata"]["source"] == "input")
    asked = next(one for one in history if one["next"] == ["load_context"])

    edited = {"messages": [{**asked["values"]["messages"][-1], "content": "why is there a taper before the race?"}]}
    written = await studio.call(
        "POST", f"{path}/state", {"values": edited, "as_node": "__start__", "checkpoint_id": asked["checkpoint_id"]}
    )
    await studio.run(thread_id, input=None, checkpoint=written["checkpoint"])
    after = await studio.call("GET", f"{path}/state")
    assert [message["content"] for message in after["values"]["messages"] if message["type"] == "human"] == [
        "what can you do?",
        "why is there a taper before the race?",
    ]
    assert "taper" in after["values"]["messages"][-1]["content"]

    before = len(await studio.call("POST", f"{path}/history", {"limit": 100}))
    copied = await studio.call(
        "POST", f"{path}/state", {"values": None, "as_node": "__copy__", "checkpoint_id": asked["checkpoint_id"]}
    )
    fork = await studio.call("GET", f"{path}/state/{copied['checkpoint_id']}")
    assert fork["metadata"]["source"] == "fork" and fork["next"] == asked["next"]
    assert fork["values"]["messages"] == asked["values"]["messages"]
    assert fork["parent_checkpoint"]["checkpoint_id"] == asked["parent_checkpoint"]["checkpoint_id"]
    await studio.run(thread_id, input=None, checkpoint_id=copied["checkpoint_id"])
    at_head = await studio.call("GET", f"{path}/state")
    assert [message["content"] for message in at_head["values"]["messages"] if message["type"] == "human"][
        -1
    ] == "hello"
    forked = await studio.call("POST", f"{path}/history", {"limit": 100})
    assert len(forked) > before and second["checkpoint_id"] in {one["checkpoint_id"] for one in forked}
    named = await studio.call("POST", f"{path}/state/checkpoint", {"checkpoint": fork["checkpoint"], "subgraphs": True})
    assert named["checkpoint"]["checkpoint_id"] == copied["checkpoint_id"]


async def test_a_run_is_left_come_back_to_and_cancelled(studio: Studio) -> None:
    thread_id = await studio.thread()
    path = f"/threads/{thread_id}/runs"
    delayed = {"assistant_id": "coach", "input": said("hello"), "after_seconds": 600, "stream_resumable": True}
    run = await studio.call("POST", path, delayed)
    assert (await studio.call("GET", f"/threads/{thread_id}"))["status"] == "busy"
    assert [one["run_id"] for one in await studio.call("GET", path)] == [run["run_id"]]
    await studio.call("POST", f"{path}/{run['run_id']}/cancel?wait=1&action=interrupt")
    assert (await studio.call("GET", f"{path}/{run['run_id']}"))["status"] == "interrupted"
    answer = await studio.send("POST", f"{path}/stream", {**delayed, "after_seconds": None})
    joined = f"{answer.headers['content-location']}/stream?stream_mode=values"
    again = await studio.send("GET", joined, **{"last-event-id": "-1"})
    replayed = list(_events(again.text))
    assert of(replayed, "values") and not of(replayed, "error")
    assert (await studio.call("PATCH", f"/threads/{thread_id}", {"metadata": {"title": "t"}}))["metadata"][
        "title"
    ] == "t"
    assert (await studio.send("DELETE", f"/threads/{thread_id}")).status_code == 204


async def test_the_store_is_browsed(studio: Studio) -> None:
    who = f"u{uuid4().hex[:8]}"
    await studio.call("PUT", "/store/items", {"namespace": ["notes", who], "key": "k", "value": {"text": "a note"}})
    asked = {"prefix": ["notes"], "max_depth": 2, "limit": 100, "offset": 0}
    assert ["notes", who] in (await studio.call("POST", "/store/namespaces", asked))["namespaces"]
    found = await studio.call("POST", "/store/items/search", {"namespace_prefix": ["notes", who], "limit": 10})
    assert [item["value"] for item in found["items"]] == [{"text": "a note"}]
    assert (await studio.call("GET", f"/store/items?namespace=notes.{who}&key=k"))["value"] == {"text": "a note"}
    body = {"namespace": ["notes", who], "key": "k"}
    assert (await studio.send("DELETE", "/store/items", body)).status_code == 204
