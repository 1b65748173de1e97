"""`planloom checkpoints`: all threads of a database from one form into the other."""

import psycopg
from psycopg.rows import dict_row

from server.db.checkpoints.conversion import Form, convert, threads_to_convert
from server.db.migrate import migrate


async def convert_all(url: str, form: Form) -> tuple[int, int]:
    """Bring all threads' values into `form`, a thread a transaction, so that it may be stopped and run again.

    Returns how many threads had others, and how many values were converted.
    """
    migrate(url)
    values = 0
    connection = await psycopg.AsyncConnection.connect(url, autocommit=True, row_factory=dict_row)
    async with connection:
        threads = await threads_to_convert(connection, form)
        for thread_id in threads:
            values += await convert(connection, thread_id, form)
    return len(threads), values
