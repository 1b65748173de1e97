"""The same app under the official LangGraph dev server: its routes, its errors, its rules."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.serving import free_port

REPO = Path(__file__).parents[3]
START_SECONDS = 150
_KEPT_OUT = re.compile(r"^(OPENAI_|MODEL|LLM_MODEL|EMBEDDINGS|LANGSMITH_|LANGCHAIN_|LANGGRAPH_|PLANLOOM_)")
PLAN = "I want an 8-week half marathon plan, I run 25 km a week, longest 10 km, 4 days"


@pytest.fixture
def official(database_url: str, tmp_path: Path) -> Iterator[httpx.Client]:
    """The official dev server with our graph and our app, in a process of its own."""
    config = tmp_path / "langgraph.json"
    app, graph = REPO / "server" / "product" / "app.py", REPO / "graphs" / "coach.py"
    served = {"dependencies": ["."], "graphs": {"coach": f"{graph}:graph"}, "http": {"app": f"{app}:app"}}
    config.write_text(json.dumps(served), encoding="utf-8")
    port = free_port()
    command = [
        str(Path(sys.executable).with_name("langgraph")), "dev", "--no-browser", "--no-reload",
        "--host", "127.0.0.1", "--port", str(port), "--config", str(config),
    ]  # fmt: skip
    inherited = {name: value for name, value in os.environ.items() if not _KEPT_OUT.match(name)}
    environment = {
        **inherited,
        "DATABASE_URL": database_url,
        "PYTHONPATH": str(REPO),
        "LANGSMITH_TRACING": "false",
        "LANGGRAPH_CLI_NO_ANALYTICS": "1",
    }
    log = tmp_path / "log"
    with (
        log.open("wb") as output,
        subprocess.Popen(
            command, cwd=tmp_path, env=environment, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        ) as process,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client,
    ):
        try:
            _wait(client, process, log)
            yield client
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(START_SECONDS)


def _wait(client: httpx.Client, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            if client.get("/ok").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError(f"it did not start:\n{log.read_text(errors='replace')[-4000:]}")


def test_plans_are_served_changed_and_checked_there_too(official: httpx.Client) -> None:
    thread = official.post("/threads", json={}).json()["thread_id"]
    said = {"messages": [{"role": "user", "content": PLAN}]}
    official.post(f"/threads/{thread}/runs/wait", json={"assistant_id": "coach", "input": said})
    plan = official.get(f"/threads/{thread}/plan")
    path, etag = f"/plans/{plan.json()['plan_id']}", plan.headers["etag"]

    patch = [{"op": "replace", "path": "/items/w3-long/data/km", "value": 14}]
    assert official.patch(path, json=patch, headers={"if-match": etag}).json()["version"]["version"] == 2
    stale = official.patch(path, json=patch, headers={"if-match": etag})
    assert (stale.status_code, stale.json()["head"]) == (412, 2)
    forbidden = official.patch(path, json=[{**patch[0], "value": 40}], headers={"if-match": "*"})
    assert (forbidden.status_code, bool(forbidden.json()["issues"])) == (422, True)
    assert official.post(f"{path}/undo").headers["etag"] == etag

    assert official.get("/plans/17").json() == {"detail": "Invalid plan ID: must be a UUID"}
    assert official.get("/plans", params={"limit": 0}).json()["detail"].startswith("query.limit: ")
    told = {"messages": [{"role": "user", "content": "remember that I run on Mondays"}]}
    official.post(f"/threads/{thread}/runs/wait", json={"assistant_id": "coach", "input": told})
    [memory] = official.get("/memories").json()["memories"]
    assert (memory["text"], memory["source"]["thread_id"]) == ("I run on Mondays", thread)
    assert official.delete(f"/memories/{memory['id']}").status_code == 204
    assert official.get("/memories").json()["memories"] == []
    assert "/plans/{plan_id}" in official.get("/openapi.json").json()["paths"]
