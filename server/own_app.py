"""The project's own HTTP app: what `http.app` in `langgraph.json` names, served before and around the API's routes.

Its routes come first, its lifespan is entered, its middleware and exception handlers also serve the API's routes.
"""

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.exception_handlers import http_exception_handler, request_validation_exception_handler
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

from server.errors import StartupError
from server.langgraph_json import ProjectConfig
from server.metrics.http import note_endpoint
from server.project_code import load_named

_FRAMEWORK_DEFAULTS = {http_exception_handler, request_validation_exception_handler}
_FRAMEWORK_PAGES = {"/openapi.json", "/docs", "/docs/oauth2-redirect", "/redoc"}


class OwnRoutes(BaseRoute):
    """The routes of the project's own app, at one place among ours. Empty until `take_in`."""

    def __init__(self) -> None:
        self._own: Starlette | None = None

    def take_in(self, own: Starlette, app: FastAPI) -> None:
        """Serve `own`'s routes here, and let its exception handlers serve `app`'s too."""
        self._own = own
        for what, handler in own.exception_handlers.items():
            if handler not in _FRAMEWORK_DEFAULTS and not _is_framework_default(what):
                app.exception_handlers[what] = handler

    @property
    def middleware(self) -> list[Middleware]:
        """The own app's middleware, outermost first."""
        return [] if self._own is None else list(self._own.user_middleware)

    def openapi(self) -> Mapping[str, Any]:
        """The own app's OpenAPI document, if it has one."""
        if not isinstance(self._own, FastAPI) or self._own.openapi_url is None:
            return {}
        return self._own.openapi()

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """A full match for what one of the own routes serves; nothing else of ours is hidden."""
        return (Match.NONE if self._route_of(scope) is None else Match.FULL), {}

    def _route_of(self, scope: Scope) -> BaseRoute | None:
        for route in () if self._own is None else self._own.routes:
            if getattr(route, "path", None) not in _FRAMEWORK_PAGES and route.matches(scope)[0] is Match.FULL:
                return route
        return None

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve it as the own app would: its `app.state`, its handlers before ours."""
        own = self._own
        if own is None:
            raise RuntimeError("no own app was taken in")
        handlers, of_status = scope.get("starlette.exception_handlers", ({}, {}))
        theirs = own.exception_handlers
        scope["starlette.exception_handlers"] = (
            {**handlers, **{what: handler for what, handler in theirs.items() if not isinstance(what, int)}},
            {**of_status, **{what: handler for what, handler in theirs.items() if isinstance(what, int)}},
        )
        scope["app"] = own
        if isinstance(path := getattr(self._route_of(scope), "path", None), str):
            note_endpoint(scope, path)
        await own.router(scope, receive, send)


def merged(document: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Paths and components of two OpenAPI documents: the own app's routes come first, so their description does too."""
    components = dict(document.get("components", {}))
    for kind, named in own.get("components", {}).items():
        components[kind] = {**named, **components.get(kind, {})}
    return {"paths": {**document.get("paths", {}), **own.get("paths", {})}, "components": components}


def load_own_app(project: ProjectConfig) -> Starlette | None:
    """The app, if the project names one. Raises `StartupError` if it is no FastAPI or Starlette app."""
    if project.http.app is None:
        return None
    own = load_named("http.app", project.http.app, project.folder)
    if not isinstance(own, Starlette):
        raise StartupError(
            f"langgraph.json: http.app {project.http.app} is a {type(own).__name__}, not a FastAPI or Starlette app"
        )
    return own


def _is_framework_default(what: Any) -> bool:
    return getattr(what, "__name__", "") == "WebSocketRequestValidationError"
