"""Who keeps the embedded server alive, who ends it, and what survives what: real processes, really killed."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest

from server.db.embedded import EmbeddedPostgres
from server.db.embedded.account import server_account
from server.db.embedded.binaries import usable_by
from server.db.embedded.locks import FileLock
from tests.integration.db.embedded_program import Program, answers, eventually, is_alive, server_pid

on_linux = sys.platform == "linux"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def bystander() -> Iterator[int]:
    """The pid of a process that has nothing to do with any of this."""
    with subprocess.Popen(["sleep", "600"]) as process:
        yield process.pid
        process.kill()


def _write(dsn: str, note: str) -> None:
    with psycopg.connect(dsn) as connection:
        connection.execute("create table if not exists note (body text)")
        connection.execute("insert into note values (%s)", (note,))


def _notes(dsn: str) -> list[str]:
    with psycopg.connect(dsn) as connection:
        return [body for (body,) in connection.execute("select body from note order by body").fetchall()]


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM], ids=["SIGKILL", "SIGTERM"])
def test_a_killed_owner_takes_its_server_along_and_the_next_one_finds_everything(
    folder: Path, how: signal.Signals
) -> None:
    with Program(folder, durable=True) as program:
        _write(program.answer()["dsn"], "kept")
        server = server_pid(folder)
        program.kill(how)
        if on_linux:
            eventually(lambda: not is_alive(server))
    with EmbeddedPostgres(folder) as postgres:
        assert postgres.owner
        assert _notes(postgres.dsn()) == ["kept"]
        assert not is_alive(server)


def test_a_start_right_after_the_owner_was_killed_waits_for_its_server_to_end(folder: Path) -> None:
    for round_ in range(3):
        with Program(folder, durable=True) as program:
            _write(program.answer()["dsn"], f"note {round_}")
            server = server_pid(folder)
            busy = psycopg.connect(program.ask()["dsn"])
            busy.execute("select 1")
            program.kill()
            with EmbeddedPostgres(folder) as postgres:
                assert not is_alive(server)
                assert len(_notes(postgres.dsn())) == round_ + 1
            busy.close()


def test_an_owner_that_comes_to_its_end_stops_the_server(folder: Path) -> None:
    with Program(folder, durable=True) as program:
        program.answer()
        server = server_pid(folder)
        assert program.end() == 0
    assert not is_alive(server)
    assert not (folder / "postgres" / "postmaster.pid").exists()


def test_an_owner_that_forgets_to_stop_stops_the_server_at_exit(folder: Path) -> None:
    forgetful = (
        "import pathlib, sys; from server.db.embedded import EmbeddedPostgres;"
        "EmbeddedPostgres.start(pathlib.Path(sys.argv[1]))"
    )
    subprocess.run([sys.executable, "-c", forgetful, str(folder)], check=True)
    assert (folder / "postgres" / "PG_VERSION").exists()
    assert not (folder / "postgres" / "postmaster.pid").exists()


def test_a_killed_server_is_started_again_by_its_owner(folder: Path) -> None:
    with EmbeddedPostgres(folder) as postgres:
        _write(postgres.dsn(), "kept")
        killed = server_pid(folder)
        os.kill(killed, signal.SIGKILL)
        eventually(lambda: answers(postgres.dsn()) and server_pid(folder) != killed)
        assert _notes(postgres.dsn()) == ["kept"]
        assert postgres.owner
        server = server_pid(folder)
    assert not is_alive(server)


def test_owner_and_server_killed_together_lose_nothing(folder: Path) -> None:
    with Program(folder, durable=True) as program:
        _write(program.answer()["dsn"], "kept")
        os.kill(server_pid(folder), signal.SIGKILL)
        program.kill()
    with EmbeddedPostgres(folder) as postgres:
        assert _notes(postgres.dsn()) == ["kept"]


def test_an_owner_killed_while_it_makes_the_database_leaves_nothing_half_made(folder: Path) -> None:
    with Program(folder, durable=True) as program:
        eventually((folder / "postgres.new" / "PG_VERSION").exists)
        program.kill()
    with EmbeddedPostgres(folder) as postgres:
        assert answers(postgres.dsn())
    assert not (folder / "postgres.new").exists()


def test_a_server_that_nobody_owns_any_more_is_told_to_end(folder: Path) -> None:
    # As on a system where the kernel doesn't tell it that its owner is gone.
    EmbeddedPostgres.start(folder).stop()
    cluster = folder / "postgres"
    account = server_account(folder, cluster)
    binaries = usable_by(account, folder)
    where = "/proc/self/cwd" if account.dropped else str(cluster)
    lock = FileLock(folder / "server.lock")
    assert lock.acquire()
    with subprocess.Popen(
        [binaries.postgres, "-D", where, "-c", "listen_addresses=", "-c", "unix_socket_directories=."],
        cwd=cluster,
        user=account.uid,
        pass_fds=[lock.file],
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as orphan:
        lock.release()
        eventually((cluster / ".s.PGSQL.5432").exists)
        with EmbeddedPostgres(folder) as postgres:
            assert postgres.owner
            assert orphan.wait() == 0
            assert answers(postgres.dsn())
    binaries.discard()


def test_a_stale_pid_that_belongs_to_another_process_now_is_not_believed(folder: Path, bystander: int) -> None:
    EmbeddedPostgres.start(folder).stop()
    cluster = folder / "postgres"
    (cluster / "postmaster.pid").write_text(f"{bystander}\n{cluster}\n1\n5432\n.\n\n  1  1\nready   \n")
    (cluster / ".s.PGSQL.5432.lock").write_text(f"{bystander}\n{cluster}\n1\n5432\n.\n")
    (cluster / ".s.PGSQL.5432").touch()
    with EmbeddedPostgres(folder) as postgres:
        assert answers(postgres.dsn())
        assert server_pid(folder) != bystander
    assert is_alive(bystander)


def test_two_processes_share_one_server_and_the_sharer_does_not_stop_it(folder: Path) -> None:
    with Program(folder) as owner, Program(folder) as sharer:
        mine = owner.answer()
        theirs = sharer.answer()
        assert mine["dsn"] == theirs["dsn"]
        first, second = (owner, sharer) if mine["owner"] else (sharer, owner)
        assert [first.ask()["owner"], second.ask()["owner"]] == [True, False]
        _write(mine["dsn"], "kept")
        server = server_pid(folder)
        assert second.end() == 0
        assert is_alive(server)
        assert _notes(mine["dsn"]) == ["kept"]
        assert first.end() == 0
    assert not is_alive(server)


def test_a_killed_sharer_disturbs_nobody(folder: Path) -> None:
    with EmbeddedPostgres(folder) as postgres, Program(folder) as sharer:
        assert sharer.answer()["owner"] is False
        with psycopg.connect(postgres.dsn()) as connection:
            sharer.kill()
            assert connection.execute("select 1").fetchone() == (1,)


@pytest.mark.parametrize("killed", [False, True], ids=["stopped", "killed"])
def test_a_sharer_takes_over_when_the_owner_goes(folder: Path, killed: bool) -> None:
    with Program(folder, durable=True) as owner:
        assert owner.answer()["owner"]
        with EmbeddedPostgres(folder) as sharer:
            assert not sharer.owner
            _write(sharer.dsn(), "kept")
            before = server_pid(folder)
            if killed:
                owner.kill()
            else:
                assert owner.end() == 0
            eventually(lambda: sharer.owner and answers(sharer.dsn()))
            assert _notes(sharer.dsn()) == ["kept"]
            assert not is_alive(before)
            after = server_pid(folder)
    assert not is_alive(after)


def test_of_many_that_start_at_once_on_a_new_folder_one_owns_the_server(folder: Path) -> None:
    with ExitStack() as stack:
        programs = [stack.enter_context(Program(folder)) for _ in range(4)]
        answers_ = [program.answer() for program in programs]
        assert sorted(answer["owner"] for answer in answers_) == [False, False, False, True]
        assert len({answer["dsn"] for answer in answers_}) == 1
        assert answers(answers_[0]["dsn"])


def test_two_in_one_process_share_as_two_processes_do(folder: Path) -> None:
    with EmbeddedPostgres(folder) as first:
        with EmbeddedPostgres(folder) as second:
            assert [first.owner, second.owner] == [True, False]
        assert answers(first.dsn())


def test_a_second_name_for_the_folder_is_the_same_folder(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(folder)
    with EmbeddedPostgres(folder) as first, EmbeddedPostgres(tmp_path / "link") as second:
        assert second.dsn() == first.dsn()
        assert not second.owner
