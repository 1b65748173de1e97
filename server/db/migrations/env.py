"""Alembic's entry: runs the migrations on the connection that `server.db.migrate` hands over."""

from alembic import context
from sqlalchemy import Connection

connection: Connection = context.config.attributes["connection"]
context.configure(connection=connection, transaction_per_migration=False, version_table="planloom_migrations")
with context.begin_transaction():
    context.run_migrations()
