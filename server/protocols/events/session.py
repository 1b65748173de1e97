"""All events of a thread as the protocol numbers them: those of its runs so far, then those that come, in any process."""

from collections.abc import AsyncGenerator, Sequence
from typing import Self
from uuid import UUID

from server.auth.access import SYSTEM, Access, bound_to
from server.db.pool import Pool
from server.events.log import EventLog
from server.events.thread_news import ThreadNews
from server.protocols.events.model import ProtocolEvent
from server.threads.service import ThreadService


class ThreadEvents:
    """Reads threads' events over their runs' logs and notifications."""

    def __init__(self, pool: Pool, event_log: EventLog, news: ThreadNews, threads: ThreadService) -> None:
        self._pool = pool
        self._log = event_log
        self._news = news
        self._threads = threads
        self._access: Access = SYSTEM

    def on_behalf_of(self, access: Access) -> Self:
        """The same for a caller, who reads only what that caller may."""
        bound = bound_to(access, self)
        bound._threads = self._threads.on_behalf_of(access)
        return bound

    async def open(self, thread_id: UUID) -> AsyncGenerator[Sequence[ProtocolEvent], None]:
        """The thread's events from its first that is kept, then those to come, in pages of what is there at once.

        An empty page says once that all there was has been read. Never ends by itself; a thread that does not exist yet is
        silent until it has a run. Raises `Denied`.
        """
        raise NotImplementedError
