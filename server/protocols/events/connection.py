"""What one connection has subscribed to of a thread's events. Each event is sent once, however many subscriptions want it."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from server.errors import Invalid
from server.protocols.events.envelopes import Command, CommandError
from server.protocols.events.model import ProtocolEvent
from server.protocols.events.session import ThreadEvents
from server.protocols.events.subscriptions import ChannelsError, Subscription, is_watch_of_python_sdk

MOST_SUBSCRIPTIONS = 100

GATHERING_SECONDS = 0.05
"""For how long subscriptions to a thread with a past are gathered: clients that come back send all of theirs at once."""

Send = Callable[[bytes], Awaitable[None]]
"""Sends an event's JSON, and returns when there is room for more."""


@dataclass
class _Taken:
    """A subscription, and how many of the events that there were before it went live were for it."""

    subscription: Subscription
    replayed: int = 0


class ThreadConnection:
    """Reads a thread's events for one connection and passes on those that are wanted. Nothing is kept of them.

    Subscriptions that come together at first are served together: a client that comes back must not be told of an end before
    what led to it. What a later one missed is read from the thread's log again; meanwhile the connection stands still, so
    that events keep their order.
    """

    def __init__(self, events: ThreadEvents, thread_id: UUID, send: Send, *, is_python: bool = False) -> None:
        self._events = events
        self._thread_id = thread_id
        self._send = send
        self._is_python = is_python
        self._skips_settled = False
        self._taken: dict[str, _Taken] = {}
        self._place = asyncio.Lock()
        self._wanted = asyncio.Event()
        self._is_live = asyncio.Event()
        self.seq = 0
        """The number of the last event that passed, sent or not."""

    async def run(self) -> None:
        """Pass events on, from the first subscription until cancelled. Raises `EventsGoneError` as the reader does."""
        try:
            await self._wanted.wait()
            opened = await self._events.open(self._thread_id, skips_settled=self._skips_settled)
            async with aclosing(opened) as pages:
                async for page in pages:
                    if not page:
                        self._is_live.set()
                    elif not self.seq and not self._is_live.is_set():
                        await asyncio.sleep(GATHERING_SECONDS)
                    async with self._place:
                        for event in page:
                            await self._pass_on(event)
        finally:
            self._is_live.set()  # nobody may wait for what does not come any more

    async def carry_out(self, command: Command) -> dict[str, Any]:
        """The result of a `subscription.*` command, after the events that it replays. Raises `CommandError`."""
        if command.method == "subscription.unsubscribe":
            return self._unsubscribe(command.params)
        subscription = _subscription(command)
        if len(self._taken) == MOST_SUBSCRIPTIONS:
            raise _refused(f"A connection has at most {MOST_SUBSCRIPTIONS} subscriptions: give one up first.")
        subscription_id = str(uuid4())
        replayed = await self._subscribe(subscription_id, subscription)
        if command.method == "subscription.reconnect" and not self.seq:
            del self._taken[subscription_id]
            raise CommandError("no_such_run", "No active run is bound to this thread.")
        return {"subscription_id": subscription_id, "replayed_events": replayed}

    async def _pass_on(self, event: ProtocolEvent) -> None:
        self.seq = event.seq
        wanting = [taken for taken in self._taken.values() if taken.subscription.matches(event)]
        if not wanting:
            return
        if not self._is_live.is_set():
            for taken in wanting:
                taken.replayed += 1
        await self._send(event.encoded())

    async def _subscribe(self, subscription_id: str, subscription: Subscription) -> int:
        """How many events there were for it."""
        taken = _Taken(subscription)
        if self.seq or self._is_live.is_set():
            async with self._place:
                self._taken[subscription_id] = taken
                return await self._replay(subscription)
        self._taken[subscription_id] = taken
        if not self._wanted.is_set():
            self._skips_settled = self._is_python and is_watch_of_python_sdk(subscription)
            self._wanted.set()
        await self._is_live.wait()
        return taken.replayed

    async def _replay(self, subscription: Subscription) -> int:
        replayed, last = 0, self.seq
        async with aclosing(await self._events.so_far(self._thread_id, subscription.channels)) as pages:
            async for page in pages:
                for event in page:
                    if event.seq > last:
                        return replayed
                    if subscription.matches(event):
                        await self._send(event.encoded())
                        replayed += 1
        return replayed

    def _unsubscribe(self, params: dict[str, Any]) -> dict[str, Any]:
        subscription_id = params.get("subscription_id")
        if not isinstance(subscription_id, str):
            raise _refused("subscription.unsubscribe requires a subscription_id.")
        if self._taken.pop(subscription_id, None) is None:
            raise CommandError("no_such_subscription", f"Unknown subscription: {subscription_id}")
        return {}


def _subscription(command: Command) -> Subscription:
    since = command.params.get("since")
    try:
        Subscription.parse({**command.params, "since": None})  # channels first: without any there is no place either
        if command.method == "subscription.reconnect" and (not isinstance(since, int) or since < 0):
            raise _refused("subscription.reconnect requires a non-negative integer since.")
        return Subscription.parse(command.params)
    except ChannelsError as error:
        wrong = "received an unsupported channel." if error.unknown else "requires a non-empty channels array."
        raise _refused(f"{command.method} {wrong}") from error
    except Invalid as error:
        raise _refused(f"{command.method}: {error.detail}.") from error


def _refused(message: str) -> CommandError:
    return CommandError("invalid_argument", message)
