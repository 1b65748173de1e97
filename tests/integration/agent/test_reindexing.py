"""Memories follow the embedding model and the store: what another model embedded is embedded anew, orphans go."""

import pytest

from agent.memory.facts import Facts, Source
from agent.memory.keeping import keep
from agent.memory.reindexing import check_setting, reindex, stale
from agent.memory.vector_table import Remembered, opened, table_names
from agent.plan import connections
from tests.openai_server.server import OpenAIServer
from tools.knowledge.embeddings import EmbeddingsSettingError

SOURCE = Source("coach", "rule", "2026-04-01T09:00:00+01:00")


async def test_memories_of_another_model_are_embedded_anew_and_its_tables_dropped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = [Remembered("ada", f"m{number}", f"Run number {number}", "user", "t1") for number in range(70)]
    await (await opened("messages")).keep(rows)
    await keep("ada", "my dog is called Rex", "fact", SOURCE)
    assert await stale() == 0
    with OpenAIServer() as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        monkeypatch.setenv("EMBEDDINGS", "openai:text-embedding-3-small")
        assert await stale() == 71
        done = await reindex()
        assert (done.embedded, done.dropped) == (71, ())
        assert await stale() == 0
        assert (await reindex()).embedded == 0
        assert len((await reindex(drop=True)).dropped) == 2
        assert len(await table_names("messages")) == 1
        vector = await (await opened("facts")).model.embeddings.aembed_query("dog")
        near = await (await opened("facts")).nearest("ada", vector, 1)
        assert near[0].remembered.text == "my dog is called Rex"


async def test_vectors_without_a_fact_go_and_facts_without_a_vector_get_one() -> None:
    kept = await keep("ada.b", "my dog is called Rex", "fact", SOURCE)
    lost = await keep("ada.b", "my cat is called Tom", "fact", SOURCE)
    assert kept is not None
    assert lost is not None
    await Facts("ada.b").forget([lost.id])
    async with (await connections.pool()).connection() as connection:
        await connection.execute(
            f'delete from public."{(await table_names("facts"))[0]}" where message_id = %s', (kept.id,)
        )
    done = await reindex()
    assert (done.embedded, done.deleted) == (1, 1)
    near = await (await opened("facts")).nearest("ada.b", [0.1] * 384, 5)
    assert [one.remembered.text for one in near] == ["my dog is called Rex"]


@pytest.mark.parametrize(
    ("model", "asked", "problem"),
    [
        ("text-embedding-ada-002", "384", "makes vectors of 1536: set VECTOR_DIM=1536"),
        ("text-embedding-3-small", "3072", "makes vectors of 1536"),
        ("text-embedding-3-small", "512", None),
        ("text-embedding-3-small", "1536", None),
        ("text-embedding-3-small", "many", "a whole number"),
    ],
)
async def test_a_vector_dim_that_the_model_cannot_serve_is_refused_with_what_to_do(
    model: str, asked: str, problem: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "key")
    monkeypatch.setenv("EMBEDDINGS", f"openai:{model}")
    monkeypatch.setenv("VECTOR_DIM", asked)
    if problem is None:
        await check_setting()
        return
    with pytest.raises(EmbeddingsSettingError, match=problem):
        await check_setting()


async def test_the_local_model_has_its_own_length(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMBEDDINGS", "local")
    monkeypatch.setenv("VECTOR_DIM", "1536")
    await check_setting()
