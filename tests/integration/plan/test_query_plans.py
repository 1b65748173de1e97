"""Ten thousand versions of a plan, and ten thousand plans: what is asked for is found by an index, not by reading on."""

from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import UUID

import pytest
from psycopg import AsyncConnection

from agent.plan import connections, queries

PLAN = UUID(int=1)
MANY = 10_000
NOBODYS_PLACE = {"thread_id": None, "owner_id": None, "domain": None, "before_time": None, "before_id": None}


@pytest.fixture
async def connection(database_env: str) -> AsyncIterator[AsyncConnection[Any]]:
    """A database with one plan of 10,000 versions among 10,000 plans of a hundred users and threads."""
    pool = await connections.pool()
    async with pool.connection() as connection:
        await connection.execute(
            """
            insert into plans (id, owner_id, thread_id, domain, head, created_at)
            select lpad(to_hex(n), 32, '0')::uuid, 'user ' || n %% 100, lpad(to_hex(n %% 100), 32, '0')::uuid,
                case when n %% 10 = 0 then 'travel' else 'running' end, 1, timestamptz '2026-01-01' - n * interval '1 minute'
            from generate_series(1, %s) n
            """,
            [MANY],
        )
        await connection.execute(
            """
            insert into plan_versions
                (plan_id, version, is_current, parent, kind, doc, hash, author_kind, proposal_id)
            select %s, n, n = %s, nullif(n - 1, 0), 'edit',
                jsonb_build_object('schema', 1, 'domain', 'running', 'meta', '{}'::jsonb, 'items', '{}'::jsonb),
                md5(n::text), 'agent', gen_random_uuid()
            from generate_series(1, %s) n
            """,
            [PLAN, MANY, MANY],
        )
        await connection.execute("analyze plans")
        await connection.execute("analyze plan_versions")
        yield connection
    await connections.close()


async def steps(connection: AsyncConnection[Any], query: str, **values: Any) -> list[dict[str, Any]]:
    """The nodes of the plan that Postgres makes for a query with these values."""
    cursor = await connection.execute(f"explain (format json) {query}".encode(), values)
    row = await cursor.fetchone()
    assert row is not None
    return list(_nodes(row[0][0]["Plan"]))


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for inner in node.get("Plans", ()):
        yield from _nodes(inner)


def read_by(nodes: list[dict[str, Any]]) -> set[str]:
    """The indexes used; fails on a table that is read through, and on rows that have to be sorted."""
    kinds = [node["Node Type"] for node in nodes]
    assert not {"Seq Scan", "Sort", "Incremental Sort"} & set(kinds), kinds
    return {node["Index Name"] for node in nodes if "Index Name" in node}


async def test_the_current_version_is_found_by_the_index_that_keeps_it_the_only_one(
    connection: AsyncConnection[Any],
) -> None:
    nodes = await steps(connection, queries.CURRENT_VERSION, plan_id=PLAN)
    assert read_by(nodes) == {"plan_versions_one_current", "plans_pkey"}


@pytest.mark.parametrize("before", [None, 5_000])
async def test_a_page_of_history_reads_the_primary_key_backwards_and_stops(
    connection: AsyncConnection[Any], before: int | None
) -> None:
    nodes = await steps(connection, queries.HISTORY, plan_id=PLAN, before=before, limit=20)
    assert read_by(nodes) == {"plan_versions_pkey", "plans_pkey"}
    [versions] = [node for node in nodes if node.get("Index Name") == "plan_versions_pkey"]
    assert versions["Scan Direction"] == "Backward"
    assert nodes[0]["Node Type"] == "Limit"
    if before is not None:
        assert "version <" in versions["Index Cond"]


async def test_a_compare_reads_each_of_its_two_versions_by_primary_key(connection: AsyncConnection[Any]) -> None:
    for number in (17, 9_000):
        nodes = await steps(connection, queries.VERSION, plan_id=PLAN, version=number)
        assert read_by(nodes) == {"plan_versions_pkey", "plans_pkey"}
        [version] = [node for node in nodes if node.get("Index Name") == "plan_versions_pkey"]
        assert (version["Plan Rows"], "version =" in version["Index Cond"]) == (1, True)


async def test_a_version_is_found_by_its_hash(connection: AsyncConnection[Any]) -> None:
    nodes = await steps(connection, queries.VERSION_WITH_HASH, plan_id=PLAN, hash="0" * 64)
    assert "plan_versions_hash" in read_by(nodes)


@pytest.mark.parametrize(
    ("asked", "index"),
    [
        ({}, "plans_newest"),
        ({"thread_id": UUID(int=7)}, "plans_thread"),
        ({"owner_id": "user 7"}, "plans_owner"),
        ({"domain": "travel"}, "plans_domain"),
    ],
)
@pytest.mark.parametrize("paged", [False, True])
async def test_a_page_of_plans_comes_in_order_out_of_an_index(
    connection: AsyncConnection[Any], asked: dict[str, Any], index: str, paged: bool
) -> None:
    place = {"before_time": "2025-12-28T12:00:00Z", "before_id": UUID(int=9)} if paged else {}
    nodes = await steps(connection, queries.PLANS, **{**NOBODYS_PLACE, **asked, **place, "limit": 20})
    assert read_by(nodes) == {index}
