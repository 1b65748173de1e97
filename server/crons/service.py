"""What callers do with crons: make, read, change, find and delete them."""

import asyncio
from datetime import datetime
from typing import Any, Self, TypeVar
from uuid import UUID

from pydantic import BaseModel, ValidationError

from server.assistants.service import AssistantNotFoundError, AssistantService
from server.auth.access import SYSTEM, Access, bound_to
from server.auth.filters import EVERYTHING, Filter
from server.crons import repository
from server.crons.callers import kept
from server.crons.due import bounded
from server.crons.repository import Cron, CronContent, CronFilter
from server.crons.run_request import marked, run_request
from server.crons.schedule import Schedule, first_after
from server.crons.schemas import CronCount, CronCreate, CronPatch, CronSearch, OnRunCompleted, ThreadCronCreate
from server.db.pool import Connection, Pool
from server.db.searches import Page
from server.errors import Invalid, Malformed, NotFound
from server.ids import new_id
from server.runs.config import resolve
from server.runs.service import RunService
from server.threads.service import ThreadNotFoundError, ThreadService

Body = TypeVar("Body", bound=BaseModel)

_FIXED = frozenset({"assistant_id", "thread_id", "cron_id"})
"""What a patch does not change."""


class CronNotFoundError(NotFound):
    """There is no such cron."""


class CronService:
    """Crons over threads and assistants."""

    def __init__(self, pool: Pool, threads: ThreadService, assistants: AssistantService, runs: RunService) -> None:
        self._pool = pool
        self._runs = runs
        self._threads = threads
        self._assistants = assistants
        self._access: Access = SYSTEM

    def on_behalf_of(self, access: Access) -> Self:
        """The same for a caller: it does and shows what that caller may. Crons fire on their maker's behalf."""
        bound = bound_to(access, self)
        bound._threads = self._threads.on_behalf_of(access)
        bound._assistants = self._assistants.on_behalf_of(access)
        return bound

    # --- writing

    async def create(self, thread_id: UUID | None, request: ThreadCronCreate) -> Cron:
        """A new cron; its runs are on that thread, or without one on a thread of their own each.

        Raises `NotFound` for an assistant or a thread that is not there, `Malformed` for a schedule or a time zone that is
        none, `Invalid` for a schedule that never fires and for what no run could be given.
        """
        cron_id, assistant_id = new_id(), self._assistant_id(request.assistant_id)
        asked: dict[str, Any] = {
            "payload": marked({**request.given, "assistant_id": str(assistant_id)}, cron_id),
            "schedule": request.schedule,
            "cron_id": cron_id,
            "thread_id": thread_id,
            "user_id": self._user_id,
            "end_time": request.end_time,
            "metadata": dict(request.metadata or {}),
        }
        await self._access.may("crons", "create", asked)
        payload = marked(_with_metadata(asked["payload"], asked["metadata"]), cron_id)
        request = _read(type(request), payload)
        may_run = await self._assistants.may_run(assistant_id)
        if thread_id is not None:
            await self._threads.get(thread_id)
        async with self._pool.connection() as connection:
            await self._check(connection, request, assistant_id, may_run)
            now = await repository.now(connection)
        await self._runs.require_webhook(request.webhook, self._user_id)
        schedule = await asyncio.to_thread(Schedule.parse, request.schedule, request.timezone, cron_id)
        first = await asyncio.to_thread(first_after, schedule, now)
        completed = (request.on_run_completed or "delete") if isinstance(request, CronCreate) else None
        async with self._pool.connection() as connection:
            made = await repository.insert(
                connection,
                _content(request, completed, payload, asked["metadata"], bounded(first, request.end_time)),
                cron_id=cron_id,
                assistant_id=assistant_id,
                thread_id=thread_id,
                user_id=self._user_id,
                caller=kept(self._access),
            )
        if made is None:
            raise NotFound("Thread or assistant not found.")
        return made

    async def patch(self, cron_id: UUID, request: CronPatch) -> Cron:
        """Change a cron: metadata are merged, whatever else is given replaces what was. It goes on firing for its maker.

        Raises `CronNotFoundError`, `Invalid` if nothing is given, and what `create` does.
        """
        if not request.given:
            raise Invalid("Request body cannot be empty")
        asked: dict[str, Any] = {
            "cron_id": cron_id,
            "schedule": request.schedule,
            "end_time": request.end_time,
            "enabled": request.enabled,
            "on_run_completed": request.on_run_completed,
            "payload": request.given,
            "metadata": dict(request.metadata or {}),
        }
        allowed = await self._access.may("crons", "update", asked)
        given = _with_metadata(asked["payload"], asked["metadata"])
        await self._runs.require_webhook(_read(CronPatch, given).webhook, self._user_id)
        gone = CronNotFoundError(f"Cron '{cron_id}' not found")
        await self._require_thread_of(cron_id, gone)
        async with self._pool.connection() as connection, connection.transaction():
            before = await repository.lock(connection, cron_id)
            if before is None or not allowed.matches(before.metadata):
                raise gone
            content = await self._changed(connection, before, given, await repository.now(connection))
            changed = await repository.change(connection, cron_id, content)
        if changed is None:
            raise gone
        return changed

    async def _changed(self, connection: Connection, before: Cron, given: dict[str, Any], now: datetime) -> CronContent:
        """What a cron is once it is given that at `now`."""
        if given.get("on_run_completed") is not None and before.thread_id is not None:
            raise Malformed("on_run_completed: this cron runs on a thread, which stays; leave it out")
        given = {key: value for key, value in given.items() if key not in _FIXED and not _says_nothing(key, value)}
        payload = marked({**before.payload, **given}, before.cron_id)
        kind = CronCreate if before.thread_id is None else ThreadCronCreate
        body = _read(kind, {**payload, "enabled": given.get("enabled", before.enabled)})
        await self._check(connection, body, before.assistant_id, EVERYTHING)
        completed = given.get("on_run_completed") or before.on_run_completed
        metadata = {**before.metadata, **(given.get("metadata") or {})}
        return _content(body, completed, payload, metadata, await _next_run(before, body, now))

    async def delete(self, cron_id: UUID) -> None:
        """Delete a cron; runs that it started go on. Raises `CronNotFoundError`."""
        allowed = await self._access.may("crons", "delete", {"cron_id": cron_id})
        await self._require_thread_of(cron_id, CronNotFoundError("Not Found"))
        async with self._pool.connection() as connection, connection.transaction():
            cron = await repository.lock(connection, cron_id)
            if cron is None or not allowed.matches(cron.metadata):
                raise CronNotFoundError("Not Found")
            await repository.delete(connection, cron_id)

    # --- reading

    async def get(self, cron_id: UUID) -> Cron:
        """The cron of that id. Raises `CronNotFoundError`."""
        allowed = await self._access.may("crons", "read", {"cron_id": cron_id})
        await self._require_thread_of(cron_id, CronNotFoundError("Not Found"))
        async with self._pool.connection() as connection:
            cron = await repository.get(connection, cron_id)
        if cron is None or not allowed.matches(cron.metadata):
            raise CronNotFoundError("Not Found")
        return cron

    async def search(self, request: CronSearch) -> Page[Cron]:
        """A page of crons. Raises `Malformed` for an assistant that is none."""
        wanted = await self._wanted(request, request.limit, request.offset)
        async with self._pool.connection() as connection:
            return await repository.search(connection, wanted, request.part)

    async def count(self, request: CronCount) -> int:
        """How many crons match. Raises `Malformed` for an assistant that is none."""
        wanted = await self._wanted(request, 0, 0)
        async with self._pool.connection() as connection:
            return await repository.count(connection, wanted)

    # --- inside

    async def _require_thread_of(self, cron_id: UUID, otherwise: CronNotFoundError) -> None:
        """Raise `otherwise` if the cron runs on a thread that is hidden from the caller: it shows what that is told."""
        if not self._access.is_restricted:
            return
        async with self._pool.connection() as connection:
            cron = await repository.get(connection, cron_id)
        if cron is None or cron.thread_id is None:
            return
        try:
            await self._threads.get(cron.thread_id)
        except ThreadNotFoundError as error:
            raise otherwise from error

    @property
    def _user_id(self) -> str:
        return "" if self._access.user is None else self._access.user.identity

    def _assistant_id(self, reference: str) -> UUID:
        try:
            return self._assistants.id_for_run(reference)
        except Malformed as error:
            raise _no_assistant(reference) from error

    async def _check(
        self, connection: Connection, request: ThreadCronCreate, assistant_id: UUID, allowed: Filter
    ) -> None:
        """Raise what a run that is given the same would raise, and `NotFound` without its assistant."""
        try:
            assistant = await self._assistants.resolve_for_run(connection, assistant_id, allowed)
        except AssistantNotFoundError as error:
            raise _no_assistant(request.assistant_id) from error
        run = run_request(request, assistant_id, request.metadata or {}, None)
        resolve(run, assistant, None, self._access, temporary=False)

    async def _wanted(self, request: CronCount, limit: int, offset: int) -> CronFilter:
        assistant_id = None if request.assistant_id is None else self._assistants.id_of(request.assistant_id)
        asked: dict[str, Any] = {
            "assistant_id": assistant_id,
            "thread_id": request.thread_id,
            "limit": limit,
            "offset": offset,
            "metadata": dict(request.metadata or {}),
        }
        allowed = await self._access.may("crons", "search", asked)
        # a cron shows what its thread is told: who may not see the one may not see the other
        if request.thread_id is not None:
            threads = await self._access.may("threads", "read", {"thread_id": request.thread_id})
        else:
            threads = await self._threads.findable(limit, offset)
        return CronFilter(
            allowed, threads, assistant_id, request.thread_id, request.enabled, metadata=asked["metadata"]
        )


def _content(
    body: ThreadCronCreate,
    on_run_completed: OnRunCompleted | None,
    payload: dict[str, Any],
    metadata: dict[str, Any],
    next_run_at: datetime | None,
) -> CronContent:
    return CronContent(
        schedule=body.schedule,
        timezone=body.timezone,
        end_time=body.end_time,
        enabled=body.enabled,
        on_run_completed=on_run_completed,
        payload=payload,
        metadata=metadata,
        next_run_at=next_run_at,
    )


async def _next_run(before: Cron, body: ThreadCronCreate, now: datetime) -> datetime | None:
    """When a cron fires next that is given another content: a change of what it runs neither skips nor adds a firing."""
    schedule = await asyncio.to_thread(Schedule.parse, body.schedule, body.timezone, before.cron_id)
    is_new = (body.schedule, body.timezone) != (before.schedule, before.timezone)
    starts_anew = is_new or (body.enabled and not before.enabled) or before.next_run_at is None
    if not starts_anew:
        return bounded(before.next_run_at, body.end_time)
    following = await asyncio.to_thread(first_after if is_new else Schedule.after, schedule, now)
    return bounded(following, body.end_time)


def _says_nothing(key: str, value: object) -> bool:
    """Whether a key of a patch is there, but null where null is no value."""
    return value is None and key in ("enabled", "on_run_completed", "metadata")


def _with_metadata(payload: dict[str, Any], metadata: dict[str, Any]) -> dict[str, Any]:
    return {**payload, "metadata": metadata} if metadata else payload


def _read(kind: type[Body], payload: dict[str, Any]) -> Body:
    """A body that a handler may have changed. Raises `Malformed`."""
    try:
        return kind.model_validate(payload)
    except ValidationError as error:
        problems = [f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}" for problem in error.errors()]
        raise Malformed("; ".join(problems)) from error


def _no_assistant(reference: str) -> AssistantNotFoundError:
    return AssistantNotFoundError(f"Assistant '{reference}' not found")
