"""The library's own suite for checkpointers, over ours."""

from collections.abc import AsyncGenerator

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.conformance import checkpointer_test, validate
from langgraph.checkpoint.conformance.capabilities import Capability

from server.db.checkpoints.saver import CheckpointSaver
from server.db.pool import Pool


async def test_every_capability_is_there_and_passes(pool: Pool) -> None:
    @checkpointer_test(name="CheckpointSaver")
    async def ours() -> AsyncGenerator[BaseCheckpointSaver[str], None]:
        yield CheckpointSaver(pool)

    report = await validate(ours)
    assert {name: result.failures for name, result in report.results.items() if not result.passed} == {}
    assert report.results.keys() == {capability.value for capability in Capability}
