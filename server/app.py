"""The HTTP application: `create_app` puts settings, graphs, services, routes and error handling together."""

import os
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.middleware.asyncexitstack import AsyncExitStackMiddleware
from starlette.middleware import Middleware
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.types import ASGIApp

from server.assistants import routes as assistants_routes
from server.auth.access import NOBODY
from server.auth.loading import load_auth
from server.auth.middleware import AccessMiddleware, Guard
from server.auth.security_schemes import secured
from server.cors import cors_middleware, named_origins
from server.crons import routes as crons_routes
from server.db.ready import ready_database
from server.dispatch import Dispatcher, RouteTable
from server.error_handlers import UnexpectedErrors, install_error_handlers
from server.graph_loader import load_graphs
from server.langgraph_json import ProjectConfig, read_project
from server.langgraph_sections import HttpSpec, SecuritySpec
from server.logs import configure_logs
from server.mount_prefix import MountPrefixMiddleware
from server.own_app import OwnRoutes, load_own_app, merged
from server.protocols.a2a import routes as a2a_routes
from server.protocols.a2a.tasks import TaskService
from server.protocols.events import command_routes, socket_routes
from server.protocols.events import routes as event_stream_routes
from server.protocols.mcp import routes as mcp_routes
from server.refusals import refusals
from server.request_ids import RequestIdMiddleware
from server.runs import feedback_routes, record_routes, thread_routes
from server.runs import routes as runs_routes
from server.runtime import running
from server.settings import Settings, load_settings
from server.store import routes as store_routes
from server.system import observation, reference
from server.system import routes as system_routes
from server.threads import routes as threads_routes
from server.webhooks import routes as webhooks_routes
from server.webhooks.own_app import OwnApp

CONFIG_VARIABLE = "PLANLOOM_CONFIG"
"""Names the `langgraph.json` for `create_app` when a process manager calls it without arguments."""


_SERVICES = (
    "assistants",
    "threads",
    "runs",
    "run_records",
    "run_feedback",
    "thread_stream",
    "thread_events",
    "commands",
    "store",
    "crons",
    "mcp",
)
"""What of the runtime is bound to a caller before it is used."""


class Application(FastAPI):
    """Our FastAPI application: requests for the API go by its table of routes, and its OpenAPI document describes the
    project's own routes too."""

    def build_middleware_stack(self) -> ASGIApp:
        """FastAPI's, without what only its own way of serving routes needs. What nobody expected is answered inside all
        middleware, so that the answer has its request's id and what browsers want; what middleware runs into, outside.
        """
        handlers = {kind: handler for kind, handler in self.exception_handlers.items() if kind not in (500, Exception)}
        server_error: Any = self.exception_handlers.get(Exception) or self.exception_handlers[500]
        stack: ASGIApp = Dispatcher(self.state.table, self.state.own_routes, AsyncExitStackMiddleware(self.router))
        for middleware, args, options in reversed([
            Middleware(ServerErrorMiddleware, handler=server_error),
            *self.user_middleware,
            Middleware(UnexpectedErrors, answer=server_error),
            Middleware(ExceptionMiddleware, handlers=handlers),
        ]):  # fmt: skip
            stack = middleware(stack, *args, **options)
        return stack

    def openapi(self) -> dict[str, Any]:
        """The whole document."""
        document = super().openapi()
        return secured({**document, **merged(document, self.state.own_routes.openapi())}, self.state.security)


def create_app(settings: Settings | None = None, config: Path | None = None) -> FastAPI:
    """The server for one `langgraph.json` (by default the one of `PLANLOOM_CONFIG`, else of the working directory).

    Its lifespan starts the embedded Postgres if no database is named, migrates, and runs a worker. Graphs are imported
    when the lifespan starts, after their environment is in place. Raises `StartupError`.
    """
    project = read_project(config or Path(os.environ.get(CONFIG_VARIABLE, "langgraph.json")))
    project.apply_env()
    settings = settings or load_settings()
    configure_logs(settings)
    http = project.http
    app = Application(
        title="Planloom",
        version=version("planloom"),
        description="A LangGraph agent server: assistants, threads, runs and their event streams.",
        lifespan=_lifespan(settings, project),
        redirect_slashes=True,
        openapi_url=None if http.disable_meta else "/openapi.json",
        docs_url=None,  # these would load their scripts from elsewhere: `system/reference.py` is ours
        redoc_url=None,
        telemetry={"tracing": False, "metrics": False, "logs": False},  # it would look for providers at each request
    )
    app.state.settings = settings
    app.state.security = project.auth.openapi if project.auth else SecuritySpec()
    app.state.named_origins = named_origins(settings, http.cors)
    app.state.mount_prefix = http.mount_prefix
    app.state.on_started = []
    app.state.on_stopping = []
    app.state.checks_database = not http.disable_meta
    app.state.own_routes = OwnRoutes()
    system = [system_routes.router]
    if not http.disable_meta:
        system += [system_routes.meta_router, observation.router]
    for router in system:
        app.include_router(router)
    if not http.disable_meta:
        app.include_router(reference.router)
    app.router.routes.append(app.state.own_routes)
    everywhere = refusals(401, 403, 503) if project.auth else refusals(503)
    for router in _api_routers(http):
        app.include_router(router, responses=everywhere)
    app.state.table = RouteTable([*system, *_api_routers(http)])
    install_error_handlers(app)
    return app


def _api_routers(http: HttpSpec) -> list[APIRouter]:
    """The API's resources that the project does not leave out. A thread's runs are runs."""
    resources = (
        (http.disable_assistants, [assistants_routes.router]),
        (http.disable_threads, [threads_routes.router, runs_routes.threads_router, thread_routes.router]),
        (
            http.disable_runs,
            [
                runs_routes.router,
                runs_routes.stateless_router,
                record_routes.router,
                feedback_routes.router,
                feedback_routes.stateless_router,
            ],
        ),
        (
            http.disable_threads or http.disable_runs,
            [command_routes.router, event_stream_routes.router, socket_routes.router],
        ),
        (http.disable_runs, [crons_routes.router, crons_routes.thread_router]),
        (http.disable_store, [store_routes.router]),
        (http.disable_mcp, [mcp_routes.router]),
        (http.disable_a2a, [a2a_routes.router]),
        (http.disable_runs or http.disable_webhooks, [webhooks_routes.router]),
    )
    return [router for left_out, routers in resources if not left_out for router in routers]


def _middleware(
    settings: Settings, http: HttpSpec, own: list[Middleware], access: Middleware, observers: list[Middleware]
) -> list[Middleware]:
    """From the outside in. The project's own is around authentication, unless `middleware_order` says otherwise."""
    prefix = [Middleware(MountPrefixMiddleware, http.mount_prefix)] if http.mount_prefix else []
    cors = cors_middleware(settings, http.cors)
    ours = [Middleware(RequestIdMiddleware, http.logging_headers), *observers]
    if http.middleware_order == "middleware_first":
        return [*ours, *own, cors, *prefix, access]
    return [*ours, cors, *prefix, access, *own]


def _guarded(app: FastAPI, settings: Settings, project: ProjectConfig) -> Middleware:
    """The choke point of the project's `auth`; without one it lets everybody do everything."""
    guard = Guard(
        *load_auth(project),
        configurable_headers=project.http.configurable_headers,
        protects_own_routes=project.http.enable_custom_route_auth,
        max_body_bytes=settings.max_body_bytes,
    )
    return Middleware(AccessMiddleware, guard, app.state.table, app.state.own_routes)


def _lifespan(settings: Settings, project: ProjectConfig) -> Any:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[Mapping[str, Any] | None]:
        async with AsyncExitStack() as stack:
            stack.enter_context(_noting_failure(app))
            database_url = await stack.enter_async_context(ready_database(settings))
            settings.export(database_url)
            graphs = load_graphs(project)
            own = load_own_app(project)
            own_state = None
            access = _guarded(app, settings, project)
            receiver = OwnApp(app, app.state.own_routes, project.http.mount_prefix, settings.webhook_timeout_seconds)
            runtime = await stack.enter_async_context(running(settings, graphs, database_url, project, receiver))
            app.state.pool = runtime.pool
            app.state.traces = runtime.tracing.is_on
            app.state.worker = runtime.worker
            app.state.queue_depth = runtime.queue_depth
            app.state.health = runtime.health
            if runtime.worker is not None:
                app.state.on_stopping.append(runtime.worker.stop_taking)
            for name in _SERVICES:
                # of no use until a route binds it to its caller
                setattr(app.state, name, getattr(runtime, name).on_behalf_of(NOBODY))
            app.state.a2a_pushes = runtime.pushes
            tasks = TaskService(runtime.pool, runtime.assistants, runtime.threads, runtime.runs, runtime.pushes)
            app.state.a2a_tasks = tasks.on_behalf_of(NOBODY)
            app.state.webhooks = runtime.webhooks.service.on_behalf_of(NOBODY)
            if own is not None:
                app.state.own_routes.take_in(own, app)
                own_state = await stack.enter_async_context(own.router.lifespan_context(own))
            app.user_middleware = _middleware(
                settings, project.http, app.state.own_routes.middleware, access, runtime.telemetry.middleware()
            )
            app.middleware_stack = None  # built anew, now that all of it is known
            app.state.started = True
            if own is not None:
                runtime.webhooks.start_own(own_state)
            for announce in app.state.on_started:
                announce(graphs.ids)
            yield own_state

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
