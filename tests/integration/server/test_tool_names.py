"""Tools' names in MCP: who has which is found one by one, as if all assistants were named in the order of their age."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from server.assistants.repository import Assistant
from server.auth.filters import EVERYTHING, Filter
from server.db.pool import Pool
from server.protocols.mcp import repository
from server.protocols.mcp.tool_names import ToolNames, possible_names
from tests.integration.server.explaining import scans

START = datetime(2026, 1, 1, tzinfo=UTC)
LONG = "x" * 70


def _named(assistants: list[Assistant]) -> dict[str, UUID]:
    """By name, in the order of their age: each takes the first of its names that is free."""
    tools: dict[str, UUID] = {}
    for one in sorted(assistants, key=lambda one: (one.created_at, one.assistant_id)):
        free = next(name for name in possible_names(one) if name not in tools)
        tools[free] = one.assistant_id
    return tools


async def _made(pool: Pool) -> list[Assistant]:
    """Assistants whose names collide in every way: alike, alike once they are tools' names, and named like another's tool."""
    chance = random.Random(7)
    ids = [UUID(int=chance.getrandbits(128), version=4) for _ in range(60)]
    plain = [
        "Untitled",
        "un titled",
        "un__titled",
        "_un titled_",
        "Ünïtled",
        "",
        "!!!",
        "日本",
        "assistant",
        LONG,
        LONG + "y",
        "a.b-c",
    ]
    copied = [
        f"{name[:55]}-{chance.choice(ids).hex[-8:]}" for name in ("Untitled", LONG, "assistant") for _ in range(4)
    ]
    names = [chance.choice([*plain, *copied, *(one.hex for one in ids[:3])]) for _ in ids]
    async with pool.connection() as connection:
        for number, (one, name) in enumerate(zip(ids, names, strict=True)):
            await connection.execute(
                """insert into assistants (assistant_id, graph_id, name, config, context, metadata, created_at)
                   values (%s, 'g', %s, '{}', '{}', jsonb_build_object('owner', %s::text), %s)""",
                (one, name, "ann" if number % 2 else "bob", START + timedelta(minutes=chance.randrange(20))),
            )
        cursor = await connection.execute("select * from assistants")
        return [Assistant.from_row(row) for row in await cursor.fetchall()]


def _names(pool: Pool, allowed: Filter) -> ToolNames:
    async def find(names: list[str]) -> list[Assistant]:
        async with pool.connection() as connection:
            return await repository.candidates(connection, allowed, names)

    return ToolNames(find)


async def test_each_name_belongs_to_whom_it_would_if_all_were_named_by_their_age(pool: Pool) -> None:
    made = await _made(pool)
    for allowed in (EVERYTHING, Filter.parse({"owner": "ann"})):
        seen = [one for one in made if allowed.matches(one.metadata)]
        expected = _named(seen)
        assert len(expected) == len(seen)
        for name, assistant_id in expected.items():  # nothing remembered: as when one is called
            owner = await _names(pool, allowed).owner(name)
            assert owner is not None and owner.assistant_id == assistant_id, name
        names = _names(pool, allowed)
        await names.learn(name for one in seen for name in possible_names(one))
        assert {await names.name_of(one): one.assistant_id for one in seen} == expected
        assert await names.owner("nobody") is None


async def test_a_name_is_looked_up_along_an_index(pool: Pool) -> None:
    async def ask(connection: Any) -> None:
        await repository.candidates(connection, EVERYTHING, ["echo", "echo-0123abcd", "0" * 32])

    assert await scans(pool, ask) == []
