"""What cards say of authentication is read by the official client, as the dialect of each version has it."""

from typing import Any

import pytest
from a2a.client.card_resolver import parse_agent_card
from a2a.compat.v0_3.types import AgentCard as LegacyCard
from google.protobuf.json_format import MessageToDict

from server.langgraph_sections import SecuritySpec
from server.protocols.a2a.card_security import card_security

REST: dict[str, Any] = {
    "name": "a",
    "description": "b",
    "url": "https://example.com/a2a/a",
    "version": "1",
    "capabilities": {},
    "defaultInputModes": [],
    "defaultOutputModes": [],
    "skills": [],
    "supportedInterfaces": [
        {"url": "https://example.com/a2a/a", "protocolBinding": "JSONRPC", "protocolVersion": "1.0"}
    ],
}
FLOW = {"tokenUrl": "https://example.com/token", "scopes": {"read": "reads"}}
CODE = {**FLOW, "authorizationUrl": "https://example.com/login"}
SCHEMES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "bearer": (
        {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "x-note": "ours"},
        {"httpAuthSecurityScheme": {"scheme": "bearer", "bearerFormat": "JWT"}},
    ),
    "key": (
        {"type": "apiKey", "in": "header", "name": "X-Api-Key", "description": "ask us"},
        {"apiKeySecurityScheme": {"location": "header", "name": "X-Api-Key", "description": "ask us"}},
    ),
    "oauth": (
        {"type": "oauth2", "flows": {"clientCredentials": FLOW, "authorizationCode": CODE}},
        {"oauth2SecurityScheme": {"flows": {"authorizationCode": CODE}}},
    ),
    "oidc": (
        {"type": "openIdConnect", "openIdConnectUrl": "https://example.com/.well-known/openid-configuration"},
        {"openIdConnectSecurityScheme": {"openIdConnectUrl": "https://example.com/.well-known/openid-configuration"}},
    ),
    "tls": ({"type": "mutualTLS"}, {"mtlsSecurityScheme": {}}),
}


@pytest.mark.parametrize("name", SCHEMES)
def test_each_kind_of_scheme_is_read_in_both_dialects(name: str) -> None:
    given, current = SCHEMES[name]
    spec = SecuritySpec(securitySchemes={name: given}, security=[{name: ["read"]}])
    told = {**REST, **card_security(spec)}
    legacy = LegacyCard.model_validate(told)
    assert legacy.security == [{name: ["read"]}]
    assert legacy.security_schemes is not None
    assert legacy.security_schemes[name].root.type == given["type"]
    card = MessageToDict(parse_agent_card(told))
    assert card["securitySchemes"] == {name: current}
    assert card["securityRequirements"] == [{"schemes": {name: {"list": ["read"]}}}]


def test_what_the_calls_path_asks_for_goes_before_what_all_do_and_what_is_unknown_is_left_out() -> None:
    spec = SecuritySpec(
        securitySchemes={"bearer": {"type": "http", "scheme": "bearer"}, "odd": {"type": "carrier pigeon"}},
        security=[{"odd": []}, {"bearer": []}],
        paths={"/a2a/{assistant_id}": {"POST": [{"bearer": ["talk"]}]}},
    )
    assert card_security(spec)["security"] == [{"bearer": ["talk"]}]
    assert card_security(spec.model_copy(update={"paths": {}}))["security"] == [{"bearer": []}]
    assert list(card_security(spec)["securitySchemes"]) == ["bearer"]
    assert card_security(SecuritySpec()) == {}
