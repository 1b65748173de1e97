"""When a webhook that was not taken is sent again."""

import random
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

FIRST = timedelta(seconds=1)
FACTOR = 4
LONGEST = timedelta(hours=1)
JITTER = 0.25
"""By which part of itself a delay is longer or shorter, so that what failed together does not come back together."""


def delay(failures: int, *, asked: timedelta | None = None) -> timedelta:
    """How long to wait after that many failures: 1 s, 4 s, 16 s, … up to an hour, more or less; what a receiver `asked` for
    at least, up to an hour as well."""
    grown = min(FIRST * float(FACTOR ** min(failures - 1, 16)), LONGEST)
    jittered = grown * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - nobody gains by guessing it
    return max(jittered, min(asked, LONGEST)) if asked else jittered


def asked_delay(retry_after: str | None, now: datetime | None = None) -> timedelta | None:
    """What a `Retry-After` header asks for, in seconds or as a date; None if it says nothing that can be read."""
    if retry_after is None:
        return None
    if retry_after.strip().isdecimal():
        return timedelta(seconds=min(int(retry_after.strip()[:9]), 10**6))
    try:
        at = parsedate_to_datetime(retry_after)
    except (ValueError, OverflowError):  # the latter for numbers that no clock has
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return max(at - (now or datetime.now(UTC)), timedelta(0))
