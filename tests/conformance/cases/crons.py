"""Crons: made, shown, changed, found and fired."""

import asyncio
from typing import Any
from uuid import uuid4

from tests.conformance.case import Cases
from tests.conformance.peer import Peer

cases = Cases("crons")

CRONS = "/runs/crons"
YEARLY = "0 9 1 1 *"
"""It does not fire while it is compared."""

_FIRED_WITHIN = 50  # seconds: the official server takes some after the moment


async def _made(peer: Peer, **body: Any) -> Any:
    return (await peer.ask("POST", CRONS, {"assistant_id": "steps", "schedule": YEARLY, **body})).body


async def _made_on(peer: Peer, thread_id: str, **body: Any) -> Any:
    asked = {"assistant_id": "steps", "schedule": YEARLY, **body}
    return (await peer.ask("POST", f"/threads/{thread_id}/runs/crons", asked)).body


async def _patched(peer: Peer, cron: Any, *changes: dict[str, Any]) -> list[Any]:
    return [(await peer.ask("PATCH", f"{CRONS}/{cron['cron_id']}", change)).shown() for change in changes]


def _time(cron: Any) -> str:
    """When it fires next but for the day and the year, in which the comparison runs."""
    return str(cron["next_run_date"])[4:].replace("T", " ")


@cases.same()
async def an_assistant_and_a_schedule_make_a_cron(peer: Peer) -> Any:
    return (await peer.ask("POST", CRONS, {"assistant_id": "steps", "schedule": YEARLY})).shown()


@cases.same()
async def a_cron_shows_what_it_was_given(peer: Peer) -> Any:
    cron = await _made(
        peer,
        input={"note": "n"},
        metadata={"m": 1},
        config={"configurable": {"k": 1}, "tags": ["t"], "recursion_limit": 9},
        timezone="Europe/Berlin",
        enabled=False,
        interrupt_before=["b"],
        interrupt_after="*",
        on_run_completed="keep",
        multitask_strategy="reject",
        stream_mode=["updates", "custom"],
        stream_subgraphs=True,
        stream_resumable=True,
        durability="exit",
        checkpoint_during=False,
    )
    return [cron, (await peer.ask("GET", f"{CRONS}/{cron['cron_id']}")).shown()]


@cases.same()
async def a_cron_has_a_context(peer: Peer) -> Any:
    return await _made(peer, context={"tone": "a"})


@cases.same()
async def a_cron_is_for_a_thread(peer: Peer) -> Any:
    thread_id = await peer.thread()
    return [thread_id, await _made_on(peer, thread_id, input={"note": "n"}, multitask_strategy="interrupt")]


@cases.same()
async def what_becomes_of_a_thread_is_not_asked_for_on_one(peer: Peer) -> Any:
    return (await _made_on(peer, await peer.thread(), on_run_completed="keep"))["on_run_completed"]


@cases.same()
async def an_assistant_is_named_by_its_id_too(peer: Peer) -> Any:
    made = (await peer.ask("POST", "/assistants", {"graph_id": "steps"})).body
    cron = await _made(peer, assistant_id=made["assistant_id"])
    return [made["assistant_id"], cron["assistant_id"], cron["payload"]]


for _schedule, _zone in (
    ("30 14 5 3 *", None),
    ("30 14 5 3 *", "Europe/Berlin"),
    ("30 14 5 8 *", "Europe/Berlin"),
    ("30 14 5 3 *", "Asia/Kathmandu"),
    ("30 14 5 8 *", "America/New_York"),
    ("0 0 1 1 * 30", None),
    ("0 9 1 feb *", None),
    ("15,45 8-9/2 1 6 *", None),
    ("@yearly", None),
    ("@Annually", None),
    ("0 0 1 1 * 0 2040", None),
):

    async def _next(peer: Peer, schedule: str = _schedule, zone: str | None = _zone) -> Any:
        return _time(await _made(peer, schedule=schedule, **({"timezone": zone} if zone else {})))

    cases.row(f"{_schedule} in {_zone or 'no time zone'} fires next at the same time", _next)

for _schedule in (
    "bogus",
    "",
    "* * * *",
    "61 * * * *",
    "0 24 * * *",
    "*/0 * * * *",
    "@reboot",
    "@every 5m",
    "H * * * *",
):

    async def _no_schedule(peer: Peer, schedule: str = _schedule) -> Any:
        return (await peer.ask("POST", CRONS, {"assistant_id": "steps", "schedule": schedule})).refusal()

    cases.row(f"{_schedule!r} is no schedule", _no_schedule)


@cases.same()
async def a_schedule_that_never_fires_is_refused(peer: Peer) -> Any:
    return (await peer.ask("POST", CRONS, {"assistant_id": "steps", "schedule": "0 0 31 2 *"})).refusal()


@cases.same()
async def a_schedule_may_leave_values_to_the_server(peer: Peer) -> Any:
    asked = {"assistant_id": "steps", "schedule": "R 9 1 1 *", "enabled": False}
    answer = await peer.ask("POST", CRONS, asked)
    return [answer.status, answer.body["schedule"], answer.body["next_run_date"][5:14]]


for _zone in ("Mars/X", "utc", "+02:00"):

    async def _no_zone(peer: Peer, zone: str = _zone) -> Any:
        return (await peer.ask("POST", CRONS, {"assistant_id": "steps", "schedule": YEARLY, "timezone": zone})).shown()

    cases.row(f"{_zone} is no time zone", _no_zone)


@cases.same()
async def an_unknown_assistant_is_not_found(peer: Peer) -> Any:
    return [
        (await peer.ask("POST", CRONS, {"assistant_id": reference, "schedule": YEARLY})).shown()
        for reference in ("nope", "00000000-0000-4000-8000-000000000000")
    ]


@cases.same()
async def an_unknown_thread_is_not_found(peer: Peer) -> Any:
    asked = {"assistant_id": "steps", "schedule": YEARLY}
    unknown, none = "00000000-0000-4000-8000-000000000000", "xx"
    return [
        (await peer.ask("POST", f"/threads/{unknown}/runs/crons", asked)).refusal(),
        (await peer.ask("POST", f"/threads/{none}/runs/crons", asked)).shown(),
    ]


@cases.ours(
    [[422, ["detail"]]] * 2, because="the official server answers 500 to a cron without its assistant or schedule"
)
async def a_cron_needs_an_assistant_and_a_schedule(peer: Peer) -> Any:
    refusals = []
    for body in ({"assistant_id": "steps"}, {"schedule": YEARLY}):
        async with peer.fresh_http() as http:
            answer = await http.post(CRONS, json=body)
        told = answer.json() if answer.status_code == 422 else {}
        refusals.append([answer.status_code, sorted(told)])
    return refusals


for _name, _body in (
    ("a stream mode", {"stream_mode": "loud"}),
    ("what becomes of its threads", {"on_run_completed": "burn"}),
    ("the durability", {"durability": "granite"}),
    ("a switch", {"enabled": "perhaps"}),
    ("the metadata", {"metadata": [1]}),
    ("where to stop", {"interrupt_before": "somewhere"}),
):

    async def _wrong(peer: Peer, body: dict[str, Any] = _body) -> Any:
        return (await peer.ask("POST", CRONS, {"assistant_id": "steps", "schedule": YEARLY, **body})).refusal()

    cases.row(f"{_name} that is none is refused", _wrong)


@cases.ours(400, because="the official server takes both, and its runs are given one of them")
async def context_and_configurable_together_are_refused_as_for_a_run(peer: Peer) -> Any:
    asked = {"context": {"tone": "a"}, "config": {"configurable": {"tone": "b"}}, "enabled": False}
    return (await peer.ask("POST", CRONS, {"assistant_id": "told", "schedule": YEARLY, **asked})).status


@cases.ours(200, because="the official server takes objects only, though a run may have any input")
async def an_input_may_be_any_json(peer: Peer) -> Any:
    return (await peer.ask("POST", CRONS, {"assistant_id": "fn", "schedule": YEARLY, "input": 5})).status


@cases.ours(
    [422, "<time+00:00>"],
    because="the official server stores an end that is no time, and shows times as they were given",
)
async def an_end_is_a_time(peer: Peer) -> Any:
    asked = {"assistant_id": "steps", "schedule": YEARLY, "enabled": False}
    refused = await peer.ask("POST", CRONS, {**asked, "end_time": "soon"})
    cron = await _made(peer, **asked, end_time="2030-01-31T09:00:00+01:00")
    for made in (refused.body, cron):
        await peer.ask("DELETE", f"{CRONS}/{made.get('cron_id')}")
    return [refused.status, cron["end_time"]]


@cases.same()
async def a_change_replaces_what_was_and_merges_metadata(peer: Peer) -> Any:
    cron = await _made(peer, metadata={"m": 1}, input={"note": "a"}, config={"configurable": {"k": 1}}, enabled=False)
    return await _patched(
        peer,
        cron,
        {"metadata": {"n": 2}},
        {"input": {"note": "b"}},
        {"config": {"tags": ["z"]}},
        {"config": {"configurable": {"q": 1}}},
        {"on_run_completed": "keep"},
        {"interrupt_before": ["a"], "stream_mode": ["updates"]},
        {"enabled": True},
        {"enabled": False},
        {"assistant_id": "chat"},
    )


@cases.same()
async def a_change_of_its_times_moves_the_next_firing(peer: Peer) -> Any:
    cron = await _made(peer, timezone="Europe/Berlin")
    changes = ({"schedule": "30 10 2 1 *"}, {"timezone": "America/New_York"}, {"input": {"note": "n"}})
    return [_time(answer["body"]) for answer in await _patched(peer, cron, *changes)]


@cases.same()
async def a_change_of_nothing_is_refused(peer: Peer) -> Any:
    return await _patched(peer, await _made(peer), {})


@cases.same()
async def a_wrong_change_is_refused_and_changes_nothing(peer: Peer) -> Any:
    cron = await _made(peer)
    path = f"{CRONS}/{cron['cron_id']}"
    wrong = ({"schedule": "bogus"}, {"timezone": "Mars/X"}, {"on_run_completed": "burn"}, {"stream_mode": "loud"})
    refusals = [(await peer.ask("PATCH", path, body)).refusal() for body in wrong]
    return [refusals, (await peer.ask("GET", path)).body == cron]


@cases.ours(422, because="the official server shows it on a cron whose runs have no thread of their own")
async def what_becomes_of_a_thread_cannot_be_said_of_one_later(peer: Peer) -> Any:
    cron = await _made_on(peer, await peer.thread())
    return (await peer.ask("PATCH", f"{CRONS}/{cron['cron_id']}", {"on_run_completed": "keep"})).status


for _method, _body in (("GET", None), ("PATCH", {"enabled": True}), ("DELETE", None)):

    async def _unknown(peer: Peer, method: str = _method, body: Any = _body) -> Any:
        unknown = "00000000-0000-4000-8000-000000000000"
        return [(await peer.ask(method, f"{CRONS}/{cron}", body)).shown() for cron in (unknown, "xx")]

    cases.row(f"{_method} of an unknown cron is not found", _unknown)


@cases.same()
async def a_deleted_cron_is_gone(peer: Peer) -> Any:
    path = f"{CRONS}/{(await _made(peer))['cron_id']}"
    return [(await peer.ask("DELETE", path)).shown(), (await peer.ask("GET", path)).shown()]


@cases.same()
async def a_cron_goes_with_its_thread(peer: Peer) -> Any:
    thread_id = await peer.thread()
    cron = await _made_on(peer, thread_id)
    await peer.ask("DELETE", f"/threads/{thread_id}")
    return (await peer.ask("GET", f"{CRONS}/{cron['cron_id']}")).shown()


@cases.same()
async def a_cron_goes_with_its_assistant(peer: Peer) -> Any:
    made = (await peer.ask("POST", "/assistants", {"graph_id": "steps"})).body
    cron = await _made(peer, assistant_id=made["assistant_id"])
    await peer.ask("DELETE", f"/assistants/{made['assistant_id']}")
    return (await peer.ask("GET", f"{CRONS}/{cron['cron_id']}")).shown()


async def _family(peer: Peer) -> str:
    family = str(uuid4())
    for month, enabled in ((3, True), (2, False), (4, True)):
        await _made(peer, schedule=f"0 9 1 {month} *", enabled=enabled, metadata={"family": family, "month": month})
    return family


async def _found(peer: Peer, family: str, **body: Any) -> Any:
    answer = await peer.ask("POST", f"{CRONS}/search", {"metadata": {"family": family}, **body})
    return [answer.status, answer.headers, [row.get("metadata", row).get("month") for row in answer.body]]


@cases.same()
async def crons_are_found_newest_first(peer: Peer) -> Any:
    return await _found(peer, await _family(peer))


@cases.same()
async def crons_are_found_page_by_page(peer: Peer) -> Any:
    family = await _family(peer)
    return [await _found(peer, family, limit=2), await _found(peer, family, limit=2, offset=2)]


for _by in ("created_at", "updated_at", "next_run_date", "cron_id"):

    async def _sorted(peer: Peer, by: str = _by) -> Any:
        family = await _family(peer)
        return [await _found(peer, family, sort_by=by, sort_order=order) for order in ("asc", "desc")]

    cases.row(f"crons are sorted by {_by}", _sorted)


@cases.same()
async def crons_are_found_that_are_on_or_off(peer: Peer) -> Any:
    family = await _family(peer)
    return [await _found(peer, family, enabled=enabled) for enabled in (True, False)]


@cases.same()
async def crons_are_found_by_thread_and_assistant(peer: Peer) -> Any:
    thread_id = await peer.thread()
    cron = await _made_on(peer, thread_id)
    searches = ({"thread_id": thread_id}, {"thread_id": thread_id, "assistant_id": cron["assistant_id"]})
    found = [(await peer.ask("POST", f"{CRONS}/search", body)).shown() for body in searches]
    other = {"thread_id": thread_id, "assistant_id": str(uuid4())}
    return [found, (await peer.ask("POST", f"{CRONS}/search", other)).body]


@cases.same()
async def a_search_shows_the_keys_that_are_selected(peer: Peer) -> Any:
    family = await _family(peer)
    asked = {"metadata": {"family": family}, "select": ["schedule", "enabled"]}
    return (await peer.ask("POST", f"{CRONS}/search", asked)).shown()


for _name, _body in (
    ("limit", {"limit": 0}),
    ("offset", {"offset": -1}),
    ("order", {"sort_by": "colour"}),
    ("key", {"select": ["now"]}),
    ("assistant", {"assistant_id": "nope"}),
):

    async def _wrong_search(peer: Peer, body: dict[str, Any] = _body) -> Any:
        return (await peer.ask("POST", f"{CRONS}/search", body)).refusal()

    cases.row(f"a search with a wrong {_name} is refused", _wrong_search)


@cases.ours([200, 200], because="the official server takes no graph's name, which its OpenAPI document allows")
async def crons_are_found_by_their_graphs_name(peer: Peer) -> Any:
    return [(await peer.ask("POST", f"{CRONS}/{way}", {"assistant_id": "steps"})).status for way in ("search", "count")]


@cases.same()
async def crons_are_counted(peer: Peer) -> Any:
    family, thread_id = await _family(peer), await peer.thread()
    await _made_on(peer, thread_id)
    bodies = ({"metadata": {"family": family}}, {"thread_id": thread_id}, {"metadata": {"family": "none"}})
    return [(await peer.ask("POST", f"{CRONS}/count", body)).shown() for body in bodies]


async def _first(peer: Peer, path: str, body: Any) -> Any:
    """The first row of what fires as soon as may be, once it is there."""
    for _ in range(_FIRED_WITHIN * 5):
        answer = await peer.ask("POST" if body is not None else "GET", path, body)
        if answer.body and answer.body[-1]["status"] in ("success", "idle"):
            return answer.body[-1]
        await asyncio.sleep(0.2)
    raise AssertionError("it does not fire")


@cases.same()
async def a_cron_of_a_thread_starts_runs_on_it(peer: Peer) -> Any:
    thread_id = await peer.thread()
    given = {"input": {"note": "n"}, "metadata": {"m": 1}, "config": {"tags": ["t"]}, "stream_mode": "updates"}
    cron = await _made_on(peer, thread_id, schedule="* * * * * *", multitask_strategy="reject", **given)
    run = await _first(peer, f"/threads/{thread_id}/runs?limit=100", None)
    await peer.ask("DELETE", f"{CRONS}/{cron['cron_id']}")
    kwargs = run["kwargs"]
    shown = {key: kwargs[key] for key in ("input", "command", "stream_mode", "interrupt_before", "temporary")}
    told = kwargs["config"]
    return [
        cron["cron_id"],
        told["configurable"]["cron_id"],
        told["tags"],
        shown,
        {key: run[key] for key in ("thread_id", "assistant_id", "metadata", "multitask_strategy", "status")},
        (await peer.ask("GET", f"/threads/{thread_id}")).body["metadata"],
    ]


@cases.same()
async def a_cron_without_a_thread_keeps_those_of_its_runs_if_asked(peer: Peer) -> Any:
    mark = str(uuid4())
    cron = await _made(peer, input={"note": "n"}, metadata={"mark": mark}, on_run_completed="keep")
    # both at once: it must not fire before its metadata are all there
    change = {"metadata": {"more": 1}, "schedule": "* * * * * *"}
    await peer.ask("PATCH", f"{CRONS}/{cron['cron_id']}", change)
    thread = await _first(peer, "/threads/search", {"metadata": {"mark": mark}, "limit": 100})
    await peer.ask("DELETE", f"{CRONS}/{cron['cron_id']}")
    return {key: thread[key] for key in ("metadata", "values", "status")}
