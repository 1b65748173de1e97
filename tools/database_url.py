"""The database that agents use: DATABASE_URL, in any common spelling, as a libpq connection URL."""

import os
from collections.abc import Mapping
from urllib.parse import urlsplit, urlunsplit

# Drivers that other projects name in the scheme; libpq wants none.
SCHEMES = ("postgresql", "postgres", "postgresql+psycopg", "postgresql+psycopg2", "postgresql+asyncpg")
# asyncpg's name of a parameter that libpq knows by another.
PARAMETERS = {"ssl": "sslmode"}


class DatabaseUrlError(ValueError):
    """DATABASE_URL is missing or no Postgres URL."""


def database_url(environ: Mapping[str, str] = os.environ) -> str:
    """DATABASE_URL as `postgresql://…`, which psycopg and libpq read.

    A socket folder may be given as `?host=/folder`. Raises DatabaseUrlError, which never repeats the URL (it may
    hold a password).
    """
    url = environ.get("DATABASE_URL", "").strip()
    if not url:
        raise DatabaseUrlError("DATABASE_URL is not set")
    return libpq_url(url)


def libpq_url(url: str) -> str:
    """`url` without a driver in its scheme and with libpq's parameter names; DatabaseUrlError if not Postgres."""
    parts = urlsplit(url)
    if parts.scheme not in SCHEMES:
        raise DatabaseUrlError("DATABASE_URL must start with postgresql://")
    # Only the names change: libpq's encoding of values is not a form's ("+" is a plus).
    pairs = (pair.partition("=") for pair in parts.query.split("&"))
    query = "&".join(PARAMETERS.get(key, key) + equals + value for key, equals, value in pairs)
    # urlunsplit would write postgresql:/name for a URL without a host.
    bare = urlunsplit(("", parts.netloc, parts.path, query, ""))
    return f"postgresql:{bare}" if bare.startswith("//") else f"postgresql://{bare}"
