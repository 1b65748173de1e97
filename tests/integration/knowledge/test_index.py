"""Articles are seeded into pgvector once, and found by what they mean."""

import asyncio
import json
import sys
from pathlib import Path

import psycopg
import pytest

from tests.openai_server import OpenAIServer
from tools.knowledge.embeddings import EmbeddingModel, openai_embeddings
from tools.knowledge.index import Hit, KnowledgeIndex, KnowledgeUnavailableError

ARTICLES = {
    "taper": "# Taper\n\nRun about half as much in the last two weeks, so that fatigue fades.\n\n"
    "## Speed\n\nKeep a few fast kilometres, for the legs forget quickly.\n",
    "shoes": "# Shoes\n\nReplace a pair when its cushioning has gone flat, after some 600 km.\n",
    "fuel": "# Fuel\n\nTake 30 to 60 grams of carbohydrate an hour once a run lasts beyond 90 minutes.\n",
}
CHUNKS = 4
LOCAL_TABLE = "kb_running_all_minilm_l6_v2_384_%"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, body in ARTICLES.items():
        write(tmp_path, name, body)
    return tmp_path


@pytest.fixture(autouse=True)
def _local_embeddings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMBEDDINGS", "local")


def write(folder: Path, name: str, body: str) -> None:
    text = f"---\ntitle: {name.title()}\nsource: Handbook of {name}\n---\n{body}"
    (folder / f"{name}.md").write_text(text, encoding="utf-8")


def remote(server: OpenAIServer, name: str = "text-embedding-3-small") -> EmbeddingModel:
    return openai_embeddings(name, "test", server.base_url)


def embedded_texts(server: OpenAIServer) -> list[str]:
    return [text for request in server.embedding_requests for text in request["input"]]


def rows(url: str, pattern: str) -> list[tuple[str, int]]:
    """Name and row count of the tables whose name is like `pattern`."""
    with psycopg.connect(url) as connection:
        names = connection.execute(
            "select table_name from information_schema.tables where table_name like %s order by 1", [pattern]
        ).fetchall()
        return [(name, connection.execute(f'select count(*) from "{name}"').fetchall()[0][0]) for (name,) in names]


async def test_a_passage_is_found_by_its_meaning(database_env: str, folder: Path) -> None:
    index = KnowledgeIndex("running", folder)
    for question, expected in [
        ("Should I train less before competition day?", "taper"),
        ("when are my trainers worn out", "shoes"),
        ("nutrition during exercise", "fuel"),
    ]:
        hits = await index.search(question, k=3)
        assert hits[0].id == expected
        assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
        assert all(0 <= hit.score <= 1 for hit in hits)


async def test_a_hit_says_where_it_comes_from_and_is_plain_json(database_env: str, folder: Path) -> None:
    (hit,) = await KnowledgeIndex("running", folder).search("do my legs forget speed?", k=1)
    assert hit.model_dump() == json.loads(hit.model_dump_json())
    assert hit.model_dump(exclude={"score"}) == {
        "id": "taper#speed",
        "source": "Handbook of taper",
        "title": "Taper",
        "text": "Keep a few fast kilometres, for the legs forget quickly.",
        "kind": "article",
    }


async def test_a_passage_scores_one_against_itself(
    database_env: str, folder: Path, openai_server: OpenAIServer
) -> None:
    index = KnowledgeIndex("running", folder, remote(openai_server))
    hits = await index.search(f"Shoes\n{ARTICLES['shoes'].split(chr(10))[2]}", k=CHUNKS)
    assert hits[0].id == "shoes"
    assert hits[0].score == pytest.approx(1, abs=1e-5)


async def test_a_blank_query_finds_nothing_and_asks_nobody(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    assert await KnowledgeIndex("running", folder).search(" \n ") == []


async def test_a_query_longer_than_the_model_reads_is_searched_by_its_beginning(
    database_env: str, folder: Path
) -> None:
    hits = await KnowledgeIndex("running", folder).search("carbohydrate per hour " * 5000, k=1)
    assert [hit.id for hit in hits] == ["fuel"]


async def test_k_bounds_the_hits(database_env: str, folder: Path) -> None:
    index = KnowledgeIndex("running", folder)
    assert [len(await index.search("running", k=k)) for k in (1, 3, 50)] == [1, 3, CHUNKS]


async def test_a_second_start_embeds_nothing(database_env: str, folder: Path, openai_server: OpenAIServer) -> None:
    for _ in range(2):
        await KnowledgeIndex("running", folder, remote(openai_server)).search("first question")
    texts = embedded_texts(openai_server)
    assert len(texts) == CHUNKS + 2
    assert texts.count("first question") == 2


async def test_only_what_changed_is_embedded_again_and_what_is_gone_is_removed(
    database_env: str, folder: Path, openai_server: OpenAIServer
) -> None:
    await KnowledgeIndex("running", folder, remote(openai_server)).search("question")
    openai_server.requests.clear()
    write(folder, "shoes", "# Shoes\n\nTwo pairs in turn last longer.\n")
    (folder / "fuel.md").unlink()
    hits = await KnowledgeIndex("running", folder, remote(openai_server)).search("question", k=10)
    assert embedded_texts(openai_server) == ["Shoes\nTwo pairs in turn last longer.", "question"]
    assert {hit.id for hit in hits} == {"taper", "taper#speed", "shoes"}
    assert not any("cushioning" in hit.text for hit in hits)


async def test_a_seeding_that_broke_off_is_completed(
    database_env: str, folder: Path, openai_server: OpenAIServer
) -> None:
    await KnowledgeIndex("running", folder, remote(openai_server)).search("question")
    ((table, _),) = rows(database_env, "kb_%")
    with psycopg.connect(database_env) as connection:
        connection.execute(f"delete from \"{table}\" where anchor = 'fuel'")
    openai_server.requests.clear()
    await KnowledgeIndex("running", folder, remote(openai_server)).search("question")
    assert [text.splitlines()[0] for text in embedded_texts(openai_server)] == ["Fuel", "question"]
    assert rows(database_env, "kb_%") == [(table, CHUNKS)]


async def test_searches_that_start_together_seed_once(
    database_env: str, folder: Path, openai_server: OpenAIServer
) -> None:
    indexes = [KnowledgeIndex("running", folder, remote(openai_server)) for _ in range(3)] * 2
    found = await asyncio.gather(*(index.search("question", k=CHUNKS) for index in indexes))
    assert len(embedded_texts(openai_server)) == CHUNKS + len(indexes)
    assert all(hits == found[0] for hits in found)


PROCESS = """
import asyncio, sys
from pathlib import Path
from tools.knowledge.index import KnowledgeIndex
hits = asyncio.run(KnowledgeIndex("running", Path(sys.argv[1])).search("question", k=10))
print(len(hits))
"""


async def test_processes_that_start_together_seed_once(
    database_env: str, folder: Path, openai_server: OpenAIServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EMBEDDINGS", "openai")
    monkeypatch.setenv("OPENAI_BASE_URL", openai_server.base_url)

    async def run() -> bytes:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", PROCESS, str(folder), stdout=asyncio.subprocess.PIPE
        )
        output, _ = await process.communicate()
        return output.strip()

    assert list(await asyncio.gather(run(), run())) == [str(CHUNKS).encode()] * 2
    assert len(embedded_texts(openai_server)) == CHUNKS + 2


async def test_each_embedding_model_has_a_table_of_its_own(
    database_env: str, folder: Path, openai_server: OpenAIServer
) -> None:
    models = [None, remote(openai_server), remote(openai_server, "nomic-embed-text")]
    found = [await KnowledgeIndex("running", folder, model).search("worn shoes", k=1) for model in models]
    assert [[hit.title for hit in hits] for hits in found] == [["Shoes"]] * 3
    tables = rows(database_env, "kb_running_%")
    assert [count for _, count in tables] == [CHUNKS] * 3
    assert [name.rsplit("_", 2)[1] for name, _ in tables] == ["384", "64", "1536"]


async def test_collections_do_not_see_each_other(
    database_env: str, folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    travel = tmp_path_factory.mktemp("travel")
    write(travel, "packing", "# Packing\n\nRunning shoes go into the hand luggage.\n")
    assert [hit.id for hit in await KnowledgeIndex("travel", travel).search("shoes", k=9)] == ["packing"]
    assert len(await KnowledgeIndex("running", folder).search("shoes", k=9)) == CHUNKS


async def test_the_table_is_indexed_by_cosine_distance_where_pgvector_can(
    database_env: str, folder: Path, openai_server: OpenAIServer
) -> None:
    await KnowledgeIndex("running", folder).search("question")
    large = KnowledgeIndex("running", folder, remote(openai_server, "text-embedding-3-large"))
    assert len(await large.search("question", k=2)) == 2
    with psycopg.connect(database_env) as connection:
        indexes = connection.execute("select indexdef from pg_indexes where indexdef like '%hnsw%'").fetchall()
    assert len(indexes) == 1
    assert "vector_cosine_ops" in indexes[0][0]


def test_one_index_serves_one_event_loop_after_another(database_env: str, folder: Path) -> None:
    index = KnowledgeIndex("running", folder)
    first, second = (asyncio.run(index.search("trainers", k=2)) for _ in range(2))
    assert first == second
    assert isinstance(first[0], Hit)


async def test_the_url_may_name_another_driver(
    database_env: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", database_env.replace("postgresql://", "postgresql+asyncpg://"))
    assert len(await KnowledgeIndex("running", folder).search("trainers", k=1)) == 1


WATCHED = """
import asyncio, sys, threading
from pathlib import Path
from tools.knowledge.index import KnowledgeIndex
opened = []
def watch(event, arguments):
    if event == "open" and threading.current_thread() is threading.main_thread():
        opened.append(str(arguments[0]))
async def main():
    sys.addaudithook(watch)
    await KnowledgeIndex("running", Path(sys.argv[1])).search("question")
    return list(opened)
files = asyncio.run(main())
print([file for file in files if file.endswith((".md", ".safetensors", ".onnx", ".json", ".pem"))])
"""


async def test_files_and_models_are_not_read_on_the_event_loop(database_env: str, folder: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", WATCHED, str(folder), stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    assert output.strip() == b"[]"


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        (None, "DATABASE_URL is not set"),
        ("mysql://db/app", "must start with postgresql://"),
        ("postgresql://127.0.0.1:1/app", "Connection refused|connection failed"),
    ],
)
async def test_a_database_that_cannot_be_reached_makes_knowledge_unavailable(
    folder: Path, monkeypatch: pytest.MonkeyPatch, url: str | None, reason: str
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    if url is not None:
        monkeypatch.setenv("DATABASE_URL", url)
    with pytest.raises(KnowledgeUnavailableError, match=reason):
        await KnowledgeIndex("running", folder).search("question")


async def test_embeddings_that_fail_make_knowledge_unavailable_until_they_work(
    database_env: str, folder: Path, openai_server: OpenAIServer
) -> None:
    index = KnowledgeIndex("running", folder, remote(openai_server))
    openai_server.fail_embeddings(401)
    with pytest.raises(KnowledgeUnavailableError, match="Incorrect API key"):
        await index.search("question")
    assert len(await index.search("question", k=1)) == 1


async def test_a_table_that_was_dropped_is_seeded_again_after_one_failure(database_env: str, folder: Path) -> None:
    index = KnowledgeIndex("running", folder)
    await index.search("question")
    ((table, _),) = rows(database_env, LOCAL_TABLE)
    with psycopg.connect(database_env) as connection:
        connection.execute(f'drop table "{table}"')
    with pytest.raises(KnowledgeUnavailableError, match="does not exist"):
        await index.search("question")
    assert len(await index.search("question", k=1)) == 1


async def test_a_folder_without_articles_makes_knowledge_unavailable(database_env: str, tmp_path: Path) -> None:
    with pytest.raises(KnowledgeUnavailableError, match="no articles"):
        await KnowledgeIndex("running", tmp_path).search("question")
    assert rows(database_env, LOCAL_TABLE) == []
