"""What the demo model does with a request: it says something, or calls tools."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Call:
    """A tool to call."""

    name: str
    args: dict[str, Any]


@dataclass(frozen=True)
class Reply:
    """What the model does: says `text`, or makes `calls`."""

    text: str = ""
    calls: tuple[Call, ...] = field(default=())


def call(name: str, args: dict[str, Any]) -> Reply:
    """A reply that is one tool call."""
    return Reply(calls=(Call(name, args),))
