"""Brings a database to the schema that this version of the code expects.

Three owners keep tables in it: Planloom (Alembic, `server/db/migrations`), LangGraph (checkpoints and store, set up by
their libraries) and the job queue (procrastinate's schema). All run under one advisory lock, so that any number of
processes may start at once.
"""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from langgraph.checkpoint.postgres import PostgresSaver
from langgraph.store.postgres import PostgresStore
from procrastinate.schema import SchemaManager
from psycopg import sql
from psycopg.rows import dict_row

from server.errors import StartupError, first_line

MIGRATIONS = Path(__file__).parent / "migrations"
LOCK_KEY = 0x506C616E  # "Plan": one lock for every process that migrates this database
LOCK_POLL_SECONDS = 0.1
VERSION_TABLE = "planloom_migrations"


async def migrate_async(url: str) -> None:
    """`migrate` for callers on an event loop; the libraries below it are synchronous."""
    await asyncio.to_thread(migrate, url)


def migrate(url: str) -> None:
    """Bring the database at `url` (a libpq URL) to head. Safe to call at every start.

    Raises `StartupError` if the database cannot be reached, is not in UTF-8, lacks pgvector, or forbids a step.
    """
    with told_in_one_line(), psycopg.connect(url, autocommit=True) as connection:
        check_encoding(connection)
        _lock(connection)
        _create_extension(connection)
        _upgrade_own_tables(connection, url)
        _set_up_langgraph(url)
        _set_up_queue(connection)


@contextmanager
def told_in_one_line() -> Iterator[None]:
    """What goes wrong between us and Postgres, as a `StartupError` for whoever runs the command."""
    try:
        yield
    except psycopg.OperationalError as error:
        raise StartupError(f"cannot reach the database: {first_line(error)}. Check DATABASE_URL.") from error
    except psycopg.Error as error:
        raise StartupError(f"cannot migrate the database: {first_line(error)}") from error


def check_encoding(connection: psycopg.Connection | psycopg.AsyncConnection) -> None:
    """Raises `StartupError` unless the database takes texts in any language; initdb makes none that does under LC_ALL=C."""
    encoding = connection.info.parameter_status("server_encoding")
    if encoding not in (None, "UTF8"):
        raise StartupError(
            f"the database's encoding is {encoding}, but it must be UTF8: make one with "
            "`create database planloom encoding 'UTF8' template template0` and name that in DATABASE_URL"
        )


def pending(url: str) -> list[str]:
    """The revisions that `migrate` would still apply, oldest first; empty at head."""
    with psycopg.connect(url) as connection:
        applied = _applied(connection)
    if applied == newest():
        return []
    from server.db.revisions import after  # noqa: PLC0415 - see there

    return after(applied)


def newest() -> str:
    """The newest revision: files are named for theirs, and each follows the one before."""
    return max(file.name for file in (MIGRATIONS / "versions").glob("[0-9]*.py")).partition("_")[0]


def _applied(connection: psycopg.Connection) -> str | None:
    row = connection.execute("select to_regclass(%s)", (VERSION_TABLE,)).fetchone()
    if row is None or row[0] is None:
        return None
    version = connection.execute(sql.SQL("select version_num from {}").format(sql.Identifier(VERSION_TABLE))).fetchone()
    return version[0] if version else None


def _lock(connection: psycopg.Connection) -> None:
    # Not by waiting in Postgres: a waiting statement holds a snapshot, and the libraries' `create index concurrently`
    # waits for all snapshots. The one that holds the lock would wait for the one that waits for it.
    while True:
        row = connection.execute("select pg_try_advisory_lock(%s)", (LOCK_KEY,)).fetchone()
        if row is not None and row[0]:
            return
        time.sleep(LOCK_POLL_SECONDS)


def _create_extension(connection: psycopg.Connection) -> None:
    if connection.execute("select 1 from pg_extension where extname = 'vector'").fetchone():
        return
    available = connection.execute("select 1 from pg_available_extensions where name = 'vector'").fetchone()
    if not available:
        raise StartupError(
            "the database server has no pgvector: install the extension on it (package postgresql-<version>-pgvector), "
            "or unset DATABASE_URL to use the embedded Postgres"
        )
    try:
        connection.execute("create extension if not exists vector")
    except psycopg.errors.InsufficientPrivilege as error:
        raise StartupError(
            "this database user may not create extensions: run `create extension vector` once as a superuser"
        ) from error


def _upgrade_own_tables(connection: psycopg.Connection, url: str) -> None:
    if _applied(connection) != newest():
        from server.db.revisions import upgrade  # noqa: PLC0415 - see there

        upgrade(url)


def _set_up_langgraph(url: str) -> None:
    with psycopg.connect(url, autocommit=True, row_factory=dict_row) as connection:
        PostgresSaver(connection).setup()
        PostgresStore(connection).setup()


def _set_up_queue(connection: psycopg.Connection) -> None:
    row = connection.execute("select to_regclass('procrastinate_jobs')").fetchone()
    if row is None or row[0] is None:
        connection.execute(SchemaManager.get_schema().encode())
