"""Places, distances, times, holidays and money as tools for a model. Thin: the work is done elsewhere."""

from __future__ import annotations

import datetime
from typing import Annotated, Any

from langchain_core.tools import BaseTool, InjectedToolArg, tool

from tools import dates, public_holidays
from tools.dates import day_text
from tools.result import answer
from tools.travel import airports, cities, currency, flight_time, geodesic, time_zones
from tools.travel.airports import Airport
from tools.travel.build_request import interest_named
from tools.travel.currency import money
from tools.travel.refusals import refusing
from tools.travel.trip_view import read_trip

_MOST_LISTED = 9
_MOST_HOLIDAYS = 30
Now = Annotated[datetime.datetime, InjectedToolArg]
Plan = Annotated[dict[str, Any] | None, InjectedToolArg]


@tool("find_airport", parse_docstring=True)
@refusing
def find_airport(place: str) -> str:
    """List the airports of a city, a metropolitan area (LON) or a code.

    Args:
        place: City, IATA code of an airport or area; a country may follow after a comma.
    """
    found = airports.airports_of(place)
    listed = "; ".join(map(str, found[:_MOST_LISTED]))
    more = f" and {len(found) - _MOST_LISTED} more" if len(found) > _MOST_LISTED else ""
    text = f"{place.strip()} has the airport {listed}." if len(found) == 1 else f"{place.strip()}: {listed}{more}."
    return answer("airports", {"airports": [vars(one) for one in found]}, text, airports.SOURCE)


@tool("distance", parse_docstring=True)
@refusing
def distance(origin: str, destination: str) -> str:
    """Give the geodesic distance between two cities or airports, and how long a direct flight takes.

    Args:
        origin: City or IATA code.
        destination: City or IATA code.
    """
    here, there = airports.main_airport(origin), airports.main_airport(destination)
    way = geodesic.leg(here.lat, here.lon, there.lat, there.lon)
    flight = flight_time.flight_time(here, there)
    text = (
        f"From {here.iata} ({here.city}) to {there.iata} ({there.city}) it is {way.km:,.0f} km ({way.miles:,.0f} miles), "
        f"{_hours(flight.minutes)} by direct flight (estimate)."
    )
    data = {"origin": here.iata, "destination": there.iata, "km": round(way.km, 3), "miles": round(way.miles, 3)}
    data |= {"bearing": round(way.bearing, 1), "flight_minutes": flight.minutes}
    return answer("distance", data, text, f"{geodesic.SOURCE}; {flight_time.SOURCE}")


@tool("flight_time", parse_docstring=True)
@refusing
def flight_time_of(origin: str, destination: str, departure: str | None = None) -> str:
    """Estimate how long a direct flight takes, and when it lands by the clocks there.

    Args:
        origin: City or IATA code.
        destination: City or IATA code.
        departure: Local date and time of departure, such as 2026-05-04T10:00, if the arrival is wanted.
    """
    here, there = airports.main_airport(origin), airports.main_airport(destination)
    found = flight_time.flight_time(here, there)
    text = f"A direct flight from {here.iata} to {there.iata} takes about {_hours(found.minutes)} ({found.km:,.0f} km)."
    if not found.direct:
        text += " That is farther than airliners fly without a stop; count two hours more."
    data: dict[str, Any] = {"origin": here.iata, "destination": there.iata, "minutes": found.minutes, "km": found.km}
    if departure is not None:
        leaves = dates.moment(departure, here.tz)
        lands = flight_time.landing(here, there, leaves, found.minutes)
        data |= {"departure": leaves.isoformat(), "arrival": lands.isoformat()}
        text += f" Leaving at {leaves:%a %d %b %H:%M}, it lands at {lands:%a %d %b %H:%M} local time."
    return answer("flight_time", data, text, flight_time.SOURCE)


@tool("time_difference", parse_docstring=True)
@refusing
def time_difference(here: str, there: str, now: Now, day: str | None = None) -> str:
    """Say how far the clocks of two places are apart on a day (summer time counts).

    Args:
        here: City, IATA code or IANA time zone.
        there: City, IATA code or IANA time zone.
        day: The day, YYYY-MM-DD; today if left out.
    """
    moment = dates.on_clocks_of(datetime.date.fromisoformat(day), 12 * 60, "UTC") if day else now
    shift = time_zones.zone_shift(zone_of(here), zone_of(there), moment)
    hours = f"{abs(shift.hours):g} hour{'' if abs(shift.hours) == 1 else 's'}"
    if shift.hours == 0:
        text = f"The clocks in {there} show the same time as in {here}."
    else:
        text = f"The clocks in {there} are {hours} {'ahead of' if shift.hours > 0 else 'behind'} those in {here}."
    return answer("time_difference", vars(shift), text, "IANA time zone database")


@tool("jet_lag", parse_docstring=True)
@refusing
def jet_lag(origin: str, destination: str, now: Now, day: str | None = None) -> str:
    """Give a schedule of sleep and light for the days after arriving in another time zone.

    Args:
        origin: City, IATA code or IANA time zone where one comes from.
        destination: City, IATA code or IANA time zone where one arrives.
        day: Day of arrival, YYYY-MM-DD; today if left out.
    """
    moment = dates.on_clocks_of(datetime.date.fromisoformat(day), 12 * 60, "UTC") if day else now
    shift = time_zones.zone_shift(zone_of(origin), zone_of(destination), moment)
    rows = time_zones.jet_lag_schedule(max(-14.0, min(14.0, shift.hours)))
    data = {"hours": shift.hours, "days": [vars(row) for row in rows]}
    direction = "east" if shift.hours > 0 else "west"
    if not rows:
        text = f"{origin} and {destination} are {abs(shift.hours):g} hours apart: too little to need a schedule."
        return answer("jet_lag", data, text, time_zones.SOURCE)
    clock = time_zones.hour_text
    lines = [
        f"- Day {row.day}: sleep {clock(row.sleep_from)} to {clock(row.sleep_to)}; seek light {clock(row.light[0])} to "
        f"{clock(row.light[1])}, avoid it {clock(row.dark[0])} to {clock(row.dark[1])}"
        for row in rows
    ]
    opening = f"{abs(shift.hours):g} hours {direction}; the body clock needs about {len(rows)} days:"
    note = "General information on body clocks, not medical advice."
    return answer("jet_lag", data, "\n".join([opening, *lines]), time_zones.SOURCE, warnings=[note])


@tool("public_holidays", parse_docstring=True)
@refusing
def holidays_in(
    now: Now, plan: Plan = None, place: str | None = None, first: str | None = None, last: str | None = None
) -> str:
    """List the public holidays of a country in a span of days.

    Args:
        place: City, IATA code or two-letter country code; where the trip goes if left out.
        first: First day, YYYY-MM-DD; the trip's, or today, if left out.
        last: Last day, YYYY-MM-DD; the trip's, or a year later, if left out.
    """
    view = read_trip(plan or {})
    if place is None and view.country is None:
        raise ValueError("Say in which city or country.")
    country = _country_of(place or str(view.country))
    usual = (now.date(), None) if place is not None else (view.first or now.date(), view.last)
    begin = datetime.date.fromisoformat(first) if first else usual[0]
    end = datetime.date.fromisoformat(last) if last else usual[1] or begin + datetime.timedelta(days=365)
    found = public_holidays.public_holidays(country, begin, end)
    listed = ", ".join(f"{day_text(day)} ({name})" for day, name in list(found.items())[:_MOST_HOLIDAYS])
    span = f"from {day_text(begin)} to {day_text(end)}"
    text = f"Public holidays in {country} {span}: {listed}." if found else f"{country} has no public holiday {span}."
    data = {"country": country, "holidays": {day.isoformat(): name for day, name in found.items()}}
    return answer("public_holidays", data, text, public_holidays.SOURCE)


@tool("convert_currency", parse_docstring=True)
@refusing
def convert_currency(amount: float, source: str, target: str) -> str:
    """Convert money by a dated snapshot of the ECB's reference rates.

    Args:
        amount: How much.
        source: ISO code of its currency, such as EUR.
        target: ISO code of the wanted currency, such as JPY.
    """
    value = currency.convert(amount, source, target)
    here, there = source.strip().upper(), target.strip().upper()
    text = f"{money(amount, here)} is about {money(value, there)} by the {currency.SOURCE}; today's rate may differ."
    data = {"amount": value, "currency": there, "rates_of": currency.RATES_DATE}
    return answer("currency", data, text, currency.SOURCE)


@tool("search_places", parse_docstring=True)
@refusing
def search_places(city: str, interest: str | None = None) -> str:
    """List sights of a curated city with opening hours and prices: sample data.

    Args:
        city: The city.
        interest: Only of this interest: history, art, museums, temples, views, nature, food, shopping, nightlife, family.
    """
    found = cities.city(city)
    wanted = interest_named(interest) if interest else None
    if interest and wanted is None:
        raise ValueError(f"I don't know the interest {interest!r}; there are: {', '.join(cities.INTERESTS)}.")
    sights = [one for one in cities.sights_of(found.id) if wanted in (None, one.interest)]
    lines = [
        f"- {one.name} ({one.interest}): {one.hours}{f', closed {one.closed_days}' if one.closed else ''}, "
        f"{money(one.price, found.currency) if one.price else 'free'}, {one.minutes} min"
        for one in sights
    ]
    data = {
        "city": found.name,
        "places": [{"name": one.name, "interest": one.interest, "hours": one.hours} for one in sights],
    }
    text = (
        "\n".join([f"{found.name}{f', {wanted}' if wanted else ''}:", *lines])
        if lines
        else f"I know no {wanted} in {found.name}."
    )
    return answer("places", data, text, cities.SOURCE, kind="sample")


def zone_of(place: str) -> str:
    """The IANA zone of a city, an airport or a zone's own name. Raises ValueError."""
    if "/" in place or place.strip().upper() == "UTC":
        return dates.zone(place.strip()).key
    return cities.city(place).tz if cities.is_known(place) else airports.main_airport(place).tz


def _country_of(place: str) -> str:
    if len(place.strip()) == 2:
        return place.strip().upper()
    return cities.city(place).country if cities.is_known(place) else _main(place).country


def _main(place: str) -> Airport:
    return airports.main_airport(place)


def _hours(minutes: int) -> str:
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest:02d} min" if hours else f"{rest} min"


PLACE_TOOLS: list[BaseTool] = [
    find_airport,
    distance,
    flight_time_of,
    time_difference,
    jet_lag,
    holidays_in,
    convert_currency,
    search_places,
]
