import datetime
import statistics

import pytest

from tools.running.activity import Activity
from tools.running.build_plan import BuildRequest, build_plan
from tools.running.load_report import load_report

PLAN = build_plan(
    BuildRequest(
        race="half marathon",
        today=datetime.date(2026, 11, 21),
        weekly_km=25,
        longest_km=10,
        weeks=8,
        days_per_week=4,
    )
).document
WEDNESDAY = datetime.date(2026, 12, 2)


def run(day: int, km: float, *, minutes: float | None = None, rpe: float | None = None, month: int = 11) -> Activity:
    date = datetime.date(2026, month, day)
    return Activity(id=f"{date}-{km}", date=date, km=km, seconds=round(minutes * 60) if minutes else None, rpe=rpe)


FIRST_WEEK = [run(24, 5, minutes=30, rpe=6), run(26, 4.5, minutes=30, rpe=3), run(29, 11, minutes=70, rpe=5)]


def test_a_week_shows_what_was_planned_beside_what_was_done() -> None:
    report = load_report(PLAN, FIRST_WEEK, WEDNESDAY, weeks=2)
    week, current = report.weeks
    assert (week.runs, week.planned_runs, week.kept, week.adherence) == (3, 4, 3, 0.75)
    assert week.km == 20.5
    assert week.planned_km == 25
    # Of the week that is under way only Tuesday is over.
    assert (current.runs, current.planned_runs, current.kept) == (0, 1, 0)


def test_load_monotony_and_strain_are_fosters() -> None:
    week = load_report(None, FIRST_WEEK, WEDNESDAY, weeks=2).weeks[0]
    daily = [0, 180, 0, 90, 0, 0, 350]
    assert week.load == 620
    assert week.monotony == pytest.approx(statistics.fmean(daily) / statistics.pstdev(daily))
    assert week.strain == pytest.approx(620 * week.monotony)


def test_a_week_with_an_unrated_run_claims_no_load() -> None:
    week = load_report(None, [*FIRST_WEEK, run(27, 5)], WEDNESDAY, weeks=2).weeks[0]
    assert (week.load, week.monotony, week.strain) == (None, None, None)


def test_days_all_alike_have_no_monotony_to_speak_of() -> None:
    alike = [run(day, 5, minutes=30, rpe=4) for day in range(23, 30)]
    week = load_report(None, alike, WEDNESDAY, weeks=2).weeks[0]
    assert (week.load, week.monotony) == (840, None)


def test_the_longest_run_is_of_the_last_thirty_days_and_not_of_tomorrow() -> None:
    found = [run(1, 25), run(29, 11), run(3, 40, month=12)]
    assert load_report(None, found, WEDNESDAY).longest_km == 11


def test_nothing_logged_and_nothing_planned_says_so() -> None:
    report = load_report(None, [], WEDNESDAY)
    assert report.weeks == ()
    assert "nothing to report" in report.text()


def test_the_report_reads_well() -> None:
    text = load_report(PLAN, FIRST_WEEK, WEDNESDAY, weeks=2).text()
    assert "Week from 23 Nov: 20.5 km in 3 runs of 25 km planned so far, 3 of 4 runs kept, load 620" in text
    assert "Longest run of the last 30 days: 11 km." in text


@pytest.mark.parametrize("weeks", [0, 53])
def test_a_report_over_no_time_is_refused(weeks: int) -> None:
    with pytest.raises(ValueError, match="1 to 52"):
        load_report(PLAN, [], WEDNESDAY, weeks=weeks)
