"""Drawings, exercises, red flags and the plan's next steps as tools for a model. Thin: what they compute is elsewhere."""

from __future__ import annotations

import asyncio
import datetime
from typing import Annotated, Any

from langchain_core.tools import BaseTool, InjectedToolArg, ToolException, tool

from tools.pain import records
from tools.pain.body_regions import View
from tools.pain.drawing import PainDrawing, map_pain_drawing
from tools.pain.drawing_picture import drawing_svg
from tools.pain.escalation import escalation_text, question_text
from tools.pain.exercises import EXERCISES, PRACTICES, Exercise
from tools.pain.progression import advance_operations, advances
from tools.pain.triage import triage
from tools.reminder_tool import remind
from tools.result import answer
from tools.run_context import Runtime

Now = Annotated[datetime.datetime, InjectedToolArg]
Plan = Annotated[dict[str, Any] | None, InjectedToolArg]


def drawing_record(drawing: PainDrawing) -> dict[str, Any]:
    """A drawing as it is kept and told: plain JSON without the path itself."""
    return {
        "view": drawing.view,
        "regions": drawing.names,
        "fractions": {one.region.id: round(one.fraction, 3) for one in drawing.regions},
        "surface_percent": round(drawing.surface_percent, 2),
        "outside": round(drawing.outside, 3),
        "areas": list(drawing.areas),
        "acr_regions": list(drawing.acr),
        "shapes": list(drawing.shapes),
        "text": drawing.text,
    }


@tool("map_pain_drawing", parse_docstring=True, response_format="content_and_artifact")
async def map_pain_drawing_of(
    svg_path: str,
    runtime: Runtime,
    user_id: Annotated[str, InjectedToolArg],
    now: Now,
    view: View = "front",
    viewbox: list[float] | None = None,
) -> tuple[str, dict[str, str]]:
    """Say which regions of the body a drawn outline of pain covers. A picture to check it comes with the answer.

    Args:
        svg_path: SVG path data on a figure of 200 by 400, such as "M 78 142 L 122 142 L 122 170 Z".
        view: The side of the body it was drawn on.
        viewbox: The path's own view box (min x, min y, width, height), if it is not 0 0 200 400.
    """
    try:
        drawing = await asyncio.to_thread(map_pain_drawing, svg_path, view, viewbox)
    except ValueError as error:
        raise ToolException(str(error)) from error
    record = drawing_record(drawing)
    if runtime.store is not None and drawing.regions:
        await records.add_record(runtime.store, user_id, "drawings", now, record, runtime.tool_call_id)
    source = "our own body figure; areas of Wolfe and others (2016)"
    picture = {"mime_type": "image/svg+xml", "name": f"pain-{view}.svg", "text": drawing_svg(drawing)}
    return answer("pain_drawing", record, drawing.text, source), picture


@tool("check_red_flags", parse_docstring=True)
def check_red_flags(text: str, now: Now) -> str:
    """Look for warning signs in a description of pain that the person did not write as a message, such as a letter.

    Args:
        text: The description, word for word.
    """
    found = triage(text, today=now.date())
    data = {
        "level": found.level,
        "flags": [vars(flag) for flag in found.flags],
        "questions": [vars(question) for question in found.questions],
    }
    said = escalation_text(found) or question_text(found) or "No warning sign was found in these words."
    source = "; ".join(dict.fromkeys(flag.source for flag in found.flags)) or "NICE NG59; IFOMPT (Finucane 2020)"
    return answer("red_flags", data, said, source)


@tool("show_exercise", parse_docstring=True)
def show_exercise(name: str, step: int | None = None) -> str:
    """Say how an exercise or a practice of the catalogue is done, what its five steps are, and when to leave it out.

    Args:
        name: Its name or id, such as bridge, walking or breathing.
        step: A step from 1 to 5, if only that is asked.
    """
    wanted = name.lower().strip()
    practice = next((one for one in PRACTICES.values() if wanted in (one.id, one.title.lower())), None)
    if practice is not None:
        text = f"{practice.title} ({practice.minutes} min): {practice.how}"
        return answer("practice", {"id": practice.id}, text, practice.source)
    exercise = _exercise(wanted)
    if exercise is None:
        known = ", ".join(one.title.lower() for one in EXERCISES.values())
        raise ToolException(f"I have no exercise “{name}”. There are: {known}; and {', '.join(PRACTICES)}.")
    if step is not None and not 1 <= step <= len(exercise.steps):
        raise ToolException(f"{exercise.title} has steps 1 to {len(exercise.steps)}.")
    steps = [f"step {n}: {what}" for n, what in enumerate(exercise.steps, start=1) if step in (None, n)]
    listed = "; ".join(steps)
    text = f"{exercise.title}: {exercise.how} {listed[0].upper()}{listed[1:]}."
    if exercise.avoid:
        text += f" Leave it out with: {', '.join(sorted(one.replace('_', ' ') for one in exercise.avoid))}."
    return answer("exercise", {"id": exercise.id, "steps": list(exercise.steps)}, text, exercise.source)


@tool("next_steps")
def next_steps(now: Now, plan: Plan = None) -> str:
    """Work out from the noted sessions which exercises may go a step up and which should ease off; proposes the edits."""
    if plan is None:
        raise ToolException("There is no plan in this conversation yet.")
    found = advances(plan)
    if not found:
        text = (
            "No session is noted as done yet. Say, for example, “mark Monday's walk in week 1 as done, pain 3 before and "
            "4 after”."
        )
        return answer("next_steps", {"proposed_ops": []}, text, _GRADED)
    lines = [f"{one.title}: {_DIRECTIONS[one.direction]} ({one.reason})." for one in found]
    operations = advance_operations(plan, now.date())
    return answer("next_steps", {"proposed_ops": operations}, " ".join(lines), _GRADED)


_GRADED = "graded activity: Lindstrom and others, Physical Therapy 72 (1992); thresholds are our own"
_DIRECTIONS = {"up": "one step up", "stay": "stay at this step", "down": "ease off"}


def _exercise(wanted: str) -> Exercise | None:
    singular = wanted.removeprefix("the ").rstrip("s")
    for one in EXERCISES.values():
        if wanted == one.id or singular == one.title.lower().rstrip("s"):
            return one
    return next((one for one in EXERCISES.values() if singular and singular in f"{one.id} {one.title.lower()}"), None)


PLAN_TOOLS: list[BaseTool] = [map_pain_drawing_of, check_red_flags, show_exercise, next_steps, remind]
for _tool in PLAN_TOOLS:
    _tool.handle_tool_error = True
