"""Clusters of real processes: on Postgres alone, then with Redis, and PgBouncer before the database."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.acceptance.server.live import fresh_database
from tests.scale.cluster import Cluster, cluster
from tests.scale.companions import missing, pgbouncer, redis_server

ALONE, WITH_COMPANIONS = "postgres alone", "redis and pgbouncer"

collect_ignore = ["test_pgbouncer.py"] if missing() else []


@pytest.fixture(scope="module", params=[ALONE] if missing() else [ALONE, WITH_COMPANIONS])
def many(
    request: pytest.FixtureRequest,
    postgres_url: str,
    template_database: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Cluster]:
    """Two APIs and three workers."""
    folder: Path = tmp_path_factory.mktemp("cluster")
    with ExitStack() as stack:
        database_url = stack.enter_context(fresh_database(postgres_url, template_database))
        environment = {"DATABASE_URL": database_url}
        if request.param == WITH_COMPANIONS:
            environment = {
                "DATABASE_URL": stack.enter_context(pgbouncer(database_url)),
                "DATABASE_DIRECT_URL": database_url,
                "REDIS_URL": stack.enter_context(redis_server()).url,
            }
        yield stack.enter_context(cluster(folder, environment))
