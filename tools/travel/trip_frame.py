"""The outer shape of a trip: its days, the flights there and back, where one sleeps, and when there is time in town."""

import datetime
from dataclasses import dataclass

from tools import dates
from tools.travel.airports import Airport, airport, main_airport
from tools.travel.build_request import MAX_DAYS, MOST_YEARS_AHEAD, ItineraryNotPossible, ItineraryRequest, Pace
from tools.travel.cities import City
from tools.travel.day_route import Window
from tools.travel.flight_time import flight_time, landing

HOURS: dict[Pace, tuple[int, int]] = {
    "relaxed": (10 * 60, 20 * 60 + 30),
    "moderate": (9 * 60 + 30, 21 * 60 + 30),
    "full": (8 * 60 + 30, 22 * 60 + 30),
}
_OUTBOUND = 10 * 60
_HOMEBOUND = 17 * 60
_AFTER_LANDING = 60
"""Minutes for passport control and luggage."""
BEFORE_TAKE_OFF = 150
SETTLING = 45
"""Minutes to leave the luggage before the first visit."""
_CHECK_IN, _CHECK_OUT = 15 * 60, 10 * 60
_ONE_STOP = 120


@dataclass(frozen=True)
class Journey:
    """One flight, estimated, with the way between airport and town."""

    origin: Airport
    destination: Airport
    departs: datetime.datetime
    arrives: datetime.datetime
    stops: int


@dataclass(frozen=True)
class Frame:
    """A trip's days (dates at the destination), its flights if it has any, and when each day has time for the town.

    `windows` has None for a day without time. `sleeps` are check-in and check-out, None for a trip without a night.
    """

    days: tuple[datetime.date, ...]
    out: Journey | None
    back: Journey | None
    windows: tuple[Window | None, ...]
    sleeps: tuple[datetime.datetime, datetime.datetime] | None

    @property
    def nights(self) -> int:
        return (self.sleeps[1].date() - self.sleeps[0].date()).days if self.sleeps else 0


def trip_days(request: ItineraryRequest) -> tuple[datetime.date, ...]:
    """Return the days of the trip; raises ItineraryNotPossible for dates that contradict each other or are over."""
    start = request.start
    if start < request.today:
        raise ItineraryNotPossible(
            f"The trip would begin on {start.isoformat()}, which is past; the earliest day is {request.today.isoformat()}."
        )
    if (start - request.today).days > MOST_YEARS_AHEAD * 366:
        raise ItineraryNotPossible(
            f"{start.isoformat()} is more than {MOST_YEARS_AHEAD} years ahead; give a nearer day."
        )
    if request.days is None and request.end is None:
        raise ItineraryNotPossible(f"Say how long the trip is: 1 to {MAX_DAYS} days, or its last day.")
    count = request.days if request.days is not None else 0
    if request.end is not None:
        until = (request.end - start).days + 1
        if until < 1:
            raise ItineraryNotPossible(
                f"The trip would end on {request.end.isoformat()}, before it begins on {start.isoformat()}."
            )
        if request.days is not None and request.days != until:
            raise ItineraryNotPossible(
                f"From {start.isoformat()} to {request.end.isoformat()} it is {until} days, not {request.days}; say which."
            )
        count = until
    if count > MAX_DAYS:
        raise ItineraryNotPossible(f"I plan trips of up to {MAX_DAYS} days; {count} days make several trips.")
    return tuple(start + datetime.timedelta(days=day) for day in range(count))


def frame(request: ItineraryRequest, city: City, lat: float, lon: float) -> Frame:
    """Return the shape of the trip; `lat` and `lon` are where one stays.

    Raises ItineraryNotPossible when flying leaves no time, and UnknownPlace or AmbiguousPlace for the origin.
    """
    days = trip_days(request)
    out, back = _flights(request, city, days) if request.origin else (None, None)
    opens, closes = HOURS[request.pace]
    windows: list[Window | None] = []
    for day in days:
        first, last = opens, closes
        if out is not None:
            first = max(first, _minutes(out.arrives, day) + _AFTER_LANDING + city.airport_minutes + SETTLING)
        if back is not None:
            last = min(last, _minutes(back.departs, day) - BEFORE_TAKE_OFF - city.airport_minutes)
        room = last - first >= 60
        windows.append(Window(up(first), last, lat, lon, day.weekday()) if room else None)
    if not any(windows):
        raise ItineraryNotPossible(
            f"Flying there and back leaves no time in {city.name}; give the trip a day or two more."
        )
    return Frame(days, out, back, tuple(windows), _sleeps(days, out, back, city))


def _flights(request: ItineraryRequest, city: City, days: tuple[datetime.date, ...]) -> tuple[Journey, Journey]:
    home, there = main_airport(request.origin or ""), airport(city.airport)
    if home.iata == there.iata:
        raise ItineraryNotPossible(f"{city.name} is where the trip would begin; leave out where you fly from.")
    out = _journey(home, there, days[0], _OUTBOUND)
    back = _journey(there, home, days[-1], _HOMEBOUND)
    if dates.elapsed_minutes(out.arrives, back.departs) < 6 * 60:
        raise ItineraryNotPossible(
            f"From {home.iata} one lands in {city.name} on {out.arrives:%a %d %b at %H:%M}; "
            f"{len(days)} day{'s' if len(days) > 1 else ''} leave no time there. Give the trip a day or two more."
        )
    return out, back


def _journey(origin: Airport, destination: Airport, day: datetime.date, minutes: int) -> Journey:
    found = flight_time(origin, destination)
    departs = dates.on_clocks_of(day, minutes, origin.tz)
    under_way = found.minutes if found.direct else found.minutes + _ONE_STOP
    return Journey(
        origin, destination, departs, landing(origin, destination, departs, under_way), 0 if found.direct else 1
    )


def _sleeps(
    days: tuple[datetime.date, ...], out: Journey | None, back: Journey | None, city: City
) -> tuple[datetime.datetime, datetime.datetime] | None:
    first, last = days[0] if out is None else out.arrives.date(), days[-1]
    if first >= last:
        return None
    check_in = dates.on_clocks_of(first, _CHECK_IN, city.tz)
    if out is not None:
        in_town = out.arrives + datetime.timedelta(minutes=_AFTER_LANDING + city.airport_minutes)
        # Who comes to town after midnight has the room for the night before: from the landing on.
        check_in = max(check_in, in_town if in_town.date() == first else out.arrives)
    return check_in, dates.on_clocks_of(last, _CHECK_OUT, city.tz)


def _minutes(moment: datetime.datetime, day: datetime.date) -> int:
    """Minutes after midnight of `day` on the moment's own clocks; beyond the day if it is on another."""
    return (moment.date() - day).days * 24 * 60 + moment.hour * 60 + moment.minute


def up(minutes: int) -> int:
    """Return the next five minutes."""
    return -(-minutes // 5) * 5
