"""Bringing the vectors of memories in line: with another embedding model, and with the store, which is what counts.

`remember` is the one writer; what it couldn't do at the time (no embedding model, another model since) is made good here.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, get_args

from psycopg import sql

from agent.memory.facts import PROFILE, user_of_label
from agent.memory.vector_table import COLUMNS, Remembered, Sort, VectorTable, opened, present_name, table_names
from agent.plan import connections
from tools.knowledge.embeddings import EmbeddingsSettingError, embeddings_from_env

BATCH = 64
__all__ = ["EmbeddingsSettingError", "Reindexed", "check_setting", "reindex", "stale"]


@dataclass(frozen=True)
class Reindexed:
    """What a reindexing did: texts embedded anew, vectors deleted that nothing stands behind, tables dropped."""

    embedded: int
    deleted: int
    dropped: tuple[str, ...]


async def check_setting() -> None:
    """Whether EMBEDDINGS and VECTOR_DIM can be served. Raises EmbeddingsSettingError; asks no API."""
    model = await asyncio.to_thread(embeddings_from_env)
    if model.known_dimensions is not None:
        await model.dimensions()


async def stale() -> int:
    """How many remembered texts other models' tables hold and the present model's doesn't."""
    total = 0
    for sort in get_args(Sort):
        names = await table_names(sort)
        present = await present_name(sort) if names else ""
        for name in names:
            if name != present:
                total += await _missing(name, present if present in names else None)
    return total


async def reindex(*, drop: bool = False) -> Reindexed:
    """Embed with the present model whatever it has not embedded yet; forget vectors of facts that are gone.

    With `drop` the tables of other models go when all that they hold is there. Safe to repeat, and to interrupt. Raises
    one of `agent.memory.failures.FAILURES`.
    """
    embedded, deleted, dropped = 0, 0, []
    for sort in get_args(Sort):
        current = await opened(sort)
        for name in await table_names(sort):
            if name == current.name:
                continue
            async for rows in _rows(name, current.name):
                await current.keep(rows)
                embedded += len(rows)
            if drop:
                await _drop(name)
                dropped.append(name)
    facts = await opened("facts")
    deleted += await _delete_orphans(facts)
    async for rows in _unembedded_facts(facts):
        await facts.keep(rows)
        embedded += len(rows)
    return Reindexed(embedded, deleted, tuple(dropped))


async def _missing(name: str, current: str | None) -> int:
    if current is None:
        [row] = await _fetch(sql.SQL("select count(*) from public.{}").format(sql.Identifier(name)))
        return int(row[0])
    statement = sql.SQL(
        """select count(*) from public.{} other
           where not exists (select from public.{} here where here.langchain_id = other.langchain_id)"""
    ).format(sql.Identifier(name), sql.Identifier(current))
    [row] = await _fetch(statement)
    return int(row[0])


async def _rows(name: str, current: str) -> AsyncIterator[list[Remembered]]:
    """What a table holds and the current one doesn't, in batches."""
    columns = sql.SQL(", ").join(sql.Identifier(column) for column in COLUMNS)
    statement = sql.SQL(
        """select content, {} from public.{} other
           where not exists (select from public.{} here where here.langchain_id = other.langchain_id)
           order by other.langchain_id limit {}"""
    ).format(columns, sql.Identifier(name), sql.Identifier(current), sql.Literal(BATCH))
    while found := await _fetch(statement):
        yield [Remembered(text=text, **dict(zip(COLUMNS, rest, strict=True))) for text, *rest in found]


async def _delete_orphans(facts: VectorTable) -> int:
    """Vectors of facts that were deleted in the store itself."""
    known = {(user_of_label(label), key) for label, key, _ in await _stored_facts()}
    statement = sql.SQL("select langchain_id, user_id, message_id from public.{}").format(sql.Identifier(facts.name))
    orphans = [row_id for row_id, user, key in await _fetch(statement) if (user, key) not in known]
    if orphans:
        delete = sql.SQL("delete from public.{} where langchain_id = any(%s)").format(sql.Identifier(facts.name))
        async with (await connections.pool()).connection() as connection:
            await connection.execute(delete, (orphans,))
    return len(orphans)


async def _unembedded_facts(facts: VectorTable) -> AsyncIterator[list[Remembered]]:
    """Facts of the store that have no vector yet."""
    statement = sql.SQL("select user_id, message_id from public.{}").format(sql.Identifier(facts.name))
    present = {(user, key) for user, key in await _fetch(statement)}
    missing = [
        _remembered(user_of_label(label), key, value)
        for label, key, value in await _stored_facts()
        if (user_of_label(label), key) not in present and value.get("text")
    ]
    for start in range(0, len(missing), BATCH):
        yield missing[start : start + BATCH]


def _remembered(user_id: str, key: str, value: dict[str, Any]) -> Remembered:
    source = value.get("source") or {}
    told = {"graph": str(source.get("graph") or ""), "said_at": str(source.get("said_at") or "")}
    return Remembered(user_id, key, str(value["text"]), "fact", **told)


async def _stored_facts() -> list[tuple[str, str, dict[str, Any]]]:
    """(label of the user, key, value) of every fact in the store."""
    found = await _fetch(
        sql.SQL("select split_part(prefix, '.', 1), key, value from store where prefix like {}").format(
            sql.Literal(f"%.{PROFILE}")
        )
    )
    return [(label, key, value) for label, key, value in found]


async def _drop(name: str) -> None:
    async with (await connections.pool()).connection() as connection, connection.transaction():
        await connection.execute(sql.SQL("drop table if exists public.{}").format(sql.Identifier(name)))
        await connection.execute("delete from memory_tables where name = %s", (name,))


async def _fetch(statement: sql.SQL | sql.Composed) -> list[tuple[Any, ...]]:
    async with (await connections.pool()).connection() as connection:
        return await (await connection.execute(statement)).fetchall()
