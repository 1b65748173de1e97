import json
import sys
from pathlib import Path

import psycopg
import pytest

from server.doctor import Check, check_python, diagnose, exit_code, report
from server.settings import Settings, load_settings
from tests.openai_server.server import OpenAIServer
from tests.serving import free_port

WEATHER = Path(__file__).parents[1] / "agent" / "weather_server.py"


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Neither the machine's environment nor a .env file decides what these tests find."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path)


async def examine(**overrides: object) -> dict[str, Check]:
    return {check.name: check for check in await diagnose(load_settings(**overrides))}


async def test_a_migrated_database_and_the_demo_model_are_in_order(database_url: str) -> None:
    checks = await examine(database_url=database_url)
    assert list(checks) == ["python", "database", "pgvector", "migrations", "memory", "model", "embeddings", "tracing"]
    assert exit_code(list(checks.values())) == 0
    assert "Postgres" in checks["database"].found
    assert "not a language model" in checks["model"].found
    assert checks["embeddings"].found == "local: all-MiniLM-L6-v2, weights verified"


async def test_an_empty_database_is_to_be_migrated(empty_database_url: str) -> None:
    checks = await examine(database_url=empty_database_url)
    assert not checks["migrations"].ok
    assert "0001" in checks["migrations"].found
    assert "planloom migrate" in checks["migrations"].advice
    assert checks["pgvector"].ok
    assert exit_code(list(checks.values())) == 1


async def test_a_database_of_a_newer_version_is_said_to_be_one(database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("update planloom_migrations set version_num = '9999'")
    checks = await examine(database_url=database_url)
    assert "9999" in checks["migrations"].found
    assert "another version" in checks["migrations"].advice


async def test_an_unreachable_database_is_one_failure_with_advice() -> None:
    checks = await examine(database_url=f"postgresql://nobody:secret@127.0.0.1:{free_port()}/none")
    assert not checks["database"].ok
    assert "secret" not in checks["database"].found
    assert "DATABASE_URL" in checks["database"].advice
    assert "pgvector" not in checks
    assert checks["model"].ok


async def test_a_key_that_the_model_server_refuses_is_found() -> None:
    with OpenAIServer(api_key="right") as server:
        url = f"postgresql://127.0.0.1:{free_port()}/none"
        api = server.base_url
        wrong = await examine(database_url=url, openai_base_url=api, openai_api_key="wrong")
        right = await examine(database_url=url, openai_base_url=api, openai_api_key="right")
    assert not wrong["model"].ok
    assert "OPENAI_API_KEY" in wrong["model"].advice
    assert "wrong" not in wrong["model"].found
    assert right["model"].ok
    assert right["model"].found == f"openai:gpt-4o-mini at {api} (OPENAI_API_KEY is set)"


async def test_a_model_server_and_a_tracing_server_that_are_not_there_are_found() -> None:
    nowhere = f"http://127.0.0.1:{free_port()}"
    checks = await examine(
        database_url=f"postgresql://127.0.0.1:{free_port()}/none",
        openai_base_url=f"{nowhere}/v1",
        langsmith_tracing=True,
        langsmith_api_key="key",
        langsmith_endpoint=nowhere,
    )
    assert not checks["model"].ok
    assert not checks["tracing"].ok
    assert "LANGSMITH_ENDPOINT" in checks["tracing"].advice


async def test_tracing_without_a_key_is_found() -> None:
    checks = await examine(database_url=f"postgresql://127.0.0.1:{free_port()}/none", langsmith_tracing=True)
    assert checks["tracing"] == Check(
        "tracing", False, "on, but without a key", "Set LANGSMITH_API_KEY, or LANGSMITH_TRACING=false."
    )


async def test_without_a_database_url_the_embedded_postgres_is_examined(tmp_path: Path) -> None:
    checks = await examine(planloom_home=tmp_path / "home")
    assert checks["database"].ok
    assert "embedded" in checks["database"].found
    assert checks["pgvector"].ok


async def test_an_unusable_folder_for_the_embedded_postgres_is_found(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    checks = await examine(planloom_home=tmp_path / "file")
    assert not checks["database"].ok
    assert "file" in checks["database"].advice


@pytest.mark.parametrize(
    ("version", "ok"), [((3, 10, 9), False), ((3, 11, 0), True), ((3, 13, 5), True), ((3, 14, 0), False)]
)
def test_the_pythons_that_planloom_runs_on(version: tuple[int, ...], ok: bool) -> None:
    assert check_python(version).ok is ok


def test_the_report_gives_advice_for_failures_only() -> None:
    text = report([Check("python", True, "3.11.7", "unused"), Check("database", False, "gone", "Start it.")]).plain
    assert text.splitlines() == ["ok    python    3.11.7", "FAIL  database  gone", "                Start it."]


async def test_servers_that_give_tools_are_asked_for_them(database_url: str) -> None:
    weather = {"command": sys.executable, "args": [str(WEATHER)]}
    told = {"weather": weather, "down": {"url": f"http://127.0.0.1:{free_port()}/mcp"}}
    found = (await examine(database_url=database_url, mcp_servers=json.dumps(told)))["mcp servers"]
    assert found.found == "weather: 7 tools; down cannot be used: All connection attempts failed"
    assert not found.ok and "MCP_SERVERS" in found.advice
    wrong = (await examine(database_url=database_url, mcp_servers='{"weather": {}}'))["mcp servers"]
    assert not wrong.ok and "weather.command" in wrong.found
