"""Typed edits: what a model writes, and how they become a new document without touching anything else."""

from __future__ import annotations

from agent.plan.ops import (
    OP_NAMES,
    AddItem,
    MoveItem,
    Op,
    RemoveItem,
    Scale,
    SetMeta,
    ShiftDates,
    Swap,
    UpdateItem,
    Where,
    parse_ops,
)
from agent.plan.problems import EditError, Problem

__all__ = [
    "OP_NAMES",
    "AddItem",
    "EditError",
    "MoveItem",
    "Op",
    "Problem",
    "RemoveItem",
    "Scale",
    "SetMeta",
    "ShiftDates",
    "Swap",
    "UpdateItem",
    "Where",
    "parse_ops",
]
