"""When schedules fire, above all where clocks are changed: real zones, on the days of their changes."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.crons.schedule import Schedule, first_after
from server.errors import Invalid, Malformed

BERLIN, NEW_YORK, LORD_HOWE, APIA = "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia"


def at(text: str, zone: str | None = None) -> datetime:
    """The moment of a local time, in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone or "UTC")).astimezone(UTC)


def firings(expression: str, zone: str | None, since: str, count: int) -> list[str]:
    """The next moments as the zone's clock shows them, with its offset from UTC."""
    schedule, moment, found = Schedule.parse(expression, zone), at(since, zone), []
    for _ in range(count):
        following = schedule.after(moment)
        if following is None:
            break
        moment = following
        found.append(moment.astimezone(schedule.zone).isoformat(timespec="seconds")[5:])
    return found


@pytest.mark.parametrize(
    ("expression", "since", "expected"),
    [
        (
            "*/20 * * * *",
            "2026-11-21T10:00:30",
            ["11-21T10:20:00+00:00", "11-21T10:40:00+00:00", "11-21T11:00:00+00:00"],
        ),
        ("* * * * * */30", "2026-11-21T10:00:30", ["11-21T10:01:00+00:00", "11-21T10:01:30+00:00"]),
        ("0 0 1 1 * 15", "2026-11-21T10:00", ["01-01T00:00:15+00:00"]),
        ("@hourly", "2026-11-21T10:00", ["11-21T11:00:00+00:00"]),
        ("@Daily", "2026-11-21T10:00", ["11-22T00:00:00+00:00"]),
        ("@weekly", "2026-11-21T10:00", ["11-22T00:00:00+00:00", "11-29T00:00:00+00:00"]),
        ("@monthly", "2026-11-21T10:00", ["12-01T00:00:00+00:00"]),
        ("@yearly", "2026-11-21T10:00", ["01-01T00:00:00+00:00"]),
        ("0 9 * * MON-FRI", "2026-11-20T10:00", ["11-23T09:00:00+00:00", "11-24T09:00:00+00:00"]),
        ("0 9 * * 7", "2026-11-21T10:00", ["11-22T09:00:00+00:00"]),
        ("0 9 1 * 1", "2026-11-24T10:00", ["11-30T09:00:00+00:00", "12-01T09:00:00+00:00"]),  # either of the two days
        ("0 9 * * 5#2", "2026-11-21T10:00", ["12-11T09:00:00+00:00"]),
        ("0 9 L * *", "2026-11-21T10:00", ["11-30T09:00:00+00:00", "12-31T09:00:00+00:00"]),
        ("0 0 29 2 *", "2026-11-21T10:00", ["02-29T00:00:00+00:00"]),
        ("0 9 1 1 * 0 2028", "2026-11-21T10:00", ["01-01T09:00:00+00:00"]),
    ],
)
def test_a_schedule_fires_when_it_says(expression: str, since: str, expected: list[str]) -> None:
    assert firings(expression, None, since, len(expected)) == expected


def test_a_schedule_of_one_year_ends() -> None:
    assert firings("0 9 1 1,7 * 0 2028", None, "2026-11-21T10:00", 5) == [
        "01-01T09:00:00+00:00",
        "07-01T09:00:00+00:00",
    ]


@pytest.mark.parametrize(
    ("expression", "zone", "since", "expected"),
    [
        # put forward on 29 March at 2:00: what is named for then fires when the clock shows 3:00
        ("30 2 * * *", BERLIN, "2026-03-28T12:00", ["03-29T03:00:00+02:00", "03-30T02:30:00+02:00"]),
        ("15,45 2-3 * * *", BERLIN, "2026-03-29T01:00", ["03-29T03:00:00+02:00", "03-29T03:15:00+02:00"]),
        ("0 3 * * *", BERLIN, "2026-03-28T12:00", ["03-29T03:00:00+02:00", "03-30T03:00:00+02:00"]),
        ("0 2,3 * * *", BERLIN, "2026-03-28T12:00", ["03-29T03:00:00+02:00", "03-30T02:00:00+02:00"]),
        ("30 2 * * *", NEW_YORK, "2026-03-07T12:00", ["03-08T03:00:00-04:00", "03-09T02:30:00-04:00"]),
        (
            "15 2 * * *",
            LORD_HOWE,
            "2026-10-03T12:00",
            ["10-04T02:30:00+11:00", "10-05T02:15:00+11:00"],
        ),  # by half an hour
        ("0 12 30 12 *", APIA, "2011-12-29T13:00", ["12-31T00:00:00+14:00", "12-30T12:00:00+14:00"]),  # by a whole day
        # what goes by the clock leaves out what the clock does
        ("*/30 * * * *", BERLIN, "2026-03-29T01:00", ["03-29T01:30:00+01:00", "03-29T03:00:00+02:00"]),
        ("30 * * * *", BERLIN, "2026-03-29T01:00", ["03-29T01:30:00+01:00", "03-29T03:30:00+02:00"]),
    ],
)
def test_a_local_time_that_does_not_exist(expression: str, zone: str, since: str, expected: list[str]) -> None:
    assert firings(expression, zone, since, len(expected)) == expected


@pytest.mark.parametrize(
    ("expression", "zone", "since", "expected"),
    [
        # put back on 25 October at 3:00: what is named for then fires the first time
        ("30 2 * * *", BERLIN, "2026-10-24T12:00", ["10-25T02:30:00+02:00", "10-26T02:30:00+01:00"]),
        ("0 3 * * *", BERLIN, "2026-10-24T12:00", ["10-25T03:00:00+01:00", "10-26T03:00:00+01:00"]),
        ("45 2,3 * * *", BERLIN, "2026-10-24T12:00", ["10-25T02:45:00+02:00", "10-25T03:45:00+01:00"]),
        ("30 1 * * *", NEW_YORK, "2026-10-31T12:00", ["11-01T01:30:00-04:00", "11-02T01:30:00-05:00"]),
        ("45 1 * * *", LORD_HOWE, "2026-04-04T12:00", ["04-05T01:45:00+11:00", "04-06T01:45:00+10:30"]),
        # what goes by the clock repeats what the clock does
        (
            "*/30 * * * *",
            BERLIN,
            "2026-10-25T01:30",
            [f"10-25T{time}" for time in ("02:00:00+02:00", "02:30:00+02:00", "02:00:00+01:00", "02:30:00+01:00")],
        ),
        ("@hourly", BERLIN, "2026-10-25T01:00", ["10-25T02:00:00+02:00", "10-25T02:00:00+01:00"]),
        ("0 0-23 * * *", BERLIN, "2026-10-25T01:00", ["10-25T02:00:00+02:00", "10-25T02:00:00+01:00"]),
    ],
)
def test_a_local_time_that_exists_twice(expression: str, zone: str, since: str, expected: list[str]) -> None:
    assert firings(expression, zone, since, len(expected)) == expected


def test_a_time_that_comes_again_is_not_fired_again_for_a_cron_that_is_made_in_between() -> None:
    schedule = Schedule.parse("45 2 * * *", BERLIN)
    assert schedule.after(datetime(2026, 10, 25, 1, 10, tzinfo=UTC)) == at("2026-10-26T02:45", BERLIN)


CHANGES = (
    (BERLIN, "2026-03-29T01:00"), (BERLIN, "2026-10-25T01:00"), (NEW_YORK, "2026-03-08T07:00"),
    (NEW_YORK, "2026-11-01T06:00"), (LORD_HOWE, "2026-10-03T15:30"), (LORD_HOWE, "2026-04-04T15:00"),
    ("Africa/Casablanca", "2026-02-15T02:00"), ("Asia/Kathmandu", "2026-06-01T00:00"),
)  # fmt: skip
"""When clocks are put forward or back, in UTC; in Kathmandu they never are."""


@settings(max_examples=30)
@given(
    expression=st.sampled_from(["*/7 * * * *", "15 */2 * * *", "0 * 1,8,25 * *", "*/10 * * 3,4,10,11 SUN", "@hourly"]),
    change=st.sampled_from(CHANGES),
    minutes=st.integers(-180, 180),
)
def test_what_goes_by_the_clock_fires_in_every_minute_that_matches_and_in_no_other(
    expression: str, change: tuple[str, str], minutes: int
) -> None:
    schedule, moment = Schedule.parse(expression, change[0]), at(change[1]) + timedelta(minutes=minutes)
    naive = Schedule.parse(
        expression, None
    )  # where no clock is changed, a local time matches if it follows the one before

    def matches(minute: datetime) -> bool:
        local = minute.astimezone(schedule.zone).replace(tzinfo=UTC)
        return naive.after(local - timedelta(seconds=1)) == local

    following = schedule.after(moment)
    assert following is not None
    assert matches(following)
    between = min((following - moment) // timedelta(minutes=1), 200)
    assert not any(matches(moment + timedelta(minutes=number)) for number in range(1, between))


@settings(max_examples=60)
@given(
    expression=st.sampled_from(
        ["0 9 * * *", "30 2 * * SUN", "*/15 * * * *", "0 0 1 * *", "* * * * * *", "0 2 25 10 *"]
    ),
    zone=st.sampled_from([BERLIN, NEW_YORK, None]),
    since=st.integers(0, 4 * 366 * 24 * 60),
    passed=st.timedeltas(timedelta(0), timedelta(days=500)),
)
def test_the_latest_moment_is_the_one_that_none_follows(
    expression: str, zone: str | None, since: int, passed: timedelta
) -> None:
    schedule = Schedule.parse(expression, zone)
    first = first_after(schedule, at("2024-01-01T00:00") + timedelta(minutes=since))
    until = first + passed
    latest = schedule.latest(first, until)
    assert first <= latest <= until
    assert latest == first or schedule.after(latest - timedelta(seconds=1)) == latest
    following = schedule.after(latest)
    assert following is not None
    assert following > until


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("bogus", "it has 1 fields"),
        ("", "it has 0 fields"),
        ("* * * *", "it has 4 fields"),
        ("* * * * * * * *", "it has 8 fields"),
        ("61 * * * *", "out of range"),
        ("0 24 * * *", "out of range"),
        ("0 0 0 * *", "out of range"),
        ("0 0 * 13 *", "out of range"),
        ("* * * * * 60", "out of range"),
        ("*/0 * * * *", "not acceptable"),
        ("0 9 * * someday", "not acceptable"),
        ("@reboot", "Reason: "),
        ("@every 5m", "Reason: "),
        ("R * * * *", "there is no cron"),
        ("H(0-30) * * * *", "it has an H"),
    ],
)
def test_what_is_no_schedule_is_refused_with_the_reason(expression: str, reason: str) -> None:
    with pytest.raises(Malformed) as refused:
        Schedule.parse(expression, None)
    assert refused.value.detail.startswith(f"Invalid cron schedule: '{expression}'. Reason: ")
    assert reason in refused.value.detail


@pytest.mark.parametrize(
    "expression", ["R(50-20) * * * *", "R(0-99) * * * *", "R/0 * * * *", "RR * * * *", "R-5 * * * *"]
)
def test_a_choice_that_is_none_is_refused_as_it_was_written(expression: str) -> None:
    with pytest.raises(Malformed) as refused:
        Schedule.parse(expression, None, UUID(int=1))
    assert refused.value.detail.startswith(f"Invalid cron schedule: '{expression}'. Reason: ")


def test_what_a_schedule_leaves_open_is_chosen_once_for_a_cron() -> None:
    since = datetime(2026, 11, 21, tzinfo=UTC)

    def moments(expression: str, cron: int, count: int = 3) -> list[datetime]:
        schedule, found = Schedule.parse(expression, "Europe/Berlin", UUID(int=cron * 7919)), [since]
        for _ in range(count):
            following = schedule.after(found[-1])
            assert following is not None
            found.append(following)
        return found[1:]

    hourly = {cron: moments("R * * * *", cron) for cron in range(40)}
    assert all(b - a == timedelta(hours=1) for several in hourly.values() for a, b in pairwise(several))
    assert len({several[0].minute for several in hourly.values()}) > 10, "crons are spread"
    assert moments("R * * * *", 5, 1) == hourly[5][:1], "whoever asks"
    for cron in range(20):
        assert 9 <= moments("0 r(9-17) * * *", cron)[0].astimezone(ZoneInfo("Europe/Berlin")).hour <= 17
        quarters = moments("R/15 * * * *", cron)
        assert [b - a for a, b in pairwise(quarters)] == [timedelta(minutes=15)] * 2
        months = moments("0 9 R * *", cron, 12)
        assert len({moment.month for moment in months}) == 12, "every month has the day"


@pytest.mark.parametrize("zone", ["Mars/X", "", "+02:00", "../etc/passwd", "Europe", "x" * 300])
def test_what_is_no_time_zone_is_refused(zone: str) -> None:
    with pytest.raises(Malformed, match="Use IANA timezone format"):
        Schedule.parse("@daily", zone)


@pytest.mark.parametrize("expression", ["0 0 31 2 *", "0 9 1 1 * 0 2020"])
def test_a_schedule_that_never_fires_is_refused(expression: str) -> None:
    with pytest.raises(Invalid, match="there is no such time"):
        first_after(Schedule.parse(expression, None), datetime(2026, 11, 21, tzinfo=UTC))
