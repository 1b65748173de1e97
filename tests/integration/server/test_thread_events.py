"""Reading all events of a thread over runs that are kept, swept, live or only waiting."""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing
from datetime import timedelta
from uuid import UUID

import pytest

from server.db.pool import Pool
from server.events.log import EventLog
from server.events.protocol import protocol_event
from server.events.thread_news import ThreadNews
from server.graph_loader import Graphs
from server.ids import new_id
from server.protocols.events import session
from server.protocols.events.model import ProtocolEvent
from server.protocols.events.session import ThreadEvents
from server.runs import lifecycle
from server.threads.service import ThreadService
from tests.integration.server.rows import new_run, new_thread
from tests.integration.server.test_event_log import finish, numbered, started

DAY = timedelta(days=1)


def _events(log: EventLog, pool: Pool) -> ThreadEvents:
    return ThreadEvents(pool, log, ThreadNews(), ThreadService(pool, Graphs({})))


async def _ran(log: EventLog, pool: Pool, thread_id: UUID, count: int = 3) -> UUID:
    run_id = await new_run(pool, thread_id, dispatched=True)
    async with pool.connection() as connection:
        assert await lifecycle.claim(connection, run_id) is not None
    async with log.write(run_id, is_new=True) as writer:
        await writer.append(numbered(count))
        await writer.flush()
    await finish(log, pool, run_id)
    return run_id


async def _until_live(pages: AsyncGenerator[Sequence[ProtocolEvent], None]) -> AsyncIterator[Sequence[ProtocolEvent]]:
    async for page in pages:
        if not page:
            return
        yield page


async def _so_far(events: ThreadEvents, thread_id: UUID) -> list[ProtocolEvent]:
    async with aclosing(await events.so_far(thread_id)) as pages:
        return [event async for page in pages for event in page]


async def test_all_runs_are_read_however_many_there_are_each_from_a_place_of_its_own(
    pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "_RUNS_AT_ONCE", 2)
    async with started(pool) as log:
        thread_id = await new_thread(pool)
        runs = [await _ran(log, pool, thread_id) for _ in range(5)]
        events = _events(log, pool)
        read = await _so_far(events, thread_id)
        seqs = [event.seq for event in read]
        assert seqs[:5] == [1, 2, 3, 4, seqs[4]]
        assert seqs == sorted(set(seqs))
        assert list(dict.fromkeys(event.run_id for event in read)) == runs
        for place, event in zip(
            seqs, read[1:], strict=False
        ):  # of what is after a place, all is read, and of runs before it nothing
            async with aclosing(await events.open(thread_id, since=place)) as pages:
                rest = [one async for page in _until_live(pages) for one in page]
            assert rest[0].run_id in (event.run_id, read[seqs.index(place)].run_id)
            assert [one for one in rest if one.seq > place] == read[seqs.index(place) + 1 :]
        assert await events.applied_through(thread_id) > seqs[-1]


async def test_what_retention_took_keeps_its_places(pool: Pool) -> None:
    async with started(pool) as log:
        thread_id = await new_thread(pool)
        swept, second = [await _ran(log, pool, thread_id) for _ in range(2)]
        events = _events(log, pool)
        before = await _so_far(events, thread_id)
        place = await events.applied_through(thread_id)
        async with pool.connection() as connection:
            await connection.execute("update run_events set at = at - %s where run_id = %s", (DAY * 2, swept))
        assert await log.sweep(DAY) == 4
        assert await _so_far(events, thread_id) == [event for event in before if event.run_id == second]
        kept = await _ran(log, pool, thread_id)
        read = await _so_far(events, thread_id)
    assert [event.seq for event in read if event.run_id == kept] == list(range(place + 1, place + 5))


async def test_what_there_was_ends_in_the_middle_of_a_live_run_and_before_one_that_waits(pool: Pool) -> None:
    async with started(pool) as log:
        thread_id = await new_thread(pool)
        run_id = await new_run(pool, thread_id, dispatched=True)
        events = _events(log, pool)
        assert await _so_far(events, thread_id) == await _so_far(events, new_id()) == []
        async with pool.connection() as connection:
            await lifecycle.claim(connection, run_id)
        async with log.write(run_id, is_new=True) as writer, aclosing(await events.open(thread_id)) as live:
            await writer.append(numbered(3))
            await writer.flush()
            before = await anext(live)
            assert [event.data for event in before] == [{"n": 1}, {"n": 2}, {"n": 3}]
            assert await anext(live) == ()
            assert await _so_far(events, thread_id) == before
            await writer.append(numbered(1, first=4))
            assert [event.data for event in await anext(live)] == [{"n": 4}]
            await writer.flush()
            await finish(log, pool, run_id)
            writer.ended()
            assert [event.data["event"] for event in await anext(live)] == ["completed"]


async def test_what_a_reader_does_not_want_is_numbered_without_being_read(pool: Pool) -> None:
    run_id = await new_run(pool, dispatched=True)
    async with started(pool) as log:
        async with pool.connection() as connection:
            await connection.execute(
                """update runs set kwargs = '{"config": {"configurable": {"__event_streaming_v2": true}}}'"""
            )
            await lifecycle.claim(connection, run_id)
        async with log.write(run_id, is_new=True) as writer:
            child = ("child:1",)
            await writer.append([protocol_event("values", child, {"large": 1}), protocol_event("custom", child, 1)])
            await writer.append([protocol_event("custom", (), {"name": "stats"}, channel="stats")])
            await writer.flush()
        await finish(log, pool, run_id)
        async with pool.connection() as connection:
            row = await (await connection.execute("select thread_id from runs")).fetchone()
        assert row is not None
        events = _events(log, pool)
        whole = await _so_far(events, row["thread_id"])
        async with aclosing(await events.so_far(row["thread_id"], ["custom:stats"])) as pages:
            parts = [event async for page in pages for event in page]
    assert [(one.seq, one.event_id, one.method, one.namespace) for one in parts] == [
        (one.seq, one.event_id, one.method, one.namespace) for one in whole
    ]
    assert [one.body for one in parts] == [b"", *(one.body for one in whole[1:])]
