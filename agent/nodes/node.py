"""What a node is: state and runtime in, a partial update of the state out."""

from __future__ import annotations

from typing import Any, Protocol

from langgraph.runtime import Runtime

from agent.context import Context
from agent.state import State


class Node(Protocol):
    """An async step of the graph."""

    async def __call__(self, state: State, *, runtime: Runtime[Context]) -> dict[str, Any]: ...
