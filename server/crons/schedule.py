"""When a cron fires: its schedule in its time zone, as moments in UTC. Pure.

Schedules speak of local times, and clocks are changed. A schedule that names its hours (`30 2 * * *`) fires once for each
time that it names: for one that the change leaves out, at the moment of the change; for one that comes twice, the first
time. One whose hour is `*` or `*/n` (`*/15 * * * *`) goes by the clock: it leaves out what the clock leaves out, and repeats
what the clock repeats, so that its firings stay as far apart as they are on any other day. So do cron's on Unix.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from croniter import croniter
from croniter.croniter import CroniterBadDateError, CroniterError

from server.errors import Invalid, Malformed

_SECOND = timedelta(seconds=1)
_LOOKED_AT = timedelta(days=7)  # clocks are never changed, and changed back, within as short a time
_EVERY_HOUR = frozenset(range(24))
_CHOSEN = re.compile(r"^[rR](?=\(|/|$)")
_HASHED = re.compile(r"^[hH](\(|/|$)")
_HINT = (
    "Give minute, hour, day of the month, month and day of the week, then seconds if you like: '*/5 * * * *' is every "
    "5 minutes, '0 9 * * MON-FRI' is 9:00 on working days; or an alias such as @daily."
)


@dataclass(frozen=True, slots=True)
class Schedule:
    """An expression in a time zone, known to be one by `parse`."""

    expression: str
    zone: ZoneInfo
    goes_by_clock: bool
    rule: str
    """The expression as croniter reads it."""
    chosen_by: bytes | None = None
    """What the values follow from that the expression leaves open."""

    @classmethod
    def parse(cls, expression: str, timezone: str | None, cron_id: UUID | None = None) -> "Schedule":
        """The schedule of an expression of five to seven fields (the sixth is the seconds, the seventh the year) or an alias,
        in an IANA time zone; None is UTC.

        A field `R` leaves its value open, `R(9-17)` within bounds, `R/15` as the offset of a step. It follows from the
        cron's id, so it is another for each cron and always the same for one.

        Raises `Malformed` for what is neither. Reads the zone's file.
        """
        fields = expression.split()
        if not expression.strip().startswith("@") and not 5 <= len(fields) <= 7:
            raise _no_schedule(expression, f"it has {len(fields)} fields, not 5 or 6")
        if any(_HASHED.match(field) for field in fields):
            raise _no_schedule(expression, "it has an H; an R leaves a value to the server")
        rule, chosen_by = expression, None
        if any(_CHOSEN.match(field) for field in fields):
            if cron_id is None:
                raise _no_schedule(expression, "there is no cron for which R could be chosen")
            # by the library's word for a value that follows from something
            chosen_by, chosen = cron_id.bytes, [_CHOSEN.sub("h", field) for field in fields]
            if chosen[2] == "h":
                chosen[2] = "h(1-28)"  # a day that every month has
            rule = " ".join(chosen)
        try:
            hours = croniter.expand(rule, hash_id=chosen_by)[0][1]
        except (CroniterError, ValueError) as error:  # the latter for numbers that are none
            raise _no_schedule(expression, str(error).rstrip(". ") or "it is no schedule") from error
        named_every = (
            hours == ["*"]
            or _EVERY_HOUR.issubset(hours)
            or (len(fields) > 1 and fields[1].startswith(("*", "R/", "r/")))
        )
        return cls(expression, zone_of(timezone), named_every, rule, chosen_by)

    def after(self, moment: datetime) -> datetime | None:
        """The first moment of the schedule after `moment`; None if there is none in the next fifty years."""
        since = int(moment.timestamp())
        offset = self._offset(since)
        local = since + offset
        while (next_local := self._next_local(local)) is not None:
            found = next_local - offset
            change = self._first_change(since, found)
            if change is None:
                if self.goes_by_clock or not self._comes_again(found):
                    return datetime.fromtimestamp(found, UTC)
                local = next_local
                continue
            before, offset = offset, self._offset(change)
            skipped = next_local < change + offset
            if skipped and not self.goes_by_clock:
                return datetime.fromtimestamp(change, UTC)
            since = change
            # what the clock shows a second time has been
            local = change + (offset if self.goes_by_clock else max(before, offset)) - 1
        return None

    def latest(self, since: datetime, until: datetime) -> datetime:
        """The last moment of the schedule up to `until`; `since` is one, and not after `until`."""
        lower, upper = since - _SECOND, until
        found = since
        while upper - lower > _SECOND:  # there is a moment in (lower, until], and none in (upper, until]
            middle = lower + (upper - lower) / 2
            following = self.after(middle)
            if following is not None and following <= until:
                lower = found = following
            else:
                upper = middle
        following = self.after(lower)
        return following if following is not None and following <= until else found

    def _next_local(self, local: int) -> int | None:
        """The schedule's first local time after one; both in seconds, as if the clock were UTC's."""
        try:
            naive = datetime.fromtimestamp(local, UTC).replace(tzinfo=None)
            following: datetime = croniter(self.rule, naive, ret_type=datetime, hash_id=self.chosen_by).get_next()
        except CroniterBadDateError:
            return None
        return int(following.replace(tzinfo=UTC).timestamp())

    def _offset(self, at: int) -> int:
        """By how many seconds the zone's clock is ahead of UTC at a moment."""
        offset = datetime.fromtimestamp(at, self.zone).utcoffset()
        return 0 if offset is None else int(offset.total_seconds())

    def _comes_again(self, at: int) -> bool:
        """Whether the clock has shown the time of a moment before, because it was put back."""
        return datetime.fromtimestamp(at, self.zone).fold == 1

    def _first_change(self, since: int, until: int) -> int | None:
        """The first moment in (since, until] at which the clock is put forward or back."""
        offset, lower, step = self._offset(since), since, int(_LOOKED_AT.total_seconds())
        while lower < until:
            upper = min(lower + step, until)
            if self._offset(upper) != offset:
                while upper - lower > 1:
                    middle = (lower + upper) // 2
                    lower, upper = (middle, upper) if self._offset(middle) == offset else (lower, middle)
                return upper
            lower = upper
        return None


def zone_of(name: str | None) -> ZoneInfo:
    """The IANA time zone of that name; None is UTC. Raises `Malformed`. Reads the zone's file."""
    try:
        return ZoneInfo("UTC" if name is None else name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise Malformed(f"Invalid timezone: '{name}'. Use IANA timezone format (e.g. 'America/New_York').") from error


def first_after(schedule: Schedule, now: datetime) -> datetime:
    """The next moment of a new schedule. Raises `Invalid` if it never comes."""
    found = schedule.after(now)
    if found is None:
        raise Invalid(
            f"Invalid cron schedule: '{schedule.expression}'. Reason: there is no such time in the next 50 years; "
            "change the day, the month or the year"
        )
    return found


def _no_schedule(expression: str, reason: str) -> Malformed:
    return Malformed(f"Invalid cron schedule: '{expression}'. Reason: {reason}. {_HINT}")
