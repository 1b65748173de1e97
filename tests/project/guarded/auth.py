"""Two users who own what they make. A bearer token is a user's name."""

from typing import Any

from langgraph_sdk import Auth

auth = Auth()
SEEN: list[str] = []


@auth.authenticate
async def who(authorization: str | None) -> dict[str, Any]:
    """The user that the token names."""
    if authorization is None or not authorization.startswith("Bearer "):
        raise Auth.exceptions.HTTPException(401, "who are you?", {"WWW-Authenticate": "Bearer"})
    name = authorization.removeprefix("Bearer ")
    return {"identity": name, "permissions": [f"{name}:all"], "team": "blue"}


@auth.on
async def owners_only(ctx: Any, value: dict[str, Any]) -> Any:
    """Stamp what is made, show what is owned."""
    if ctx.user.identity == "locked":
        return False
    if ctx.user.identity == "unlucky":
        raise ZeroDivisionError("a secret of the project")
    value.setdefault("metadata", {})["owner"] = ctx.user.identity
    return {"owner": ctx.user.identity}


@auth.on.threads.update
async def owners_write(ctx: Any, value: dict[str, Any]) -> Any:
    """Writers stamp nothing."""
    return {"owner": ctx.user.identity}


@auth.on.threads.search
async def owners_find(ctx: Any, value: dict[str, Any]) -> Any:
    """What the filter allows is enough."""
    return {"owner": {"$eq": ctx.user.identity}}


@auth.on.store
async def own_namespace(ctx: Any, value: dict[str, Any]) -> Any:
    """Everyone has a namespace of their own."""
    value["namespace"] = (ctx.user.identity, *(value.get("namespace") or ()))
