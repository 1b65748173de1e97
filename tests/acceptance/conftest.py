"""A live server of this project's own agents."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.server.live import REPO, fresh_database, serve

OWN_PROJECT = REPO / "langgraph.json"


@pytest.fixture(scope="session")
def own_database(postgres_url: str, template_database: str) -> Iterator[str]:
    """The database of `own_server`."""
    with fresh_database(postgres_url, template_database) as url:
        yield url


@pytest.fixture(scope="session")
def own_server(own_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a server of our own agents with the demo model, shared by all."""
    folder: Path = tmp_path_factory.mktemp("own")
    with serve(own_database, folder, config=OWN_PROJECT) as server:
        yield server.url
