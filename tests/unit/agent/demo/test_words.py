"""Numbers, distances, durations and days in words."""

from datetime import date

import pytest

from agent.demo.calendar_words import calendar_date, spoken, weekday
from agent.demo.quantities import Amount, amount, clock, distance_km, number, ordinal, seconds

TODAY = date(2026, 4, 1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2 km", Amount(2, "km")),
        ("2.5k", Amount(2.5, "km")),
        ("two kilometres", Amount(2, "km")),
        ("3 miles", Amount(4.8, "km")),
        ("40 minutes", Amount(40, "min")),
        ("10 %", Amount(0.1, "share")),
        ("15 percent", Amount(0.15, "share")),
        ("12", Amount(12, "bare")),
        ("some", None),
    ],
)
def test_amounts(text: str, expected: Amount | None) -> None:
    assert amount(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("50:00", 3000),
        ("1:45:30", 6330),
        ("1h45", 6300),
        ("1 hour 52 minutes", 6720),
        ("2 hours", 7200),
        ("24 minutes", 1440),
        ("soon", None),
    ],
)
def test_durations(text: str, expected: int | None) -> None:
    assert seconds(text) == expected


def test_races_have_their_distances() -> None:
    assert distance_km("half marathon") == distance_km("half-marathon") == 21.0975
    assert (distance_km("Marathon"), distance_km("10k"), distance_km("parkrun")) == (42.195, 10, 5)
    assert distance_km("far") is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-04-22", date(2026, 4, 22)),
        ("22 April", date(2026, 4, 22)),
        ("22nd of april", date(2026, 4, 22)),
        ("Apr 22", date(2026, 4, 22)),
        ("22 April 2027", date(2027, 4, 22)),
        ("22 March", date(2027, 3, 22)),
        ("tomorrow", date(2026, 4, 2)),
        ("31 February", None),
        ("30 February", None),
        ("29 February", date(2028, 2, 29)),
        ("29 February 2027", None),
        ("Wednesday 22 April", date(2026, 4, 22)),
        ("Monday 22 April", None),
        ("the 22nd of April", date(2026, 4, 22)),
        ("New Year's Eve", date(2026, 12, 31)),
        ("someday", None),
    ],
)
def test_dates_are_the_next_to_come_unless_the_year_is_said(text: str, expected: date | None) -> None:
    assert calendar_date(text, TODAY) == expected


def test_weekdays_numbers_and_ordinals() -> None:
    assert [weekday(text) for text in ("Mon", "tues", "the Wednesday", "sun", "someday")] == [0, 1, 2, 6, None]
    assert (number("eight"), number("2.5"), number("many")) == (8, 2.5, None)
    assert (ordinal("third"), ordinal("3rd"), ordinal("last")) == (3, 3, None)
    assert spoken(date(2026, 4, 22)) == "Wed 22 Apr"
    assert (clock(3000), clock(6330)) == ("50:00", "1:45:30")
