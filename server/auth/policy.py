"""What a caller may do: the project's `on` handlers, the most specific one decides. Whatever goes wrong denies."""

from typing import Any, Literal

import structlog
from langgraph_sdk import Auth
from langgraph_sdk.auth.types import AuthContext

from server.auth.filters import EVERYTHING, Filter, FilterError
from server.auth.users import User
from server.errors import Denied

Resource = Literal["threads", "assistants", "crons", "store"]
Action = Literal["create", "read", "update", "delete", "search", "create_run", "put", "get", "list_namespaces"]

FORBIDDEN = "Forbidden"

log = structlog.get_logger("planloom.auth")


class Policy:
    """The `on` handlers of a project."""

    def __init__(self, auth: Auth) -> None:
        self._handlers = auth._handlers
        self._global_handlers = auth._global_handlers

    async def decide(self, user: User, resource: Resource, action: Action, value: dict[str, Any]) -> Filter:
        """Ask whether `user` may; which of the resources, if so. The handler may change `value`, and that counts.

        Raises `Denied`: with the handler's status if it raised one, 403 if it said no, 500 if it failed.
        """
        handler = self._handler(resource, action)
        if handler is None:
            return EVERYTHING
        context = AuthContext(permissions=user.permissions, user=user, resource=resource, action=action)
        try:
            answer = await handler(ctx=context, value=value)
            allowed = self._allowed(answer)
        except Auth.exceptions.HTTPException as error:
            raise Denied(error.detail, error.status_code, error.headers) from error
        except Denied:
            raise
        except Exception as error:
            # the boundary of the project's code: whatever it raises must neither let the caller in nor show them why
            log.error("an authorization handler failed; access is denied", on=f"{resource}.{action}", exc_info=error)
            raise Denied("authorization failed; the server's log has the cause", 500) from error
        if resource == "store" and allowed.conditions:
            log.error(
                "a handler answered a store request with a filter, but items have no metadata: access is denied; give the "
                "store a handler of its own that sets value['namespace']",
                on=f"{resource}.{action}",
            )
            raise Denied(FORBIDDEN, 403)
        return allowed

    def _handler(self, resource: Resource, action: Action) -> Any:
        for key in ((resource, action), (resource, "*"), ("*", action)):
            if handlers := self._handlers.get(key):
                return handlers[-1]
        return self._global_handlers[-1] if self._global_handlers else None

    @staticmethod
    def _allowed(answer: object) -> Filter:
        if answer is None or answer is True:
            return EVERYTHING
        if answer is False:
            raise Denied(FORBIDDEN, 403)
        if isinstance(answer, dict):
            return Filter.parse(answer)
        raise FilterError(f"a handler answers None, True, False or a filter, not a {type(answer).__name__}")
