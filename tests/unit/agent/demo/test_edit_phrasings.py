"""What people say about a plan, and the exact edit operations that the demo model makes of it."""

from typing import Any

import pytest

from tests.unit.agent.demo.conversation import operations


def move(item_id: str, day: str) -> dict[str, Any]:
    return {"op": "move_item", "id": item_id, "date": day}


def km(item_id: str, value: float) -> dict[str, Any]:
    return {"op": "update_item", "id": item_id, "set": {"km": value}}


def scale(week: str, factor: float) -> dict[str, Any]:
    return {"op": "scale", "field": "km", "factor": factor, "where": {"parent": week, "kind": "run"}}


def remove(item_id: str) -> dict[str, Any]:
    return {"op": "remove_item", "id": item_id, "reason": "asked for"}


def add(week: str, kind: str, title: str, **data: Any) -> dict[str, Any]:
    return {"op": "add_item", "kind": kind, "parent": week, "title": title, "data": data}


def retype(item_id: str, title: str, run_type: str) -> dict[str, Any]:
    return {"op": "update_item", "id": item_id, "title": title, "set": {"type": run_type}}


MOVES = [
    ("Move the tempo in week 3 to Wednesday, please.", [move("w3-tempo", "2026-04-22")]),
    ("move Tuesday's tempo in week 3 to Wednesday", [move("w3-tempo", "2026-04-22")]),
    ("shift the long run in week 2 to Saturday", [move("w2-long", "2026-04-18")]),
    ("can you reschedule week 4's tempo to Thursday?", [move("w4-tempo", "2026-04-30")]),
    ("Could you please put the week 2 long run on Saturday?", [move("w2-long", "2026-04-18")]),
    ("move the long run in week 5 from Sunday to Saturday", [move("w5-long", "2026-05-09")]),
    ("move the week 2 tempo one day later", [move("w2-tempo", "2026-04-15")]),
    ("push the tempo in week 4 back by 2 days", [move("w4-tempo", "2026-04-30")]),
    ("bring the long run in week 4 forward by one day", [move("w4-long", "2026-05-02")]),
    ("move w3-long to Saturday", [move("w3-long", "2026-04-25")]),
    ("move the long run in week 3 to week 4", [move("w3-long", "2026-05-03")]),
    ("move the tempo in week 3 to 23 April", [move("w3-tempo", "2026-04-23")]),
    ("move the tempo in week 3 to 2026-04-24", [move("w3-tempo", "2026-04-24")]),
    ("I'd like to move the tempo of the third week to Friday", [move("w3-tempo", "2026-04-24")]),
    ("move tempo to wednesday in week 3", [move("w3-tempo", "2026-04-22")]),
    ("move week 3 tempo to wed", [move("w3-tempo", "2026-04-22")]),
    ("move my long run this week to Saturday", [move("w1-long", "2026-04-11")]),
    ("I can't run on Tuesday in week 3, move it to Wednesday", [move("w3-tempo", "2026-04-22")]),
    ("shift the whole plan by one week", [{"op": "shift_dates", "days": 7, "from_date": "2026-04-06"}]),
    ("move everything back by 3 days", [{"op": "shift_dates", "days": 3, "from_date": "2026-04-06"}]),
]
REPLANS = [
    ("replan the rest from week 5", [{"op": "replan", "from_date": "2026-05-04", "constraints": {}}]),
    (
        "redo everything from week 5 on, with 3 days a week",
        [{"op": "replan", "from_date": "2026-05-04", "constraints": {"days_per_week": 3}}],
    ),
]
LENGTHS = [
    ("make the long run in week 3 2 km longer", [km("w3-long", 15)]),
    ("make the long run in week 3 16 km", [km("w3-long", 16)]),
    ("make the long run in week 3 3 miles longer", [km("w3-long", 17.8)]),
    ("make the long run in week 6 two km shorter", [km("w6-long", 14)]),
    ("lengthen the long run in week 4 by 2 km", [km("w4-long", 16)]),
    ("shorten the long run in week 4 to 12 km", [km("w4-long", 12)]),
    ("cut 2 km off the long run in week 6", [km("w6-long", 14)]),
    ("add 3 km to the long run in week 5", [km("w5-long", 18)]),
    ("increase the tempo in week 2 by 1 km", [km("w2-tempo", 7)]),
    ("set Tuesday's tempo in week 5 to 8 km", [km("w5-tempo", 8)]),
    ("make the long run in week 6 10% shorter", [km("w6-long", 14.4)]),
    ("make every easy run in week 2 1 km shorter", [km("w2-easy1", 4), km("w2-easy2", 4)]),
    ("make all long runs 1 km longer", [km(f"w{week}-long", 11 + week) for week in range(1, 8)]),
]
WEEKS = [
    ("make week 5 20% easier", [scale("w5", 0.8)]),
    ("make week 5 easier", [scale("w5", 0.8)]),
    ("reduce week 4 by 15%", [scale("w4", 0.85)]),
    ("increase week 2 by 10 percent", [scale("w2", 1.1)]),
    ("cut the volume of week 6 by 10%", [scale("w6", 0.9)]),
    ("scale week 3 to 80%", [scale("w3", 0.8)]),
    ("I'm tired, make next week easier", [scale("w1", 0.8)]),
    (
        "make everything 10% easier",
        [{"op": "scale", "field": "km", "factor": 0.9, "where": {"kind": "run"}}],
    ),
    ("make the third week a bit harder", [scale("w3", 1.1)]),
]
WHOLE_SESSIONS = [
    ("add an easy 5 km run on Friday in week 2", [add("w2", "run", "Easy run", type="easy", date="2026-04-17", km=5)]),
    (
        "add an easy run of 4 km on Friday in week 2",
        [add("w2", "run", "Easy run", type="easy", date="2026-04-17", km=4)],
    ),
    (
        "add a 30 minute strength session on Wednesday in week 3",
        [add("w3", "strength", "Strength", date="2026-04-22", minutes=30)],
    ),
    ("add a rest day on Friday in week 2", [add("w2", "rest", "Rest day", date="2026-04-17")]),
    (
        "add a recovery run on Monday in week 4",
        [add("w4", "run", "Recovery run", type="recovery", date="2026-04-27", km=5)],
    ),
    ("remove the easy run on Saturday in week 2", [remove("w2-easy2")]),
    ("skip Thursday's easy run in week 5", [remove("w5-easy1")]),
    ("delete the tempo in week 7", [remove("w7-tempo")]),
    ("I can't do the tempo in week 3", [remove("w3-tempo")]),
    ("swap the tempo and the long run in week 4", [{"op": "swap", "a": "w4-tempo", "b": "w4-long"}]),
    ("swap Tuesday's tempo in week 3 with Thursday's easy run", [{"op": "swap", "a": "w3-tempo", "b": "w3-easy1"}]),
    ("swap w3-tempo and w3-easy1", [{"op": "swap", "a": "w3-tempo", "b": "w3-easy1"}]),
    ("change the tempo in week 3 to an easy run", [retype("w3-tempo", "Easy run", "easy")]),
    ("turn Tuesday's run in week 2 into intervals", [retype("w2-tempo", "Intervals", "interval")]),
    ("make Tuesday's run in week 2 easy", [retype("w2-tempo", "Easy run", "easy")]),
    (
        "rename the long run in week 3 to Long run by the river",
        [{"op": "update_item", "id": "w3-long", "title": "Long run by the river", "set": {}}],
    ),
]
COMPOUND = [
    (
        "move Tuesday's tempo in week 3 to Wednesday and make the long run 2 km longer",
        [move("w3-tempo", "2026-04-22"), km("w3-long", 15)],
    ),
    (
        "In week 3, move the tempo to Wednesday and make the long run 2 km longer.",
        [move("w3-tempo", "2026-04-22"), km("w3-long", 15)],
    ),
    (
        "move the tempo in week 3 to Wednesday and the long run to Saturday",
        [move("w3-tempo", "2026-04-22"), move("w3-long", "2026-04-25")],
    ),
    (
        "Please move tuesday\u2019s tempo in week 3 to wednesday & make the long run 2km longer",
        [move("w3-tempo", "2026-04-22"), km("w3-long", 15)],
    ),
    (
        "move Tuesday's tempo in week 3 to Wednesday. Also make the long run 2 km longer.",
        [move("w3-tempo", "2026-04-22"), km("w3-long", 15)],
    ),
    (
        "make the long run in week 3 2 km longer and the tempo 1 km shorter",
        [km("w3-long", 15), km("w3-tempo", 5)],
    ),
    ("drop the tempo in week 2 and the long run in week 3", [remove("w2-tempo"), remove("w3-long")]),
    (
        "move the tempo in week 3 to Wednesday, make the long run 2 km longer and remove the easy run on Thursday",
        [move("w3-tempo", "2026-04-22"), km("w3-long", 15), remove("w3-easy1")],
    ),
    (
        "move the tempo in week 3 to Wednesday and then make it 1 km longer",
        [move("w3-tempo", "2026-04-22"), km("w3-tempo", 7)],
    ),
    (
        "make the long run in week 3 2 km longer and add 1 km to the long run in week 3",
        [km("w3-long", 15), km("w3-long", 16)],
    ),
]


@pytest.mark.parametrize(("text", "expected"), [*MOVES, *REPLANS, *LENGTHS, *WEEKS, *WHOLE_SESSIONS, *COMPOUND])
def test_a_phrasing_becomes_exactly_its_operations(text: str, expected: list[dict[str, Any]]) -> None:
    assert operations(text) == expected
