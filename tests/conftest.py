"""The databases of the tests: real ones, on an embedded Postgres of this session or on DATABASE_URL's server."""

import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from hypothesis import settings
from psycopg import sql

from server.db.embedded import EmbeddedPostgres
from server.db.migrate import migrate
from server.settings import libpq_url
from tests.scale.companions import missing

# how long an example takes is the machine's affair; tests that need more examples say so
settings.register_profile("without-a-clock", deadline=None, max_examples=60)
settings.load_profile("without-a-clock")

EVERYTHING = "PLANLOOM_TEST_EVERYTHING"
"""Set where nothing may go untested for want of a program."""


def pytest_report_header() -> list[str]:
    """What this machine lacks, so that nothing vanishes in silence."""
    lacking = missing()
    if not lacking:
        return []
    if os.environ.get(EVERYTHING):
        raise pytest.UsageError(f"{EVERYTHING} is set, but this machine lacks {', '.join(lacking)}")
    return [f"not installed, so not tested with: {', '.join(lacking)}"]


@pytest.fixture(scope="module", autouse=True)
def environment_of_a_file() -> Iterator[None]:
    """The environment as it was, after every file: to load a project sets what it asks for, for the whole process."""
    before = dict(os.environ)
    yield
    for name in os.environ.keys() - before.keys():
        del os.environ[name]
    os.environ.update(before)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A server to make databases on: the libpq URL of one that is there already."""
    if given := os.environ.get("DATABASE_URL"):
        yield libpq_url(given)
        return
    with (
        tempfile.TemporaryDirectory(prefix="planloom-tests-") as folder,
        EmbeddedPostgres(Path(folder), durable=False) as postgres,
    ):
        yield postgres.dsn()


@pytest.fixture(scope="session")
def template_database(postgres_url: str) -> Iterator[str]:
    """The name of a database migrated to head, which nobody is connected to."""
    with _new_database(postgres_url) as name:
        migrate(_url_of(postgres_url, name))
        yield name


@pytest.fixture
def database_url(postgres_url: str, template_database: str) -> Iterator[str]:
    """The libpq URL of a migrated database that this test alone uses."""
    with _new_database(postgres_url, template=template_database) as name:
        yield _url_of(postgres_url, name)


@pytest.fixture
def empty_database_url(postgres_url: str) -> Iterator[str]:
    """The libpq URL of a database without a single table."""
    with _new_database(postgres_url) as name:
        yield _url_of(postgres_url, name)


@pytest.fixture
def database_env(database_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """`database_url`, which is DATABASE_URL in the environment as well."""
    monkeypatch.setenv("DATABASE_URL", database_url)
    return database_url


@contextmanager
def _new_database(postgres_url: str, template: str = "template0") -> Iterator[str]:
    name = f"planloom_test_{secrets.token_hex(6)}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        # copying files takes half the time of logging them, where there is no disk to wait for
        copying = sql.SQL("strategy file_copy" if connection.info.server_version >= 150000 else "")
        connection.execute(
            sql.SQL("create database {} template {} {}").format(sql.Identifier(name), sql.Identifier(template), copying)
        )
    try:
        yield name
    finally:
        with psycopg.connect(postgres_url, autocommit=True) as connection:
            connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


def _url_of(postgres_url: str, database: str) -> str:
    return urlunsplit(urlsplit(postgres_url)._replace(path=f"/{database}"))
