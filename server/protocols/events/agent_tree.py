"""`agent.getTree`: the graphs of a run, each with how far it is, as their lifecycle events tell."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from server.protocols.events.envelopes import CommandError
from server.protocols.events.model import ProtocolEvent
from server.protocols.events.subscriptions import Namespace


@dataclass
class _Node:
    namespace: Namespace
    status: str = "started"
    graph_name: str = ""
    children: list["_Node"] = field(default_factory=list)

    def shown(self) -> dict[str, Any]:
        told: dict[str, Any] = {
            "namespace": list(self.namespace),
            "status": self.status,
            "graph_name": self.graph_name,
        }
        if self.children:
            told["children"] = [child.shown() for child in self.children]
        return told


class AgentTree:
    """Follows a thread's events: the graphs of its newest run, or of the one that is asked for."""

    def __init__(self, run_id: str | None = None) -> None:
        self._wanted = run_id
        self._run_id: UUID | None = None
        self._nodes: dict[Namespace, _Node] = {}

    def follow(self, events: Iterable[ProtocolEvent]) -> None:
        """Take events in, in their order."""
        for event in events:
            if event.method != "lifecycle" or (self._wanted is not None and str(event.run_id) != self._wanted):
                continue
            if event.run_id != self._run_id:
                self._run_id, self._nodes = event.run_id, {}
            self._take(event.namespace, event.data)

    def _take(self, namespace: Namespace, data: dict[str, Any]) -> None:
        node = self._nodes.get(namespace)
        if node is None:
            node = self._nodes[namespace] = _Node(namespace)
            if namespace:
                self._above(namespace).children.append(node)
        node.status = data["event"]
        node.graph_name = data.get("graph_name") or node.graph_name

    def _above(self, namespace: Namespace) -> _Node:
        """The innermost graph around a namespace that told of itself; not every level does."""
        for length in range(len(namespace) - 1, 0, -1):
            if namespace[:length] in self._nodes:
                return self._nodes[namespace[:length]]
        return self._nodes.setdefault((), _Node(()))

    def result(self) -> dict[str, Any]:
        """The command's result. Raises `CommandError` if there was no run."""
        root = self._nodes.get(())
        if root is None:
            named = "No active run is bound to this thread." if self._wanted is None else f"Unknown run: {self._wanted}"
            raise CommandError("no_such_run", named)
        return {"tree": root.shown()}
