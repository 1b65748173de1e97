"""A thread's events by event streaming v2: replayed and live, over all its runs, the same for every reader."""

from pathlib import Path
from uuid import uuid4

import httpx
from langgraph_sdk.client import LangGraphClient

from tests.acceptance.server.event_reader import EventReader, data, start
from tests.acceptance.server.live import serve
from tests.acceptance.server.running import new_thread, said, started

MODES = ["values", "updates", "messages-tuple", "custom"]


async def test_readers_before_during_and_after_the_runs_see_the_same_events(http: httpx.AsyncClient) -> None:
    thread_id = str(uuid4())  # there is no such thread yet
    async with EventReader(http, thread_id) as first:
        run_id = await start(http, thread_id, "echo", said("one"))
        await first.until_over()
        async with EventReader(http, thread_id) as second:
            await start(http, thread_id, "echo", said("two"))
            seen = [await reader.until_over(2) for reader in (first, second)]
    async with EventReader(http, thread_id) as third:
        seen.append(await third.until_over(2))
    assert seen[0] == seen[1] == seen[2]
    places = [event["seq"] for event in seen[0]]
    assert places == sorted(set(places))
    of_first = [event["seq"] for event in seen[0][: len(places) // 2]]
    assert of_first == list(range(1, len(of_first) + 1))
    assert len({event["event_id"] for event in seen[0]}) == len(seen[0])
    assert seen[0][0]["event_id"] == f"synth:{run_id}:lc||running"
    place = seen[0][7]["seq"]
    async with EventReader(http, thread_id, since=place, channels=["messages", "lifecycle"]) as back:
        rest = await back.until_over(2)
    assert rest == [one for one in seen[0] if one["seq"] > place and one["method"] in ("messages", "lifecycle")]
    deltas = [one["delta"]["text"] for one in data(seen[0], "messages") if one["event"] == "content-block-delta"]
    assert "".join(deltas) == "You said: oneYou said: two"


async def test_a_cancelled_run_ends_for_its_readers_whether_it_ran_or_waited(
    client: LangGraphClient, http: httpx.AsyncClient
) -> None:
    thread_id = await new_thread(client)
    async with EventReader(http, thread_id, channels=["lifecycle", "updates"]) as reader:
        running = await start(http, thread_id, "slow", {"seconds": 60})
        await reader.until(lambda event: event["method"] == "updates")
        waiting = (await client.runs.create(thread_id, "echo", input=said("never")))["run_id"]
        for run_id in (waiting, running):
            await client.runs.cancel(thread_id, run_id, wait=True)
        events = await reader.until_over(2)
    ends = [event["event_id"] for event in events if event["method"] == "lifecycle"]
    assert ends == [
        f"synth:{running}:lc||running",
        *(f"synth:{run_id}:lc||{word}" for run_id in (running, waiting) for word in ("interrupted", "completed")),
    ]


async def test_nobody_who_comes_back_misses_what_follows_a_run_that_was_rolled_back(
    client: LangGraphClient, http: httpx.AsyncClient
) -> None:
    thread_id = await new_thread(client)
    async with EventReader(http, thread_id) as reader:
        run_id = await start(http, thread_id, "slow", {"seconds": 60})
        await reader.until(lambda event: event["method"] == "updates")
        await client.runs.cancel(thread_id, run_id, wait=True, action="rollback")
        place = (await reader.until_over())[-1]["seq"]
    async with EventReader(http, thread_id, since=place, channels=["lifecycle"]) as back:
        following = await start(http, thread_id, "echo", said("after"))
        events = await back.until_over()
    assert [event["event_id"] for event in events] == [
        f"synth:{following}:lc||{word}" for word in ("running", "completed")
    ]


async def test_a_failure_tells_only_what_callers_may_read(http: httpx.AsyncClient) -> None:
    thread_id = str(uuid4())
    async with EventReader(http, thread_id, channels=["lifecycle", "tasks"]) as reader:
        await start(http, thread_id, "fails", {"kind": "secret"})
        await reader.until_over()
        await start(http, thread_id, "fails", {"kind": "value"})
        events = await reader.until_over(2)
    errors = [one["error"] for method in ("lifecycle", "tasks") for one in data(events, method) if one.get("error")]
    assert errors == ["An internal error occurred", "shown to the caller"] * 2


async def test_runs_of_the_classic_api_are_shown_as_far_as_there_are_words_for_them(
    client: LangGraphClient, http: httpx.AsyncClient
) -> None:
    thread_id = await new_thread(client)
    async with EventReader(http, thread_id) as reader:
        run = {"assistant_id": "echo", "input": said("hello"), "stream_mode": MODES}
        assert (await http.post(f"/threads/{thread_id}/runs/wait", json=run)).status_code == 200
        events = await reader.until_over()
        first = data(events, "messages")
        assert [one["event"] for one in first] == [
            "message-start", "content-block-start", *["content-block-delta"] * (len(first) - 4),
            "content-block-finish", "message-finish",
        ]  # fmt: skip
        assert first[-2]["content"] == {"type": "text", "text": "You said: hello"}
        assert data(events, "custom") == [{"type": "heard", "text": "hello"}]
        message = data(events, "values")[-1]["messages"][-1]
        assert message == {"type": "ai", "content": "You said: hello", "id": first[0]["id"]}
        assert data(events, "updates") == [{"model": {"messages": [message]}}]

        other = await new_thread(client)
        await client.runs.wait(other, "ask", input={"question": "why?"})
    async with EventReader(http, other) as reader:
        events = await reader.until(lambda event: event["params"]["data"].get("event") == "interrupted", 1)
    methods = [(event["method"], event["params"]["data"].get("event")) for event in events]
    assert methods[-3:] == [("input.requested", None), ("values", None), ("lifecycle", "interrupted")]
    assert data(events, "input.requested")[0]["value"] == {"question": "why?"}


async def test_a_run_that_goes_with_its_thread_is_over_as_it_was(http: httpx.AsyncClient) -> None:
    for given, ends in (({"kind": "none"}, ["running", "completed"]), ({"kind": "value"}, ["running", "failed"])):
        run = {"assistant_id": "fails", "input": given, "after_seconds": 1}
        thread_id = (await http.post("/runs", json=run)).json()["thread_id"]
        async with EventReader(http, thread_id, channels=["lifecycle"]) as reader:
            assert [one["event"] for one in data(await reader.until_over(), "lifecycle")] == ends


async def test_the_classic_endpoints_wait_for_a_run_of_the_protocol_and_answer_with_its_state(
    client: LangGraphClient, http: httpx.AsyncClient
) -> None:
    thread_id = str(uuid4())
    run_id = await start(http, thread_id, "slow", {"seconds": 0.2})
    assert (await client.runs.join(thread_id, run_id)) == {"seconds": 0.2, "log": ["before", "slept", "after"]}
    parts = [part async for part in client.runs.join_stream(thread_id, run_id, last_event_id="-1")]
    values = [part.data for part in parts if part.event == "values"]
    assert values[-1]["params"]["data"] == {"seconds": 0.2, "log": ["before", "slept", "after"]}
    run = await client.runs.get(thread_id, run_id)
    assert run["kwargs"]["config"]["configurable"]["__event_streaming_v2"] is True


async def test_a_second_turn_by_the_python_sdk_ends_with_its_own_outcome(client: LangGraphClient) -> None:
    thread_id = await new_thread(client)
    for turn, text in enumerate(("one", "two"), start=1):
        async with client.threads.stream(thread_id=thread_id, assistant_id="echo") as thread:
            await thread.run.start(input=said(text))
            said_by_all = (await thread.output)["messages"]
        assert len(said_by_all) == 2 * turn
        assert said_by_all[-2]["content"] == text


async def test_the_python_sdk_hears_of_the_end_of_a_run_that_was_over_before_it_listened(
    client: LangGraphClient, http: httpx.AsyncClient
) -> None:
    # it makes its watch when `run.start` was answered: a quick run may be over by then
    thread_id = str(uuid4())
    run_id = await start(http, thread_id, "echo", said("quick"))
    await client.runs.join(thread_id, run_id)
    http.headers["user-agent"] = "langgraph-sdk-py/0.4.14"
    async with EventReader(http, thread_id, channels=["lifecycle", "input"]) as watch:
        told = [event["params"]["data"]["event"] for event in await watch.until_over()]
    assert told == ["running", "completed"]


async def test_another_process_streams_a_run_that_it_does_not_execute(
    client: LangGraphClient, http: httpx.AsyncClient, live_database: str, tmp_path: Path
) -> None:
    thread_id = await new_thread(client)
    with serve(live_database, tmp_path, "--workers", "0") as other:
        async with (
            httpx.AsyncClient(base_url=other.url, timeout=60) as elsewhere,
            EventReader(elsewhere, thread_id) as there,
            EventReader(http, thread_id) as here,
        ):
            await start(elsewhere, thread_id, "echo", said("far"))
            run_id = await started(client, thread_id, multitask_strategy="enqueue")
            await there.until(lambda event: event["params"]["data"] == {"before": {"log": ["before"]}})
            await client.runs.cancel(thread_id, run_id, wait=True)
            seen = await there.until_over(2)
            assert seen == await here.until_over(2)


async def test_what_is_no_subscription_is_refused_in_the_protocols_words(http: httpx.AsyncClient) -> None:
    path = f"/threads/{uuid4()}/stream/events"
    for body, said_so in (
        ("{", "Invalid JSON body"),
        ("{}", "channels is required and must be a non-empty array"),
        (
            '{"channels": ["debug"]}',
            "channels contains unsupported entries: debug. Allowed: values, updates, messages, tools, custom, lifecycle, "
            "input, tasks, checkpoints, or any `custom:<name>`.",
        ),
    ):
        refused = await http.post(path, content=body)
        assert (refused.status_code, refused.json()) == (400, {"detail": said_so})
    assert (await http.get(path)).status_code == 405
