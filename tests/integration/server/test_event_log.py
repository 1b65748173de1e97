"""The event log on a real database: order, durability, readers of every kind, and trouble."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from uuid import UUID

import psycopg

from server.db.notifications import Notifications
from server.db.pool import Pool
from server.events.log import CHANNEL, EventLog
from server.events.types import END, Event, LoggedEvent
from server.runs import lifecycle
from tests.integration.server.rows import new_run


def numbered(count: int, first: int = 1) -> list[Event]:
    """Events with distinct data."""
    return [Event("custom", f'{{"n":{number}}}'.encode()) for number in range(first, first + count)]


@asynccontextmanager
async def started(pool: Pool) -> AsyncIterator[EventLog]:
    """A log as one process has it."""
    log = EventLog(pool)
    log.start()
    try:
        yield log
    finally:
        await log.close()


async def finish(log: EventLog, pool: Pool, run_id: UUID) -> None:
    """End the run with its log, as the service does."""
    async with pool.connection() as connection, connection.transaction():
        await log.end(connection, run_id)
        await lifecycle.finish(connection, run_id, "success")


async def seqs(log: EventLog, run_id: UUID, after: int | None = 0) -> list[int]:
    """The places of all that a reader gets until the run is over."""
    return [event.seq async for event in log.read(run_id, after)]


async def test_what_was_appended_is_read_in_order_from_any_place(pool: Pool) -> None:
    run_id = await new_run(pool, dispatched=True)
    async with started(pool) as log:
        async with log.write(run_id, is_new=True) as writer:
            await writer.append(numbered(3))
            await writer.append(numbered(1200, first=4))
            await writer.flush()
            await finish(log, pool, run_id)
            writer.ended()
        events = [event async for event in log.read(run_id)]
        assert [event.data for event in events] == [event.data for event in numbered(1203)]
        assert [event.seq for event in events] == list(range(1, 1204))
        assert len({event.id for event in events}) == 1203
        for place in (1, 700, 1202, 1203, 5000, 10**30):
            assert await seqs(log, run_id, place) == list(range(place + 1, 1204))
        assert await seqs(log, run_id, None) == []


async def test_flushed_events_are_durable(pool: Pool, database_url: str) -> None:
    run_id = await new_run(pool, dispatched=True)
    async with started(pool) as log, log.write(run_id, is_new=True) as writer:
        await writer.append(numbered(5))
        await writer.flush()
        with psycopg.connect(database_url) as connection:
            rows = connection.execute("select seq, data from run_events order by seq").fetchall()
    assert rows == [(event_seq, f'{{"n":{event_seq}}}') for event_seq in range(1, 6)]


async def test_live_readers_join_from_the_start_the_middle_and_now(pool: Pool) -> None:
    run_id = await new_run(pool, dispatched=True)
    async with started(pool) as log, log.write(run_id, is_new=True) as writer:
        await writer.append(numbered(10))
        await writer.flush()
        readers = []
        for after in (0, 4, None):
            reader = log.read(run_id, after)
            first = asyncio.create_task(anext(reader))
            readers.append((reader, first))
        await asyncio.sleep(0)
        started_at = [(await readers[0][1]).seq, (await readers[1][1]).seq]
        assert started_at == [1, 5]
        while not readers[2][1].done():  # it reads from now on, whenever now is for it
            await writer.append(numbered(1))
            await writer.flush()
            await asyncio.wait({readers[2][1]}, timeout=0.05)
        assert readers[2][1].result().seq > 10
        await finish(log, pool, run_id)
        writer.ended()
        last = writer.last_seq
        assert [event.seq async for event in readers[0][0]] == list(range(2, last + 1))
        assert [event.seq async for event in readers[1][0]] == list(range(6, last + 1))
        for reader, _ in readers:
            await reader.aclose()


async def test_a_reader_in_another_process_follows_a_writer(pool: Pool, other_pool: Pool, database_url: str) -> None:
    run_id = await new_run(pool, dispatched=True)
    async with started(pool) as here, started(other_pool) as there:
        notifications = Notifications(database_url, {CHANNEL: there.on_notification})
        await notifications.start()
        async with here.write(run_id, is_new=True) as writer, aclosing(there.read(run_id)) as reader:
            for number in range(1, 40):
                await writer.append(numbered(1, first=number))
                await writer.flush()
                assert (await anext(reader)).seq == number
            rest = asyncio.create_task(_rest(reader))
            await writer.append(numbered(700, first=40))
            await writer.flush()
            await finish(here, pool, run_id)
            writer.ended()
            assert [event.seq for event in await rest] == list(range(40, 740))
        await notifications.close()


async def test_a_reader_without_notifications_looks_by_itself(pool: Pool, other_pool: Pool) -> None:
    run_id = await new_run(pool, dispatched=True)
    async with started(pool) as here, started(other_pool) as there:
        reading = asyncio.create_task(seqs(there, run_id))
        async with here.write(run_id, is_new=True) as writer:
            await writer.append(numbered(3))
            await writer.flush()
            await finish(here, pool, run_id)
        assert await reading == [1, 2, 3]


async def test_a_second_attempt_goes_on_after_the_first(pool: Pool, other_pool: Pool) -> None:
    run_id = await new_run(pool, dispatched=True)
    async with started(pool) as first, started(other_pool) as second:
        async with first.write(run_id, is_new=True) as writer:
            await writer.append(numbered(4))
            await writer.flush()
        async with second.write(run_id, is_new=False) as writer:
            await writer.append(numbered(2, first=5))
            await writer.flush()
            await finish(second, other_pool, run_id)
            writer.ended()
        assert await seqs(first, run_id) == await seqs(second, run_id) == [1, 2, 3, 4, 5, 6]


async def test_a_run_deleted_meanwhile_ends_its_readers_and_takes_no_more(pool: Pool) -> None:
    run_id, other = await new_run(pool, dispatched=True), await new_run(pool, dispatched=True)
    async with started(pool) as log:
        async with log.write(run_id, is_new=True) as writer, log.write(other, is_new=True) as beside:
            await writer.append(numbered(2))
            await writer.flush()
            reading = asyncio.create_task(seqs(log, run_id))
            async with pool.connection() as connection, connection.transaction():
                await log.end(connection, run_id, run_goes=True)
                await lifecycle.delete(connection, run_id)
            await writer.append(numbered(2))
            await beside.append(numbered(2))
            await writer.flush()
            await finish(log, pool, other)
            beside.ended()
            log.on_notification(f":{run_id}")
        assert (await reading)[:2] == [1, 2]
        assert await seqs(log, other) == [1, 2]


async def test_ending_twice_ends_once(pool: Pool) -> None:
    run_id = await new_run(pool, dispatched=True)
    async with started(pool) as log:
        for _ in range(3):
            await finish(log, pool, run_id)
        async with pool.connection() as connection:
            cursor = await connection.execute("select seq, event from run_events")
            assert [(row["seq"], row["event"]) for row in await cursor.fetchall()] == [(1, END)]
        assert await seqs(log, run_id) == []


async def test_a_runs_last_events_are_written_with_its_end(pool: Pool, other_pool: Pool) -> None:
    run_id, other = await new_run(pool, dispatched=True), await new_run(pool, dispatched=True)
    async with started(pool) as log:
        reading = asyncio.create_task(_rest(log.read(run_id)))
        async with log.write(run_id, is_new=True) as writer, log.write(other, is_new=True) as beside:
            await writer.append(numbered(2))
            await writer.flush()
            await beside.append(numbered(1))
            await writer.append(numbered(3, first=3))
            last = await writer.take_unwritten()
            assert [event.seq for event in last] == [3, 4, 5]
            for _ in range(2):  # an answer that got lost makes the worker try again
                async with pool.connection() as connection, connection.transaction():
                    await log.end(connection, run_id, last=last)
            writer.ended(last)
            await beside.flush()
            await finish(log, pool, other)
        assert [event.data for event in await reading] == [event.data for event in numbered(5)]
        assert await seqs(log, other) == [1]
        assert await seqs(EventLog(other_pool), run_id) == [1, 2, 3, 4, 5]


async def test_a_reader_gets_all_that_is_there_in_one_page(pool: Pool) -> None:
    run_id = await new_run(pool, dispatched=True)
    async with started(pool) as log, log.write(run_id, is_new=True) as writer:
        await writer.append(numbered(30))
        await writer.flush()
        async with aclosing(log.pages(run_id)) as pages:
            assert [event.seq for event in await anext(pages)] == list(range(1, 31))


async def test_many_runs_are_written_together_and_kept_apart(pool: Pool) -> None:
    runs = [await new_run(pool, dispatched=True) for _ in range(30)]
    async with started(pool) as log:

        async def write(run_id: UUID) -> None:
            async with log.write(run_id, is_new=True) as writer:
                for number in range(1, 21):
                    await writer.append(numbered(1, first=number))
                    await asyncio.sleep(0)
                await writer.flush()
                await finish(log, pool, run_id)
                writer.ended()

        readers = [asyncio.create_task(_rest(log.read(run_id))) for run_id in runs]
        await asyncio.gather(*[write(run_id) for run_id in runs])
        for reader in readers:
            assert [event.data for event in await reader] == [event.data for event in numbered(20)]


async def test_a_lost_connection_loses_and_doubles_nothing(pool: Pool, database_url: str) -> None:
    run_id = await new_run(pool, dispatched=True)
    async with started(pool) as log, log.write(run_id, is_new=True) as writer:
        reading = asyncio.create_task(seqs(log, run_id))
        for number in range(60):
            await writer.append(numbered(10, first=number * 10 + 1))
            if number % 20 == 10:
                with psycopg.connect(database_url, autocommit=True) as killer:
                    killer.execute(
                        "select pg_terminate_backend(pid) from pg_stat_activity "
                        "where datname = current_database() and pid <> pg_backend_pid()"
                    )
            await asyncio.sleep(0)
        await writer.flush()
        await finish(log, pool, run_id)
        writer.ended()
        assert await reading == list(range(1, 601))
    with psycopg.connect(database_url) as connection:
        row = connection.execute("select count(*), max(seq) from run_events where event <> %s", (END,)).fetchone()
    assert row == (600, 600)


async def _rest(reader: AsyncIterator[LoggedEvent]) -> list[LoggedEvent]:
    return [event async for event in reader]


async def test_a_worker_that_was_taken_over_adds_and_shows_nothing(pool: Pool, other_pool: Pool) -> None:
    run_id = await new_run(pool, dispatched=True)
    async with started(pool) as stalled, started(other_pool) as taking:
        async with pool.connection() as connection:
            assert await lifecycle.claim(connection, run_id) is not None
        async with stalled.write(run_id, is_new=True, attempt=1) as first:
            await first.append(numbered(3))
            await first.flush()
            reader = asyncio.create_task(seqs(stalled, run_id))
            async with pool.connection() as connection:
                assert await lifecycle.hand_back(connection, run_id, 1) is not None
                assert await lifecycle.claim(connection, run_id) is not None
            await first.append([Event("custom", b'"too late"')])
            await first.flush()
            async with taking.write(run_id, is_new=False, attempt=2) as second:
                assert second.last_seq == 3
                await second.append(numbered(2, first=4))
                await second.flush()
                await finish(taking, pool, run_id)
            stalled.on_notification("")  # it listens again
        assert await reader == [1, 2, 3, 4, 5]
        assert [event.data for event in [event async for event in stalled.read(run_id)]] == [
            event.data for event in numbered(5)
        ]
