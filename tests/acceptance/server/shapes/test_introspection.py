"""How graphs are drawn and described, for Studio, RemoteGraph and whoever builds a form from a schema."""

from typing import Any

import httpx
import pytest
from langgraph.pregel.remote import RemoteGraph
from langgraph_sdk.client import LangGraphClient

Json = dict[str, Any]


def node(name: str, **more: Any) -> Json:
    return {"id": name, "type": "runnable", "data": {"name": name}, **more}


def names(drawn: Json) -> list[str]:
    return [drawn_node["id"] for drawn_node in drawn["nodes"]]


async def test_a_tool_nodes_tools_are_its_metadata(client: LangGraphClient) -> None:
    drawn = await client.assistants.get_graph("tools")
    assert drawn["nodes"] == [
        node("__start__"), node("model"), node("act", metadata={"__tools": ["add", "negate"]}), {"id": "__end__"},
    ]  # fmt: skip
    assert drawn["edges"] == [
        {"source": "__start__", "target": "model"},
        {"source": "act", "target": "model"},
        {"source": "model", "target": "__end__", "conditional": True},
        {"source": "model", "target": "act", "conditional": True},
    ]


async def test_edges_say_when_they_are_taken_and_nodes_keep_their_metadata(client: LangGraphClient) -> None:
    drawn = await client.assistants.get_graph("routes")
    assert node("look", metadata={"icon": "eye"}) in drawn["nodes"]
    assert {"source": "look", "target": "halve", "data": "even", "conditional": True} in drawn["edges"]
    assert {"source": "look", "target": "__end__", "data": "odd", "conditional": True} in drawn["edges"]
    assert {"source": "wander", "target": "look", "conditional": True} in drawn["edges"]


async def test_xray_opens_subgraphs_to_the_depth_asked_for(client: LangGraphClient, http: httpx.AsyncClient) -> None:
    closed = ["__start__", "enter", "middle", "__end__"]
    once = ["__start__", "enter", "__end__", "middle:step", "middle:bottom"]
    twice = ["__start__", "enter", "__end__", "middle:step", "middle:bottom:dig"]
    for xray, expected in ((False, closed), (1, once), (2, twice), (3, twice), (True, twice)):
        assert names(await client.assistants.get_graph("nested", xray=xray)) == expected, xray
    assert names((await http.get("/assistants/nested/graph?xray=")).json()) == closed
    for wrong in ("0", "-1", "deep", "1.5"):
        response = await http.get(f"/assistants/nested/graph?xray={wrong}")
        assert (response.status_code, response.json()) == (422, {"detail": "Invalid xray value"}), wrong


@pytest.mark.parametrize("graph_id", ["function", "untyped", "opened", "opaque"])
async def test_every_kind_of_graph_can_be_drawn(client: LangGraphClient, graph_id: str) -> None:
    drawn = await client.assistants.get_graph(graph_id)
    ids = names(drawn)
    assert {"__start__", "__end__"} < set(ids)
    assert all(edge["source"] in ids and edge["target"] in ids for edge in drawn["edges"])


async def test_subgraphs_are_described_by_namespace(client: LangGraphClient, http: httpx.AsyncClient) -> None:
    direct = await client.assistants.get_subgraphs("nested")
    assert list(direct) == ["middle"]
    assert list(direct["middle"]) == [
        "input_schema", "output_schema", "state_schema", "config_schema", "context_schema",
    ]  # fmt: skip
    assert direct["middle"]["state_schema"]["properties"] == {
        "depth": {"default": None, "title": "Depth", "type": "integer"}
    }
    everything = await client.assistants.get_subgraphs("nested", recurse=True)
    assert list(everything) == ["middle", "middle|bottom"]
    assert set(everything["middle|bottom"]["input_schema"]["properties"]) == {"depth", "found"}
    assert await client.assistants.get_subgraphs("nested", "middle") == direct
    inner = await client.assistants.get_subgraphs("nested", "middle|bottom", recurse=True)
    assert inner == {"middle|bottom": everything["middle|bottom"]}
    for path in ("middle%7Cbottom", "bottom", "nothing"):
        assert (await http.get(f"/assistants/nested/subgraphs/{path}")).json() == {}, path
    assert await client.assistants.get_subgraphs("opened") == direct, "also of a factory's graph"
    assert await client.assistants.get_subgraphs("tools", recurse=True) == {}


async def test_schemas_tell_input_output_state_and_context_apart(client: LangGraphClient) -> None:
    described = await client.assistants.get_schemas("narrow")
    assert list(described) == [
        "graph_id", "input_schema", "output_schema", "state_schema", "config_schema", "context_schema",
    ]  # fmt: skip
    text = {"title": "Question", "type": "string"}
    assert described["input_schema"] == {
        "properties": {"question": text}, "required": ["question"], "title": "Question", "type": "object",
    }  # fmt: skip
    assert list(described["output_schema"]["properties"]) == ["answer"]
    assert described["state_schema"]["title"] == "narrow_state"
    assert described["state_schema"]["properties"]["question"] == {**text, "default": None}
    assert list(described["state_schema"]["properties"]) == ["question", "answer", "draft"]
    assert described["context_schema"]["properties"] == {
        "tone": {"default": "plain", "title": "Tone", "type": "string"}
    }
    assert described["config_schema"] == described["context_schema"]


async def test_a_graph_without_a_context_has_an_empty_config_schema(client: LangGraphClient) -> None:
    described = await client.assistants.get_schemas("routes")
    assert (described["config_schema"], described["context_schema"]) == ({}, None)
    assert described["input_schema"]["properties"]["number"]["minimum"] == 0


async def test_what_no_schema_can_express_is_null_and_the_rest_is_there(client: LangGraphClient) -> None:
    described = await client.assistants.get_schemas("opaque")
    assert (described["input_schema"], described["output_schema"]) == (None, None)
    assert described["state_schema"] == {
        "properties": {"thing": {"default": None, "title": "Thing"}, "call": {"default": None, "title": "Call"}},
        "title": "opaque_state",
        "type": "object",
    }
    described = await client.assistants.get_schemas("opaque_context")
    assert (described["config_schema"], described["context_schema"]) == (None, None)
    assert described["input_schema"]["properties"] == {"depth": {"title": "Depth", "type": "integer"}}


async def test_functional_graphs_are_described_by_their_annotations(client: LangGraphClient) -> None:
    described = await client.assistants.get_schemas("function")
    assert described["input_schema"]["$defs"]["Question"]["required"] == ["question"]
    assert described["input_schema"]["title"] == "function_input"
    assert list(described["state_schema"]["properties"]) == ["__end__"]
    assert (await client.assistants.get_schemas("untyped"))["input_schema"] == {"title": "untyped_input"}


async def test_an_assistant_of_ones_own_shows_its_graph(client: LangGraphClient) -> None:
    assistant_id = (await client.assistants.create("nested"))["assistant_id"]
    assert await client.assistants.get_graph(assistant_id) == await client.assistants.get_graph("nested")
    assert await client.assistants.get_schemas(assistant_id) == await client.assistants.get_schemas("nested")


async def test_a_remote_graph_draws_it(client: LangGraphClient) -> None:
    drawn = await RemoteGraph("nested", client=client).aget_graph(xray=True)
    assert "middle:bottom:dig" in drawn.nodes
    assert {edge.target for edge in drawn.edges if edge.source == "enter"} == {"middle:step"}
