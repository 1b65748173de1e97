"""LangGraph's Postgres checkpointer, able to keep every number and text."""

from dataclasses import dataclass
from math import isfinite
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import ChannelVersions, Checkpoint, CheckpointMetadata
from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver


@dataclass(frozen=True, slots=True)
class _Packed:
    """A value that goes to the table of packed values, though the library would write it as JSON."""

    value: str | float


class CheckpointSaver(AsyncPostgresSaver):
    """The library writes a channel's bare number or text as JSON, and Postgres' JSON knows no NaN, infinity,
    U+0000 or half a surrogate pair.

    Such a value is packed, as lists and objects are, so that the run that made it does not fail.
    """

    async def aput(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        """Write a checkpoint; see the library's."""
        values = {
            name: _Packed(value) if _is_no_json(value) else value
            for name, value in checkpoint["channel_values"].items()
        }
        return await super().aput(config, {**checkpoint, "channel_values": values}, metadata, new_versions)

    def _dump_blobs(
        self, thread_id: str, checkpoint_ns: str, values: dict[str, Any], versions: ChannelVersions
    ) -> list[tuple[str, str, str, str, str, bytes | None]]:
        plain = {name: value.value if isinstance(value, _Packed) else value for name, value in values.items()}
        return super()._dump_blobs(thread_id, checkpoint_ns, plain, versions)


def _is_no_json(value: object) -> bool:
    if isinstance(value, float):
        return not isfinite(value)
    return isinstance(value, str) and ("\0" in value or not _is_unicode(value))


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair
        return False
    return True
