"""One live server of `tests/project/shapes`: graphs of many shapes, and a store that knows what words mean."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from langgraph_sdk import get_client
from langgraph_sdk.client import LangGraphClient

from tests.acceptance.server.live import REPO, fresh_database, serve

SHAPES = REPO / "tests" / "project" / "shapes" / "langgraph.json"


@pytest.fixture(scope="session")
def shapes(postgres_url: str, template_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The server's URL."""
    folder: Path = tmp_path_factory.mktemp("shapes")
    with fresh_database(postgres_url, template_database) as url, serve(url, folder, config=SHAPES) as server:
        yield server.url


@pytest.fixture
async def client(shapes: str) -> AsyncIterator[LangGraphClient]:
    """The SDK's client of it."""
    async with get_client(url=shapes) as client:
        yield client


@pytest.fixture
async def http(shapes: str) -> AsyncIterator[httpx.AsyncClient]:
    """A plain HTTP client of it."""
    async with httpx.AsyncClient(base_url=shapes, timeout=60) as http:
        yield http
