"""A Postgres of our own for machines without one: no installation, no port, no password, one folder."""

from server.db.embedded.errors import EmbeddedPostgresError
from server.db.embedded.server import EmbeddedPostgres

__all__ = ["EmbeddedPostgres", "EmbeddedPostgresError"]
