"""Threads' time to live: given, shown, counted anew, and over."""

import asyncio
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest
from langgraph_sdk import get_client
from langgraph_sdk.client import LangGraphClient
from langgraph_sdk.errors import NotFoundError

from tests.acceptance.server.live import PROJECT, Planloom, fresh_database, serve
from tests.acceptance.server.running import new_thread, said, started, texts

SOON = 0.01  # minutes
A_DAY = 1440.0


def _expires(thread: object) -> datetime:
    assert isinstance(thread, dict)
    return datetime.fromisoformat(thread["ttl"]["expires_at"])


async def test_a_threads_time_to_live_is_shown_when_asked_for(client: LangGraphClient, http: httpx.AsyncClient) -> None:
    thread = await client.threads.create(ttl=90)
    assert "ttl" not in thread
    assert "ttl" not in await client.threads.get(thread["thread_id"])
    shown = await client.threads.get(thread["thread_id"], include=["ttl"])
    assert (shown["ttl"]["strategy"], shown["ttl"]["ttl_minutes"]) == ("delete", 90)
    created = datetime.fromisoformat(str(thread["created_at"]))
    assert _expires(shown) - created == timedelta(minutes=90)
    keeping = await client.threads.create(ttl={"ttl": 1.5, "strategy": "keep_latest"})
    shown = await client.threads.get(keeping["thread_id"], include=["ttl"])
    assert (shown["ttl"]["strategy"], shown["ttl"]["ttl_minutes"]) == ("keep_latest", 1.5)
    alone = (await http.post("/threads", json={"ttl": 5})).json()
    shown = await client.threads.get(alone["thread_id"], include=["ttl"])
    assert (shown["ttl"]["strategy"], shown["ttl"]["ttl_minutes"]) == ("delete", 5)
    endless = await client.threads.get(await new_thread(client), include=["ttl"])
    assert "ttl" not in endless


async def test_patching_and_using_a_thread_counts_its_time_anew(client: LangGraphClient) -> None:
    thread_id = await new_thread(client)
    await client.threads.update(thread_id, metadata={}, ttl={"ttl": 60, "strategy": "keep_latest"})
    first = await client.threads.get(thread_id, include=["ttl"])
    assert first["ttl"]["strategy"] == "keep_latest"
    await client.threads.update(thread_id, metadata={"only": "metadata"})
    unchanged = await client.threads.get(thread_id, include=["ttl"])
    assert unchanged["ttl"] == first["ttl"]
    await client.runs.wait(thread_id, "echo", input=said("hi"))
    used = await client.threads.get(thread_id, include=["ttl"])
    assert _expires(used) > _expires(first)
    await client.threads.update_state(thread_id, {"messages": []})
    assert _expires(await client.threads.get(thread_id, include=["ttl"])) > _expires(used)
    await client.threads.update(thread_id, metadata={}, ttl=A_DAY)
    longer = await client.threads.get(thread_id, include=["ttl"])
    assert (longer["ttl"]["strategy"], longer["ttl"]["ttl_minutes"]) == ("delete", A_DAY)


@pytest.fixture(scope="module")
def sweeping(postgres_url: str, template_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Planloom]:
    """A server that looks for expired threads several times a second, and gives threads a day by default."""
    folder: Path = tmp_path_factory.mktemp("sweeping")
    ttl = {"strategy": "keep_latest", "default_ttl": A_DAY, "sweep_interval_minutes": 0.005, "sweep_limit": 50}
    config = folder / "langgraph.json"
    config.write_text(json.dumps(json.loads(PROJECT.read_text()) | {"checkpointer": {"ttl": ttl}}))
    (folder / "graphs.py").write_text((PROJECT.parent / "graphs.py").read_text())
    with fresh_database(postgres_url, template_database) as url, serve(url, folder, config=config) as server:
        yield server


async def _gone(client: LangGraphClient, thread_id: str) -> None:
    while True:
        try:
            await client.threads.get(thread_id)
        except NotFoundError:
            return
        await asyncio.sleep(0.05)


async def _thinned_out(client: LangGraphClient, thread_id: str) -> None:
    while True:
        if len(await client.threads.get_history(thread_id)) == 1:
            return
        await asyncio.sleep(0.05)


async def test_an_expired_thread_goes_with_all_it_has(sweeping: Planloom) -> None:
    async with get_client(url=sweeping.url) as client:
        stays = await new_thread(client)
        thread_id = (await client.threads.create(ttl=A_DAY))["thread_id"]
        await client.runs.wait(thread_id, "echo", input=said("hi"))
        await client.threads.update(thread_id, metadata={}, ttl={"ttl": SOON})
        await _gone(client, thread_id)
        await client.threads.create(thread_id=thread_id, metadata={"graph_id": "echo"})
        assert await client.threads.get_history(thread_id) == []
        assert await client.runs.list(thread_id) == []
        assert (await client.threads.get(stays))["status"] == "idle"


async def test_keep_latest_thins_an_expired_thread_out(sweeping: Planloom) -> None:
    async with get_client(url=sweeping.url) as client:
        thread_id = (await client.threads.create(ttl={"ttl": A_DAY, "strategy": "keep_latest"}))["thread_id"]
        outcome = await client.runs.wait(thread_id, "echo", input=said("hi"))
        await client.threads.update(thread_id, metadata={}, ttl={"ttl": SOON, "strategy": "keep_latest"})
        await _thinned_out(client, thread_id)
        thread = await client.threads.get(thread_id)
        assert thread["values"] == outcome == (await client.threads.get_state(thread_id))["values"]
        assert texts(await client.runs.wait(thread_id, "echo", input=said("more")))[:3] == [
            "hi",
            "You said: hi",
            "more",
        ]


async def test_a_thread_is_not_swept_while_it_has_a_run(sweeping: Planloom) -> None:
    async with get_client(url=sweeping.url) as client:
        busy = await new_thread(client)
        run_id = await started(client, busy)
        await client.threads.update(busy, metadata={}, ttl={"ttl": 0})
        idle = (await client.threads.create(ttl={"ttl": SOON}))["thread_id"]
        await _gone(client, idle)
        assert (await client.threads.get(busy))["status"] == "busy"
        await client.runs.cancel(busy, run_id, wait=True)
        await _gone(client, busy)


async def test_threads_that_say_nothing_get_the_projects_default(sweeping: Planloom) -> None:
    async with get_client(url=sweeping.url) as client:
        of_its_own = await client.threads.get(await new_thread(client), include=["ttl"])
        run = await client.runs.create(None, "echo", input=said("hi"), on_completion="keep")
        of_a_run = await client.threads.get(run["thread_id"], include=["ttl"])
        for thread in (of_its_own, of_a_run):
            assert (thread["ttl"]["strategy"], thread["ttl"]["ttl_minutes"]) == ("keep_latest", A_DAY)
