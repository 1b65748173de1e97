"""What concerns the trip as a whole: money, nights, holidays, variety."""

import datetime
from collections import Counter
from collections.abc import Iterator
from zoneinfo import ZoneInfo

from tools.dates import day_text
from tools.issues import Issue
from tools.public_holidays import SOURCE as HOLIDAY_SOURCE
from tools.public_holidays import public_holidays
from tools.travel.budget_report import report_of
from tools.travel.currency import money
from tools.travel.trip_view import TripView

_DAY = datetime.timedelta(days=1)
_MANY = 6
_MOSTLY = 0.7


def trip_issues(view: TripView) -> Iterator[Issue]:
    """Yield what is amiss with the trip as a whole."""
    yield from _budget(view)
    yield from _nights(view)
    yield from _holidays(view)
    yield from _variety(view)


def _budget(view: TripView) -> Iterator[Issue]:
    if view.budget is None:
        return
    report = report_of(view)
    if report.counted > view.budget + 0.005:
        yield Issue(
            code="over_budget",
            severity="error" if view.strict else "warning",
            ids=(),
            message=f"The trip costs about {money(report.counted, view.currency)} without flights, more than the budget "
            f"of {money(view.budget, view.currency)}.",
            value=report.counted,
            limit=view.budget,
            source="the plan's own budget and prices",
            fix="Leave something out, stay somewhere cheaper, or raise the budget.",
        )


def _nights(view: TripView) -> Iterator[Issue]:
    """Nights of the trip that are spent neither in a stay nor on a flight."""
    if view.first is None or view.last is None:
        return
    zone = ZoneInfo(view.tz)
    covered: set[datetime.date] = set()
    for stay in view.stays:
        night, until = stay.start.astimezone(zone).date(), stay.end.astimezone(zone).date()
        while night < until and len(covered) < 1000:
            covered.add(night)
            night += _DAY
    for flight in view.flights:
        left, landed = flight.start.date(), flight.end.astimezone(zone).date()
        covered.update(left + _DAY * n for n in range(max(0, min(3, (landed - left).days))))
    night = view.first
    without = [night + _DAY * n for n in range(min(400, (view.last - night).days)) if night + _DAY * n not in covered]
    if without:
        ids = tuple(day_id for day_id, day in view.days.items() if day in without)
        listed = ", ".join(map(day_text, without[:4])) + (" and others" if len(without) > 4 else "")
        yield Issue(
            code="night_without_stay",
            severity="warning",
            ids=ids,
            message=f"There is nowhere to stay for the night of {listed}.",
            value=len(without),
            limit=0,
            source="every night needs a bed",
            fix="Add a stay, or make one longer.",
        )


def _holidays(view: TripView) -> Iterator[Issue]:
    if view.country is None or view.first is None or view.last is None:
        return
    try:
        found = public_holidays(view.country, view.first, view.last)
    except ValueError:  # a country without a calendar, or days years apart: nothing is known, so nothing is said
        return
    for day_id, day in view.days.items():
        if day in found:
            yield Issue(
                code="public_holiday",
                severity="info",
                ids=(day_id,),
                message=f"{day_text(day)} is a public holiday there ({found[day]}): some things may be closed, others full.",
                source=HOLIDAY_SOURCE,
            )


def _variety(view: TripView) -> Iterator[Issue]:
    interests = Counter(one.data.interest for one in view.visits if one.data.interest)
    most = interests.most_common(1)
    count = sum(interests.values())
    if count >= _MANY and most[0][1] > _MOSTLY * count:
        yield Issue(
            code="one_sided",
            severity="info",
            ids=(),
            message=f"{most[0][1]} of {count} visits are {most[0][0]}.",
            value=most[0][1] / count,
            limit=_MOSTLY,
            source="our own view of a pleasant trip",
        )
    places = Counter(one.title for one in view.visits)
    for title, times in places.items():
        if times > 1:
            ids = tuple(one.id for one in view.visits if one.title == title)
            yield Issue(
                code="visited_twice",
                severity="info",
                ids=ids,
                message=f"{title} is in the trip {times} times.",
                source="our own view of a pleasant trip",
            )
