"""Runs that fail: what their callers read, and what they do not."""

import httpx
import pytest
from langgraph_sdk.client import LangGraphClient

from tests.acceptance.server.live import Planloom
from tests.acceptance.server.running import named, new_thread, said

SHOWN = {"error": "ValueError", "message": "shown to the caller"}
MASKED = {"error": "SecretError", "message": "An internal error occurred"}


@pytest.mark.parametrize(("kind", "error"), [("value", SHOWN), ("secret", MASKED)])
async def test_a_failure_is_the_same_in_stream_outcome_and_thread(
    client: LangGraphClient, live: Planloom, kind: str, error: dict[str, str]
) -> None:
    thread_id = await new_thread(client)
    parts = [part async for part in client.runs.stream(thread_id, "fails", input={"kind": kind}, stream_resumable=True)]
    assert (parts[-1].event, parts[-1].data) == ("error", error)
    thread = await client.threads.get(thread_id)
    assert (thread["status"], thread["error"]) == ("error", error)
    assert [run["status"] for run in await client.runs.list(thread_id)] == ["error"]
    run_id = parts[0].data["run_id"]
    again = [part async for part in client.runs.join_stream(thread_id, run_id, last_event_id="-1", stream_mode="debug")]
    assert named(again, "error") == [error], "errors pass every filter"
    waited = await client.runs.wait(thread_id, "fails", input={"kind": kind}, raise_error=False)
    assert waited == {"__error__": error}
    assert "Traceback" in live.stderr, "the log has the cause"


async def test_a_failed_thread_is_well_again_after_a_good_run(client: LangGraphClient) -> None:
    thread_id = await new_thread(client)
    await client.runs.wait(thread_id, "fails", input={"kind": "value"}, raise_error=False)
    await client.runs.wait(thread_id, "fails", input={"kind": "none"})
    thread = await client.threads.get(thread_id)
    assert (thread["status"], thread["error"]) == ("idle", None)


async def test_a_masked_failure_is_masked_in_debug_streams_too(client: LangGraphClient) -> None:
    thread_id = await new_thread(client)
    streamed = client.runs.stream(
        thread_id, "fails", input={"kind": "secret"}, stream_mode=["debug", "tasks", "events"]
    )
    assert "password" not in str([part async for part in streamed])


async def test_langgraphs_own_errors_are_shown(client: LangGraphClient) -> None:
    thread_id = await new_thread(client)
    nothing = await client.runs.wait(thread_id, "echo", input=None, raise_error=False)
    assert nothing["__error__"]["error"] == "EmptyInputError"
    assert "Received no input" in nothing["__error__"]["message"]
    limited = await client.runs.wait(
        thread_id, "slow", input={"seconds": 0}, config={"recursion_limit": 2}, raise_error=False
    )
    assert limited["__error__"]["error"] == "GraphRecursionError"


async def test_a_stateless_failure_is_told_too(http: httpx.AsyncClient) -> None:
    body = {"assistant_id": "fails", "input": {"kind": "value"}}
    assert (await http.post("/runs/wait", json=body)).json() == {"__error__": SHOWN}


async def test_every_answer_carries_a_request_id(http: httpx.AsyncClient, live: Planloom) -> None:
    given = await http.post(
        "/runs/wait", json={"assistant_id": "echo", "input": said("hi")}, headers={"x-request-id": "mine-1"}
    )
    assert given.headers["x-request-id"] == "mine-1"
    live.until("request_id=mine-1")
    made = await http.get("/threads/none", headers={"x-request-id": "two words"})
    assert made.status_code == 422
    assert len(made.headers["x-request-id"]) == 32
