"""How a tool asks for the run it is called in, and finds its user's part of the store."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from langgraph.prebuilt import ToolRuntime
from langgraph.store.base import BaseStore

Runtime = ToolRuntime[Any, Any]
"""What a tool asks for by a parameter `runtime: Runtime`; a model never sees it."""


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
