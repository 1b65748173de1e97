"""What the services of a process and its background work stand on: database, event log, job queue, what leaves the process."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import structlog

from server.db.jobs import Jobs
from server.db.pool import Pool, create_pool
from server.db.pooler import ADVICE, goes_through_pooler
from server.events.log import EventLog
from server.graph_loader import Graphs
from server.langgraph_json import ProjectConfig
from server.runs.final_notices import FinalNotices
from server.runs.queue import RunQueue
from server.settings import Settings
from server.store.opening import StoreOptions, opened_store, store_options
from server.store.service import StoreService
from server.telemetry.observation import Telemetry
from server.telemetry.opening import opened_telemetry
from server.tracing.opening import tracing_options
from server.tracing.salt import salted
from server.tracing.service import Tracing, opened_tracing
from server.webhooks.opening import Webhooks, opened_webhooks
from server.webhooks.own_app import OwnApp

log = structlog.get_logger("planloom.server")


@dataclass(frozen=True)
class Foundation:
    """What is open while the process runs. `direct_url` is the way to Postgres past any pooler."""

    pool: Pool
    direct_url: str
    store: StoreService
    event_log: EventLog
    jobs: Jobs
    queue: RunQueue
    webhooks: Webhooks
    notices: FinalNotices
    tracing: Tracing
    telemetry: Telemetry


@asynccontextmanager
async def opened_foundation(
    settings: Settings, graphs: Graphs, database_url: str, project: ProjectConfig | None, own_app: OwnApp | None
) -> AsyncIterator[Foundation]:
    """Open it all as settings and `project` say, with the graphs on its pool and its store; close it in reverse."""
    async with AsyncExitStack() as stack:
        telemetry = await stack.enter_async_context(opened_telemetry(settings))
        direct_url = settings.direct_url(database_url)
        pool = await stack.enter_async_context(
            create_pool(database_url, settings.db_pool_size, prepares=not settings.is_pooled)
        )
        await pool.wait()
        await _warn_of_pooler(settings, pool)
        store = await stack.enter_async_context(
            opened_store(pool, direct_url, store_options(project) if project else StoreOptions())
        )
        graphs.bind(pool, store, in_pieces=settings.checkpoint_storage == "pieces")
        event_log = EventLog(pool, settings.redis_url)
        event_log.start()
        stack.push_async_callback(event_log.close)
        jobs = Jobs(pool)
        queue = RunQueue(jobs)
        webhooks = opened_webhooks(
            pool,
            jobs,
            settings,
            project.webhooks if project else None,
            own_app=own_app,
            is_open=project is None or not project.http.disable_webhooks,
        )
        stack.push_async_callback(webhooks.close)
        notices = FinalNotices(webhooks.outbox, project.http.configurable_headers if project else None)
        await jobs.open()
        tracing = await stack.enter_async_context(
            opened_tracing(await salted(tracing_options(settings, project) if project else None, pool))
        )
        yield Foundation(
            pool=pool,
            direct_url=direct_url,
            store=StoreService(store),
            event_log=event_log,
            jobs=jobs,
            queue=queue,
            webhooks=webhooks,
            notices=notices,
            tracing=tracing,
            telemetry=telemetry,
        )


async def _warn_of_pooler(settings: Settings, pool: Pool) -> None:
    """A pooler that nobody told us of makes for a server that is slow for no visible reason."""
    async with pool.connection() as connection:
        if not settings.is_pooled and await goes_through_pooler(connection):
            log.warning(f"DATABASE_URL goes through a pooler. {ADVICE}")
