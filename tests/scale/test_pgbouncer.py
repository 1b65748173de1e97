"""A PgBouncer in transaction mode before the database: told of, everything works; not told of, it is found."""

from pathlib import Path

import pytest
from langgraph_sdk import get_client

from server.doctor import Check, diagnose
from server.settings import Settings, load_settings
from tests.acceptance.conftest import OWN_PROJECT
from tests.acceptance.server.live import serve
from tests.scale.companions import pgbouncer


async def test_our_agents_keep_plans_and_search_articles_through_it(database_url: str, tmp_path: Path) -> None:
    with (
        pgbouncer(database_url) as pooled,
        serve(pooled, tmp_path, config=OWN_PROJECT, environment={"DATABASE_DIRECT_URL": database_url}) as server,
    ):
        async with get_client(url=server.url) as client:
            thread_id = (await client.threads.create())["thread_id"]
            for text in (
                "I want an 8-week half marathon plan, I run 25 km a week, longest 10 km, 4 days",
                "make the long run in week 3 1 km shorter",
                "undo that",
            ):
                await client.runs.wait(
                    thread_id,
                    "coach",
                    input={"messages": [{"role": "user", "content": text}]},
                    context={"approval": "auto"},
                )
            plan = await client.http.get(f"/threads/{thread_id}/plan")
            assert (plan["version"]["version"], plan["version"]["kind"]) == (3, "undo")
            await client.store.put_item(("notes",), "one", {"text": "kept"})
            found = await client.store.search_items(("notes",))
            assert [item["value"] for item in found["items"]] == [{"text": "kept"}]
        assert "goes through a pooler" not in server.stderr


async def test_one_that_nobody_told_of_is_found(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)
    with pgbouncer(database_url) as pooled:
        untold = await _pooler(database_url=pooled)
        assert not untold.ok
        assert "DATABASE_DIRECT_URL" in untold.advice
        assert (await _pooler(database_url=pooled, database_direct_url=database_url)).ok
        assert not (await _pooler(database_url=pooled, database_direct_url=pooled)).ok
        assert "pooler" not in {check.name for check in await diagnose(load_settings(database_url=database_url))}


async def _pooler(**settings: str) -> Check:
    """What the doctor says of the pooler."""
    return next(check for check in await diagnose(load_settings(**settings)) if check.name == "pooler")
