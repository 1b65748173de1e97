"""Values that a thread puts together from older checkpoints (`DeltaChannel`), stored whole in the newest one."""

from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.channels.base import BaseChannel
from langgraph.channels.binop import BinaryOperatorAggregate
from langgraph.channels.delta import DeltaChannel
from langgraph.checkpoint.base import BaseCheckpointSaver, CheckpointTuple
from langgraph.checkpoint.serde.types import _DeltaSnapshot
from langgraph.pregel import Pregel

from server.db.checkpoints import of_thread as checkpoints
from server.db.pool import Connection

_BUILT_UP = (DeltaChannel, BinaryOperatorAggregate)  # the latter was a DeltaChannel if it has no value of its own


def graph_of_namespace(graph: Pregel[Any, Any, Any, Any], checkpoint_ns: str) -> Pregel[Any, Any, Any, Any] | None:
    """The graph that writes checkpoints of that namespace: `graph`, or one that it contains."""
    if not checkpoint_ns:
        return graph
    # a namespace is `node:task id|inner node:task id`, numbers where a node calls several
    path = "|".join(part.split(":")[0] for part in checkpoint_ns.split("|") if not part.isdigit())
    for _, subgraph in graph.get_subgraphs(namespace=path, recurse=True):
        if isinstance(subgraph, Pregel):
            return subgraph
    return None


async def take_snapshot(
    connection: Connection,
    saver: BaseCheckpointSaver[Any],
    graph: Pregel[Any, Any, Any, Any],
    config: RunnableConfig,
) -> None:
    """Store the values of the newest checkpoint of `config`'s thread and namespace whole, so that it builds on no other."""
    saved = await saver.aget_tuple(config)
    if saved is None:
        return
    built_up = _built_up(graph, saved)
    histories = await saver.aget_delta_channel_history(config=saved.config, channels=list(built_up))
    snapshots = {}
    for name, channel in built_up.items():
        history = histories[name]
        held = channel.from_checkpoint(history["seed"]) if "seed" in history else channel.copy()
        if isinstance(held, DeltaChannel):
            if "seed" not in history:
                held.value = held.typ()
            held.replay_writes(history["writes"])
        else:
            for _, _, value in history["writes"]:
                held.update([value])
        snapshots[name] = saver.serde.dumps_typed(_DeltaSnapshot(held.get()))
    await checkpoints.write_snapshots(connection, saved.config, snapshots)


def _built_up(graph: Pregel[Any, Any, Any, Any], saved: CheckpointTuple) -> dict[str, BaseChannel[Any, Any, Any]]:
    checkpoint = saved.checkpoint
    return {
        name: channel
        for name, channel in graph.channels.items()
        if isinstance(channel, _BUILT_UP)
        and name in checkpoint["channel_versions"]
        and name not in checkpoint["channel_values"]
    }
