"""Threads: made, changed, found, counted, copied, pruned, deleted."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

from tests.conformance.case import Cases
from tests.conformance.peer import Peer

cases = Cases("threads")


async def _family(peer: Peer, count: int = 3) -> tuple[str, list[str]]:
    """Threads that a search finds by `metadata.family`, oldest first."""
    family = f"family {uuid4()}"
    return family, [await peer.thread(metadata={"family": family, "number": number}) for number in range(count)]


async def _found(peer: Peer, family: str, **body: Any) -> Any:
    answer = await peer.ask("POST", "/threads/search", {"metadata": {"family": family}, **body})
    return [row["metadata"]["number"] for row in answer.body] if answer.status == 200 else answer.shown()


@cases.same()
async def a_fresh_thread_is_idle_and_empty(peer: Peer) -> Any:
    return (await peer.ask("POST", "/threads", {})).shown()


@cases.same()
async def a_thread_takes_metadata_but_no_assistant(peer: Peer) -> Any:
    asked = {"metadata": {"assistant_id": "mine", "graph_id": "steps", "deep": {"x": [1, None]}}}
    return (await peer.ask("POST", "/threads", asked)).body["metadata"]


@cases.same()
async def an_id_made_by_the_server_is_a_uuid_of_version_7(peer: Peer) -> Any:
    return UUID((await peer.ask("POST", "/threads", {})).body["thread_id"]).version


@cases.same()
async def a_thread_may_bring_its_id(peer: Peer) -> Any:
    mine = str(uuid4())
    answer = await peer.ask("POST", "/threads", {"thread_id": mine})
    return [answer.status, answer.body["thread_id"] == mine]


@cases.same()
async def an_upper_case_id_is_lowered(peer: Peer) -> Any:
    mine = str(uuid4())
    made = await peer.ask("POST", "/threads", {"thread_id": mine.upper()})
    return [
        made.body["thread_id"] == mine,
        (await peer.ask("GET", f"/threads/{mine.upper()}")).body["thread_id"] == mine,
    ]


@cases.same()
async def a_taken_id_conflicts(peer: Peer) -> Any:
    return (await peer.ask("POST", "/threads", {"thread_id": await peer.thread()})).shown()


@cases.same()
async def a_taken_id_is_left_alone_if_asked(peer: Peer) -> Any:
    thread_id = await peer.thread(metadata={"first": 1})
    asked = {"thread_id": thread_id, "if_exists": "do_nothing", "metadata": {"second": 2}}
    return (await peer.ask("POST", "/threads", asked)).shown()


@cases.same()
async def a_thread_may_begin_with_a_state(peer: Peer) -> Any:
    supersteps = [
        {"updates": [{"values": {"note": "given"}, "as_node": "__input__"}]},
        {"updates": [{"values": {"log": ["one"]}, "as_node": "a"}]},
    ]
    made = await peer.ask("POST", "/threads", {"metadata": {"graph_id": "steps"}, "supersteps": supersteps})
    history = await peer.sdk.threads.get_history(made.body["thread_id"], limit=10)
    state = [[one["metadata"]["source"], one["metadata"]["step"], one["next"], one["values"]] for one in history]
    return [made.status, (await peer.sdk.threads.get(made.body["thread_id"]))["values"], state]


@cases.same()
async def a_first_state_needs_a_node(peer: Peer) -> Any:
    asked = {"metadata": {"graph_id": "steps"}, "supersteps": [{"updates": [{"values": {"note": "x"}}]}]}
    return (await peer.ask("POST", "/threads", asked)).refusal()


@cases.same()
async def a_first_state_needs_a_graph(peer: Peer) -> Any:
    asked = {"supersteps": [{"updates": [{"values": {"note": "x"}, "as_node": "a"}]}]}
    answer = await peer.ask("POST", "/threads", asked)
    return [answer.status, "was created, but there were problems updating the state" in answer.body["detail"]]


@cases.same()
async def a_first_state_needs_a_node_that_there_is(peer: Peer) -> Any:
    supersteps = [{"updates": [{"values": {"note": "x"}, "as_node": "nope"}]}]
    return (await peer.ask("POST", "/threads", {"metadata": {"graph_id": "steps"}, "supersteps": supersteps})).shown()


@cases.same()
async def a_time_to_live_is_an_object(peer: Peer) -> Any:
    asked = {"ttl": {"strategy": "delete", "ttl": 60}}
    return [
        (await peer.ask("POST", "/threads", asked)).status,
        (await peer.ask("POST", "/threads", {"ttl": {"strategy": "bogus", "ttl": 60}})).refusal(),
    ]


@cases.ours(
    200, because="the SDKs' documentation gives a time to live in minutes alone as well; the official server refuses it"
)
async def a_time_to_live_may_be_minutes_alone(peer: Peer) -> Any:
    return (await peer.ask("POST", "/threads", {"ttl": 60})).status


@cases.ours(
    ["delete", 60.0, True],
    because="the official server forgets a thread's time to live; its OpenAPI document says include=ttl tells it",
)
async def a_time_to_live_is_told_on_request(peer: Peer) -> Any:
    thread_id = (await peer.ask("POST", "/threads", {"ttl": {"strategy": "delete", "ttl": 60}})).body["thread_id"]
    ttl = (await peer.ask("GET", f"/threads/{thread_id}?include=ttl")).body.get("ttl") or {}
    return [ttl.get("strategy"), float(ttl.get("ttl_minutes", 0)), bool(ttl.get("expires_at"))]


@cases.same()
async def patching_merges_metadata_shallowly(peer: Peer) -> Any:
    thread_id = await peer.thread(metadata={"keep": 1, "nest": {"a": 1}})
    before = await peer.sdk.threads.get(thread_id)
    answer = await peer.ask("PATCH", f"/threads/{thread_id}", {"metadata": {"nest": {"b": 2}, "null": None}, "odd": 1})
    changed = [key for key in ("created_at", "updated_at", "state_updated_at") if before[key] != answer.body[key]]
    return [answer.status, answer.body["metadata"], changed]


@cases.same()
async def a_patch_may_answer_with_nothing(peer: Peer) -> Any:
    thread_id = await peer.thread()
    prefer = {"prefer": "return=minimal"}
    return (await peer.ask("PATCH", f"/threads/{thread_id}", {"metadata": {"a": 1}}, headers=prefer)).shown()


@cases.same()
async def an_unknown_thread_is_not_found(peer: Peer) -> Any:
    missing = uuid4()
    return [
        (await peer.ask("GET", f"/threads/{missing}")).shown(),
        (await peer.ask("PATCH", f"/threads/{missing}", {"metadata": {}})).shown(),
        (await peer.ask("DELETE", f"/threads/{missing}")).shown(),
    ]


@cases.same()
async def a_deleted_thread_is_gone(peer: Peer) -> Any:
    thread_id = await peer.thread()
    await peer.wait(thread_id, "steps", input={})
    return [
        (await peer.ask("DELETE", f"/threads/{thread_id}")).shown(),
        (await peer.ask("GET", f"/threads/{thread_id}")).status,
    ]


@cases.same()
async def a_run_writes_its_graph_and_assistant_on_the_thread(peer: Peer) -> Any:
    thread_id = await peer.thread(metadata={"mine": 1})
    await peer.wait(thread_id, "steps", input={}, metadata={"of_the_run": 1})
    return (await peer.ask("GET", f"/threads/{thread_id}")).body


# --- search and count


@cases.same()
async def a_search_finds_the_last_updated_first(peer: Peer) -> Any:
    family, ids = await _family(peer)
    await peer.sdk.threads.update(ids[0], metadata={"touched": True})
    return await _found(peer, family)


@cases.same()
async def a_search_has_pages_and_says_so_in_headers(peer: Peer) -> Any:
    family, _ = await _family(peer)
    shown = []
    for page in ({"limit": 2}, {"limit": 2, "offset": 2}, {"limit": 3}, {"offset": 5}):
        answer = await peer.ask("POST", "/threads/search", {"metadata": {"family": family}, **page})
        shown.append([answer.status, answer.headers, len(answer.body)])
    return shown


for _key in ("thread_id", "status", "created_at", "updated_at", "state_updated_at"):
    for _order in ("asc", "desc"):

        async def _sorted(peer: Peer, key: str = _key, order: str = _order) -> Any:
            family, _ = await _family(peer)
            rows = await _found(peer, family, sort_by=key, sort_order=order)
            return sorted(rows) if key == "status" else rows  # all are idle: their order is nobody's

        cases.row(f"a search sorts by {_key} {_order}", _sorted)


@cases.same()
async def a_search_sorts_down_unless_told(peer: Peer) -> Any:
    family, _ = await _family(peer)
    return [await _found(peer, family, sort_by="created_at"), await _found(peer, family, sort_order="asc")]


@cases.same()
async def metadata_is_found_by_what_it_contains(peer: Peer) -> Any:
    family = f"family {uuid4()}"
    await peer.thread(metadata={"family": family, "number": 1, "nest": {"x": 1, "y": 2}, "list": [1, 2]})
    await peer.thread(metadata={"family": family, "number": 2, "nest": {"x": 2}})
    return [
        [
            row["metadata"]["number"]
            for row in (await peer.ask("POST", "/threads/search", {"metadata": {"family": family, **wanted}})).body
        ]
        for wanted in ({"nest": {"x": 1}}, {"nest": {"x": 2}}, {"nest": {}}, {"nest": {"z": 1}}, {"number": 2})
    ]


@cases.same()
async def threads_are_found_by_status(peer: Peer) -> Any:
    family, ids = await _family(peer)
    await peer.wait(ids[0], "hitl", input={"q": "Q"})
    await peer.wait(ids[1], "errs", input={"x": "ValueError"})
    return [await _found(peer, family, status=status) for status in ("idle", "interrupted", "error", "busy")]


@cases.same()
async def threads_are_found_by_ids(peer: Peer) -> Any:
    family, ids = await _family(peer)
    return [
        await _found(peer, family, ids=ids[:2], sort_by="created_at"),
        await _found(peer, family, ids=[str(uuid4())]),
        await _found(peer, family, ids=[]),
    ]


@cases.ours(
    [[1], [2]],
    because="a thread without values makes the official server answer 500 to a search by values",
    flaky=True,
)
async def threads_are_found_by_values(peer: Peer) -> Any:
    family, ids = await _family(peer)
    for number, note in ((1, "one"), (2, "two")):
        await peer.wait(ids[number], "steps", input={"note": note})
    answers = []
    for note in ("one", "two"):
        async with peer.fresh_http() as http:
            wanted = {"metadata": {"family": family}, "values": {"note": note}}
            answers.append(await http.post("/threads/search", json=wanted))
    return [
        [row["metadata"]["number"] for row in answer.json()] if answer.status_code == 200 else answer.status_code
        for answer in answers
    ]


@cases.same()
async def found_threads_carry_fresh_values_and_interrupts(peer: Peer) -> Any:
    family, ids = await _family(peer, 1)
    await peer.wait(ids[0], "hitl", input={"q": "Q"})
    return (await peer.ask("POST", "/threads/search", {"metadata": {"family": family}})).body


@cases.same()
async def a_search_gives_the_selected_keys(peer: Peer) -> Any:
    family, _ = await _family(peer, 1)
    return [
        (await peer.ask("POST", "/threads/search", {"metadata": {"family": family}, "select": keys})).body
        for keys in (["status", "values"], [])
    ]


@cases.same()
async def a_search_extracts_values(peer: Peer) -> Any:
    family, ids = await _family(peer, 1)
    await peer.wait(ids[0], "steps", input={"note": "n"})
    paths = {
        "first": "values.log[0]",
        "last": "values.log[-1]",
        "all": "values.log",
        "number": "metadata.number",
        "nothing": "values.nowhere.deep",
        "beyond": "values.log[9]",
        "star": "values.log[*]",
    }
    asked = {"metadata": {"family": family}, "extract": paths, "select": ["status"]}
    return (await peer.ask("POST", "/threads/search", asked)).body


for _sentence, _extract in {
    "with a bad name": {"bad name": "values.x"},
    "from elsewhere": {"x": "elsewhere.y"},
    "of too many values": {f"x{number}": "values.x" for number in range(11)},
}.items():

    async def _refused_extract(peer: Peer, extract: dict[str, str] = _extract) -> Any:
        return (await peer.ask("POST", "/threads/search", {"extract": extract})).refusal()

    cases.row(f"an extract {_sentence} is refused", _refused_extract)

for _sentence, _body in {
    "an unknown key to sort by": {"sort_by": "bogus"},
    "an unknown order": {"sort_by": "status", "sort_order": "up"},
    "an unknown status": {"status": "bogus"},
    "an unknown key to select": {"select": ["nope"]},
    "a limit of 0": {"limit": 0},
    "a limit of 1001": {"limit": 1001},
    "a negative offset": {"offset": -1},
    "metadata that is no object": {"metadata": [1]},
}.items():

    async def _refused_search(peer: Peer, body: dict[str, Any] = _body) -> Any:
        return (await peer.ask("POST", "/threads/search", body)).refusal()

    cases.row(f"a search of threads with {_sentence} is refused", _refused_search)


@cases.same()
async def a_malformed_id_among_ids_is_refused(peer: Peer) -> Any:
    answer = await peer.ask("POST", "/threads/search", {"ids": ["bogus"]})
    return [answer.status // 100, bool(answer.body["detail"])]


@cases.same()
async def threads_are_counted(peer: Peer) -> Any:
    family, ids = await _family(peer)
    await peer.wait(ids[0], "hitl", input={"q": "Q"})
    wanted = {"metadata": {"family": family}}
    return [
        (await peer.ask("POST", "/threads/count", body)).shown()
        for body in (wanted, {**wanted, "status": "interrupted"})
    ]


# --- copy, prune, storage


@cases.same()
async def a_copy_has_the_history_but_no_runs(peer: Peer) -> Any:
    thread_id = await peer.thread(metadata={"mine": 1})
    await peer.wait(thread_id, "steps", input={"note": "n"})
    copy = (await peer.ask("POST", f"/threads/{thread_id}/copy")).body
    history = await peer.sdk.threads.get_history(copy["thread_id"], limit=10)
    return [
        copy["metadata"],
        copy["status"],
        copy["thread_id"] != thread_id,
        [(one["metadata"]["step"], one["values"]) for one in history],
        await peer.sdk.runs.list(copy["thread_id"]),
    ]


@cases.same()
async def a_copy_goes_on_by_itself(peer: Peer) -> Any:
    thread_id = await peer.thread()
    await peer.wait(thread_id, "steps", input={"note": "n"}, interrupt_before=["b"])
    copy = (await peer.ask("POST", f"/threads/{thread_id}/copy")).body["thread_id"]
    return [await peer.wait(copy, "steps"), (await peer.sdk.threads.get_state(thread_id))["values"]]


@cases.same()
async def a_copy_of_an_unknown_thread_conflicts(peer: Peer) -> Any:
    return (await peer.ask("POST", f"/threads/{uuid4()}/copy")).shown()


@cases.same()
async def pruning_deletes_threads(peer: Peer) -> Any:
    _, ids = await _family(peer)
    asked = {"thread_ids": [*ids[:2], str(uuid4())], "strategy": "delete"}
    answer = await peer.ask("POST", "/threads/prune", asked)
    return [answer.shown(), [(await peer.ask("GET", f"/threads/{thread_id}")).status for thread_id in ids]]


@cases.ours(
    [200, {"pruned_count": 1}, [["a", "b", "c"]]],
    because="the official server refuses keep_latest, which its OpenAPI document offers",
)
async def pruning_may_keep_the_latest_state(peer: Peer) -> Any:
    thread_id = await peer.thread()
    await peer.wait(thread_id, "steps", input={"note": "n"})
    answer = await peer.ask("POST", "/threads/prune", {"thread_ids": [thread_id], "strategy": "keep_latest"})
    history = await peer.sdk.threads.get_history(thread_id, limit=10)
    return [answer.status, answer.body, [one["values"]["log"] for one in history]]


@cases.same()
async def an_unknown_way_of_pruning_is_refused(peer: Peer) -> Any:
    return (await peer.ask("POST", "/threads/prune", {"thread_ids": [str(uuid4())], "strategy": "bogus"})).refusal()


@cases.same()
async def storage_is_told_by_channel(peer: Peer) -> Any:
    thread_id = await peer.thread()
    await peer.wait(thread_id, "steps", input={"note": "n"})
    body = (await peer.ask("GET", f"/threads/{thread_id}/storage")).body
    return [
        sorted(body),
        body["thread_id"] == thread_id,
        {key: sorted(body[key]) for key in ("checkpoints", "pending_writes")},
    ]


@cases.same()
async def every_run_bumps_the_thread(peer: Peer) -> Any:
    thread_id = await peer.thread()
    stamps = []
    for _ in range(2):
        await peer.wait(thread_id, "steps", input={})
        await asyncio.sleep(0.05)
        thread = await peer.sdk.threads.get(thread_id)
        stamps.append((thread["updated_at"], thread["state_updated_at"]))
    return [stamps[0][0] < stamps[1][0], stamps[0][1] < stamps[1][1]]
