"""What `http.app` may name."""

import json
from pathlib import Path

import pytest
from starlette.applications import Starlette

from server.errors import StartupError
from server.langgraph_json import ProjectConfig, read_project
from server.own_app import load_own_app


def project(folder: Path, app: str | None, code: str) -> ProjectConfig:
    """A project whose `http.app` is that, in a file of that code."""
    (folder / "routes.py").write_text(code)
    config: dict[str, object] = {"graphs": {"a": "./graphs.py:a"}}
    if app is not None:
        config["http"] = {"app": app}
    path = folder / "langgraph.json"
    path.write_text(json.dumps(config))
    return read_project(path)


def test_a_project_need_not_have_one(tmp_path: Path) -> None:
    assert load_own_app(project(tmp_path, None, "")) is None


def test_an_app_is_loaded_from_its_file(tmp_path: Path) -> None:
    code = "from fastapi import FastAPI\napp = FastAPI()\n"
    assert isinstance(load_own_app(project(tmp_path, "./routes.py:app", code)), Starlette)


@pytest.mark.parametrize(
    ("app", "code", "named"),
    [
        ("./routes.py:app", "app = 5", "int"),
        ("./routes.py:app", "other = 5", "has no 'app'"),
        ("./nowhere.py:app", "", r"nowhere\.py"),
        ("./routes.py:app", "import nothing_of_that_name", "nothing_of_that_name"),
    ],
)
def test_what_is_no_app_is_refused_by_name(tmp_path: Path, app: str, code: str, named: str) -> None:
    with pytest.raises(StartupError, match=named):
        load_own_app(project(tmp_path, app, code))
