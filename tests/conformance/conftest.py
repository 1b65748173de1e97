"""The two servers of a session, and what they show of the cases that the session is to run."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.acceptance.server.live import fresh_database
from tests.conformance.case import Case
from tests.conformance.observations import Observed, observe_all
from tests.conformance.servers import new_mark, official_server, our_server


@dataclass(frozen=True)
class Both:
    """Where the two servers are."""

    official: str
    ours: str
    mark: str


@pytest.fixture(scope="session")
def both(postgres_url: str, template_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    """Both servers, started together."""
    mark = new_mark()
    folders: tuple[Path, Path] = (tmp_path_factory.mktemp("official"), tmp_path_factory.mktemp("ours"))
    with (
        fresh_database(postgres_url, template_database) as database_url,
        official_server(folders[0], mark) as official,
        our_server(folders[1], mark, database_url) as ours,
    ):
        yield Both(official, ours, mark)


@pytest.fixture(scope="session")
def observed(both: Both, request: pytest.FixtureRequest) -> dict[str, Observed]:
    """What both servers show of every case that this session selected."""
    selected: list[Case] = []
    for item in request.session.items:
        parameters = item.callspec.params if isinstance(item, pytest.Function) and hasattr(item, "callspec") else {}
        if isinstance(parameters.get("case"), Case):
            selected.append(parameters["case"])
    return asyncio.run(observe_all(selected, both.official, both.ours))
