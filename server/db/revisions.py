"""Alembic over our migrations. It brings SQLAlchemy with it, so it is imported only when a migration is to be applied."""

from pathlib import Path

import psycopg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import NullPool, create_engine

from server.db.migrate import MIGRATIONS
from server.errors import StartupError


def upgrade(url: str) -> None:
    """Apply all that the database lacks."""
    engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(url), poolclass=NullPool)
    config = _config()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def after(applied: str | None) -> list[str]:
    """The revisions after `applied` (None: all), oldest first."""
    script = ScriptDirectory.from_config(_config())
    return [step.revision for step in reversed(list(script.iterate_revisions("head", applied or "base")))]


def new_revision(message: str) -> Path:
    """Write an empty migration after the newest one and return its path."""
    script = ScriptDirectory.from_config(_config())
    number = 1 + sum(1 for _ in script.walk_revisions())
    revision = command.revision(_config(), message=message, rev_id=f"{number:04d}")
    if revision is None or isinstance(revision, list):
        raise StartupError("Alembic wrote no migration file")
    return Path(revision.path)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    return config
