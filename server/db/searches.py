"""Searches of one table whose conditions only the request knows: a page of what matches, and how much does."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, LiteralString, TypeAlias, TypeVar

from psycopg import sql
from psycopg.rows import DictRow

from server.db.pool import Connection
from server.db.rows import only

Found = TypeVar("Found")

Conditions: TypeAlias = tuple[Sequence[sql.Composable], Sequence[Any]]
"""Conditions that must all hold, and what they bind, in their order."""


@dataclass(frozen=True, slots=True)
class Slice:
    """Which part of what matches: sorted by a field of the API, `limit` at most after the first `offset`."""

    sort_by: str
    descending: bool
    limit: int
    offset: int


@dataclass(frozen=True, slots=True)
class Page(Generic[Found]):
    """What was asked for of what matches, and whether there is more after it."""

    found: Sequence[Found]
    more: bool


@dataclass(frozen=True, slots=True)
class SearchedTable(Generic[Found]):
    """A table that callers search: `read` makes a record of its rows, those that sort alike come by its `key`.

    `columns` says where the API has another name for one, `nullable` which of the API's names may be null: those come last.
    """

    name: str
    key: str
    read: Callable[[DictRow], Found]
    columns: Mapping[str, str] = field(default_factory=dict)
    nullable: frozenset[str] = frozenset()

    async def page(self, connection: Connection, conditions: Conditions, part: Slice) -> Page[Found]:
        """That part of the rows that match. Its `sort_by` was checked by the caller."""
        texts, values = conditions
        order = ("desc" if part.descending else "asc") + (" nulls last" if part.sort_by in self.nullable else "")
        query = sql.SQL("select * from {table} {where} order by {column} {order}, {key} limit %s offset %s").format(
            table=sql.Identifier(self.name),
            where=_where(texts),
            column=sql.Identifier(self.columns.get(part.sort_by, part.sort_by)),
            order=sql.SQL(order),
            key=sql.Identifier(self.key),
        )
        cursor = await connection.execute(query, [*values, part.limit + 1, part.offset])  # one more tells of more
        rows = await cursor.fetchall()
        return Page([self.read(row) for row in rows[: part.limit]], len(rows) > part.limit)

    async def count(self, connection: Connection, conditions: Conditions) -> int:
        """How many rows match."""
        texts, values = conditions
        query = sql.SQL("select count(*) as n from {} {}").format(sql.Identifier(self.name), _where(texts))
        cursor = await connection.execute(query, values)
        return await only(cursor, lambda row: int(row["n"]))


def narrowed(conditions: Conditions, *more: tuple[LiteralString, Any]) -> Conditions:
    """The conditions with more, each with the one value that it binds; one whose value is None asks for nothing."""
    texts, values = conditions
    asked = [(text, value) for text, value in more if value is not None]
    return [*texts, *(sql.SQL(text) for text, _ in asked)], [*values, *(value for _, value in asked)]


def _where(conditions: Sequence[sql.Composable]) -> sql.Composable:
    return sql.SQL("where ") + sql.SQL(" and ").join(conditions) if conditions else sql.SQL("")
