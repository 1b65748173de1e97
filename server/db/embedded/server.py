"""The face of the embedded server."""

import asyncio
import atexit
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from server.db.embedded.address import Address
from server.db.embedded.binaries import installed
from server.db.embedded.cluster import Cluster
from server.db.embedded.keeper import DATABASE, Keeper, folder_unusable


class EmbeddedPostgres:
    """A Postgres with pgvector that lives in a folder and runs for as long as this object is started.

    Of the processes that start one on the same folder, the first owns the server: it runs as that process's
    child and ends with it, however that ends. The others share it. When the owner goes, one of them takes its
    place and starts the server again at the same address: connections break, reconnecting helps.
    A server that dies by itself is started again by its owner.

    Use `start`, `dsn` and `stop`, or either kind of `with`: `with EmbeddedPostgres(folder) as postgres`.
    """

    def __init__(self, data_dir: Path, *, durable: bool = True) -> None:
        """Name the folder; nothing is touched before the start.

        `durable=False` is for tests: faster, but a crash of the server may lose the last commits, and a crash of
        the machine everything.
        """
        # Without links, so that one folder has one address however it is spelled.
        self.data_dir = data_dir.expanduser().resolve()
        self._cluster = Cluster(self.data_dir, durable)
        self._address = Address(self._cluster.folder)
        self._keeper: Keeper | None = None
        self._process = os.getpid()

    @classmethod
    def start(cls, data_dir: Path, *, durable: bool = True) -> Self:
        """Start the server in `data_dir`, or share the one that another process runs there.

        Blocks until the database `planloom` with the extension `vector` takes connections.

        Raises:
            EmbeddedPostgresError: it can't be; the message is one line that says what to do.
        """
        return cls(data_dir, durable=durable)._start()

    @classmethod
    async def start_async(cls, data_dir: Path, *, durable: bool = True) -> Self:
        """`start`, without blocking the event loop."""
        return await asyncio.to_thread(cls.start, data_dir, durable=durable)

    @property
    def owner(self) -> bool:
        """Whether the server ends with us. A sharer becomes the owner when the owner goes."""
        return self._keeper is not None and self._keeper.owner

    def dsn(self, database: str = DATABASE) -> str:
        """The libpq URL of a database on this server; it is always the same for a folder."""
        return self._address.url(database)

    def stop(self) -> None:
        """Stop the server if we own it, else stop sharing it. Does nothing the second time, or in a fork."""
        atexit.unregister(self.stop)
        keeper, self._keeper = self._keeper, None
        if keeper is not None and os.getpid() == self._process:
            keeper.stop()

    def _start(self) -> Self:
        installed()
        try:
            self.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise folder_unusable(self._cluster, error) from error
        self._process = os.getpid()
        self._keeper = Keeper(self._cluster, self._address)
        atexit.register(self.stop)
        self._keeper.start()
        try:
            self._keeper.ready.result()
        except BaseException:
            self.stop()
            raise
        return self

    def __enter__(self) -> Self:
        return self if self._keeper is not None else self._start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    async def __aenter__(self) -> Self:
        return await asyncio.to_thread(self.__enter__)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self.stop)
