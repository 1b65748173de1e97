"""Items in Postgres: LangGraph's store, with its own tables, put right where it falls short of what the API promises.

Different from the library's: filters compare numbers as numbers, compare with missing keys and look into objects
(`server.store.filters`); a search by meaning is exact and also lists what was never indexed, last and without a score; a
put takes back what was indexed of the value before; no connection is held while an embedding is awaited; and one caller's
failure is not also that of others whose calls came in the same moment. Graphs use the same object, so they see the same.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from langgraph.store.base import (
    NOT_PROVIDED,
    GetOp,
    InvalidNamespaceError,
    ListNamespacesOp,
    NotProvided,
    PutOp,
    Result,
    SearchItem,
    SearchOp,
)
from langgraph.store.postgres.aio import AsyncPostgresStore
from psycopg import AsyncConnection, AsyncCursor
from psycopg.rows import DictRow

from server.store.filters import conditions

Numbered = Sequence[tuple[int, Any]]
"""Operations, each with the index of its result."""

Statement = tuple[str, Sequence[Any]]
Indexed = tuple[str, str, str, list[float]]
"""Of an item's namespace and key: a path into its value, and the vector of what is there."""

_UNEXPIRED = "(store.expires_at is null or store.expires_at > now())"

# What is nearest counts, of all that was indexed of an item. A vector of zeros is near to nothing.
_SCORE = """(select max(nullif(1 - (indexed.embedding <=> %s::vector), 'NaN'))
             from store_vectors indexed where indexed.prefix = store.prefix and indexed.key = store.key)"""

_ORDER = "order by score desc nulls last, updated_at desc, prefix, key"

_REFRESH = """, refreshed as (
                  update store set expires_at = now() + store.ttl_minutes * interval '1 minute' from found
                  where store.prefix = found.prefix and store.key = found.key and store.ttl_minutes is not null)"""

# A put over an item that has expired and was not swept yet makes a new one.
_DROP_EXPIRED = """delete from store using unnest(%s::text[], %s::text[]) as put (prefix, key)
                   where store.prefix = put.prefix and store.key = put.key and store.expires_at <= now()"""

_DROP_INDEXED = """delete from store_vectors using unnest(%s::text[], %s::text[]) as put (prefix, key)
                   where store_vectors.prefix = put.prefix and store_vectors.key = put.key"""

_INDEX = """insert into store_vectors (prefix, key, field_name, embedding) values (%s, %s, %s, %s::vector)
            on conflict (prefix, key, field_name) do update set embedding = excluded.embedding"""


class ItemStore(AsyncPostgresStore):
    """The store of a serving process."""

    async def asearch(
        self,
        namespace_prefix: tuple[str, ...],
        /,
        *,
        query: str | None = None,
        filter: dict[str, Any] | None = None,  # noqa: A002 - the library's name
        limit: int = 10,
        offset: int = 0,
        refresh_ttl: bool | None = None,
    ) -> list[SearchItem]:
        """The items in and below a namespace that match. Raises `UnsupportedFilterError` or `EmbeddingFailedError`."""
        refresh = self.refreshes_on_read if refresh_ttl is None else refresh_ttl
        # not batched with others' calls, which would all fail with this one
        [found] = await self.abatch([SearchOp(namespace_prefix, filter, limit, offset, query, refresh)])
        return [item for item in found if isinstance(item, SearchItem)] if isinstance(found, list) else []

    async def aput(
        self,
        namespace: tuple[str, ...],
        key: str,
        value: Mapping[str, Any],
        index: Literal[False] | list[str] | None = None,
        *,
        ttl: float | NotProvided | None = NOT_PROVIDED,
    ) -> None:
        """Keep an item, instead of the one there. Raises `InvalidNamespaceError` or `EmbeddingFailedError`."""
        if not namespace or namespace[0] == "langgraph":
            raise InvalidNamespaceError(f"A namespace has labels, and the first is not 'langgraph'. Got: {namespace}")
        minutes = self.default_ttl if isinstance(ttl, NotProvided) else ttl
        await self.abatch([PutOp(namespace, key, dict(value), index, minutes)])

    @property
    def refreshes_on_read(self) -> bool:
        """Whether items that are read live on, where the caller does not say."""
        return bool((self.ttl_config or {}).get("refresh_on_read", True))

    @property
    def default_ttl(self) -> float | None:
        """How many minutes items live, where the caller does not say."""
        return (self.ttl_config or {}).get("default_ttl")

    async def _execute_batch(
        self, grouped_ops: dict[Any, Any], results: list[Result], conn: AsyncConnection[DictRow] | None = None
    ) -> None:
        searches: Numbered = grouped_ops.get(SearchOp, ())
        puts: Numbered = grouped_ops.get(PutOp, ())
        # first of all: if it fails, nothing has changed; and no connection waits for it
        statements = await self._search_statements(searches)
        saved, indexed = await self._put_statements(puts)
        async with self._cursor(pipeline=True) as cur:
            await self._batch_get_ops(grouped_ops.get(GetOp, ()), results, cur)
            for (number, _), (statement, parameters) in zip(searches, statements, strict=True):
                await cur.execute(statement, parameters)
                results[number] = [_found(row) for row in await cur.fetchall()]
            await self._batch_list_namespaces_ops(grouped_ops.get(ListNamespacesOp, ()), results, cur)
            await self._put(cur, puts, saved, indexed)

    async def _search_statements(self, searches: Numbered) -> list[Statement]:
        texts = [op.query for _, op in searches if op.query] if self.index_config else []
        vectors = iter(await self._embed(texts))
        return [_search(op, next(vectors) if op.query and self.index_config else None) for _, op in searches]

    async def _put_statements(self, puts: Numbered) -> tuple[list[Statement], list[Indexed]]:
        if not puts:
            return [], []
        statements, to_index = self._prepare_batch_PUT_queries(puts)
        if to_index is None:
            return statements, []
        texts = to_index[1]
        vectors = await self._embed([text for *_, text in texts])
        return statements, [
            (prefix, key, path, vector) for (prefix, key, path, _), vector in zip(texts, vectors, strict=True)
        ]

    async def _embed(self, texts: list[str]) -> list[list[float]]:
        return await self.embeddings.aembed_documents(texts) if texts and self.embeddings is not None else []

    async def _put(
        self, cur: AsyncCursor[DictRow], puts: Numbered, statements: list[Statement], indexed: list[Indexed]
    ) -> None:
        if not puts:
            return
        named = [".".join(op.namespace) for _, op in puts], [op.key for _, op in puts]
        await cur.execute(_DROP_EXPIRED, named)
        if self.index_config:
            await cur.execute(_DROP_INDEXED, named)
        for statement, parameters in statements:
            await cur.execute(statement, parameters)
        if indexed:
            await cur.executemany(_INDEX, indexed)


def _search(op: SearchOp, meaning: list[float] | None) -> Statement:
    where, parameters = [_UNEXPIRED], []
    if op.namespace_prefix:
        path = ".".join(op.namespace_prefix)
        where.append(r"(store.prefix = %s or store.prefix like %s escape '\')")
        parameters += [path, f"{_literally(path)}.%"]
    for condition, values in conditions(op.filter or {}):
        where.append(condition)
        parameters += values
    score = "null::float8" if meaning is None else _SCORE
    statement = f"""
        with found as (
            select store.prefix, store.key, store.value, store.created_at, store.updated_at, {score} as score
            from store where {" and ".join(where)} {_ORDER} limit %s offset %s
        ){_REFRESH if op.refresh_ttl else ""}
        select * from found {_ORDER}"""
    return statement, [*([] if meaning is None else [meaning]), *parameters, op.limit, op.offset]


def _literally(text: str) -> str:
    """`text` as a pattern that matches only itself."""
    return text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")


def _found(row: DictRow) -> SearchItem:
    return SearchItem(
        namespace=tuple(row["prefix"].split(".")),
        key=row["key"],
        value=row["value"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        score=row["score"],
    )
