"""From a request to its route at once. FastAPI's router looks at every route, and does so twice; here one look-up finds it.

What is not in the table is FastAPI's to answer: the project's own routes, other methods, trailing slashes, 404.
"""

from collections.abc import Iterable
from typing import Any

from fastapi import APIRouter
from starlette._utils import get_route_path
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Receive, Scope, Send

from server.metrics.http import note_endpoint
from server.requests import WireRequest, WireRoute

_Shape = tuple[tuple[tuple[int, str], ...], tuple[tuple[int, str], ...], WireRoute]
"""Where a path's literal segments are, where its parameters are, and whose path it is."""


class RouteTable:
    """The API's routes by method, length and first segment of their paths; among those the first declared wins."""

    def __init__(self, routers: Iterable[APIRouter]) -> None:
        self._shapes: dict[tuple[str, int, str], list[_Shape]] = {}
        for router in routers:
            for route in router.routes:
                if isinstance(route, WireRoute):
                    self._add(route)

    def _add(self, route: WireRoute) -> None:
        segments = route.path.split("/")[1:]
        if any("{" in segment and ":" in segment for segment in segments) or "{" in segments[0]:
            raise TypeError(f"{route.path}: the table knows plain parameters only, after a literal segment")
        literals = tuple((place, segment) for place, segment in enumerate(segments) if "{" not in segment)
        named = tuple((place, segment[1:-1]) for place, segment in enumerate(segments) if "{" in segment)
        for method in route.methods or ():
            self._shapes.setdefault((method, len(segments), segments[0]), []).append((literals, named, route))

    def find(self, scope: Scope) -> tuple[WireRoute, dict[str, Any]] | None:
        """The route of a request and its path's parameters; None if it is for FastAPI to answer."""
        segments = get_route_path(scope).split("/")[1:]
        if not segments:
            return None
        for literals, named, route in self._shapes.get((scope["method"], len(segments), segments[0]), ()):
            if all(segments[place] == literal for place, literal in literals):
                given = {name: segments[place] for place, name in named}
                if "" not in given.values():
                    return route, given
        return None


class Dispatcher:
    """Answers the API's requests by the table, after the project's `own` routes; leaves the rest to `otherwise`."""

    def __init__(self, table: RouteTable, own: BaseRoute, otherwise: ASGIApp) -> None:
        self._table = table
        self._own = own
        self._otherwise = otherwise

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        found = self._table.find(scope) if scope["type"] == "http" else None
        if found is None or self._own.matches(scope)[0] is Match.FULL:
            await self._otherwise(scope, receive, send)
            return
        scope["route"], scope["path_params"] = found
        scope["endpoint"] = found[0].endpoint
        note_endpoint(scope, found[0].path)
        response = await found[0].respond(WireRequest(scope, receive, send))
        await response(scope, receive, send)
