"""What a running process shows of itself: gauges to those who scrape it, dependencies to those who ask how it is."""

from typing import Any

from server.background import losses
from server.db.pool import Pool
from server.events.log import EventLog
from server.health import DegradedError, Dependency
from server.metrics.gauges import Gauges
from server.runs.worker import Worker
from server.tracing.service import Tracing


def gauges_of(pool: Pool, event_log: EventLog, worker: Worker | None, tracing: Tracing) -> Gauges:
    """Readings of what the process has at the moment."""
    gauges = Gauges()
    gauges.gauges("db_pool_connections", "Connections to Postgres of this process", "state", lambda: _pool_use(pool))
    gauges.gauge("db_pool_waiting", "Those who wait for a connection", lambda: pool.get_stats()["requests_waiting"])
    gauges.gauge("event_log_pending", "Events that are emitted and not durable yet", lambda: event_log.pending)
    gauges.gauge("traces_pending", "Steps of traces on their way to LangSmith", lambda: tracing.counts.pending)
    gauges.counter("traces_sent_total", "Steps of traces that LangSmith took", lambda: tracing.counts.sent)
    gauges.counter(
        "traces_dropped_total", "Steps of traces that were not sent, or not taken", lambda: tracing.counts.dropped
    )
    gauges.gauge("background_tasks_dead", "What this process did all the time and does no more", lambda: len(losses()))
    if worker is not None:
        gauges.gauge("worker_slots", "Runs that this process executes at once, at most", lambda: worker.slots.count)
        gauges.gauge("worker_slots_busy", "Runs that this process executes", lambda: worker.busy)
    return gauges


def dependencies_of(pool: Pool, event_log: EventLog, worker: Worker | None, tracing: Tracing) -> list[Dependency]:
    """What the process leans on, and how to ask it."""

    async def postgres() -> dict[str, Any]:
        async with pool.connection() as connection:
            cursor = await connection.execute("select current_setting('server_version') as version")
            row = await cursor.fetchone()
        return {"version": (row or {}).get("version"), "connections": _pool_use(pool)}

    async def redis() -> dict[str, Any]:
        await event_log.ping_carrier()
        return {}

    async def working() -> dict[str, Any]:
        if worker is None or not worker.is_working:
            raise DegradedError("it takes no runs; the log tells why")
        return {"slots": worker.slots.count, "busy": worker.busy}

    async def background() -> dict[str, Any]:
        if lost := losses():
            raise DegradedError(f"{'; '.join(lost)}: restart the process; the log tells why")
        return {}

    async def langsmith() -> dict[str, Any]:
        counts = tracing.counts  # what became of what was sent: asking LangSmith each time would be its load, not ours
        if tracing.is_failing:
            raise DegradedError(
                f"it takes no traces; runs go on without ({counts.dropped} steps dropped); the log tells why"
            )
        return {"sent": counts.sent, "dropped": counts.dropped, "pending": counts.pending}

    found = [Dependency("postgres", postgres, needed=True), Dependency("background", background)]
    if event_log.has_carrier:
        found.append(Dependency("redis", redis))
    if worker is not None:
        found.append(Dependency("worker", working))
    if tracing.is_on:
        found.append(Dependency("langsmith", langsmith))
    return found


def _pool_use(pool: Pool) -> dict[str, float]:
    stats = pool.get_stats()
    idle = stats["pool_available"]
    return {"idle": idle, "busy": stats["pool_size"] - idle, "max": stats["pool_max"]}
