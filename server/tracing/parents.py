"""Distributed traces: what a caller's `langsmith-trace` and `baggage` headers may say, and no more.

A trace header names the run under which the caller wants its run to hang. Of the baggage only metadata and tags are read.
Where data goes is for this server's settings alone: projects, addresses and replicas (with their URLs and keys) in a
header are never looked at (CVE-2026-25528).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import unquote
from uuid import UUID

import orjson

TRACE_HEADER = "langsmith-trace"
BAGGAGE_HEADER = "baggage"

_MAX_HEADER = 8192  # characters: the limit that W3C Baggage sets
_MAX_DEPTH = 100
_SEGMENT = re.compile(
    r"(\d{8}T\d{12}Z)([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})", re.ASCII | re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class TraceParent:
    """The run that a caller's run belongs to: its place in its trace (`dotted_order`), and what the caller says of it."""

    dotted_order: str
    metadata: Mapping[str, Any] = field(default_factory=dict)
    tags: tuple[str, ...] = ()

    @property
    def trace_id(self) -> UUID:
        """The trace's root."""
        return UUID(self.dotted_order.split(".", 1)[0][-36:])

    @property
    def run_id(self) -> UUID:
        """The run right above."""
        return UUID(self.dotted_order[-36:])

    def as_json(self) -> dict[str, Any]:
        """What `from_json` reads."""
        return {"dotted_order": self.dotted_order, "metadata": dict(self.metadata), "tags": list(self.tags)}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "TraceParent":
        """What `as_json` wrote."""
        return cls(stored["dotted_order"], stored["metadata"], tuple(stored["tags"]))


def parent_in(headers: Mapping[str, str]) -> TraceParent | None:
    """The parent that a request's headers name; None if there is none, or if it cannot be one."""
    order = headers.get(TRACE_HEADER, "").strip()
    segments = order.split(".") if order and len(order) <= _MAX_HEADER else []
    if not segments or len(segments) > _MAX_DEPTH or not all(_is_segment(one) for one in segments):
        return None
    metadata, tags = _told(headers.get(BAGGAGE_HEADER, ""))
    return TraceParent(order, metadata, tags)


def _is_segment(text: str) -> bool:
    """Whether it is a run's start and id. One that is not would have the whole batch refused that it is sent in."""
    found = _SEGMENT.fullmatch(text)
    if found is None:
        return False
    try:
        datetime.strptime(found.group(1), "%Y%m%dT%H%M%S%f%z")
    except ValueError:
        return False
    return True


def _told(baggage: str) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Metadata and tags of a baggage header (`name=percent-encoded, …`); what cannot be read counts as not there."""
    metadata: dict[str, Any] = {}
    tags: tuple[str, ...] = ()
    if len(baggage) > _MAX_HEADER:
        return metadata, tags
    for item in baggage.split(","):
        name, _, value = item.strip().partition("=")
        if name.strip() == "langsmith-metadata":
            metadata = _scalars(unquote(value))
        elif name.strip() == "langsmith-tags":
            tags = tuple(tag for tag in unquote(value).split(",") if tag)
    return metadata, tags


def _scalars(text: str) -> dict[str, Any]:
    try:
        read = orjson.loads(text)
    except orjson.JSONDecodeError:
        return {}
    given = read if isinstance(read, dict) else {}
    return {key: value for key, value in given.items() if isinstance(value, str | int | float | bool)}
