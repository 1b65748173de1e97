"""`langgraph.json` as it is read, and what is refused of it."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from server.errors import StartupError
from server.graph_loader import load_graphs
from server.langgraph_json import read_project

GRAPH = "from tests.project.graphs import echo\nnumber = 1\n"


def written(folder: Path, config: Any) -> Path:
    """The path of a `langgraph.json` of that content."""
    path = folder / "langgraph.json"
    path.write_text(config if isinstance(config, str) else json.dumps(config))
    return path


def test_both_forms_of_a_graph_are_read(tmp_path: Path) -> None:
    graphs = {"a": "./a.py:graph", "b": {"path": "pkg.b:make", "description": "B"}}
    project = read_project(written(tmp_path, {"graphs": graphs}))
    assert project.graphs["a"].path == "./a.py:graph"
    assert (project.graphs["b"].path, project.graphs["b"].description) == ("pkg.b:make", "B")
    assert project.folder == tmp_path.resolve()


@pytest.mark.parametrize(
    ("config", "named"),
    [
        ("{", ["langgraph.json", "is not JSON"]),
        ("[]", ["must hold a JSON object"]),
        ({}, ["graphs"]),
        ({"graphs": {}}, ["graphs"]),
        ({"graphs": {"echo": "./graphs.py"}}, ["graphs.echo", "./file.py:name"]),
        ({"graphs": {"echo": "./graphs.py:not-a-name"}}, ["graphs.echo"]),
        ({"graphs": {"echo": 5}}, ["graphs.echo"]),
        ({"graphs": {"echo": "./a.py:echo"}, "dependancies": []}, ["dependancies", "'dependencies'"]),
        ({"graphs": {"echo": "./a.py:echo"}, "http": {"ap": "x"}}, ["http.ap", "'app'"]),
        ({"graphs": {"echo": "./a.py:echo"}, "env": 5}, ["env"]),
    ],
)
def test_what_is_wrong_is_named_in_one_line(tmp_path: Path, config: Any, named: list[str]) -> None:
    with pytest.raises(StartupError) as refused:
        read_project(written(tmp_path, config))
    said = str(refused.value)
    assert [name for name in named if name not in said] == []
    assert "\n" not in said


def test_keys_that_concern_images_only_are_fine(tmp_path: Path) -> None:
    config = {"graphs": {"a": "./a.py:graph"}, "python_version": "3.11", "dockerfile_lines": [], "$schema": "x"}
    assert list(read_project(written(tmp_path, config)).graphs) == ["a"]


def test_a_projects_variables_yield_to_what_is_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.environ", {"SET": "before"})
    config = {"graphs": {"a": "./a.py:graph"}, "env": {"SET": "project", "UNSET": "project"}}
    read_project(written(tmp_path, config)).apply_env()
    assert dict(os.environ) == {"SET": "before", "UNSET": "project"}
    (tmp_path / "my.env").write_text("FROM_FILE=yes\n")
    read_project(written(tmp_path, {"graphs": {"a": "./a.py:graph"}, "env": "my.env"})).apply_env()
    assert os.environ["FROM_FILE"] == "yes"
    with pytest.raises(StartupError, match=r"missing\.env"):
        read_project(written(tmp_path, {"graphs": {"a": "./a.py:graph"}, "env": "missing.env"})).apply_env()
    read_project(written(tmp_path, {"graphs": {"a": "./a.py:graph"}, "env": ".env"})).apply_env()


def test_files_are_loaded_relative_to_the_config(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(GRAPH)
    project = read_project(written(tmp_path, {"dependencies": ["./"], "graphs": {"mine": "./mine.py:echo"}}))
    assert load_graphs(project).ids == ["mine"]


@pytest.mark.parametrize(
    ("code", "attribute", "named"),
    [
        ("broken = (", "broken", ["SyntaxError"]),
        ("import nothing_of_that_name", "x", ["nothing_of_that_name"]),
        ("raise ValueError('two\\nlines')", "x", ["ValueError", "two lines"]),
        ("", "x", ["has no 'x'"]),
        ("x = 1", "x", ["int"]),
    ],
)
def test_a_graph_that_cannot_be_loaded_is_named(tmp_path: Path, code: str, attribute: str, named: list[str]) -> None:
    (tmp_path / "broken.py").write_text(code)
    project = read_project(written(tmp_path, {"graphs": {"mine": f"./broken.py:{attribute}"}}))
    with pytest.raises(StartupError) as refused:
        load_graphs(project)
    assert [name for name in ["'mine'", "broken.py", *named] if name not in str(refused.value)] == []


@pytest.mark.parametrize("path", ["./nowhere.py:x", "nowhere_at_all:x", "json:x"])
def test_a_graph_that_is_not_there_is_named(tmp_path: Path, path: str) -> None:
    project = read_project(written(tmp_path, {"graphs": {"mine": path}}))
    with pytest.raises(StartupError, match="'mine'"):
        load_graphs(project)


@pytest.mark.parametrize(
    ("section", "exported"),
    [({"files": {"command": "x"}}, '{"files":{"command":"x"}}'), ("mcp.json", "{folder}/mcp.json"), (None, None)],
)
def test_mcp_servers_are_told_to_the_agents_unless_the_environment_does(
    section: Any, exported: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MCP_SERVERS", "")
    monkeypatch.delenv("MCP_SERVERS")
    project = read_project(written(tmp_path, {"graphs": {"a": "./a.py:graph"}, "mcp_servers": section}))
    project.apply_env()
    expected = None if exported is None else exported.replace("{folder}", str(tmp_path.resolve()))
    assert os.environ.get("MCP_SERVERS") == expected
    monkeypatch.setenv("MCP_SERVERS", "{}")
    project.apply_env()
    assert os.environ["MCP_SERVERS"] == "{}"
