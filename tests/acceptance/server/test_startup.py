"""What keeps the server from starting: one clear line, exit code 1, no traceback."""

import json
import socket
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from tests.acceptance.server.live import PROJECT, Planloom

GRAPHS = (PROJECT.parent / "graphs.py").read_text()


def refusal(arguments: Sequence[str], folder: Path, environment: dict[str, str]) -> str:
    """The one line that the command ends with."""
    with Planloom(arguments, folder, environment) as command:
        code = command.wait()
        said = command.stderr
    assert code == 1, said
    assert "Traceback" not in said
    lines = [line for line in said.splitlines() if line.startswith("planloom: ")]
    assert len(lines) == 1, said
    assert said.splitlines()[-1] == lines[0]
    return lines[0]


def project(folder: Path, config: object, code: str = GRAPHS) -> list[str]:
    """The command that serves a project of that `langgraph.json` and code."""
    (folder / "graphs.py").write_text(code)
    path = folder / "langgraph.json"
    path.write_text(config if isinstance(config, str) else json.dumps(config))
    return ["serve", "--port", "0", "--config", str(path)]


def test_a_missing_langgraph_json_is_named(tmp_path: Path) -> None:
    line = refusal(["serve", "--config", "nowhere.json"], tmp_path, {})
    assert "nowhere.json" in line
    assert "--config" in line


def test_a_broken_graph_is_named(tmp_path: Path, database_url: str) -> None:
    arguments = project(tmp_path, {"graphs": {"echo": "./graphs.py:echo"}}, "raise ValueError('two\\nlines')")
    line = refusal(arguments, tmp_path, {"DATABASE_URL": database_url})
    assert [named for named in ("'echo'", "./graphs.py:echo", "ValueError", "two lines") if named not in line] == []


def test_a_database_that_cannot_be_reached_is_named(tmp_path: Path) -> None:
    environment = {"DATABASE_URL": "postgresql://nobody:secret@127.0.0.1:1/none"}
    line = refusal(["serve", "--port", "0", "--config", str(PROJECT)], tmp_path, environment)
    assert "cannot reach the database" in line
    assert "DATABASE_URL" in line
    assert "secret" not in line


def test_a_port_in_use_is_named(tmp_path: Path, database_url: str) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        arguments = ["serve", "--port", str(port), "--config", str(PROJECT)]
        line = refusal(arguments, tmp_path, {"DATABASE_URL": database_url})
    assert f"127.0.0.1:{port}" in line
    assert "--port" in line


def test_debug_shows_the_traceback(tmp_path: Path, database_url: str) -> None:
    arguments = [*project(tmp_path, {"graphs": {"echo": "./graphs.py:echo"}}, "1 / 0"), "--debug"]
    with Planloom(arguments, tmp_path, {"DATABASE_URL": database_url}) as command:
        code, said = command.wait(), command.stderr
    assert code == 1
    assert "Traceback" in said
    assert "ZeroDivisionError" in said
