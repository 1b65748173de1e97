"""Changes of the time of day that an item begins at."""

from __future__ import annotations

import re
from datetime import datetime

from agent.demo.editor import Editor, Operation
from agent.demo.patterns import Match
from agent.demo.perceive import Row
from agent.demo.quantities import time_of_day
from agent.demo.references import CannotResolve

_DAY = "2000-01-01T"


def retime(editor: Editor, clause: Match) -> list[Operation]:
    """To a time of day; what else is timed of the item (its end) moves along."""
    if not editor.phrases.times:
        raise CannotResolve("Nothing in this plan has a time of day; say a day.")
    clock = time_of_day(clause.slots["clock"])
    if clock is None:
        raise CannotResolve(f"“{clause.slots['clock']}” is not a time I understand; say, for example, 15:00 or 3 pm.")
    return [_retimed(editor, row, clock) for row in editor.sessions(clause.slots["item"])]


def _retimed(editor: Editor, row: Row, clock: str) -> Operation:
    first, *others = editor.phrases.times
    was = row.words.get(first)
    if was is None:
        return {"op": "update_item", "id": row.id, "set": {first: clock}}
    began = _moment(was)
    now = began.replace(hour=int(clock[:2]), minute=int(clock[3:]))
    values = {first: _written(now, was)}
    for name in others:
        if name in row.words:
            values[name] = _written(_moment(row.words[name]) + (now - began), row.words[name])
    return {"op": "update_item", "id": row.id, "set": values}


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text if "T" in text else _DAY + text)
    except ValueError as error:
        raise CannotResolve(f"Its time, “{text}”, is not one I can move.") from error


def _written(moment: datetime, like: str) -> str:
    """A moment in the form that it was written in: HH:MM, or a date-time with or without seconds and offset."""
    if "T" not in like:
        return f"{moment:%H:%M}"
    seconds = re.search(r"T\d\d:\d\d:\d\d", like) is not None
    text = moment.isoformat(timespec="seconds" if seconds else "minutes")
    return text.replace("+00:00", "Z") if like.endswith("Z") else text
