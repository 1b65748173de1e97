"""Items in Postgres: LangGraph's store, with its own tables, put right where it falls short of what the API promises.

Different from the library's: filters compare numbers as numbers, compare with missing keys and look into objects
(`server.store.filters`); a search by meaning is exact and also lists what was never indexed, last and without a score; a
put takes back what was indexed of the value before. Graphs use the same object, so they see the same.
"""

from collections.abc import Sequence
from typing import Any

from langgraph.store.base import PutOp, SearchOp
from langgraph.store.postgres.aio import AsyncPostgresStore
from langgraph.store.postgres.base import PLACEHOLDER
from psycopg import AsyncCursor
from psycopg.rows import DictRow

from server.store.filters import conditions

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
    """The store of a serving process. What it overrides are the library's own seams for building statements."""

    def _prepare_batch_search_queries(
        self, search_ops: Sequence[tuple[int, SearchOp]]
    ) -> tuple[list[tuple[str, list[Any]]], list[tuple[int, str]]]:
        searches: list[tuple[str, list[Any]]] = []
        texts: list[tuple[int, str]] = []
        for number, (_, op) in enumerate(search_ops):
            by_meaning = bool(op.query and self.index_config)
            if by_meaning and op.query:
                texts.append((number, op.query))
            searches.append(_search(op, by_meaning=by_meaning))
        return searches, texts

    async def _batch_put_ops(self, put_ops: Sequence[tuple[int, PutOp]], cur: AsyncCursor[DictRow]) -> None:
        queries, to_index = self._prepare_batch_PUT_queries(put_ops)
        indexed: list[tuple[str, str, str, list[float]]] = []
        if to_index is not None and self.embeddings is not None:
            # first of all: if it fails, nothing has changed
            texts = to_index[1]
            vectors = await self.embeddings.aembed_documents([text for *_, text in texts])
            indexed = [(*text[:3], vector) for text, vector in zip(texts, vectors, strict=True)]
        put = [".".join(op.namespace) for _, op in put_ops], [op.key for _, op in put_ops]
        await cur.execute(_DROP_EXPIRED, put)
        if self.index_config:
            await cur.execute(_DROP_INDEXED, put)
        for query, parameters in queries:
            await cur.execute(query, parameters)
        if indexed:
            await cur.executemany(_INDEX, indexed)


def _search(op: SearchOp, *, by_meaning: bool) -> tuple[str, list[Any]]:
    where, parameters = [_UNEXPIRED], []
    if op.namespace_prefix:
        path = ".".join(op.namespace_prefix)
        where.append(r"(store.prefix = %s or store.prefix like %s escape '\')")
        parameters += [path, f"{_literally(path)}.%"]
    for condition, values in conditions(op.filter or {}):
        where.append(condition)
        parameters += values
    score = _SCORE if by_meaning else "null::float8"
    # the library puts the query's vector where the placeholder is
    query = [PLACEHOLDER] if by_meaning else []
    statement = f"""
        with found as (
            select store.prefix, store.key, store.value, store.created_at, store.updated_at, {score} as score
            from store where {" and ".join(where)} {_ORDER} limit %s offset %s
        ){_REFRESH if op.refresh_ttl else ""}
        select * from found {_ORDER}"""
    return statement, [*query, *parameters, op.limit, op.offset]


def _literally(text: str) -> str:
    """`text` as a pattern that matches only itself."""
    return text.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
