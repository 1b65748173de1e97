"""Rows that the server's repositories need around them."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from server.db.pool import Pool
from server.ids import new_id
from server.runs import lifecycle
from server.runs.lifecycle import NewRun
from server.threads import repository as threads


async def new_thread(pool: Pool) -> UUID:
    """The id of a new thread."""
    thread_id = new_id()
    async with pool.connection() as connection:
        await threads.insert(connection, thread_id, {})
    return thread_id


async def new_run(
    pool: Pool, thread_id: UUID | None = None, *, dispatched: bool = False, claim: bool = False, delay: float = 0
) -> UUID:
    """The id of a new run: pending, unless it is to be claimed."""
    kwargs: dict[str, Any] = {"input": None}
    run = NewRun(
        run_id=new_id(),
        thread_id=thread_id or await new_thread(pool),
        assistant_id=new_id(),
        graph_id="echo",
        kwargs=kwargs,
        metadata={},
        multitask_strategy="enqueue",
        delay=timedelta(seconds=delay),
        claim=claim,
    )
    async with pool.connection() as connection:
        await lifecycle.insert(connection, run)
        if dispatched:
            await lifecycle.dispatch(connection, run.run_id)
    return run.run_id
