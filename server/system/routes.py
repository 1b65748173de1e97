"""The system API: is it alive (`router`), what is it (`meta_router`, which a project may leave out)."""

from functools import cache
from importlib.metadata import version
from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.responses import JSONResponse

from server.db.pool import Pool
from server.refusals import refusals
from server.requests import WireRoute
from server.wire_json import WireResponse

API_VERSION = "0.16.7"
"""The version of the LangGraph API that is served, the one that the conformance suite compares with. Clients decide by it
what they may ask for: to Studio, a small number is an old server."""

_version = cache(version)  # it reads the file system

router = APIRouter(tags=["system"], route_class=WireRoute)
meta_router = APIRouter(tags=["system"], route_class=WireRoute)


@router.get("/ok", response_model=dict[str, Any], responses=refusals(422, 503))
async def ok(request: Request, check_db: bool = False) -> Response:
    """Whether the server answers; with `check_db`, whether its database does too."""
    if check_db and request.app.state.checks_database:
        pool: Pool = request.app.state.pool
        async with pool.connection() as connection:
            await connection.execute("select 1")
    return JSONResponse({"ok": True, "services": {}})


@router.get("/", include_in_schema=False)
async def root() -> Response:
    """The same as `/ok`: what a person sees who opens the server's address."""
    return JSONResponse({"ok": True, "services": {}})


@meta_router.get("/info", response_model=dict[str, Any])
async def info(request: Request) -> Response:
    """What this server is and can do."""
    settings = request.app.state.settings
    return WireResponse(
        {
            "version": API_VERSION,
            "planloom_version": _version("planloom"),
            "langgraph_py_version": _version("langgraph"),
            "flags": {
                "assistants": True,
                "crons": True,
                "langsmith": request.app.state.traces,
                "langsmith_tracing_replicas": False,
                "langsmith_tracing_session_on_runs": True,
            },
            "host": {
                "kind": "self-hosted",
                "project_id": None,
                "host_revision_id": None,
                "revision_id": settings.revision_id,
                "tenant_id": None,
            },
            "model": {"name": settings.answering_model, "demo": settings.answers_with_demo_model},
        }
    )
