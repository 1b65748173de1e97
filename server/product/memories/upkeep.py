"""Looking after the vectors of memories from the outside: `planloom reindex`, the doctor, and the check at the start."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from agent.memory.failures import FAILURES, reason
from agent.memory.reindexing import EmbeddingsSettingError, Reindexed, check_setting, reindex, stale
from agent.plan import connections
from server.db.ready import ready_database
from server.errors import PlanloomError, StartupError
from server.settings import Settings

log = structlog.get_logger("planloom.memory")
ADVICE = "Run planloom reindex: it embeds them with the present model."


class ReindexError(PlanloomError):
    """Memories cannot be embedded now; the message is one line."""


async def check_at_start() -> None:
    """Refuse settings that contradict each other; say if memories wait to be embedded anew. Raises StartupError."""
    try:
        await check_setting()
        waiting = await stale()
    except EmbeddingsSettingError as error:
        raise StartupError(str(error)) from error
    except FAILURES:
        return  # without its embedding model a server serves all the same; each turn says so
    if waiting:
        log.warning("memories are embedded by another model", texts=waiting, advice=ADVICE)


async def reindex_database(settings: Settings, *, drop: bool) -> Reindexed:
    """Bring the database's memories in line with the settings' embedding model. Raises ReindexError or StartupError."""
    async with ready_database(settings) as database_url:
        try:
            with _environment(settings, database_url):
                return await reindex(drop=drop)
        except FAILURES as error:
            raise ReindexError(f"cannot embed memories: {reason(error)}") from error
        finally:
            await connections.close()


async def waiting_in(settings: Settings, database_url: str) -> int | str:
    """How many memories another model embedded, or why that cannot be told."""
    with _environment(settings, database_url):
        try:
            return await stale()
        except FAILURES as error:
            return reason(error)
        finally:
            await connections.close()


@contextmanager
def _environment(settings: Settings, database_url: str) -> Iterator[None]:
    """The settings where agents read them, for as long as this lasts: the doctor only looks."""
    before = dict(os.environ)
    settings.export(database_url)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
