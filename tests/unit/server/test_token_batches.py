"""When the next chunk of a graph's stream is asked for."""

import asyncio
import threading

from server.runs.token_batches import TokenBatches


class GatheringLog:
    """A log that takes a batch when it is told to."""

    def __init__(self) -> None:
        self.batch = 0
        self.is_idle = False
        self.waiting: list[asyncio.Future[None]] = []

    def next_batch(self) -> asyncio.Future[None] | None:
        """Done with the next `take`."""
        if self.is_idle:
            return None
        self.waiting.append(asyncio.get_running_loop().create_future())
        return self.waiting[-1]

    def take(self) -> None:
        """Begin a batch."""
        self.batch += 1
        for one in self.waiting:
            if not one.done():
                one.set_result(None)


async def _turns() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_after_a_token_nothing_is_asked_for_until_the_next_batch() -> None:
    log = GatheringLog()
    batches = TokenBatches(log)
    asking = asyncio.create_task(batches.gathered("messages"))
    await _turns()
    assert not asking.done()
    log.take()
    await asking
    assert log.batch == 1


async def test_what_gathered_is_taken_at_once_and_what_comes_after_it_gathers_again() -> None:
    log = GatheringLog()
    batches = TokenBatches(log)

    async def read() -> None:
        await batches.gathered("messages")
        for _ in range(100):
            await batches.gathered("messages")

    reading = asyncio.create_task(read())
    await _turns()
    log.take()
    await reading
    assert len(log.waiting) == 1
    await _turns()
    again = asyncio.create_task(batches.gathered("custom"))
    await _turns()
    assert not again.done()
    log.take()
    await again


async def test_where_tokens_come_slower_than_batches_and_between_nodes_nothing_waits() -> None:
    log = GatheringLog()
    batches = TokenBatches(log)
    for mode in ("values", "updates", "tasks", "checkpoints", "debug"):
        await batches.gathered(mode)
    log.is_idle = True
    await batches.gathered("messages")
    assert not log.waiting


async def test_the_end_of_a_node_ends_a_wait_and_none_begins_during_the_same_batch() -> None:
    log = GatheringLog()
    batches = TokenBatches(log)
    asking = asyncio.create_task(batches.gathered("messages"))
    await _turns()
    batches.node_ended()
    await asking
    await _turns()
    await batches.gathered("messages")
    assert len(log.waiting) == 1
    log.take()
    again = asyncio.create_task(batches.gathered("messages"))
    await _turns()
    assert not again.done()
    log.take()
    await again


async def test_a_node_of_a_graph_in_a_thread_is_none_of_the_run() -> None:
    log = GatheringLog()
    batches = TokenBatches(log)
    asking = asyncio.create_task(batches.gathered("messages"))
    await _turns()
    elsewhere = threading.Thread(target=batches.node_ended)
    elsewhere.start()
    await asyncio.to_thread(elsewhere.join)
    assert not asking.done()
    log.take()
    await asking


async def test_a_cancellation_is_told_where_the_graph_waits_after_what_gathered_was_taken() -> None:
    log = GatheringLog()
    batches = TokenBatches(log)
    taken: list[str] = []

    async def read() -> None:
        await batches.gathered("messages")
        for token in ("what", "gathered"):
            taken.append(token)
            await batches.gathered("messages")
        await asyncio.Event().wait()

    reading = asyncio.create_task(read())
    await _turns()
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
    assert reading.cancelled()
    assert taken == ["what", "gathered"]
