"""A webhook is written down where its run becomes final: not sent before, and not lost by a process that dies right after."""

import asyncio

import pytest
from langgraph.graph import START, StateGraph
from typing_extensions import TypedDict

from server.db.pool import Pool
from server.graph_loader import Graphs, LoadedGraph
from server.langgraph_json import ProjectConfig
from server.runs.schemas import RunCreate
from server.runtime import running
from server.settings import load_settings
from server.webhooks.courier import Courier
from tests.acceptance.server.receiver import WebhookReceiver


class State(TypedDict, total=False):
    said: str


class Held:
    """A graph whose only step waits until it is released."""

    def __init__(self) -> None:
        self.reached, self.released = asyncio.Event(), asyncio.Event()
        builder = StateGraph(State)
        builder.add_node("hold", self._hold)
        builder.add_edge(START, "hold")
        self.graphs = Graphs({"held": LoadedGraph("held", None, builder.compile())})

    async def _hold(self, _: State) -> State:
        self.reached.set()
        await self.released.wait()
        return {"said": "held"}


async def test_it_is_sent_by_another_process_when_the_one_that_ended_the_run_sends_nothing(
    pool: Pool, database_url: str, receiver: WebhookReceiver, tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = Held()
    project = ProjectConfig.model_validate(
        {
            "graphs": {"held": "./a.py:b"},
            "webhooks": {"url": {"disable_loopback": False, "require_https": False}},
            "folder": tmp_path,
        }
    )
    settings = load_settings(database_url=database_url, workers=1)

    async def count(what: str) -> int:
        async with pool.connection() as connection:
            row = await (await connection.execute(f"select count(*) as n from {what}")).fetchone()
        return int(row["n"]) if row else 0

    with monkeypatch.context() as without_courier:
        without_courier.setattr(Courier, "start", lambda _: None)
        async with running(settings, held.graphs, database_url, project) as first:
            request = RunCreate(assistant_id="held", input={}, webhook=receiver.url("/ok/outbox"))
            run = await first.runs.admit(None, request)
            await held.reached.wait()
            assert await count("webhook_deliveries") == 0, "the run is not over"
            held.released.set()
            await first.runs.until_over(run.run_id)
            assert await count("webhook_deliveries where status = 'pending'") == 1
            assert await count("runs") == 0
    assert receiver.heard("/ok/outbox") == []
    async with running(settings, held.graphs, database_url, project) as second:
        heard = await asyncio.to_thread(receiver.until, "/ok/outbox")
        assert (heard[0].told["run_id"], heard[0].told["status"]) == (str(run.run_id), "success")
        while (await second.webhooks.service.get(run.thread_id, run.run_id)).status != "delivered":
            pass
