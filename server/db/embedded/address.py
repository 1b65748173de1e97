"""The URL that reaches the server through the socket in its folder."""

import hashlib
import os
import tempfile
from pathlib import Path
from urllib.parse import quote

from server.db.embedded.cluster import PORT, SOCKET_NAME, SUPERUSER
from server.db.embedded.errors import EmbeddedPostgresError

# The kernel's limit on a socket's path, its final NUL included: 104 on macOS, 108 on Linux.
_PATH_BYTES = 104


class Address:
    """Where clients find the socket of the cluster in `folder`.

    Usually that is the folder itself. Where its path is too long for a socket, or has a comma (libpq takes
    that for a list of hosts), it is a link in a temporary folder, named after the folder: in the system's own, or
    in /tmp where that one's path is too long as well. Raises EmbeddedPostgresError where none will do.
    """

    def __init__(self, folder: Path) -> None:
        path = os.fsencode(folder / SOCKET_NAME)
        self._folder = folder
        self._link: Path | None = None
        if len(path) >= _PATH_BYTES or b"," in path:
            digest = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
            self._link = _short_link(f"planloom-{digest}")

    def open(self) -> None:
        """Make the link if one is needed and isn't there."""
        link = self._link
        if link is None:
            return
        try:
            link.symlink_to(self._folder, target_is_directory=True)
        except FileExistsError:
            ours = link.lstat().st_uid == os.geteuid() and link.is_symlink() and link.readlink() == self._folder
            if not ours:
                raise EmbeddedPostgresError(
                    f"{link} is in the way: remove it, or choose a folder with a shorter path (--data-dir)."
                ) from None

    def close(self) -> None:
        """Remove the link."""
        if self._link is not None:
            self._link.unlink(missing_ok=True)

    def url(self, database: str) -> str:
        """A libpq URL: `postgresql://postgres@/planloom?host=/folder/of/the/socket&port=5432`."""
        host = quote(os.fsencode(self._link or self._folder), safe="/")
        # The port is part of the socket's name; without it PGPORT would decide.
        return f"postgresql://{SUPERUSER}@/{quote(database, safe='')}?host={host}&port={PORT}"


def _short_link(name: str) -> Path:
    places = [Path(tempfile.gettempdir()), Path("/tmp")]  # noqa: S108 - a link that only its owner can make or follow
    links = [place / name for place in places]
    for link in links:
        path = os.fsencode(link / SOCKET_NAME)
        if len(path) < _PATH_BYTES and b"," not in path:
            return link
    raise EmbeddedPostgresError(
        f"No path for the database's socket is short enough, {links[0]} neither: set TMPDIR to a folder with a short path."
    )
