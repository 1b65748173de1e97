"""Assistants and their versions in Postgres."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from server.auth.filters import Filter
from server.db.pool import Connection
from server.db.rows import document, first, utc
from server.db.searches import Conditions, Page, SearchedTable, Slice, narrowed


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
class AssistantVersion:
    """What an assistant was at one version, its fields in the wire's order."""

    assistant_id: UUID
    version: int
    graph_id: str
    config: dict[str, Any]
    context: dict[str, Any]
    metadata: dict[str, Any]
    created_at: datetime
    name: str
    description: str | None

    @classmethod
    def from_row(cls, row: DictRow) -> Self:
        """The record of a row of `assistant_versions`."""
        return cls(
            assistant_id=row["assistant_id"],
            version=row["version"],
            graph_id=row["graph_id"],
            config=document(row, "config"),
            context=document(row, "context"),
            metadata=document(row, "metadata"),
            created_at=utc(row, "created_at"),
            name=row["name"],
            description=row["description"],
        )

    def to_wire(self) -> dict[str, Any]:
        """The version object of the API."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class AssistantContent:
    """What a caller decides about an assistant: all that a version keeps."""

    graph_id: str
    name: str
    description: str | None
    config: dict[str, Any]
    context: dict[str, Any]
    metadata: dict[str, Any]

    def parameters(self) -> dict[str, Any]:
        """The content as statement parameters of the same names."""
        return {
            "graph_id": self.graph_id,
            "name": self.name,
            "description": self.description,
            "config": Jsonb(self.config),
            "context": Jsonb(self.context),
            "metadata": Jsonb(self.metadata),
        }


@dataclass(frozen=True, slots=True)
class AssistantFilter:
    """What a search asks for, and what its caller may see; every field narrows it."""

    allowed: Filter
    metadata: dict[str, Any] | None = None
    graph_id: str | None = None
    name: str | None = None


# --- writing: an assistant and its newest version change in one statement, so that they never differ

_NEW_VERSION = """insert into assistant_versions
                      (assistant_id, version, graph_id, name, description, config, context, metadata, created_at)
                  select assistant_id, version, graph_id, name, description, config, context, metadata, updated_at
                  from written"""


async def insert(connection: Connection, assistant_id: UUID, content: AssistantContent) -> Assistant | None:
    """A new assistant at version 1, or None if one of that id exists."""
    cursor = await connection.execute(
        f"""with written as (
                insert into assistants (assistant_id, graph_id, name, description, config, context, metadata)
                values (%(id)s, %(graph_id)s, %(name)s, %(description)s, %(config)s, %(context)s, %(metadata)s)
                on conflict (assistant_id) do nothing returning *
            ), kept as ({_NEW_VERSION})
            select * from written""",
        {"id": assistant_id, **content.parameters()},
    )
    return await first(cursor, Assistant.from_row)


async def lock(connection: Connection, assistant_id: UUID) -> Assistant | None:
    """The assistant of that id, locked until the transaction ends: its versions are numbered under this lock."""
    cursor = await connection.execute("select * from assistants where assistant_id = %s for update", (assistant_id,))
    return await first(cursor, Assistant.from_row)


async def write_version(connection: Connection, assistant_id: UUID, content: AssistantContent) -> Assistant:
    """Give an assistant that the caller has locked a new version, numbered after the highest there is."""
    cursor = await connection.execute(
        f"""with written as (
                update assistants set graph_id = %(graph_id)s, name = %(name)s, description = %(description)s,
                    config = %(config)s, context = %(context)s, metadata = %(metadata)s, updated_at = now(),
                    version = 1 + (select max(version) from assistant_versions where assistant_id = %(id)s)
                where assistant_id = %(id)s returning *
            ), kept as ({_NEW_VERSION})
            select * from written""",
        {"id": assistant_id, **content.parameters()},
    )
    written = await first(cursor, Assistant.from_row)
    if written is None:
        raise LookupError(f"assistant {assistant_id} was not locked")
    return written


async def restore(connection: Connection, assistant_id: UUID, version: int) -> Assistant | None:
    """Make an assistant what it was at `version`; None if it never had that version."""
    cursor = await connection.execute(
        """update assistants set version = kept.version, graph_id = kept.graph_id, name = kept.name,
               description = kept.description, config = kept.config, context = kept.context, metadata = kept.metadata,
               updated_at = now()
           from assistant_versions as kept
           where assistants.assistant_id = %(id)s and kept.assistant_id = %(id)s and kept.version = %(version)s
           returning assistants.*""",
        {"id": assistant_id, "version": version},
    )
    return await first(cursor, Assistant.from_row)


async def delete(connection: Connection, assistant_id: UUID) -> bool:
    """Delete an assistant with its versions; whether there was one."""
    cursor = await connection.execute("delete from assistants where assistant_id = %s", (assistant_id,))
    return cursor.rowcount > 0


# --- reading

_SEARCHED = SearchedTable("assistants", key="assistant_id", read=Assistant.from_row)


async def get(connection: Connection, assistant_id: UUID) -> Assistant | None:
    """The assistant of that id."""
    cursor = await connection.execute("select * from assistants where assistant_id = %s", (assistant_id,))
    return await first(cursor, Assistant.from_row)


async def search(connection: Connection, wanted: AssistantFilter, part: Slice) -> Page[Assistant]:
    """A part of the assistants that match, sorted by a field of the API that the caller has checked."""
    return await _SEARCHED.page(connection, _conditions(wanted), part)


async def count(connection: Connection, wanted: AssistantFilter) -> int:
    """How many assistants match."""
    return await _SEARCHED.count(connection, _conditions(wanted))


async def versions(
    connection: Connection, assistant_id: UUID, metadata: dict[str, Any] | None, *, limit: int, offset: int
) -> list[AssistantVersion]:
    """A page of an assistant's versions, newest first; only those whose metadata contain `metadata`."""
    cursor = await connection.execute(
        """select * from assistant_versions where assistant_id = %s and metadata @> %s
           order by version desc limit %s offset %s""",
        (assistant_id, Jsonb(metadata or {}), limit, offset),
    )
    return [AssistantVersion.from_row(row) for row in await cursor.fetchall()]


def _conditions(wanted: AssistantFilter) -> Conditions:
    return narrowed(
        wanted.allowed.as_sql(),
        ("metadata @> %s", Jsonb(wanted.metadata) if wanted.metadata else None),
        ("graph_id = %s", wanted.graph_id),
        ("position(lower(%s) in lower(name)) > 0", wanted.name),
    )
