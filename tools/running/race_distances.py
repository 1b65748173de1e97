"""The races a plan can aim at, their distances and the names people use for them."""

from typing import Literal

GoalRace = Literal["5 km", "10 km", "half marathon", "marathon"]

RACE_KM: dict[GoalRace, float] = {"5 km": 5.0, "10 km": 10.0, "half marathon": 21.0975, "marathon": 42.195}

_ALIASES: dict[str, GoalRace] = {
    "5": "5 km",
    "5k": "5 km",
    "5km": "5 km",
    "parkrun": "5 km",
    "10": "10 km",
    "10k": "10 km",
    "10km": "10 km",
    "half": "half marathon",
    "halfmarathon": "half marathon",
    "hm": "half marathon",
    "21k": "half marathon",
    "21km": "half marathon",
    "21.1k": "half marathon",
    "21.1km": "half marathon",
    "marathon": "marathon",
    "full": "marathon",
    "fullmarathon": "marathon",
    "42k": "marathon",
    "42km": "marathon",
    "42.2k": "marathon",
    "42.2km": "marathon",
}


def goal_race(name: str) -> GoalRace:
    """Return the race that a person's word for it means ("HM", "half-marathon", "10k").

    Raises ValueError, naming the four races, for any other word.
    """
    key = "".join(name.lower().replace("-", "").replace("_", "").split())
    if key not in _ALIASES:
        raise ValueError(f"unknown race {name!r}: a plan can aim at {', '.join(RACE_KM)}")
    return _ALIASES[key]
