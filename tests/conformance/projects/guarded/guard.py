"""Two users, ann and ben: everybody has their own threads, assistants and store."""

from typing import Any

from langgraph_sdk import Auth

auth = Auth()
_TOKENS = {"Bearer ann": "ann", "Bearer ben": "ben"}


@auth.authenticate
async def authenticate(authorization: str | None) -> dict[str, Any]:
    """Who calls."""
    if authorization not in _TOKENS:
        raise Auth.exceptions.HTTPException(status_code=401, detail="who are you?")
    name = _TOKENS[authorization]
    return {"identity": name, "permissions": [f"is:{name}"], "team": f"team of {name}"}


@auth.on
async def own(ctx: Auth.types.AuthContext, value: Any) -> dict[str, str]:
    """Stamp what is made, and see one's own only."""
    value.setdefault("metadata", {})["owner"] = ctx.user.identity
    return {"owner": ctx.user.identity}


@auth.on.assistants.search
async def search_assistants(ctx: Auth.types.AuthContext, value: Any) -> dict[str, str] | None:
    """The system's assistants are everybody's when asked for by name."""
    if (value.get("metadata") or {}).get("created_by") == "system":
        return None
    return {"owner": ctx.user.identity}


@auth.on.assistants.read
async def read_assistants(ctx: Auth.types.AuthContext, value: Any) -> dict[str, str]:
    """One's own."""
    return {"owner": ctx.user.identity}


@auth.on.threads.delete
async def delete_threads(ctx: Auth.types.AuthContext, value: Any) -> bool | dict[str, str]:
    """Ben may delete nothing."""
    return False if ctx.user.identity == "ben" else {"owner": ctx.user.identity}


@auth.on.store
async def own_store(ctx: Auth.types.AuthContext, value: Any) -> None:
    """Everybody has a store of their own."""
    value["namespace"] = (ctx.user.identity, *(value.get("namespace") or ()))
