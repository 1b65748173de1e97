"""Settings from the environment: spellings, aliases, and refusals that name the variable."""

import os
import re
from pathlib import Path

import pytest

from server.errors import StartupError
from server.settings import Settings, libpq_url, load_settings


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No variable of ours, and no `.env`."""
    monkeypatch.chdir(tmp_path)
    names = {name.upper() for name in Settings.model_fields}
    for name in [*names, "MODEL_NAME", "OPENAI_MODEL", "LLM_MODEL", "OPENAI_API_BASE"]:
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("postgresql://u:p@h:5/d", "postgresql://u:p@h:5/d"),
        ("postgres://u:p@h/d", "postgresql://u:p@h/d"),
        ("postgresql+psycopg://u:p@h/d", "postgresql://u:p@h/d"),
        ("postgresql+psycopg2://u@h/d", "postgresql://u@h/d"),
        ("postgresql+asyncpg://u:p@h/d?ssl=require", "postgresql://u:p@h/d?sslmode=require"),
        (
            "postgresql://h/d?sslmode=verify-full&connect_timeout=3",
            "postgresql://h/d?sslmode=verify-full&connect_timeout=3",
        ),
        ("postgresql:///d?host=/run/postgres", "postgresql:///d?host=/run/postgres"),
        ("postgresql://u:p%40ss@h/d", "postgresql://u:p%40ss@h/d"),
    ],
)
def test_every_spelling_of_a_database_url_is_read(monkeypatch: pytest.MonkeyPatch, given: str, expected: str) -> None:
    monkeypatch.setenv("DATABASE_URL", given)
    assert load_settings().database_url == expected
    assert libpq_url(given) == expected


def test_without_settings_the_demo_model_answers_on_an_embedded_database() -> None:
    settings = load_settings()
    assert settings.database_url is None
    assert settings.answers_with_demo_model
    assert (settings.host, settings.port) == ("127.0.0.1", 2024)


def test_empty_variables_count_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "")
    monkeypatch.setenv("MODEL", "")
    assert load_settings().database_url is None


@pytest.mark.parametrize("name", ["MODEL", "MODEL_NAME", "OPENAI_MODEL", "LLM_MODEL"])
def test_the_model_has_several_names(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-x")
    monkeypatch.setenv(name, "openai:gpt-test")
    assert load_settings().answering_model == "openai:gpt-test"


def test_a_key_alone_chooses_the_default_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-x")
    assert load_settings().answering_model == "openai:gpt-4o-mini"
    monkeypatch.setenv("MODEL", "demo")
    assert load_settings().answers_with_demo_model


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("DATABASE_URL", "mysql://root:secret@h/d", "postgresql://"),
        ("DATABASE_DIRECT_URL", "postgresql://h/d", "DATABASE_URL"),
        ("DATABASE_URL", "nonsense", "postgresql://"),
        ("DB_POOL_SIZE", "1", "2"),
        ("DB_POOL_SIZE", "many", "integer"),
        ("REDIS_URL", "http://secret@h", "redis://"),
        ("OPENAI_BASE_URL", "localhost:11434", "http://"),
        ("MODEL", "openai:gpt-4o-mini", "OPENAI_API_KEY"),
        ("EMBEDDINGS", "cohere", "local"),
        ("PORT", "99999", "65535"),
        ("WORKERS", "-1", "0"),
        ("LOG_LEVEL", "loud", "'debug'"),
        ("LOG_FORMAT", "xml", "'json'"),
        ("STRICT_REQUESTS", "perhaps", "boolean"),
        ("LANGSMITH_TRACING", "perhaps", "boolean"),
    ],
)
def test_a_bad_value_is_refused_by_name_and_says_what_is_allowed(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, allowed: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(StartupError) as refused:
        load_settings()
    said = str(refused.value)
    assert name in said
    assert allowed in said
    assert "secret" not in said
    assert "\n" not in said


def test_the_command_line_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "1234")
    assert load_settings(port=4321, host=None).port == 4321


def test_a_dotenv_file_is_read_but_the_environment_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("PORT=1111\nLOG_LEVEL=DEBUG\n")
    monkeypatch.setenv("PORT", "2222")
    settings = load_settings()
    assert (settings.port, settings.log_level) == (2222, "debug")


def test_origins_are_listed_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CORS_ORIGINS", "https://a.example, https://b.example")
    assert load_settings().cors_origins == ["https://a.example", "https://b.example"]


def test_what_agents_read_is_exported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", dict(os.environ))
    monkeypatch.setattr("os.environ", {})
    Settings(OPENAI_API_KEY="sk-x", embeddings="local").export("postgresql://h/d")  # type: ignore[call-arg]
    assert os.environ["DATABASE_URL"] == "postgresql://h/d"
    assert os.environ["EMBEDDINGS"] == "local"
    assert re.fullmatch("true|false", os.environ["LANGSMITH_TRACING"])


def test_secrets_are_not_printed() -> None:
    assert "sk-x" not in repr(Settings(openai_api_key="sk-x"))  # type: ignore[arg-type]
