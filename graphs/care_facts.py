"""What the care assistant knows at the beginning of a turn: a drawing that came with the message, and what is kept."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any, NotRequired

from pydantic import Field

from agent.domain import Loading
from agent.state import InputState, State
from tools.knowledge.weights import WeightsUnavailableError
from tools.pain import records
from tools.pain.body_regions import View
from tools.pain.diary_statistics import diary_statistics
from tools.pain.drawing import map_pain_drawing
from tools.pain.drawing_picture import drawing_svg
from tools.pain.plan_tools import drawing_record
from tools.pain.similar_signs import similar_sign
from tools.pain.triage import triage

SvgPath = Annotated[
    str | None,
    Field(title="Pain drawing", description="SVG path data of a pain outline, on a figure of 200 by 400 units."),
]
SvgView = Annotated[
    View | None, Field(title="Side of the body", description="What was drawn on: front (the default) or back.")
]
SvgViewBox = Annotated[
    list[float] | None, Field(title="View box", description="The path's own view box, if it is not 0 0 200 400.")
]


class CareInput(InputState):
    """Messages, and a drawing that may come with them."""

    svg_path: NotRequired[SvgPath]
    svg_view: NotRequired[SvgView]
    svg_viewbox: NotRequired[SvgViewBox]


class CareState(State):
    """What the care graph works on."""

    svg_path: NotRequired[SvgPath]
    svg_view: NotRequired[SvgView]
    svg_viewbox: NotRequired[SvgViewBox]


async def load_care(loading: Loading) -> Mapping[str, Any]:
    """The facts of a turn; a drawing is kept and told as `pain.regions`, or refused as `pain.drawing_refused`."""
    facts = await _sounds_like(loading)
    if loading.given.get("svg_path"):
        facts |= await _drawn(loading)
    if loading.store is not None:
        kept = await records.records(loading.store, loading.user_id, "drawings")
        if kept:
            facts["latest_drawing"] = {name: kept[-1].get(name) for name in ("at", "view", "regions", "areas")}
        found = diary_statistics(await records.entries(loading.store, loading.user_id))
        if found is not None:
            facts["diary"] = {"days": found.days, "median": found.median, "per_week": found.per_week}
    return facts


async def _sounds_like(loading: Loading) -> dict[str, Any]:
    """The red flag that words come near to which no rule knows; without an embedding model the rules stand alone."""
    found = triage(loading.said, today=loading.context.today())
    if found.flags or found.questions:
        return {}
    try:
        sign = await asyncio.to_thread(similar_sign, loading.said, found.settled)
    except WeightsUnavailableError:
        return {}
    return {"sounds_like": {"flag": sign.id, "example": sign.example}} if sign is not None else {}


async def _drawn(loading: Loading) -> dict[str, Any]:
    given = loading.given
    try:
        view = _view(given.get("svg_view"))
        drawing = await asyncio.to_thread(map_pain_drawing, str(given["svg_path"]), view, given.get("svg_viewbox"))
    except ValueError as error:
        reason = f"Your drawing could not be read: {error}."
        loading.emit({"type": "pain.drawing_refused", "reason": str(error)})
        return {"drawing_refused": {"reason": reason}}
    record = drawing_record(drawing)
    loading.emit({"type": "pain.regions", **record, "picture": drawing_svg(drawing)})
    if loading.store is not None and drawing.regions:
        moment = loading.context.moment()
        await records.add_record(loading.store, loading.user_id, "drawings", moment, record, None)
    return {"new_drawing": record}


def _view(told: Any) -> View:
    if told in (None, "front"):
        return "front"
    if told == "back":
        return "back"
    raise ValueError(f"svg_view is front or back, not {str(told)[:20]!r}")
