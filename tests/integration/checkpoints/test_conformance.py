"""The library's own suite for checkpointers, over ours."""

from collections.abc import AsyncGenerator

import pytest
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.conformance import checkpointer_test, validate
from langgraph.checkpoint.conformance.capabilities import Capability

from server.db.checkpoints.saver import CheckpointSaver
from server.db.checkpoints.write_behind import WriteBehindSaver
from server.db.pool import Pool


@pytest.mark.parametrize("saver", [CheckpointSaver, WriteBehindSaver])
async def test_every_capability_is_there_and_passes(pool: Pool, saver: type[CheckpointSaver]) -> None:
    @checkpointer_test(name=saver.__name__)
    async def ours() -> AsyncGenerator[BaseCheckpointSaver[str], None]:
        yield saver(pool)

    report = await validate(ours)
    assert {name: result.failures for name, result in report.results.items() if not result.passed} == {}
    assert report.results.keys() == {capability.value for capability in Capability}
