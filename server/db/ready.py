"""The database of this process: the one that is named, or the embedded one, for as long as the context lasts."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from server.db.embedded import EmbeddedPostgres
from server.db.migrate import migrate_async
from server.settings import Settings


@contextmanager
def opened_database(settings: Settings) -> Iterator[str]:
    """Its libpq URL. Raises `StartupError` if the embedded one cannot start."""
    if settings.database_url is not None:
        yield settings.database_url
        return
    with EmbeddedPostgres(settings.planloom_home / "postgres") as postgres:
        yield postgres.dsn()


@asynccontextmanager
async def ready_database(settings: Settings) -> AsyncIterator[str]:
    """Its libpq URL, with the database migrated. Raises `StartupError`."""
    opened = opened_database(settings)
    url = await asyncio.to_thread(opened.__enter__)
    try:
        await migrate_async(settings.direct_url(url))
        yield url
    finally:
        await asyncio.to_thread(opened.__exit__, None, None, None)
