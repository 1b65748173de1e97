"""A Postgres of our own for machines without one: no installation, no port, no password, one folder.

The rules of its life:

- The first process that starts one on a folder owns the server: a direct child, ended with its owner however
  that ends (on Linux by the kernel; elsewhere the next start ends a server that a killed owner left).
- Any other process on the folder shares the server. When the owner goes, so does the server; a process that
  still shares it becomes the owner and starts it again at the same address. Open connections break, and a pool
  that reconnects goes on. A process that only took the URL, without starting one, has no such right.
- A server that dies by itself is started again by its owner, unless it keeps dying.
- Nothing but the folder is touched. Two exceptions lie in the system's temporary folder while the server runs:
  a link, where the folder's path is too long for a socket (`address`), and a copy of the binaries, for root
  where they lie in a folder that is closed to others (`binaries`).
- Postgres refuses to run as root. As root, it runs as the folder's owner or as `nobody` (`account`), in a folder
  that may lie under ones closed to that user: it is started in it, and never needs its path (`cluster`).
"""

from server.db.embedded.errors import EmbeddedPostgresError
from server.db.embedded.server import EmbeddedPostgres

__all__ = ["EmbeddedPostgres", "EmbeddedPostgresError"]
