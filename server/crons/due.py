"""What becomes of a cron whose time has come: fire now, make up for a firing that was missed, or go on. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from server.crons.schedule import Schedule

PUNCTUAL = timedelta(seconds=15)
"""A firing that comes as late as this is a firing like any other: each of them happens. What is later was missed."""


@dataclass(frozen=True, slots=True)
class Step:
    """The moment to fire for (None: for none) and the cron's next moment (None: there is no more)."""

    fires: datetime | None
    next_run_at: datetime | None
    missed: bool = False


def step(schedule: Schedule, due_at: datetime, *, now: datetime, end_time: datetime | None, grace: timedelta) -> Step:
    """What to do at `now` with a cron that was to fire at `due_at`, which is not after `now`.

    When no process was there to fire, or none got round to it, all that was missed since is made up for by one firing: for
    the last moment that was missed, if that is no longer ago than `grace` and `end_time` has not come. It is over with that.
    """
    if now - due_at <= PUNCTUAL:
        return Step(due_at, bounded(schedule.after(due_at), end_time))
    last = schedule.latest(due_at, now)
    makes_up = now - last <= max(grace, PUNCTUAL) and (end_time is None or now <= end_time)
    return Step(last if makes_up else None, bounded(schedule.after(last), end_time), missed=True)


def bounded(moment: datetime | None, end_time: datetime | None) -> datetime | None:
    """A cron's next moment, if it is not after its end."""
    return None if moment is None or (end_time is not None and moment > end_time) else moment
