"""The servers of a session, and what they show of the cases that the session is to run."""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from tests.acceptance.server.live import fresh_database
from tests.conformance.case import Case
from tests.conformance.observations import Observed, observe_all
from tests.conformance.servers import Server, new_mark, official_server, our_server


@dataclass(frozen=True)
class Both:
    """The two servers of one project."""

    official: Server
    ours: Server


def _selected(session: pytest.Session) -> list[Case]:
    """The cases among the tests that the session is to run."""
    given = [
        item.callspec.params
        for item in session.items
        if isinstance(item, pytest.Function) and hasattr(item, "callspec")
    ]
    return [parameters["case"] for parameters in given if isinstance(parameters.get("case"), Case)]


@pytest.fixture(scope="session")
def servers(
    postgres_url: str,
    template_database: str,
    tmp_path_factory: pytest.TempPathFactory,
    request: pytest.FixtureRequest,
) -> Iterator[dict[str, Both]]:
    """Both servers of every project that a selected case is about, started side by side."""
    mark = new_mark()
    with ExitStack() as stack:
        started = {}
        for project in sorted({"plain", *(case.project for case in _selected(request.session))}):
            database_url = stack.enter_context(fresh_database(postgres_url, template_database))
            folder = tmp_path_factory.mktemp(project)
            official = stack.enter_context(official_server(project, folder / "official", mark))
            ours = stack.enter_context(our_server(project, folder / "ours", mark, database_url))
            started[project] = Both(official, ours)
        for both in started.values():
            both.official.until_ready()
            both.ours.until_ready()
        yield started


@pytest.fixture(scope="session")
def observed(servers: dict[str, Both], request: pytest.FixtureRequest) -> dict[str, Observed]:
    """What both servers show of every case that this session selected."""
    selected = _selected(request.session)

    async def observe_projects() -> dict[str, Observed]:
        found = await asyncio.gather(
            *(
                observe_all([case for case in selected if case.project == project], both.official.url, both.ours.url)
                for project, both in servers.items()
            )
        )
        return {case_id: seen for project in found for case_id, seen in project.items()}

    return asyncio.run(observe_projects())
