"""Looking at a plan without changing it: the plan or a week, two versions side by side, the history."""

from __future__ import annotations

from langchain_core.messages import ToolMessage
from pydantic import ValidationError

from agent.domain import Domain
from agent.plan.changes import change_list
from agent.plan.diff import diff
from agent.plan.ops import validation_lines
from agent.plan.outline import outline
from agent.plan.render import render
from agent.plan.repository import PlanRepository
from agent.plan_store import Base
from agent.plan_text import bulleted, summary
from agent.results import answered, failed
from agent.schemas.plan_tools import COMPARE, SHOW, CompareVersions, ShowPlan
from agent.turn import PlanCall

MAX_LISTED = 20


async def look(call: PlanCall, base: Base, plans: PlanRepository, domain: Domain) -> ToolMessage:
    """Answer a reading call about the plan that the conversation has seen."""
    if base.version is None:
        return failed(call, "There is no plan in this conversation yet.")
    try:
        if call.name == SHOW:
            return await _show(call, base, plans, ShowPlan.model_validate(call.args), domain)
        if call.name == COMPARE:
            asked = CompareVersions.model_validate(call.args)
            return await _compare(call, base, plans, asked)
        return await _history(call, base, plans)
    except ValidationError as error:
        return failed(call, "; ".join(validation_lines(error)))


async def _show(call: PlanCall, base: Base, plans: PlanRepository, asked: ShowPlan, domain: Domain) -> ToolMessage:
    number = asked.version or base.number
    version = base.version if number == base.number else await plans.version(base.plan_id, number)
    if version is None or number > base.number:
        return failed(call, f"The plan has no version {number}.")
    document = version.document
    try:
        shown = domain.shown(document, asked.week)
    except LookupError as error:
        return failed(call, f"{str(error.args[0]).capitalize()}.")
    text = "\n".join(shown)
    if asked.week is None:
        text = f"{summary(document)} (version {number}).\n{bulleted(shown)}"
    data = {"version": number, "week": asked.week, "items": outline(document) if asked.week is None else []}
    return answered(call, "plan", text, data)


async def _compare(call: PlanCall, base: Base, plans: PlanRepository, asked: CompareVersions) -> ToolMessage:
    found = [await plans.version(base.plan_id, number) for number in (asked.a, asked.b)]
    missing = [str(number) for number, one in zip((asked.a, asked.b), found, strict=True) if one is None]
    if missing:
        return failed(call, f"The plan has no version {' and no version '.join(missing)}.")
    before, after = (one.document for one in found if one is not None)
    change = diff(before, after)
    text = f"From version {asked.a} to {asked.b}: {render(change, before, after)}."
    changes = change_list(change, before, after)
    return answered(call, "plan_comparison", text, {"a": asked.a, "b": asked.b, "changes": changes})


async def _history(call: PlanCall, base: Base, plans: PlanRepository) -> ToolMessage:
    versions = [one for one in await plans.history(base.plan_id, limit=MAX_LISTED) if one.version <= base.number]
    told = [
        f"- version {one.version} ({one.kind}{', current' if one.version == base.number else ''}): {one.summary}"
        for one in versions
    ]
    data = {"versions": [{"version": one.version, "kind": one.kind, "summary": one.summary} for one in versions]}
    return answered(call, "plan_history", "The plan's versions, newest first:\n" + "\n".join(told), data)
