"""A conversation on a thread, over the LangGraph API: what is said goes in, typed events come out."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import Any, Self, cast

import httpx
from langgraph_sdk.client import LangGraphClient
from langgraph_sdk.errors import APIError, APIStatusError
from langgraph_sdk.schema import Command, RunCreateMetadata, StreamPart

from server.chat.run_events import STREAM_MODES, FrameReader, Interrupted, RunEvent, read_interrupts

_SEARCHED = 100


class ConversationError(Exception):
    """The conversation cannot go on; the message is one line for the person at the terminal."""


@dataclass(frozen=True)
class Past:
    """Where a thread stands: its messages as the API gives them, and what a person is asked, if anything."""

    messages: tuple[dict[str, Any], ...] = ()
    interrupts: tuple[Interrupted, ...] = ()


class Conversation:
    """One thread with one assistant. At most one run at a time is streamed and can be cancelled."""

    def __init__(
        self, client: LangGraphClient, assistant: str, thread_id: str, context: Mapping[str, Any] | None = None
    ) -> None:
        self._client = client
        self._assistant = assistant
        self._context = dict(context) if context else None
        self._run_id: str | None = None
        self.thread_id = thread_id

    @classmethod
    async def open(
        cls,
        client: LangGraphClient,
        assistant: str,
        thread_id: str | None = None,
        context: Mapping[str, Any] | None = None,
    ) -> Self:
        """Go on with `thread_id`, or begin a new thread. `context` goes with each run.

        Raises `ConversationError` for an assistant or a thread that the server does not have, and httpx's errors
        when no server answers.
        """
        await _require_assistant(client, assistant)
        if thread_id is None:
            return cls(client, assistant, (await client.threads.create())["thread_id"], context)
        try:
            await client.threads.get(thread_id)
        except APIStatusError as error:
            raise ConversationError(f"There is no thread {thread_id}: {error_detail(error)}") from error
        return cls(client, assistant, thread_id, context)

    async def past(self) -> Past:
        """The thread's messages so far, and what waits for an answer."""
        state = await self._client.threads.get_state(self.thread_id)
        values = state.get("values")
        messages = values.get("messages") if isinstance(values, dict) else None
        asked = [
            interrupt for task in state.get("tasks") or [] for interrupt in read_interrupts(task.get("interrupts"))
        ]
        told = tuple(message for message in messages or [] if isinstance(message, dict))
        return Past(told, tuple(asked))

    def say(self, text: str, more: Mapping[str, Any] | None = None) -> AsyncGenerator[RunEvent, None]:
        """Say `text` to the assistant, with `more` input such as a file, and what it does about it."""
        return self._run({"messages": [{"role": "user", "content": text}], **(more or {})}, None)

    def answer(self, answers: Mapping[str, Any]) -> AsyncGenerator[RunEvent, None]:
        """Answer the interrupts of these ids, and what the assistant does then."""
        only = next(iter(answers.values())) if len(answers) == 1 else dict(answers)
        return self._run(None, {"resume": only})

    async def cancel(self) -> None:
        """Stop the run that is being streamed, and wait until it has stopped. One that ended already is left alone."""
        if self._run_id is not None:
            with suppress(APIStatusError):
                await self._client.runs.cancel(self.thread_id, self._run_id, wait=True)

    async def _run(self, given: dict[str, Any] | None, command: Command | None) -> AsyncGenerator[RunEvent, None]:
        self._run_id = None
        frames = self._client.runs.stream(
            self.thread_id,
            self._assistant,
            input=given,
            command=command,
            context=self._context,
            stream_mode=STREAM_MODES,
            stream_subgraphs=True,  # where the assistants of a room answer
            stream_resumable=True,  # so that a reader whose connection breaks reads on where it was
            on_run_created=self._created,
        )
        reader = FrameReader()
        # The client's is a generator, though it doesn't say so: left half-read it would keep its connection.
        async with aclosing(cast("AsyncGenerator[StreamPart, None]", frames)) as received:
            async for frame in received:
                for event in reader.read(frame.event, frame.data):
                    yield event
        self._run_id = None

    def _created(self, run: RunCreateMetadata) -> None:
        self._run_id = run["run_id"]


def error_detail(error: httpx.HTTPError) -> str:
    """What a server's refusal, or a broken connection, says in one line."""
    body = error.body if isinstance(error, APIError) else None
    detail = body.get("detail") if isinstance(body, dict) else None
    if isinstance(detail, list):
        return "; ".join(str(part.get("msg", part)) if isinstance(part, dict) else str(part) for part in detail)
    text = str(detail or error) or type(error).__name__
    return " ".join(text.split())


async def _require_assistant(client: LangGraphClient, assistant: str) -> None:
    found = await client.assistants.search(limit=_SEARCHED)
    names = {name for one in found for name in (one["graph_id"], one["assistant_id"], one["name"])}
    if assistant not in names and len(found) < _SEARCHED:
        known = ", ".join(sorted({one["graph_id"] for one in found})) or "none"
        raise ConversationError(f"The server has no assistant {assistant!r}; it has: {known}")
