"""What a run's webhook is told when the run is over: the run as the API shows it, its times, its thread's values, its error."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from server.db.pool import Connection
from server.header_patterns import matching
from server.langgraph_sections import HeaderPatterns
from server.runs.repository import Run
from server.runs.schemas import CancelAction, RunStatus
from server.webhooks.outbox import Outbox
from server.wire_json import EncodedJson, encode

Settled = Callable[[Connection, UUID], Awaitable[None]]
"""Tells those who watch a thread that what goes on there may have come to an end."""

FinalStatus = RunStatus | Literal["rollback"]

# who the caller is, with whatever the project's auth knows of them: not for a third party
_IDENTITY = frozenset({"langgraph_auth_user", "langgraph_auth_permissions"})
_CANCELLED = {"interrupt": "UserInterrupt", "rollback": "UserRollback"}


def cancelled_error(action: CancelAction, reason: str | None) -> dict[str, str]:
    """The error of a run that was cancelled, as the API words it."""
    return {"error": _CANCELLED[action], "message": reason or f"{action} requested"}


class FinalNotices:
    """Writes notices into the outbox, in the transaction that makes a run final. What `private` matches is left out."""

    def __init__(self, outbox: Outbox, private: HeaderPatterns | None = None) -> None:
        self._outbox = outbox
        self._private = private
        self._settled: Settled | None = None

    def watch_by(self, settled: Settled) -> None:
        """Have `settled` told of threads that somebody watches, once each is what a run made of it."""
        self._settled = settled

    async def write(
        self,
        connection: Connection,
        run: Run,
        thread_metadata: dict[str, Any],
        status: FinalStatus,
        *,
        started_at: datetime | None,
        ended_at: datetime,
        values: str | None,
        error: dict[str, str] | None,
    ) -> None:
        """Tell the run's webhook, if it has one, how the run ended. `values` is the JSON of what it left on its thread."""
        url = run.kwargs.get("webhook")
        if not url:
            return
        wire = run.to_wire()
        notice = {
            **wire,
            "status": status,
            "kwargs": self._shown(wire["kwargs"]),
            "updated_at": ended_at,
            "run_started_at": started_at,
            "run_ended_at": ended_at,
            "values": None if values is None or run.is_temporary else EncodedJson(values),
            **({"error": error} if error else {}),
        }
        await self._outbox.write(
            connection, run.run_id, run.thread_id, thread_metadata, str(status), str(url), encode(notice)
        )

    async def settled(self, connection: Connection, thread_id: UUID) -> None:
        """Tell those who watch the thread, in the transaction that ended something there."""
        if self._settled is not None:
            await self._settled(connection, thread_id)

    def _shown(self, kwargs: dict[str, Any]) -> dict[str, Any]:
        config = kwargs.get("config") or {}
        configurable = config.get("configurable") or {}
        left_out = _IDENTITY.union(matching(self._private, dict.fromkeys(configurable, "")))
        kept = {key: value for key, value in configurable.items() if key not in left_out}
        return {**kwargs, "config": {**config, "configurable": kept}}
