"""What a process does unasked: it hears of what other processes do, executes runs, sends webhooks and sweeps threads."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta

from server.db.notifications import Handler, Notifications
from server.events.log import CHANNEL as EVENTS_CHANNEL
from server.foundation import Foundation
from server.graph_loader import Graphs
from server.runs.claims import CANCEL_CHANNEL, Claims
from server.runs.executor import RunExecutor
from server.runs.thread_sweeper import ThreadSweeper
from server.runs.witnesses import Witnesses
from server.runs.worker import Worker
from server.settings import Settings
from server.threads.service import ThreadService
from server.threads.ttl import TtlPolicy


@asynccontextmanager
async def working(
    foundation: Foundation,
    settings: Settings,
    graphs: Graphs,
    threads: ThreadService,
    ttl: TtlPolicy,
    handlers: Mapping[str, Handler],
) -> AsyncIterator[Worker | None]:
    """Do it all until the end, in which what was started last stops first. Yields the worker; None if `settings.workers` is 0.

    `handlers` hear notifications, by channel, besides those that the work itself listens to.
    """
    pool, event_log, direct_url = foundation.pool, foundation.event_log, foundation.direct_url
    claims = Claims(pool, foundation.queue, event_log, threads, foundation.notices)
    executor = RunExecutor(claims, graphs, event_log, Witnesses(foundation.tracing, foundation.telemetry))
    async with AsyncExitStack() as stack:
        notifications = Notifications(
            direct_url,
            {
                EVENTS_CHANNEL: event_log.on_notification,
                CANCEL_CHANNEL: executor.on_notification,
                **foundation.jobs.notification_handlers(),
                **handlers,
            },
        )
        await notifications.start()
        stack.push_async_callback(notifications.close)
        sweeper = ThreadSweeper(pool, threads, event_log, ttl)
        sweeper.start()
        stack.push_async_callback(sweeper.close)
        worker = None
        if settings.workers:
            retention = timedelta(hours=settings.event_retention_hours)
            worker = Worker(claims, foundation.queue, executor, settings.workers, retention, direct_url)
            worker.start()
            stack.push_async_callback(worker.close)
        foundation.webhooks.start(sends=settings.workers > 0)
        yield worker
