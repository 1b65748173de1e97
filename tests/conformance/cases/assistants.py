"""Assistants: made, changed, versioned, found, and what they tell of their graphs."""

from typing import Any
from uuid import UUID, uuid4

from tests.conformance.case import Cases
from tests.conformance.peer import Peer

cases = Cases("assistants")


async def _made(peer: Peer, graph: str = "told", **body: Any) -> Any:
    return (await peer.ask("POST", "/assistants", {"graph_id": graph, **body})).body


async def _system(peer: Peer, graph: str) -> str:
    rows = (
        await peer.ask("POST", "/assistants/search", {"graph_id": graph, "metadata": {"created_by": "system"}})
    ).body
    return str(rows[0]["assistant_id"])


async def _family(peer: Peer, count: int = 3) -> tuple[str, list[str]]:
    family = f"family {uuid4()}"
    made = [
        await _made(peer, name=f"{family} number {number}", metadata={"family": family, "number": number})
        for number in range(count)
    ]
    return family, [assistant["assistant_id"] for assistant in made]


async def _found(peer: Peer, family: str, **body: Any) -> Any:
    answer = await peer.ask("POST", "/assistants/search", {"metadata": {"family": family}, **body})
    return [row["metadata"]["number"] for row in answer.body] if answer.status == 200 else answer.shown()


@cases.same()
async def every_graph_has_an_assistant_of_the_systems(peer: Peer) -> Any:
    rows = (await peer.ask("POST", "/assistants/search", {"metadata": {"created_by": "system"}, "limit": 100})).body
    shown = [{key: row[key] for key in ("graph_id", "name", "config", "context", "version")} for row in rows]
    return sorted(shown, key=lambda row: row["name"])


@cases.same()
async def a_system_assistants_id_follows_from_its_graph(peer: Peer) -> Any:
    return [
        await _system(peer, "chat") == "eb6db400-e3c8-5d06-a834-015cb89efe69",
        UUID(await _system(peer, "fn")).version,
    ]


@cases.same()
async def a_graph_alone_makes_an_assistant(peer: Peer) -> Any:
    return (await peer.ask("POST", "/assistants", {"graph_id": "steps"})).shown()


@cases.same()
async def an_assistant_has_what_it_was_given(peer: Peer) -> Any:
    asked = {
        "graph_id": "steps",
        "name": "mine",
        "description": "does this",
        "metadata": {"a": 1},
        "config": {"tags": ["t"], "recursion_limit": 5, "configurable": {"x": 1}},
    }
    answer = await peer.ask("POST", "/assistants", asked)
    return [answer.shown(), (await peer.ask("GET", f"/assistants/{answer.body['assistant_id']}")).shown()]


@cases.same()
async def context_and_configurable_mirror_each_other(peer: Peer) -> Any:
    by_config = await _made(peer, config={"configurable": {"tone": "a"}, "tags": ["t"]})
    by_context = await _made(peer, context={"tone": "b"}, config={"recursion_limit": 5})
    return [[one["config"], one["context"]] for one in (by_config, by_context)]


@cases.same()
async def context_and_configurable_together_are_refused(peer: Peer) -> Any:
    asked = {"graph_id": "told", "context": {"tone": "a"}, "config": {"configurable": {"tone": "b"}}}
    answer = await peer.ask("POST", "/assistants", asked)
    return [answer.status, "Cannot specify both configurable and context" in answer.body["detail"]]


@cases.same()
async def an_unknown_graph_is_not_found(peer: Peer) -> Any:
    answer = await peer.ask("POST", "/assistants", {"graph_id": "nope"})
    return answer.shown()


@cases.same()
async def an_assistant_needs_a_graph(peer: Peer) -> Any:
    return (await peer.ask("POST", "/assistants", {"name": "x"})).refusal()


@cases.same()
async def a_taken_id_conflicts(peer: Peer) -> Any:
    taken = (await _made(peer))["assistant_id"]
    return (await peer.ask("POST", "/assistants", {"graph_id": "steps", "assistant_id": taken})).shown()


@cases.same()
async def a_taken_id_is_left_alone_if_asked(peer: Peer) -> Any:
    taken = (await _made(peer, name="first"))["assistant_id"]
    asked = {"graph_id": "steps", "assistant_id": taken, "if_exists": "do_nothing", "name": "second"}
    return (await peer.ask("POST", "/assistants", asked)).shown()


@cases.same()
async def a_patch_makes_a_version(peer: Peer) -> Any:
    made = await _made(peer, metadata={"a": 1, "nest": {"x": 1}}, config={"tags": ["t"]})
    path = f"/assistants/{made['assistant_id']}"
    changes = (
        {"metadata": {"b": 2, "nest": {"y": 2}}},
        {"name": "renamed", "description": "new"},
        {"config": {"recursion_limit": 9}},
        {"config": {"configurable": {"tone": "b"}}},
        {"context": {"tone": "c"}},
        {"graph_id": "steps"},
        {},
    )
    return [(await peer.ask("PATCH", path, change)).shown() for change in changes]


@cases.same()
async def a_patch_of_the_context_replaces_the_config(peer: Peer) -> Any:
    made = await _made(peer, config={"recursion_limit": 9})
    patched = (await peer.ask("PATCH", f"/assistants/{made['assistant_id']}", {"context": {"tone": "c"}})).body
    return [patched["config"], patched["context"]]


@cases.same()
async def versions_are_listed_newest_first(peer: Peer) -> Any:
    made = await _made(peer, name="one")
    path = f"/assistants/{made['assistant_id']}"
    await peer.ask("PATCH", path, {"name": "two", "metadata": {"v": 2}})
    return [
        (await peer.ask("POST", f"{path}/versions", body)).shown()
        for body in ({}, {"limit": 1}, {"limit": 1, "offset": 1}, {"metadata": {"v": 2}})
    ]


@cases.same()
async def an_older_version_can_be_made_the_latest(peer: Peer) -> Any:
    made = await _made(peer, name="one", metadata={"v": 1}, config={"tags": ["one"]})
    path = f"/assistants/{made['assistant_id']}"
    await peer.ask("PATCH", path, {"name": "two", "metadata": {"v": 2}, "config": {"tags": ["two"]}})
    latest = await peer.ask("POST", f"{path}/latest", {"version": 1})
    return [latest.shown(), (await peer.ask("PATCH", path, {"name": "three"})).body["version"]]


@cases.ours(
    ["told", {"tone": "one"}],
    because="the official server does not bring back the older version's graph and context",
)
async def an_older_version_comes_back_with_its_graph_and_context(peer: Peer) -> Any:
    made = await _made(peer, context={"tone": "one"})
    path = f"/assistants/{made['assistant_id']}"
    await peer.ask("PATCH", path, {"graph_id": "steps", "context": {"tone": "two"}})
    latest = (await peer.ask("POST", f"{path}/latest", {"version": 1})).body
    return [latest["graph_id"], latest["context"]]


@cases.same()
async def a_version_that_is_not_there_is_not_found(peer: Peer) -> Any:
    made = await _made(peer)
    return (await peer.ask("POST", f"/assistants/{made['assistant_id']}/latest", {"version": 99})).shown()


@cases.same()
async def a_deleted_assistant_is_gone(peer: Peer) -> Any:
    path = f"/assistants/{(await _made(peer))['assistant_id']}"
    return [(await peer.ask("DELETE", path)).shown(), (await peer.ask("GET", path)).shown()]


@cases.same()
async def an_assistant_may_take_its_threads_with_it(peer: Peer) -> Any:
    made = await _made(peer, "steps")
    gone, kept = await peer.thread(), await peer.thread()
    await peer.wait(gone, made["assistant_id"], input={})
    await peer.wait(kept, "steps", input={})
    answer = await peer.ask("DELETE", f"/assistants/{made['assistant_id']}?delete_threads=true")
    return [answer.status, [(await peer.ask("GET", f"/threads/{thread}")).status for thread in (gone, kept)]]


for _method, _tail, _body in (
    ("GET", "", None),
    ("PATCH", "", {}),
    ("DELETE", "", None),
    ("GET", "/graph", None),
    ("GET", "/schemas", None),
    ("GET", "/subgraphs", None),
    ("POST", "/versions", {}),
    ("POST", "/latest", {"version": 1}),
):

    async def _unknown(peer: Peer, method: str = _method, tail: str = _tail, body: Any = _body) -> Any:
        return (await peer.ask(method, f"/assistants/00000000-0000-4000-8000-000000000000{tail}", body)).shown()

    cases.row(f"{_method} {_tail or 'itself'} of an unknown assistant is not found", _unknown)


# --- search and count


@cases.same()
async def a_search_finds_the_newest_first(peer: Peer) -> Any:
    family, _ = await _family(peer)
    return await _found(peer, family)


@cases.same()
async def a_search_has_pages_and_says_so_in_headers(peer: Peer) -> Any:
    family, _ = await _family(peer)
    shown = []
    for page in ({"limit": 2}, {"limit": 2, "offset": 2}, {"limit": 3}):
        answer = await peer.ask("POST", "/assistants/search", {"metadata": {"family": family}, **page})
        shown.append([answer.status, answer.headers, len(answer.body)])
    return shown


for _key in ("created_at", "updated_at", "name"):
    for _order in ("asc", "desc"):

        async def _sorted(peer: Peer, key: str = _key, order: str = _order) -> Any:
            family, _ = await _family(peer)
            return await _found(peer, family, sort_by=key, sort_order=order)

        cases.row(f"a search sorts by {_key} {_order}", _sorted)


@cases.same()
async def assistants_are_found_by_part_of_their_name(peer: Peer) -> Any:
    family, _ = await _family(peer)
    return [await _found(peer, family, name=name) for name in ("NUMBER 1", "number", "nothing")]


@cases.same()
async def assistants_are_found_by_graph(peer: Peer) -> Any:
    family, _ = await _family(peer)
    return [
        await _found(peer, family, graph_id="told", sort_by="created_at", sort_order="asc"),
        await _found(peer, family, graph_id="steps"),
        (await peer.ask("POST", "/assistants/search", {"graph_id": "nope"})).shown(),
    ]


@cases.same()
async def a_search_gives_the_selected_keys(peer: Peer) -> Any:
    family, _ = await _family(peer, 1)
    asked = {"metadata": {"family": family}, "select": ["graph_id", "version"]}
    return (await peer.ask("POST", "/assistants/search", asked)).body


@cases.same()
async def assistants_are_counted(peer: Peer) -> Any:
    family, _ = await _family(peer)
    wanted = {"metadata": {"family": family}}
    return [
        (await peer.ask("POST", "/assistants/count", body)).shown()
        for body in (wanted, {**wanted, "name": "number 1"}, {**wanted, "graph_id": "steps"})
    ]


for _sentence, _asked in {
    "an unknown key to sort by": {"sort_by": "bogus"},
    "an unknown key to select": {"select": ["nope"]},
    "a limit of 0": {"limit": 0},
    "a negative offset": {"offset": -1},
}.items():

    async def _refused(peer: Peer, body: dict[str, Any] = _asked) -> Any:
        return (await peer.ask("POST", "/assistants/search", body)).refusal()

    cases.row(f"a search of assistants with {_sentence} is refused", _refused)


# --- what they tell of their graphs

for _graph in ("chat", "fn", "hitl", "steps", "sub", "subhitl", "told"):

    async def _drawn(peer: Peer, graph: str = _graph) -> Any:
        return (await peer.ask("GET", f"/assistants/{await _system(peer, graph)}/graph")).shown()

    async def _schemas(peer: Peer, graph: str = _graph) -> Any:
        return (await peer.ask("GET", f"/assistants/{await _system(peer, graph)}/schemas")).shown()

    async def _subgraphs(peer: Peer, graph: str = _graph) -> Any:
        path = f"/assistants/{await _system(peer, graph)}/subgraphs"
        return [(await peer.ask("GET", path)).shown(), (await peer.ask("GET", f"{path}?recurse=true")).shown()]

    cases.row(f"the graph of {_graph} is drawn", _drawn)
    cases.row(f"the schemas of {_graph} are told", _schemas)
    if _graph in ("steps", "sub", "subhitl"):
        cases.row(f"the subgraphs of {_graph} are told", _subgraphs)


@cases.same()
async def an_xray_draws_the_subgraphs(peer: Peer) -> Any:
    path = f"/assistants/{await _system(peer, 'sub')}/graph?xray="
    return [(await peer.ask("GET", path + xray)).shown() for xray in ("true", "1", "false")]


@cases.same()
async def an_xray_of_nothing_is_refused(peer: Peer) -> Any:
    path = f"/assistants/{await _system(peer, 'sub')}/graph?xray="
    return [(await peer.ask("GET", path + xray)).refusal() for xray in ("0", "-1", "bogus")]


@cases.same()
async def one_subgraph_is_told_by_its_name(peer: Peer) -> Any:
    path = f"/assistants/{await _system(peer, 'sub')}/subgraphs"
    return [(await peer.ask("GET", f"{path}/{name}")).shown() for name in ("child", "nowhere")]


# --- runs of assistants


@cases.same()
async def an_assistants_config_and_context_reach_its_runs(peer: Peer) -> Any:
    made = await _made(
        peer,
        config={"tags": ["a"], "recursion_limit": 9, "configurable": {"tone": "A", "length": 1}},
        metadata={"mine": "assistant"},
    )
    thread_id = await peer.thread()
    values = await peer.wait(
        thread_id, made["assistant_id"], input={}, config={"configurable": {"length": 2}, "tags": ["r"]}
    )
    run = (await peer.sdk.runs.list(thread_id))[0]
    return [values, run["metadata"], (await peer.sdk.threads.get(thread_id))["config"]]


@cases.same()
async def a_requests_context_is_laid_over_the_assistants(peer: Peer) -> Any:
    made = await _made(peer, context={"tone": "A", "length": 1})
    return await peer.wait(await peer.thread(), made["assistant_id"], input={}, context={"length": 2})


@cases.same()
async def a_thread_keeps_its_assistants_configurable_for_the_next(peer: Peer) -> Any:
    made = await _made(peer, config={"tags": ["a"], "configurable": {"tone": "A"}})
    thread_id = await peer.thread()
    await peer.wait(thread_id, made["assistant_id"], input={})
    after = await peer.wait(thread_id, "told", input={})
    return [after["in_configurable"], after["in_tags"], (await peer.sdk.threads.get(thread_id))["config"]]
