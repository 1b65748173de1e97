"""Events on the wire: frames, ids, places, heartbeats, readers that leave."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress
from datetime import UTC, datetime

import pytest

from server.events import sse
from server.events.sse import HEARTBEAT, frame, with_keep_alive
from server.events.thread_news import ThreadWatch
from server.events.types import LoggedEvent, seq_of

EVENT = LoggedEvent(7, "values", b'{"a":1}', datetime(2026, 11, 20, tzinfo=UTC))


def test_a_frame_has_its_id_last_and_only_when_asked() -> None:
    assert frame(EVENT, with_id=False) == b'event: values\r\ndata: {"a":1}\r\n\r\n'
    assert frame(EVENT, with_id=True) == b'event: values\r\ndata: {"a":1}\r\nid: 1795132800000-7\r\n\r\n'


@pytest.mark.parametrize(
    ("event_id", "place"),
    [
        ("-1", 0), ("0", 0), ("-", 0), (EVENT.id, 7), ("1-12", 12),
        ("", None), ("nonsense", None), ("7", None), ("1-", None), ("1-x", None), ("1-²", None), ("1-٣", None),
    ],
)  # fmt: skip
def test_an_id_names_a_place_or_none(event_id: str, place: int | None) -> None:
    assert seq_of(event_id) == place


async def test_silence_is_filled_and_what_comes_is_passed_on_in_order() -> None:
    heard = asyncio.Event()

    async def source() -> AsyncGenerator[bytes, None]:
        yield b"one"
        await heard.wait()
        yield b"two"

    chunks = []
    async for chunk in with_keep_alive(source(), seconds=0.01):
        chunks.append(chunk)
        if chunks.count(HEARTBEAT) == 2:
            heard.set()
    assert [chunk for chunk in chunks if chunk != HEARTBEAT] == [b"one", b"two"]
    assert chunks.count(HEARTBEAT) >= 2


async def test_leaving_closes_the_source() -> None:
    closed = asyncio.Event()

    async def source() -> AsyncGenerator[bytes, None]:
        try:
            yield b"one"
            await asyncio.Event().wait()
        finally:
            closed.set()

    kept = with_keep_alive(source(), seconds=0.01)
    first = await anext(kept)
    while first == HEARTBEAT:  # on a machine that is busy the source is not asked within a hundredth of a second
        first = await anext(kept)
    assert first == b"one"
    assert await anext(kept) == HEARTBEAT
    await kept.aclose()
    assert closed.is_set()


async def test_an_error_of_the_source_is_passed_on() -> None:
    async def source() -> AsyncGenerator[bytes, None]:
        yield b"one"
        raise ValueError("broken")

    chunks = with_keep_alive(source(), seconds=60)
    assert await anext(chunks) == b"one"
    with pytest.raises(ValueError, match="broken"):
        await anext(chunks)


async def test_a_source_that_loses_a_cancellation_is_cancelled_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "_INSIST_SECONDS", 0.01)
    lost = asyncio.Event()

    async def source() -> AsyncGenerator[bytes, None]:
        yield b"one"
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        lost.set()
        await asyncio.Event().wait()

    kept = with_keep_alive(source(), seconds=0.001)
    assert [await anext(kept), await anext(kept)] == [b"one", HEARTBEAT]
    await asyncio.wait_for(kept.aclose(), 5)
    assert lost.is_set()


async def test_who_is_cancelled_when_news_come_hears_of_the_cancellation() -> None:
    watch = ThreadWatch()
    waiting = asyncio.create_task(watch.changed(60))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    watch.tell(None)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
