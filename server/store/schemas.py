"""Request and response shapes of the store API."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, Field

from server.paging import MAX_OFFSET
from server.requests import RequestModel

MAX_ROWS = 2**31 - 1
MAX_TTL_MINUTES = 525_600_000
"""A thousand years; Postgres counts no further than some hundred thousand."""

Namespace = list[str]


class ItemOut(BaseModel):
    """An item: a value under a key in a namespace."""

    namespace: Namespace
    key: str
    value: dict[str, Any]
    created_at: datetime
    updated_at: datetime


class FoundItem(ItemOut):
    """An item that a search found."""

    score: float | None = Field(
        description="how near it is in meaning, 1 at best; null without `query` or if not indexed"
    )


class FoundItems(BaseModel):
    """What a search found."""

    items: list[FoundItem]


class Namespaces(BaseModel):
    """Namespaces that hold items."""

    namespaces: list[Namespace]


class KeyMissing(BaseModel):
    """The refusal of a read without a key, which has a form of its own."""

    error: Literal["Key is required"]


class ItemPut(RequestModel):
    """An item to keep."""

    namespace: Namespace
    key: str
    value: dict[str, Any]
    index: Literal[False] | list[str] | None = Field(
        None, description="paths to find it by in meaning; null: the project's, false: none"
    )
    ttl: float | None = Field(
        None, ge=0.001, le=MAX_TTL_MINUTES, description="minutes to live; null: forever, absent: the project's default"
    )


class ItemDelete(RequestModel):
    """Which item to delete."""

    namespace: Namespace | None = None
    key: str


class ItemSearch(RequestModel):
    """Which items to list, and which page of them."""

    namespace_prefix: Namespace | None = Field(None, description="only in or below this namespace")
    filter: dict[str, Any] | None = Field(
        None, description="values by key: to equal, or to compare by $eq, $ne, $gt, $gte, $lt, $lte"
    )
    limit: int = Field(10, ge=0, le=MAX_ROWS)
    offset: int = Field(0, ge=0, le=MAX_OFFSET)
    query: str | None = Field(None, description="what they should be about, nearest first; needs `store.index`")
    refresh_ttl: bool | None = Field(None, description="whether those found live on; null: as the project says")


class NamespaceSearch(RequestModel):
    """Which namespaces to list, and which page of them. `*` stands for any one label."""

    prefix: Namespace | None = None
    suffix: Namespace | None = None
    max_depth: int | None = Field(None, ge=1, le=MAX_ROWS, description="cut them to this many labels")
    limit: int = Field(100, ge=0, le=MAX_ROWS)
    offset: int = Field(0, ge=0, le=MAX_OFFSET)
