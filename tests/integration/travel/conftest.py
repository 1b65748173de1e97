"""The travel assistant without a key, on a database of the test's own."""

from collections.abc import AsyncIterator

import pytest

from agent.models import MODEL_VARIABLES
from agent.plan import connections


@pytest.fixture(autouse=True)
async def keyless(database_env: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """No key, no model and no provider in the environment, and no connection left behind."""
    for name in (
        *MODEL_VARIABLES,
        "OPENAI_API_KEY",
        "OPENAI_BASE_URL",
        "EMBEDDINGS",
        "FLIGHTS_PROVIDER",
        "STAYS_PROVIDER",
    ):
        monkeypatch.delenv(name, raising=False)
    yield
    await connections.close()
