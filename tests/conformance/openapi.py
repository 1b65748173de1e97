"""What an OpenAPI document promises: parameters, request bodies and responses of its operations."""

from collections.abc import Iterator, Mapping
from typing import Any

Document = Mapping[str, Any]
Promise = str
"""One thing that a document says, such as `GET /ok may answer 200` or `POST /runs takes body webhook`."""

_METHODS = frozenset({"get", "put", "post", "delete", "patch"})


def promises(document: Document) -> set[Promise]:
    """All that it says of each operation."""
    return {
        f"{method.upper()} {path} {said}"
        for path, item in document["paths"].items()
        for method in _METHODS & item.keys()
        for said in _of_operation(document, item, item[method])
    }


def operations(document: Document) -> set[str]:
    """`<METHOD> <path>` of each operation."""
    return {f"{method.upper()} {path}" for path, item in document["paths"].items() for method in _METHODS & item.keys()}


def _of_operation(document: Document, item: Document, operation: Document) -> Iterator[str]:
    for given in (*item.get("parameters", ()), *operation.get("parameters", ())):
        parameter = _resolved(document, given)
        name = parameter["name"].lower() if parameter["in"] == "header" else parameter["name"]
        yield f"takes {parameter['in']} {name}"
    for content in operation.get("requestBody", {}).get("content", {}).values():
        for name in _keys(document, content.get("schema", {})):
            yield f"takes body {name}"
    for status, response in operation["responses"].items():
        yield f"may answer {status}"
        for media_type in _resolved(document, response).get("content", {}):
            yield f"may answer {status} as {media_type}"


def _keys(document: Document, given: Document) -> set[str]:
    """The keys that a body may have at its top, of any of its shapes; of the items, if it is a list."""
    schema = _resolved(document, given)
    inner = [shape for way in ("anyOf", "allOf", "oneOf") for shape in schema.get(way, ())]
    inner += [schema["items"]] if "items" in schema else []
    return set(schema.get("properties", ())).union(*(_keys(document, shape) for shape in inner))


def _resolved(document: Document, given: Document) -> Document:
    """What a reference stands for."""
    found = given
    while "$ref" in found:
        target = document
        for step in found["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        found = target
    return found
