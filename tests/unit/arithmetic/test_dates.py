"""Days and moments: what people call them, and what lies between them."""

from datetime import UTC, date, datetime, timedelta

import pytest
from dateutil.rrule import DAILY, rrule
from hypothesis import given, settings
from hypothesis import strategies as st

from tools import dates

SATURDAY = date(2026, 11, 21)


@pytest.mark.parametrize(
    ("said", "day"),
    [
        ("today", "2026-11-21"),
        ("tomorrow", "2026-11-22"),
        ("the day after tomorrow", "2026-11-23"),
        ("Saturday", "2026-11-28"),
        ("Tues", "2026-11-24"),
        ("next Tuesday", "2026-11-24"),
        ("last friday", "2026-11-20"),
        ("in 3 weeks", "2026-12-12"),
        ("a week from now", "2026-11-28"),
        ("2 months ago", "2026-09-21"),
        ("in 10 business days", "2026-12-04"),
        ("4 May", "2027-05-04"),
        ("May 4th, 2028", "2028-05-04"),
        ("on 29 Feb", "2028-02-29"),
        ("2026-12-01", "2026-12-01"),
    ],
)
def test_days_are_read_as_people_say_them(said: str, day: str) -> None:
    assert dates.day_said(said, SATURDAY).isoformat() == day


@pytest.mark.parametrize("said", ["", "soon", "2026-02-30", "31 April 2027", "in 9999 years", "week 3"])
def test_what_is_no_day_is_refused_with_a_sentence(said: str) -> None:
    with pytest.raises(ValueError, match="day"):
        dates.day_said(said, SATURDAY)


@settings(max_examples=100)
@given(st.dates(date(2000, 1, 1), date(2090, 1, 1)), st.integers(-400, 400), st.sets(st.integers(-60, 60), max_size=9))
def test_business_days_there_and_back(day: date, count: int, off: set[int]) -> None:
    holidays = {day + timedelta(days=n) for n in off}
    start = dates.add_business_days(day, 0, holidays)
    end = dates.add_business_days(start, count, holidays)
    assert dates.is_business_day(end, holidays)
    assert dates.business_days_between(start, end, holidays) == count


def test_months_end_where_they_must() -> None:
    assert dates.add_months(date(2026, 1, 31), 1) == date(2026, 2, 28)
    assert dates.add_months(date(2028, 1, 31), 1) == date(2028, 2, 29)
    assert dates.add_months(date(2026, 10, 31), -8) == date(2026, 2, 28)
    assert dates.add_months(date(2026, 12, 31), 12) == date(2027, 12, 31)


def test_eight_hours_pass_from_london_at_ten_to_new_york_at_one() -> None:
    left = dates.moment("2026-04-01T10:00", "Europe/London")
    landed = dates.moment("2026-04-01T13:00", "America/New_York")
    assert dates.elapsed_minutes(left, landed) == 8 * 60


def test_nine_in_the_morning_in_new_york_stays_nine_across_summer_time() -> None:
    zone = dates.zone("America/New_York")
    days = rrule(DAILY, count=3, dtstart=datetime(2026, 3, 7, 9, tzinfo=zone))
    assert [f"{day.astimezone(UTC):%H:%MZ}" for day in days] == ["14:00Z", "13:00Z", "13:00Z"]
    walls = [dates.on_clocks_of(date(2026, 3, day), 9 * 60, zone.key) for day in (7, 8, 9)]
    assert [f"{wall.astimezone(UTC):%H:%MZ}" for wall in walls] == ["14:00Z", "13:00Z", "13:00Z"]


def test_a_time_that_the_clocks_skip_is_the_one_they_show_then() -> None:
    skipped = dates.on_clocks_of(date(2026, 3, 8), 2 * 60 + 30, "America/New_York")
    assert skipped.isoformat() == "2026-03-08T03:30:00-04:00"
    assert dates.on_clocks_of(date(2026, 3, 8), 24 * 60, "America/New_York").isoformat() == "2026-03-09T00:00:00-04:00"


@pytest.mark.parametrize(
    ("zone", "offset"), [("Asia/Kolkata", 5.5), ("Australia/Adelaide", 9.5), ("Asia/Kathmandu", 5.75)]
)
def test_zones_of_half_and_quarter_hours_hold(zone: str, offset: float) -> None:
    read = dates.moment("2026-06-01T12:00", zone)
    assert read.utcoffset() == timedelta(hours=offset)


def test_a_moment_needs_an_offset_or_a_zone() -> None:
    with pytest.raises(ValueError, match="no offset"):
        dates.moment("2026-06-01T12:00")
    with pytest.raises(ValueError, match="IANA time zone"):
        dates.moment("2026-06-01T12:00", "Mars/Olympus")
    with pytest.raises(ValueError, match="not a date and time"):
        dates.moment("noon", "UTC")
