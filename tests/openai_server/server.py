"""The server itself: a FastAPI app on a port of its own, in a thread of the test's process."""

import asyncio
import json
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from starlette.datastructures import UploadFile

from tests.openai_server import chat, embeddings, validation
from tests.openai_server.replies import Reply, ToolCall, error_body, failure
from tests.serving import POLL_SECONDS, WAIT_SECONDS, AppServer

Json = dict[str, Any]


@dataclass(frozen=True)
class RecordedRequest:
    """A request as the client sent it; `path` is without `/v1`."""

    path: str
    headers: Mapping[str, str]
    body: Json


class ConnectionCutError(RuntimeError):
    """Raised in the middle of a response to make uvicorn drop the connection."""


class OpenAIServer(AppServer):
    """A scripted stand-in for OpenAI; use it as a context manager.

    With `api_key`, requests with another key are refused as OpenAI refuses them. `respond`, if set, answers the
    chat requests for which no reply is queued; without it they fail with 400.
    """

    def __init__(self, api_key: str | None = None, respond: Callable[[Json], Reply] | None = None) -> None:
        self.requests: list[RecordedRequest] = []
        self.respond = respond
        self._api_key = api_key
        self._replies: deque[Reply] = deque()
        self._failures: deque[Reply] = deque()
        self._transcripts: deque[str | Reply] = deque()
        self._lock = threading.Lock()
        self._abandoned = threading.Semaphore(0)
        # langchain-openai keeps its HTTP clients for ever: connections kept alive would outlive the loop of the test that
        # opened them.
        super().__init__(self._app(), headers=[("Connection", "close")])

    @property
    def base_url(self) -> str:
        """What clients take as OPENAI_BASE_URL."""
        return f"{self.url}/v1"

    @property
    def chat_requests(self) -> list[Json]:
        """Bodies of the chat requests, in order."""
        return [request.body for request in self.requests if request.path == "/chat/completions"]

    @property
    def embedding_requests(self) -> list[Json]:
        """Bodies of the embeddings requests, in order."""
        return [request.body for request in self.requests if request.path == "/embeddings"]

    @property
    def transcription_requests(self) -> list[Json]:
        """Fields of the transcription requests, in order; `file` is (its name, its bytes)."""
        return [request.body for request in self.requests if request.path == "/audio/transcriptions"]

    def reply(self, text: str = "", tool_calls: Sequence[ToolCall] = (), **options: Any) -> None:
        """Queue an answer to a chat request; `options` are the other fields of `Reply`."""
        self._replies.append(Reply(text, tuple(tool_calls), **options))

    def fail(self, status: int, message: str | None = None, headers: Mapping[str, str] | None = None) -> None:
        """Queue an error in answer to a chat request, as OpenAI words it."""
        self._replies.append(failure(status, message, headers))

    def fail_embeddings(self, status: int, message: str | None = None) -> None:
        """Queue an error in answer to an embeddings request."""
        self._failures.append(failure(status, message))

    def transcript(self, text: str) -> None:
        """Queue what is heard in a recording."""
        self._transcripts.append(text)

    def fail_transcription(
        self, status: int, message: str | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        """Queue an error in answer to a transcription request."""
        self._transcripts.append(failure(status, message, headers))

    def was_abandoned(self) -> bool:
        """Wait until a client has closed a stream before its end; whether one did. Each such stream is counted once."""
        return self._abandoned.acquire(timeout=WAIT_SECONDS)

    def _app(self) -> FastAPI:
        app = FastAPI(openapi_url=None)
        app.add_api_route("/v1/models", self._models, methods=["GET"])
        app.add_api_route("/v1/chat/completions", self._chat, methods=["POST"])
        app.add_api_route("/v1/embeddings", self._embeddings, methods=["POST"])
        app.add_api_route("/v1/audio/transcriptions", self._transcriptions, methods=["POST"])
        return app

    async def _models(self, request: Request) -> Response:
        refused = self._refused(request)
        models = [
            {"id": name, "object": "model", "created": chat.CREATED, "owned_by": "openai"}
            for name in ("gpt-4o-mini", *embeddings.DIMENSIONS)
        ]
        return refused or JSONResponse({"object": "list", "data": models})

    async def _embeddings(self, request: Request) -> Response:
        body = await self._record(request)
        if refused := self._refused(request):
            return refused
        if self._failures:
            return error_response(self._failures.popleft())
        return JSONResponse(embeddings.embeddings(body))

    async def _transcriptions(self, request: Request) -> Response:
        async with request.form() as form:
            fields = {
                name: (value.filename, await value.read()) if isinstance(value, UploadFile) else value
                for name, value in form.items()
            }
        self.requests.append(RecordedRequest("/audio/transcriptions", dict(request.headers), fields))
        if refused := self._refused(request):
            return refused
        if problem := validation.problem_with_transcription(fields):
            return JSONResponse(error_body(problem), status_code=400)
        heard = self._transcripts.popleft() if self._transcripts else failure(400, "The test scripted no transcript.")
        return error_response(heard) if isinstance(heard, Reply) else JSONResponse({"text": heard})

    async def _chat(self, request: Request) -> Response:
        body = await self._record(request)
        number = len(self.requests)
        if refused := self._refused(request):
            return refused
        if problem := validation.problem_with(body):
            return JSONResponse(error_body(problem), status_code=400)
        reply = self._next_reply(body)
        if reply.status != 200:
            return error_response(reply)
        if not body.get("stream"):
            await asyncio.sleep(reply.pause)
            return JSONResponse(chat.completion(body, reply, number), headers=dict(reply.headers))
        return StreamingResponse(self._stream(body, reply, number), media_type="text/event-stream")

    def _next_reply(self, body: Json) -> Reply:
        with self._lock:
            if self._replies:
                return self._replies.popleft()
        if self.respond is not None:
            return self.respond(body)
        return failure(400, "The test scripted no reply to this request.")

    async def _stream(self, body: Json, reply: Reply, number: int) -> AsyncIterator[bytes]:
        ended = False
        try:
            # The first chunk only names the role; the gate counts what comes after it.
            for index, chunk in enumerate(chat.chunks(body, reply, number)):
                if index == reply.cut_after:
                    ended = True
                    raise ConnectionCutError
                if index == reply.gate_after + 1:
                    await self._passed(reply.gate)
                await asyncio.sleep(reply.pause)
                yield b"data: " + json.dumps(chunk).encode() + b"\n\n"
            yield b"data: [DONE]\n\n"
            ended = True
        finally:
            if not ended:
                self._abandoned.release()

    @staticmethod
    async def _passed(gate: threading.Event | None) -> None:
        # Not gate.wait in a thread: that thread would outlive a client that goes away.
        while gate is not None and not gate.is_set():  # noqa: ASYNC110 - set by another thread
            await asyncio.sleep(POLL_SECONDS)

    async def _record(self, request: Request) -> Json:
        body: Json = json.loads(await request.body())
        path = request.url.path.removeprefix("/v1")
        self.requests.append(RecordedRequest(path, dict(request.headers), body))
        return body

    def _refused(self, request: Request) -> Response | None:
        if self._api_key is None or request.headers.get("authorization") == f"Bearer {self._api_key}":
            return None
        return error_response(failure(401))


def error_response(reply: Reply) -> Response:
    """An error as OpenAI sends it."""
    return JSONResponse(reply.error_body, status_code=reply.status, headers=dict(reply.headers))
