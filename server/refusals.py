"""How the API's refusals look, for its OpenAPI document. `server.error_handlers` makes them."""

from typing import Any

from pydantic import BaseModel, Field

_MEANING = {
    400: "The request can be read, but asks for what is impossible.",
    401: "The project's auth does not know the caller.",
    403: "The project's auth does not let the caller do this.",
    404: "The request names what is not there.",
    409: "The state of things forbids the request now.",
    413: "The request's body is larger than this server takes.",
    422: "The request is not what it should be.",
    503: "A part that the request needs is not available at the moment; retry.",
}


class Refusal(BaseModel):
    """Why a request was refused."""

    detail: str = Field(description="what to change")


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route or router that may refuse with these statuses."""
    return {status: {"model": Refusal, "description": _MEANING[status]} for status in statuses}
