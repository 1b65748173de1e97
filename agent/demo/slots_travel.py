"""What the travel vocabulary reads besides what all domains do: places, spans of days, interests, money for a trip."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from agent.demo.calendar_words import any_day, calendar_date, spoken, weekday
from agent.demo.quantities import minutes, money, number, ordinal
from agent.demo.references import CannotResolve
from agent.demo.slots import Parser, Reading, Said
from tools.travel.build_request import interest_named
from tools.travel.cities import cities

_CITIES = sorted({name for city in cities() for name in (city.name, *city.other_names)}, key=len, reverse=True)
_INTEREST = (
    r"(?:art|arts|galler(?:y|ies)|museums?|temples?|shrines?|views?|nature|parks?|gardens?|food|markets?|restaurants?|shopping"
    r"|shops|nightlife|bars|history|historic|architecture|culture|castles|churches|family|kids|children)"
)
# A place ends where the sentence goes on.
_PLACE_END = (
    r"(?=\s+(?:to|from|on|in|at|for|and|next|this|tomorrow|today|with|by|via|leaving|returning|return|back|there|,|;|are|is"
    r"|have|has|direct|one)\b|\s*[,;.?!)]|\s*$)"
)
_CURRENCIES = {
    "euro": "EUR", "dollar": "USD", "us dollar": "USD", "pound": "GBP", "yen": "JPY", "franc": "CHF", "swiss franc": "CHF",
    "koruna": "CZK", "czech koruna": "CZK", "crown": "CZK", "krona": "SEK", "zloty": "PLN", "won": "KRW", "real": "BRL",
    "rupee": "INR", "forint": "HUF", "lira": "TRY", "baht": "THB", "yuan": "CNY",
}  # fmt: skip
TRAVEL_SLOTS: Mapping[str, str] = {
    "city": rf"(?:{'|'.join(map(re.escape, _CITIES))})",
    "where": rf"(?:[A-Za-z\u00c0-\u017f][\w'.\u2019-]*(?: [A-Za-z\u00c0-\u017f][\w'.\u2019-]*){{0,3}}?){_PLACE_END}",
    "interest": _INTEREST,
    "currency": rf"(?:{'|'.join(sorted(_CURRENCIES, key=len, reverse=True))}|[a-z]{{3}})s?",
}


def _span(said: Said, reading: Reading) -> tuple[date, date] | None:
    """'4 to 8 May', or two days said in full."""
    if "month" in said:
        year = f" {said['year']}" if "year" in said else ""
        texts = [f"{said[name]} {said['month']}{year}" for name in ("a", "b")]
    else:
        texts = [said["a"], said["b"]]
    first, last = (any_day(text, reading.today) for text in texts)
    return None if first is None or last is None else (first, last)


def _start(said: Said, reading: Reading) -> str | None:
    """A day in any words, or the first of a span."""
    if "a" in said:
        return _span_start(said, reading)
    day = any_day(next(iter(said.values())), reading.today)
    return day.isoformat() if day is not None else None


def _span_start(said: Said, reading: Reading) -> str | None:
    span = _span(said, reading)
    return span[0].isoformat() if span is not None else None


def _span_end(said: Said, reading: Reading) -> str | None:
    span = _span(said, reading)
    return span[1].isoformat() if span is not None else None


def _trip_days(said: Said, reading: Reading) -> int | None:
    """'4 days', '3 nights', 'a week', 'a long weekend' as days; a span of two days counts both."""
    if "a" in said:
        span = _span(said, reading)
        return (span[1] - span[0]).days + 1 if span is not None and span[1] >= span[0] else None
    text = said["text"].lower()
    if "weekend" in text:
        return 3 if "long" in text else 2
    found = re.match(r"[\w]+", text)
    count = number(found[0]) if found else None
    if count is None or count != int(count):
        return None
    size = 7 if "week" in text else 1
    return int(count) * size + (1 if "night" in text else 0)


def _people(said: Said, reading: Reading) -> int | None:
    """'two people', 'my wife and me', 'a family of four'."""
    if "n" in said:
        count = number(said["n"])
        return int(count) if count is not None and count == int(count) else None
    return 1 if said.get("pair", "").lower() in ("alone", "myself", "me", "just me", "solo") else 2


def _interest(said: Said, reading: Reading) -> str | None:
    return interest_named(said["interest"])


def _money_amount(said: Said, reading: Reading) -> float | None:
    found = money(said["money"])
    return found[0] if found is not None else None


def _money_currency(said: Said, reading: Reading) -> str | None:
    found = money(said["money"])
    return found[1] if found is not None else None


def _currency(said: Said, reading: Reading) -> str | None:
    word = said["currency"].strip().lower()
    return _CURRENCIES.get(word.rstrip("s")) or (word.upper() if re.fullmatch(r"[a-z]{3}", word) else None)


def _signed_minutes(said: Said, reading: Reading) -> int | None:
    """'30 minutes longer', 'an hour shorter': negative for shorter."""
    length = minutes(said["minutes"])
    if length is None:
        return None
    return -length if re.match(r"shorter|less|shorten|cut|reduce|trim|off", said["way"], re.IGNORECASE) else length


def _nth(said: Said, reading: Reading) -> int | None:
    """'2', 'two' or 'second'; the cheapest is the first of a list."""
    word = said["n"].lower()
    found = 1.0 if word == "cheapest" else number(word)
    return int(found) if found is not None else ordinal(word)


def _day_number(said: Said, reading: Reading) -> int | None:
    """'3', 'three', 'third', 'last' or a date as the number of a day of the plan; a weekday is the first such day of it.

    Raises CannotResolve for a date that is not of the trip.
    """
    plan = reading.plan
    if "date" in said:
        return _dated_day(said["date"], reading)
    if "weekday" in said:
        wanted = weekday(said["weekday"])
        starts = [plan.start(group) for group in plan.weeks] if plan is not None else []
        return next((n for n, day in enumerate(starts, start=1) if day is not None and day.weekday() == wanted), None)
    if said["n"].lower() == "last":
        return len(plan.weeks) if plan is not None else None
    return _nth(said, reading)


def _dated_day(text: str, reading: Reading) -> int | None:
    day = calendar_date(text, reading.today)
    if day is None or reading.plan is None:
        return None
    found = [number_ for number_, group in enumerate(reading.plan.weeks, start=1) if reading.plan.start(group) == day]
    if not found:
        raise CannotResolve(f"{spoken(day)} is no day of this trip.")
    return found[0]


TRAVEL_PARSERS: Mapping[str, Parser] = {
    "start": _start,
    "nth": _nth,
    "day_number": _day_number,
    "span_start": _span_start,
    "span_end": _span_end,
    "trip_days": _trip_days,
    "people": _people,
    "interest": _interest,
    "money_amount": _money_amount,
    "money_currency": _money_currency,
    "currency": _currency,
    "signed_minutes": _signed_minutes,
}
