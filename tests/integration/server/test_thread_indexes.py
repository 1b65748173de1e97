"""The queries on threads that run all the time are answered from indexes."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

import pytest

from server.auth.filters import EVERYTHING
from server.db.checkpoints import of_thread as checkpoints
from server.db.pool import Pool
from server.db.searches import Slice
from server.runs import thread_order
from server.threads import repository
from server.threads.repository import ThreadFilter
from tests.integration.server.explaining import scans

THREAD = uuid4()


async def _sorted_by(connection: Any, column: str) -> Any:
    return await repository.search(
        connection, ThreadFilter(EVERYTHING), Slice(column, descending=True, limit=10, offset=0)
    )


@pytest.mark.parametrize(
    "ask",
    [
        repository.lock_expired,
        lambda connection: repository.lock_all(connection, [THREAD]),
        lambda connection: repository.renew_ttl(connection, THREAD),
        lambda connection: _sorted_by(connection, "updated_at"),
        lambda connection: _sorted_by(connection, "created_at"),
        lambda connection: _sorted_by(connection, "state_updated_at"),
        lambda connection: repository.count(connection, ThreadFilter(EVERYTHING, metadata={"a": 1})),
        lambda connection: thread_order.newest(connection, THREAD),
        lambda connection: thread_order.following(connection, THREAD, None),
        lambda connection: thread_order.locate(connection, THREAD, 1, 1),
        lambda connection: thread_order.end_of(connection, THREAD),
        lambda connection: checkpoints.storage(connection, THREAD),
        lambda connection: checkpoints.building_on_writes(connection, THREAD),
        lambda connection: checkpoints.copy(connection, THREAD, uuid4()),
        lambda connection: checkpoints.keep_latest(connection, THREAD),
    ],
)
async def test_a_query_on_threads_needs_no_sequential_scan(pool: Pool, ask: Callable[[Any], Awaitable[Any]]) -> None:
    assert await scans(pool, ask) == []
