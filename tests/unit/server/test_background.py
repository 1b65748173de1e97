"""Tasks that should go on, and what is told when one does not."""

import asyncio
from collections.abc import Iterator
from unittest.mock import MagicMock

import pytest

from server import background
from server.health import DegradedError
from server.vital_signs import dependencies_of


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    yield
    background._dead.clear()


async def _fail() -> None:
    raise ValueError("a bug")


async def test_a_task_that_dies_is_told_of_in_the_health_details() -> None:
    dying, stopped = asyncio.create_task(_fail()), asyncio.create_task(asyncio.sleep(60))
    background.watch_over(dying, "this is not done any more")
    background.watch_over(stopped, "neither is that")
    stopped.cancel()
    await asyncio.gather(dying, stopped, return_exceptions=True)
    await asyncio.sleep(0)
    assert background.losses() == ["this is not done any more"]
    checks = {one.name: one for one in dependencies_of(MagicMock(), MagicMock(), None, MagicMock())}
    assert not checks["background"].needed
    with pytest.raises(DegradedError, match="this is not done any more: restart the process"):
        await checks["background"].check()


async def test_as_long_as_all_go_on_there_is_nothing_to_tell() -> None:
    checks = {one.name: one for one in dependencies_of(MagicMock(), MagicMock(), None, MagicMock())}
    assert await checks["background"].check() == {}
