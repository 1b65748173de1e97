"""Which pages may speak MCP to a server."""

import pytest

from server.cors import NamedOrigins
from server.protocols.mcp.origins import refusal_of_origin

ALL = NamedOrigins(["*"])
SOME = NamedOrigins(["https://app.example"], r"https://.*\.team\.example")


@pytest.mark.parametrize(
    ("named", "listens_on", "host", "origin", "may"),
    [
        (ALL, "127.0.0.1", "127.0.0.1:2024", None, True),
        (ALL, "127.0.0.1", "localhost:2024", "https://smith.langchain.com", True),
        (ALL, "127.0.0.1", "[::1]:2024", "https://app.example", True),
        (ALL, "127.0.0.1", "rebound.example:2024", "http://rebound.example:2024", False),
        (ALL, "0.0.0.0", "api.example", "https://app.example", True),
        (NamedOrigins(["*", "https://app.example"]), "127.0.0.1", "api.example", "https://app.example", True),
        (SOME, "127.0.0.1", "api.example", "https://app.example", True),
        (SOME, "127.0.0.1", "api.example", "https://a.team.example", True),
        (SOME, "0.0.0.0", "api.example", "https://other.example", False),
        (SOME, "0.0.0.0", "api.example", "https://api.example", True),
        (SOME, "127.0.0.1", "rebound.example", "http://rebound.example", False),
        (SOME, "0.0.0.0", "api.example", "null", False),
        (SOME, "0.0.0.0", "api.example", None, True),
    ],
)
def test_pages_that_are_named_may_and_names_that_were_rebound_may_not(
    named: NamedOrigins, listens_on: str, host: str, origin: str | None, may: bool
) -> None:
    headers = {"host": host, **({} if origin is None else {"origin": origin})}
    refused = refusal_of_origin(headers, listens_on, named)
    assert (refused is None) is may
    assert refused is None or "CORS_ORIGINS" in refused
