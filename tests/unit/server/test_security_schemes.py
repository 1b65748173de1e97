"""What the API's description says about authentication."""

from server.auth.security_schemes import secured
from server.langgraph_sections import SecuritySpec


def test_schemes_and_requirements_of_the_project_are_described() -> None:
    document = {"openapi": "3.1.0", "paths": {"/a": {"get": {"summary": "A"}, "post": {}}, "/b": {"get": {}}}}
    spec = SecuritySpec(
        securitySchemes={"key": {"type": "apiKey", "in": "header", "name": "x-key"}},
        security=[{"key": []}],
        paths={"/a": {"GET": [{"key": ["read"]}]}},
    )
    described = secured(document, spec)
    assert described["security"] == [{"key": []}]
    assert described["components"]["securitySchemes"]["key"]["name"] == "x-key"
    assert described["paths"]["/a"]["get"] == {"summary": "A", "security": [{"key": ["read"]}]}
    assert described["paths"]["/a"]["post"] == {}
    assert described["paths"]["/b"] == {"get": {}}


def test_without_an_auth_nothing_is_required() -> None:
    assert "security" not in secured({"paths": {}}, SecuritySpec())
