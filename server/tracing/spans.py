"""One step of a trace, from its start to its end, as the loop notes it and the sender reads it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from langsmith.run_trees import RunTree

from server.tracing.policy import GraphPolicy


@dataclass(frozen=True, slots=True)
class Scope:
    """What holds for every step of one run's trace."""

    policy: GraphPolicy
    project: str
    root_id: UUID
    everywhere: Mapping[str, Any] = field(default_factory=dict)
    """The server's metadata of every step, by which a thread's traces are found."""
    hashes: Mapping[str, str] = field(default_factory=dict)
    """Who the run is for, and what stands for that person in metadata."""


@dataclass(slots=True, eq=False)
class Span:
    """A step. Until it is ended it belongs to its graph; `posted` and `closed` are the sender's."""

    scope: Scope
    id: UUID
    trace_id: UUID
    parent_id: UUID | None
    dotted_order: str
    name: str
    run_type: str
    started_at: datetime
    inputs: Any
    metadata: dict[str, Any]
    reserved: Mapping[str, Any]
    """The server's metadata: nobody else's replaces it."""
    tags: list[str]
    outputs: Any = None
    error: str | None = None
    error_kind: str | None = None
    events: list[dict[str, Any]] = field(default_factory=list)
    extra: dict[str, Any] = field(default_factory=dict)
    example_id: UUID | None = None
    ended_at: datetime | None = None
    weight: int = 0
    """Roughly how many bytes it keeps alive."""
    late_inputs: bool = False
    """Whether what went in was known only when it had ended."""
    tree: RunTree | None = None
    """What code in the graph sees as the current run, and may add to."""
    posted: bool = False
    closed: bool = False
    counted: int = 0
