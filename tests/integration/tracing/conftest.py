"""A stand-in for LangSmith."""

from collections.abc import Iterator

import pytest

from tests.langsmith_server import LangSmithServer


@pytest.fixture(scope="session")
def shared_langsmith() -> Iterator[LangSmithServer]:
    """One for all tests: they know their runs by id."""
    with LangSmithServer() as server:
        yield server


@pytest.fixture
def langsmith(shared_langsmith: LangSmithServer) -> Iterator[LangSmithServer]:
    """The same, answering as usual whatever a test did to it."""
    yield shared_langsmith
    shared_langsmith.recover()
