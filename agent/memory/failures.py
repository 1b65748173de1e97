"""What can go wrong with remembering: a turn goes on without, and says so."""

from __future__ import annotations

from psycopg_pool import PoolTimeout

from agent.plan.connections import NoDatabaseError
from tools.knowledge import failures

FAILURES = (*failures.FAILURES, NoDatabaseError, PoolTimeout)


def reason(error: Exception) -> str:
    """What went wrong, in a line."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
