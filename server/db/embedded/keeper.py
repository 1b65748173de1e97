"""Keeps the server of a data folder alive, in a thread: owns it or waits for a turn to, restarts it when it dies."""

import logging
import os
import signal
import threading
import time
from concurrent.futures import Future

import psycopg
from psycopg import sql

from server.db.embedded.account import server_account
from server.db.embedded.address import Address
from server.db.embedded.binaries import Binaries, usable_by
from server.db.embedded.cluster import Cluster
from server.db.embedded.errors import EmbeddedPostgresError
from server.db.embedded.locks import FileLock
from server.db.embedded.process import ChildProcess, runs_in

DATABASE = "planloom"

_START_SECONDS = 120.0
_TURN_SECONDS = 0.2
_POLL_SECONDS = 0.01
_CONNECT_SECONDS = 10
# An earlier owner's server has its shutdown under way (Linux) or has to be told; then it is told again.
_EARLIER_SERVER_SECONDS = 60.0
_REMINDERS = ((3.0, signal.SIGINT), (30.0, signal.SIGQUIT))
# A server that keeps dying young isn't helped by another start.
_RESTARTS = 3
_HEALTHY_SECONDS = 60.0

logger = logging.getLogger(__name__)


class Keeper:
    """The thread behind one `EmbeddedPostgres`.

    Two locks make it safe. Who holds `owner.lock` may start the server; the kernel frees it when that process
    dies. The server's processes hold `server.lock`; it is free when the last of them is gone, whatever pid a
    file names. So whoever has both knows that nothing runs in the folder.
    """

    def __init__(self, cluster: Cluster, address: Address) -> None:
        self.ready: Future[None] = Future()
        self.owner = False
        self._cluster = cluster
        self._address = address
        self._turn = FileLock(cluster.owner_lock)
        self._stopping = threading.Event()
        self._child: ChildProcess | None = None
        self._thread = threading.Thread(target=self._run, name="embedded-postgres", daemon=True)

    def start(self) -> None:
        """Begin; `ready` tells how that went."""
        self._thread.start()

    def stop(self) -> None:
        """Stop the server if it is ours, and the thread; wait for both."""
        self._stopping.set()
        child = self._child
        if child is not None:
            child.stop()
        self._thread.join()

    def _run(self) -> None:
        try:
            give_up = time.monotonic() + _START_SECONDS
            while not self._turn.acquire():
                if not self.ready.done():
                    self._try_to_share(give_up)
                if self._stopping.wait(_TURN_SECONDS):
                    return
            self.owner = True
            self._own()
        except EmbeddedPostgresError as error:
            self._fail(error)
        except OSError as error:
            self._fail(folder_unusable(self._cluster, error))
        except psycopg.Error as error:
            self._fail(
                EmbeddedPostgresError(
                    f"The embedded Postgres in {self._cluster.data_dir} can't be used: {str(error).splitlines()[0]} "
                    f"(more in {self._cluster.log})."
                )
            )
        finally:
            self.owner = False
            self._turn.release()
            if not self.ready.done():
                self.ready.set_exception(EmbeddedPostgresError("The embedded Postgres was stopped while it started."))

    def _fail(self, error: EmbeddedPostgresError) -> None:
        if self.ready.done():
            logger.error("%s", error)
        else:
            self.ready.set_exception(error)

    def _try_to_share(self, give_up: float) -> None:
        try:
            with self._connect(DATABASE) as connection:
                found = connection.execute("select 1 from pg_extension where extname = 'vector'").fetchone()
        except psycopg.OperationalError:
            found = None
        if found:
            self.ready.set_result(None)
        elif time.monotonic() > give_up:
            holder = self._cluster.owner_lock.read_text().strip() or "unknown"
            raise EmbeddedPostgresError(
                f"The embedded Postgres in {self._cluster.data_dir} belongs to the process with pid {holder}, but "
                f"doesn't answer: stop that process, or choose another folder with --data-dir (or PLANLOOM_HOME)."
            )

    def _own(self) -> None:
        self._cluster.owner_lock.write_text(f"{os.getpid()}\n")
        died_young = 0
        while not self._stopping.is_set():
            began = time.monotonic()
            code = self._serve()
            if self._stopping.is_set():
                return
            died_young = 0 if time.monotonic() - began > _HEALTHY_SECONDS else died_young + 1
            if died_young > _RESTARTS:
                raise EmbeddedPostgresError(
                    f"The embedded Postgres in {self._cluster.data_dir} keeps ending (last with {code}): "
                    f"see {self._cluster.log}, and start Planloom again."
                )
            logger.warning("the embedded Postgres ended by itself with %s, starting it again", code)

    def _serve(self) -> int:
        """Run the server once, from before its start to its end; give its exit code."""
        cluster = self._cluster
        lock = FileLock(cluster.server_lock)
        self._await_earlier_server(lock)
        binaries: Binaries | None = None
        try:
            try:
                account = server_account(cluster.data_dir, cluster.folder)
                binaries = usable_by(account, cluster.data_dir)
                cluster.prepare(account, binaries, lock.file)
                self._address.open()
                child = cluster.start(account, binaries, lock.file)
            finally:
                # From here on only the server's own processes hold it.
                lock.release()
            self._child = child
            try:
                # Asked after the child is known: `stop` asks the other way round, so one of us stops it.
                if not self._stopping.is_set():
                    self._make_ready(child)
                    return child.wait()
            finally:
                child.stop()
            return child.wait()
        finally:
            self._address.close()
            if binaries is not None:
                binaries.discard()

    def _await_earlier_server(self, lock: FileLock) -> None:
        began = time.monotonic()
        reminders = list(_REMINDERS)
        while not lock.acquire():
            waited = time.monotonic() - began
            pid = self._cluster.server_pid()
            if reminders and waited > reminders[0][0]:
                _, how = reminders.pop(0)
                if pid is not None and runs_in(pid, self._cluster.folder):
                    os.kill(pid, how)
            if waited > _EARLIER_SERVER_SECONDS or self._stopping.is_set():
                raise EmbeddedPostgresError(
                    f"An earlier server in {self._cluster.data_dir} hasn't ended yet (pid {pid}): "
                    "stop it, or choose another folder with --data-dir (or PLANLOOM_HOME)."
                )
            time.sleep(_POLL_SECONDS)

    def _make_ready(self, child: ChildProcess) -> None:
        give_up = time.monotonic() + _START_SECONDS
        while True:
            try:
                self._create_database()
            except psycopg.OperationalError as error:
                if self._stopping.is_set():
                    return
                if not child.is_running or time.monotonic() > give_up:
                    raise EmbeddedPostgresError(
                        f"The embedded Postgres in {self._cluster.data_dir} doesn't start: "
                        f"{child.last_words()} (more in {self._cluster.log})."
                    ) from error
                time.sleep(_POLL_SECONDS)
            else:
                break
        if not self.ready.done():
            self.ready.set_result(None)

    def _create_database(self) -> None:
        with self._connect("postgres") as connection:
            exists = connection.execute("select 1 from pg_database where datname = %s", (DATABASE,)).fetchone()
            if not exists:
                connection.execute(sql.SQL("create database {}").format(sql.Identifier(DATABASE)))
        with self._connect(DATABASE) as connection:
            connection.execute("create extension if not exists vector")

    def _connect(self, database: str) -> psycopg.Connection:
        return psycopg.connect(self._address.url(database), autocommit=True, connect_timeout=_CONNECT_SECONDS)


def folder_unusable(cluster: Cluster, error: OSError) -> EmbeddedPostgresError:
    """Word an error of the file system for people."""
    return EmbeddedPostgresError(
        f"The folder {cluster.data_dir} can't hold the embedded Postgres ({error.strerror or error}): "
        "choose another with --data-dir (or PLANLOOM_HOME)."
    )
