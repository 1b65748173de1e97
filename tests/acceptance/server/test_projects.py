"""What a project brings along: routes of its own, and changes while `planloom dev` watches."""

import json
import signal
from pathlib import Path

import httpx
from langgraph_sdk import get_client

from tests.acceptance.server.live import PROJECT, Planloom, serve
from tests.acceptance.server.running import said, texts

ROUTES = """
import os
from contextlib import asynccontextmanager
from fastapi import FastAPI, HTTPException

@asynccontextmanager
async def lifespan(app):
    app.state.started = os.environ["DATABASE_URL"].partition(":")[0]
    yield

app = FastAPI(lifespan=lifespan)

@app.get("/mine/{name}")
async def mine(name: str):
    if name == "missing":
        raise HTTPException(404, "no such thing")
    return {"name": name, "mode": os.environ["MODE"]}

@app.get("/ok")
async def ok():
    return {"hidden": True}
"""


def copied(folder: Path, **more: object) -> Path:
    """A copy of the tests' project with more in its `langgraph.json`; the path of that."""
    config = json.loads(PROJECT.read_text()) | more
    (folder / "graphs.py").write_text((PROJECT.parent / "graphs.py").read_text())
    (folder / "routes.py").write_text(ROUTES)
    path = folder / "langgraph.json"
    path.write_text(json.dumps(config))
    return path


async def test_a_projects_own_routes_are_served_with_ours(database_url: str, tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    config = copied(project, http={"app": "./routes.py:app"}, env={"LG_WEBHOOK_TOKEN": "t0ken", "MODE": "tested"})
    with serve(database_url, tmp_path, config=config) as server:
        async with httpx.AsyncClient(base_url=server.url, timeout=60) as http:
            assert (await http.get("/mine/ann")).json() == {"name": "ann", "mode": "tested"}
            missing = await http.get("/mine/missing")
            assert (missing.status_code, missing.json()) == (404, {"detail": "no such thing"})
            assert "x-request-id" in missing.headers
            assert (await http.get("/ok")).json()["ok"] is True, "the system's routes cannot be hidden"
            assert (await http.post("/threads", json={})).status_code == 200
            described = (await http.get("/openapi.json")).json()
            assert described["info"]["title"] == "Planloom"
            assert (await http.get("/docs")).status_code == 200
            info = (await http.get("/info")).json()
            assert info["model"]["demo"] is True
        assert server.stop() in {0, -signal.SIGTERM}
        assert "Traceback" not in server.stderr


async def test_dev_serves_a_changed_project_anew(database_url: str, tmp_path: Path) -> None:
    config = copied(tmp_path)
    arguments = ["dev", "--port", "0", "--config", str(config)]
    with Planloom(arguments, tmp_path, {"DATABASE_URL": database_url}) as dev:
        async with get_client(url=dev.url) as client:
            thread = await client.threads.create()
            outcome = await client.runs.wait(thread["thread_id"], "echo", input=said("hi"))
            assert texts(outcome)[-1] == "You said: hi"
        graphs = tmp_path / "graphs.py"
        graphs.write_text(graphs.read_text().replace('"You said:"', '"You meant:"'))
        url = dev.until(r"^API +(\S+)$", times=2).group(1)
        async with get_client(url=url) as client:
            outcome = await client.runs.wait(thread["thread_id"], "echo", input=said("ho"))
            assert texts(outcome) == ["hi", "You said: hi", "ho", "You meant: ho"]
        assert dev.stop() == 0
