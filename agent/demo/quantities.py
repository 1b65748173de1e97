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

HALF = r"half an?"
NUMBER = rf"(?:\d+(?:\.\d+)?|{HALF}|" + "|".join(sorted(_NUMBER_WORDS, key=len, reverse=True)) + r")"
WHOLE = r"(?:\d+|" + "|".join(word for word in _WORDS[1:]) + r")"
KM_UNIT = r"(?:km|kms|k|kilometers?|kilometres?)"
MILE_UNIT = r"(?:mi|miles?)"
MINUTE_UNIT = r"(?:min|mins|minutes?)"
HOUR_UNIT = r"(?:h|hrs?|hours?)"
COUNT_UNIT = (
    r"(?:reps?|repetitions?|sets?|times|days?|points?|people|persons?|rounds?|seconds?|secs?|kg|kilos?|euros?|eur|€"
    r"|pounds?|gbp|£|dollars?|usd|\$)"
)
CLOCK_TIME = (
    r"(?:(?:[01]?\d|2[0-3])[:.][0-5]\d(?:\s*[ap]\.?m\b\.?)?|(?:1[0-2]|0?[1-9])\s*[ap]\.?m\b\.?|(?:[01]?\d|2[0-3]) o'?clock"
    r"|noon|midday|midnight)"
)
SPAN = (
    rf"(?:half an hour|an hour and a half|{NUMBER}\s*{HOUR_UNIT}(?:\s*(?:and )?{NUMBER}(?:\s*{MINUTE_UNIT})?)?\b"
    rf"|{NUMBER}\s*{MINUTE_UNIT}\b)"
)
MONEY = (
    r"(?:[€$£]\s?\d[\d,]*(?:\.\d{1,2})?k?|\d[\d,]*(?:\.\d{1,2})?k?\s?(?:[€$£]|euros?\b|eur\b|pounds?\b|gbp\b|dollars?\b|usd\b"
    r"|chf\b|francs?\b|yen\b|jpy\b)|(?:eur|usd|gbp|chf|jpy)\s?\d[\d,]*(?:\.\d{1,2})?k?)"
)
DISTANCE = rf"(?:{NUMBER}\s*(?:{KM_UNIT}|{MILE_UNIT})\b)"
CLOCK = r"(?:\d{1,2}:\d{2}(?::\d{2})?)"
DURATION = (
    rf"(?:{CLOCK}|\d+\s*(?:h|hours?|hr)\b(?:\s*(?:and\s*)?\d+(?:\s*{MINUTE_UNIT}\b)?)?|{NUMBER}\s*{MINUTE_UNIT}\b)"
)
SHARE = r"(?:\d+(?:\.\d+)?\s*(?:%|percent|per cent))"
AMOUNT = (
    rf"(?:{SHARE}|{DISTANCE}|{NUMBER}\s*(?:{MINUTE_UNIT}|{HOUR_UNIT})\b|{NUMBER}\s*{COUNT_UNIT}(?!\w)|\d+(?:\.\d+)?)"
)
RACE = r"(?:half[ -]?marathon|marathon|half|" + rf"\d+(?:\.\d+)?\s*(?:{KM_UNIT}|{MILE_UNIT})\b|parkrun)"

Unit = Literal["km", "min", "share", "count", "bare"]


@dataclass(frozen=True)
class Amount:
    """A quantity as said: `value` in km, minutes, a fraction (0.1 for 10 %) or a count of something; bare without a unit."""

    value: float
    unit: Unit


def number(text: str) -> float | None:
    """'8', 'eight', '2.5' or 'half a' as a number."""
    text = text.strip().lower()
    if re.fullmatch(HALF, text):
        return 0.5
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


_UNITS: tuple[tuple[str, Unit, float], ...] = (
    (r"", "bare", 1),
    (r"%|percent|per cent", "share", 0.01),
    (KM_UNIT, "km", 1),
    (MILE_UNIT, "km", KM_PER_MILE),
    (HOUR_UNIT, "min", 60),
    (MINUTE_UNIT, "min", 1),
    (COUNT_UNIT, "count", 1),
)


def amount(text: str) -> Amount | None:
    """'2 km', '3 miles', '40 minutes', '10 %' or a bare '12'."""
    text = text.strip().lower()
    found = re.fullmatch(rf"({NUMBER})\s*(.*)", text)
    value = number(found[1]) if found else None
    if found is None or value is None:
        return None
    for pattern, unit, factor in _UNITS:
        if re.fullmatch(pattern, found[2].strip()):
            return Amount(round(value * factor, 1 if factor == KM_PER_MILE else 6), unit)
    return None


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


def time_of_day(text: str) -> str | None:
    """'3 pm', '15:00', '9.30 am', '7 o'clock' or 'noon' as HH:MM."""
    text = text.strip().lower().replace(".m", "m").rstrip(".")
    named = {"noon": "12:00", "midday": "12:00", "midnight": "00:00"}
    if text in named:
        return named[text]
    found = re.fullmatch(r"(\d{1,2})(?:[:.](\d{2}))?\s*(a\.?m|p\.?m|o'?clock)?", text)
    if not found:
        return None
    hour, half = int(found[1]), (found[3] or "").replace(".", "")
    if half == "pm" and hour < 12:
        hour += 12
    elif half == "am" and hour == 12:
        hour = 0
    return f"{hour:02d}:{found[2] or '00'}" if hour < 24 else None


_CURRENCIES = {"€": "EUR", "eur": "EUR", "euro": "EUR", "$": "USD", "usd": "USD", "dollar": "USD", "£": "GBP"}
_CURRENCIES |= {"gbp": "GBP", "pound": "GBP", "chf": "CHF", "franc": "CHF", "yen": "JPY", "jpy": "JPY"}


def money(text: str) -> tuple[float, str] | None:
    """'€1,200', '500 euros' or '1.5k usd' as an amount and a currency code (ISO 4217)."""
    text = text.strip().lower().replace(",", "")
    found = re.fullmatch(r"([^\d\s.]*)\s*(\d+(?:\.\d+)?)(k?)\s*(\D*)", text)
    code = _CURRENCIES.get((found[1] or found[4]).strip().rstrip("s")) if found else None
    if found is None or code is None:
        return None
    return float(found[2]) * (1000 if found[3] else 1), code


def minutes(text: str) -> int | None:
    """'2 hours', '1h30', 'an hour and a half', '90 minutes' or '45 min' in minutes."""
    text = text.strip().lower()
    halves = {"half an hour": 30, "an hour and a half": 90, "a quarter of an hour": 15}
    if text in halves:
        return halves[text]
    found = re.fullmatch(rf"({NUMBER})\s*{HOUR_UNIT}\s*(?:and )?(?:({NUMBER})\s*(?:{MINUTE_UNIT})?)?", text)
    if found:
        hours, rest = number(found[1]), number(found[2]) if found[2] else 0.0
        return round(hours * 60 + rest) if hours is not None and rest is not None else None
    found = re.fullmatch(rf"({NUMBER})\s*{MINUTE_UNIT}", text)
    value = number(found[1]) if found else None
    return round(value) if value is not None else None
