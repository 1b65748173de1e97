"""What was sent, put together as LangSmith shows it."""

import re
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

Json = dict[str, Any]

_EQUALS = re.compile(r'eq\((\w+), "((?:[^"\\]|\\.)*)"\)')


@dataclass
class Store:
    """Runs, projects (sessions), datasets, examples and feedback by id."""

    runs: dict[str, Json] = field(default_factory=dict)
    sessions: dict[str, Json] = field(default_factory=dict)
    datasets: dict[str, Json] = field(default_factory=dict)
    examples: dict[str, Json] = field(default_factory=dict)
    feedback: list[Json] = field(default_factory=list)

    def session(self, name: str, **more: Any) -> Json:
        """The project of that name, made if there is none."""
        for one in self.sessions.values():
            if one["name"] == name:
                return one
        made = {
            "tenant_id": _TENANT,
            "start_time": "2026-01-01T00:00:00Z",
            "reference_dataset_id": None,
            **more,
            "name": name,
        }
        made["id"] = made.get("id") or str(uuid4())
        self.sessions[made["id"]] = made
        return made

    def take_run(self, run_id: str, fields: Json) -> None:
        """A run was sent, or more of one."""
        told = {key: value for key, value in fields.items() if value is not None}
        run = self.runs.setdefault(run_id, {"id": run_id})
        extra = {**(run.get("extra") or {}), **(told.pop("extra", None) or {})}
        run.update(told, extra=extra)
        if "session_name" in run:
            run["session_id"] = self.session(run["session_name"])["id"]

    def found(self, query: Json) -> list[Json]:
        """The runs that a query is for, newest first."""
        runs = [run for run in self.runs.values() if self._matches(run, query)]
        return sorted(runs, key=lambda run: run["start_time"], reverse=True)

    def _matches(self, run: Json, query: Json) -> bool:
        metadata = run["extra"].get("metadata") or {}
        wanted = _EQUALS.findall(query.get("filter") or "")
        asked = dict(wanted)
        if "metadata_key" in asked and metadata.get(asked["metadata_key"]) != asked["metadata_value"]:
            return False
        if "thread_id" in asked and metadata.get("thread_id") != asked["thread_id"]:
            return False
        return (
            ("session" not in query or run.get("session_id") in query["session"])
            and ("trace" not in query or run["trace_id"] == query["trace"])
            and ("id" not in query or run["id"] in query["id"])
            and (not query.get("is_root") or not run.get("parent_run_id"))
        )


_TENANT = str(uuid4())
