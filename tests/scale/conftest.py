"""Clusters of real processes, one after the other: on Postgres alone, then with what may stand beside it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.server.live import fresh_database
from tests.scale.cluster import Cluster, cluster


@pytest.fixture(scope="module")
def cluster_database(postgres_url: str, template_database: str) -> Iterator[str]:
    """The database of `many`."""
    with fresh_database(postgres_url, template_database) as url:
        yield url


@pytest.fixture(scope="module")
def many(cluster_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """Two APIs and three workers."""
    folder: Path = tmp_path_factory.mktemp("cluster")
    with cluster(folder, {"DATABASE_URL": cluster_database}) as started:
        yield started
