"""The feeds of the runs that this process writes or reads, and what wakes their readers: its own writer, Redis, NOTIFY."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from server.events.feed import Feed
from server.events.types import LoggedEvent

if TYPE_CHECKING:
    from server.events.redis_carrier import RedisCarrier, Undelivered


class LiveFeeds:
    """One feed a run, for as long as somebody here uses it. Start with `start`, stop with `close`.

    `sender` names this process in notifications. With `redis_url`, feeds of runs that other processes write are filled over
    Redis, and `undelivered` hears of what Redis did not take.
    """

    def __init__(self, sender: str, redis_url: str | None, undelivered: "Undelivered") -> None:
        self._sender = sender
        self._feeds: dict[UUID, Feed] = {}
        self._carrier = None if redis_url is None else self._carried_by(redis_url, undelivered)

    def _carried_by(self, redis_url: str, undelivered: "Undelivered") -> "RedisCarrier":
        from server.events.redis_carrier import RedisCarrier  # noqa: PLC0415 - its client takes 17 MB, Redis or not

        return RedisCarrier(redis_url, self._take_in, self._doubt_all, undelivered)

    def start(self) -> None:
        """Connect to Redis, if there should be one."""
        if self._carrier is not None:
            self._carrier.start()

    async def close(self) -> None:
        """Let go of Redis."""
        if self._carrier is not None:
            await self._carrier.close()

    def __len__(self) -> int:
        return len(self._feeds)

    # --- Redis

    @property
    def has_carrier(self) -> bool:
        """Whether there should be a Redis."""
        return self._carrier is not None

    @property
    def is_carried(self) -> bool:
        """Whether Redis carries what is written here; otherwise, Postgres notifies of it."""
        return self._carrier is not None and self._carrier.is_up

    async def ping_carrier(self) -> None:
        """Ask Redis, if there should be one, whether it is there. Raises what it or the way to it answers."""
        if self._carrier is not None:
            await self._carrier.ping()

    def publish(self, events: Sequence[tuple[UUID, LoggedEvent]]) -> None:
        """Hand durable events to Redis, for other processes' readers."""
        if self._carrier is not None:
            self._carrier.publish(events)

    # --- the feeds of runs

    def use(self, run_id: UUID) -> Feed:
        """The run's feed, to be released."""
        feed = self._feeds.setdefault(run_id, Feed())
        feed.users += 1
        return feed

    def release(self, run_id: UUID, feed: Feed) -> None:
        """Let go of a feed."""
        feed.users -= 1
        feed.wake()
        if feed.users == 0:
            self._unwatch(run_id, feed)
            self._feeds.pop(run_id, None)

    def begin_writing(self, run_id: UUID, feed: Feed, last_seq: int) -> None:
        """From now on this process writes the run's log, after place `last_seq`."""
        self._unwatch(run_id, feed)
        feed.begin(last_seq, is_current=True)
        feed.written_here = True

    def watch(self, run_id: UUID, feed: Feed, place: int) -> None:
        """Have the memory of a run that another process writes filled over Redis, from a place on."""
        if self._carrier is not None and not feed.written_here and not feed.is_watched:
            feed.is_watched = True
            feed.begin(place, is_current=False)  # until Redis says that it listens
            self._carrier.watch(run_id, place)

    def show(self, durable: Mapping[UUID, Sequence[LoggedEvent]]) -> None:
        """Let readers see events that are durable, by their run."""
        for run_id, events in durable.items():
            feed = self._feeds.get(run_id)
            if feed is not None:
                if feed.written_here:
                    feed.add(events)
                feed.wake()

    def on_notification(self, payload: str) -> None:
        """Wake the readers of the runs that another process (or a finished transaction) wrote to."""
        sender, _, runs = payload.partition(":")
        if sender == self._sender:
            return
        named = [feed for run in runs.split(",") if run and (feed := self._feeds.get(UUID(run)))]
        for feed in named if payload else list(self._feeds.values()):
            # the end is written with the run's status, by whoever finishes it; other processes write to theirs
            if not feed.has_ended and ((payload and not sender) or not feed.written_here):
                feed.doubt()
            feed.wake()

    def _unwatch(self, run_id: UUID, feed: Feed) -> None:
        if self._carrier is not None and feed.is_watched:
            feed.is_watched = False
            self._carrier.unwatch(run_id)

    def _take_in(self, run_id: UUID, events: Sequence[LoggedEvent]) -> None:
        """What another process wrote came over Redis."""
        feed = self._feeds.get(run_id)
        if feed is not None and not feed.written_here:
            feed.add(events)
            feed.is_current = True
            feed.wake()

    def _doubt_all(self) -> None:
        """Redis is away: what other processes write is in Postgres only."""
        for feed in self._feeds.values():
            if not feed.written_here:
                feed.doubt()
                feed.wake()
