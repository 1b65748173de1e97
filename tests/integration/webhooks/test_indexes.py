"""The queries on webhook deliveries are answered from indexes."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from server.auth.filters import EVERYTHING, Filter
from server.db.pool import Pool
from server.webhooks import repository
from tests.integration.server.test_thread_indexes import _Explaining

RUN = uuid4()
OWNED = Filter.parse({"owner": "ann"})


@pytest.mark.parametrize(
    "ask",
    [
        lambda connection: repository.claim(connection, RUN, 0, timedelta(seconds=1)),
        lambda connection: repository.take_back_expired(connection),
        lambda connection: repository.send_again(connection, RUN, 3),
        lambda connection: repository.get(connection, RUN),
        lambda connection: repository.forget(connection, [RUN]),
        lambda connection: repository.sweep(connection, timedelta(hours=1)),
        lambda connection: repository.page(connection, EVERYTHING, metadata={}, status=None, limit=10, offset=0),
        lambda connection: repository.page(connection, OWNED, metadata={"a": 1}, status="failed", limit=10, offset=0),
    ],
)
async def test_a_query_on_deliveries_needs_no_sequential_scan(pool: Pool, ask: Callable[[Any], Awaitable[Any]]) -> None:
    async with pool.connection() as connection, connection.transaction():
        await connection.execute("set local enable_seqscan = off")  # the tables are empty: a scan would be cheapest
        explaining = _Explaining(connection)
        await ask(explaining)
    assert explaining.plans
    for plan in explaining.plans:
        assert "Seq Scan" not in plan, plan
        assert "Sort" not in plan or "deliveries" not in plan.split("Sort")[1][:200], plan
