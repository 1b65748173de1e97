"""The coach without a key, on a database of the test's own."""

from collections.abc import AsyncIterator

import pytest

from agent.graph import build_graph
from agent.models import MODEL_VARIABLES
from agent.plan import connections
from graphs.coach import COACH
from tests.integration.agent.talk import Talk, in_memory


@pytest.fixture(autouse=True)
async def keyless(database_env: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """No key and no model in the environment, and no connection left behind."""
    for name in (*MODEL_VARIABLES, "OPENAI_API_KEY", "OPENAI_BASE_URL", "EMBEDDINGS"):
        monkeypatch.delenv(name, raising=False)
    yield
    await connections.close()


@pytest.fixture
def talk() -> Talk:
    """A new thread with the coach."""
    return Talk(in_memory(build_graph(COACH)))
