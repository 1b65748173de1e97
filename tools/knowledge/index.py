"""Searching articles by meaning: what a planning agent retrieves before it answers."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from langchain_core.documents import Document
from langchain_postgres import PGVectorStore
from pydantic import BaseModel, ConfigDict, Field

from tools.database_url import database_url
from tools.knowledge.articles import ArticleError, read_folder
from tools.knowledge.chunk_table import ChunkTable, connect, table_name
from tools.knowledge.embeddings import EmbeddingModel, embeddings_from_env
from tools.knowledge.failures import FAILURES

# A question longer than this (about 500 words) is searched by its beginning.
MAX_QUERY_CHARACTERS = 3000


class KnowledgeUnavailableError(RuntimeError):
    """The articles cannot be searched now; an agent goes on without them and says so."""


class Hit(BaseModel):
    """A passage that a search found.

    `id` names its place (`taper#the-last-week`), `title` the article, `source` the publications that it rests on.
    `score` is the cosine similarity to the query, 0 (unrelated) to 1.
    """

    model_config = ConfigDict(frozen=True)

    id: str
    source: str
    title: str
    text: str
    score: float = Field(ge=0, le=1)
    kind: Literal["article", "document", "message", "fact"] = "article"


@dataclass(frozen=True)
class _Opened:
    """What a process keeps of an index: which database it is in, and how to ask it."""

    url: str
    model: EmbeddingModel
    store: PGVectorStore


class KnowledgeIndex:
    """The articles of one folder, searchable by meaning, in the database of DATABASE_URL.

    Making one is free; the first search reads the folder, embeds what the database does not hold yet and removes
    what the folder no longer says. It keeps no connection, and one object serves any number of event loops.
    """

    def __init__(self, collection: str, folder: Path, model: EmbeddingModel | None = None) -> None:
        """`collection` names the articles in the database; `model` None is the environment's choice."""
        self._collection = collection
        self._folder = folder
        self._model = model
        self._opened: _Opened | None = None

    async def search(self, query: str, k: int = 5) -> list[Hit]:
        """The `k` passages nearest in meaning to `query`, best first; none for a blank query.

        Raises KnowledgeUnavailableError if the database, the embedding model or the articles cannot be used.
        """
        if not query.strip():
            return []
        try:
            opened = await self._open()
            vector = await opened.model.embeddings.aembed_query(query[:MAX_QUERY_CHARACTERS])
            found = await opened.store.asimilarity_search_with_score_by_vector(vector, k=k)
        except (ArticleError, *FAILURES) as error:
            # The next search looks at the database anew: it may have been restored or emptied meanwhile.
            self._opened = None
            reason = str(error).splitlines()[0]
            raise KnowledgeUnavailableError(f"cannot search {self._collection!r}: {reason}") from error
        return [hit(document, distance) for document, distance in found]

    async def _open(self) -> _Opened:
        url = database_url()
        if self._opened is None or self._opened.url != url:
            self._opened = await self._seed(url)
        return self._opened

    async def _seed(self, url: str) -> _Opened:
        # Both read files: the client of an API its certificates, the folder its articles.
        model = self._model
        if model is None:
            model = await asyncio.to_thread(embeddings_from_env)
        chunks = await asyncio.to_thread(read_folder, self._folder)
        dimensions = await model.dimensions()
        engine = await asyncio.to_thread(connect, url)
        table = ChunkTable(engine, table_name(self._collection, model, dimensions), model, dimensions)
        return _Opened(url, model, await table.open(chunks))


def hit(document: Document, distance: float) -> Hit:
    """A stored chunk as a hit; `distance` is pgvector's cosine distance, 0 to 2."""
    metadata: dict[str, Any] = document.metadata
    return Hit(
        id=metadata["anchor"],
        source=metadata["source"],
        title=metadata["title"],
        text=document.page_content,
        score=min(1.0, max(0.0, 1.0 - distance)),
    )
