"""The table that holds one collection's chunks as vectors of one embedding model, in Postgres with pgvector."""

import hashlib
import re
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from langchain_postgres import PGEngine, PGVectorStore
from langchain_postgres.v2.engine import Column
from langchain_postgres.v2.indexes import HNSWIndex, HNSWQueryOptions
from psycopg import AsyncConnection
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from tools.knowledge.articles import Chunk
from tools.knowledge.embeddings import EmbeddingModel

COLUMNS = ["anchor", "title", "heading", "source"]
CHUNK_NAMESPACE = uuid.UUID("8c8f8a43-6b1c-5b6e-9a53-0d6f6f6c1e55")
# pgvector builds HNSW on `vector` up to this size; larger vectors are compared one by one, which is exact.
MAX_INDEXED_DIMENSIONS = 2000
# How many neighbours HNSW looks at: far more than are asked for, so that its answer is the exact one here.
EF_SEARCH = 100
# Postgres cuts longer identifiers off; the suffix of the index's name must fit too.
MAX_SLUG = 40


def connect(url: str) -> AsyncEngine:
    """An engine on the libpq URL `url` that holds no connection between two uses, so that any loop may use it."""

    async def open_connection() -> AsyncConnection:
        # No server-side prepared statements: a transaction pooler such as PgBouncer may stand between.
        return await AsyncConnection.connect(url, prepare_threshold=None)

    return create_async_engine("postgresql+psycopg://", async_creator=open_connection, poolclass=NullPool)


def table_name(collection: str, model: EmbeddingModel, dimensions: int) -> str:
    """A name of its own for each collection, model and vector length: their vectors must never meet."""
    identity = f"{collection}/{model.provider}/{model.name}/{dimensions}"
    slug = re.sub(r"[^a-z0-9]+", "_", f"{collection}_{model.name}".lower()).strip("_")[:MAX_SLUG]
    return f"kb_{slug}_{dimensions}_{hashlib.sha256(identity.encode()).hexdigest()[:6]}"


def chunk_id(chunk: Chunk) -> str:
    """The row's id: the chunk's content, so that a changed chunk is another row."""
    return str(uuid.uuid5(CHUNK_NAMESPACE, chunk.content_hash))


class ChunkTable:
    """Opens the table and brings it in line with the chunks it should hold."""

    def __init__(self, engine: AsyncEngine, name: str, model: EmbeddingModel, dimensions: int) -> None:
        self._engine = engine
        self._pg_engine = PGEngine.from_engine(engine)
        self._name = name
        self._model = model
        self._dimensions = dimensions

    async def open(self, chunks: Sequence[Chunk]) -> PGVectorStore:
        """The store, holding exactly `chunks`.

        Whoever comes first creates the table and embeds; others, in this process or another, wait and find it
        done. A chunk is embedded once, however often this is called.
        """
        wanted = {chunk_id(chunk): chunk for chunk in chunks}
        if await self._exists() and await self._ids() == wanted.keys():
            return await self._store()
        async with self._lock():
            if not await self._exists():
                await self._create()
            store = await self._store()
            if not await store.ais_valid_index(self._index_name) and self._dimensions <= MAX_INDEXED_DIMENSIONS:
                await store.aapply_vector_index(HNSWIndex(), name=self._index_name)
            present = await self._ids()
            await self._add(store, {key: wanted[key] for key in wanted.keys() - present})
            if stale := present - wanted.keys():
                await store.adelete(sorted(stale))
        return store

    @property
    def _index_name(self) -> str:
        return f"{self._name}_hnsw"

    @asynccontextmanager
    async def _lock(self) -> AsyncIterator[None]:
        """Hold the table's advisory lock; it ends with its transaction, even if this process is killed."""
        async with self._engine.begin() as connection:
            key = {"name": self._name}
            await connection.execute(text("select pg_advisory_xact_lock(hashtextextended(:name, 0))"), key)
            yield

    async def _exists(self) -> bool:
        async with self._engine.connect() as connection:
            found = await connection.scalar(
                text("select to_regclass(:name) is not null"), {"name": f'public."{self._name}"'}
            )
        return bool(found)

    async def _create(self) -> None:
        await self._pg_engine.ainit_vectorstore_table(
            self._name,
            self._dimensions,
            metadata_columns=[Column(column, "TEXT", nullable=False) for column in COLUMNS],
            store_metadata=False,
        )

    async def _store(self) -> PGVectorStore:
        return await PGVectorStore.create(
            self._pg_engine,
            self._model.embeddings,
            self._name,
            metadata_columns=list(COLUMNS),
            index_query_options=HNSWQueryOptions(ef_search=EF_SEARCH),
        )

    async def _ids(self) -> set[str]:
        async with self._engine.connect() as connection:
            rows = await connection.scalars(text(f'select langchain_id::text from public."{self._name}"'))
            return set(rows)

    async def _add(self, store: PGVectorStore, chunks: dict[str, Chunk]) -> None:
        if not chunks:
            return
        vectors = await self._model.embeddings.aembed_documents([chunk.embedded_text for chunk in chunks.values()])
        await store.aadd_embeddings(
            [chunk.text for chunk in chunks.values()],
            vectors,
            metadatas=[{column: getattr(chunk, column) for column in COLUMNS} for chunk in chunks.values()],
            ids=list(chunks),
        )
