"""What may leave this machine in a trace. Whatever goes wrong here, less is shown, never more."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

Redactor = Callable[[dict[str, Any]], dict[str, Any]]
"""A project's own: gets a step as JSON (`graph_id`, `name`, `run_type`, and of `inputs`, `outputs`, `error`, `metadata`
and `tags` what it has) and returns what may be shown of it. What it leaves out is not shown; if it raises, nothing is."""

HIDDEN: dict[str, Any] = {"hidden": "this server does not show it in traces"}
UNREDACTED: dict[str, Any] = {"hidden": "it could not be redacted"}

_TECHNICAL = frozenset(
    {
        "base_version",
        "checkpoint_ns",
        "langgraph_checkpoint_ns",
        "langgraph_node",
        "langgraph_path",
        "langgraph_step",
        "langgraph_triggers",
        "lc_versions",
        "ls_integration",
        "ls_max_tokens",
        "ls_model_name",
        "ls_model_type",
        "ls_provider",
        "ls_temperature",
        "plan_id",
        "plan_version",
        "status",
        "usage_metadata",
    }
)
"""Metadata of hidden graphs that is shown: what LangGraph and models' wrappers say. The rest may be a caller's."""


@dataclass(frozen=True, slots=True)
class GraphPolicy:
    """What traces show of one graph."""

    graph_id: str
    hide_inputs: bool = False
    hide_outputs: bool = False
    hide_metadata: bool = False
    excluded: frozenset[str] = frozenset()
    redactor: Redactor | None = None

    def metadata(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """What of a step's metadata is shown."""
        if not self.hide_metadata:
            return dict(given)
        return {key: value for key, value in given.items() if key in _TECHNICAL}


def unknown_graph(graph_id: str) -> GraphPolicy:
    """What is shown of a graph that this process does not have: it was renamed, or another process serves it."""
    return GraphPolicy(graph_id, hide_inputs=True, hide_outputs=True, hide_metadata=True)


def hidden_parts(step: Collection[str]) -> dict[str, bytes]:
    """What stands for the parts of a step of which nothing may be shown."""
    shown = orjson.dumps(UNREDACTED)
    parts = {name: shown for name in ("inputs", "outputs") if name in step}
    return {**parts, "error": orjson.dumps("hidden")} if "error" in step else parts
