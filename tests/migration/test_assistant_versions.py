"""Assistants that were made before they had versions."""

from uuid import uuid4

import psycopg
from alembic import command
from alembic.config import Config
from psycopg.rows import dict_row
from sqlalchemy import NullPool, create_engine

from server.db.migrate import MIGRATIONS, migrate


def migrate_to(revision: str, url: str) -> None:
    """Bring the database at `url` to the schema of an earlier day."""
    engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(url), poolclass=NullPool)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def test_what_an_assistant_is_becomes_its_version(empty_database_url: str) -> None:
    migrate_to("0003", empty_database_url)
    assistant_id = uuid4()
    with psycopg.connect(empty_database_url, autocommit=True) as connection:
        connection.execute(
            """insert into assistants (assistant_id, graph_id, name, version, config, context, metadata)
               values (%s, 'echo', 'Old', 1, '{"tags": ["t"]}', '{"prefix": "A"}', '{"n": 1}')""",
            (assistant_id,),
        )
    migrate(empty_database_url)
    with psycopg.connect(empty_database_url, row_factory=dict_row) as connection:
        kept = connection.execute("select * from assistant_versions").fetchall()
        assistant = connection.execute("select * from assistants").fetchone()
    assert assistant is not None
    made = assistant.pop("created_at")
    assert kept == [{**{key: value for key, value in assistant.items() if key != "updated_at"}, "created_at": made}]
