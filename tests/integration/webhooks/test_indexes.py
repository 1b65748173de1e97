"""The queries on webhook deliveries are answered from indexes."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

from server.auth.filters import EVERYTHING, Filter
from server.db.pool import Pool
from server.webhooks import repository
from tests.integration.server.explaining import Explaining

RUN = uuid4()
OWNED = Filter.parse({"owner": "ann"})


async def test_a_query_on_deliveries_needs_no_sequential_scan(pool: Pool) -> None:
    async with pool.connection() as connection, connection.transaction():
        await connection.execute("set local enable_seqscan = off")  # the tables are empty: a scan would be cheapest
        explaining: Any = Explaining(connection)
        await repository.claim(explaining, RUN, 0, timedelta(seconds=1))
        await repository.defer(explaining, RUN, 0, timedelta(seconds=1))
        await repository.take_back_expired(explaining)
        await repository.send_again(explaining, RUN, 3)
        await repository.get(explaining, RUN)
        await repository.by_id(explaining, RUN)
        await repository.forget(explaining, [RUN])
        await repository.sweep(explaining, timedelta(hours=1))
        await repository.page(explaining, EVERYTHING, metadata={}, status=None, limit=10, offset=0)
        await repository.page(explaining, OWNED, metadata={"a": 1}, status="failed", limit=10, offset=0)
    assert len(explaining.plans) == 10
    for plan in explaining.plans:
        assert "Seq Scan" not in plan, plan
