"""`auth.openapi` of `langgraph.json`: what the API's description says about authentication."""

from collections.abc import Mapping
from typing import Any

from server.langgraph_sections import SecuritySpec


def secured(document: Mapping[str, Any], spec: SecuritySpec) -> dict[str, Any]:
    """The OpenAPI document with the project's security schemes and requirements."""
    components = dict(document.get("components", {}))
    if spec.securitySchemes:
        components["securitySchemes"] = {**components.get("securitySchemes", {}), **spec.securitySchemes}
    paths = dict(document.get("paths", {}))
    for path, methods in spec.paths.items():
        asked = {method.lower(): requirements for method, requirements in methods.items()}
        paths[path] = {
            method: {**operation, "security": asked[method]} if method in asked else operation
            for method, operation in paths.get(path, {}).items()
        }
    required = {"security": spec.security} if spec.security else {}
    return {**document, **required, "paths": paths, "components": components}
