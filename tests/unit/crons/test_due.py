"""What becomes of a cron whose time has come: on time, late, missed, over."""

from datetime import UTC, datetime, timedelta

import pytest

from server.crons.due import Step, step
from server.crons.schedule import Schedule

EVERY_MINUTE = Schedule.parse("* * * * *", None)
EVERY_SECOND = Schedule.parse("* * * * * *", None)
DAILY = Schedule.parse("0 9 * * *", "Europe/Berlin")
HOUR = timedelta(hours=1)


def at(text: str) -> datetime:
    """A moment of one day, in UTC."""
    return datetime.fromisoformat(f"2026-11-21T{text}").replace(tzinfo=UTC)


def _step(schedule: Schedule, due: str, now: str, *, end: str | None = None, grace: timedelta = HOUR) -> Step:
    return step(schedule, at(due), now=at(now), end_time=at(end) if end else None, grace=grace)


@pytest.mark.parametrize("late", ["10:00:00", "10:00:00.004", "10:00:14"])
def test_a_punctual_firing_is_followed_by_the_next(late: str) -> None:
    assert _step(EVERY_MINUTE, "10:00:00", late) == Step(at("10:00:00"), at("10:01:00"))


def test_firings_that_are_a_little_late_happen_each() -> None:
    assert _step(EVERY_SECOND, "10:00:00", "10:00:09") == Step(at("10:00:00"), at("10:00:01"))


def test_what_was_missed_is_made_up_for_by_one_firing_for_the_last_moment() -> None:
    assert _step(EVERY_MINUTE, "10:00:00", "10:30:20") == Step(at("10:30:00"), at("10:31:00"), missed=True)
    assert _step(EVERY_SECOND, "10:00:00", "10:30:20") == Step(at("10:30:20"), at("10:30:21"), missed=True)


@pytest.mark.parametrize(("now", "fires"), [("08:59:00", True), ("09:00:00", True), ("09:00:01", False)])
def test_what_was_missed_longer_ago_than_the_grace_is_over(now: str, fires: bool) -> None:
    found = _step(DAILY, "08:00:00", now)
    assert found == Step(at("08:00:00") if fires else None, at("08:00:00") + timedelta(days=1), missed=True)


def test_without_grace_nothing_is_made_up_for_but_what_is_punctual_fires() -> None:
    assert _step(DAILY, "08:00:00", "08:00:16", grace=timedelta(0)).fires is None
    assert _step(DAILY, "08:00:00", "08:00:15", grace=timedelta(0)).fires == at("08:00:00")


def test_after_the_end_there_is_no_next() -> None:
    assert _step(EVERY_MINUTE, "10:00:00", "10:00:01", end="10:01:00").next_run_at == at("10:01:00")
    assert _step(EVERY_MINUTE, "10:00:00", "10:00:01", end="10:00:59") == Step(at("10:00:00"), None)


def test_the_last_firing_may_be_punctual_but_is_not_made_up_for_after_the_end() -> None:
    assert _step(EVERY_MINUTE, "10:00:00", "10:00:02", end="10:00:00") == Step(at("10:00:00"), None)
    assert _step(EVERY_MINUTE, "10:00:00", "10:05:00", end="10:02:00") == Step(None, None, missed=True)
    assert _step(EVERY_MINUTE, "10:00:00", "10:05:00", end="10:06:00").fires == at("10:05:00")
