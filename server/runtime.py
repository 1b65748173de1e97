"""Everything that a serving process owns, started and stopped together: pool, listeners, event log, services, worker."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import structlog

from server.assistants.service import AssistantService
from server.auth.loading import load_auth
from server.crons.firing import CronFirer
from server.crons.service import CronService
from server.db.jobs import Jobs
from server.db.notifications import Notifications
from server.db.pool import Pool, create_pool
from server.db.pooler import ADVICE, goes_through_pooler
from server.events.log import CHANNEL as EVENTS_CHANNEL
from server.events.log import EventLog
from server.events.thread_news import CHANNEL as THREADS_CHANNEL
from server.events.thread_news import ThreadNews
from server.graph_loader import Graphs
from server.health import Health
from server.langgraph_json import ProjectConfig
from server.langgraph_sections import CheckpointTtlSpec
from server.metrics.gauges import shown
from server.protocols.events.commands import Commands
from server.protocols.events.run_commands import RunCommands
from server.protocols.events.session import ThreadEvents
from server.protocols.events.state_commands import StateCommands
from server.protocols.mcp.live_calls import CHANNEL as MCP_CHANNEL
from server.protocols.mcp.live_calls import LiveCalls
from server.protocols.mcp.service import McpService
from server.runs.claims import CANCEL_CHANNEL, Claims
from server.runs.depth import QueueDepth
from server.runs.executor import RunExecutor
from server.runs.feedback import RunFeedback
from server.runs.final_notices import FinalNotices
from server.runs.queue import RunQueue
from server.runs.records import RunRecords
from server.runs.service import RunService
from server.runs.thread_stream import ThreadStream
from server.runs.thread_sweeper import ThreadSweeper
from server.runs.witnesses import Witnesses
from server.runs.worker import Worker
from server.settings import Settings
from server.store.opening import StoreOptions, opened_store, store_options
from server.store.service import StoreService
from server.telemetry.observation import Telemetry
from server.telemetry.opening import opened_telemetry
from server.threads.service import ThreadService
from server.threads.ttl import TtlPolicy
from server.tracing.opening import tracing_options
from server.tracing.service import Tracing, opened_tracing
from server.vital_signs import dependencies_of, gauges_of
from server.webhooks.opening import Webhooks, opened_webhooks
from server.webhooks.own_app import OwnApp

log = structlog.get_logger("planloom.server")


@dataclass(frozen=True)
class Runtime:
    """The services of a running process."""

    pool: Pool
    assistants: AssistantService
    threads: ThreadService
    runs: RunService
    run_records: RunRecords
    run_feedback: RunFeedback
    thread_stream: ThreadStream
    thread_events: ThreadEvents
    commands: Commands
    store: StoreService
    mcp: McpService
    crons: CronService
    worker: Worker | None
    webhooks: Webhooks
    queue_depth: QueueDepth
    health: Health
    tracing: Tracing
    telemetry: Telemetry


@asynccontextmanager
async def running(
    settings: Settings,
    graphs: Graphs,
    database_url: str,
    project: ProjectConfig | None = None,
    own_app: OwnApp | None = None,
) -> AsyncIterator[Runtime]:
    """Start it all, as settings and `project` say, with a worker unless `settings.workers` is 0; stop it in reverse.

    `own_app` is the application in a process that serves one, for webhooks to the project's own routes.
    """
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
        assistants = AssistantService(pool, graphs)
        ttl = _ttl_policy(project.checkpointer.ttl if project else None)
        threads = ThreadService(pool, graphs, ttl)
        claims = Claims(pool, queue, event_log, threads, notices)
        tracing = await stack.enter_async_context(
            opened_tracing(tracing_options(settings, project) if project else None)
        )
        executor = RunExecutor(claims, graphs, event_log, Witnesses(tracing, telemetry))
        thread_news = ThreadNews()
        live_calls = LiveCalls()
        notifications = Notifications(
            direct_url,
            {
                EVENTS_CHANNEL: event_log.on_notification,
                CANCEL_CHANNEL: executor.on_notification,
                THREADS_CHANNEL: thread_news.on_notification,
                **jobs.notification_handlers(),
                MCP_CHANNEL: live_calls.on_notification,
            },
        )
        await notifications.start()
        stack.push_async_callback(notifications.close)
        await assistants.ensure_system_assistants()
        sweeper = ThreadSweeper(pool, threads, event_log, ttl)
        sweeper.start()
        stack.push_async_callback(sweeper.close)
        worker = None
        if settings.workers:
            worker = Worker(
                claims, queue, executor, settings.workers, timedelta(hours=settings.event_retention_hours), direct_url
            )
            worker.start()
            stack.push_async_callback(worker.close)
        webhooks.start(sends=settings.workers > 0)
        runs = RunService(pool, queue, event_log, threads, assistants, webhooks.gate, notices, worker, tracing)
        thread_stream = ThreadStream(pool, event_log, thread_news, threads)
        thread_events = ThreadEvents(pool, event_log, thread_news, threads)
        commands = Commands(
            RunCommands(runs, threads, assistants, thread_events), StateCommands(threads), thread_events
        )
        run_records = RunRecords(pool, event_log, threads)
        policy = load_auth(project)[1] if project else None
        firer = CronFirer(pool, runs, threads, policy, timedelta(seconds=settings.cron_grace_seconds))
        firer.start()
        stack.push_async_callback(firer.close)
        stack.enter_context(shown(gauges_of(pool, event_log, worker, tracing)))
        yield Runtime(
            pool=pool,
            assistants=assistants,
            threads=threads,
            runs=runs,
            run_records=run_records,
            run_feedback=RunFeedback(pool, threads, tracing),
            thread_stream=thread_stream,
            thread_events=thread_events,
            commands=commands,
            store=StoreService(store),
            mcp=McpService(pool, assistants, runs, live_calls),
            crons=CronService(pool, threads, assistants, runs),
            worker=worker,
            webhooks=webhooks,
            queue_depth=QueueDepth(pool),
            health=Health(dependencies_of(pool, event_log, worker, tracing)),
            tracing=tracing,
            telemetry=telemetry,
        )


async def _warn_of_pooler(settings: Settings, pool: Pool) -> None:
    """A pooler that nobody told us of makes for a server that is slow for no visible reason."""
    async with pool.connection() as connection:
        if not settings.is_pooled and await goes_through_pooler(connection):
            log.warning(f"DATABASE_URL goes through a pooler. {ADVICE}")


def _ttl_policy(spec: CheckpointTtlSpec | None) -> TtlPolicy:
    if spec is None:
        return TtlPolicy()
    return TtlPolicy(spec.strategy, spec.default_ttl, spec.sweep_interval_minutes, spec.sweep_limit)
