"""The protocol over a WebSocket: commands come in, their replies and the events of subscriptions go out.

A client that takes nothing is let go, and so is one whose place in the thread's log is gone. Nothing queues up for either:
events are read as they are taken, and commands that are being carried out are counted.
"""

import asyncio
import time
from contextlib import suppress
from uuid import UUID

import psycopg
import structlog
from psycopg_pool import PoolTimeout
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketDisconnected

from server.errors import Denied, Malformed
from server.events.log import EventsGoneError
from server.events.slow_readers import STALLED_SECONDS, SlowReaderError, taken
from server.metrics.http import OPEN_STREAMS
from server.protocols.events.commands import SUBSCRIPTIONS, Commands
from server.protocols.events.connection import ThreadConnection
from server.protocols.events.envelopes import (
    Command,
    CommandError,
    Done,
    EnvelopeError,
    ErrorCode,
    command_of,
    failure,
    success,
)
from server.protocols.events.session import ThreadEvents
from server.requests import NoJsonError, json_of

MOST_COMMANDS = 16
"""How many commands of one connection are carried out at once; the next one waits to be read."""

TOO_SLOW = 4408
TRY_AGAIN = 1013
"""Close codes upon which clients connect again."""

DENIED = 4403
"""A close code upon which they do not, as upon any that is 4000 and an HTTP status but for 4408 and 4429."""

FAREWELL_SECONDS = 5.0

_LEFT = (WebSocketDisconnect, WebSocketDisconnected)
"""What sending to a client that has left raises, at first and then."""

log = structlog.get_logger("planloom.events")


class EventSocket:
    """One client's connection to a thread."""

    def __init__(
        self, websocket: WebSocket, thread_id: UUID, commands: Commands, events: ThreadEvents, *, strict: bool
    ) -> None:
        self._websocket = websocket
        self._thread_id = thread_id
        self._commands = commands
        self._strict = strict
        self._connection = ThreadConnection(events, thread_id, self._send, is_python=_is_python(websocket))
        self._sending = asyncio.Lock()
        self._places = asyncio.Semaphore(MOST_COMMANDS)

    async def serve(self) -> None:
        """Serve an accepted connection until its client leaves. Commands that came before that are carried out."""
        try:
            with OPEN_STREAMS.track_inprogress():
                async with asyncio.TaskGroup() as tasks:
                    reader = tasks.create_task(self._read())
                    await self._listen(tasks)
                    reader.cancel()
        except* SlowReaderError:
            log.warning("let go of a socket that takes nothing", seconds=STALLED_SECONDS)
            slow = f"nothing was read for {STALLED_SECONDS:g} seconds while there was more to send; connect again"
            await say_farewell(self._websocket, TOO_SLOW, CommandError("unknown_error", slow))
        except* Denied as refused:
            [error, *_] = refused.exceptions
            await say_farewell(self._websocket, DENIED, CommandError("permission_denied", str(error)))
        except* EventsGoneError as gone:
            await say_farewell(self._websocket, TRY_AGAIN, CommandError("unknown_error", str(gone.exceptions[0])))

    async def _read(self) -> None:
        with suppress(*_LEFT):
            await self._connection.run()

    async def _listen(self, tasks: asyncio.TaskGroup) -> None:
        while True:
            message = await self._websocket.receive()
            if message["type"] == "websocket.disconnect":
                return
            try:
                command = _command_of(message.get("text"), strict=self._strict)
            except CommandError as error:
                with suppress(*_LEFT):
                    await self._send(failure(error.given_id if isinstance(error, EnvelopeError) else None, error))
                continue
            await self._places.acquire()
            tasks.create_task(self._answer(command))

    async def _answer(self, command: Command) -> None:
        started = time.perf_counter()
        refused: ErrorCode | None = None
        try:
            with suppress(
                *_LEFT
            ):  # while what a subscription missed was sent, or before the reply: it is nobody's any more
                reply, refused = await self._answered(command)
                await self._send(reply)
        finally:
            # not before the reply is out: replies that are not read must not pile up
            self._places.release()
        milliseconds = round((time.perf_counter() - started) * 1000, 1)
        # as every request has its line
        log.info("command", method=command.method, thread_id=str(self._thread_id), refused=refused, ms=milliseconds)

    async def _answered(self, command: Command) -> tuple[bytes, ErrorCode | None]:
        """The reply to the command, and why it was refused if it was."""
        try:
            done = await self._done(command)
        except CommandError as error:
            return failure(command.id, error, applied_through_seq=self._connection.seq), error.code
        except (psycopg.OperationalError, PoolTimeout) as error:
            log.error("database unavailable", error=str(error))
            away = CommandError("unknown_error", "503: the database is not reachable at the moment; retry")
            return failure(command.id, away, applied_through_seq=self._connection.seq), away.code
        if command.unknown:
            log.info("ignored unknown request fields", method=command.method, fields=command.unknown[:20])
        # of a run that it started, events may have passed before this reply: they are none of those before it
        place = self._connection.seq if done.applied_through is None else done.applied_through
        return success(command.id, done.result, applied_through_seq=place), None

    async def _done(self, command: Command) -> Done:
        if command.method in SUBSCRIPTIONS:
            return Done(await self._connection.carry_out(command))
        return await self._commands.carry_out(str(self._thread_id), command)

    async def _send(self, text: bytes) -> None:
        """Raises `SlowReaderError` if there is no room for it in time, one of `_LEFT` if the client has left."""
        async with self._sending:
            await taken(self._websocket.send_text(text.decode()))


async def say_farewell(websocket: WebSocket, code: int, error: CommandError) -> None:
    """Tell an accepted connection why it ends, and end it."""
    with suppress(*_LEFT, TimeoutError):
        async with asyncio.timeout(FAREWELL_SECONDS):
            await websocket.send_text(failure(None, error).decode())
            await websocket.close(code, error.message[:100])


def _is_python(websocket: WebSocket) -> bool:
    """Whether the client is of the library by which the Python SDK connects: the SDK itself does not say who it is."""
    agent = websocket.headers.get("user-agent", "")
    return agent.startswith("Python/") and " websockets/" in agent


def _command_of(text: str | None, *, strict: bool) -> Command:
    if text is None:
        raise CommandError("invalid_argument", "Protocol commands must be text frames, not binary ones.")
    try:
        return command_of(json_of(text.encode()), strict=strict)
    except NoJsonError as error:
        raise CommandError("invalid_argument", "Protocol commands must be valid JSON.") from error
    except Malformed as error:
        raise CommandError("invalid_argument", error.detail) from error
