"""A pool on a fresh database, and another as a second process has it."""

from collections.abc import AsyncIterator

import pytest

from server.db.pool import Pool, create_pool


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    """This process's pool."""
    async with create_pool(database_url, 8) as pool:
        yield pool


@pytest.fixture
async def other_pool(database_url: str) -> AsyncIterator[Pool]:
    """Another process's."""
    async with create_pool(database_url, 4) as pool:
        yield pool
