"""One live server for the tests of this folder that leave it as they found it, and clients of it."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from langgraph_sdk import get_client
from langgraph_sdk.client import LangGraphClient

from tests.acceptance.server.live import Planloom, fresh_database, serve


@pytest.fixture(scope="session")
def live_database(postgres_url: str, template_database: str) -> Iterator[str]:
    """The database of `live`."""
    with fresh_database(postgres_url, template_database) as url:
        yield url


@pytest.fixture(scope="session")
def live(live_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Planloom]:
    """A server that serves `tests/project`, shared by all."""
    folder: Path = tmp_path_factory.mktemp("live")
    secret = {"WEBHOOK_SECRET": "a-secret-of-sixteen-bytes-or-more"}
    with serve(live_database, folder, "--workers", "32", environment=secret) as server:
        assert server.url
        yield server


@pytest.fixture
async def client(live: Planloom) -> AsyncIterator[LangGraphClient]:
    """The SDK's client of `live`."""
    async with get_client(url=live.url) as client:
        yield client


@pytest.fixture
async def http(live: Planloom) -> AsyncIterator[httpx.AsyncClient]:
    """A plain HTTP client of `live`."""
    async with httpx.AsyncClient(base_url=live.url, timeout=60) as http:
        yield http
