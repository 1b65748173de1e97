"""One sitting at the terminal: turns of a conversation until the input ends."""

import asyncio
import signal
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import aclosing, contextmanager
from dataclasses import replace
from typing import Any

import httpx
from langgraph_sdk.client import LangGraphClient
from langgraph_sdk.errors import UnprocessableEntityError

from server.chat.attachments import AttachmentError, attachment, split_command
from server.chat.conversation import Conversation, error_detail
from server.chat.decisions import (
    ActionRequest,
    ReviewRequest,
    UnclearAnswer,
    read_decision,
    read_review_request,
    read_side,
)
from server.chat.plan_commands import CommandError, PlanCommands
from server.chat.plan_events import Conflict
from server.chat.render import conflict_question, model_label, past_message, render, review_question, shorten
from server.chat.run_events import Interrupted, ModelNamed, RunEvent, RunFailed, Token, message_text, model_of
from server.chat.terminal import PROMPT, Terminal

INTERRUPTED_EXIT = 130
_PAST_MESSAGES = 6


class _Left(Exception):
    """The input ended."""


class Session:
    """One sitting at the terminal with `assistant`; `come_back` are the words after the command that lead back to it."""

    def __init__(self, client: LangGraphClient, terminal: Terminal, assistant: str, come_back: str = "") -> None:
        self._client = client
        self._terminal = terminal
        self._come_back = come_back
        self._assistant = assistant
        self._model_shown: str | None = None
        self._message_id: str | None = None
        self._exit_code = 0

    async def run(self, thread_id: str | None = None, context: Mapping[str, Any] | None = None) -> int:
        """Converse until the input ends; the exit code. Raises what `Conversation.open` raises."""
        conversation = await Conversation.open(self._client, self._assistant, thread_id, context)
        self._greet(conversation)
        try:
            if thread_id is not None:
                await self._settle(conversation, await self._show_past(conversation))
            while True:
                await self._turn(conversation)
        except _Left:
            return self._exit_code

    def _greet(self, conversation: Conversation) -> None:
        self._terminal.show(
            f"thread {conversation.thread_id}\n"
            f"go on later: planloom chat {self._assistant} --thread {conversation.thread_id}{self._come_back}"
        )
        if self._terminal.interactive:
            self._terminal.show("Ctrl-C stops an answer, Ctrl-D leaves, /help lists commands for the plan.")

    async def _show_past(self, conversation: Conversation) -> list[Interrupted]:
        past = await conversation.past()
        shown = [block for message in past.messages if (block := past_message(message, message_text(message)))]
        if len(shown) > _PAST_MESSAGES:
            self._terminal.show(f"… {len(shown) - _PAST_MESSAGES} earlier messages")
        for block in shown[-_PAST_MESSAGES:]:
            self._terminal.show(block)
        if (model := next(filter(None, map(model_of, reversed(past.messages))), None)) is not None:
            self._name_model(model)
        return list(past.interrupts)

    async def _turn(self, conversation: Conversation) -> None:
        self._terminal.show("")
        text = self._ask().strip()
        if text.split(" ", 1)[0] == "/file":
            await self._send_file(conversation, text)
        elif text.startswith("/"):
            await self._command(conversation, text)
        elif text:
            await self._settle(conversation, await self._show(conversation, conversation.say(text)))

    async def _send_file(self, conversation: Conversation, line: str) -> None:
        try:
            path, words = split_command(line)
            more = await attachment(path)
        except AttachmentError as error:
            self._terminal.show(str(error))
            return
        await self._settle(conversation, await self._show(conversation, conversation.say(words, more)))

    async def _command(self, conversation: Conversation, line: str) -> None:
        commands = PlanCommands(self._client.http.client, conversation.thread_id, self._choose)
        try:
            self._terminal.show(await commands.run(line))
        except CommandError as error:
            self._terminal.show(str(error))

    async def _settle(self, conversation: Conversation, asked: list[Interrupted]) -> None:
        """Answer what the agent asks until it asks nothing more."""
        while asked:
            answers = {interrupt.interrupt_id: self._review(interrupt) for interrupt in asked}
            try:
                asked = await self._show(conversation, conversation.answer(answers))
            except UnprocessableEntityError as error:
                self._terminal.show(f"That is no answer: {error_detail(error)}")

    async def _show(self, conversation: Conversation, events: AsyncGenerator[RunEvent, None]) -> list[Interrupted]:
        """Show a run as it goes; what it asks at its end. Ctrl-C cancels the run."""
        shown = asyncio.create_task(self._consume(events))
        try:
            with _sigint_cancels(shown):
                return await shown
        except asyncio.CancelledError:
            await conversation.cancel()
            self._terminal.show("cancelled")
            if not self._terminal.interactive:
                self._exit_code = INTERRUPTED_EXIT
                raise _Left from None
        except httpx.HTTPError as error:
            lost = isinstance(error, httpx.ConnectError | UnprocessableEntityError)
            if lost or not self._terminal.interactive:
                raise
            self._terminal.show(f"The run's stream broke: {error_detail(error)}")
        return []

    async def _consume(self, events: AsyncGenerator[RunEvent, None]) -> list[Interrupted]:
        asked: dict[str, Interrupted] = {}
        async with aclosing(events):
            async for event in events:
                if isinstance(event, Interrupted):
                    asked[event.interrupt_id] = event
                else:
                    self._show_event(event)
        self._terminal.fresh_line()
        return list(asked.values())

    def _show_event(self, event: RunEvent) -> None:
        match event:
            case Token():
                self._show_token(event)
            case ModelNamed():
                self._name_model(event)
            case _:
                if isinstance(event, RunFailed) and not self._terminal.interactive:
                    self._exit_code = 1
                if (block := render(event)) is not None:
                    self._terminal.show(block)

    def _show_token(self, token: Token) -> None:
        if token.message_id != self._message_id:
            self._terminal.fresh_line()
            self._message_id = token.message_id
        self._terminal.stream(token.text)

    def _name_model(self, model: ModelNamed) -> None:
        """Once per session and model."""
        if model.name != self._model_shown:
            self._model_shown = model.name
            self._terminal.show(model_label(model))

    def _review(self, interrupt: Interrupted) -> Any:
        """A person's answer to an interrupt, as the value to resume it with."""
        request = read_review_request(interrupt.value)
        if request is None:
            self._terminal.show(f"The agent asks: {shorten(str(interrupt.value), 1000)}")
            return self._ask("answer> ").strip()
        if len(request.action_requests) > 1:  # what is beside them is about none of them in particular
            request = request.model_copy(update={"summary": "", "changes": (), "conflicts": ()})
        return {"decisions": [self._decide(action, request) for action in request.action_requests]}

    def _decide(self, action: ActionRequest, request: ReviewRequest) -> dict[str, Any]:
        allowed = request.allowed(action)
        self._terminal.show(review_question(action, allowed, request))
        while True:
            try:
                decision = read_decision(self._ask("decision> "), action, allowed, request.changes)
                break
            except UnclearAnswer as unclear:
                self._terminal.show(str(unclear))
        if decision.type == "approve" and request.conflicts:
            sides = {conflict.pointer: self._choose(conflict) for conflict in request.conflicts}
            decision = replace(decision, resolutions=sides)
        return decision.to_json(action)

    def _choose(self, conflict: Conflict) -> str:
        self._terminal.show(conflict_question(conflict))
        while True:
            try:
                return read_side(self._ask("keep> "))
            except UnclearAnswer as unclear:
                self._terminal.show(str(unclear))

    def _ask(self, prompt: str = PROMPT) -> str:
        while True:
            try:
                line = self._terminal.ask(prompt)
            except KeyboardInterrupt:
                self._terminal.show("(Ctrl-D leaves)")
                continue
            if line is None:
                raise _Left
            return line


@contextmanager
def _sigint_cancels(task: asyncio.Task[Any]) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    try:
        loop.add_signal_handler(signal.SIGINT, task.cancel)
    except NotImplementedError:  # Windows: Ctrl-C ends the program, and the run goes on
        yield
        return
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGINT)
