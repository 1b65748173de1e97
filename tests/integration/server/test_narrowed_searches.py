"""A project's handler may narrow a search by what it adds to the metadata that are searched for: lists obey it, too."""

from typing import Any

from langgraph.graph import START, StateGraph
from langgraph_sdk import Auth
from typing_extensions import TypedDict

from server.assistants.service import AssistantService
from server.auth.access import Access
from server.auth.policy import Policy
from server.auth.users import User
from server.crons.schemas import CronSearch, ThreadCronCreate
from server.crons.service import CronService
from server.db.jobs import Jobs
from server.db.pool import Pool
from server.events.log import EventLog
from server.graph_loader import Graphs, LoadedGraph
from server.protocols.a2a.params import ListParams
from server.protocols.a2a.pushes import Pushes
from server.protocols.a2a.tasks import TaskService
from server.runs.final_notices import FinalNotices
from server.runs.queue import RunQueue
from server.runs.schemas import RunCreate
from server.runs.service import RunService
from server.settings import load_settings
from server.threads.schemas import ThreadCreate
from server.threads.service import ThreadService
from server.webhooks.opening import opened_webhooks


class Nothing(TypedDict, total=False):
    """A state."""

    n: int


def _stamping() -> Policy:
    """Searches find what belongs to the searcher; nothing else is said."""
    auth = Auth()

    async def stamp(ctx: Any, value: Any) -> None:
        value["metadata"]["owner"] = ctx.user.identity

    auth.on.threads.search(stamp)
    return Policy(auth)


async def test_who_searches_finds_what_the_handler_has_them_search_for(pool: Pool) -> None:
    graph = StateGraph(Nothing).add_node("n", lambda _: {"n": 1}).add_edge(START, "n").compile()
    graphs = Graphs({"nothing": LoadedGraph("nothing", None, graph)})
    jobs, log = Jobs(pool), EventLog(pool, None)
    webhooks, queue = opened_webhooks(pool, jobs, load_settings()), RunQueue(jobs)
    await jobs.open()
    assistants, threads = AssistantService(pool, graphs), ThreadService(pool, graphs)
    await assistants.ensure_system_assistants()
    runs = RunService(pool, queue, log, threads, assistants, webhooks.gate, FinalNotices(webhooks.outbox))
    crons, tasks = (
        CronService(pool, threads, assistants, runs),
        TaskService(pool, assistants, threads, runs, Pushes(pool, threads, webhooks.outbox, webhooks.gate)),
    )
    owned = {}
    for owner in ("ann", "bob"):
        thread = await threads.create(ThreadCreate(metadata={"owner": owner}))
        owned[owner] = thread.thread_id
        await runs.admit(thread.thread_id, RunCreate(assistant_id="nothing", input={}))
        await crons.create(thread.thread_id, ThreadCronCreate(assistant_id="nothing", schedule="@daily"))
    ann = Access(_stamping(), User({"identity": "ann"}))

    page = await tasks.on_behalf_of(ann).lists.page(await assistants.runnable("nothing"), ListParams(), "context")
    assert ([task.context_id for task in page.tasks], page.total) == ([str(owned["ann"])], 1)
    crons_found = await crons.on_behalf_of(ann).search(CronSearch())
    assert [cron.thread_id for cron in crons_found.found] == [owned["ann"]]
    await webhooks.close()
    await log.close()
