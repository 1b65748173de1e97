"""The programs in examples/ do what they say, each against the server of examples/langgraph.json."""

import runpy
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.acceptance.server.live import REPO, fresh_database, serve
from tests.serving import free_port

EXAMPLES = REPO / "examples"
SECRET = "whsec_bm90IGEgc2VjcmV0IG9mIGFueWJvZHkncw=="


@dataclass(frozen=True)
class Programs:
    """Runs the programs here, as their imports take longer than what they do."""

    url: str
    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]

    def printed(self, name: str) -> list[str]:
        """The lines that a program prints."""
        self.monkeypatch.setattr(sys, "argv", [name, self.url])
        runpy.run_path(str(EXAMPLES / f"{name}.py"), run_name="__main__")
        return [line for line in self.capsys.readouterr().out.splitlines() if line.strip()]


@pytest.fixture(scope="module")
def url(postgres_url: str, template_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server that may send webhooks to this machine, and knows a server of tools."""
    port = str(free_port())
    environment = {"WEBHOOK_SECRET": SECRET, "WEATHER_URL": f"http://127.0.0.1:{port}/mcp"}
    folder: Path = tmp_path_factory.mktemp("examples")
    with subprocess.Popen(
        [sys.executable, str(EXAMPLES / "mcp_server.py"), port], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as tools:
        try:
            with (
                fresh_database(postgres_url, template_database) as database_url,
                serve(database_url, folder, config=EXAMPLES / "langgraph.json", environment=environment) as server,
            ):
                yield server.url
        finally:
            tools.terminate()


@pytest.fixture
def programs(url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Programs:
    """The programs, against that server."""
    monkeypatch.setenv("WEBHOOK_SECRET", SECRET)
    return Programs(url, monkeypatch, capsys)


def _a_plan_was_made_and_changed(printed: Sequence[str]) -> None:
    assert any(line.startswith("8-week half marathon plan") for line in printed)
    assert any("13.5 → 15.5 km. The plan is now version 2." in line for line in printed)


def test_a_conversation_by_the_event_protocol(programs: Programs) -> None:
    printed = programs.printed("threads_stream")
    _a_plan_was_made_and_changed(printed)
    assert any(line.startswith("[asked] ") for line in printed)


def test_an_assistant_is_a_node_of_another_graph(programs: Programs) -> None:
    steps = ["[step] coach", "[step] shorten", "In short: 8-week half marathon plan"]
    assert [line[: len(step)] for line, step in zip(programs.printed("remote_graph"), steps, strict=True)] == steps


def test_a_cron_runs_and_is_taken_away(programs: Programs) -> None:
    printed = programs.printed("cron")
    assert printed[0].startswith("[ran] success for cron ")
    assert "There is no plan in this conversation yet." in printed[1]


def test_a_webhook_is_believed_by_its_signature(programs: Programs) -> None:
    printed = programs.printed("webhook_receiver")
    assert printed[0].startswith("[told] success ")
    assert "running coach" in printed[1]


def test_an_mcp_client_holds_a_conversation(programs: Programs) -> None:
    printed = programs.printed("mcp_client")
    assert printed[0].startswith("[tool] coach - Builds and edits running plans")
    _a_plan_was_made_and_changed(printed)


def test_an_assistant_uses_the_tool_of_an_mcp_server(programs: Programs) -> None:
    printed = programs.printed("mcp_tools")
    assert printed[0] == "[calls] forecast {'city': 'Lisbon'}"
    assert "Lisbon: sunny, 18 °C" in printed[-1]


def test_an_a2a_agent_gives_a_task_and_answers_its_question(programs: Programs) -> None:
    printed = programs.printed("a2a_client")
    _a_plan_was_made_and_changed(printed)
    states = [line.removeprefix("[task] TASK_STATE_") for line in printed if line.startswith("[task]")]
    assert states == ["COMPLETED", "INPUT_REQUIRED", "COMPLETED"]


def test_the_readme_names_every_example() -> None:
    readme = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    files = {path.name for path in EXAMPLES.iterdir() if path.is_file()} - {"README.md"}
    assert {name for name in files if f"`{name}`" not in readme} == set()
    assert all(len(path.read_text().splitlines()) <= 60 for path in EXAMPLES.glob("*.*") if path.name != "README.md")
