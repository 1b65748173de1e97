"""Who made a cron, kept with it: its runs are started on their behalf, with what they may do when it fires."""

from collections.abc import Mapping
from typing import Any

from server.auth.access import Access
from server.auth.policy import Policy
from server.auth.users import User
from server.wire_json import decode, encode


def kept(access: Access) -> dict[str, Any]:
    """What is stored of a caller: the user that authentication named, and the headers that the project's graphs see."""
    user = None if access.user is None else decode(encode(dict(access.user)))
    return {"user": user, "headers": access.headers}


def access_of(caller: Mapping[str, Any], policy: Policy | None, known: Mapping[str, str]) -> Access:
    """The access of a stored caller. `known` goes with the headers: graphs find it in `configurable`, and no body says it."""
    user = caller.get("user")
    return Access(policy, None if user is None else User(user), {**caller.get("headers", {}), **known})
