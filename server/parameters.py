"""What an endpoint is called with: the request's path, query, headers and body, validated as FastAPI would."""

from typing import Any

from fastapi.dependencies.models import Dependant
from fastapi.dependencies.utils import request_body_to_args, request_params_to_args
from fastapi.exceptions import RequestValidationError
from starlette.requests import Request

_NEVER_CHANGED = (str, int, float, bool, type(None))


class Parameters:
    """One endpoint's parameters. Raises `TypeError` for an endpoint that wants more than this reads."""

    def __init__(self, wanted: Dependant) -> None:
        beyond = (
            wanted.dependencies,
            wanted.cookie_params,
            wanted.response_param_name,
            wanted.background_tasks_param_name,
        )
        if any(beyond) or len(wanted.body_params) > 1:
            raise TypeError(f"{wanted.call}: takes more than request, path, query, headers and one body")
        self._path = wanted.path_params
        self._query = wanted.query_params
        self._headers = wanted.header_params
        self._body = wanted.body_params
        self._request = wanted.request_param_name
        self._defaults = self._query_defaults()

    def _query_defaults(self) -> dict[str, Any] | None:
        """What a request without a query means; None if that has to be found out each time."""
        values, errors = request_params_to_args(self._query, {})
        return None if errors or not all(isinstance(value, _NEVER_CHANGED) for value in values.values()) else values

    async def read(self, request: Request, body: Any) -> dict[str, Any]:
        """The keyword arguments for a request with that body. Raises `RequestValidationError`."""
        values: dict[str, Any] = {}
        errors: list[Any] = []
        for field in self._path:
            value, wrong = field.validate(request.path_params[field.alias], values, loc=("path", field.alias))
            values[field.name] = value
            errors.extend(wrong)
        if self._defaults is not None and not request.scope["query_string"]:
            values.update(self._defaults)
        else:
            found, wrong = request_params_to_args(self._query, request.query_params)
            values.update(found)
            errors.extend(wrong)
        if self._headers:
            found, wrong = request_params_to_args(self._headers, request.headers)
            values.update(found)
            errors.extend(wrong)
        if self._body:
            found, wrong = await request_body_to_args(self._body, body, embed_body_fields=False)
            values.update(found)
            errors.extend(wrong)
        if errors:
            raise RequestValidationError(errors, body=body)
        if self._request is not None:
            values[self._request] = request
        return values
