"""What a `langgraph.json` may say, and what is said about one that says something else."""

import os
from pathlib import Path
from typing import Any

import orjson
import pytest

from server.errors import StartupError
from server.langgraph_json import ProjectConfig, read_project


def _read(tmp_path: Path, /, **content: Any) -> ProjectConfig:
    file = tmp_path / "langgraph.json"
    file.write_bytes(orjson.dumps({"graphs": {"a": "./a.py:graph"}, **content}))
    return read_project(file)


def _refused(tmp_path: Path, /, **content: Any) -> str:
    with pytest.raises(StartupError) as error:
        _read(tmp_path, **content)
    message = str(error.value)
    assert "\n" not in message
    return message


def test_a_graph_is_a_path_or_an_object_with_a_description(tmp_path: Path) -> None:
    project = _read(tmp_path, graphs={"a": "./a.py:graph", "b": {"path": "pkg.mod:make", "description": "B"}})
    assert project.graphs["a"].path == "./a.py:graph"
    assert project.graphs["b"].description == "B"
    assert "graphs.a.path: must be './file.py:name'" in _refused(tmp_path, graphs={"a": "./a.py"})
    assert "graphs.a.descripton" in (told := _refused(tmp_path, graphs={"a": {"path": "a:b", "descripton": ""}}))
    assert "did you mean 'description'?" in told


def test_keys_that_only_concern_images_are_of_no_effect(tmp_path: Path) -> None:
    project = _read(tmp_path, python_version="3.11", dockerfile_lines=["RUN true"], image_distro="wolfi")
    assert project.store.index is None


def test_every_section_has_the_official_defaults(tmp_path: Path) -> None:
    project = _read(tmp_path, store={"ttl": {}}, checkpointer={"ttl": {"default_ttl": 60}}, http={"cors": {}})
    assert project.store.ttl is not None
    assert (project.store.ttl.refresh_on_read, project.store.ttl.default_ttl) == (True, None)
    ttl = project.checkpointer.ttl
    assert ttl is not None
    assert (ttl.strategy, ttl.default_ttl, ttl.sweep_interval_minutes, ttl.sweep_limit) == ("delete", 60, 5, 1000)
    assert project.http.cors is not None
    assert (project.http.cors.allow_methods, project.http.cors.max_age) == (["GET"], 600)
    assert project.http.middleware_order == "middleware_first"
    assert project.http.configurable_headers.includes == []


def test_null_is_the_same_as_absent(tmp_path: Path) -> None:
    given = {"store": None, "checkpointer": None, "auth": None, "http": None, "webhooks": None}
    assert _read(tmp_path, **given) == _read(tmp_path)
    index = {"dims": 3, "embed": "openai:x", "fields": None}
    spec = _read(tmp_path, store={"index": index, "ttl": None}, http={"cors": None, "mount_prefix": None})
    assert spec.store.index is not None
    assert spec.store.index.fields == ["$"]


@pytest.mark.parametrize(
    ("content", "where", "near"),
    [
        ({"grahps": {}}, "grahps", "'graphs'"),
        ({"stores": {}}, "stores", "'store'"),
        ({"store": {"idnex": {}}}, "store.idnex", "'index'"),
        ({"store": {"ttl": {"default": 3}}}, "store.ttl.default", "'default_ttl'"),
        (
            {"checkpointer": {"serde": {"allowed_json_module": []}}},
            "checkpointer.serde.allowed_json_module",
            "modules'",
        ),
        ({"auth": {"path": "a:b", "disable_studio": True}}, "auth.disable_studio", "'disable_studio_auth'"),
        ({"auth": {"path": "a:b", "cache": {"cache_keys": ["a"], "ttl": 1}}}, "auth.cache.ttl", "known: cache_keys"),
        ({"http": {"cors": {"allow_origin": []}}}, "http.cors.allow_origin", "'allow_origins'"),
        ({"http": {"disable_assistant": True}}, "http.disable_assistant", "'disable_assistants'"),
        ({"folder": "/tmp"}, "folder", "known: graphs"),
    ],
)
def test_an_unknown_key_is_an_error_that_names_the_nearest(
    tmp_path: Path, content: dict[str, Any], where: str, near: str
) -> None:
    message = _refused(tmp_path, **content)
    assert f"langgraph.json: {where}: this version does not know this key" in message
    assert near in message


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ({"checkpointer": {"serde": {"pickle_fallback": True}}}, "unpickling runs whatever code"),
        ({"checkpointer": {"serde": {"allowed_json_modules": True}}}, "construct any Python type"),
        ({"checkpointer": {"serde": {"allowed_json_modules": [["State"]]}}}, "a module and a name"),
        ({"checkpointer": {"path": "./c.py:saver"}}, "the server's own Postgres"),
        ({"encryption": {"path": "./e.py:encryption"}}, "does not encrypt"),
        ({"priority": {"path": "./p.py:priority"}}, "in the order they come"),
        ({"webhooks": {"headers": {}}}, "does not call webhooks"),
        ({"store": {"index": {"dims": 0, "embed": "openai:x"}}}, "store.index.dims"),
        ({"http": {"mount_prefix": "api"}}, "must be a path such as '/api'"),
        ({"auth": {}}, "auth.path: Field required"),
    ],
)
def test_what_cannot_be_served_is_refused_with_its_reason(tmp_path: Path, content: dict[str, Any], told: str) -> None:
    assert told in _refused(tmp_path, **content)


def test_types_of_checkpoints_are_named_by_module_and_name(tmp_path: Path) -> None:
    allowed = [["my_agent.models", "State"]]
    serde = {"allowed_json_modules": allowed, "allowed_msgpack_modules": None, "pickle_fallback": False}
    project = _read(tmp_path, checkpointer={"serde": serde})
    assert project.checkpointer.serde.allowed_json_modules == (("my_agent.models", "State"),)
    assert project.checkpointer.serde.allowed_msgpack_modules is None


def test_a_file_that_is_missing_or_no_json_is_told_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(StartupError, match=r"cannot read .*none\.json"):
        read_project(tmp_path / "none.json")
    (tmp_path / "bad.json").write_text("{")
    with pytest.raises(StartupError, match="is not JSON"):
        read_project(tmp_path / "bad.json")
    (tmp_path / "list.json").write_text("[]")
    with pytest.raises(StartupError, match="must hold a JSON object"):
        read_project(tmp_path / "list.json")


def test_env_comes_from_a_map_or_a_file_and_never_wins_over_what_is_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PROJECT_A", "PROJECT_B"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    monkeypatch.setenv("PROJECT_SET", "mine")
    _read(tmp_path, env={"PROJECT_A": "1", "PROJECT_SET": "theirs"}).apply_env()
    (tmp_path / "project.env").write_text('PROJECT_B="two words"\n')
    _read(tmp_path, env="project.env").apply_env()
    assert (os.environ["PROJECT_A"], os.environ["PROJECT_B"], os.environ["PROJECT_SET"]) == ("1", "two words", "mine")
    with pytest.raises(StartupError, match=r"there is no file .*missing\.env"):
        _read(tmp_path, env="missing.env").apply_env()
    _read(tmp_path, env=".env").apply_env()
