"""Databases on their way to the newest schema."""

import secrets
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from psycopg import conninfo

from server.db import revisions
from server.db.migrate import migrate, newest, pending
from server.errors import StartupError

SHAPE = """
    select table_name, column_name, data_type, is_nullable, column_default
    from information_schema.columns where table_schema = 'public'
    union all select tablename, indexname, indexdef, '', '' from pg_indexes where schemaname = 'public'
    order by 1, 2, 3
"""


def shape(url: str) -> list[Any]:
    """All columns and indexes of a database."""
    with psycopg.connect(url) as connection:
        return connection.execute(SHAPE).fetchall()


def test_an_empty_database_gets_everything(empty_database_url: str, database_url: str) -> None:
    waiting = pending(empty_database_url)
    assert waiting == sorted(waiting)
    assert waiting[0] == "0001"
    migrate(empty_database_url)
    assert pending(empty_database_url) == []
    made = shape(empty_database_url)
    tables = {row[0] for row in made}
    assert {
        "assistants", "threads", "runs", "run_events", "plans", "plan_versions", "checkpoints", "store",
        "procrastinate_jobs", "planloom_migrations",
    } <= tables  # fmt: skip
    assert made == shape(database_url), "the same as any other fresh database"


def test_migrating_again_changes_nothing(database_url: str) -> None:
    before = shape(database_url)
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("insert into threads (thread_id) values (gen_random_uuid())")
    migrate(database_url)
    migrate(database_url)
    assert shape(database_url) == before
    with psycopg.connect(database_url) as connection:
        assert connection.execute("select count(*) from threads").fetchone() == (1,)


def test_processes_that_migrate_at_once_do_not_meet(empty_database_url: str, database_url: str) -> None:
    with ThreadPoolExecutor(4) as processes:
        list(processes.map(migrate, [empty_database_url] * 4))
    assert pending(empty_database_url) == []
    assert shape(empty_database_url) == shape(database_url)


def test_a_database_that_is_away_is_named_in_one_line() -> None:
    with pytest.raises(StartupError, match="cannot reach the database") as refused:
        migrate("postgresql://nobody:secret@127.0.0.1:1/none")
    assert "secret" not in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_database_that_cannot_hold_every_text_is_refused_with_what_to_do(empty_database_url: str) -> None:
    name = f"ascii_{secrets.token_hex(6)}"
    with psycopg.connect(empty_database_url, autocommit=True) as connection:
        connection.execute(f"create database {name} encoding 'SQL_ASCII' locale 'C' template template0")
        try:
            with pytest.raises(StartupError, match="encoding is SQL_ASCII, but it must be UTF8: make one with"):
                migrate(conninfo.make_conninfo(empty_database_url, dbname=name))
        finally:
            connection.execute(f"drop database {name} with (force)")


def test_the_newest_revision_is_the_head_of_one_chain() -> None:
    chain = revisions.after(None)
    assert chain[-1] == newest()
    assert chain == sorted(chain)


def test_a_database_at_head_is_brought_there_without_alembic(database_url: str) -> None:
    program = "import sys; from server.db.migrate import migrate, pending; migrate(sys.argv[1]); pending(sys.argv[1]); "
    loaded = subprocess.run(
        [sys.executable, "-c", f"{program} print('alembic' in sys.modules, 'sqlalchemy' in sys.modules)", database_url],
        capture_output=True,
        text=True,
        check=True,
    )
    assert loaded.stdout.split() == ["False", "False"]
