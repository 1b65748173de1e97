"""DATABASE_URL is understood in any common spelling."""

import pytest
from psycopg.conninfo import conninfo_to_dict

from tools.database_url import DatabaseUrlError, database_url


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql://u:p@db:5433/app", {"user": "u", "password": "p", "host": "db", "port": "5433", "dbname": "app"}),
        ("postgres://db/app", {"host": "db", "dbname": "app"}),
        ("postgresql+psycopg://db/app?sslmode=require", {"host": "db", "dbname": "app", "sslmode": "require"}),
        ("postgresql+asyncpg://db/app?ssl=require", {"host": "db", "dbname": "app", "sslmode": "require"}),
        ("postgresql:///app?host=/run/p+g%20data&user=me", {"host": "/run/p+g data", "dbname": "app", "user": "me"}),
        ("postgresql://%2Frun%2Fpg/app", {"host": "/run/pg", "dbname": "app"}),
        ("postgresql://?host=/run/pg", {"host": "/run/pg"}),
    ],
)
def test_spellings_mean_what_they_say_to_libpq(url: str, expected: dict[str, str]) -> None:
    assert conninfo_to_dict(database_url({"DATABASE_URL": url})) == expected


@pytest.mark.parametrize("environ", [{}, {"DATABASE_URL": "  "}])
def test_a_missing_url_is_reported(environ: dict[str, str]) -> None:
    with pytest.raises(DatabaseUrlError, match="DATABASE_URL is not set"):
        database_url(environ)


def test_another_database_is_refused_without_showing_the_password() -> None:
    with pytest.raises(DatabaseUrlError, match="postgresql://") as caught:
        database_url({"DATABASE_URL": "mysql://u:secret@db/app"})
    assert "secret" not in str(caught.value)
