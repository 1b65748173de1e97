"""VDOT, the fitness number of Daniels and Gilbert, from a race result and back.

Source: J. Daniels and J. Gilbert, *Oxygen Power* (1979): the oxygen cost of running at a velocity, and the
fraction of VO2max that can be held for a time. VDOT is the first divided by the second.
"""

import math

MIN_VDOT = 15.0
MAX_VDOT = 90.0
_BISECTIONS = 80


def oxygen_cost(metres_per_minute: float) -> float:
    """Return the oxygen cost of a running velocity (m/min) in ml/kg/min."""
    v = metres_per_minute
    return -4.60 + 0.182258 * v + 0.000104 * v * v


def sustainable_fraction(minutes: float) -> float:
    """Return the fraction of VO2max that can be held for a time in minutes."""
    t = minutes
    return 0.8 + 0.1894393 * math.exp(-0.012778 * t) + 0.2989558 * math.exp(-0.1932605 * t)


def velocity_at(oxygen: float) -> float:
    """Return the velocity (m/min) whose oxygen cost is `oxygen` ml/kg/min: the inverse of `oxygen_cost`."""
    a, b, c = 0.000104, 0.182258, -(4.60 + oxygen)
    return (-b + math.sqrt(b * b - 4 * a * c)) / (2 * a)


def vdot_of(distance_km: float, time_s: float) -> float:
    """Return the VDOT of a race of `distance_km` km run in `time_s` seconds.

    Raises ValueError when the distance or time is not positive and finite, the race shorter than 3.5 minutes
    or longer than 6 hours (outside what the equations were made for), or the result outside 15 to 90.
    """
    if not (math.isfinite(distance_km) and math.isfinite(time_s)) or distance_km <= 0 or time_s <= 0:
        raise ValueError("distance and time must be positive numbers")
    minutes = time_s / 60
    if not 3.5 <= minutes <= 360:
        raise ValueError("VDOT is defined for races of 3.5 minutes to 6 hours")
    vdot = oxygen_cost(distance_km * 1000 / minutes) / sustainable_fraction(minutes)
    if not MIN_VDOT <= vdot <= MAX_VDOT:
        raise ValueError(f"{distance_km:g} km in {minutes:.1f} minutes gives no plausible VDOT ({vdot:.0f})")
    return vdot


def race_time(vdot: float, distance_km: float) -> float:
    """Return the time in seconds in which a runner of this VDOT races `distance_km` km (bisection).

    Raises ValueError when the VDOT is outside 15 to 90 or the distance outside 0.8 to 100 km.
    """
    if not MIN_VDOT <= vdot <= MAX_VDOT:
        raise ValueError(f"VDOT must lie between {MIN_VDOT:g} and {MAX_VDOT:g}")
    if not 0.8 <= distance_km <= 100:
        raise ValueError("the distance must lie between 0.8 and 100 km")
    metres = distance_km * 1000
    low, high = 0.5, 6000.0
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        # VDOT falls as the time grows, so a VDOT that is still too high means: slower.
        if oxygen_cost(metres / middle) / sustainable_fraction(middle) > vdot:
            low = middle
        else:
            high = middle
    return (low + high) / 2 * 60
