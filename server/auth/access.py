"""A caller's access: what services are bound to, so that no resource is touched without asking."""

from collections.abc import Mapping
from typing import Any, TypeVar

from server.auth.filters import EVERYTHING, Filter
from server.auth.policy import Action, Policy, Resource
from server.auth.users import User
from server.tracing.parents import TraceParent
from server.wire_json import decode, encode

Bound = TypeVar("Bound", bound=object)


NOBODY_KNOWN: Mapping[str, Any] = {
    "user_id": "",
    "langgraph_auth_user": None,
    "langgraph_auth_user_id": "",
    "langgraph_auth_permissions": [],
}
"""What graphs find in `configurable` of a caller where the project has no `auth`."""


class Access:
    """One caller, for one request. Without a policy (the project has no `auth`) everybody may do everything."""

    def __init__(
        self,
        policy: Policy | None = None,
        user: User | None = None,
        headers: Mapping[str, str] | None = None,
        trace_parent: TraceParent | None = None,
    ) -> None:
        self._policy = policy
        self.user = user
        self.was_asked = False
        self.trace_parent = trace_parent
        """Where the caller wants its runs' traces to hang; only somebody who is known may say so."""
        self._headers = dict(headers or {})

    async def may(self, resource: Resource, action: Action, value: dict[str, Any]) -> Filter:
        """Which of the resources the caller may do it to. The handler may change `value`: go on with what it holds then.

        Raises `Denied`.
        """
        self.was_asked = True
        if self._policy is None or self.user is None:
            return EVERYTHING
        return await self._policy.decide(self.user, resource, action, value)

    def any_user_may(self) -> None:
        """What is answered belongs to nobody: it is for every caller who was let in."""
        self.was_asked = True

    @property
    def is_restricted(self) -> bool:
        """Whether there are rules to ask."""
        return self._policy is not None and self.user is not None

    @property
    def headers(self) -> dict[str, str]:
        """The request's headers that the project wants its graphs to see."""
        return dict(self._headers)

    @property
    def identity(self) -> dict[str, Any]:
        """Who the caller is, as its runs' graphs find it in `configurable`; nothing if the project has no `auth`."""
        if self.user is None:
            return {}
        return {
            "user_id": self.user.identity,
            "langgraph_auth_user": decode(encode(dict(self.user))),
            "langgraph_auth_user_id": self.user.identity,
            "langgraph_auth_permissions": list(self.user.permissions),
        }


def bound_to(access: Access, service: Bound) -> Bound:
    """A copy of a service that asks `access`. Every request makes some, so this is what `copy.copy` does and no more."""
    bound = object.__new__(type(service))
    bound.__dict__.update(service.__dict__, _access=access)
    return bound


class _Nobody(Access):
    """Stands where a service was not bound to its caller: that is a mistake of ours, never a way in."""

    async def may(self, resource: Resource, action: Action, value: dict[str, Any]) -> Filter:
        raise RuntimeError(f"{resource}.{action} for nobody: bind the service to the request's access first")


SYSTEM: Access = Access()
"""The server itself: its worker and its sweepers."""

NOBODY: Access = _Nobody()
"""What services on `app.state` are bound to until a route binds them to its caller."""
