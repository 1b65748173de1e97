"""The store of a process: its tables, its sweeper, and whom it asks for vectors."""

import asyncio
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from server.db.pool import Pool
from server.errors import StartupError
from server.langgraph_json import ProjectConfig
from server.langgraph_sections import GraphSpec, StoreIndexSpec, StoreSpec, StoreTtlSpec
from server.project_code import load_attribute
from server.store.embeddings import EmbeddingFailedError, load_embeddings
from server.store.opening import StoreOptions, opened_store, store_options
from tests.openai_server import OpenAIServer

EMBEDDINGS = """
import asyncio

NUMBER = 3

def sync(texts):
    return [[float(len(text)), 1] for text in texts]

async def awaited(texts):
    await asyncio.sleep(0)
    return sync(texts)

def three(texts):
    return [[1, 2, 3] for _ in texts]

def one(texts):
    return [[1.0, 2.0]]

def nothing(texts):
    return None

def moody(texts):
    if "bad" in texts:
        raise RuntimeError("in no mood")
    return sync(texts)

waiting = asyncio.Queue()
go_on = asyncio.Event()

async def slow(texts):
    await waiting.put(texts)
    await go_on.wait()
    return sync(texts)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project's folder with embeddings of its own."""
    (tmp_path / "vectors.py").write_text(EMBEDDINGS)
    return tmp_path


def options(folder: Path, embed: str, dims: int = 2) -> StoreOptions:
    store = StoreSpec(index=StoreIndexSpec(dims=dims, embed=embed))
    return store_options(ProjectConfig(graphs={"g": GraphSpec(path="./g.py:g")}, store=store, folder=folder))


def sweepers() -> list[str]:
    return [task.get_name() for task in asyncio.all_tasks() if task.get_name() == "ttl_sweeper"]


async def test_expired_items_are_swept_for_as_long_as_the_store_is_open(pool: Pool, database_url: str) -> None:
    async with opened_store(pool, database_url, StoreOptions()) as store:
        assert sweepers() == ["ttl_sweeper"]
        for key, minutes in (("old", 1.0), ("young", 1.0), ("eternal", None)):
            await store.aput(("a",), key, {}, ttl=minutes)
        async with pool.connection() as connection:
            await connection.execute(
                "update store set expires_at = now() - %s::interval where key = 'old'", (timedelta(seconds=1),)
            )
        assert await store.sweep_ttl() == 1
        async with pool.connection() as connection:
            cursor = await connection.execute("select key from store order by key")
            assert [row["key"] for row in await cursor.fetchall()] == ["eternal", "young"]
    assert sweepers() == []


async def test_items_live_as_long_as_the_project_says_unless_they_say_otherwise(pool: Pool, database_url: str) -> None:
    ttl = StoreTtlSpec(default_ttl=7.5, refresh_on_read=False)
    async with opened_store(pool, database_url, StoreOptions(ttl=ttl)) as store:
        await store.aput(("a",), "default", {})
        await store.aput(("a",), "own", {}, ttl=0.5)
        await store.aput(("a",), "eternal", {}, ttl=None)
        before = await _expiries(pool)
        assert await store.aget(("a",), "default") is not None
        assert len(await store.asearch(("a",))) == 3
        assert await _expiries(pool) == before, "reading renews nothing here"
    assert {key: minutes for key, (minutes, _) in before.items()} == {"default": 7.5, "own": 0.5, "eternal": None}


async def _expiries(pool: Pool) -> dict[str, tuple[float | None, object]]:
    async with pool.connection() as connection:
        cursor = await connection.execute("select key, ttl_minutes, expires_at from store")
        return {row["key"]: (row["ttl_minutes"], row["expires_at"]) for row in await cursor.fetchall()}


async def test_many_processes_may_open_an_indexed_store_at_once(
    pool: Pool, other_pool: Pool, database_url: str, folder: Path
) -> None:
    async def use(pool: Pool, number: int) -> None:
        async with opened_store(pool, database_url, options(folder, "./vectors.py:awaited")) as store:
            await store.aput(("a",), str(number), {"text": "x"})

    await asyncio.gather(*(use(pool if number % 2 else other_pool, number) for number in range(4)))
    async with opened_store(pool, database_url, options(folder, "./vectors.py:sync")) as store:
        found = await store.asearch(("a",), query="x")
        assert sorted(item.key for item in found) == ["0", "1", "2", "3"]
        assert all(item.score is not None for item in found)


async def test_other_dimensions_than_the_items_were_indexed_in_stop_the_start(
    pool: Pool, database_url: str, folder: Path
) -> None:
    async with opened_store(pool, database_url, options(folder, "./vectors.py:sync")):
        pass
    with pytest.raises(StartupError, match=r"store.index.dims is 3, but the items .* are indexed in 2 dimensions"):
        async with opened_store(pool, database_url, options(folder, "./vectors.py:three", 3)):
            pass


async def test_more_dimensions_than_a_vector_index_takes_are_fine(
    pool: Pool, database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with OpenAIServer() as openai:
        monkeypatch.setenv("OPENAI_BASE_URL", openai.base_url)
        chosen = options(tmp_path, "openai:text-embedding-3-large", 3072)
        async with opened_store(pool, database_url, chosen) as store:
            await store.aput(("a",), "run", {"text": "a long run"})
            await store.aput(("a",), "nap", {"text": "a short nap"})
            found = await store.asearch(("a",), query="long run")
        asked = openai.embedding_requests
    assert [item.key for item in found] == ["run", "nap"]
    assert [request["dimensions"] for request in asked] == [3072] * 3
    assert asked[-1]["input"] == ["long run"], "as text, not as token numbers"


async def test_a_call_that_fails_fails_alone(pool: Pool, database_url: str, folder: Path) -> None:
    async with opened_store(pool, database_url, options(folder, "./vectors.py:moody")) as store:
        await store.aput(("a",), "k", {"text": "good"})
        results = await asyncio.gather(
            store.asearch(("a",), filter={"text": {"$like": "%"}}),
            store.asearch(("a",), query="bad"),
            store.aput(("a",), "k", {"text": "bad"}, index=["text"]),
            store.aget(("a",), "k"),
            store.asearch(("a",), query="good"),
            store.aput(("a",), "other", {"text": "good"}),
            return_exceptions=True,
        )
    kinds = [type(result).__name__ for result in results]
    assert kinds == [
        "UnsupportedFilterError",
        "EmbeddingFailedError",
        "EmbeddingFailedError",
        "Item",
        "list",
        "NoneType",
    ]


async def test_no_connection_is_held_while_an_embedding_is_awaited(pool: Pool, database_url: str, folder: Path) -> None:
    chosen = options(folder, "./vectors.py:slow")
    slow = sys.modules[load_attribute("./vectors.py:slow", folder).__module__]
    async with opened_store(pool, database_url, chosen) as store:
        searches = [asyncio.create_task(store.asearch(("a",), query="x")) for _ in range(pool.max_size + 1)]
        for _ in searches:
            await slow.waiting.get()
        await store.aput(("a",), "k", {"text": "x"}, index=False)
        assert await store.aget(("a",), "k") is not None
        slow.go_on.set()
        found = await asyncio.gather(*searches)
    assert [[item.key for item in items] for items in found] == [["k"]] * len(searches)


@pytest.mark.parametrize("name", ["sync", "awaited"])
async def test_a_function_may_wait_or_not(folder: Path, name: str) -> None:
    embeddings = load_embeddings(StoreIndexSpec(dims=2, embed=f"./vectors.py:{name}"), folder)
    assert await embeddings.aembed_documents(["a", "bcd"]) == [[1.0, 1.0], [3.0, 1.0]]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("three", r"2 vectors of \[3\] dimensions for 2 texts; store.index.dims is 2"),
        ("one", r"1 vectors of \[2\] dimensions for 2 texts"),
        ("nothing", "TypeError"),
    ],
)
async def test_what_is_no_vector_per_text_is_the_projects_failure(folder: Path, name: str, said: str) -> None:
    embeddings = load_embeddings(StoreIndexSpec(dims=2, embed=f"./vectors.py:{name}"), folder)
    with pytest.raises(EmbeddingFailedError, match=said):
        await embeddings.aembed_documents(["a", "b"])


@pytest.mark.parametrize(
    ("embed", "said"),
    [
        ("cohere:embed-v3", r"'cohere:embed-v3' is not known; use 'openai:<model>', or './file.py:name'"),
        ("openai:", r"'openai:<model>' needs a model, and OPENAI_API_KEY or OPENAI_BASE_URL"),
        ("openai:text-embedding-3-small", r"needs a model, and OPENAI_API_KEY or OPENAI_BASE_URL"),
        ("./vectors.py", "is not known"),
        ("./nowhere.py:embed", r"store.index.embed \(./nowhere.py:embed\): there is no file"),
        ("./vectors.py:nope", r"has no 'nope'"),
        ("./vectors.py:NUMBER", r"is a int; name a function"),
    ],
)
def test_an_embedding_that_cannot_be_had_stops_the_start(
    folder: Path, embed: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    with pytest.raises(StartupError, match=said):
        load_embeddings(StoreIndexSpec(dims=2, embed=embed), folder)


async def test_a_database_without_the_stores_tables_stops_the_start_in_one_line(pool: Pool, database_url: str) -> None:
    async with pool.connection() as connection:
        await connection.execute("drop table store")
    with pytest.raises(StartupError, match=r'^cannot prepare the store\'s tables: relation "store" does not exist$'):
        async with opened_store(pool, database_url, StoreOptions()):
            pass
