"""What a server says of a run itself: its object in the API, and where the server is ours, its record."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from server.chat.run_events import message_text
from server.review.figures import compact
from server.review.written import messages_in

NO_RECORD = (
    "The server keeps no records of runs (it is not Planloom): attempts and waiting are unknown, events are not read."
)


@dataclass(frozen=True, slots=True)
class RunFacts:
    """A run as its server tells of it. `started_at` falls back to its creation where there is no record."""

    run_id: str
    thread_id: str
    assistant_id: str | None
    graph: str
    status: str
    kwargs: Mapping[str, Any]
    created_at: datetime
    queued_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    attempts: int
    handed_back: int
    cancel_action: str | None
    swept: int | None
    has_record: bool

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Self:
        """Of `GET /runs/{run_id}/record`."""
        run = record["run"]
        return cls(
            **_common(run),
            graph=record["graph_id"],
            queued_at=_instant(record["scheduled_at"]),
            started_at=_instant(record["started_at"]),
            ended_at=_instant(record["ended_at"]),
            attempts=record["attempt"],
            handed_back=record["handed_back"],
            cancel_action=record["cancel_action"],
            swept=record["swept"],
            has_record=True,
        )

    @classmethod
    def from_run(cls, run: Mapping[str, Any]) -> Self:
        """Of any LangGraph server's run object."""
        is_over = run["status"] not in ("pending", "running")
        return cls(
            **_common(run),
            graph=str((run.get("metadata") or {}).get("graph_id") or run.get("assistant_id")),
            queued_at=None,
            started_at=_instant(run["created_at"]),
            ended_at=_instant(run["updated_at"]) if is_over else None,
            attempts=1,
            handed_back=0,
            cancel_action=None,
            swept=None,
            has_record=False,
        )

    @property
    def is_over(self) -> bool:
        """Whether it will not change any more."""
        return self.status not in ("pending", "running")

    @property
    def resume(self) -> Any:
        """What it answered an interrupt with, or None."""
        command = self.kwargs.get("command")
        return command.get("resume") if isinstance(command, dict) else None

    @property
    def asked(self) -> str:
        """Its input in words: what the person said, the answer to a question, or the input as JSON."""
        if self.resume is not None:
            return f"answered: {compact(self.resume)}"
        given = self.kwargs.get("input")
        said = said_by_a_person(given)
        if said:
            return said
        return compact(given) if given is not None else "(nothing new: it went on from the thread's state)"


def said_by_a_person(given: Any) -> str:
    """The last of a person's messages in an input, in either of the shapes in which callers send messages."""
    messages = given.get("messages") if isinstance(given, dict) else None
    if isinstance(messages, str):
        return messages
    last = messages[-1] if isinstance(messages, list) and messages else messages
    if isinstance(last, str):
        return last
    if isinstance(last, list) and len(last) == 2:
        return str(last[1])
    if isinstance(last, dict) and (last.get("role") == "user" or last.get("type") == "human"):
        return message_text(last)
    return next((message_text(one) for one in messages_in(given) if one["type"] == "human"), "")


def _common(run: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "run_id": run["run_id"],
        "thread_id": run["thread_id"],
        "assistant_id": run.get("assistant_id"),
        "status": run["status"],
        "kwargs": run.get("kwargs") or {},
        "created_at": datetime.fromisoformat(run["created_at"]),
    }


def _instant(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
