"""The care assistant without a key, on a database of the test's own."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from langgraph.store.memory import InMemoryStore

from agent.graph import build_graph
from agent.models import MODEL_VARIABLES
from agent.plan import connections
from graphs.care import CARE
from tests.integration.agent.talk import Talk, in_memory

ARTICLE = """---
title: Flare-ups
source: NICE NG193
---
# Flare-ups

A flare-up passes. Ease off for two or three days and do not stop moving.
"""


@pytest.fixture(autouse=True)
async def keyless(database_env: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """No key and no model in the environment, and no connection left behind."""
    for name in (*MODEL_VARIABLES, "OPENAI_API_KEY", "OPENAI_BASE_URL", "EMBEDDINGS", "EMERGENCY_NUMBER"):
        monkeypatch.delenv(name, raising=False)
    yield
    await connections.close()


@pytest.fixture
def store() -> InMemoryStore:
    """A store of the test's own."""
    return InMemoryStore()


@pytest.fixture
def talk(tmp_path: Path, store: InMemoryStore) -> Talk:
    """A new thread with the care assistant, which has a single article, so that a new database is seeded in no time."""
    (tmp_path / "flare-ups.md").write_text(ARTICLE, encoding="utf-8")
    return Talk(in_memory(build_graph(replace(CARE, knowledge_folder=tmp_path)), store=store), user_id="ann")
