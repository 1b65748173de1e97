"""Webhooks of runs that end in every way, to receivers that behave in every way."""

import asyncio
import base64
import hashlib
import hmac
import io
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from langgraph_sdk import get_client
from langgraph_sdk.client import LangGraphClient
from rich.console import Console

from server.errors import StartupError
from server.redelivery import Wanted, show
from tests.acceptance.server.live import Planloom
from tests.acceptance.server.receiver import Heard, WebhookReceiver, receiving
from tests.acceptance.server.running import new_thread, said, started

KEY = b"a-secret-of-sixteen-bytes-or-more"


@pytest.fixture(scope="module")
def receiver() -> Iterator[WebhookReceiver]:
    """Who is told, by all tests of this file."""
    with receiving() as receiver:
        yield receiver


async def _told(receiver: WebhookReceiver, path: str, times: int = 1) -> list[Heard]:
    return await asyncio.to_thread(receiver.until, path, times)


async def _delivery(http: httpx.AsyncClient, thread_id: str, run_id: str, status: str) -> dict[str, Any]:
    """What the server says of a webhook, once it is in that status."""
    async with asyncio.timeout(60):
        while True:
            answer = await http.get(f"/threads/{thread_id}/runs/{run_id}/webhook")
            if answer.status_code == 200 and answer.json()["status"] == status:
                found: dict[str, Any] = answer.json()
                return found


async def test_a_run_that_ends_in_whatever_way_is_told_of_once(
    live: Planloom, client: LangGraphClient, receiver: WebhookReceiver
) -> None:
    async def run(name: str, graph: str, thread_id: str | None, **options: Any) -> dict[str, Any]:
        run = await client.runs.create(thread_id, graph, webhook=receiver.url(f"/ok/{name}"), **options)
        return {**run}

    async def stopped(name: str, action: Any) -> None:
        thread_id = await new_thread(client)
        run_id = await started(client, thread_id, webhook=receiver.url(f"/ok/{name}"))
        await client.runs.cancel(thread_id, run_id, action=action)

    async def stopped_before(name: str, action: Any) -> None:
        thread_id = await new_thread(client)
        one = await run(name, "slow", thread_id, input={"seconds": 0}, after_seconds=100)
        await client.runs.cancel(thread_id, one["run_id"], action=action)

    async def superseded() -> None:
        thread_id = await new_thread(client)
        await started(client, thread_id, webhook=receiver.url("/ok/superseded"))
        await run("superseding", "slow", thread_id, input={"seconds": 0}, multitask_strategy="interrupt")

    async def deleted() -> None:
        thread_id = await new_thread(client)
        await started(client, thread_id, webhook=receiver.url("/ok/deleted"))
        await client.threads.delete(thread_id)

    success = await run("success", "echo", await new_thread(client), input=said("hello"), metadata={"mine": 1})
    await asyncio.gather(
        run("error", "fails", await new_thread(client), input={"kind": "value"}),
        run("secret", "fails", await new_thread(client), input={"kind": "secret"}),
        run("asks", "ask", await new_thread(client), input={"question": "well?"}),
        run("without", "echo", None, input=said("hello")),
        run("kept", "echo", None, input=said("hello"), on_completion="keep"),
        stopped("interrupted", "interrupt"),
        stopped("rollback", "rollback"),
        stopped_before("never", "interrupt"),
        stopped_before("undone", "rollback"),
        superseded(),
        deleted(),
        client.runs.wait(None, "echo", input=said("hello"), webhook=receiver.url("/ok/waited")),
        client.runs.create_batch(
            [{"assistant_id": "echo", "input": said("hello"), "webhook": receiver.url("/ok/batch")}]
        ),
    )
    by_request = "requested via POST /threads/{thread_id}/runs/{run_id}/cancel"
    interrupted = {"error": "UserInterrupt", "message": f"interrupt {by_request}"}
    rolled_back = {"error": "UserRollback", "message": f"rollback {by_request}"}
    slept = {"seconds": 60, "log": ["before"]}
    ends: dict[str, tuple[str, Any, Any]] = {
        "error": ("error", {"error": "ValueError", "message": "shown to the caller"}, {"kind": "value"}),
        "secret": ("error", {"error": "SecretError", "message": "An internal error occurred"}, {"kind": "secret"}),
        "asks": ("success", None, {"question": "well?"}),
        "without": ("success", None, None),
        "interrupted": ("interrupted", interrupted, slept),
        "rollback": ("rollback", rolled_back, None),
        "never": ("interrupted", interrupted, None),
        "undone": ("rollback", rolled_back, None),
        "deleted": ("rollback", {"error": "UserRollback", "message": "its thread was deleted"}, None),
        "waited": ("success", None, None),
        "batch": ("success", None, None),
    }
    for name, (status, error, values) in ends.items():
        told = (await _told(receiver, f"/ok/{name}"))[0].told
        assert (told["status"], told.get("error"), told["values"]) == (status, error, values), name
    new = (await _told(receiver, "/ok/superseding"))[0].told
    old = (await _told(receiver, "/ok/superseded"))[0].told
    assert (old["status"], new["status"]) == ("interrupted", "success")
    assert old["error"]["message"] == f"superseded by run {new['run_id']} (multitask_strategy=interrupt)"
    assert len((await _told(receiver, "/ok/kept"))[0].told["values"]["messages"]) == 2

    heard = (await _told(receiver, "/ok/success"))[0]
    told = heard.told
    shown = {**await client.runs.get(success["thread_id"], success["run_id"])}
    times = {"updated_at", "run_started_at", "run_ended_at", "webhook_sent_at", "values"}
    assert {key: told[key] for key in told if key not in times} == {
        key: shown[key] for key in shown if key not in times
    }
    assert shown["created_at"] <= told["run_started_at"] <= told["run_ended_at"] <= told["webhook_sent_at"]
    assert (told["kwargs"]["webhook"], told["metadata"]["mine"]) == (receiver.url("/ok/success"), 1)
    assert [message["content"] for message in told["values"]["messages"]] == ["hello", "You said: hello"]
    assert (heard.headers["authorization"], heard.headers["x-from"]) == ("Bearer t0ken", "planloom")
    assert (heard.headers["webhook-id"], heard.headers["content-type"]) == (success["run_id"], "application/json")
    assert "cookie" not in heard.headers
    signed = b".".join([told["run_id"].encode(), heard.headers["webhook-timestamp"].encode(), heard.body])
    digest = base64.b64encode(hmac.new(KEY, signed, hashlib.sha256).digest()).decode()
    assert heard.headers["webhook-signature"] == f"v1,{digest}"
    for name in (*ends, "superseded", "superseding", "kept", "success"):
        assert len(receiver.heard(f"/ok/{name}")) == 1, name
    assert "t0ken" not in live.stderr
    assert "/ok/" not in live.stderr, "a URL's path may be a secret"


async def test_what_was_not_taken_is_sent_again_and_followed_nowhere(
    client: LangGraphClient, http: httpx.AsyncClient, receiver: WebhookReceiver
) -> None:
    thread_id = await new_thread(client)

    async def run(path: str) -> str:
        run = await client.runs.create(thread_id, "echo", input=said("hello"), webhook=receiver.url(path))
        return run["run_id"]

    failing, redirected, gone = (
        await run("/fails-1-with-500/a"),
        await run("/redirects/a"),
        await run("/fails-9-with-410/a"),
    )
    first, second = await _told(receiver, "/fails-1-with-500/a", 2)
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == failing
    assert first.told["webhook_sent_at"] < second.told["webhook_sent_at"]
    assert {**first.told, "webhook_sent_at": 0} == {**second.told, "webhook_sent_at": 0}
    delivered = await _delivery(http, thread_id, failing, "delivered")
    assert [one["status_code"] for one in delivered["attempts"]] == [500, 200]
    assert (delivered["run_status"], delivered["next_attempt_at"]) == ("success", None)

    await _told(receiver, "/redirects/a", 2)
    assert receiver.heard("/ok/redirected") == []
    waiting = await _delivery(http, thread_id, redirected, "pending")
    assert {one["status_code"] for one in waiting["attempts"]} == {302}
    assert waiting["max_attempts"] == 10

    given_up = await _delivery(http, thread_id, gone, "failed")
    assert [one["status_code"] for one in given_up["attempts"]] == [410]
    listed = (await http.get("/webhooks/deliveries", params={"status": "failed", "limit": 1000})).json()
    assert given_up in listed
    again = await http.post(f"/threads/{thread_id}/runs/{gone}/webhook")
    assert (again.status_code, again.json()["status"]) == (200, "pending")
    assert len(await _told(receiver, "/fails-9-with-410/a", 2)) == 2
    await _delivery(http, thread_id, gone, "failed")

    async def command(wanted: Wanted, **how: Any) -> list[str]:
        out = io.StringIO()
        console = Console(file=out, width=500, highlight=False)
        await show(str(http.base_url), [], wanted, console, last=1, **how)
        return out.getvalue().splitlines()

    (line,) = await command(Wanted(runs=[gone]))
    assert line.startswith(gone)
    assert line.endswith(f"attempt 2 of 11  {receiver.url('/fails-9-with-410/a')}  answered 410")
    assert await command(Wanted(runs=[gone], host="elsewhere:1"), again=True) == ["there are none"]
    sent = await command(Wanted(runs=[gone], host=f"127.0.0.1:{receiver.port}"), again=True)
    assert sent == [line, "sending 1 again"]
    assert len(await _told(receiver, "/fails-9-with-410/a", 3)) == 3
    with pytest.raises(StartupError, match="given up"):
        await command(Wanted("pending"), again=True)
    refused = await http.post(f"/threads/{thread_id}/runs/{failing}/webhook")
    assert (refused.status_code, "only one that failed" in refused.json()["detail"]) == (409, True)
    missing = await http.get(f"/threads/{thread_id}/runs/{thread_id}/webhook")
    assert missing.status_code == 404
    await client.threads.delete(thread_id)
    assert (await http.get(f"/threads/{thread_id}/runs/{failing}/webhook")).status_code == 404
    assert (await http.get(f"/threads/{thread_id}/runs/{redirected}/webhook")).json()["status"] == "pending"


@pytest.mark.parametrize(
    "way", ["/runs", "/runs/stream", "/runs/wait", "/threads/{thread_id}/runs/wait", "/runs/batch"]
)
async def test_a_url_that_leads_inside_is_refused_however_a_run_is_started(
    live: Planloom, http: httpx.AsyncClient, way: str
) -> None:
    async with get_client(url=live.url) as client:
        thread_id = await new_thread(client)
    body = {"assistant_id": "echo", "input": said("hello"), "webhook": "http://169.254.169.254/latest/meta-data"}
    answer = await http.post(way.format(thread_id=thread_id), json=[body] if way.endswith("batch") else body)
    assert (answer.status_code, answer.json()) == (422, {"detail": "Webhook host blocked: blocked IP range"})
    own = await http.post("/runs", json={**body, "webhook": "/own/hook"})
    assert own.status_code == 422, "a path that no own route serves"
