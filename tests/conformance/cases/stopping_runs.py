"""Cancelling, deleting, listing; and several runs on one thread."""

import asyncio
from typing import Any

from tests.conformance.case import Cases
from tests.conformance.peer import Peer

cases = Cases("stopping and queueing runs")

INTERRUPTED = {"status": "interrupted", "values": {"log": ["step1"], "secs": 30}, "next": ["sleeper"]}
UNKNOWN = "00000000-0000-4000-8000-000000000000"


async def _settled(peer: Peer, thread_id: str, seconds: float = 30) -> dict[str, Any]:
    """The thread, when its values tell of a run that is over, or what it is after `seconds`."""
    for _ in range(int(seconds / 0.05)):
        thread = await peer.sdk.threads.get(thread_id)
        if thread["status"] != "busy" and thread["values"] is not None:
            break
        await asyncio.sleep(0.05)
    return dict(thread)


def _patience(peer: Peer, seconds: float) -> float:
    """How long to wait for what the official server never does: `seconds` there, as long as it takes on ours."""
    return seconds if peer.name == "official" else 30


async def _outcome(peer: Peer, thread_id: str, seconds: float = 30) -> Any:
    thread = await _settled(peer, thread_id, seconds)
    runs = await peer.sdk.runs.list(thread_id)
    state = await peer.sdk.threads.get_state(thread_id)
    return {
        "status": thread["status"],
        "values": thread["values"],
        "runs": [run["status"] for run in runs],
        "next": state["next"],
    }


@cases.same()
async def a_cancel_is_accepted_at_once(peer: Peer) -> Any:
    thread_id, run_id = await peer.asleep()
    answer = await peer.ask("POST", f"/threads/{thread_id}/runs/{run_id}/cancel")
    return [answer.shown(), await _outcome(peer, thread_id)]


@cases.same()
async def a_waiting_cancel_answers_when_the_run_is_over(peer: Peer) -> Any:
    thread_id, run_id = await peer.asleep()
    answer = await peer.ask("POST", f"/threads/{thread_id}/runs/{run_id}/cancel?wait=1")
    return [answer.status, answer.headers, (await peer.sdk.runs.get(thread_id, run_id))["status"]]


@cases.ours({}, because="the official server answers so mostly, but now and then with the run's values", flaky=True)
async def a_waiting_cancel_answers_with_an_empty_object(peer: Peer) -> Any:
    thread_id, run_id = await peer.asleep()
    return (await peer.ask("POST", f"/threads/{thread_id}/runs/{run_id}/cancel?wait=1")).body


@cases.same()
async def a_cancelled_run_is_gone_on_with_from_where_it_was(peer: Peer) -> Any:
    thread_id, run_id = await peer.asleep()
    await peer.sdk.runs.cancel(thread_id, run_id, wait=True)
    await peer.sdk.threads.update_state(thread_id, {"secs": 0})
    return await peer.wait(thread_id, "slow")


@cases.same()
async def a_rollback_removes_the_run_and_its_checkpoints(peer: Peer) -> Any:
    thread_id, run_id = await peer.asleep()
    answer = await peer.ask("POST", f"/threads/{thread_id}/runs/{run_id}/cancel?wait=true&action=rollback")
    gone = await peer.ask("GET", f"/threads/{thread_id}/runs/{run_id}")
    return [
        answer.status,
        gone.shown(),
        await peer.sdk.threads.get_history(thread_id),
        await _outcome(peer, thread_id, 1),
    ]


@cases.same()
async def a_rollback_leaves_what_was_there_before(peer: Peer) -> Any:
    thread_id = await peer.thread()
    await peer.wait(thread_id, "slow", input={"secs": 0})
    run_id = await peer.asleep_on(thread_id)
    await peer.sdk.runs.cancel(thread_id, run_id, wait=True, action="rollback")
    return await _outcome(peer, thread_id)


@cases.ours("idle", because="after a rollback without wait the official server leaves the thread busy for ever")
async def a_rollback_nobody_waits_for_frees_the_thread(peer: Peer) -> Any:
    thread_id, run_id = await peer.asleep()
    await peer.sdk.runs.cancel(thread_id, run_id, action="rollback")
    for _ in range(int(_patience(peer, 4) / 0.1)):
        status = (await peer.sdk.threads.get(thread_id))["status"]
        if status != "busy":
            break
        await asyncio.sleep(0.1)
    return status


@cases.same()
async def the_stream_of_a_cancelled_run_just_ends(peer: Peer) -> Any:
    thread_id, run_id = await peer.asleep()
    joined = asyncio.create_task(peer.stream("GET", f"/threads/{thread_id}/runs/{run_id}/stream"))
    await asyncio.sleep(0.3)
    await peer.sdk.runs.cancel(thread_id, run_id)
    streamed = await joined
    return [streamed.status, [name for name in streamed.names if name in ("error", "end")]]


@cases.same()
async def a_pending_run_can_be_cancelled(peer: Peer) -> Any:
    thread_id, _ = await peer.asleep(4)
    waiting = await peer.sdk.runs.create(thread_id, "slow", input={"secs": 0})
    answer = await peer.ask("POST", f"/threads/{thread_id}/runs/{waiting['run_id']}/cancel?wait=1")
    return [answer.status, (await peer.sdk.runs.get(thread_id, waiting["run_id"]))["status"]]


@cases.same()
async def a_finished_run_cannot_be_cancelled(peer: Peer) -> Any:
    thread_id = await peer.thread()
    await peer.wait(thread_id, "steps", input={})
    run_id = (await peer.sdk.runs.list(thread_id))[0]["run_id"]
    return (await peer.ask("POST", f"/threads/{thread_id}/runs/{run_id}/cancel")).shown()


@cases.same()
async def an_unknown_run_cannot_be_cancelled(peer: Peer) -> Any:
    return (await peer.ask("POST", f"/threads/{await peer.thread()}/runs/{UNKNOWN}/cancel")).shown()


@cases.same()
async def several_runs_of_a_thread_are_cancelled_at_once(peer: Peer) -> Any:
    thread_id, first = await peer.asleep()
    second = (await peer.sdk.runs.create(thread_id, "slow", input={"secs": 0}))["run_id"]
    answer = await peer.ask("POST", "/runs/cancel", {"thread_id": thread_id, "run_ids": [first, second]})
    return [answer.shown(), await _outcome(peer, thread_id)]


@cases.same()
async def cancelling_runs_that_are_not_there_is_not_found(peer: Peer) -> Any:
    thread_id = await peer.thread()
    return (await peer.ask("POST", "/runs/cancel", {"thread_id": thread_id, "run_ids": [UNKNOWN]})).shown()


@cases.same()
async def cancelling_by_status_and_by_ids_together_is_refused(peer: Peer) -> Any:
    asked = {"status": "all", "thread_id": UNKNOWN, "run_ids": [UNKNOWN]}
    return [(await peer.ask("POST", "/runs/cancel", body)).refusal() for body in (asked, {})]


@cases.ours(
    [{"status": 204, "headers": {}, "body": None}, *[{**INTERRUPTED, "runs": ["interrupted"]}] * 2],
    because="the official server interrupts the runs but leaves their threads busy for ever",
    alone=True,
)
async def every_run_of_a_status_is_cancelled(peer: Peer) -> Any:
    thread_id, _ = await peer.asleep()
    other, _ = await peer.asleep()
    answer = await peer.ask("POST", "/runs/cancel", {"status": "running"})
    patience = _patience(peer, 2)
    return [answer.shown(), await _outcome(peer, thread_id, patience), await _outcome(peer, other, patience)]


@cases.ours(
    [{"status": 204, "headers": {}, "body": None}, {**INTERRUPTED, "runs": ["interrupted", "interrupted"]}],
    because="the official server interrupts the runs, but calls their thread idle and shows none of its values",
    alone=True,
)
async def every_unfinished_run_is_cancelled(peer: Peer) -> Any:
    thread_id, _ = await peer.asleep()
    await peer.sdk.runs.create(thread_id, "slow", input={"secs": 0})
    answer = await peer.ask("POST", "/runs/cancel", {"status": "all"})
    return [answer.shown(), await _outcome(peer, thread_id, _patience(peer, 2))]


@cases.same()
async def deleting_a_run_takes_its_checkpoints_with_it(peer: Peer) -> Any:
    thread_id = await peer.thread()
    await peer.wait(thread_id, "steps", input={})
    run_id = (await peer.sdk.runs.list(thread_id))[0]["run_id"]
    answer = await peer.ask("DELETE", f"/threads/{thread_id}/runs/{run_id}")
    state = await peer.sdk.threads.get_state(thread_id)
    return [answer.shown(), state["values"], await peer.sdk.runs.list(thread_id)]


@cases.same()
async def an_unknown_run_cannot_be_deleted(peer: Peer) -> Any:
    return (await peer.ask("DELETE", f"/threads/{await peer.thread()}/runs/{UNKNOWN}")).shown()


@cases.same()
async def an_unknown_run_is_not_found(peer: Peer) -> Any:
    return (await peer.ask("GET", f"/threads/{await peer.thread()}/runs/{UNKNOWN}")).shown()


@cases.ours("idle", because="after deleting a live run the official server leaves its thread busy for ever")
async def deleting_a_live_run_frees_its_thread(peer: Peer) -> Any:
    thread_id, run_id = await peer.asleep()
    await peer.ask("DELETE", f"/threads/{thread_id}/runs/{run_id}")
    for _ in range(int(_patience(peer, 2) / 0.1)):
        status = (await peer.sdk.threads.get(thread_id))["status"]
        if status != "busy":
            break
        await asyncio.sleep(0.1)
    return status


async def _three_runs(peer: Peer) -> str:
    thread_id = await peer.thread()
    for number in range(3):
        await peer.wait(thread_id, "steps", input={}, metadata={"number": number})
    return thread_id


@cases.same()
async def runs_are_listed_newest_first(peer: Peer) -> Any:
    return [run["metadata"]["number"] for run in await peer.sdk.runs.list(await _three_runs(peer))]


@cases.same()
async def a_list_of_runs_has_pages(peer: Peer) -> Any:
    thread_id = await _three_runs(peer)
    answer = await peer.ask("GET", f"/threads/{thread_id}/runs?limit=1&offset=1")
    return [answer.status, answer.headers, [run["metadata"]["number"] for run in answer.body]]


@cases.same()
async def runs_are_listed_by_status(peer: Peer) -> Any:
    thread_id = await _three_runs(peer)
    return [
        len((await peer.ask("GET", f"/threads/{thread_id}/runs?status={status}")).body)
        for status in ("success", "error", "bogus")
    ]


@cases.same()
async def a_list_of_runs_may_be_of_some_keys(peer: Peer) -> Any:
    thread_id = await _three_runs(peer)
    return (await peer.ask("GET", f"/threads/{thread_id}/runs?select=status&select=multitask_strategy")).body


@cases.same()
async def an_unknown_key_cannot_be_selected_from_runs(peer: Peer) -> Any:
    return (await peer.ask("GET", f"/threads/{await peer.thread()}/runs?select=nope")).refusal()


@cases.same()
async def runs_of_an_unknown_thread_are_not_found(peer: Peer) -> Any:
    return (await peer.ask("GET", f"/threads/{UNKNOWN}/runs")).shown()


# --- several runs on one thread


@cases.same()
async def a_second_run_waits_for_the_first_by_default(peer: Peer) -> Any:
    thread_id, _ = await peer.asleep(0.5)
    second = await peer.sdk.runs.create(thread_id, "slow", input={"secs": 0})
    await peer.over(thread_id, second["run_id"])
    return [second["status"], second["multitask_strategy"], await _outcome(peer, thread_id)]


@cases.same()
async def queued_runs_go_in_the_order_they_came(peer: Peer) -> Any:
    thread_id, _ = await peer.asleep(0.5)
    runs = [await peer.sdk.runs.create(thread_id, "steps", input={"note": str(n)}) for n in range(3)]
    await peer.over(thread_id, runs[-1]["run_id"])
    history = await peer.sdk.threads.get_history(thread_id, limit=50)
    notes = [state["values"].get("note") for state in reversed(history)]
    return [note for note, before in zip(notes, [None, *notes], strict=False) if note != before]


@cases.same()
async def a_rejected_run_conflicts_while_the_thread_is_busy(peer: Peer) -> Any:
    thread_id, run_id = await peer.asleep()
    asked = {"assistant_id": "slow", "input": {}, "multitask_strategy": "reject"}
    answers = [
        (await peer.ask("POST", f"/threads/{thread_id}/runs{way}", asked)).shown() for way in ("", "/wait", "/stream")
    ]
    await peer.sdk.runs.cancel(thread_id, run_id)
    return answers


@cases.same()
async def a_rejecting_run_starts_on_an_idle_thread(peer: Peer) -> Any:
    return await peer.wait(await peer.thread(), "steps", input={}, multitask_strategy="reject")


@cases.same()
async def an_interrupting_run_goes_on_from_where_the_first_was(peer: Peer) -> Any:
    thread_id, _ = await peer.asleep()
    values = await peer.wait(thread_id, "slow", input={"secs": 0}, multitask_strategy="interrupt")
    history = await peer.sdk.threads.get_history(thread_id, limit=50)
    return [
        values,
        await _outcome(peer, thread_id),
        [(state["metadata"]["step"], state["metadata"]["source"]) for state in history],
    ]


@cases.same()
async def a_rolling_back_run_starts_as_if_the_first_had_never_been(peer: Peer) -> Any:
    thread_id, _ = await peer.asleep()
    values = await peer.wait(thread_id, "slow", input={"secs": 0}, multitask_strategy="rollback")
    return [values, await _outcome(peer, thread_id)]


@cases.same()
async def an_interrupting_run_stops_those_that_wait_as_well(peer: Peer) -> Any:
    thread_id, _ = await peer.asleep()
    await peer.sdk.runs.create(thread_id, "slow", input={"secs": 0})
    values = await peer.wait(thread_id, "slow", input={"secs": 0}, multitask_strategy="interrupt")
    return [values, await _outcome(peer, thread_id)]


@cases.same()
async def an_unknown_strategy_is_refused(peer: Peer) -> Any:
    asked = {"assistant_id": "slow", "input": {}, "multitask_strategy": "bogus"}
    return (await peer.ask("POST", f"/threads/{await peer.thread()}/runs", asked)).refusal()


@cases.same()
async def a_thread_is_busy_while_its_run_is_on(peer: Peer) -> Any:
    thread_id, run_id = await peer.asleep()
    seen = [(await peer.sdk.threads.get(thread_id))["status"], (await peer.sdk.runs.get(thread_id, run_id))["status"]]
    await peer.sdk.runs.cancel(thread_id, run_id)
    return seen


async def _leaving(peer: Peer, on_disconnect: str, secs: float) -> Any:
    thread_id = await peer.thread()
    asked = {"assistant_id": "slow", "input": {"secs": secs}, "on_disconnect": on_disconnect, "stream_mode": "updates"}
    async with peer.http.stream("POST", f"/threads/{thread_id}/runs/stream", json=asked) as response:
        async for line in response.aiter_lines():
            if "step1" in line:
                break
    return await _outcome(peer, thread_id)


@cases.same()
async def a_run_goes_on_when_its_reader_leaves(peer: Peer) -> Any:
    return await _leaving(peer, "continue", 2)


@cases.same()
async def a_run_on_a_deleted_thread_does_not_bring_it_back(peer: Peer) -> Any:
    thread_id, _ = await peer.asleep(1)
    answer = await peer.ask("DELETE", f"/threads/{thread_id}")
    await asyncio.sleep(1.5)
    return [answer.shown(), (await peer.ask("GET", f"/threads/{thread_id}")).status]


@cases.same()
async def a_run_may_be_cancelled_when_its_reader_leaves(peer: Peer) -> Any:
    return await _leaving(peer, "cancel", 30)


@cases.same()
async def a_run_may_be_cancelled_when_one_that_joined_leaves(peer: Peer) -> Any:
    thread_id, run_id = await peer.asleep()
    path = f"/threads/{thread_id}/runs/{run_id}/stream?cancel_on_disconnect=1"
    async with peer.http.stream("GET", path):
        await asyncio.sleep(0.3)
    return await _outcome(peer, thread_id)
