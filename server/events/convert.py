"""Graph chunks to events of the classic stream, purely: no I/O, no clock.

One `Converter` per run; it only remembers which messages it has announced and what has accumulated of each (mode `messages`).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

from langchain_core.messages import AIMessageChunk, BaseMessage, BaseMessageChunk, message_chunk_to_message
from langchain_core.runnables import RunnableConfig

from server.events.failures import public_error
from server.events.types import Event
from server.wire_json import encode

MESSAGE_MODES = frozenset({"messages", "messages-tuple"})

_CHECKPOINT = ("thread_id", "checkpoint_ns", "checkpoint_id", "checkpoint_map")
_INTERNAL = ("__", "langgraph_auth_")


def graph_modes(stream_modes: Sequence[str]) -> list[str]:
    """The modes to ask the graph for, to serve what a client asked of the API."""
    modes = ["messages" if mode in MESSAGE_MODES else mode for mode in stream_modes if mode != "events"]
    return list(dict.fromkeys(modes)) or ["values"]


class Converter:
    """Turns what `astream` yields into events for one run's requested modes."""

    def __init__(self, stream_modes: Sequence[str], *, subgraphs: bool) -> None:
        self._modes = set(stream_modes)
        self._subgraphs = subgraphs
        # both asked: only the tuple form is sent
        self._accumulate = "messages" in self._modes and "messages-tuple" not in self._modes
        self._announced: set[str] = set()
        self._accumulated: dict[str, BaseMessageChunk] = {}

    def convert(self, namespace: tuple[str, ...], mode: str, payload: Any) -> list[Event]:
        """The events for one chunk of graph mode `mode` from `namespace` (empty: the root graph)."""
        suffix = f"|{'|'.join(namespace)}" if namespace and self._subgraphs else ""
        if mode == "messages":
            if self._accumulate:
                return self._accumulating(*payload)
            return [_event("messages" + suffix, payload)]
        if mode not in self._modes:
            return []
        if mode == "checkpoints":
            payload = _public_checkpoint(payload)
        elif mode == "tasks":
            payload = _public_failure(payload)
        elif mode == "debug":
            shown = _debug_checkpoint if payload["type"] == "checkpoint" else _public_failure
            payload = {**payload, "payload": shown(payload["payload"])}
        return [_event(mode + suffix, payload)]

    def convert_record(self, record: Mapping[str, Any]) -> list[Event]:
        """The event for one record of LangChain's `astream_events` (mode `events`)."""
        return [_event("events", record)]

    def _accumulating(self, message: BaseMessage, metadata: Mapping[str, Any]) -> list[Event]:
        events: list[Event] = []
        key = str(message.id)
        if key not in self._announced:
            self._announced.add(key)
            events.append(_event("messages/metadata", {key: {"metadata": metadata}}))
        if not isinstance(message, BaseMessageChunk):
            events.append(_event("messages/complete", [message]))
            return events
        before = self._accumulated.get(key)
        whole = message if before is None else _added(before, message)
        self._accumulated[key] = whole
        events.append(_event("messages/partial", [message_chunk_to_message(whole)]))
        return events


def metadata_event(run_id: object, attempt: int) -> Event:
    """The first event of each attempt at a run."""
    return _event("metadata", {"run_id": str(run_id), "attempt": attempt})


def error_event(error: Mapping[str, str]) -> Event:
    """The last event of a run that failed: `{"error": <class>, "message": <text>}`."""
    return _event("error", error)


def feedback_event(urls: Mapping[str, str]) -> Event:
    """Where to send feedback on the run, by key."""
    return _event("feedback", urls)


def _event(name: str, data: Any) -> Event:
    return Event(name, encode(data))


def _added(before: BaseMessageChunk, chunk: BaseMessageChunk) -> BaseMessageChunk:
    whole = before + chunk
    if not isinstance(whole, AIMessageChunk):
        raise TypeError(f"chunks of one message add up to {type(whole).__name__}")
    return whole


def _public_config(config: RunnableConfig | None) -> dict[str, Any] | None:
    """A checkpoint's config without what LangGraph keeps there for itself, and without the user."""
    if config is None:
        return None
    configurable = config.get("configurable", {})
    return {"configurable": {key: value for key, value in configurable.items() if not key.startswith(_INTERNAL)}}


def _checkpoint(config: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """What of a config names the checkpoint."""
    if config is None:
        return None
    return {key: config["configurable"][key] for key in _CHECKPOINT if key in config["configurable"]}


def _public_failure(task: Mapping[str, Any]) -> Mapping[str, Any]:
    """A task as callers may read it: its error masked like that of the run."""
    error = task.get("error")
    return {**task, "error": public_error(error)} if isinstance(error, BaseException) else task


def _public_tasks(tasks: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [{**_public_failure(task), "state": _public_task_state(task.get("state"))} for task in tasks]


def _public_task_state(state: Any) -> Any:
    return _public_config(cast(RunnableConfig, state)) if isinstance(state, dict) else state


def _public_checkpoint(payload: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **payload,
        "config": _public_config(payload.get("config")),
        "parent_config": _public_config(payload.get("parent_config")),
        "tasks": _public_tasks(payload.get("tasks", ())),
    }


def _debug_checkpoint(payload: Mapping[str, Any]) -> dict[str, Any]:
    public = _public_checkpoint(payload)
    return {
        **public,
        "checkpoint": _checkpoint(public["config"]),
        "parent_checkpoint": _checkpoint(public["parent_config"]),
        "tasks": [_debug_task(task) for task in public["tasks"]],
    }


def _debug_task(task: dict[str, Any]) -> dict[str, Any]:
    """A task whose subgraph is named by its checkpoint, as in a thread's state."""
    if not isinstance(task["state"], dict):
        return task
    return {**{key: value for key, value in task.items() if key != "state"}, "checkpoint": _checkpoint(task["state"])}
