"""Opening the store for as long as a process serves: its tables fit for the project's `store` section, expired items swept."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import psycopg
from langchain_core.embeddings import Embeddings
from langgraph.store.base import TTLConfig
from langgraph.store.postgres import PostgresStore
from langgraph.store.postgres.base import PostgresIndexConfig
from psycopg.rows import DictRow, dict_row

from server.db.migrate import LOCK_KEY
from server.db.pool import Pool
from server.errors import StartupError, first_line
from server.langgraph_json import ProjectConfig
from server.langgraph_sections import StoreIndexSpec, StoreTtlSpec
from server.store.embeddings import load_embeddings
from server.store.repository import ItemStore

SWEEP_MINUTES = 5
"""How often expired items are deleted where the project does not say. They are invisible from the moment they expire."""

STOP_SECONDS = 5
"""How long a sweep that is under way may hold up the end of the process."""


@dataclass(frozen=True)
class StoreOptions:
    """The project's `store` section with its embedding loaded."""

    index: StoreIndexSpec | None = None
    embeddings: Embeddings | None = None
    ttl: StoreTtlSpec = field(default_factory=StoreTtlSpec)

    @property
    def index_config(self) -> PostgresIndexConfig | None:
        """The same in the library's words."""
        if self.index is None or self.embeddings is None:
            return None
        return PostgresIndexConfig(
            dims=self.index.dims,
            embed=self.embeddings,
            fields=list(self.index.fields),
            # searches are exact within a namespace; no vector index, which would also limit the dimensions
            ann_index_config={"kind": "flat"},
        )

    @property
    def ttl_config(self) -> TTLConfig:
        """The same in the library's words."""
        return {
            "refresh_on_read": self.ttl.refresh_on_read,
            "default_ttl": self.ttl.default_ttl,
            "sweep_interval_minutes": self.ttl.sweep_interval_minutes or SWEEP_MINUTES,
            "omit_expired": True,
        }


def store_options(project: ProjectConfig) -> StoreOptions:
    """What `project` says about its store. Its code must be importable by now. Raises `StartupError`."""
    index = project.store.index
    embeddings = None if index is None else load_embeddings(index, project.folder)
    return StoreOptions(index, embeddings, project.store.ttl or StoreTtlSpec())


@asynccontextmanager
async def opened_store(pool: Pool, database_url: str, options: StoreOptions) -> AsyncIterator[ItemStore]:
    """The store over `pool`, its sweeper running.

    Raises `StartupError` if the items are indexed in other dimensions, or the database forbids to make the index.
    """
    await asyncio.to_thread(_prepare_tables, database_url, options)
    store = ItemStore(pool, index=options.index_config, ttl=options.ttl_config)
    await store.start_ttl_sweeper()
    try:
        yield store
    finally:
        await store.stop_ttl_sweeper(timeout=STOP_SECONDS)


def _prepare_tables(database_url: str, options: StoreOptions) -> None:
    try:
        with psycopg.connect(database_url, autocommit=True, row_factory=dict_row) as connection:
            connection.execute("select pg_advisory_lock(%s)", (LOCK_KEY,))
            _take_fractions_of_minutes(connection)
            if options.index is not None:
                _check_dimensions(connection, options.index.dims)
                PostgresStore(connection, index=options.index_config).setup()
    except psycopg.Error as error:
        raise StartupError(f"cannot prepare the store's tables: {first_line(error)}") from error


def _take_fractions_of_minutes(connection: psycopg.Connection[DictRow]) -> None:
    """The API takes lifetimes in fractions of minutes, which the library's column would round, to none if need be."""
    row = connection.execute(
        """select format_type(atttypid, atttypmod) as type from pg_attribute
           where attrelid = 'store'::regclass and attname = 'ttl_minutes'"""
    ).fetchone()
    if row is not None and row["type"] != "double precision":
        connection.execute("alter table store alter column ttl_minutes type double precision")


def _check_dimensions(connection: psycopg.Connection[DictRow], dims: int) -> None:
    row = connection.execute(
        """select atttypmod as dims from pg_attribute
           where attrelid = to_regclass('store_vectors') and attname = 'embedding'"""
    ).fetchone()
    if row is not None and row["dims"] != dims:
        raise StartupError(
            f"langgraph.json: store.index.dims is {dims}, but the items of this database are indexed in {row['dims']} "
            "dimensions; set it back, or `drop table store_vectors, vector_migrations` and put the items again"
        )
