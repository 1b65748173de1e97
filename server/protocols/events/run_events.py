"""One run's events as the protocol has them, from its log: what is there already, what is said in other words, and what is
missing: that the run is running, and how it ended. Purely: no I/O."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from server.events.protocol import INPUT_REQUESTED, Namespace, parts_of, protocol_event
from server.events.types import Event, LoggedEvent
from server.protocols.events.classic import ClassicEvents
from server.protocols.events.model import ProtocolEvent


class RunEvents:
    """The events of one run. `number` gives each its place on the thread."""

    def __init__(self, run_id: UUID, graph_name: str, *, is_protocol: bool, number: Callable[[], int]) -> None:
        self._run_id = run_id
        self._graph_name = graph_name
        self._classic = None if is_protocol else ClassicEvents(graph_name)
        self._number = number
        self._is_running = False
        self._asks = False
        self._failure: str | None = None
        self._graphs: dict[Namespace, str] = {}  # subgraphs that have begun, and not ended

    def of(self, logged: LoggedEvent) -> list[ProtocolEvent]:
        """The protocol's events for one of the log's."""
        at = _milliseconds(logged.at)
        if logged.name == "metadata":
            if self._is_running:
                return []  # another attempt at it
            self._is_running = True
            return [self._lifecycle((), at, {"event": "running", "graph_name": self._graph_name})]
        if logged.name == "error":
            self._failure = orjson.loads(logged.data).get("message")
            return []  # it is said when the thread is free again
        if self._classic is None:
            return [self._stored(logged, at)]
        made = self._classic.of(logged.name, logged.data, at)
        return [self._made(event, logged, at, count) for count, event in enumerate(made)]

    def end(self, status: str | None, at: datetime) -> list[ProtocolEvent]:
        """What is to be said when the run is over; `status` is None if it is gone: it was rolled back."""
        milliseconds = _milliseconds(at)
        closing = [] if self._classic is None else self._classic.close(milliseconds)
        last = LoggedEvent(0, "", b"", at)
        events = [self._made(event, last, milliseconds, count) for count, event in enumerate(closing)]
        if status == "success" and self._failure is None:
            # all of the questions come before it, and whoever answers then finds the run over
            return [*events, *self._end(milliseconds, "interrupted" if self._asks else "completed")]
        if status in ("error", "timeout") or self._failure is not None:
            return [*events, *self._end(milliseconds, "failed")]
        # clients show that it was interrupted, but only `completed` tells the Python SDK that nothing more comes of it
        return [*events, *self._end(milliseconds, "interrupted"), *self._end(milliseconds, "completed")]

    def _end(self, at: int, event: str) -> list[ProtocolEvent]:
        """The end of the run's graph, after those of its subgraphs that nobody told of."""
        open_graphs, self._graphs = self._graphs, {}
        events = [
            self._lifecycle(namespace, at, {"event": event, "graph_name": name})
            for namespace, name in reversed(open_graphs.items())
        ]
        said = {"event": event, "graph_name": self._graph_name}
        if event == "failed" and self._failure is not None:
            said["error"] = self._failure
        return [*events, self._lifecycle((), at, said)]

    def _stored(self, logged: LoggedEvent, at: int) -> ProtocolEvent:
        method, channel, namespace = parts_of(logged.name)
        event_id = logged.id
        if method in ("lifecycle", INPUT_REQUESTED):
            event_id = self._noted(method, namespace, orjson.loads(logged.data)["params"]["data"]) or event_id
        return ProtocolEvent(self._run_id, event_id, self._number(), method, namespace, logged.data, channel)

    def _made(self, event: Event, logged: LoggedEvent, at: int, count: int) -> ProtocolEvent:
        stored = self._stored(LoggedEvent(logged.seq, event.name, event.data, logged.at), at)
        if not count or stored.event_id.startswith("synth:"):
            return stored
        return ProtocolEvent(
            stored.run_id,
            f"{stored.event_id}.{count}",
            stored.seq,
            stored.method,
            stored.namespace,
            stored.body,
            stored.name,
        )

    def _noted(self, method: str, namespace: Namespace, data: dict[str, Any]) -> str | None:
        """Follow what is said of graphs; the event's id, if it has one of its own."""
        if method == INPUT_REQUESTED:
            self._asks = True
            return self._id("input", namespace, data["interrupt_id"])
        if data["event"] == "started":
            self._graphs[namespace] = data.get("graph_name", "")
            return None
        self._graphs.pop(namespace, None)
        return self._id("lc", namespace, data["event"])

    def _lifecycle(self, namespace: Namespace, at: int, data: dict[str, Any]) -> ProtocolEvent:
        event = protocol_event("lifecycle", namespace, data, at=at)
        event_id = self._id("lc", namespace, data["event"])
        return ProtocolEvent(self._run_id, event_id, self._number(), "lifecycle", namespace, event.data)

    def _id(self, kind: str, namespace: Namespace, what: str) -> str:
        return f"synth:{self._run_id}:{kind}|{'|'.join(namespace)}|{what}"


def _milliseconds(at: datetime) -> int:
    return int(at.timestamp() * 1000)
