"""Riegel's endurance equation: race times across distances.

Source: P. S. Riegel, "Athletic Records and Human Endurance", American Scientist 69 (1981).
"""

import math

FATIGUE_EXPONENT = 1.06


def riegel_time(known_km: float, known_s: float, target_km: float) -> float:
    """Return the predicted time in seconds for `target_km`, from `known_s` seconds over `known_km`.

    Raises ValueError when a number is not positive and finite.
    """
    if not all(math.isfinite(number) and number > 0 for number in (known_km, known_s, target_km)):
        raise ValueError("distances and the time must be positive numbers")
    return float(known_s * (target_km / known_km) ** FATIGUE_EXPONENT)
