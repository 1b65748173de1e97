"""Reading rows: values as the wire wants them."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

from psycopg import AsyncCursor
from psycopg.rows import DictRow

Record = TypeVar("Record")


async def first(cursor: AsyncCursor[DictRow], read: Callable[[DictRow], Record]) -> Record | None:
    """What `read` makes of the first row that a statement returned; None if it returned none."""
    row = await cursor.fetchone()
    return None if row is None else read(row)


async def only(cursor: AsyncCursor[DictRow], read: Callable[[DictRow], Record]) -> Record:
    """What `read` makes of the row that a statement always returns."""
    row = await cursor.fetchone()
    if row is None:
        raise RuntimeError("the statement returned no row")
    return read(row)


def utc(row: DictRow, column: str) -> datetime:
    """A timestamp column in UTC, whatever the session's time zone is."""
    value: datetime = row[column]
    return value.astimezone(UTC)


def utc_or_none(row: DictRow, column: str) -> datetime | None:
    """A nullable timestamp column in UTC."""
    return None if row[column] is None else utc(row, column)


def document(row: DictRow, column: str) -> dict[str, Any]:
    """A jsonb column that holds an object."""
    value: dict[str, Any] = row[column]
    return value
