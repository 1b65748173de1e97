"""A LangGraph API that says what was recorded, in the wire format of the real one, served in-process over ASGI."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from langgraph_sdk.client import LangGraphClient

THREAD = "01a1f9f8-6870-7000-8000-000000000001"
RUN = "01a1f9f8-6872-7000-8000-000000000002"

Frame = tuple[str, Any]
NEVER = "never"  # the name of a frame that does not come


@dataclass
class RecordedServer:
    """Each run answers with the next of `runs`; what was asked is kept in `asked`.

    Answers to interrupts are first refused, once with each of `refuses`.
    """

    runs: Sequence[Sequence[Frame]] = ()
    state: Mapping[str, Any] = field(default_factory=lambda: {"values": {}, "tasks": []})
    asked: list[dict[str, Any]] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)
    refuses: list[str] = field(default_factory=list)

    def client(self) -> LangGraphClient:
        transport = httpx.ASGITransport(app=self.app())
        return LangGraphClient(httpx.AsyncClient(transport=transport, base_url="http://recorded"))

    def app(self) -> FastAPI:
        app = FastAPI()

        @app.post("/assistants/search")
        async def search() -> list[dict[str, Any]]:
            return [{"assistant_id": "fe096781-5601-53d2-b2f6-0d3403f7e9ca", "graph_id": "coach", "name": "coach"}]

        @app.post("/threads")
        async def create() -> dict[str, Any]:
            return {"thread_id": THREAD}

        @app.get("/threads/{thread_id}")
        async def get(thread_id: str) -> JSONResponse:
            if thread_id != THREAD:
                return JSONResponse({"detail": f"Thread with ID {thread_id} not found"}, status_code=404)
            return JSONResponse({"thread_id": THREAD})

        @app.get("/threads/{thread_id}/state")
        async def state(thread_id: str) -> Mapping[str, Any]:
            return self.state

        @app.get("/threads/{thread_id}/runs/{run_id}")
        async def run(thread_id: str, run_id: str) -> dict[str, Any]:
            return {"run_id": run_id, "status": "success"}

        @app.post("/threads/{thread_id}/runs/{run_id}/cancel")
        async def cancel(thread_id: str, run_id: str) -> dict[str, Any]:
            self.cancelled.append(run_id)
            return {}

        @app.post("/threads/{thread_id}/runs/stream")
        async def stream(thread_id: str, request: Request) -> Response:
            if self.refuses and (await request.json()).get("command"):
                return JSONResponse({"detail": self.refuses.pop(0)}, status_code=422)
            self.asked.append(await request.json())
            frames = [("metadata", {"run_id": RUN, "attempt": 1}), *self.runs[len(self.asked) - 1]]

            async def body() -> AsyncIterator[str]:
                for event, data in frames:
                    if event == NEVER:
                        await asyncio.Event().wait()
                    yield f"event: {event}\r\ndata: {json.dumps(data)}\r\n\r\n"

            return StreamingResponse(
                body(),
                media_type="text/event-stream",
                headers={
                    "Location": f"/threads/{thread_id}/runs/{RUN}/stream",
                    "Content-Location": f"/threads/{thread_id}/runs/{RUN}",
                },
            )

        return app


def token(text: str, message_id: str = "lc_run--1", **metadata: Any) -> Frame:
    """A frame of `messages-tuple` with a piece of an answer."""
    chunk = {"content": text, "type": "AIMessageChunk", "id": message_id, "response_metadata": metadata}
    return "messages", [chunk, {"langgraph_node": "agent"}]


def review(description: str, allowed: Sequence[str] = ("approve", "edit", "reject", "respond")) -> dict[str, Any]:
    """An interrupt that asks for approval."""
    action = {"name": "edit_plan", "args": {"ops": []}, "description": description}
    config = {"action_name": "edit_plan", "allowed_decisions": list(allowed)}
    return {"id": "df7ad7cf", "value": {"action_requests": [action], "review_configs": [config]}}
