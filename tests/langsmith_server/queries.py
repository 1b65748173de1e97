"""The stand-in with LangSmith's reading side: projects, queries for runs, datasets and experiments."""

import json
import re
from uuid import uuid4

from fastapi import Request, Response
from fastapi.responses import JSONResponse

from tests.langsmith_server.server import LangSmithServer
from tests.langsmith_server.traces import Json, ReceivedRun, parts_of

KEY = "lsv2_pt_0123456789abcdef0123456789abcdef"
_PAGE = 5  # small, so that reading goes over pages
_EQUALS = re.compile(r'eq\((\w+), "((?:[^"\\]|\\.)*)"\)')
_ANY_TIME = "2026-01-01T00:00:00Z"


class QueriedLangSmith(LangSmithServer):
    """Shows what it took. With `only_new_queries` it is one that has the newer query API alone."""

    def __init__(self, *, only_new_queries: bool = False) -> None:
        super().__init__()
        self._flags = {"ch_query_enabled": not only_new_queries, "sdb_query_enabled": only_new_queries}
        self.sessions: dict[str, Json] = {}
        self.datasets: dict[str, Json] = {}
        self.examples: dict[str, Json] = {}

    def session(self, name: str, **more: object) -> Json:
        """The project of that name, made if there is none."""
        for one in self.sessions.values():
            if one["name"] == name:
                return one
        made = {"id": str(uuid4()), "tenant_id": str(uuid4()), "start_time": _ANY_TIME, "reference_dataset_id": None}
        made = {**made, **{key: value for key, value in more.items() if value is not None}, "name": name}
        self.sessions[str(made["id"])] = made
        return made

    def _info(self) -> Json:
        info = super()._info()
        return {**info, "version": "0.18.0", "instance_flags": {**info["instance_flags"], **self._flags}}

    def _served(self, request: Request, path: str, body: bytes) -> Response:
        if path != "/info" and request.headers.get("x-api-key") != KEY:
            return JSONResponse({"detail": "Invalid token"}, 401)
        match request.method, path.strip("/").split("/"):
            case "POST", ["runs", "query"]:
                return self._query(json.loads(body))
            case "POST", ["api", "v2", "runs", "query"]:
                return self._query_v2(json.loads(body))
            case method, ["sessions", *rest]:
                return self._project(method, rest, request, body)
            case method, ["datasets", *rest]:
                return self._dataset(method, rest, request, body)
            case "GET", ["examples", example_id]:
                found = self.examples.get(example_id)
                return JSONResponse(found) if found else JSONResponse({"detail": "Example not found"}, 404)
            case _, ["v1", "platform", "datasets", dataset_id, "examples"]:
                return self._take_examples(dataset_id, request.headers["content-type"], body)
        return super()._served(request, path, body)

    # --- runs

    def _query(self, query: Json) -> Response:
        found, start = self._found(query), int(query.get("cursor") or 0)
        following = str(start + _PAGE) if start + _PAGE < len(found) else None
        return JSONResponse({"runs": found[start : start + _PAGE], "cursors": {"next": following}})

    def _query_v2(self, body: Json) -> Response:
        query = {old: body.get(new) for old, new in (("session", "project_ids"), ("trace", "trace_id"), ("id", "ids"))}
        found = self._found({**query, "filter": body.get("filter"), "is_root": body.get("is_root")})
        items = [
            {**run, "run_type": run["run_type"].upper(), "parent_run_ids": [one for one in [run.get("parent_run_id")] if one]}
            for run in found
        ]  # fmt: skip
        return JSONResponse({"items": items, "next_cursor": None})

    def _found(self, query: Json) -> list[Json]:
        """The runs that a query is for, newest first."""
        runs = [run for run in self._traces.runs.values() if self._matches(run, query)]
        shown = [{**run.fields, "feedback_stats": self._stats(run["id"])} for run in runs]
        return sorted(shown, key=lambda fields: str(fields["start_time"]), reverse=True)

    def _stats(self, run_id: str) -> Json:
        scores: dict[str, list[float]] = {}
        for one in self.feedback:
            if one["run_id"] == run_id:
                scores.setdefault(one["key"], []).append(one["score"])
        return {key: {"n": len(given), "avg": sum(given) / len(given)} for key, given in scores.items()}

    def _matches(self, run: ReceivedRun, query: Json) -> bool:
        asked = dict(_EQUALS.findall(query.get("filter") or ""))
        wanted = {"thread_id": asked["thread_id"]} if "thread_id" in asked else {}
        if "metadata_key" in asked:
            wanted[asked["metadata_key"]] = asked["metadata_value"]
        session = run.get("session_id") or self.session(str(run.get("session_name")))["id"]
        return (
            wanted.items() <= run.metadata.items()
            and (not query.get("session") or session in query["session"])
            and (not query.get("trace") or run["trace_id"] == query["trace"])
            and (not query.get("id") or run["id"] in query["id"])
            and (not query.get("is_root") or not run.get("parent_run_id"))
        )

    # --- projects, datasets, experiments

    def _project(self, method: str, rest: list[str], request: Request, body: bytes) -> Response:
        if method == "POST":
            return JSONResponse(self.session(**json.loads(body)))
        if rest:
            changed = {key: value for key, value in json.loads(body).items() if value is not None}
            self.sessions[rest[0]].update(changed)
            return JSONResponse(self.sessions[rest[0]])
        for run in self._traces.runs.values():
            if not run.get("session_id"):
                self.session(str(run.get("session_name")))
        name = request.query_params.get("name")
        return JSONResponse([one for one in self.sessions.values() if name in (None, one["name"])])

    def _dataset(self, method: str, rest: list[str], request: Request, body: bytes) -> Response:
        match method, rest:
            case "POST", []:
                made = {"id": str(uuid4()), "created_at": _ANY_TIME, "tenant_id": str(uuid4()), **json.loads(body)}
                self.datasets[str(made["id"])] = made
                return JSONResponse(made)
            case "PUT", [_, "tags"]:
                return JSONResponse({"tag": "latest", "as_of": _ANY_TIME})
            case _, [dataset_id]:
                return JSONResponse(self.datasets[dataset_id])
        name = request.query_params.get("name")
        return JSONResponse([one for one in self.datasets.values() if name in (None, one["name"])])

    def _take_examples(self, dataset_id: str, content_type: str, body: bytes) -> Response:
        ids: list[str] = []
        for name, content in parts_of(content_type, body):
            example_id, *inside = name.split(".", 1)
            whole = {"id": example_id, "dataset_id": dataset_id, "created_at": _ANY_TIME, "inputs": {}}
            example = self.examples.setdefault(example_id, whole)
            example.update({inside[0]: content} if inside else content if isinstance(content, dict) else {})
            ids.append(example_id)
        return JSONResponse({"count": len(set(ids)), "example_ids": list(dict.fromkeys(ids)), "as_of": _ANY_TIME})
