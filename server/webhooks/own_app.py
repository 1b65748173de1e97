"""Webhooks to the project's own routes (relative URLs): in this process, as a request from outside without credentials.

It passes every middleware, authentication included, and reaches nothing but routes of the project's own app: a webhook is no
way to call the API.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Message, Scope

from server.webhooks.policy import Target
from server.webhooks.sending import Sent


class OwnApp:
    """The application, as a receiver of webhooks."""

    def __init__(self, app: ASGIApp, own: BaseRoute, mount_prefix: str, seconds: float) -> None:
        self._app = app
        self._own = own
        self._prefix = mount_prefix
        self._seconds = seconds
        self._state: Mapping[str, Any] = {}

    def use_state(self, state: Mapping[str, Any] | None) -> None:
        """What the own app's lifespan made, for its routes to find in the request's state."""
        self._state = state or {}

    def serves(self, path: str) -> bool:
        """Whether one of the own routes takes a POST to that path."""
        return self._own.matches(self._scope(path, b"", {}))[0] is Match.FULL

    async def post(self, target: Target, _addresses: Sequence[str], body: bytes, headers: Mapping[str, str]) -> Sent:
        """Hand it to the application; the status that it answers."""
        if not self.serves(target.url.path):
            return Sent(error=f"{target.url.path} is no route of the project's own app that takes POST")
        scope = self._scope(self._prefix + target.url.path, target.url.query, headers)
        scope["state"] = dict(self._state)
        try:
            async with asyncio.timeout(self._seconds):
                return Sent(await self._status(scope, body))
        except TimeoutError:
            return Sent(error=f"no answer in {self._seconds:g} seconds")

    async def _status(self, scope: Scope, body: bytes) -> int:
        status = 500
        over = asyncio.Event()
        given: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> Message:
            if given:
                return given.pop()
            await over.wait()
            return {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            elif message["type"] == "http.response.body" and not message.get("more_body", False):
                over.set()

        try:
            await self._app(scope, receive, send)
        except Exception:  # noqa: BLE001 - the project's own code: its handler has answered 500 and logged why
            return 500
        return status

    @staticmethod
    def _scope(path: str, query: bytes, headers: Mapping[str, str]) -> dict[str, Any]:
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": "POST",
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": query,
            "root_path": "",
            "headers": [(b"host", b"planloom"), *((name.encode(), value.encode()) for name, value in headers.items())],
            "client": None,  # nobody's address: what trusts this machine must not trust it
            "server": None,
        }
