"""Every setting of the server, read once from the environment (and `.env`) and validated as a whole."""

import os
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit, urlunsplit

from pydantic import AliasChoices, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from server.errors import StartupError
from server.webhooks.signature import secrets_of

DEFAULT_MODEL = "openai:gpt-4o-mini"
DEMO_MODEL = "demo"

_POSTGRES_SCHEMES = (
    "postgresql",
    "postgres",
    "postgresql+psycopg",
    "postgresql+asyncpg",
    "postgresql+psycopg2",
)
_ASYNCPG_TO_LIBPQ = {"ssl": "sslmode"}


class Settings(BaseSettings):
    """What an operator may choose. Build it with `load_settings`, which words its errors for people."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", env_ignore_empty=True, populate_by_name=True)

    database_url: str | None = Field(None, description="Postgres to use; unset means the embedded one")
    database_direct_url: str | None = Field(
        None, description="the same database past a pooler that DATABASE_URL goes through"
    )
    db_pool_size: int = Field(16, ge=2, le=200, description="connections this process may hold")
    planloom_home: Path = Field(Path(".planloom"), description="folder of the embedded Postgres")
    redis_url: str | None = Field(None, description="reserved for event fan-out over Redis")

    openai_api_key: SecretStr | None = None
    openai_base_url: str | None = Field(None, validation_alias=AliasChoices("openai_base_url", "openai_api_base"))
    model: str | None = Field(
        None,
        validation_alias=AliasChoices("model", "model_name", "openai_model", "llm_model"),
        description="provider:name, or demo",
    )
    embeddings: str | None = Field(None, description="local, or openai:<model>")
    vector_dim: int | None = Field(None, ge=1, le=16_000, description="length of the embedding API's vectors")
    history_tokens: int = Field(12_000, ge=200, le=1_000_000, description="of conversation in a prompt")
    emergency_number: str | None = Field(None, max_length=32, description="what assistants say to call")
    mcp_servers: str | None = Field(
        None, description="MCP servers for the assistants: JSON, or the path of a file of it"
    )
    transcription_model: str = Field("whisper-1", description="which model turns recordings into words")
    flights_provider: Literal["sample", "duffel"] = Field("sample", description="who answers searches for flights")
    stays_provider: Literal["sample", "duffel"] = Field("sample", description="who answers searches for stays")
    duffel_token: SecretStr | None = None
    duffel_url: str = "https://api.duffel.com"

    sentry_dsn: SecretStr | None = Field(None, description="where errors are reported to")

    langsmith_tracing: bool = Field(
        False, validation_alias=AliasChoices("langsmith_tracing", "langsmith_tracing_v2", "langchain_tracing_v2")
    )
    langsmith_api_key: SecretStr | None = Field(
        None, validation_alias=AliasChoices("langsmith_api_key", "langchain_api_key")
    )
    langsmith_project: str = Field("planloom", validation_alias=AliasChoices("langsmith_project", "langchain_project"))
    langsmith_endpoint: str | None = Field(
        None, validation_alias=AliasChoices("langsmith_endpoint", "langchain_endpoint")
    )
    langsmith_tracing_sampling_rate: float = Field(1, ge=0, le=1, description="which share of the runs is traced")
    langsmith_tracing_queue_max_size: int = Field(
        10_000, ge=100, le=1_000_000, description="steps of traces on their way to LangSmith; more are dropped"
    )
    langsmith_hide_inputs: bool = False
    langsmith_hide_outputs: bool = False
    langsmith_hide_metadata: bool = False
    tracing_show: Annotated[list[str], NoDecode] = Field(
        [], description="graphs that traces show though langgraph.json hides them"
    )
    tracing_user_salt: SecretStr | None = Field(None, description="makes the hashes that stand for users")
    revision_id: str | None = Field(
        None,
        max_length=200,
        validation_alias=AliasChoices("revision_id", "langsmith_revision_id", "langchain_revision_id"),
        description="which revision is deployed",
    )

    host: str = "127.0.0.1"
    port: int = Field(2024, ge=0, le=65535)
    cors_origins: Annotated[list[str], NoDecode] = ["*"]
    max_body_bytes: int = Field(8 * 1024 * 1024, ge=1024, description="largest request body")
    strict_requests: bool = Field(False, description="refuse unknown keys instead of ignoring them")
    checkpoint_storage: Literal["pieces", "whole"] = Field(
        "pieces",
        description="lists in checkpoints: what they share stored once, or whole as LangGraph's own saver does",
    )
    event_retention_hours: float = Field(24, gt=0, description="how long a finished run's events can be replayed")
    cron_grace_seconds: float = Field(
        3600, ge=0, le=31_536_000, description="how late a cron's firing that was missed is made up for"
    )
    workers: int = Field(16, ge=0, le=1000, description="runs this process executes at once; 0: none")

    webhook_secret: SecretStr | None = Field(
        None, description="signs webhooks; several, parted by commas, while one is replaced"
    )
    webhook_attempts: int = Field(10, ge=1, le=30, description="how often a webhook is sent before it is given up")
    webhook_timeout_seconds: float = Field(10, gt=0, le=60, description="for one attempt to send a webhook")
    webhook_retention_hours: float = Field(168, gt=0, description="how long it is known what became of a webhook")

    metrics_port: int | None = Field(
        None, ge=0, le=65535, description="where a worker without the API answers /ok, /metrics and /health"
    )
    drain_delay: float = Field(
        0,
        ge=0,
        le=300,
        description="seconds that the API goes on serving, not ready any more, when it is asked to stop",
    )

    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["console", "json"] = "console"

    @field_validator("log_level", "log_format", mode="before")
    @classmethod
    def _lower(cls, value: object) -> object:
        return value.lower() if isinstance(value, str) else value

    @field_validator("cors_origins", "tracing_show", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @field_validator("database_url", "database_direct_url")
    @classmethod
    def _libpq(cls, value: str | None) -> str | None:
        return None if value is None else libpq_url(value)

    @field_validator("redis_url")
    @classmethod
    def _redis(cls, value: str | None) -> str | None:
        if value is not None and urlsplit(value).scheme not in ("redis", "rediss", "unix"):
            raise ValueError("allowed: redis://…, rediss://… or unix://…")
        return value

    @field_validator("langsmith_endpoint")
    @classmethod
    def _langsmith(cls, value: str | None) -> str | None:
        if value is not None and urlsplit(value).scheme not in ("http", "https"):
            raise ValueError("allowed: an http:// or https:// URL, such as https://eu.api.smith.langchain.com")
        return value

    @field_validator("openai_base_url")
    @classmethod
    def _http(cls, value: str | None) -> str | None:
        if value is not None and urlsplit(value).scheme not in ("http", "https"):
            raise ValueError("allowed: an http:// or https:// URL, such as http://localhost:11434/v1")
        return value

    @field_validator("embeddings")
    @classmethod
    def _embeddings(cls, value: str | None) -> str | None:
        if value is not None and value != "local" and not value.startswith("openai:"):
            raise ValueError("allowed: local, or openai:<model>, such as openai:text-embedding-3-small")
        return value

    @field_validator("webhook_secret")
    @classmethod
    def _webhook_secret(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            secrets_of(value.get_secret_value())
        return value

    @model_validator(mode="after")
    def _model_has_a_key(self) -> Self:
        named = self.model is not None and self.model.split(":", 1)[0].split("/", 1)[0] != DEMO_MODEL
        if named and self.openai_api_key is None and self.openai_base_url is None:
            raise ValueError(
                f"MODEL={self.model} needs OPENAI_API_KEY or OPENAI_BASE_URL; unset MODEL (or MODEL={DEMO_MODEL}) "
                "to use the keyless demo model"
            )
        return self

    @model_validator(mode="after")
    def _duffel_has_a_token(self) -> Self:
        if "duffel" in (self.flights_provider, self.stays_provider) and self.duffel_token is None:
            raise ValueError("FLIGHTS_PROVIDER=duffel and STAYS_PROVIDER=duffel need DUFFEL_TOKEN (https://duffel.com)")
        return self

    @model_validator(mode="after")
    def _direct_url_beside_another(self) -> Self:
        if self.database_direct_url is not None and self.database_url is None:
            raise ValueError(
                "DATABASE_DIRECT_URL is the way past the pooler of DATABASE_URL: set that, too, or neither of them"
            )
        return self

    @cached_property
    def answering_model(self) -> str:
        """Which model answers: the one named, else the default one if there is a key, else the demo model."""
        if self.model is not None:
            return self.model
        keyed = self.openai_api_key is not None or self.openai_base_url is not None
        return DEFAULT_MODEL if keyed else DEMO_MODEL

    @property
    def answers_with_demo_model(self) -> bool:
        """Whether the deterministic demo model answers instead of a language model."""
        return self.answering_model.split(":", 1)[0].split("/", 1)[0] == DEMO_MODEL

    @property
    def is_pooled(self) -> bool:
        """Whether DATABASE_URL goes through a pooler, which may give each transaction another session."""
        return self.database_direct_url is not None

    def direct_url(self, database_url: str) -> str:
        """Where to get a session of one's own, to listen, lock and migrate, on the database in use at `database_url`."""
        return self.database_direct_url or database_url

    def secrets(self) -> list[str]:
        """The values of all that is secret here."""
        keys = (self.openai_api_key, self.langsmith_api_key, self.duffel_token, self.tracing_user_salt, self.sentry_dsn)
        urls = (self.database_url, self.database_direct_url, self.redis_url)
        return [
            *(key.get_secret_value() for key in keys if key is not None),
            *(password for url in urls if url is not None and (password := urlsplit(url).password)),
        ]

    def export(self, database_url: str) -> None:
        """Hand what agents read to them: through the environment, as on any LangGraph server.

        `database_url` is the libpq URL of the database in use, the embedded one's included. Tracing by the environment is
        off whatever the settings say: this server traces, and libraries that did so by themselves would go past redaction.
        """
        os.environ["DATABASE_URL"] = database_url
        os.environ["MODEL"] = self.answering_model
        for name in ("LANGSMITH_TRACING", "LANGSMITH_TRACING_V2", "LANGCHAIN_TRACING", "LANGCHAIN_TRACING_V2"):
            os.environ[name] = "false"
        os.environ["LANGSMITH_PROJECT"] = self.langsmith_project
        for name, secret in (
            ("OPENAI_API_KEY", self.openai_api_key),
            ("LANGSMITH_API_KEY", self.langsmith_api_key),
            ("DUFFEL_TOKEN", self.duffel_token),
        ):
            if secret is not None:
                os.environ[name] = secret.get_secret_value()
        for name, value in (
            ("OPENAI_BASE_URL", self.openai_base_url),
            ("EMBEDDINGS", self.embeddings),
            ("VECTOR_DIM", str(self.vector_dim) if self.vector_dim is not None else None),
            ("HISTORY_TOKENS", str(self.history_tokens)),
            ("MCP_SERVERS", self.mcp_servers),
            ("EMERGENCY_NUMBER", self.emergency_number),
            ("TRANSCRIPTION_MODEL", self.transcription_model),
            ("FLIGHTS_PROVIDER", self.flights_provider),
            ("STAYS_PROVIDER", self.stays_provider),
            ("DUFFEL_URL", self.duffel_url),
            ("LANGSMITH_ENDPOINT", self.langsmith_endpoint),
        ):
            if value is not None:
                os.environ[name] = value


def load_settings(**overrides: object) -> Settings:
    """Read and validate the settings; `overrides` (from the command line) win over the environment.

    Raises `StartupError` naming the variable and what is allowed.
    """
    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        return Settings(**given)  # type: ignore[arg-type]  # validated by pydantic, that is the point
    except ValidationError as error:
        raise StartupError("; ".join(_explain(problem) for problem in error.errors())) from error


def libpq_url(url: str) -> str:
    """Any common spelling of a Postgres URL (`postgres://`, `postgresql+psycopg://`, `postgresql+asyncpg://`, with
    `sslmode` or asyncpg's `ssl`) as the one that libpq reads. Raises `ValueError` for anything else."""
    parts = urlsplit(url)
    if parts.scheme not in _POSTGRES_SCHEMES:
        raise ValueError(
            "allowed: postgresql://user:password@host:5432/name, also as postgresql+psycopg:// or postgresql+asyncpg://"
        )
    # only names are translated: values stay as they were written, since libpq's escaping is not the web's
    pairs = [pair.partition("=") for pair in parts.query.split("&") if pair]
    query = "&".join(f"{_ASYNCPG_TO_LIBPQ.get(name, name)}{equals}{value}" for name, equals, value in pairs)
    rebuilt = urlunsplit(("postgresql", parts.netloc, parts.path, query, ""))
    # urlunsplit drops the empty authority of postgresql:///name?host=…, which libpq needs
    return rebuilt if rebuilt.startswith("postgresql://") else rebuilt.replace("postgresql:", "postgresql://", 1)


def _explain(problem: object) -> str:
    details = problem if isinstance(problem, dict) else {}
    where = ".".join(str(part) for part in details.get("loc", ())).upper()
    message = str(details.get("msg", "is not valid")).removeprefix("Value error, ")
    is_private = any(word in where for word in ("KEY", "URL", "SECRET", "TOKEN", "DSN"))
    shown = "" if is_private or not where else f" (given: {details.get('input')!r})"
    return f"{where}: {message}{shown}" if where else message
