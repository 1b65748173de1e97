"""Most of the rules are RFC 5545 §3.8.5.3's own examples, which begin on 2 September 1997, 9:00 in New York."""

import datetime
from zoneinfo import ZoneInfo

import pytest

from tools.recurrence import cron_schedule, occurrences

NEW_YORK = ZoneInfo("America/New_York")
START = datetime.datetime(1997, 9, 2, 9, tzinfo=NEW_YORK)


def days(rule: str, count: int = 500, start: datetime.datetime = START) -> list[str]:
    return [f"{moment:%Y-%m-%d}" for moment in occurrences(rule, start, after=start, count=count)]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("FREQ=DAILY;COUNT=3", ["1997-09-02", "1997-09-03", "1997-09-04"]),
        (
            "RRULE:FREQ=DAILY;INTERVAL=10;COUNT=5",
            ["1997-09-02", "1997-09-12", "1997-09-22", "1997-10-02", "1997-10-12"],
        ),
        ("FREQ=WEEKLY;COUNT=4;WKST=SU;BYDAY=TU,TH", ["1997-09-02", "1997-09-04", "1997-09-09", "1997-09-11"]),
        (
            "FREQ=WEEKLY;INTERVAL=2;COUNT=4;WKST=SU;BYDAY=TU,TH",
            ["1997-09-02", "1997-09-04", "1997-09-16", "1997-09-18"],
        ),
        ("FREQ=MONTHLY;COUNT=3;BYDAY=1FR", ["1997-09-05", "1997-10-03", "1997-11-07"]),
        ("FREQ=MONTHLY;COUNT=3;BYMONTHDAY=-3", ["1997-09-28", "1997-10-29", "1997-11-28"]),
        ("FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3", ["1997-09-04", "1997-10-07", "1997-11-06"]),
        ("FREQ=YEARLY;COUNT=4;BYMONTH=6,7", ["1998-06-02", "1998-07-02", "1999-06-02", "1999-07-02"]),
        ("FREQ=YEARLY;INTERVAL=4;COUNT=2;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8", ["1997-11-04", "2001-11-06"]),
        (
            "FREQ=MONTHLY;BYMONTHDAY=15,30;COUNT=5",
            ["1997-09-15", "1997-09-30", "1997-10-15", "1997-10-30", "1997-11-15"],
        ),
    ],
)
def test_the_standards_examples_hold(rule: str, expected: list[str]) -> None:
    assert days(rule) == expected


def test_an_end_in_utc_is_understood_on_the_clocks_of_the_start() -> None:
    assert days("FREQ=DAILY;UNTIL=19970905T130000Z") == ["1997-09-02", "1997-09-03", "1997-09-04", "1997-09-05"]
    assert days("FREQ=DAILY;UNTIL=19970905T125959Z") == ["1997-09-02", "1997-09-03", "1997-09-04"]


def test_nine_oclock_stays_nine_oclock_when_the_clocks_change() -> None:
    start = datetime.datetime(2026, 3, 7, 9, tzinfo=NEW_YORK)
    found = occurrences("FREQ=DAILY", start, after=start, count=3)
    assert [f"{moment.astimezone(datetime.UTC):%d %H:%M}" for moment in found] == ["07 14:00", "08 13:00", "09 13:00"]


def test_a_time_that_summer_time_skips_is_what_the_clocks_show_then() -> None:
    start = datetime.datetime(2026, 3, 7, 2, 30, tzinfo=NEW_YORK)
    found = occurrences("FREQ=DAILY", start, after=start, count=2)
    assert [f"{moment:%d %H:%M}" for moment in found] == ["07 02:30", "08 03:30"]


def test_moments_before_the_question_are_left_out() -> None:
    after = datetime.datetime(1997, 9, 4, 12, tzinfo=datetime.UTC)  # 8:00 in New York
    found = occurrences("FREQ=DAILY", START, after=after, count=2)
    assert [moment.day for moment in found] == [4, 5]


@pytest.mark.parametrize(
    "rule",
    ["", "FREQ=HOURLY", "FREQ=SECONDLY", "BYDAY=MO", "FREQ=DAILY;FOO=1", "FREQ=DAILY;FREQ=DAILY", "FREQ=DAILY;COUNT=x",
     "FREQ=DAILY;INTERVAL=0", "FREQ=WEEKLY;BYDAY=XX", "FREQ=DAILY;UNTIL=soonZ", "every Monday", "FREQ=DAILY;EXDATE=1"],
)  # fmt: skip
def test_what_is_no_rule_of_days_is_refused(rule: str) -> None:
    with pytest.raises(ValueError):
        occurrences(rule, START, after=START)


@pytest.mark.parametrize(
    ("rule", "cron"),
    [
        ("FREQ=DAILY", "30 9 * * *"),
        ("FREQ=WEEKLY;BYDAY=MO,WE", "30 9 * * MON,WED"),
        ("FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR", "30 9 * * MON,TUE,WED,THU,FRI"),
        ("FREQ=MONTHLY;BYMONTHDAY=1,15", "30 9 1,15 * *"),
        ("FREQ=YEARLY;BYMONTH=4;BYMONTHDAY=30", "30 9 30 4 *"),
        ("FREQ=WEEKLY", None),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO", None),
        ("FREQ=MONTHLY;BYDAY=1FR", None),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", None),
        ("FREQ=DAILY;COUNT=3", None),
        ("FREQ=MONTHLY;BYMONTHDAY=13;BYDAY=FR", None),
    ],
)
def test_a_rule_becomes_a_cron_schedule_only_if_it_means_the_same(rule: str, cron: str | None) -> None:
    assert cron_schedule(rule, datetime.time(9, 30)) == cron
