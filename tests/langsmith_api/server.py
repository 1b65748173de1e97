"""The stand-in itself: a FastAPI app on a port of its own, in a thread of the test's process."""

import json
import socket
import threading
import time
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from starlette.datastructures import UploadFile

from tests.langsmith_api.store import Json, Store

KEY = "lsv2_pt_for_tests"
_PAGE = 5  # small, so that reading goes over pages
_WAIT_SECONDS = 20.0


class LangSmithApi:
    """Use it as a context manager. With `only_new_queries` it is one that has the newer query API alone."""

    def __init__(self, *, only_new_queries: bool = False) -> None:
        self.store = Store()
        self.requests: list[tuple[str, str]] = []
        self._flags = {"ch_query_enabled": not only_new_queries, "sdb_query_enabled": only_new_queries}
        self._socket = socket.create_server(("127.0.0.1", 0))
        config = uvicorn.Config(
            self._app(), log_level="critical", lifespan="off", ws="none", timeout_graceful_shutdown=1
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), daemon=True)

    @property
    def url(self) -> str:
        """What clients take as LANGSMITH_ENDPOINT."""
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    @property
    def environment(self) -> dict[str, str]:
        """What makes a client use it."""
        return {"LANGSMITH_ENDPOINT": self.url, "LANGSMITH_API_KEY": KEY}

    def __enter__(self) -> Self:
        self._thread.start()
        deadline = time.monotonic() + _WAIT_SECONDS
        while not self._server.started and time.monotonic() < deadline:
            time.sleep(0.005)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        self._thread.join(_WAIT_SECONDS)

    def _app(self) -> FastAPI:
        app = FastAPI()

        @app.middleware("http")
        async def check(request: Request, call_next: Any) -> Response:
            self.requests.append((request.method, request.url.path))
            if request.headers.get("x-api-key") != KEY and request.url.path != "/info":
                return JSONResponse({"detail": "Invalid token"}, 401)
            response: Response = await call_next(request)
            return response

        app.get("/info")(self._info)
        app.post("/runs/multipart")(self._multipart)
        app.post("/runs/batch")(self._batch)
        app.post("/runs/query")(self._query)
        app.post("/api/v2/runs/query")(self._query_v2)
        app.get("/sessions")(self._sessions)
        app.post("/sessions")(self._create_session)
        app.patch("/sessions/{session_id}")(self._update_session)
        app.get("/datasets")(self._datasets)
        app.post("/datasets")(self._create_dataset)
        app.get("/datasets/{dataset_id}")(self._dataset)
        app.put("/datasets/{dataset_id}/tags")(self._tagged)
        app.get("/examples/{example_id}")(self._example)
        app.post("/v1/platform/datasets/{dataset_id}/examples")(self._create_examples)
        app.patch("/v1/platform/datasets/{dataset_id}/examples")(self._create_examples)
        app.post("/feedback")(self._feedback)
        return app

    async def _info(self) -> Json:
        limits = {"size_limit": 100, "size_limit_bytes": 20_000_000, "scale_up_nthreads_limit": 2}
        limits |= {"scale_up_qsize_trigger": 1000, "scale_down_nempty_trigger": 4}
        return {"version": "0.18.0", "instance_flags": self._flags, "batch_ingest_config": limits}

    # --- traces

    async def _multipart(self, request: Request) -> JSONResponse:
        async with request.form(max_fields=100_000) as form:
            for name, part in form.multi_items():
                kind, item, *inside = name.split(".", 2)
                value = json.loads(await part.read() if isinstance(part, UploadFile) else part)
                if kind == "feedback":
                    self.store.feedback.append(value)
                else:
                    self.store.take_run(item, {inside[0]: value} if inside else value)
        return JSONResponse({}, 202)

    async def _batch(self, request: Request) -> JSONResponse:
        body = await request.json()
        for run in [*body.get("post", ()), *body.get("patch", ())]:
            self.store.take_run(run["id"], run)
        return JSONResponse({}, 202)

    async def _query(self, request: Request) -> Response:
        query = await request.json()
        found, start = self.store.found(query), int(query.get("cursor") or 0)
        more = start + _PAGE < len(found)
        return JSONResponse(
            {"runs": found[start : start + _PAGE], "cursors": {"next": str(start + _PAGE) if more else None}}
        )

    async def _query_v2(self, request: Request) -> Response:
        body = await request.json()
        query = {"session": body["project_ids"], "filter": body.get("filter"), "is_root": body.get("is_root")}
        query |= {old: body[new] for old, new in (("trace", "trace_id"), ("id", "ids")) if new in body}
        items = [
            {**run, "run_type": run["run_type"].upper(), "parent_run_ids": [one for one in [run.get("parent_run_id")] if one]}
            for run in self.store.found(query)
        ]  # fmt: skip
        return JSONResponse({"items": items, "next_cursor": None})

    # --- projects and experiments

    async def _sessions(self, name: str | None = None) -> Response:
        found = [one for one in self.store.sessions.values() if name in (None, one["name"])]
        return JSONResponse(found)

    async def _create_session(self, request: Request) -> Response:
        return JSONResponse(self.store.session(**await request.json()))

    async def _update_session(self, session_id: str, request: Request) -> Response:
        changed = {key: value for key, value in (await request.json()).items() if value is not None}
        self.store.sessions[session_id].update(changed)
        return JSONResponse(self.store.sessions[session_id])

    async def _datasets(self, name: str | None = None) -> Response:
        return JSONResponse([one for one in self.store.datasets.values() if name in (None, one["name"])])

    async def _create_dataset(self, request: Request) -> Response:
        made = {"created_at": "2026-01-01T00:00:00Z", "tenant_id": str(uuid4()), **(await request.json())}
        made["id"] = made.get("id") or str(uuid4())
        self.store.datasets[made["id"]] = made
        return JSONResponse(made)

    async def _dataset(self, dataset_id: str) -> Response:
        return JSONResponse(self.store.datasets[dataset_id])

    async def _tagged(self) -> Response:
        return JSONResponse({"tag": "latest", "as_of": "2026-01-01T00:00:00Z"})

    async def _example(self, example_id: str) -> Response:
        found = self.store.examples.get(example_id)
        return JSONResponse(found) if found else JSONResponse({"detail": "Example not found"}, 404)

    async def _create_examples(self, dataset_id: str, request: Request) -> Response:
        ids: list[str] = []
        async with request.form() as form:
            for name, part in form.multi_items():
                example_id, *inside = name.split(".", 1)
                value = json.loads(await part.read() if isinstance(part, UploadFile) else part)
                whole = {"id": example_id, "dataset_id": dataset_id, "created_at": "2026-01-01T00:00:00Z", "inputs": {}}
                example = self.store.examples.setdefault(example_id, whole)
                example.update({inside[0]: value} if inside else value)
                ids.append(example_id)
        return JSONResponse(
            {"count": len(set(ids)), "example_ids": list(dict.fromkeys(ids)), "as_of": "2026-01-01T00:00:00Z"}
        )

    async def _feedback(self, request: Request) -> Response:
        given = await request.json()
        self.store.feedback.append(given)
        return JSONResponse({"created_at": "2026-01-01T00:00:00Z", "modified_at": "2026-01-01T00:00:00Z", **given})
