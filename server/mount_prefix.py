"""`http.mount_prefix`: everything is served under a path, but `/ok` also where load balancers expect it."""

from starlette.types import ASGIApp, Receive, Scope, Send

from server.wire_json import WireResponse

_ALSO_UNPREFIXED = "/ok"


class MountPrefixMiddleware:
    """Routes what is under `prefix` as if it were not, and answers 404 to the rest."""

    def __init__(self, app: ASGIApp, prefix: str) -> None:
        self.app = app
        self._prefix = prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        path: str = scope.get("path", "")
        inside = path == self._prefix or path.startswith(f"{self._prefix}/")
        if inside:
            await self.app({**scope, "root_path": scope.get("root_path", "") + self._prefix}, receive, send)
        elif scope["type"] == "lifespan" or path == _ALSO_UNPREFIXED:
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000})
        else:
            await WireResponse({"detail": "Not Found"}, 404)(scope, receive, send)
