"""Which web pages may speak MCP to this server. The specification asks for it: a page whose name's address was made to be
this machine's (DNS rebinding) counts as the server's own page for a browser, so that CORS does not stop it.
"""

from collections.abc import Mapping
from urllib.parse import urlsplit

from server.cors import NamedOrigins

_THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})


def refusal_of_origin(headers: Mapping[str, str], listens_on: str, named: NamedOrigins) -> str | None:
    """Why a page may not call, if it may not. `named` are the origins that the operator allows.

    Even if those are all, a server that only this machine reaches must be called by a name of this machine: a page of another name
    has rebound it. Programs send no `Origin`, and may always call.
    """
    origin = headers.get("origin")
    if origin is None or origin in named:
        return None
    host = headers.get("host", "")
    if not named.are_all and origin.partition("://")[2] != host:
        return f"{origin[:200]} may not call this server; name it in CORS_ORIGINS (or http.cors of langgraph.json)"
    if listens_on in _THIS_MACHINE and urlsplit(f"//{host}").hostname not in _THIS_MACHINE:
        return (
            f"this server listens on {listens_on} only, but was called as {host[:200]} by a page of {origin[:200]}; "
            "if that is a proxy of yours, name the page's origin in CORS_ORIGINS"
        )
    return None
