"""What a tool may know of the run it is called in: whose it is, and what time it is there.

Tools know no agent, so the run's choices are seen here through what they must have (`agent.context.Context` has it).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol
from urllib.parse import quote

from langgraph.prebuilt import ToolRuntime
from langgraph.store.base import BaseStore


class RunContext(Protocol):
    """The part of a run's choices that tools use."""

    @property
    def user_id(self) -> str: ...

    @property
    def timezone(self) -> str: ...

    def moment(self) -> datetime: ...


Runtime = ToolRuntime[Any, Any]
"""What a tool asks for by a parameter `runtime: Runtime`; its context is a `RunContext`."""


def owner_of(runtime: Runtime) -> str:
    """Whose run this is: the user whom the server authenticated, otherwise whom the caller names."""
    server = runtime.server_info
    if server is not None and server.user is not None:
        return server.user.identity
    return context_of(runtime).user_id


def context_of(runtime: Runtime) -> RunContext:
    """The choices of the run."""
    context: RunContext = runtime.context
    return context


def owner_label(owner: str) -> str:
    """A user's id as a label of a store's namespace; different users have different labels.

    Labels may hold no period, be neither empty nor "langgraph".
    """
    label = quote(owner, safe="@").replace(".", "%2E")
    return label if label not in ("", "langgraph") else f"{label}%00"


def store_of(runtime: Runtime) -> BaseStore:
    """The run's store. Raises LookupError, with what to say, where there is none."""
    if runtime.store is None:
        raise LookupError("There is no long-term store here, so nothing can be kept beyond this conversation.")
    return runtime.store
