"""Tables of remembered texts as vectors, one for each kind of text and each embedding model, in Postgres with pgvector.

A person's texts are compared one by one, which is exact: an approximate index over everybody's would miss those of
somebody with few. `memory_tables` names all these tables (see the server's migrations).
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID, uuid5

from langchain_core.documents import Document
from langchain_postgres import PGEngine, PGVectorStore
from langchain_postgres.v2.engine import Column, ColumnDict
from psycopg import sql
from sqlalchemy.ext.asyncio import AsyncEngine

from agent.plan import connections
from tools.database_url import database_url
from tools.knowledge.chunk_table import connect, table_name
from tools.knowledge.embeddings import VARIABLES, EmbeddingModel, embeddings_from_env

Sort = Literal["messages", "facts"]
COLUMNS = ("user_id", "thread_id", "message_id", "role", "graph", "said_at")
_IDS = UUID("5d1f9c1e-5f0b-5a55-9a35-5b1a2f6f3c21")
# What is embedded of a long text (about 500 words); all of it is kept.
MAX_EMBEDDED = 3000
_opened: dict[Sort, tuple[tuple[str, ...], VectorTable]] = {}


@dataclass(frozen=True)
class Remembered:
    """A text that is kept as a vector: whose it is, who said it, where and when.

    `message_id` is the message's, or the fact's key. `role` is user, assistant or fact.
    """

    user_id: str
    message_id: str
    text: str
    role: str
    thread_id: str = ""
    graph: str = ""
    said_at: str = ""

    @property
    def id(self) -> str:
        """The row's id: the same message is the same row. Ids are made by clients too, so each user has their own."""
        return str(uuid5(_IDS, f"{self.user_id}\0{self.thread_id}\0{self.message_id}"))


@dataclass(frozen=True)
class Near:
    """A remembered text that a search found; `score` is its cosine similarity to the query, 0 to 1."""

    remembered: Remembered
    score: float


class VectorTable:
    """The table of one sort of text for the environment's embedding model. `opened` makes one."""

    def __init__(self, name: str, model: EmbeddingModel, store: PGVectorStore) -> None:
        self.name = name
        self.model = model
        self._store = store

    async def keep(self, rows: Sequence[Remembered]) -> None:
        """Embed texts and keep them; one that is there already is replaced."""
        if not rows:
            return
        vectors = await self.model.embeddings.aembed_documents([row.text[:MAX_EMBEDDED] for row in rows])
        await self._store.aadd_embeddings(
            [row.text for row in rows],
            vectors,
            metadatas=[{column: getattr(row, column) for column in COLUMNS} for row in rows],
            ids=[row.id for row in rows],
        )

    async def nearest(
        self, user_id: str, vector: Sequence[float], k: int, *, without: Sequence[str] = ()
    ) -> list[Near]:
        """The `k` texts of a user that are nearest to a vector, best first, but for messages `without`."""
        found = await self._store.asimilarity_search_with_score_by_vector(
            list(vector), k=k + len(without), filter={"user_id": user_id}
        )
        hidden = set(without)
        near = [_near(document, distance) for document, distance in found]
        return [one for one in near if one.remembered.message_id not in hidden][:k]


async def opened(sort: Sort) -> VectorTable:
    """The table of a sort of texts for the environment's model, made if it isn't there; opened once in a process.

    Raises what connecting and embedding raise; see `agent.memory.failures`.
    """
    url = database_url()
    setting = (url, *(os.environ.get(name, "") for name in VARIABLES))
    known = _opened.get(sort)
    if known is None or known[0] != setting:
        model = await asyncio.to_thread(embeddings_from_env)
        known = _opened[sort] = (setting, await _open(sort, url, model))
    return known[1]


async def present_name(sort: Sort) -> str:
    """What the table for the environment's model is called, whether it is there or not."""
    model = await asyncio.to_thread(embeddings_from_env)
    return _name(sort, model, await model.dimensions())


def reopen() -> None:
    """Look at the database anew before the next use: it may have been restored or emptied meanwhile."""
    _opened.clear()


async def _open(sort: Sort, url: str, model: EmbeddingModel) -> VectorTable:
    dimensions = await model.dimensions()
    name = _name(sort, model, dimensions)
    engine = await asyncio.to_thread(connect, url)
    pg_engine = PGEngine.from_engine(engine)
    if not await _is_there(name):
        await _make(engine, pg_engine, sort, name, model, dimensions)
    store = await PGVectorStore.create(pg_engine, model.embeddings, name, metadata_columns=list(COLUMNS))
    return VectorTable(name, model, store)


def _name(sort: Sort, model: EmbeddingModel, dimensions: int) -> str:
    return table_name(sort, model, dimensions).replace("kb_", "mem_", 1)


async def _is_there(name: str) -> bool:
    async with (await connections.pool()).connection() as connection:
        cursor = await connection.execute(
            "select 1 from memory_tables where name = %s and to_regclass(format('public.%%I', name)) is not null",
            (name,),
        )
        return await cursor.fetchone() is not None


async def _make(
    engine: AsyncEngine, pg_engine: PGEngine, sort: Sort, name: str, model: EmbeddingModel, dimensions: int
) -> None:
    """Make the table, once: others, in this process or another, wait and find it made."""
    async with (await connections.pool()).connection() as connection, connection.transaction():
        await connection.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", (name,))
        if await _is_there(name):
            return
        columns: list[Column | ColumnDict] = [Column(column, "TEXT", nullable=False) for column in COLUMNS]
        await pg_engine.ainit_vectorstore_table(
            name, dimensions, metadata_columns=columns, store_metadata=False, overwrite_existing=True
        )
        for column in ("user_id", "thread_id"):
            index = sql.SQL("create index on public.{} ({})").format(sql.Identifier(name), sql.Identifier(column))
            await connection.execute(index)
        await connection.execute(
            """insert into memory_tables (name, sort, model, dimensions) values (%s, %s, %s, %s)
               on conflict (name) do nothing""",
            (name, sort, f"{model.provider}:{model.name}", dimensions),
        )


async def table_names(sort: Sort) -> list[str]:
    """The tables of a sort of texts, whichever model made their vectors."""
    async with (await connections.pool()).connection() as connection:
        cursor = await connection.execute(
            """select name from memory_tables
               where sort = %s and to_regclass(format('public.%%I', name)) is not null order by name""",
            (sort,),
        )
        return [row[0] for row in await cursor.fetchall()]


async def forget(sort: Sort, user_id: str, message_ids: Sequence[str] | None = None) -> int:
    """Delete a user's vectors, of all or of some messages, in every model's table; returns how many."""
    deleted = 0
    for name in await table_names(sort):
        statement = sql.SQL("delete from public.{} where user_id = %s").format(sql.Identifier(name))
        values: list[Any] = [user_id]
        if message_ids is not None:
            statement, values = statement + sql.SQL(" and message_id = any(%s)"), [user_id, list(message_ids)]
        async with (await connections.pool()).connection() as connection:
            deleted += (await connection.execute(statement, values)).rowcount
    return deleted


def _near(document: Document, distance: float) -> Near:
    told = {column: str(document.metadata[column]) for column in COLUMNS}
    return Near(Remembered(text=document.page_content, **told), min(1.0, max(0.0, 1.0 - distance)))
