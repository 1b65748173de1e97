"""Numbers, distances, durations and shares in English text. Units: kilometres, seconds, fractions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

KM_PER_MILE = 1.609344
NAMED_DISTANCES = {
    "half marathon": 21.0975,
    "half-marathon": 21.0975,
    "marathon": 42.195,
    "half": 21.0975,
    "5k": 5.0,
    "10k": 10.0,
}
_WORDS = re.findall(
    r"\S+",
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen twenty",
)
_NUMBER_WORDS = {word: value for value, word in enumerate(_WORDS)} | {"a": 1, "an": 1, "once": 1, "twice": 2}
_ORDINALS = re.findall(
    r"\S+",
    "zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth "
    "fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth",
)
_ORDINAL_WORDS = {word: value for value, word in enumerate(_ORDINALS)}

NUMBER = r"(?:\d+(?:\.\d+)?|" + "|".join(sorted(_NUMBER_WORDS, key=len, reverse=True)) + r")"
WHOLE = r"(?:\d+|" + "|".join(word for word in _WORDS[1:]) + r")"
KM_UNIT = r"(?:km|kms|k|kilometers?|kilometres?)"
MILE_UNIT = r"(?:mi|miles?)"
MINUTE_UNIT = r"(?:min|mins|minutes?)"
DISTANCE = rf"(?:{NUMBER}\s*(?:{KM_UNIT}|{MILE_UNIT})\b)"
CLOCK = r"(?:\d{1,2}:\d{2}(?::\d{2})?)"
DURATION = (
    rf"(?:{CLOCK}|\d+\s*(?:h|hours?|hr)\b(?:\s*(?:and\s*)?\d+(?:\s*{MINUTE_UNIT}\b)?)?|{NUMBER}\s*{MINUTE_UNIT}\b)"
)
SHARE = r"(?:\d+(?:\.\d+)?\s*(?:%|percent|per cent))"
AMOUNT = rf"(?:{SHARE}|{DISTANCE}|{NUMBER}\s*{MINUTE_UNIT}\b|\d+(?:\.\d+)?)"
RACE = r"(?:half[ -]?marathon|marathon|half|" + rf"\d+(?:\.\d+)?\s*(?:{KM_UNIT}|{MILE_UNIT})\b|parkrun)"

Unit = Literal["km", "min", "share", "bare"]


@dataclass(frozen=True)
class Amount:
    """A quantity as said: `value` in km, minutes, or a fraction (0.1 for 10 %); bare when no unit was said."""

    value: float
    unit: Unit


def number(text: str) -> float | None:
    """'8', 'eight' or '2.5' as a number."""
    text = text.strip().lower()
    if text in _NUMBER_WORDS:
        return float(_NUMBER_WORDS[text])
    return float(text) if re.fullmatch(r"\d+(?:\.\d+)?", text) else None


def ordinal(text: str) -> int | None:
    """'third', '3rd' or '3' as a position from 1."""
    text = text.strip().lower()
    if text in _ORDINAL_WORDS:
        return _ORDINAL_WORDS[text]
    found = re.fullmatch(r"(\d+)(?:st|nd|rd|th)?", text)
    return int(found[1]) if found else None


def amount(text: str) -> Amount | None:
    """'2 km', '3 miles', '40 minutes', '10 %' or a bare '12'."""
    text = text.strip().lower()
    found = re.fullmatch(rf"({NUMBER})\s*(.*)", text)
    value = number(found[1]) if found else None
    if found is None or value is None:
        return None
    unit = found[2].strip()
    if not unit:
        return Amount(value, "bare")
    if unit in ("%", "percent", "per cent"):
        return Amount(value / 100, "share")
    if re.fullmatch(KM_UNIT, unit):
        return Amount(value, "km")
    if re.fullmatch(MILE_UNIT, unit):
        return Amount(round(value * KM_PER_MILE, 1), "km")
    return Amount(value, "min") if re.fullmatch(MINUTE_UNIT, unit) else None


def distance_km(text: str) -> float | None:
    """'half marathon', '10k', 'ten km' or '3 miles' in kilometres; bare numbers are not distances."""
    text = text.strip().lower()
    if text == "parkrun":
        return NAMED_DISTANCES["5k"]
    if re.fullmatch(r"half[ -]?marathon", text):
        return NAMED_DISTANCES["half marathon"]
    if text in NAMED_DISTANCES:
        return NAMED_DISTANCES[text]
    found = amount(text)
    return found.value if found is not None and found.unit == "km" else None


def seconds(text: str) -> int | None:
    """'50:00', '1:45:30', '1h45', '1 hour 52 minutes' or '24 minutes' in seconds.

    Two fields are minutes and seconds, as runners write times under an hour.
    """
    text = text.strip().lower()
    if re.fullmatch(CLOCK, text):
        fields = [int(field) for field in text.split(":")]
        return fields[0] * 3600 + fields[1] * 60 + fields[2] if len(fields) == 3 else fields[0] * 60 + fields[1]
    found = re.fullmatch(rf"(\d+)\s*(?:h|hours?|hr)(?:\s*(?:and\s*)?(\d+)(?:\s*{MINUTE_UNIT})?)?", text)
    if found:
        return int(found[1]) * 3600 + int(found[2] or 0) * 60
    found = re.fullmatch(rf"({NUMBER})\s*{MINUTE_UNIT}", text)
    value = number(found[1]) if found else None
    return round(value * 60) if value is not None else None


def clock(time_s: int) -> str:
    """Seconds as h:mm:ss, or mm:ss under an hour."""
    minutes, rest = divmod(time_s, 60)
    return f"{minutes // 60}:{minutes % 60:02d}:{rest:02d}" if minutes >= 60 else f"{minutes}:{rest:02d}"
