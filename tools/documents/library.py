"""The documents of a room: their passages as vectors beside a full-text index, in Postgres with pgvector.

A room is a conversation: whoever may read its thread may read its documents. Which documents a room has is kept in
LangGraph's store; their passages are in langchain-postgres' vector store, one table for each embedding model.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.documents import Document
from langchain_postgres import PGEngine, PGVectorStore
from langchain_postgres.v2.engine import Column
from langchain_postgres.v2.hybrid_search_config import HybridSearchConfig
from langgraph.store.base import BaseStore
from pydantic import BaseModel, ConfigDict, ValidationError
from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncEngine

from tools.database_url import database_url
from tools.documents.chunks import document_id, passages
from tools.documents.extracted import DocumentKind, Extracted, UnreadableDocument
from tools.knowledge.chunk_table import connect, table_name
from tools.knowledge.embeddings import EmbeddingModel, embeddings_from_env
from tools.knowledge.failures import FAILURES

MOST_DOCUMENTS = 200
BATCH = 64
MAX_QUERY_CHARACTERS = 3000
_COLUMNS = ("room", "document", "name", "heading", "page", "position")
_TSV = "content_tsv"
_RRF_K = 60


class LibraryUnavailableError(RuntimeError):
    """The documents cannot be stored or searched now; the message says why."""


class StoredDocument(BaseModel):
    """What a room knows of one of its documents."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str
    name: str
    kind: DocumentKind
    pages: int | None = None
    passages: int
    url: str | None = None


class Quote(BaseModel):
    """A passage that a search found: which document, where in it, and its words; `score` is the cosine similarity, 0 to 1."""

    model_config = ConfigDict(frozen=True)

    document: str
    name: str
    page: int | None
    heading: str | None
    text: str
    score: float

    @property
    def place(self) -> str:
        """Where it stands, for a citation: `report.pdf, page 3`."""
        where = f", page {self.page}" if self.page else (f", {self.heading}" if self.heading else "")
        return f"{self.name}{where}"


@dataclass(frozen=True)
class _Opened:
    url: str
    model: EmbeddingModel
    engine: AsyncEngine
    pg_engine: PGEngine
    table: str


class DocumentLibrary:
    """Every room's documents in the database of DATABASE_URL; making one is free, and it holds no connection."""

    def __init__(self, model: EmbeddingModel | None = None) -> None:
        """`model` None is the environment's choice."""
        self._model = model
        self._opened: _Opened | None = None

    async def add(
        self, store: BaseStore, room: str, document: Extracted, content: bytes, *, url: str | None = None
    ) -> tuple[StoredDocument, bool]:
        """Keep a document; the same file twice is one document. Return it, and whether it is new.

        Raises UnreadableDocument for one more than 200, LibraryUnavailableError if it cannot be stored.
        """
        key = document_id(content)
        there = await self.documents(store, room)
        known = next((one for one in there if one.id == key), None)
        if known is not None:
            return known, False
        if len(there) >= MOST_DOCUMENTS:
            raise UnreadableDocument(f"A room holds up to {MOST_DOCUMENTS} documents; remove one first.")
        pieces = await asyncio.to_thread(passages, document)
        rows = [
            Document(
                id=piece.id_in(room, key),
                page_content=piece.text,
                metadata={
                    "room": room,
                    "document": key,
                    "name": document.title,
                    "heading": piece.heading or "",
                    "page": piece.page or 0,
                    "position": piece.position,
                },
            )
            for piece in pieces
        ]
        await self._write(rows)
        kept = StoredDocument(
            id=key,
            name=document.title,
            kind=document.kind,
            pages=document.pages,
            passages=len(rows),
            url=url,
        )
        # Last: a document that is listed has all of its passages.
        await store.aput(_namespace(room), key, kept.model_dump(mode="json"), index=False)
        return kept, True

    async def documents(self, store: BaseStore, room: str) -> list[StoredDocument]:
        """Return a room's documents, oldest first."""
        items = await store.asearch(_namespace(room), limit=MOST_DOCUMENTS)
        return [read for item in sorted(items, key=lambda item: item.created_at) if (read := _stored(item.value))]

    async def remove(self, store: BaseStore, room: str, key: str) -> None:
        """Take a document out of a room; one that isn't there is no error."""
        await store.adelete(_namespace(room), key)
        try:
            opened = await self._open()
            async with opened.engine.begin() as connection:
                statement = text(f'delete from public."{opened.table}" where room = :room and document = :document')
                await connection.execute(statement, {"room": room, "document": key})
        except FAILURES as error:
            raise _unavailable(error) from error

    async def search(self, room: str, query: str, k: int = 5, *, documents: Sequence[str] = ()) -> list[Quote]:
        """Return the passages of a room that answer a query best, by meaning and by words (RRF), best first.

        `documents` limits it to some. Raises LibraryUnavailableError.
        """
        if not query.strip():
            return []
        short = query[:MAX_QUERY_CHARACTERS]
        try:
            store = await self._store(await self._open())
            condition: dict[str, object] = {"room": room}
            if documents:
                condition = {"$and": [{"room": room}, {"document": {"$in": list(documents)}}]}
            # One configuration a search: the library keeps the first query's words in it for ever (its issue 337).
            hybrid = HybridSearchConfig(
                tsv_column=_TSV,
                fts_query=short,
                fusion_function=fused,
                primary_top_k=4 * k,
                secondary_top_k=4 * k,
            )
            found = await store.asimilarity_search_with_score(short, k=k, filter=condition, hybrid_search_config=hybrid)
        except FAILURES as error:
            raise _unavailable(error) from error
        return [_quote(row, distance) for row, distance in found]

    async def text_of(self, room: str, key: str) -> list[Quote]:
        """Return all passages of a document in order."""
        try:
            opened = await self._open()
            async with opened.engine.connect() as connection:
                statement = text(
                    f'select name, heading, page, content from public."{opened.table}" '
                    "where room = :room and document = :document order by position"
                )
                rows = (await connection.execute(statement, {"room": room, "document": key})).all()
        except FAILURES as error:
            raise _unavailable(error) from error
        return [
            Quote(
                document=key,
                name=row.name,
                page=row.page or None,
                heading=row.heading or None,
                text=row.content,
                score=1,
            )
            for row in rows
        ]

    async def _write(self, rows: list[Document]) -> None:
        try:
            opened = await self._open()
            store = await self._store(opened)
            for start in range(0, len(rows), BATCH):
                batch = rows[start : start + BATCH]
                vectors = await opened.model.embeddings.aembed_documents([row.page_content for row in batch])
                await store.aadd_embeddings(
                    [row.page_content for row in batch],
                    vectors,
                    metadatas=[row.metadata for row in batch],
                    ids=[str(row.id) for row in batch],
                )
        except FAILURES as error:
            raise _unavailable(error) from error

    async def _open(self) -> _Opened:
        url = database_url()
        if self._opened is None or self._opened.url != url:
            model = self._model
            if model is None:
                model = await asyncio.to_thread(embeddings_from_env)
            dimensions = await model.dimensions()
            engine = await asyncio.to_thread(connect, url)
            opened = _Opened(
                url, model, engine, PGEngine.from_engine(engine), table_name("documents", model, dimensions)
            )
            await self._make_table(opened, dimensions)
            self._opened = opened
        return self._opened

    async def _make_table(self, opened: _Opened, dimensions: int) -> None:
        """Make the table and its indexes, once for all processes: the lock ends with its transaction."""
        async with opened.engine.begin() as connection:
            key = {"name": opened.table}
            await connection.execute(text("select pg_advisory_xact_lock(hashtextextended(:name, 0))"), key)
            there = text("select to_regclass(:name) is not null")
            if await connection.scalar(there, {"name": f'public."{opened.table}"'}):
                return
            await opened.pg_engine.ainit_vectorstore_table(
                opened.table,
                dimensions,
                metadata_columns=[
                    *(Column(column, "TEXT", nullable=False) for column in _COLUMNS[:4]),
                    *(Column(column, "INTEGER", nullable=False) for column in _COLUMNS[4:]),
                ],
                store_metadata=False,
                hybrid_search_config=HybridSearchConfig(tsv_column=_TSV),
            )
            # A room's passages are few: they are found by its index and compared one by one, which is exact. An
            # approximate index over all rooms would look at the nearest of everybody and then leave out most.
            table = f'public."{opened.table}"'
            async with opened.engine.begin() as ours:
                await ours.execute(text(f'create index "{opened.table}_room" on {table} (room, document, position)'))
                await ours.execute(text(f'create index "{opened.table}_fts" on {table} using gin ({_TSV})'))

    async def _store(self, opened: _Opened) -> PGVectorStore:
        return await PGVectorStore.create(
            opened.pg_engine,
            opened.model.embeddings,
            opened.table,
            metadata_columns=list(_COLUMNS),
            hybrid_search_config=HybridSearchConfig(tsv_column=_TSV),
        )


def fused(
    by_meaning: Sequence[RowMapping], by_words: Sequence[RowMapping], *_: Any, **options: Any
) -> list[dict[str, Any]]:
    """Return rows in the order of their reciprocal ranks in both lists (Cormack et al. 2009), with k = 60.

    Each keeps its cosine distance: the fused rank orders, but says nothing about how near a passage is. A row that only
    the words found has the distance 1.
    """
    rank: dict[Any, float] = {}
    rows: dict[Any, dict[str, Any]] = {}
    for found, near in ((by_meaning, True), (by_words, False)):
        ordered = sorted(found, key=lambda row: float(row["distance"]), reverse=not near)
        for place, row in enumerate(ordered):
            key = row["langchain_id"]
            rank[key] = rank.get(key, 0.0) + 1 / (_RRF_K + place)
            rows.setdefault(key, dict(row) if near else {**row, "distance": 1.0})
    return [rows[key] for key in sorted(rank, key=lambda key: -rank[key])[: options["fetch_top_k"]]]


def _quote(row: Document, distance: float) -> Quote:
    said = row.metadata
    return Quote(
        document=said["document"],
        name=said["name"],
        page=said["page"] or None,
        heading=said["heading"] or None,
        text=row.page_content,
        score=min(1.0, max(0.0, 1.0 - float(distance))),
    )


def _stored(value: dict[str, object]) -> StoredDocument | None:
    try:
        return StoredDocument.model_validate(value)
    except ValidationError:
        return None


def _namespace(room: str) -> tuple[str, ...]:
    return "rooms", room, "documents"


def _unavailable(error: Exception) -> LibraryUnavailableError:
    return LibraryUnavailableError(f"the documents cannot be used now: {str(error).splitlines()[0]}")
