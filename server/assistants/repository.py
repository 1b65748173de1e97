"""Assistants in Postgres."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from psycopg import sql
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from server.db.pool import Connection
from server.db.rows import document, utc


@dataclass(frozen=True, slots=True)
class Assistant:
    """One assistant at its present version, its fields in the wire's order."""

    assistant_id: UUID
    graph_id: str
    config: dict[str, Any]
    context: dict[str, Any]
    metadata: dict[str, Any]
    name: str
    created_at: datetime
    updated_at: datetime
    version: int
    description: str | None

    @classmethod
    def from_row(cls, row: DictRow) -> Self:
        """The record of a row of `assistants`."""
        return cls(
            assistant_id=row["assistant_id"],
            graph_id=row["graph_id"],
            config=document(row, "config"),
            context=document(row, "context"),
            metadata=document(row, "metadata"),
            name=row["name"],
            created_at=utc(row, "created_at"),
            updated_at=utc(row, "updated_at"),
            version=row["version"],
            description=row["description"],
        )

    def to_wire(self) -> dict[str, Any]:
        """The assistant object of the API."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class AssistantFilter:
    """What a search asks for; every field narrows it."""

    metadata: dict[str, Any] | None = None
    graph_id: str | None = None
    name: str | None = None


async def upsert_system(connection: Connection, assistant_id: UUID, graph_id: str, description: str | None) -> None:
    """Make a graph's system assistant if it is not there; what an operator changed on it stays."""
    await connection.execute(
        """insert into assistants (assistant_id, graph_id, name, description, metadata)
           values (%(id)s, %(graph)s, %(graph)s, %(description)s, '{"created_by": "system"}')
           on conflict (assistant_id) do nothing""",
        {"id": assistant_id, "graph": graph_id, "description": description},
    )


async def get(connection: Connection, assistant_id: UUID) -> Assistant | None:
    """The assistant of that id."""
    cursor = await connection.execute("select * from assistants where assistant_id = %s", (assistant_id,))
    row = await cursor.fetchone()
    return None if row is None else Assistant.from_row(row)


async def search(
    connection: Connection, wanted: AssistantFilter, *, sort_by: str, descending: bool, limit: int, offset: int
) -> list[Assistant]:
    """A page of the assistants that match, `limit` at most. `sort_by` is a column name that the caller has checked."""
    conditions, values = _conditions(wanted)
    query = sql.SQL(
        "select * from assistants {where} order by {column} {order}, assistant_id limit %s offset %s"
    ).format(
        where=_where(conditions),
        column=sql.Identifier(sort_by),
        order=sql.SQL("desc" if descending else "asc"),
    )
    cursor = await connection.execute(query, [*values, limit, offset])
    return [Assistant.from_row(row) for row in await cursor.fetchall()]


async def count(connection: Connection, wanted: AssistantFilter) -> int:
    """How many assistants match."""
    conditions, values = _conditions(wanted)
    cursor = await connection.execute(
        sql.SQL("select count(*) as n from assistants {where}").format(where=_where(conditions)), values
    )
    row = await cursor.fetchone()
    return int(row["n"]) if row else 0


def _conditions(wanted: AssistantFilter) -> tuple[list[str], list[Any]]:
    conditions: list[str] = []
    values: list[Any] = []
    if wanted.metadata:
        conditions.append("metadata @> %s")
        values.append(Jsonb(wanted.metadata))
    if wanted.graph_id is not None:
        conditions.append("graph_id = %s")
        values.append(wanted.graph_id)
    if wanted.name is not None:
        conditions.append("position(lower(%s) in lower(name)) > 0")
        values.append(wanted.name)
    return conditions, values


def _where(conditions: Sequence[str]) -> sql.Composable:
    if not conditions:
        return sql.SQL("")
    return sql.SQL("where ") + sql.SQL(" and ").join(sql.SQL(condition) for condition in conditions)
