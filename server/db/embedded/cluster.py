"""The data folder: what lies in it, how it is filled the first time, and what the server is started with.

<data folder>/postgres/       the cluster, the server's socket included
<data folder>/postgres.new/   a cluster that initdb hasn't finished
<data folder>/postgres.log    what initdb and the server had to say
<data folder>/owner.lock      held by the process that owns the server's life; its pid is inside
<data folder>/server.lock     held by the server's own processes, to the last of them
"""

import os
import shutil
import signal
from dataclasses import dataclass
from pathlib import Path

from server.db.embedded.account import Account
from server.db.embedded.binaries import MAJOR_VERSION, Binaries
from server.db.embedded.errors import EmbeddedPostgresError
from server.db.embedded.process import ChildProcess

SUPERUSER = "postgres"
PORT = 5432
SOCKET_NAME = f".s.PGSQL.{PORT}"

_LOG_BYTES = 5_000_000

# The folder must be reachable, not its path: where root has closed a folder above it to others, the server's
# user still reaches it as the folder it was started in (Linux; Account.dropped only exists there).
_CURRENT_FOLDER = "/proc/self/cwd"

_SETTINGS = {
    # Reached through the socket in its own folder (mode 0700) and through nothing else.
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_directories": ".",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "64MB",
    "max_wal_size": "256MB",
    # Nobody replicates from it.
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_logical_replication_workers": "0",
    # Three processes fewer.
    "io_method": "sync",
    # Not in /dev/shm, which is 64 MB in many containers and isn't ours.
    "dynamic_shared_memory_type": "mmap",
    "log_checkpoints": "off",
    "log_timezone": "UTC",
    "timezone": "UTC",
}
# For tests: a crash of the machine, not of Postgres, may lose everything.
_FAST_AND_LOOSE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass(frozen=True)
class Cluster:
    """A data folder; `durable` says whether a commit survives a crash of the machine."""

    data_dir: Path
    durable: bool

    @property
    def folder(self) -> Path:
        return self.data_dir / "postgres"

    @property
    def log(self) -> Path:
        return self.data_dir / "postgres.log"

    @property
    def owner_lock(self) -> Path:
        return self.data_dir / "owner.lock"

    @property
    def server_lock(self) -> Path:
        return self.data_dir / "server.lock"

    def prepare(self, account: Account, binaries: Binaries, lock: int) -> None:
        """Make the folder ready for a server: create the cluster, or clear what a killed server left.

        Call it with both locks held, so that nothing found here can belong to a running server.

        Raises:
            EmbeddedPostgresError: the cluster is another version's, or initdb failed.
        """
        if self.log.exists() and self.log.stat().st_size > _LOG_BYTES:
            self.log.unlink()
        if not self.folder.exists():
            self._create(account, binaries, lock)
        version_file = self.folder / "PG_VERSION"
        version = version_file.read_text().strip() if version_file.exists() else "unknown"
        if version != str(MAJOR_VERSION):
            raise EmbeddedPostgresError(
                f"{self.folder} is a database of Postgres version {version}, this is {MAJOR_VERSION}: move it away, "
                "choose another folder with --data-dir (or PLANLOOM_HOME), or set DATABASE_URL."
            )
        if account.dropped and self.folder.stat().st_uid != account.uid:
            _give(self.folder, account)
        # A pid in these files proves nothing: it may be another process's by now.
        for stale in ("postmaster.pid", SOCKET_NAME, f"{SOCKET_NAME}.lock"):
            (self.folder / stale).unlink(missing_ok=True)

    def start(self, account: Account, binaries: Binaries, lock: int) -> ChildProcess:
        """Start the server; it isn't ready for connections yet."""
        settings = _SETTINGS if self.durable else _SETTINGS | _FAST_AND_LOOSE
        where = _CURRENT_FOLDER if account.dropped else str(self.folder)
        return ChildProcess(
            [str(binaries.postgres), "-D", where, *(f"--{name}={value}" for name, value in settings.items())],
            account=account,
            folder=self.folder,
            log=self.log,
            lock=lock,
            signal_at_death=signal.SIGINT,
        )

    def server_pid(self) -> int | None:
        """The pid that the server, running or not, wrote down."""
        try:
            return int((self.folder / "postmaster.pid").read_text().split("\n", 1)[0])
        except (FileNotFoundError, ValueError):
            return None

    def _create(self, account: Account, binaries: Binaries, lock: int) -> None:
        # In a folder of its own until it is whole, so that a kill in between leaves nothing half-made.
        unfinished = self.data_dir / "postgres.new"
        if unfinished.exists():
            shutil.rmtree(unfinished)
        unfinished.mkdir(mode=0o700)
        if account.dropped:
            os.chown(unfinished, account.uid, account.gid)
        initdb = ChildProcess(
            [
                str(binaries.initdb),
                f"--pgdata={_CURRENT_FOLDER if account.dropped else unfinished}",
                f"--username={SUPERUSER}",
                "--auth-local=trust",
                "--auth-host=reject",
                # No locale of the system's is needed, and upper and lower case still work beyond ASCII.
                "--no-locale",
                "--encoding=UTF8",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                "--no-instructions",
                *([] if self.durable else ["--no-sync"]),
            ],
            account=account,
            folder=unfinished,
            log=self.log,
            lock=lock,
            signal_at_death=signal.SIGKILL,
        )
        if initdb.wait() != 0:
            raise EmbeddedPostgresError(
                f"The embedded Postgres could not be created in {self.data_dir}: {initdb.last_words()} "
                f"(more in {self.log}); put that right, or set DATABASE_URL."
            )
        unfinished.rename(self.folder)


def _give(folder: Path, account: Account) -> None:
    # A folder that root has copied or restored belongs to root, and Postgres insists on its own.
    for parent, _, files in os.walk(folder):
        for path in (Path(parent), *(Path(parent, file) for file in files)):
            os.chown(path, account.uid, account.gid, follow_symlinks=False)
