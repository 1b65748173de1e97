"""The coach without a key, on a database of the test's own."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from agent.domain import Domain
from agent.graph import build_graph
from agent.models import MODEL_VARIABLES
from agent.plan import connections
from graphs.coach import COACH
from tests.integration.agent.talk import Talk, in_memory

ARTICLE = """---
title: The taper
source: Bosquet and others, 2007
---
# The taper

A taper before a race lets fatigue fade. Run about half as much for two weeks and keep the speed.
"""


@pytest.fixture(autouse=True)
async def keyless(database_env: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """No key and no model in the environment, and no connection left behind."""
    for name in (*MODEL_VARIABLES, "OPENAI_API_KEY", "OPENAI_BASE_URL", "EMBEDDINGS"):
        monkeypatch.delenv(name, raising=False)
    yield
    await connections.close()


@pytest.fixture
def coach(tmp_path: Path) -> Domain:
    """The running coach with a single article, so that a test's new database is seeded in no time."""
    (tmp_path / "taper.md").write_text(ARTICLE, encoding="utf-8")
    return replace(COACH, knowledge_folder=tmp_path)


@pytest.fixture
def talk(coach: Domain) -> Talk:
    """A new thread with the coach."""
    return Talk(in_memory(build_graph(coach)))
