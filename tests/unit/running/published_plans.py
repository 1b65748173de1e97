"""Hal Higdon's Half Marathon Novice 2 as a plan document: what no rule may reject."""

import datetime
from typing import Any

MILE = 1.609344
START = datetime.date(2026, 9, 7)

_WEDNESDAYS = ["3", "3p", "4", "4p", "4", "4p", "5", "5p", "5", "5p", "5", "2p"]
_SATURDAYS = [4.0, 5.0, 6.0, 7.0, 8.0, "5K", 9.0, 10.0, "10K", 11.0, 12.0, None]
_RACES = {"5K": 5.0, "10K": 10.0}


def half_marathon_novice_2(**meta: float) -> dict[str, Any]:
    """Return the plan; `meta` adds what a document may know of the runner (weekly_km, longest_km)."""
    items: dict[str, Any] = {}
    for index in range(12):
        monday = START + datetime.timedelta(weeks=index)
        week = f"w{index + 1}"
        items[week] = _item("week", None, f"Week {index + 1}", {"phase": "build", "start": monday.isoformat()})
        wednesday = _WEDNESDAYS[index]
        _add_run(items, week, "tue", monday, 1, 3, "easy")
        _add_run(items, week, "wed", monday, 2, float(wednesday.rstrip("p")), "tempo" if "p" in wednesday else "easy")
        _add_run(items, week, "thu", monday, 3, 2 if index == 11 else 3, "easy")
        saturday = _SATURDAYS[index]
        if isinstance(saturday, float):
            _add_run(items, week, "long", monday, 5, saturday, "long")
        elif saturday is not None:
            data = {"date": _day(monday, 5), "km": _RACES[saturday], "name": saturday}
            items[f"{week}-race"] = _item("race", week, saturday, data)
    race_day = _day(START + datetime.timedelta(weeks=11), 6)
    items["race"] = _item("race", "w12", "Race", {"date": race_day, "km": 21.0975, "name": "Half marathon"})
    goal = {"race": "half marathon", "distance_km": 21.0975, "date": race_day}
    return {"schema": 1, "domain": "running", "meta": {"title": "Novice 2", "goal": goal, **meta}, "items": items}


def _add_run(
    items: dict[str, Any], week: str, name: str, monday: datetime.date, weekday: int, miles: float, kind: str
) -> None:
    data = {"date": _day(monday, weekday), "km": round(miles * MILE, 2), "type": kind}
    items[f"{week}-{name}"] = _item("run", week, name, data)


def _item(kind: str, parent: str | None, title: str, data: dict[str, Any]) -> dict[str, Any]:
    return {"kind": kind, "parent": parent, "rank": "a0", "title": title, "data": data}


def _day(monday: datetime.date, weekday: int) -> str:
    return (monday + datetime.timedelta(days=weekday)).isoformat()
