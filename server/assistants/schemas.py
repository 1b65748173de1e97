"""Request and response shapes of the assistants API."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from server.paging import MAX_OFFSET
from server.requests import RequestModel

AssistantField = Literal[
    "assistant_id",
    "graph_id",
    "config",
    "context",
    "metadata",
    "name",
    "created_at",
    "updated_at",
    "version",
    "description",
]


class AssistantOut(BaseModel):
    """An assistant."""

    assistant_id: UUID
    graph_id: str
    config: dict[str, Any]
    context: dict[str, Any]
    metadata: dict[str, Any]
    name: str
    created_at: datetime
    updated_at: datetime
    version: int
    description: str | None


class AssistantCount(RequestModel):
    """Which assistants to count."""

    metadata: dict[str, Any] | None = Field(None, description="only those whose metadata contain this")
    graph_id: str | None = Field(None, description="only those of this graph")
    name: str | None = Field(None, description="only those whose name contains this, in any case")


class AssistantSearch(AssistantCount):
    """Which assistants to list, in what order, and which page of them."""

    limit: int = Field(10, ge=1, le=1000)
    offset: int = Field(0, ge=0, le=MAX_OFFSET)
    sort_by: Literal["assistant_id", "created_at", "updated_at", "name", "graph_id"] = "created_at"
    sort_order: Literal["asc", "desc"] = "desc"
    select: list[AssistantField] | None = Field(None, description="only these keys of each")


class GraphSchemas(BaseModel):
    """A graph's JSON Schemas."""

    graph_id: str
    input_schema: dict[str, Any] | None
    output_schema: dict[str, Any] | None
    state_schema: dict[str, Any] | None
    config_schema: dict[str, Any] | None
    context_schema: dict[str, Any] | None


class GraphDrawing(BaseModel):
    """A graph's nodes and edges."""

    nodes: list[dict[str, Any]]
    edges: list[dict[str, Any]]
