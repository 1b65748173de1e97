"""`python -m tests.js`: serve Planloom, and run the tests of this folder against it with node's own test runner.

Arguments are node's, e.g. `--test-name-pattern 'stops a run'`. The dependencies must be installed: `npm ci` in this
folder. The exit code is node's.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg

from server.db.embedded import EmbeddedPostgres
from server.db.migrate import migrate
from tests.acceptance.server.live import REPO, serve

HERE = Path(__file__).parent
EXAMPLES = REPO / "examples" / "langgraph.json"
# One worker: the machine is shared with the server, for which the tests wait more than they compute.
OPTIONS = ("--test-concurrency=1",)


def main(arguments: list[str]) -> int:
    """Serve on a free port and a database of its own, for as long as the tests take."""
    tests = sorted(str(path.relative_to(HERE)) for path in HERE.glob("*.test.mjs"))
    with (
        tempfile.TemporaryDirectory(prefix="planloom-js-") as folder,
        EmbeddedPostgres(Path(folder) / "postgres", durable=False) as postgres,
    ):
        migrate(postgres.dsn())
        with (
            serve(postgres.dsn(), Path(folder), "--workers", "32") as planloom,
            serve(_another_database(postgres.dsn()), Path(folder), config=EXAMPLES) as examples,
        ):
            environment = {**os.environ, "PLANLOOM_URL": planloom.url, "PLANLOOM_EXAMPLES_URL": examples.url}
            command = ["node", "--test", *OPTIONS, *(arguments or ["--test-reporter=spec"]), *tests]
            return subprocess.run(command, cwd=HERE, env=environment, check=False).returncode


def _another_database(dsn: str) -> str:
    """A migrated database of its own: what one server queues, another that knows other graphs must not take."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("create database examples")
    url = urlunsplit(urlsplit(dsn)._replace(path="/examples"))
    migrate(url)
    return url


sys.exit(main(sys.argv[1:]))
