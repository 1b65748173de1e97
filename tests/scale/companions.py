"""What may stand beside Postgres, as real processes: Redis, and PgBouncer in transaction mode."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict
from redis import Redis
from redis.exceptions import RedisError

from tests.serving import free_port

PROGRAMS = ("redis-server", "pgbouncer")
_PATH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"])
_START_SECONDS = 60.0
_OTHERS = "nobody"  # neither program needs to be root, and one refuses to be


def missing() -> list[str]:
    """The programs that this machine does not have."""
    return [name for name in PROGRAMS if shutil.which(name, path=_PATH) is None]


class RedisServer:
    """Redis on a socket in `folder`; it keeps nothing when it ends."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._socket = folder / "redis.sock"
        self.url = f"unix://{self._socket}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Return when it answers."""
        command = [_program("redis-server"), "--port", "0", "--unixsocket", str(self._socket), "--save", ""]
        command += ["--appendonly", "no", "--dir", str(self._folder), "--loglevel", "warning"]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        with closing(Redis.from_url(self.url)) as client:
            _wait_for(client.ping, RedisError)

    def kill(self) -> None:
        """End it as a crash would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


@contextmanager
def redis_server() -> Iterator[RedisServer]:
    """A Redis of our own."""
    with tempfile.TemporaryDirectory(prefix="planloom-redis-") as folder:
        server = RedisServer(Path(folder))
        server.start()
        try:
            yield server
        finally:
            server.kill()


@contextmanager
def pgbouncer(database_url: str) -> Iterator[str]:
    """The URL of a PgBouncer in transaction mode before the database."""
    given = conninfo_to_dict(database_url)
    host, working_folder = str(given.get("host", "localhost")), None
    if host.startswith("/"):  # a socket, in a folder that others may reach as their working folder only
        host, working_folder = "/proc/self/cwd", host
    entry = {"host": host, "port": given.get("port", "5432"), "dbname": given["dbname"], "user": given.get("user")}
    if given.get("password"):
        entry["password"] = given["password"]
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="planloom-pgbouncer-") as folder:
        Path(folder).chmod(0o755)
        config = Path(folder, "pgbouncer.ini")
        config.write_text(
            f"""[databases]
pooled = {" ".join(f"{name}='{value}'" for name, value in entry.items())}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 20
max_client_conn = 200
server_reset_query =
log_connections = 0
log_disconnections = 0
"""
        )
        process = subprocess.Popen(
            [_program("pgbouncer"), "--quiet", str(config)],
            cwd=working_folder,
            user=_OTHERS if os.geteuid() == 0 else None,
        )
        try:
            url = f"postgresql://planloom@127.0.0.1:{port}/pooled"
            _wait_for(lambda: psycopg.connect(url).close(), psycopg.OperationalError)
            yield url
        finally:
            process.terminate()
            process.wait()


def _program(name: str) -> str:
    found = shutil.which(name, path=_PATH)
    assert found is not None, f"{name} is not installed"
    return found


def _wait_for(attempt, failure: type[Exception]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            attempt()
        except failure:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
        else:
            return
