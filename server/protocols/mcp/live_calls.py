"""The tool calls that this process is answering, so that whoever made one can cancel it through any process.

A client cancels in a request of its own, which may reach another process than its call did: that one notifies all.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256

from server.auth.access import Access
from server.protocols.mcp.messages import RequestId
from server.wire_json import encode

CHANNEL = "planloom_mcp_cancel"
"""Where the key of a cancelled call is told, or that of a session that ended."""


class LiveCall:
    """A call that is being answered."""

    def __init__(self) -> None:
        self._cancelled = asyncio.Event()

    @property
    def is_cancelled(self) -> bool:
        """Whether its caller does not want it any more."""
        return self._cancelled.is_set()

    def cancel(self) -> None:
        """Its caller does not want it any more."""
        self._cancelled.set()

    async def until_cancelled(self) -> None:
        """Return when its caller does not want it any more."""
        await self._cancelled.wait()


class LiveCalls:
    """This process's calls by the keys that name them."""

    def __init__(self) -> None:
        self._live: dict[str, set[LiveCall]] = {}

    @contextmanager
    def answering(self, *keys: str) -> Iterator[LiveCall]:
        """A call that any of `keys` cancels, as long as the context lasts."""
        call = LiveCall()
        for key in keys:
            self._live.setdefault(key, set()).add(call)
        try:
            yield call
        finally:
            for key in keys:
                self._live[key].discard(call)
                if not self._live[key]:
                    del self._live[key]

    def on_notification(self, payload: str) -> None:
        """A call was cancelled somewhere. One whose notification is lost goes on: its caller has turned away from it."""
        for call in list(self._live.get(payload, ())):
            call.cancel()


def session_key(session: str, access: Access) -> str:
    """What names a session's calls. A client is told its session's id; nobody else's calls have that of both."""
    user = "" if access.user is None else access.user.identity
    return sha256(encode(["session", session, user])).hexdigest()


def call_key(session: str, access: Access, request_id: RequestId) -> str:
    """What names one call of a session."""
    return sha256(encode([session_key(session, access), request_id])).hexdigest()
