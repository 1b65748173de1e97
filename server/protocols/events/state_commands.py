"""The commands that read states: `state.get` and `state.listCheckpoints`."""

from typing import Any, Self
from uuid import UUID

from langgraph.constants import START

from server.auth.access import SYSTEM, Access, bound_to
from server.protocols.events.envelopes import Command, CommandError, Done
from server.protocols.events.params import ListCheckpointsParams, StateGetParams, read
from server.threads.schemas import CheckpointRef, HistoryRequest
from server.threads.service import ThreadNotFoundError, ThreadService

_BETWEEN_SEGMENTS = "|"  # of a checkpoint's namespace, as LangGraph writes it


class StateCommands:
    """Reads threads' states by the service that serves them over HTTP."""

    def __init__(self, threads: ThreadService) -> None:
        self._threads = threads
        self._access: Access = SYSTEM

    def on_behalf_of(self, access: Access) -> Self:
        """The same for a caller, who reads what that caller may."""
        bound = bound_to(access, self)
        bound._threads = self._threads.on_behalf_of(access)
        return bound

    async def get(self, thread_id: UUID, command: Command) -> Done:
        """The values of a graph of the thread, all or those of some keys, and the checkpoint that has them."""
        params = read(StateGetParams, command)
        at = CheckpointRef(checkpoint_ns=_BETWEEN_SEGMENTS.join(params.namespace))
        try:
            state = await self._threads.states.read(thread_id, at, select=["values", "checkpoint", "created_at"])
        except ThreadNotFoundError as error:
            raise _no_run() from error
        if state["created_at"] is None and params.namespace:
            raise CommandError("no_such_namespace", f"This thread has no state of {params.namespace}.")
        values = state["values"]
        if params.keys is not None and isinstance(values, dict):
            values = {key: values[key] for key in params.keys if key in values}
        shown: dict[str, Any] = {"values": values}
        if state["checkpoint"] is not None:
            shown["checkpoint"] = {
                "id": state["checkpoint"]["checkpoint_id"],
                "ns": state["checkpoint"]["checkpoint_ns"],
            }
        return Done(shown)

    async def list_checkpoints(self, thread_id: UUID, command: Command) -> Done:
        """A page of a graph's checkpoints, newest first; the last one's id is the cursor (`before`) of the next page."""
        params = read(ListCheckpointsParams, command)
        asked = HistoryRequest(
            # one more: it tells which node made the page's last
            limit=min(params.limit + 1, 1000),
            before=CheckpointRef(checkpoint_id=str(params.before)) if params.before else None,
            checkpoint=CheckpointRef(checkpoint_ns=_BETWEEN_SEGMENTS.join(params.namespace)),
            select=["checkpoint", "created_at", "metadata", "next", "parent_checkpoint"],
        )
        try:
            states = await self._threads.states.history(thread_id, asked)
        except ThreadNotFoundError as error:
            raise _no_run() from error
        next_nodes = {state["checkpoint"]["checkpoint_id"]: state["next"] for state in states}
        return Done({"checkpoints": [_summary(state, next_nodes) for state in states[: params.limit]]})


def _summary(state: dict[str, Any], next_nodes: dict[str, list[str]]) -> dict[str, Any]:
    metadata = state["metadata"] or {}
    summary: dict[str, Any] = {
        "id": state["checkpoint"]["checkpoint_id"],
        "timestamp": state["created_at"],
        "step": metadata.get("step", -1),
        "metadata": metadata,
    }
    ran = next_nodes.get((state["parent_checkpoint"] or {}).get("checkpoint_id", ""), [])
    if len(ran) == 1 and ran[0] != START and metadata.get("source") == "loop":
        summary["node_name"] = ran[0]
    return summary


def _no_run() -> CommandError:
    return CommandError("no_such_run", "No run is bound to this thread.")
