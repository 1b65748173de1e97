"""The HTTP application: `create_app` puts settings, graphs, services, routes and error handling together."""

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.middleware.cors import CORSMiddleware

from server.assistants import routes as assistants_routes
from server.db.ready import ready_database
from server.error_handlers import install_error_handlers
from server.errors import StartupError
from server.graph_loader import load_graphs
from server.langgraph_json import ProjectConfig, read_project
from server.logs import configure_logs
from server.own_app import load_own_app
from server.request_ids import RequestIdMiddleware
from server.runs import routes as runs_routes
from server.runtime import running
from server.settings import Settings, load_settings
from server.system import routes as system_routes
from server.threads import routes as threads_routes

CONFIG_VARIABLE = "PLANLOOM_CONFIG"
"""Names the `langgraph.json` for `create_app` when a process manager calls it without arguments."""

_EXPOSED_HEADERS = [
    "x-pagination-total",
    "x-pagination-next",
    "content-location",
    "location",
    "x-request-id",
    "x-ignored-fields",
]


def create_app(settings: Settings | None = None, config: Path | None = None) -> FastAPI:
    """The server for one `langgraph.json` (by default the one of `PLANLOOM_CONFIG`, else of the working directory).

    Its lifespan starts the embedded Postgres if no database is named, migrates, and runs a worker. Graphs are imported
    when the lifespan starts, after their environment is in place. Raises `StartupError`.
    """
    project = read_project(config or Path(os.environ.get(CONFIG_VARIABLE, "langgraph.json")))
    if project.auth is not None:
        raise StartupError(
            "langgraph.json: auth: this version cannot enforce it on every route, so it does not start with it"
        )
    project.apply_env()
    settings = settings or load_settings()
    configure_logs(settings)
    app = FastAPI(
        title="Planloom",
        version=version("planloom"),
        description="A LangGraph agent server: assistants, threads, runs and their event streams.",
        lifespan=_lifespan(settings, project),
        redirect_slashes=True,
    )
    app.state.settings = settings
    app.state.on_started = []
    for router in (
        system_routes.router,
        assistants_routes.router,
        threads_routes.router,
        runs_routes.router,
        runs_routes.stateless_router,
        runs_routes.threads_router,
    ):
        app.include_router(router)
    install_error_handlers(app)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=settings.cors_origins,
        allow_methods=["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"],
        allow_headers=["*"],
        expose_headers=_EXPOSED_HEADERS,
        allow_private_network=_is_loopback(settings.host),
    )
    app.add_middleware(RequestIdMiddleware)
    return app


def _lifespan(settings: Settings, project: ProjectConfig) -> Any:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            stack.enter_context(_noting_failure(app))
            database_url = await stack.enter_async_context(ready_database(settings))
            settings.export(database_url)
            graphs = load_graphs(project)
            own = load_own_app(project)
            runtime = await stack.enter_async_context(
                running(settings, graphs, database_url, workers=settings.workers, thread_ttl=project.checkpointer.ttl)
            )
            for name in ("pool", "assistants", "threads", "runs"):
                setattr(app.state, name, getattr(runtime, name))
            if own is not None:
                _take_in(app, own)
                await stack.enter_async_context(own.router.lifespan_context(own))
            app.state.started = True
            for announce in app.state.on_started:
                announce(graphs.ids)
            yield

    return lifespan


@contextmanager
def _noting_failure(app: FastAPI) -> Iterator[None]:
    """Keep what made the start fail, for the command that started the server to tell."""
    try:
        yield
    except Exception as error:
        if not getattr(app.state, "started", False):
            app.state.startup_failure = error
        raise


def _take_in(app: FastAPI, own: Starlette) -> None:
    """Serve the project's own routes before ours, except the system's, which nothing may hide."""
    standard = {"/openapi.json", "/docs", "/docs/oauth2-redirect", "/redoc"}
    own_routes = [route for route in own.routes if getattr(route, "path", None) not in standard]
    first = len(standard) + len(system_routes.router.routes)
    app.router.routes[first:first] = own_routes


def _is_loopback(host: str) -> bool:
    return host in ("127.0.0.1", "localhost", "::1")
