"""Reading rows: values as the wire wants them."""

from datetime import UTC, datetime
from typing import Any

from psycopg.rows import DictRow


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
