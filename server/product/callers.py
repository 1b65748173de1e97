"""Who calls the product's routes, on whatever LangGraph server they are part of."""

from __future__ import annotations

from fastapi import Request
from starlette.authentication import BaseUser

from server.auth.access import NOBODY
from server.errors import Denied


def caller_of(request: Request) -> str | None:
    """The identity of whom the server authenticated; None where callers are not authenticated at all.

    Raises Denied where the project has auth that was not asked for this route: then nobody's things are anybody's.
    """
    caller: BaseUser | None = request.scope.get("user")
    if caller is not None and caller.is_authenticated:
        return str(caller.identity)
    if request.scope.get("state", {}).get("access") is NOBODY:
        told = "callers are not authenticated here: set http.enable_custom_route_auth to true in langgraph.json"
        raise Denied(told, 403)
    return None
