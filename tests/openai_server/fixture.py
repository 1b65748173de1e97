"""The pytest fixture; a conftest that imports it by name offers it to the tests beside it."""

from collections.abc import Iterator

import pytest

from tests.openai_server.server import OpenAIServer


@pytest.fixture
def openai_server() -> Iterator[OpenAIServer]:
    """A stand-in for OpenAI of this test's own, running."""
    with OpenAIServer() as server:
        yield server
