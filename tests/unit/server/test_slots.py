"""The slots of a worker, shared between its queue and what is admitted in its process."""

import asyncio

from server.runs.slots import Slots


async def test_an_admission_takes_a_free_slot_and_no_more() -> None:
    slots = Slots(2)
    queue = slots.for_queue()
    await queue.acquire()
    assert await slots.take()
    assert not await slots.take()
    queue.release()
    assert await slots.take()
    slots.give_back()
    slots.give_back()
    assert [await slots.take() for _ in range(3)] == [True, True, False]


async def test_an_admission_does_not_go_before_a_queue_that_waits() -> None:
    slots = Slots(1)
    queue = slots.for_queue()
    assert await slots.take()
    waiting = asyncio.create_task(queue.acquire())
    await asyncio.sleep(0)
    slots.give_back()
    assert not await slots.take(), "the slot is the queue's"
    await waiting
    queue.release()
    assert await slots.take()


async def test_a_queue_that_starts_anew_finds_what_is_really_free() -> None:
    slots = Slots(3)
    lost = slots.for_queue()
    await lost.acquire()
    assert await slots.take()
    queue = slots.for_queue()
    assert [await slots.take() for _ in range(3)] == [True, True, False]
    for _ in range(3):
        slots.give_back()
    for _ in range(3):
        await queue.acquire()
    assert queue.locked()


async def test_closed_slots_are_not_given() -> None:
    slots = Slots(1)
    slots.close()
    assert not await slots.take()
