"""From settings and langgraph.json to what is traced, and whose trace headers count."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

from server.auth.access import Access
from server.auth.middleware import AccessMiddleware, Guard
from server.dispatch import RouteTable
from server.errors import StartupError
from server.langgraph_json import ProjectConfig, read_project
from server.settings import Settings, load_settings
from server.tracing.opening import tracing_options
from server.tracing.service import TracingOptions

KEY = "lsv2_pt_0123456789abcdef"
CALLER = "20261121T152513314104Z01a1feb6-28cf-7739-a89a-c41521c6c2dc"


@pytest.fixture(autouse=True)
def nobodys_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the caller's shell and `.env` say of tracing does not count."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith(("LANGSMITH_", "LANGCHAIN_", "TRACING_"))]:
        monkeypatch.delenv(name)


def project(folder: Path, **tracing: Any) -> ProjectConfig:
    """A project of two graphs."""
    graphs = {"care": "./graphs.py:care", "coach": "./graphs.py:coach"}
    (folder / "langgraph.json").write_text(json.dumps({"graphs": graphs, "tracing": tracing}))
    return read_project(folder / "langgraph.json")


def settings(**given: Any) -> Settings:
    """Settings that trace."""
    return load_settings(**{"langsmith_tracing": True, "langsmith_api_key": KEY, **given})


def options(folder: Path, tracing: dict[str, Any], **given: Any) -> TracingOptions:
    """The options of a project that traces."""
    found = tracing_options(settings(**given), project(folder, **tracing))
    assert found is not None
    return found


def test_both_the_switch_and_the_key_are_needed(tmp_path: Path) -> None:
    for given in ({"langsmith_tracing": False}, {"langsmith_api_key": None}):
        assert tracing_options(load_settings(**{"langsmith_tracing": True, **given}), project(tmp_path)) is None
    assert options(tmp_path, {}).url == "https://api.smith.langchain.com"


def test_a_graph_is_hidden_until_it_is_named_as_shown(tmp_path: Path) -> None:
    declared = {"exclude": ["library"], "graphs": {"care": {"hide": True, "exclude": ["diary"], "project": "care"}}}
    found = options(tmp_path, declared)
    care, coach = found.policies["care"], found.policies["coach"]
    assert (care.hide_inputs, care.hide_outputs, care.hide_metadata) == (True, True, True)
    assert (coach.hide_inputs, coach.hide_outputs, coach.hide_metadata) == (False, False, False)
    assert (care.excluded, coach.excluded) == ({"library", "diary"}, {"library"})
    assert found.projects == {"care": "care"}
    assert not options(tmp_path, declared, tracing_show="coach,care").policies["care"].hide_inputs


def test_an_operator_may_hide_everything(tmp_path: Path) -> None:
    found = options(tmp_path, {}, langsmith_hide_inputs=True, langsmith_hide_metadata=True).policies["coach"]
    assert (found.hide_inputs, found.hide_outputs, found.hide_metadata) == (True, False, True)


@pytest.mark.parametrize(
    ("declared", "given", "named"),
    [
        ({"graphs": {"cares": {"hide": True}}}, {}, "'cares'"),
        ({}, {"tracing_show": "cares"}, "'cares'"),
        ({"redactor": "./nowhere.py:redact"}, {}, "tracing.redactor"),
        ({"redactor": "./mine.py:number"}, {}, "is no function"),
    ],
)
def test_what_would_leave_something_unhidden_stops_the_start(
    tmp_path: Path, declared: dict[str, Any], given: dict[str, Any], named: str
) -> None:
    (tmp_path / "mine.py").write_text("number = 1\n")
    with pytest.raises(StartupError, match=named):
        options(tmp_path, declared, **given)


def test_a_projects_redactor_is_loaded(tmp_path: Path) -> None:
    (tmp_path / "redaction.py").write_text("def redact(step):\n    return {}\n")
    redactor = options(tmp_path, {"redactor": "./redaction.py:redact"}).policies["coach"].redactor
    assert redactor is not None
    assert redactor({"inputs": 1}) == {}


def test_unknown_keys_of_the_section_are_named(tmp_path: Path) -> None:
    with pytest.raises(StartupError, match=r"tracing\.graphs\.care\.hidden.*'hide'"):
        project(tmp_path, graphs={"care": {"hidden": True}})


def test_langchains_names_of_the_settings_are_read_and_ours_win(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGCHAIN_TRACING_V2", "true")
    monkeypatch.setenv("LANGCHAIN_API_KEY", KEY)
    assert load_settings().langsmith_tracing
    monkeypatch.setenv("LANGSMITH_TRACING", "false")
    assert not load_settings().langsmith_tracing


def test_libraries_do_not_trace_by_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.environ", {"LANGCHAIN_TRACING_V2": "true"})
    settings().export("postgresql://localhost/x")
    names = ("LANGSMITH_TRACING", "LANGSMITH_TRACING_V2", "LANGCHAIN_TRACING", "LANGCHAIN_TRACING_V2")
    assert {os.environ[name] for name in names} == {"false"}


async def test_without_authentication_no_caller_says_where_its_trace_hangs() -> None:
    seen: list[Access] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope["state"]["access"])

    async def receive() -> Message:
        return {"type": "http.request", "body": b""}

    async def send(_: Message) -> None:
        """Nobody reads it."""

    middleware = AccessMiddleware(app, Guard(), RouteTable([]), Route("/own", app))
    scope = {"type": "http", "method": "POST", "path": "/runs", "headers": [(b"langsmith-trace", CALLER.encode())]}
    await middleware(scope, receive, send)
    assert [access.trace_parent for access in seen] == [None]


def test_our_own_project_hides_what_is_said_of_health() -> None:
    ours = read_project(Path(__file__).parents[3] / "langgraph.json")
    assert {graph_id for graph_id in ours.graphs if ours.tracing.of(graph_id).hide} == {"care", "chat"}
