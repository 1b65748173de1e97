"""What `langgraph.json` says: graphs in every form, the environment, an index, headers, routes and origins."""

from typing import Any
from uuid import uuid4

from tests.conformance.case import Cases
from tests.conformance.peer import Peer

cases = Cases("langgraph.json", project="configured")

for _graph in (
    "async_context", "async_factory", "compiled", "context", "factory", "for_runtime", "without_arguments",
):  # fmt: skip

    async def _ran(peer: Peer, graph: str = _graph) -> Any:
        thread_id = await peer.thread()
        values = await peer.wait(thread_id, graph, input={}, config={"configurable": {"name": "Ann"}})
        return [values, (await peer.sdk.threads.get_state(thread_id))["values"]]

    async def _told(peer: Peer, graph: str = _graph) -> Any:
        rows = (await peer.ask("POST", "/assistants/search", {"graph_id": graph})).body
        path = f"/assistants/{rows[0]['assistant_id']}"
        return [(await peer.ask("GET", f"{path}/{what}")).shown() for what in ("graph", "schemas", "subgraphs")]

    cases.row(f"the graph {_graph} runs", _ran)
    cases.row(f"the graph {_graph} is told", _told)


@cases.same()
async def a_graph_that_only_a_run_has_keeps_its_question(peer: Peer) -> Any:
    thread_id = await peer.thread()
    config = {"configurable": {"steps": ["first", "ask", "last"]}}
    asked = await peer.wait(thread_id, "of_steps", input={}, config=config)
    thread = await peer.sdk.threads.get(thread_id)
    questions = [one["value"] for several in thread["interrupts"].values() for one in several]
    answered = await peer.wait(thread_id, "of_steps", command={"resume": "yes"}, config=config)
    return [[one["value"] for one in asked["__interrupt__"]], thread["status"], questions, answered]


@cases.same()
async def a_thread_is_read_with_the_graph_of_its_assistant(peer: Peer) -> Any:
    thread_id = await peer.thread()
    config: Any = {"configurable": {"steps": ["first", "ask", "last"]}}
    assistant = await peer.sdk.assistants.create("of_steps", config)
    await peer.wait(thread_id, assistant["assistant_id"], input={})
    state = await peer.sdk.threads.get_state(thread_id)
    history = await peer.sdk.threads.get_history(thread_id)
    await peer.sdk.threads.update_state(thread_id, {"said": "told"}, as_node="ask")
    told = await peer.sdk.threads.get_state(thread_id)
    return [
        [state["next"], [one["value"] for one in state["interrupts"]], [task["name"] for task in state["tasks"]]],
        [one["next"] for one in history],
        [told["next"], told["values"]],
    ]


@cases.same()
async def the_environment_of_the_project_is_there(peer: Peer) -> Any:
    return (await peer.wait(await peer.thread(), "chat", input={}))["said"]["greeting"]


@cases.same()
async def headers_that_are_let_in_reach_the_graph(peer: Peer) -> Any:
    headers = {"X-Mine-Tenant": "t1", "X-Mine-Secret": "s", "X-Other": "o"}
    body = {"assistant_id": "chat", "input": {}}
    return (await peer.ask("POST", "/runs/wait", body, headers=headers)).body["said"]["headers"]


@cases.same()
async def the_projects_own_routes_are_served(peer: Peer) -> Any:
    return [(await peer.ask("GET", path)).shown() for path in ("/own/hello", "/threads/t1/custom", "/own/nowhere")]


@cases.same()
async def no_route_of_the_projects_hides_the_systems(peer: Peer) -> Any:
    return (await peer.ask("GET", "/ok")).shown()


@cases.same()
async def the_projects_middleware_is_around_every_route(peer: Peer) -> Any:
    answers = [
        await peer.http.get("/own/hello"),
        await peer.http.post("/threads", json={}),
        await peer.http.get("/info"),
    ]
    return [answer.headers.get("x-marked") for answer in answers]


for _sentence, _origin, _method in (
    ("an origin that is let in may ask", "https://ours.example", "POST"),
    ("another origin may not", "https://other.example", "POST"),
    ("another method may not", "https://ours.example", "DELETE"),
):

    async def _preflight(peer: Peer, origin: str = _origin, method: str = _method) -> Any:
        headers = {"origin": origin, "access-control-request-method": method}
        answer = await peer.http.options("/threads", headers=headers)
        return [answer.status_code, answer.text, answer.headers.get("access-control-allow-origin")]

    cases.row(_sentence, _preflight)


@cases.same()
async def what_is_switched_off_is_not_found(peer: Peer) -> Any:
    return [(await peer.ask("POST", "/mcp", {})).status, (await peer.ask("GET", f"/a2a/{uuid4()}")).status]


# --- the store's index; the official store mixes up the embeddings of items that are put in the same moment


async def _shelf(peer: Peer) -> list[str]:
    namespace = ["colours", f"n{uuid4()}"]
    for key, text in {"one": "red red", "two": "green", "three": "red green blue"}.items():
        await peer.sdk.store.put_item(namespace, key=key, value={"text": text})
    return namespace


@cases.same(alone=True)
async def items_are_found_by_meaning(peer: Peer) -> Any:
    namespace = await _shelf(peer)
    shown = []
    for query in ("red", "green", "blue"):
        found = (await peer.ask("POST", "/store/items/search", {"namespace_prefix": namespace, "query": query})).body
        shown.append(sorted([-round(item["score"], 3), item["key"]] for item in found["items"]))
    return shown


@cases.same(alone=True)
async def a_query_and_a_filter_go_together(peer: Peer) -> Any:
    asked = {"namespace_prefix": await _shelf(peer), "query": "red", "filter": {"text": "green"}}
    return [item["key"] for item in (await peer.ask("POST", "/store/items/search", asked)).body["items"]]


@cases.same(alone=True)
async def a_listing_has_no_scores(peer: Peer) -> Any:
    found = (await peer.ask("POST", "/store/items/search", {"namespace_prefix": await _shelf(peer)})).body["items"]
    return sorted([item["key"], item["score"]] for item in found)


@cases.same(alone=True)
async def meaning_is_found_a_page_at_a_time(peer: Peer) -> Any:
    asked = {"namespace_prefix": await _shelf(peer), "query": "red", "limit": 1}
    return [
        [
            item["key"]
            for item in (await peer.ask("POST", "/store/items/search", {**asked, "offset": offset})).body["items"]
        ]
        for offset in (0, 1, 2, 3)
    ]


@cases.same(alone=True)
async def an_item_indexed_by_other_fields_is_found_by_them(peer: Peer) -> Any:
    namespace = ["colours", f"n{uuid4()}"]
    for key, value, index in (
        ("by note", {"text": "red", "note": "blue"}, ["note"]),
        ("by text", {"text": "red", "note": "blue"}, None),
    ):
        await peer.sdk.store.put_item(namespace, key=key, value=value, index=index)
    found = (await peer.ask("POST", "/store/items/search", {"namespace_prefix": namespace, "query": "blue"})).body[
        "items"
    ]
    return found[0]["key"]


@cases.same(alone=True)
async def a_graph_searches_the_same_index(peer: Peer) -> Any:
    given = {"said": {"space": "shared", "texts": ["red", "green"], "query": "green"}}
    values = await peer.wait(await peer.thread(), "remembers", input=given)
    asked = {"namespace_prefix": ["remembered", "shared"], "query": "red", "limit": 1}
    return [values, [item["key"] for item in (await peer.ask("POST", "/store/items/search", asked)).body["items"]]]
