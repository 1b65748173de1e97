"""The order of a thread's runs, places in it, and reading on past logs that were swept."""

import asyncio
from contextlib import aclosing
from datetime import timedelta
from uuid import UUID

import orjson
import pytest

from server.db.pool import Pool
from server.events.log import EventLog, EventsGoneError
from server.events.thread_news import ThreadNews
from server.events.types import LoggedEvent
from server.graph_loader import Graphs
from server.runs import lifecycle, thread_order
from server.runs.thread_stream import ThreadStream, named_modes, resume_point
from server.threads.service import ThreadService
from tests.integration.server.rows import new_run, new_thread
from tests.integration.server.test_event_log import finish, numbered, seqs, started

DAY = timedelta(days=1)


async def _ran(log: EventLog, pool: Pool, thread_id: UUID) -> UUID:
    """A run with three events that is over."""
    run_id = await new_run(pool, thread_id, dispatched=True)
    async with pool.connection() as connection:
        assert await lifecycle.claim(connection, run_id) is not None
    async with log.write(run_id, is_new=True) as writer:
        await writer.append(numbered(3))
        await writer.flush()
    await finish(log, pool, run_id)
    return run_id


async def _sweep(log: EventLog, pool: Pool, run_id: UUID) -> None:
    async with pool.connection() as connection:
        await connection.execute("update run_events set at = at - %s where run_id = %s", (DAY * 2, run_id))
    assert await log.sweep(DAY) == 4


def _stream(log: EventLog, pool: Pool) -> ThreadStream:
    return ThreadStream(pool, log, ThreadNews(), ThreadService(pool, Graphs({})))


async def _read(stream: ThreadStream, thread_id: UUID, last_event_id: str, count: int) -> list[LoggedEvent]:
    events = await stream.open(thread_id, named_modes([]), resume_point(last_event_id))
    async with aclosing(events):
        return [await anext(events) for _ in range(count)]


async def test_a_reader_who_misses_what_was_swept_is_told_so(pool: Pool) -> None:
    async with started(pool) as log:
        run_id = await _ran(log, pool, await new_thread(pool))
        last = (await seqs(log, run_id))[-1]
        await _sweep(log, pool, run_id)
        for place in (0, last - 1):
            with pytest.raises(EventsGoneError, match=str(run_id)):
                await seqs(log, run_id, place)
        for place in (last, last + 1, None):
            assert await seqs(log, run_id, place) == [], "nothing is missed"


async def test_a_threads_stream_goes_on_past_a_swept_log(pool: Pool) -> None:
    async with started(pool) as log:
        thread_id = await new_thread(pool)
        swept, kept = [await _ran(log, pool, thread_id) for _ in range(2)]
        await _sweep(log, pool, swept)
        gap, *events = await _read(_stream(log, pool), thread_id, "-", 5)
        assert (gap.name, orjson.loads(gap.data)["error"]) == ("error", "EventsGoneError")
        assert str(swept) in gap.data.decode()
        assert [event.seq for event in events] == [1, 2, 3, 4]
        assert str(kept) in events[-1].data.decode()


async def test_a_place_in_a_swept_log_is_before_all_that_followed(pool: Pool) -> None:
    async with started(pool) as log:
        thread_id = await new_thread(pool)
        swept = await _ran(log, pool, thread_id)
        stream = _stream(log, pool)
        ids = [event.id for event in await _read(stream, thread_id, "-", 4)]
        await _sweep(log, pool, swept)
        kept = await _ran(log, pool, thread_id)
        for last in ids[2:]:  # the last event, and that the run is done: nothing of it is missed
            events = await _read(stream, thread_id, last, 4)
            assert [event.seq for event in events] == [1, 2, 3, 4]
            assert str(kept) in events[-1].data.decode()
        gap, *events = await _read(stream, thread_id, ids[1], 5)
        assert gap.name == "error"
        assert [event.seq for event in events] == [1, 2, 3, 4]


async def test_runs_follow_each_other_as_they_were_started(pool: Pool) -> None:
    thread_id = await new_thread(pool)
    first, second = await new_run(pool, thread_id), await new_run(pool, thread_id)
    async with pool.connection() as connection:
        for run_id in (first, second):
            await lifecycle.dispatch(connection, run_id)
            waiting = await thread_order.following(connection, thread_id, None)
            assert waiting is not None
            await lifecycle.claim(connection, run_id)
            await lifecycle.finish(connection, run_id, "success")
        place = None
        order = []
        while place := await thread_order.following(connection, thread_id, place and place.started_at):
            order.append(place.run_id)
        assert order == [first, second]
        newest = await thread_order.newest(connection, thread_id)
    assert newest is not None
    assert (newest.run_id, newest.after) == (second, 0)


async def test_what_happens_once_the_stream_is_open_is_in_it(pool: Pool) -> None:
    async with started(pool) as log:
        thread_id = await new_thread(pool)
        await _ran(log, pool, thread_id)
        run_id = await new_run(pool, thread_id, dispatched=True)
        async with pool.connection() as connection:
            await lifecycle.claim(connection, run_id)
        async with log.write(run_id, is_new=True) as writer:
            await writer.append(numbered(2))
            await writer.flush()
            events = await _stream(log, pool).open(thread_id, named_modes([]))
            await writer.append(numbered(2, first=3))
            await writer.flush()
            await finish(log, pool, run_id)
            writer.ended()
        later = await _ran(log, pool, thread_id)
        async with aclosing(events):
            read = [await anext(events) for _ in range(7)]
    assert [event.seq for event in read] == [3, 4, 5, 1, 2, 3, 4]
    assert str(later) in read[-1].data.decode()


async def test_many_readers_of_a_thread_see_the_same(pool: Pool, other_pool: Pool) -> None:
    async with started(pool) as log:
        thread_id = await new_thread(pool)
        for _ in range(5):
            await _ran(log, pool, thread_id)
        here, there = _stream(log, pool), _stream(EventLog(other_pool), other_pool)
        read = await asyncio.gather(*(_read(stream, thread_id, "-", 20) for stream in (here, there, here)))
    assert [event.id for event in read[0]] == [event.id for event in read[1]] == [event.id for event in read[2]]
    assert len({event.id for event in read[0]}) == 20
