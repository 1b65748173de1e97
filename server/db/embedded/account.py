"""Which user the Postgres server runs as: whoever we are, or, as root, an unprivileged user."""

import os
import pwd
import sys
from dataclasses import dataclass
from pathlib import Path

from server.db.embedded.errors import EmbeddedPostgresError


@dataclass(frozen=True)
class Account:
    """The user and group that the server's processes run as.

    `dropped` is true where that isn't who we are, so folders that only we may enter are closed to it.
    """

    uid: int
    gid: int
    dropped: bool


def server_account(data_dir: Path, cluster: Path) -> Account:
    """Choose the server's user, and check that it may use what is there already.

    Postgres refuses to run as root. As root the server runs as the user whom the folder belongs to, so that
    one `sudo` doesn't lock that user out of it afterwards, and as `nobody` where that is root as well.

    Raises:
        EmbeddedPostgresError: the cluster is somebody else's, or root has nobody to become.
    """
    exists = cluster.exists()
    uid, euid = os.geteuid(), os.geteuid()
    if euid == 0:
        if sys.platform != "linux":
            raise EmbeddedPostgresError(
                "The embedded Postgres can't run as root on this system: run as an ordinary user, "
                "or set DATABASE_URL to a Postgres with pgvector."
            )
        owner = (cluster if exists else data_dir).stat()
        return Account(owner.st_uid, owner.st_gid, True) if _may_own(owner.st_uid, exists) else _nobody()
    if exists and cluster.stat().st_uid != uid:
        raise EmbeddedPostgresError(
            f"The database in {data_dir} belongs to {_name(cluster.stat().st_uid)}, not to {_name(uid)}: "
            "choose another folder with --data-dir (or PLANLOOM_HOME), or run as that user."
        )
    if not exists and not _is_known(uid):
        raise EmbeddedPostgresError(
            f"A new embedded Postgres needs a named user, and uid {uid} has no entry in /etc/passwd: "
            "add one, or set DATABASE_URL to a Postgres with pgvector."
        )
    return Account(uid, os.getegid(), False)


def _may_own(uid: int, exists: bool) -> bool:
    # initdb looks its user up by number and fails on one without a name; a server that only starts does not.
    return uid != 0 and (exists or _is_known(uid))


def _nobody() -> Account:
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        raise EmbeddedPostgresError(
            "As root the embedded Postgres runs as the user `nobody`, which this system doesn't have: "
            "add it, run as an ordinary user, or set DATABASE_URL to a Postgres with pgvector."
        ) from None
    return Account(entry.pw_uid, entry.pw_gid, True)


def _is_known(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def _name(uid: int) -> str:
    return pwd.getpwuid(uid).pw_name if _is_known(uid) else f"uid {uid}"
