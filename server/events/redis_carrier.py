"""Redis as the carrier of events between processes. Postgres keeps them; what Redis loses is read there.

Each live run has a stream. An entry is a batch of the run's events that are durable already; its id is the place of the
last one, so that a reader asks for what comes after its own place. A message on the run's channel says that there is more.
Streams are bounded and expire: they are for readers who keep up, all others read Postgres.
"""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import cast
from uuid import UUID, uuid4

import structlog
from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError, ResponseError
from redis.typing import EncodableT, FieldT, KeyT, StreamIdT

from server.background import watch_over
from server.events.types import END, LoggedEvent

_PREFIX = "planloom:run:"
_KEPT_BATCHES = 1_000
_MAX_PENDING = 20_000  # events to be published; past it, Redis counts as away
_LIVE_SECONDS = 600  # after its last event, a run's stream is kept for as long as this
_OVER_SECONDS = 60
_READ_AT_ONCE = 100  # batches of a run
_PATIENCE_SECONDS = 5.0
_RETRY_SECONDS = 1.0
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

log = structlog.get_logger("planloom.events")

_Streams = list[tuple[bytes, list[tuple[bytes, dict[bytes, bytes]]]]]
"""Of each stream its entries, with their ids."""

TakeIn = Callable[[UUID, Sequence[LoggedEvent]], None]
"""Told of each watched run: what came (nothing, perhaps), and that nothing was missed up to there."""

Undelivered = Callable[[Sequence[UUID]], None]
"""Told of runs with durable events that Redis did not take."""


class RedisCarrier:
    """Publishes this process's events and reads those of watched runs, over two connections."""

    def __init__(self, url: str, take_in: TakeIn, lost: Callable[[], None], undelivered: Undelivered) -> None:
        self._redis = Redis.from_url(
            url,
            protocol=2,
            socket_timeout=_PATIENCE_SECONDS,
            socket_connect_timeout=_PATIENCE_SECONDS,
            health_check_interval=15,
        )
        self._take_in = take_in
        self._lost = lost
        self._undelivered = undelivered
        self._own_channel = f"planloom:process:{uuid4().hex}"  # a subscription to nothing is none
        self._pending: list[tuple[UUID, LoggedEvent]] = []
        self._is_pending = asyncio.Event()
        self._places: dict[UUID, int] = {}
        self._subscriptions: asyncio.Queue[tuple[UUID, bool]] = asyncio.Queue()
        self._tasks: list[asyncio.Task[None]] = []
        self.is_up = False
        """Whether what is published reaches those who watch."""

    def start(self) -> None:
        """Start publishing and listening. Redis need not be there yet."""
        self._tasks = [
            asyncio.create_task(self._publish_forever(), name="redis-publisher"),
            asyncio.create_task(self._listen_forever(), name="redis-listener"),
        ]
        for task in self._tasks:
            watch_over(task, "events do not go over Redis any more")  # slower, but nothing is lost

    async def close(self) -> None:
        """Stop, and let go of the connections."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._redis.aclose()

    async def ping(self) -> None:
        """Ask Redis whether it is there. Raises `RedisError` if it is not."""
        await self._redis.ping()

    def publish(self, batch: Sequence[tuple[UUID, LoggedEvent]]) -> None:
        """Tell the other processes of events that are durable, soon. Without Redis they are undelivered."""
        if not self.is_up or len(self._pending) + len(batch) > _MAX_PENDING:
            self._undelivered(list({run_id for run_id, _ in batch}))
            return
        self._pending.extend(batch)
        self._is_pending.set()

    def watch(self, run_id: UUID, place: int) -> None:
        """Take in the run's events after a place from now on."""
        self._places[run_id] = place
        self._subscriptions.put_nowait((run_id, True))

    def unwatch(self, run_id: UUID) -> None:
        """Take in no more of the run."""
        if self._places.pop(run_id, None) is not None:
            self._subscriptions.put_nowait((run_id, False))

    # --- publishing

    async def _publish_forever(self) -> None:
        while True:
            try:
                await self._redis.ping()
                self.is_up = True
                while True:
                    await self._is_pending.wait()
                    self._is_pending.clear()
                    batch, self._pending = self._pending, []
                    try:
                        await self._publish(batch)
                    except BaseException:
                        self._pending = batch + self._pending
                        raise
            except (RedisError, OSError) as error:
                log.warning("Redis is away; events go through Postgres", error=str(error))
                self.is_up = False
                unpublished, self._pending = self._pending, []
                if unpublished:
                    self._undelivered(list({run_id for run_id, _ in unpublished}))
            await asyncio.sleep(_RETRY_SECONDS)

    async def _publish(self, batch: Sequence[tuple[UUID, LoggedEvent]]) -> None:
        runs: dict[UUID, list[LoggedEvent]] = {}
        for run_id, event in batch:
            runs.setdefault(run_id, []).append(event)
        pipeline = self._redis.pipeline(transaction=False)
        for run_id, events in runs.items():
            key = _PREFIX + str(run_id)
            entry: dict[FieldT, EncodableT] = {_field(event): event.data for event in events}
            pipeline.xadd(key, entry, id=f"{events[-1].seq}-0", maxlen=_KEPT_BATCHES)
            pipeline.expire(key, _OVER_SECONDS if events[-1].name == END else _LIVE_SECONDS)
            pipeline.publish(key, b"")
        for answer in await pipeline.execute(raise_on_error=False):
            # a place that is not after the last one is refused: it is there already
            if isinstance(answer, Exception) and not _is_old_place(answer):
                raise answer

    # --- listening

    async def _listen_forever(self) -> None:
        while True:
            try:
                async with self._redis.pubsub() as pubsub:
                    channels = [_PREFIX + str(run_id) for run_id in self._places]
                    await pubsub.subscribe(self._own_channel, *channels)
                    subscriber = asyncio.create_task(self._subscribe(pubsub), name="redis-subscriber")
                    try:
                        await self._listen(pubsub, subscriber)
                    finally:
                        subscriber.cancel()
                        await asyncio.gather(subscriber, return_exceptions=True)
            except (RedisError, OSError) as error:
                log.warning("Redis is away; readers look into Postgres", error=str(error))
                self._lost()
            await asyncio.sleep(_RETRY_SECONDS)

    async def _listen(self, pubsub: PubSub, subscriber: asyncio.Task[None]) -> None:
        while not subscriber.done():
            changed: set[UUID] = set()
            wait: float = _PATIENCE_SECONDS
            while (message := await pubsub.get_message(timeout=wait)) is not None:
                # that a subscription has begun is news as well: of what was published before it
                channel = message["channel"].decode()
                if message["type"] in ("message", "subscribe") and channel.startswith(_PREFIX):
                    changed.add(UUID(channel.removeprefix(_PREFIX)))
                wait = 0.0
            if changed:
                await self._read(changed)
        await subscriber

    async def _subscribe(self, pubsub: PubSub) -> None:
        while True:
            run_id, wanted = await self._subscriptions.get()
            if wanted and run_id in self._places:
                await pubsub.subscribe(_PREFIX + str(run_id))
            elif not wanted and run_id not in self._places:
                await pubsub.unsubscribe(_PREFIX + str(run_id))

    async def _read(self, changed: set[UUID]) -> None:
        """Take in what there is of the runs."""
        while wanted := {_PREFIX + str(run): f"{self._places[run]}-0" for run in changed if run in self._places}:
            found = cast(_Streams, await self._redis.xread(cast(dict[KeyT, StreamIdT], wanted), count=_READ_AT_ONCE))
            more: set[UUID] = set()
            for key, entries in found:
                run_id = UUID(key.decode().removeprefix(_PREFIX))
                changed.discard(run_id)
                if len(entries) == _READ_AT_ONCE:
                    more.add(run_id)
                if run_id in self._places:
                    self._places[run_id] = int(entries[-1][0].partition(b"-")[0])
                    self._take_in(run_id, [event for _, fields in entries for event in _events(fields)])
            for run_id in changed & self._places.keys():
                self._take_in(run_id, [])
            changed = more


def _field(event: LoggedEvent) -> bytes:
    microseconds = (event.at - _EPOCH) // _MICROSECOND
    return f"{event.seq}:{microseconds}:{event.name}".encode()


def _events(fields: dict[bytes, bytes]) -> list[LoggedEvent]:
    events = []
    for field, data in fields.items():
        seq, microseconds, name = field.decode().split(":", 2)
        events.append(LoggedEvent(int(seq), name, data, _EPOCH + int(microseconds) * _MICROSECOND))
    return events


def _is_old_place(answer: Exception) -> bool:
    return isinstance(answer, ResponseError) and "equal or smaller" in str(answer)
