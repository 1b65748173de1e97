"""How callers prove who they are, as a card tells it: from `auth.openapi` of `langgraph.json`, in both dialects at once.

Dialect 0.3 has OpenAPI's own objects; 1.0 has each under a key that names its kind, beside which 0.3's fields are passed over.
"""

from collections.abc import Mapping
from typing import Any

from server.langgraph_sections import SecuritySpec

Json = dict[str, Any]

_KINDS = {
    "apiKey": "apiKeySecurityScheme",
    "http": "httpAuthSecurityScheme",
    "oauth2": "oauth2SecurityScheme",
    "openIdConnect": "openIdConnectSecurityScheme",
    "mutualTLS": "mtlsSecurityScheme",
}
_FLOWS = ("authorizationCode", "clientCredentials", "implicit", "password")
_CALLS = "/a2a/{assistant_id}"


def card_security(spec: SecuritySpec) -> Json:
    """What a card says of authentication; nothing where the project says nothing, or only what A2A has no words for."""
    schemes = {name: told for name, given in spec.securitySchemes.items() if (told := _scheme(given)) is not None}
    asked = spec.paths.get(_CALLS, {})
    required = next((given for method, given in asked.items() if method.lower() == "post"), spec.security)
    known = [one for one in required if set(one) <= set(schemes)]
    if not schemes:
        return {}
    return {
        "securitySchemes": schemes,
        "security": known,
        "securityRequirements": [
            {"schemes": {name: {"list": scopes} for name, scopes in one.items()}} for one in known
        ],
    }


def _scheme(given: Mapping[str, Any]) -> Json | None:
    kind = _KINDS.get(str(given.get("type")))
    if kind is None:
        return None
    legacy = {key: value for key, value in given.items() if value is not None and not key.startswith("x-")}
    if kind == "oauth2SecurityScheme":
        legacy["flows"] = _one_flow(legacy.get("flows"))
    current = {key: value for key, value in legacy.items() if key != "type"}
    if "in" in current:
        current["location"] = current.pop("in")
    return {**legacy, kind: current}


def _one_flow(flows: Any) -> Json:
    """One of OAuth's flows: dialect 1.0 has room for no other, and its clients cannot read a card with several."""
    offered = flows if isinstance(flows, dict) else {}
    return next(({name: offered[name]} for name in _FLOWS if name in offered), {})
