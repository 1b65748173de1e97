"""Everything that a serving process owns, started and stopped together: pool, listeners, event log, services, worker."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import structlog

from server.assistants.service import AssistantService
from server.auth.loading import load_auth
from server.background_work import working
from server.crons.firing import CronFirer
from server.crons.service import CronService
from server.db.pool import Pool
from server.events.thread_news import CHANNEL as THREADS_CHANNEL
from server.events.thread_news import ThreadNews
from server.foundation import Foundation, opened_foundation
from server.graph_loader import Graphs
from server.health import Health
from server.langgraph_json import ProjectConfig
from server.langgraph_sections import CheckpointTtlSpec
from server.metrics.gauges import shown
from server.protocols.a2a.pushes import Pushes
from server.protocols.events.commands import Commands
from server.protocols.events.run_commands import RunCommands
from server.protocols.events.session import ThreadEvents
from server.protocols.events.state_commands import StateCommands
from server.protocols.mcp.live_calls import CHANNEL as MCP_CHANNEL
from server.protocols.mcp.live_calls import LiveCalls
from server.protocols.mcp.service import McpService
from server.runs.depth import QueueDepth
from server.runs.feedback import RunFeedback
from server.runs.records import RunRecords
from server.runs.service import RunService
from server.runs.thread_stream import ThreadStream
from server.runs.worker import Worker
from server.settings import Settings
from server.store.service import StoreService
from server.telemetry.observation import Telemetry
from server.threads.service import ThreadService
from server.threads.ttl import TtlPolicy
from server.tracing.service import Tracing
from server.vital_signs import dependencies_of, gauges_of
from server.webhooks.opening import Webhooks
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
    pushes: Pushes
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
        base = await stack.enter_async_context(opened_foundation(settings, graphs, database_url, project, own_app))
        assistants = AssistantService(base.pool, graphs)
        await assistants.ensure_system_assistants()
        ttl = _ttl_policy(project.checkpointer.ttl if project else None)
        threads = ThreadService(base.pool, graphs, ttl)
        pushes = Pushes(base.pool, threads, base.webhooks.outbox, base.webhooks.gate)
        base.webhooks.courier.tell_by(pushes.told)
        base.notices.watch_by(pushes.settled)
        news, live_calls = ThreadNews(), LiveCalls()
        handlers = {THREADS_CHANNEL: news.on_notification, MCP_CHANNEL: live_calls.on_notification}
        worker = await stack.enter_async_context(working(base, settings, graphs, threads, ttl, handlers))
        runs = RunService(
            base.pool,
            base.queue,
            base.event_log,
            threads,
            assistants,
            base.webhooks.gate,
            base.notices,
            worker,
            base.tracing,
        )
        policy = load_auth(project)[1] if project else None
        firer = CronFirer(base.pool, runs, threads, policy, timedelta(seconds=settings.cron_grace_seconds))
        firer.start()
        stack.push_async_callback(firer.close)
        stack.enter_context(shown(gauges_of(base.pool, base.event_log, worker, base.tracing)))
        yield _runtime(base, assistants, threads, runs, worker, news, live_calls, pushes)


def _runtime(
    base: Foundation,
    assistants: AssistantService,
    threads: ThreadService,
    runs: RunService,
    worker: Worker | None,
    news: ThreadNews,
    live_calls: LiveCalls,
    pushes: Pushes,
) -> Runtime:
    """All services, over those that the others are made of."""
    thread_events = ThreadEvents(base.pool, base.event_log, news, threads)
    run_commands = RunCommands(runs, threads, assistants, thread_events)
    return Runtime(
        pool=base.pool,
        assistants=assistants,
        threads=threads,
        runs=runs,
        run_records=RunRecords(base.pool, base.event_log, threads),
        run_feedback=RunFeedback(base.pool, threads, base.tracing),
        thread_stream=ThreadStream(base.pool, base.event_log, news, threads),
        thread_events=thread_events,
        commands=Commands(run_commands, StateCommands(threads), thread_events),
        store=base.store,
        mcp=McpService(base.pool, assistants, runs, live_calls),
        crons=CronService(base.pool, threads, assistants, runs),
        worker=worker,
        webhooks=base.webhooks,
        pushes=pushes,
        queue_depth=QueueDepth(base.pool),
        health=Health(dependencies_of(base.pool, base.event_log, worker, base.tracing)),
        tracing=base.tracing,
        telemetry=base.telemetry,
    )


def _ttl_policy(spec: CheckpointTtlSpec | None) -> TtlPolicy:
    if spec is None:
        return TtlPolicy()
    return TtlPolicy(spec.strategy, spec.default_ttl, spec.sweep_interval_minutes, spec.sweep_limit)
