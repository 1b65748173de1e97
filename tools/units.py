"""Converting between units of one dimension, by their exact definitions (BIPM SI Brochure; NIST SP 811 for the rest)."""

import math

_FACTORS: dict[str, dict[str, float]] = {
    "length": {"m": 1, "km": 1000, "cm": 0.01, "mm": 0.001, "mi": 1609.344, "ft": 0.3048, "in": 0.0254, "yd": 0.9144,
               "nmi": 1852},
    "mass": {"kg": 1, "g": 0.001, "lb": 0.45359237, "oz": 0.028349523125, "st": 6.35029318},
    "speed": {"m/s": 1, "km/h": 1 / 3.6, "mph": 0.44704, "kn": 1852 / 3600},
    "time": {"s": 1, "min": 60, "h": 3600, "d": 86400},
    "volume": {"l": 1, "ml": 0.001, "gal": 3.785411784, "fl oz": 0.0295735295625},
}  # fmt: skip
_NAMES = {
    "metre": "m", "meter": "m", "kilometre": "km", "kilometer": "km", "centimetre": "cm", "centimeter": "cm",
    "mile": "mi", "foot": "ft", "feet": "ft", "inch": "in", "inches": "in", "yard": "yd", "nautical mile": "nmi",
    "kilo": "kg", "kilogram": "kg", "gram": "g", "pound": "lb", "lbs": "lb", "ounce": "oz", "stone": "st",
    "kmh": "km/h", "kph": "km/h", "knot": "kn", "second": "s", "minute": "min", "hour": "h", "day": "d",
    "litre": "l", "liter": "l", "millilitre": "ml", "gallon": "gal", "celsius": "c", "fahrenheit": "f", "kelvin": "k",
    "°c": "c", "°f": "f", "degrees celsius": "c", "degrees fahrenheit": "f",
}  # fmt: skip
_PACES = {"min/km": 1.0, "min/mi": 1.609344}
_ABSOLUTE_ZERO_C = -273.15


def convert_units(value: float, source: str, target: str) -> float:
    """Return a value in another unit: lengths, masses, speeds, times, volumes, temperatures (c, f, k) and paces.

    Raises ValueError for an unknown unit, units of different dimensions, and values that cannot be.
    """
    if not math.isfinite(value):
        raise ValueError("the value must be a finite number")
    here, there = _unit(source), _unit(target)
    if here in "cfk" and there in "cfk":
        return _temperature(value, here, there)
    if here in _PACES and there in _PACES:
        return value / _PACES[here] * _PACES[there]
    for factors in _FACTORS.values():
        if here in factors and there in factors:
            return value * factors[here] / factors[there]
    raise ValueError(f"{source} and {target} measure different things")


def _unit(name: str) -> str:
    plain = " ".join(name.strip().lower().split())
    for candidate in (plain, _NAMES.get(plain, ""), _NAMES.get(plain.removesuffix("s"), ""), plain.removesuffix("s")):
        if candidate in ("c", "f", "k", *_PACES) or any(candidate in factors for factors in _FACTORS.values()):
            return candidate
    known = ", ".join([*(unit for factors in _FACTORS.values() for unit in factors), "c", "f", "k", *_PACES])
    raise ValueError(f"I don't know the unit {name.strip()!r}; there are {known}")


def _temperature(value: float, source: str, target: str) -> float:
    celsius = {"c": value, "f": (value - 32) / 1.8, "k": value + _ABSOLUTE_ZERO_C}[source]
    if celsius < _ABSOLUTE_ZERO_C - 1e-9:
        raise ValueError("nothing is colder than absolute zero, -273.15 °C")
    return {"c": celsius, "f": celsius * 1.8 + 32, "k": celsius - _ABSOLUTE_ZERO_C}[target]
