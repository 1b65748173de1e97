"""Structural rules of a self-care plan: what must hold for it to be one. All of them are errors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tools.issues import Issue
from tools.pain.plan_items import KINDS
from tools.pain.plan_view import PlanView
from tools.week_structure import week_structure_issues


def structure_issues(document: Mapping[str, Any], view: PlanView) -> Iterator[Issue]:
    """What makes a document no valid plan."""
    return week_structure_issues(document, KINDS, view.weeks, view.items, shown=str)
