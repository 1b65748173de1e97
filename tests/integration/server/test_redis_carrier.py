"""Events between processes over a real Redis: without a word from Postgres, and through Redis' own deaths."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager, closing

import pytest
from redis import Redis

from server.db.notifications import Notifications
from server.db.pool import Pool
from server.events.log import CHANNEL, EventLog, RunLog
from tests.integration.server.rows import new_run
from tests.integration.server.test_event_log import finish, numbered
from tests.scale.companions import RedisServer, redis_server


@pytest.fixture(scope="module")
def server() -> Iterator[RedisServer]:
    """A Redis of these tests' own."""
    with redis_server() as started:
        yield started


@asynccontextmanager
async def carried(pool: Pool, server: RedisServer) -> AsyncIterator[EventLog]:
    """A log as one process with REDIS_URL has it, once it is connected."""
    log = EventLog(pool, server.url)
    log.start()
    try:
        while not log.is_carried:  # noqa: ASYNC110 - Redis says when
            await asyncio.sleep(0.01)
        yield log
    finally:
        await log.close()


async def test_a_reader_elsewhere_follows_without_notifications(
    pool: Pool, other_pool: Pool, server: RedisServer
) -> None:
    """Each of these events would take a look into Postgres, seconds later, if Redis did not bring it."""
    run_id = await new_run(pool, dispatched=True)
    async with (
        carried(pool, server) as here,
        carried(other_pool, server) as there,
        here.write(run_id, is_new=True) as writer,
        aclosing(there.read(run_id)) as reader,
    ):
        await _appended(writer, 3)
        assert [(await anext(reader)).seq for _ in range(3)] == [1, 2, 3]
        for number in range(4, 60):
            await _appended(writer, 1, first=number)
            event = await anext(reader)
            assert (event.seq, event.data) == (number, numbered(1, first=number)[0].data)
        late = there.read(run_id, 10)
        assert (await anext(late)).seq == 11
        await _appended(writer, 1500, first=60)
        await finish(here, pool, run_id)
        writer.ended()
        assert [event.seq async for event in reader] == list(range(60, 1560))
        assert [event.seq async for event in late] == list(range(12, 1560))


async def test_redis_may_die_and_come_back_while_a_run_is_read(
    pool: Pool, other_pool: Pool, database_url: str, server: RedisServer
) -> None:
    run_id = await new_run(pool, dispatched=True)
    async with carried(pool, server) as here, carried(other_pool, server) as there:
        notifications = Notifications(database_url, {CHANNEL: there.on_notification})
        await notifications.start()
        async with here.write(run_id, is_new=True) as writer, aclosing(there.read(run_id)) as reader:
            seen = []

            async def read_to(place: int) -> None:
                while not seen or seen[-1] < place:
                    seen.append((await anext(reader)).seq)

            await _appended(writer, 10)
            await read_to(10)
            server.kill()
            await _appended(writer, 10, first=11)
            await read_to(20)
            server.start()
            while not here.is_carried:
                await _appended(writer, 1, first=writer.last_seq + 1)
                await asyncio.sleep(0.05)
            await _appended(writer, 10, first=writer.last_seq + 1)
            await read_to(writer.last_seq)
            assert seen == list(range(1, writer.last_seq + 1))
            with closing(Redis.from_url(server.url)) as redis:
                [stream] = redis.keys(f"*{run_id}")
                assert 0 < redis.ttl(stream) <= 600, "what nobody deletes goes by itself"
        await notifications.close()


async def test_a_process_that_never_reaches_redis_reads_and_writes_all_the_same(
    pool: Pool, other_pool: Pool, database_url: str
) -> None:
    run_id = await new_run(pool, dispatched=True)
    here, there = (EventLog(each, "redis://127.0.0.1:1/0") for each in (pool, other_pool))
    here.start()
    there.start()
    notifications = Notifications(database_url, {CHANNEL: there.on_notification})
    await notifications.start()
    async with here.write(run_id, is_new=True) as writer, aclosing(there.read(run_id)) as reader:
        for number in range(1, 20):
            await _appended(writer, 1, first=number)
            assert (await anext(reader)).seq == number
    await notifications.close()
    await here.close()
    await there.close()


async def _appended(writer: RunLog, count: int, first: int = 1) -> None:
    await writer.append(numbered(count, first=first))
    await writer.flush()
