"""Where a project's code is found, and what of a checkpoint may become code again."""

import sys
from dataclasses import dataclass
from pathlib import Path

import orjson
import pytest

import server
from server.errors import StartupError
from server.graph_loader import serializer
from server.langgraph_json import read_project
from server.langgraph_sections import SerdeSpec
from server.project_code import load_attribute, load_named, make_importable


@dataclass
class Stranger:
    """A type that no list names."""

    name: str


@pytest.fixture(autouse=True)
def _paths_and_modules_of_this_test_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "modules", dict(sys.modules))
    monkeypatch.setattr(server, "__path__", list(server.__path__))


def _project(folder: Path, *dependencies: str) -> None:
    file = folder / "langgraph.json"
    file.write_bytes(orjson.dumps({"graphs": {"a": "./a.py:a"}, "dependencies": dependencies}))
    make_importable(read_project(file))


def _module(file: Path, content: str = "where = __name__\n") -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content)


def test_the_projects_folder_and_plain_dependencies_are_importable(tmp_path: Path) -> None:
    _module(tmp_path / "besides_a.py")
    _module(tmp_path / "lib" / "inside_lib.py")
    _project(tmp_path, "./lib", "some-published-package")
    assert load_attribute("besides_a:where", tmp_path) == "besides_a"
    assert load_attribute("inside_lib:where", tmp_path) == "inside_lib"


def test_a_dependency_that_is_a_package_is_imported_by_its_name(tmp_path: Path) -> None:
    _module(tmp_path / "deep" / "my_package" / "__init__.py")
    _module(tmp_path / "deep" / "my_package" / "graph.py", "from my_package import where\n")
    _project(tmp_path, "./deep/my_package")
    assert load_attribute("./deep/my_package/graph.py:where", tmp_path) == "my_package"


@pytest.mark.parametrize(
    ("pyproject", "root"),
    [
        ("[project]\nname = 'x'\n", "src"),
        ("[tool.setuptools.packages.find]\nwhere = ['lib']\n", "lib"),
        ("[tool.setuptools]\npackage-dir = { '' = 'code' }\n", "code"),
        ("[tool.hatch.build.targets.wheel]\npackages = ['python/laid_out']\n", "python"),
        ("[tool.poetry]\npackages = [{ include = 'laid_out', from = 'source' }]\n", "source"),
    ],
)
def test_a_project_is_imported_from_where_its_pyproject_says(tmp_path: Path, pyproject: str, root: str) -> None:
    (tmp_path / "part").mkdir()
    (tmp_path / "part" / "pyproject.toml").write_text(pyproject)
    _module(tmp_path / "part" / root / "laid_out" / "__init__.py")
    _project(tmp_path, "./part")
    assert load_attribute("laid_out:where", tmp_path) == "laid_out"


def test_a_project_may_have_a_package_of_our_name(tmp_path: Path) -> None:
    _module(tmp_path / "server" / "__init__.py")
    _module(tmp_path / "server" / "their_database.py")
    _module(tmp_path / "server" / "app.py", "from server.their_database import where\n")
    _module(tmp_path / "graph.py", "from server.app import where\n")
    _project(tmp_path)
    assert load_attribute("./server/app.py:where", tmp_path) == "server.their_database"
    with pytest.raises(StartupError, match="Planloom is a package 'server' itself"):
        load_named("graph", "./graph.py:where", tmp_path)  # what we have as well is ours


def test_a_dependency_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(StartupError, match=r"dependencies: there is no folder .*missing"):
        _project(tmp_path, "./missing")


def test_what_a_key_names_and_cannot_be_had_is_told_with_the_key(tmp_path: Path) -> None:
    _module(tmp_path / "own.py", "import not_installed_anywhere\n")
    with pytest.raises(StartupError, match=r"http\.app \(\./own\.py:app\) cannot be imported: ModuleNotFoundError"):
        load_named("http.app", "./own.py:app", tmp_path)
    with pytest.raises(StartupError, match=r"auth\.path \(\./none\.py:auth\): there is no file"):
        load_named("auth.path", "./none.py:auth", tmp_path)


def test_a_checkpoint_comes_back_only_as_types_that_are_allowed() -> None:
    name = (Stranger.__module__, "Stranger")
    open_minded = serializer(SerdeSpec(allowed_msgpack_modules=True))
    written = open_minded.dumps_typed(Stranger("Ann"))
    assert open_minded.loads_typed(written) == Stranger("Ann")
    assert serializer(SerdeSpec(allowed_msgpack_modules=(name,))).loads_typed(written) == Stranger("Ann")
    assert serializer(SerdeSpec(allowed_msgpack_modules=None)).loads_typed(written) == {"name": "Ann"}


def test_a_checkpoint_is_never_unpickled() -> None:
    with pytest.raises(NotImplementedError):
        serializer(SerdeSpec()).loads_typed(("pickle", b"cos\nsystem\n."))


def test_json_constructors_of_types_that_are_not_allowed_stay_data() -> None:
    constructor = {"lc": 2, "type": "constructor", "id": [Stranger.__module__, "Stranger"], "kwargs": {"name": "Ann"}}
    written = ("json", orjson.dumps(constructor))
    assert serializer(SerdeSpec()).loads_typed(written) == constructor
