"""Request and response shapes of the assistants API."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from server.paging import PageRequest, SearchRequest
from server.requests import RequestModel

MAX_VERSION = 2**31 - 1

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


class AssistantVersionOut(BaseModel):
    """What an assistant was at one version."""

    assistant_id: UUID
    version: int
    graph_id: str
    config: dict[str, Any]
    context: dict[str, Any]
    metadata: dict[str, Any]
    created_at: datetime = Field(description="when this version was made")
    name: str
    description: str | None


class AssistantConfig(BaseModel):
    """The config that an assistant's runs start from. Keys of its own are kept as they are."""

    model_config = ConfigDict(extra="allow")

    tags: list[str] | None = None
    recursion_limit: int | None = None
    configurable: dict[str, Any] | None = None


class AssistantContentIn(RequestModel):
    """What a caller may decide about an assistant. Null stands for absent."""

    config: AssistantConfig | None = None
    context: dict[str, Any] | None = Field(
        None, description="another spelling of `config.configurable`: give one of them"
    )
    metadata: dict[str, Any] | None = None
    name: str | None = None
    description: str | None = None

    @property
    def given_config(self) -> dict[str, Any] | None:
        """The config as it was given."""
        return None if self.config is None else self.config.model_dump(exclude_none=True)


class AssistantCreate(AssistantContentIn):
    """A new assistant."""

    assistant_id: UUID | None = Field(None, description="its id; made up by default")
    graph_id: str = Field(description="the graph that it runs, as named in langgraph.json")
    if_exists: Literal["raise", "do_nothing"] = Field("raise", description="what to do if the id is taken")


class AssistantPatch(AssistantContentIn):
    """What to change: metadata are merged, the rest replaces what was."""

    graph_id: str | None = None


class VersionSearch(PageRequest):
    """Which page of an assistant's versions."""

    metadata: dict[str, Any] | None = Field(None, description="only those whose metadata contain this")


class VersionChoice(RequestModel):
    """Which version an assistant is to be. The query may name it instead."""

    version: int | None = Field(None, ge=1, le=MAX_VERSION)


class AssistantCount(RequestModel):
    """Which assistants to count."""

    metadata: dict[str, Any] | None = Field(None, description="only those whose metadata contain this")
    graph_id: str | None = Field(None, description="only those of this graph")
    name: str | None = Field(None, description="only those whose name contains this, in any case")


class AssistantSearch(SearchRequest, AssistantCount):
    """Which assistants to list, in what order, and which page of them."""

    sort_by: Literal["assistant_id", "created_at", "updated_at", "name", "graph_id"] = "created_at"
    sort_order: Literal["asc", "desc"] = "desc"
    select: list[AssistantField] | None = Field(None, description="only these keys of each")


class GraphSchemas(BaseModel):
    """A graph's JSON Schemas; null for what cannot be expressed."""

    graph_id: str
    input_schema: dict[str, Any] | None
    output_schema: dict[str, Any] | None
    state_schema: dict[str, Any] | None
    config_schema: dict[str, Any] | None
    context_schema: dict[str, Any] | None


class SubgraphSchemas(BaseModel):
    """A subgraph's JSON Schemas; null for what cannot be expressed."""

    input_schema: dict[str, Any] | None
    output_schema: dict[str, Any] | None
    state_schema: dict[str, Any] | None
    config_schema: dict[str, Any] | None
    context_schema: dict[str, Any] | None


class GraphDrawing(BaseModel):
    """A graph's nodes and edges."""

    nodes: list[dict[str, Any]]
    edges: list[dict[str, Any]]
