"""A clock for crons that tests move: it stands still in between, and every process on the database goes by it."""

from datetime import datetime

import psycopg


class MovedClock:
    """Takes the place of the database's `crons_now()`."""

    def __init__(self, database_url: str, start: datetime) -> None:
        self._url = database_url
        with psycopg.connect(database_url) as connection:
            connection.execute("create table if not exists moved_clock (at timestamptz not null)")
            connection.execute("truncate moved_clock")
            connection.execute("insert into moved_clock values (%s)", (start,))
            connection.execute(
                "create or replace function crons_now() returns timestamptz language sql volatile "
                "as 'select at from moved_clock'"
            )
        self.now = start

    def move(self, to: datetime) -> None:
        """From now on it is `to`."""
        with psycopg.connect(self._url) as connection:
            connection.execute("update moved_clock set at = %s", (to,))
        self.now = to
