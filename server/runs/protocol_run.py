"""Drives the graph of a run that event streaming v2 started: on langgraph's event stream v3, into the run's log."""

import asyncio
import contextlib
import warnings
from collections.abc import Iterable, Mapping
from typing import Any, Protocol
from uuid import UUID

from langchain_core._api import LangChainBetaWarning
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.runnables import RunnableConfig
from langgraph.pregel import Pregel
from langgraph.stream import AsyncGraphRunStream, ProtocolEvent, StreamChannel, StreamTransformer

from server.events.failures import public_error
from server.events.protocol import ProtocolConverter
from server.events.types import Event

_COMPANION_SECONDS = 0.02  # a checkpoint follows its values at once, if there is one

AnyGraph = Pregel[Any, Any, Any, Any]

# each run would say it anew
warnings.filterwarnings("ignore", "The v3 streaming protocol on Pregel is experimental", LangChainBetaWarning)


class Appended(Protocol):
    """Where a run's events go (`server.events.log.RunLog`)."""

    async def append(self, events: Iterable[Event]) -> None:
        """Take them, perhaps when there is room again."""

    def post(self, events: Iterable[Event]) -> None:
        """Take them at once."""


class ModesTransformer(StreamTransformer):
    """Asks the graph for the modes that the protocol shows, and passes tasks on, which the built-in transformers keep.

    It has no projection of its own by the names of langgraph's, so that it stands beside any that a graph was compiled with.
    """

    _native = True
    before_builtins = True
    required_stream_modes = ("updates", "custom", "tools", "checkpoints", "tasks")

    def __init__(self, scope: tuple[str, ...] = ()) -> None:
        super().__init__(scope)
        self._tasks: StreamChannel[dict[str, Any]] = StreamChannel("tasks")

    def init(self) -> dict[str, Any]:
        """The projection, of which nobody reads but the stream itself."""
        return {"planloom_tasks": self._tasks}

    def process(self, event: ProtocolEvent) -> bool:
        """Keeps every event."""
        if event["method"] == "tasks" and not self.scope:
            self._tasks.push({"namespace": event["params"]["namespace"], "task": event["params"]["data"]})
        return True


class ToolErrors(BaseCallbackHandler):
    """Notes what callers may read of tools' failures, by tool call: the graph's stream has only their whole text."""

    run_inline = True
    # it is asked for each token otherwise
    ignore_llm = True
    ignore_chat_model = True
    ignore_chain = True
    ignore_retriever = True
    ignore_custom_event = True

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}
        self._calls: dict[UUID, str] = {}

    def on_tool_start(self, serialized: dict[str, Any], input_str: str, *, run_id: UUID, **kwargs: Any) -> None:
        """Note which call runs."""
        self._calls[run_id] = str(kwargs.get("tool_call_id") or run_id)

    def on_tool_end(self, output: Any, *, run_id: UUID, **kwargs: Any) -> None:
        """Forget it."""
        self._calls.pop(run_id, None)

    def on_tool_error(self, error: BaseException, *, run_id: UUID, **kwargs: Any) -> None:
        """Note what went wrong with it."""
        if call_id := self._calls.pop(run_id, None):
            self.texts[call_id] = public_error(error)["message"]


class ProtocolRun:
    """One attempt at a run. `options` are what `astream` takes besides input and config."""

    def __init__(self, graph: AnyGraph, graph_name: str, run_log: Appended) -> None:
        self._graph = graph
        self._log = run_log
        self._tool_errors = ToolErrors()
        self._converter = ProtocolConverter(graph_name, self._tool_errors.texts)
        self._held: list[Event] = []  # values whose checkpoint is to be said before them
        self._release: asyncio.TimerHandle | None = None

    async def drive(self, given: Any, config: RunnableConfig, options: Mapping[str, Any]) -> None:
        """Run the graph to its end. Raises what it raises; when this is cancelled, the graph has stopped once it returns."""
        callbacks: Any = config.get("callbacks") or []
        config = {**config, "callbacks": [*callbacks, self._tool_errors]}
        stream: AsyncGraphRunStream = await self._graph.astream_events(
            given, config, version="v3", transformers=[ModesTransformer], **options
        )
        consumer = asyncio.ensure_future(self._consume(stream))
        try:
            await asyncio.wait({consumer})  # which a cancel does not reach: the graph is stopped through its stream
        finally:
            await _stopped(stream, consumer)
            self._flush()
        consumer.result()

    async def _consume(self, stream: AsyncGraphRunStream) -> None:
        loop = asyncio.get_running_loop()
        async for emitted in stream:
            events = self._converter.convert(emitted)
            if emitted["method"] == "values" and not emitted["params"].get("interrupts"):
                self._flush()
                self._held = events
                self._release = loop.call_later(_COMPANION_SECONDS, self._flush)
                continue
            if self._held and emitted["method"] == "checkpoints":
                events += self._held
                self._held = []
            self._flush()
            if events:
                await self._log.append(events)

    def _flush(self) -> None:
        if self._release is not None:
            self._release.cancel()
            self._release = None
        if self._held:
            self._log.post(self._held)
            self._held = []


async def _stopped(stream: AsyncGraphRunStream, consumer: asyncio.Future[None]) -> None:
    """Return when neither the graph nor what reads it goes on, however often the caller is cancelled meanwhile."""
    stopping = asyncio.ensure_future(stream.abort())
    while not stopping.done():
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.wait({stopping})
    while not consumer.done():
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.wait({consumer})
