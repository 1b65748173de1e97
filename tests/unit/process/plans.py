"""A plan to test with: a release on Friday 18 December 2026, made on Monday 16 November."""

import datetime
from collections.abc import Sequence
from typing import Any

from agent.plan.document import PlanDocument
from agent.plan.edits import compile_edits
from tools.process.build_process import BuildRequest, build_process
from tools.process.plan_items import KINDS

MONDAY = datetime.datetime(2026, 11, 16, 9, tzinfo=datetime.UTC)


def request(**changes: Any) -> BuildRequest:
    fields: dict[str, Any] = {
        "template": "software_release",
        "date": datetime.date(2026, 12, 18),
        "today": MONDAY.date(),
        "owners": {"lead": "Ann", "tester": "Ben", "writer": "Cho"},
        "region": "GB",
    }
    return BuildRequest(**{**fields, **changes})


def release(**changes: Any) -> dict[str, Any]:
    return build_process(request(**changes)).document


def edited(document: dict[str, Any], ops: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The document after edits, made as the agent makes them."""
    return compile_edits(PlanDocument.from_json(document), ops, KINDS).to_json()
