"""A pool on a fresh database, somebody who is sent webhooks, and couriers."""

from collections.abc import AsyncIterator, Iterator

import pytest

from server.db.pool import Pool, create_pool
from tests.acceptance.server.receiver import WebhookReceiver, receiving


@pytest.fixture
async def pool(database_url: str) -> AsyncIterator[Pool]:
    """This process's pool."""
    async with create_pool(database_url, 8) as pool:
        yield pool


@pytest.fixture(scope="module")
def receiver() -> Iterator[WebhookReceiver]:
    """Who is told, by plain http."""
    with receiving() as receiver:
        yield receiver
