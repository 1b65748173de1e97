"""One of the two servers, as cases drive it: the SDK's client, plain HTTP, and what of an answer is compared."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from langgraph_sdk import get_client, get_sync_client
from langgraph_sdk.client import LangGraphClient, SyncLangGraphClient

COMPARED_HEADERS = (
    "content-type",
    "location",
    "content-location",
    "cache-control",
    "x-accel-buffering",
    "x-pagination-total",
    "x-pagination-next",
    "allow",
)
RUN_SECONDS = 60
# The official server closes connections that were idle for five seconds, httpx would use them for as long: now and then they
# meet.
_LIMITS = httpx.Limits(keepalive_expiry=2)


@dataclass(frozen=True)
class Answer:
    """A response: its status, the headers that matter, and its body (JSON if it is, else text)."""

    status: int
    headers: dict[str, str]
    body: Any

    def shown(self) -> dict[str, Any]:
        """All of it, for comparing."""
        return {"status": self.status, "headers": self.headers, "body": self.body}

    def refusal(self) -> dict[str, Any]:
        """That it is a refusal with a text, whatever the text: for schema failures, whose words nobody parses."""
        body = self.body if isinstance(self.body, dict) else {}
        return {"status": self.status, "keys": sorted(body), "says something": bool(body.get("detail"))}


@dataclass(frozen=True)
class Frame:
    """One event of a stream."""

    event: str
    data: Any
    id: str | None


@dataclass(frozen=True)
class Streamed:
    """A finished stream: the response's head and its events."""

    status: int
    headers: dict[str, str]
    frames: list[Frame]
    raw: str

    def shown(self) -> dict[str, Any]:
        """All of it, for comparing."""
        return {"status": self.status, "headers": self.headers, "events": self.events()}

    def events(self, *names: str) -> list[Any]:
        """The events as `[name, data]` (and `id` where there is one); those of `names` if any are given."""
        return [
            [frame.event, frame.data, *(["id"] if frame.id else [])]
            for frame in self.frames
            if not names or frame.event in names
        ]

    @property
    def names(self) -> list[str]:
        """The events' names in order."""
        return [frame.event for frame in self.frames]

    @property
    def run_id(self) -> str:
        """The run, from its `Content-Location`."""
        return self.headers["content-location"].rsplit("/", 1)[-1]


class Peer:
    """A server that this session started, with clients of it."""

    def __init__(
        self, name: str, url: str, sdk: LangGraphClient, sync_sdk: SyncLangGraphClient, http: httpx.AsyncClient
    ) -> None:
        self.name = name
        self.url = url
        self.sdk = sdk
        self.sync_sdk = sync_sdk
        self.http = http

    async def ask(self, method: str, path: str, body: Any = None, **options: Any) -> Answer:
        """One request; `body` goes as JSON, `options` to httpx."""
        if body is not None:
            options["json"] = body
        response = await self.http.request(method, path, **options)
        return Answer(response.status_code, _compared(response), _body_of(response))

    def fresh_http(self) -> httpx.AsyncClient:
        """A client with connections of its own: the official server breaks the one on which it answers 500."""
        return httpx.AsyncClient(base_url=self.url, timeout=RUN_SECONDS)

    async def stream(self, method: str, path: str, body: Any = None, **options: Any) -> Streamed:
        """One streamed request, read to its end."""
        if body is not None:
            options["json"] = body
        async with self.http.stream(method, path, **options) as response:
            raw = (await response.aread()).decode()
            return Streamed(response.status_code, _compared(response), frames_of(raw), raw)

    async def thread(self, **options: Any) -> str:
        """The id of a new thread."""
        return str((await self.sdk.threads.create(**options))["thread_id"])

    async def wait(self, thread_id: str, graph: str, **body: Any) -> Any:
        """What `runs/wait` answers."""
        answer = await self.ask("POST", f"/threads/{thread_id}/runs/wait", {"assistant_id": graph, **body})
        return answer.body

    async def events(self, graph: str, given: Any, *modes: str, **body: Any) -> Streamed:
        """The stream of a run of `graph` on a new thread, with `given` as input."""
        thread_id = await self.thread()
        asked = {"assistant_id": graph, "input": given, "stream_mode": list(modes), **body}
        return await self.stream("POST", f"/threads/{thread_id}/runs/stream", asked)

    async def asleep(self, secs: float = 30, **options: Any) -> tuple[str, str]:
        """A thread and its run of `slow`, which sleeps by now."""
        while True:
            thread_id = await self.thread()
            if run_id := await self._seen_asleep(thread_id, secs, **options):
                return thread_id, run_id

    async def asleep_on(self, thread_id: str, secs: float = 30) -> str:
        """A run of `slow` on that thread, which sleeps by now."""
        run_id = await self._seen_asleep(thread_id, secs)
        assert run_id, "the run was over before it was seen to sleep"
        return run_id

    async def _seen_asleep(self, thread_id: str, secs: float, **options: Any) -> str | None:
        """A run of `slow`, once it is seen to sleep; none if a busy machine let it sleep between two looks."""
        run = await self.sdk.runs.create(thread_id, "slow", input={"secs": secs}, **options)
        run_id = str(run["run_id"])
        async with asyncio.timeout(RUN_SECONDS):
            while (await self.sdk.threads.get_state(thread_id))["next"] != ["sleeper"]:
                if (await self.sdk.runs.get(thread_id, run_id))["status"] not in ("pending", "running"):
                    return None
                await asyncio.sleep(0.05)
        return run_id

    async def over(self, thread_id: str, run_id: str) -> None:
        """Return when the run is over."""
        await self.sdk.runs.join(thread_id, run_id)


@asynccontextmanager
async def peer_at(name: str, url: str) -> AsyncIterator[Peer]:
    """Clients of the server at `url`."""
    with get_sync_client(url=url, api_key=None) as sync_sdk:
        async with (
            get_client(url=url, api_key=None) as sdk,
            httpx.AsyncClient(base_url=url, timeout=RUN_SECONDS, follow_redirects=False, limits=_LIMITS) as http,
        ):
            yield Peer(name, url, sdk, sync_sdk, http)


def frames_of(raw: str) -> list[Frame]:
    """The events of a stream's text; comments are left out."""
    frames = []
    for block in raw.replace("\r\n", "\n").split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.split("\n") if ": " in line and not line.startswith(":"))
        if "event" in fields:
            frames.append(Frame(fields["event"], json.loads(fields.get("data", "null")), fields.get("id")))
    return frames


def _compared(response: httpx.Response) -> dict[str, str]:
    return {name: response.headers[name] for name in COMPARED_HEADERS if name in response.headers}


def _body_of(response: httpx.Response) -> Any:
    if not response.content:
        return None
    try:
        return response.json()
    except ValueError:
        return response.text
