"""Doing a thing many times with a fixed number of clients."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

Item = TypeVar("Item")


async def seconds_for_all(items: Iterable[Item], clients: int, do: Callable[[Item], Awaitable[object]]) -> float:
    """The seconds until `clients` clients, each doing one thing after the other, have done it for all items."""
    waiting = iter(items)

    async def work() -> None:
        for item in waiting:
            await do(item)

    started = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for _ in range(clients):
            group.create_task(work())
    return time.perf_counter() - started
