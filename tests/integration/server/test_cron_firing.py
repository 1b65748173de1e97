"""Crons fire once, whoever looks, and whatever becomes of a process: on a clock that the tests move."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import psycopg
import pytest
from langgraph.graph import START, StateGraph
from langgraph_sdk import Auth
from typing_extensions import TypedDict

from server.assistants.schemas import AssistantCreate
from server.assistants.service import AssistantService
from server.auth.access import SYSTEM, Access
from server.auth.policy import Policy
from server.auth.users import User
from server.crons import repository
from server.crons.firing import LOOK_SECONDS, CronFirer
from server.crons.history import KEPT
from server.crons.repository import Cron
from server.crons.schedule import Schedule
from server.crons.schemas import CronCreate, CronPatch, ThreadCronCreate
from server.crons.service import CronNotFoundError, CronService
from server.db.jobs import Jobs
from server.db.pool import Pool, create_pool
from server.events.log import EventLog
from server.graph_loader import Graphs, LoadedGraph
from server.ids import new_id
from server.runs.admission import RunAlreadyActiveError
from server.runs.final_notices import FinalNotices
from server.runs.queue import RunQueue
from server.runs.schemas import RunCreate
from server.runs.service import RunService
from server.settings import load_settings
from server.threads.schemas import ThreadCreate
from server.threads.service import ThreadNotFoundError, ThreadService
from server.webhooks.opening import opened_webhooks
from tests.acceptance.server.live import fresh_database
from tests.moved_clock import MovedClock

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


class Nothing(TypedDict, total=False):
    """A state."""

    n: int


@dataclass(frozen=True)
class Process:
    """What of a process concerns crons. It executes nothing, so that the runs that it admits can be looked at."""

    pool: Pool
    assistants: AssistantService
    threads: ThreadService
    runs: RunService
    crons: CronService
    firer: CronFirer

    async def thread(self) -> UUID:
        """The id of a new thread."""
        return (await self.threads.create(ThreadCreate())).thread_id

    async def cron(self, schedule: str, thread_id: UUID | None = None, access: Access = SYSTEM, **body: Any) -> Cron:
        """A new cron."""
        kind = CronCreate if thread_id is None else ThreadCronCreate
        request = kind.model_validate({"assistant_id": "nothing", "schedule": schedule, **body})
        return await self.crons.on_behalf_of(access).create(thread_id, request)

    async def fired(self, cron: Cron) -> list[datetime]:
        """The moments that runs were started for, in the order of the runs."""
        return [datetime.fromisoformat(told["cron_scheduled_at"]) for told in await self.told(cron)]

    async def became(self, cron: Cron) -> list[tuple[datetime, str, str | None]]:
        """What became of its firings, as its owner reads it: for when, what, why not."""
        firings = (await self.crons.get(cron.cron_id)).firings
        return [(firing.scheduled_at, firing.outcome, firing.error) for firing in firings]

    async def told(self, cron: Cron) -> list[dict[str, Any]]:
        """What the cron's runs find in `configurable`, in their order."""
        async with self.pool.connection() as connection:
            cursor = await connection.execute(
                "select kwargs->'config'->'configurable' as told from runs "
                "where kwargs->'config'->'configurable'->>'cron_id' = %s order by run_id",
                (str(cron.cron_id),),
            )
            return [row["told"] for row in await cursor.fetchall()]


@asynccontextmanager
async def _process(
    pool: Pool, policy: Policy | None = None, grace: timedelta = HOUR, graph: str = "nothing"
) -> AsyncIterator[Process]:
    graphs = Graphs({graph: LoadedGraph(graph, None, StateGraph(Nothing).add_node("n", lambda _: {"n": 1})
                                        .add_edge(START, "n").compile())})  # fmt: skip
    log, jobs = EventLog(pool, None), Jobs(pool)
    queue, webhooks = RunQueue(jobs), opened_webhooks(pool, jobs, load_settings())
    await jobs.open()
    assistants, threads = AssistantService(pool, graphs), ThreadService(pool, graphs)
    await assistants.ensure_system_assistants()
    notices = FinalNotices(webhooks.outbox)
    runs = RunService(pool, queue, log, threads, assistants, webhooks.gate, notices)
    crons = CronService(pool, threads, assistants, runs)
    yield Process(pool, assistants, threads, runs, crons, CronFirer(pool, runs, threads, policy, grace))
    await webhooks.close()
    await log.close()


@pytest.fixture(scope="module")
def crons_url(postgres_url: str, template_database: str) -> Iterator[str]:
    """The libpq URL of a database that these tests share, one after the other."""
    with fresh_database(postgres_url, template_database) as url:
        yield url


@pytest.fixture
def clock(crons_url: str) -> MovedClock:
    """It is noon, and there are no crons."""
    with psycopg.connect(crons_url) as connection:
        connection.execute("delete from crons")
    return MovedClock(crons_url, NOON)


@pytest.fixture
async def pool(crons_url: str) -> AsyncIterator[Pool]:
    """This process's pool."""
    async with create_pool(crons_url, 8) as pool:
        yield pool


@pytest.fixture
async def other_pool(crons_url: str) -> AsyncIterator[Pool]:
    """Another process's."""
    async with create_pool(crons_url, 4) as pool:
        yield pool


@pytest.fixture
async def here(pool: Pool, clock: MovedClock) -> AsyncIterator[Process]:
    """This process."""
    async with _process(pool) as process:
        yield process


@pytest.fixture
async def there(other_pool: Pool, clock: MovedClock) -> AsyncIterator[Process]:
    """Another process on the same database."""
    async with _process(other_pool) as process:
        yield process


async def test_processes_that_look_at_once_fire_each_moment_once(
    here: Process, there: Process, clock: MovedClock
) -> None:
    crons = [await here.cron("* * * * *", await here.thread() if number % 2 else None) for number in range(12)]
    minutes = [NOON + number * MINUTE for number in range(1, 6)]
    for minute in minutes:
        clock.move(minute)
        await asyncio.gather(*[process.firer.fire_due() for process in (here, there, here, there)])
    for cron in crons:
        assert await here.fired(cron) == minutes


async def test_nothing_is_fired_before_its_time_and_the_next_look_is_as_soon_as_that(
    here: Process, clock: MovedClock
) -> None:
    cron = await here.cron("* * * * * */30")
    assert await here.firer.fire_due() == LOOK_SECONDS
    clock.move(NOON + timedelta(seconds=29.75))
    assert await here.firer.fire_due() == pytest.approx(0.25)
    assert await here.fired(cron) == []


async def test_a_firing_that_a_process_died_over_is_another_ones(
    here: Process, clock: MovedClock, crons_url: str
) -> None:
    cron = await here.cron("* * * * *", await here.thread())
    clock.move(NOON + MINUTE)
    async with await psycopg.AsyncConnection.connect(crons_url) as dying:
        await dying.execute("select from crons where cron_id = %s for update", (cron.cron_id,))
        assert await here.firer.fire_due() == LOOK_SECONDS
        assert await here.fired(cron) == []
    await here.firer.fire_due()
    assert await here.fired(cron) == [NOON + MINUTE]


async def test_a_firing_that_postgres_breaks_off_happens_afterwards(
    here: Process, clock: MovedClock, crons_url: str
) -> None:
    cron = await here.cron("* * * * *")
    clock.move(NOON + MINUTE)
    async with await psycopg.AsyncConnection.connect(crons_url) as holding:
        await holding.execute("lock table procrastinate_jobs in share mode")
        firing = asyncio.create_task(here.firer.fire_due())
        ended: list[Any] = []
        while not ended:  # when the run is queued, the last thing before the commit
            cursor = await holding.execute(
                "select pg_terminate_backend(pid) from pg_locks where not granted and relation = "
                "'procrastinate_jobs'::regclass"
            )
            ended = await cursor.fetchall()
    with suppress(ExceptionGroup):
        await firing
    await here.firer.fire_due()
    assert await here.fired(cron) == [NOON + MINUTE]


async def test_seconds_that_are_a_little_late_are_fired_each(here: Process, clock: MovedClock) -> None:
    cron = await here.cron("* * * * * *")
    clock.move(NOON + timedelta(seconds=5))
    await here.firer.fire_due()
    assert await here.fired(cron) == [NOON + timedelta(seconds=number) for number in range(1, 6)]


async def test_what_was_missed_is_made_up_for_once(here: Process, clock: MovedClock) -> None:
    often, daily = await here.cron("* * * * *"), await here.cron("30 12 * * *")
    clock.move(NOON + HOUR + timedelta(seconds=20))
    await here.firer.fire_due()
    assert await here.fired(often) == [NOON + HOUR]
    assert await here.fired(daily) == [NOON + HOUR / 2]
    assert await here.became(daily) == [(NOON + HOUR / 2, "made_up", None)]
    await here.firer.fire_due()
    clock.move(NOON + HOUR + MINUTE)
    await here.firer.fire_due()
    assert await here.fired(often) == [NOON + HOUR, NOON + HOUR + MINUTE]


async def test_what_was_missed_too_long_ago_is_not_made_up_for(pool: Pool, clock: MovedClock) -> None:
    async with _process(pool, grace=timedelta(minutes=10)) as process:
        cron = await process.cron("30 12 * * *")
        clock.move(NOON + HOUR)
        await process.firer.fire_due()
        assert await process.fired(cron) == []
        assert (await process.crons.get(cron.cron_id)).next_run_at == NOON + HOUR / 2 + timedelta(days=1)
        assert await process.became(cron) == [(NOON + HOUR / 2, "missed", None)]


async def test_a_cron_that_is_off_does_not_fire_nor_make_up_for_it_later(here: Process, clock: MovedClock) -> None:
    cron = await here.cron("* * * * *", enabled=False)
    clock.move(NOON + 5 * MINUTE)
    await here.firer.fire_due()
    await here.crons.patch(cron.cron_id, CronPatch.model_validate({"enabled": True}))
    await here.firer.fire_due()
    assert await here.fired(cron) == []
    clock.move(NOON + 6 * MINUTE)
    await here.firer.fire_due()
    assert await here.fired(cron) == [NOON + 6 * MINUTE]


async def test_nothing_is_fired_after_the_end(here: Process, clock: MovedClock) -> None:
    cron = await here.cron("* * * * *", end_time=(NOON + 2.5 * MINUTE).isoformat())
    for number in range(1, 5):
        clock.move(NOON + number * MINUTE)
        await here.firer.fire_due()
    assert await here.fired(cron) == [NOON + MINUTE, NOON + 2 * MINUTE]
    assert (await here.crons.get(cron.cron_id)).next_run_at is None
    later = CronPatch.model_validate({"end_time": None})
    assert (await here.crons.patch(cron.cron_id, later)).next_run_at == NOON + 5 * MINUTE


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2026-03-29", ["03:00+02:00"]),  # 2:30 does not exist
        ("2026-10-25", ["02:30+02:00"]),  # 2:30 comes twice
        ("2026-06-01", ["02:30+02:00"]),
    ],
)
async def test_a_night_with_or_without_a_change_of_clocks_has_one_firing(
    here: Process, clock: MovedClock, day: str, expected: list[str]
) -> None:
    berlin = ZoneInfo("Europe/Berlin")
    midnight = datetime.fromisoformat(day).replace(tzinfo=berlin).astimezone(UTC)
    clock.move(midnight)
    cron = await here.cron("30 2 * * *", timezone="Europe/Berlin")
    for quarter in range(1, 24):
        clock.move(midnight + quarter * timedelta(minutes=15))
        await here.firer.fire_due()
    fired = [moment.astimezone(berlin).isoformat(timespec="minutes") for moment in await here.fired(cron)]
    assert fired == [f"{day}T{time}" for time in expected]


async def test_a_busy_thread_that_takes_no_second_run_lets_the_firing_go(
    here: Process, clock: MovedClock, crons_url: str
) -> None:
    thread_id = await here.thread()
    busy = await here.runs.admit(thread_id, RunCreate(assistant_id="nothing", input={}))
    cron = await here.cron("* * * * *", thread_id, multitask_strategy="reject", input={})
    clock.move(NOON + MINUTE)
    await here.firer.fire_due()
    assert await here.fired(cron) == []
    with psycopg.connect(crons_url) as connection:
        connection.execute("delete from runs where run_id = %s", (busy.run_id,))
    clock.move(NOON + 2 * MINUTE)
    await here.firer.fire_due()
    assert await here.fired(cron) == [NOON + 2 * MINUTE]
    refused, started = (await here.crons.get(cron.cron_id)).firings
    assert (refused.scheduled_at, refused.outcome, refused.run_id) == (NOON + MINUTE, "refused", None)
    assert refused.error == str(RunAlreadyActiveError())
    assert (await here.runs.get(thread_id, started.run_id or new_id())).thread_id == thread_id
    assert (started.scheduled_at, started.at, started.error) == (NOON + 2 * MINUTE, NOON + 2 * MINUTE, None)


async def test_a_cron_that_cannot_run_keeps_no_other_from_it(here: Process, clock: MovedClock, crons_url: str) -> None:
    broken, fine = await here.cron("* * * * *"), await here.cron("* * * * *")
    with psycopg.connect(crons_url) as connection:
        connection.execute("update crons set payload = '{}' where cron_id = %s", (broken.cron_id,))
    clock.move(NOON + MINUTE)
    await here.firer.fire_due()
    assert (await here.fired(broken), await here.fired(fine)) == ([], [NOON + MINUTE])
    assert (await here.crons.get(broken.cron_id)).next_run_at == NOON + 2 * MINUTE
    assert await here.became(broken) == [(NOON + MINUTE, "refused", "Internal error: see the server's log.")]


async def test_a_schedule_that_cannot_be_told_any_more_stops_and_stops_no_other(
    here: Process, clock: MovedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, fine = await here.cron("*/1 * * * *"), await here.cron("* * * * *")
    after = Schedule.after

    def fails_for_one(self: Schedule, moment: datetime) -> datetime | None:
        if self.expression == broken.schedule:
            raise IndexError("a mistake of the library's")
        return after(self, moment)

    monkeypatch.setattr(Schedule, "after", fails_for_one)
    clock.move(NOON + MINUTE)
    await here.firer.fire_due()
    assert (await here.fired(broken), await here.fired(fine)) == ([], [NOON + MINUTE])
    assert (await here.crons.get(broken.cron_id)).next_run_at is None
    ((_, outcome, why),) = await here.became(broken)
    assert (outcome, why) == (
        "missed",
        "The schedule cannot be told any more, so the cron stops: Internal error: see the server's log.",
    )


async def test_the_last_firings_are_known_and_no_more(here: Process, clock: MovedClock) -> None:
    cron = await here.cron("* * * * * *")
    for second in (15, 30):  # each of what is that late is fired
        clock.move(NOON + timedelta(seconds=second))
        await here.firer.fire_due()
    known = [moment for moment, _, _ in await here.became(cron)]
    assert known == (await here.fired(cron))[-KEPT:]


async def test_a_change_in_the_last_moment_counts(here: Process, clock: MovedClock) -> None:
    cron = await here.cron("* * * * *", input={"n": 1})
    clock.move(NOON + MINUTE)
    await here.crons.patch(cron.cron_id, CronPatch.model_validate({"config": {"configurable": {"n": 2}}}))
    await here.firer.fire_due()
    assert [told["n"] for told in await here.told(cron)] == [2]
    await here.crons.patch(cron.cron_id, CronPatch.model_validate({"schedule": "0 13 * * *"}))
    clock.move(NOON + 2 * MINUTE)
    await here.firer.fire_due()
    assert await here.fired(cron) == [NOON + MINUTE]


async def test_a_cron_goes_with_its_thread_though_it_is_just_firing(
    here: Process, there: Process, clock: MovedClock
) -> None:
    for number in range(1, 9):
        thread_id = await here.thread()
        cron = await here.cron("* * * * *", thread_id)
        clock.move(NOON + number * MINUTE)
        await asyncio.gather(here.firer.fire_due(), there.firer.fire_due(), here.runs.delete_thread(thread_id))
        with pytest.raises(CronNotFoundError):
            await here.crons.get(cron.cron_id)
        assert await here.fired(cron) == []


async def test_a_cron_goes_with_its_assistant(here: Process) -> None:
    assistant = await here.assistants.create(AssistantCreate(graph_id="nothing"))
    cron = await here.cron("* * * * *", assistant_id=str(assistant.assistant_id))
    await here.assistants.delete(str(assistant.assistant_id))
    with pytest.raises(CronNotFoundError):
        await here.crons.get(cron.cron_id)


class _Guard:
    """An auth whose word on `create_run` is set by the test."""

    def __init__(self) -> None:
        self.says: Any = None
        self.asked: list[tuple[str, dict[str, Any]]] = []
        auth = Auth()
        auth.on.threads.create_run(self._create_run)
        self.policy = Policy(auth)

    async def _create_run(self, ctx: Any, value: Any) -> Any:
        self.asked.append((ctx.user.identity, value["metadata"]))
        value["metadata"]["owner"] = ctx.user.identity
        if isinstance(self.says, Exception):
            raise self.says
        return self.says


async def test_a_run_is_its_makers_who_is_asked_for_again_and_may_be_told_no(pool: Pool, clock: MovedClock) -> None:
    guard = _Guard()
    async with _process(pool, guard.policy) as process:
        ann = Access(guard.policy, User({"identity": "ann", "team": "blue"}), {"x-tenant": "t1"})
        cron = await process.cron("* * * * *", access=ann, metadata={"m": 1})
        assert cron.user_id == "ann"
        clock.move(NOON + MINUTE)
        await process.firer.fire_due()
        (told,) = await process.told(cron)
        assert told["langgraph_auth_user"]["team"] == "blue"
        assert (told["langgraph_auth_user_id"], told["x-tenant"]) == ("ann", "t1")
        assert guard.asked == [("ann", {"m": 1, "owner": "ann"})]
        guard.says = False
        clock.move(NOON + 2 * MINUTE)
        await process.firer.fire_due()
        assert await process.fired(cron) == [NOON + MINUTE]
        assert (await process.crons.get(cron.cron_id)).next_run_at == NOON + 3 * MINUTE


async def test_an_auth_that_fails_for_a_while_costs_no_firing(pool: Pool, clock: MovedClock) -> None:
    guard = _Guard()
    async with _process(pool, guard.policy) as process:
        cron = await process.cron("* * * * *", access=Access(guard.policy, User({"identity": "ann"})))
        guard.says = ZeroDivisionError("the directory of users is away")
        clock.move(NOON + MINUTE)
        assert await process.firer.fire_due() == LOOK_SECONDS
        ((_, outcome, why),) = waiting = await process.became(cron)
        assert outcome == "waiting"
        assert why
        assert "directory of users" not in why
        await process.firer.fire_due()
        assert await process.became(cron) == waiting, "it is said once"
        guard.says = None
        await process.firer.fire_due()
        assert await process.fired(cron) == [NOON + MINUTE]
        assert await process.became(cron) == [(NOON + MINUTE, "started", None)]


async def test_an_assistant_that_is_not_served_here_any_more_lets_the_firing_go(
    here: Process, other_pool: Pool, clock: MovedClock
) -> None:
    cron = await here.cron("* * * * *")
    async with _process(other_pool, graph="another") as process:
        clock.move(NOON + MINUTE)
        await process.firer.fire_due()
    assert await here.fired(cron) == []
    assert (await here.crons.get(cron.cron_id)).next_run_at == NOON + 2 * MINUTE


async def test_a_cron_of_a_thread_that_is_not_there_is_not_made(here: Process) -> None:
    request = ThreadCronCreate.model_validate({"assistant_id": "nothing", "schedule": "@daily"})
    with pytest.raises(ThreadNotFoundError):
        await here.crons.create(new_id(), request)


async def test_changes_at_once_need_a_connection_each_and_no_more(there: Process) -> None:
    crons = [await there.cron("* * * * *") for _ in range(8)]  # the pool has 4
    change = CronPatch.model_validate({"input": {"n": 1}})
    async with asyncio.timeout(60):
        changed = await asyncio.gather(*[there.crons.patch(cron.cron_id, change) for cron in crons])
    assert [cron.payload["input"] for cron in changed] == [{"n": 1}] * 8


async def test_crons_that_have_to_wait_keep_those_behind_them_from_nothing(
    here: Process, clock: MovedClock, crons_url: str
) -> None:
    threads = [await here.thread() for _ in range(2)]
    waiting = [await here.cron("* * * * *", threads[0]) for _ in range(40)]  # more than a process looks at
    clock.move(NOON + timedelta(seconds=1))
    fine = await here.cron("* * * * * 1", threads[1])
    clock.move(NOON + MINUTE + timedelta(seconds=1))
    async with await psycopg.AsyncConnection.connect(crons_url) as busy:
        await busy.execute("select from threads where thread_id = %s for update", (threads[0],))
        await here.firer.fire_due()
        assert await here.fired(fine) == [NOON + MINUTE + timedelta(seconds=1)]
    await here.firer.fire_due()
    assert [await here.fired(cron) for cron in waiting] == [[NOON + MINUTE]] * 40


async def test_a_cron_that_had_to_wait_is_looked_at_again_though_others_are_due_all_the_time(
    here: Process, clock: MovedClock, crons_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    thread_id = await here.thread()
    waiting, always = await here.cron("* * * * *", thread_id), await here.cron("* * * * * *")
    look, looks = repository.due, 0
    clock.move(NOON + MINUTE)
    async with await psycopg.AsyncConnection.connect(crons_url) as busy:
        await busy.execute("select from threads where thread_id = %s for update", (thread_id,))

        async def due(*asked: Any) -> Any:
            nonlocal looks
            looks += 1
            if looks == 3:
                await busy.rollback()
            if looks < 20:  # a machine that is so slow that a second passes with each look
                clock.move(NOON + MINUTE + timedelta(seconds=looks))
            return await look(*asked)

        monkeypatch.setattr(repository, "due", due)
        await here.firer.fire_due()
    assert await here.fired(waiting) == [NOON + MINUTE]
    (firing,) = (await here.crons.get(waiting.cron_id)).firings
    assert firing.at < NOON + MINUTE + timedelta(seconds=10), "before all that was due meanwhile"
    assert (await here.fired(always))[-1] == NOON + MINUTE + timedelta(seconds=19)


async def test_a_cron_on_a_thread_that_is_hidden_is_hidden_too(here: Process) -> None:
    auth = Auth()

    async def owner(ctx: Any, value: Any) -> Any:
        return {"owner": ctx.user.identity}

    auth.on.threads(owner)  # and nothing is said of crons
    thread = await here.threads.create(ThreadCreate(metadata={"owner": "ann"}))
    cron = await here.cron("* * * * *", thread.thread_id)
    ann, bob = (Access(Policy(auth), User({"identity": name})) for name in ("ann", "bob"))
    change = CronPatch.model_validate({"input": {"n": 1}})
    for ask in (
        lambda crons: crons.get(cron.cron_id),
        lambda crons: crons.patch(cron.cron_id, change),
        lambda crons: crons.delete(cron.cron_id),
    ):
        with pytest.raises(CronNotFoundError):
            await ask(here.crons.on_behalf_of(bob))
    assert await here.crons.on_behalf_of(ann).get(cron.cron_id) == cron
