"""The server itself: a FastAPI app on a port of its own, in a thread of the test's process."""

import asyncio
import json
import threading
from types import TracebackType
from typing import Any
from uuid import NAMESPACE_URL, uuid4, uuid5

import zstandard
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from tests.langsmith_server.traces import Json, ReceivedRun, Traces
from tests.serving import POLL_SECONDS, WAIT_SECONDS, AppServer


class LangSmithServer(AppServer):
    """Takes traces and feedback; use it as a context manager.

    `refuse_with` answers every request with that status, `hang` keeps them all waiting, `talks_nonsense` has feedback URLs
    answered with what they are not. `compresses` is whether it says that
    it takes zstd, `multipart` whether it has that endpoint.
    """

    def __init__(self, *, compresses: bool = True, multipart: bool = True) -> None:
        self.refuse_with: int | None = None
        self.talks_nonsense = False
        self.requests: list[tuple[str, str]] = []
        self.headers: list[dict[str, str]] = []
        self.feedback: list[Json] = []
        self.token_requests: list[Json] = []
        self.encodings: list[str | None] = []
        self._compresses = compresses
        self._multipart = multipart
        self._hanging = threading.Event()
        self._traces = Traces()
        self._news = threading.Condition()
        super().__init__(self._app())

    def environment(self, **more: str) -> dict[str, str]:
        """The variables with which a server traces to this one."""
        return {
            "LANGSMITH_TRACING": "true",
            "LANGSMITH_API_KEY": "lsv2_pt_0123456789abcdef0123456789abcdef",
            "LANGSMITH_ENDPOINT": self.url,
            **more,
        }

    def hang(self) -> None:
        """Answer nothing from now on."""
        self._hanging.set()

    def recover(self) -> None:
        """Answer as usual again, those that wait, too."""
        self.refuse_with = None
        self.talks_nonsense = False
        self._hanging.clear()

    @property
    def runs(self) -> list[ReceivedRun]:
        """All runs so far."""
        with self._news:
            return list(self._traces.runs.values())

    def trace(self, root_id: str) -> ReceivedRun:
        """The run of that id, once it and all below it have ended."""
        with self._news:
            if not self._news.wait_for(lambda: self._is_whole(root_id), WAIT_SECONDS):
                raise TimeoutError(f"no whole trace of {root_id}: {self._traces.runs.get(root_id)}")
            return self._traces.runs[root_id]

    def until(self, name: str, **metadata: Any) -> ReceivedRun:
        """The run of that name and metadata, once it is there, ended or not."""

        def found() -> ReceivedRun | None:
            runs = self._traces.runs.values()
            return next((r for r in runs if r.name == name and metadata.items() <= r.metadata.items()), None)

        with self._news:
            self._news.wait_for(lambda: found() is not None, WAIT_SECONDS)
            run = found()
            if run is None:
                raise TimeoutError(f"no run {name!r}")
            return run

    def below(self, root: ReceivedRun) -> list[ReceivedRun]:
        """All runs below one, in the order they started."""
        with self._news:
            nested = [[child, *self.below_locked(child)] for child in self._traces.children(root)]
        return [run for runs in nested for run in runs]

    def below_locked(self, root: ReceivedRun) -> list[ReceivedRun]:
        """`below` for those who have the lock."""
        return [
            run for child in self._traces.children(root) for run in (child, *self.below_locked(child))
        ]  # fmt: skip

    def tree(self, root: ReceivedRun) -> list[str]:
        """A run with all below it; see `Traces.tree`."""
        with self._news:
            return self._traces.tree(root)

    def _is_whole(self, root_id: str) -> bool:
        root = self._traces.runs.get(root_id)
        return root is not None and root.is_ended and all(run.is_ended for run in self.below_locked(root))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.recover()
        super().__exit__(kind, error, traceback)

    # --- the API

    def _app(self) -> FastAPI:
        app = FastAPI(openapi_url=None)
        app.add_api_route("/{path:path}", self._answer, methods=["GET", "POST", "PATCH", "PUT"])
        return app

    async def _answer(self, request: Request) -> Response:
        path = request.url.path
        self.requests.append((request.method, path))
        self.headers.append(dict(request.headers))
        body = await request.body()
        while self._hanging.is_set():  # noqa: ASYNC110 - cleared by another thread
            await asyncio.sleep(POLL_SECONDS)
        if self.refuse_with is not None:
            return JSONResponse({"detail": "refused"}, self.refuse_with)
        with self._news:
            try:
                return self._served(request, path, body)
            except ValueError as error:
                return JSONResponse({"detail": str(error)}, 422)
            finally:
                self._news.notify_all()

    def _served(self, request: Request, path: str, body: bytes) -> Response:
        match request.method, path:
            case "GET", "/info":
                return JSONResponse(self._info())
            case "GET", "/sessions":
                name = request.query_params["name"]
                return JSONResponse([_project(name)])
            case "POST", "/runs/multipart" if self._multipart:
                self._take_multipart(request, body)
            case "POST", "/runs/batch":
                batch = json.loads(body)
                for fields in batch.get("post", ()):
                    self._traces.post(fields)
                for fields in batch.get("patch", ()):
                    self._traces.patch(fields)
            case "POST", "/runs":
                self._traces.post(json.loads(body))
            case "PATCH", _ if path.startswith("/runs/"):
                self._traces.patch({**json.loads(body), "id": path.removeprefix("/runs/")})
            case "POST", "/feedback":
                self.feedback.append(json.loads(body))
            case "POST", "/feedback/tokens":
                return self._tokens(json.loads(body))
            case _:
                return JSONResponse({"detail": "Not Found"}, 404)
        return JSONResponse({}, 202)

    def _info(self) -> Json:
        return {
            "version": "0.11.0",
            "instance_flags": {"zstd_compression_enabled": self._compresses},
            "batch_ingest_config": {
                "use_multipart_endpoint": self._multipart,
                "scale_up_qsize_trigger": 1000,
                "scale_up_nthreads_limit": 16,
                "scale_down_nempty_trigger": 4,
                "size_limit": 100,
                "size_limit_bytes": 20_971_520,
            },
        }

    def _take_multipart(self, request: Request, body: bytes) -> None:
        encoding = request.headers.get("content-encoding")
        self.encodings.append(encoding)
        if encoding == "zstd":
            body = zstandard.ZstdDecompressor().decompressobj().decompress(body)
        self.feedback += self._traces.multipart(request.headers["content-type"], body)

    def _tokens(self, asked: list[Json]) -> Response:
        self.token_requests += asked
        if self.talks_nonsense:
            return JSONResponse("nonsense")
        if any(str(one["run_id"]) not in self._traces.runs for one in asked):
            return JSONResponse({"detail": "Run not found"}, 404)
        tokens = [{"id": str(uuid4()), "expires_at": "2030-01-01T00:00:00Z"} for _ in asked]
        return JSONResponse([{**token, "url": f"{self.url}/feedback/tokens/{token['id']}"} for token in tokens])


def _project(name: str) -> Json:
    return {
        "id": str(uuid5(NAMESPACE_URL, name)),
        "tenant_id": str(uuid5(NAMESPACE_URL, "tenant")),
        "name": name,
        "start_time": "2026-01-01T00:00:00Z",
        "reference_dataset_id": None,
    }
