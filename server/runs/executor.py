"""Executes one run: claims it, drives its graph, logs what it emits, and makes run and thread final."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg
import structlog
from langchain_core.runnables import RunnableConfig
from langgraph.pregel import Pregel
from psycopg_pool import PoolTimeout

from server.db.checkpoints.saver import CheckpointSaver
from server.db.checkpoints.write_behind import WriteBehindSaver
from server.events.convert import Converter, error_event, feedback_event, graph_modes, metadata_event
from server.events.failures import public_error
from server.events.log import EventLog, RunLog
from server.events.types import Event, LoggedEvent
from server.graph_context import fitting
from server.graph_loader import Graphs
from server.runs.claims import Claims, Ending
from server.runs.config import choices_in, graph_input, is_protocol, runnable_config, user_of
from server.runs.protocol_run import ProtocolRun
from server.runs.repository import Run
from server.runs.schemas import RunStatus
from server.runs.token_batches import TokenBatches
from server.runs.witnesses import RunWitness, Witnesses

MAX_ATTEMPTS = 3
"""How often a run is started before it is given up: its worker may die twice. Being handed back in order costs nothing."""

_RETRY_SECONDS = (0.2, 0.5, 1.0, 2.0, 4.0)
_POSTGRES_AWAY = (psycopg.OperationalError, PoolTimeout)

log = structlog.get_logger("planloom.runs")

AnyGraph = Pregel[Any, Any, Any, Any]


class WorkerLostError(RuntimeError):
    """The run's workers died as often as they may."""


@dataclass
class _Execution:
    """A run that this process executes."""

    attempt: int
    task: asyncio.Task[dict[str, str] | None]
    cancelled: bool = False

    def cancel(self) -> None:
        if not self.cancelled:
            self.cancelled = True
            self.task.cancel()


class RunExecutor:
    """Executes runs in this process, as many at once as its worker asks for."""

    def __init__(self, claims: Claims, graphs: Graphs, event_log: EventLog, witnesses: Witnesses) -> None:
        self._claims = claims
        self._graphs = graphs
        self._log = event_log
        self._witnesses = witnesses
        self._executions: dict[UUID, _Execution] = {}

    @property
    def attempts(self) -> dict[UUID, int]:
        """The runs in execution, each with its attempt."""
        # a list first: threads ask, too
        return {run_id: execution.attempt for run_id, execution in list(self._executions.items())}

    def cancel(self, run_id: UUID) -> None:
        """Stop a run if it is executed here."""
        if execution := self._executions.get(run_id):
            execution.cancel()

    def on_notification(self, payload: str) -> None:
        """A cancel was asked for somewhere."""
        if payload:
            self.cancel(UUID(payload))

    async def execute(self, run_id: UUID) -> None:
        """Execute the run if it is there to be claimed; returns when run and thread are final.

        When Postgres goes away meanwhile, the run is left to be taken over when its lease runs out.
        """
        run = await self._claims.claim(run_id)
        if run is not None:
            await self.execute_claimed(run)

    async def execute_claimed(self, run: Run) -> None:
        """Execute a run that is claimed for this process; returns when run and thread are final, as `execute` does."""
        with (
            structlog.contextvars.bound_contextvars(
                run_id=str(run.run_id), thread_id=str(run.thread_id), graph=run.graph_id
            ),
            self._witnesses.watching(run) as witness,
        ):
            try:
                async with self._log.write(run.run_id, is_new=run.attempt == 1, attempt=run.attempt) as run_log:
                    await self._execute(run, run_log, witness)
            except _POSTGRES_AWAY as error:
                log.warning("Postgres is away; the run will be taken over", error=str(error))

    async def _execute(self, run: Run, run_log: RunLog, witness: RunWitness) -> None:
        log.info("run started", attempt=run.attempt)
        await run_log.append([metadata_event(run.run_id, run.attempt)])
        driving = asyncio.create_task(self._drive(run, run_log, witness), name=f"run {run.run_id}")
        execution = _Execution(run.attempt, driving)
        self.cancel(run.run_id)  # an attempt that this process lost, and has not noticed yet
        self._executions[run.run_id] = execution
        if run.cancel_action is not None:
            execution.cancel()
        error: dict[str, str] | None = None
        cancelled = False
        try:
            error = await execution.task
        except asyncio.CancelledError:
            if not execution.cancelled:  # this worker is stopping, not the run
                await self._stop_and_hand_back(run, run_log, execution.task)
                witness.handed_back()
                raise
            cancelled = True
        finally:
            if self._executions.get(run.run_id) is execution:
                del self._executions[run.run_id]
        if error is not None:
            await run_log.append([error_event(error)])
        status: RunStatus = "interrupted" if cancelled else "error" if error else "success"
        status, asks = await self._finish(run, run_log, status, error)
        witness.ended(status, asks=asks)
        # the error's message may quote the conversation, and is logged as an error with its traceback
        log.info("run finished", status=status, **({"error": error["error"]} if error else {}))

    async def _stop_and_hand_back(self, run: Run, run_log: RunLog, task: asyncio.Task[dict[str, str] | None]) -> None:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await run_log.flush()  # the next attempt goes on numbering after it
        await self._claims.hand_back(run)
        log.info("run handed back")

    async def _drive(self, run: Run, run_log: RunLog, witness: RunWitness) -> dict[str, str] | None:
        """Run the graph to its end; what went wrong, as callers may read it."""
        try:
            if run.lost_attempts >= MAX_ATTEMPTS:
                raise WorkerLostError(f"the run was started {MAX_ATTEMPTS} times and its worker died each time")
            config = runnable_config(run)
            opened = self._graphs.open(
                run.graph_id,
                config,
                access="threads.create_run",
                user=user_of(run),
                context=run.kwargs["context"],
                saver=CheckpointSaver if run.kwargs["durability"] == "sync" else WriteBehindSaver,
            )
            async with opened as graph:
                given = await _resumed_input(graph, run) if run.attempt > 1 else graph_input(run)
                batches = TokenBatches(run_log)
                callbacks = await witness.callbacks(self._claims.run_before, batches.node_ended)
                noted: RunnableConfig = {**config, "callbacks": callbacks}
                if is_protocol(run):
                    await ProtocolRun(graph, run.graph_id, run_log).drive(given, noted, _options(graph, run))
                    return None
                converter = Converter(run.kwargs["stream_mode"], subgraphs=run.kwargs["subgraphs"])
                async with contextlib.aclosing(_events(graph, given, noted, run, converter, batches)) as emitted:
                    async for events in emitted:
                        await run_log.append(events)
            if urls := await witness.feedback_urls():
                await run_log.append([feedback_event(urls)])
        except _POSTGRES_AWAY:
            raise
        except Exception as error:
            log.error("run failed", exc_info=error)
            witness.failed(error)
            return public_error(error)
        return None

    async def _finish(
        self, run: Run, run_log: RunLog, status: RunStatus, error: dict[str, str] | None
    ) -> tuple[RunStatus, bool]:
        """Make run and thread final, trying again while Postgres is away for a moment.

        The status that the run was given, and whether its thread is interrupted.
        """
        last: Sequence[LoggedEvent] | None = None
        failures = 0
        while True:
            try:
                rolled_back = status == "interrupted" and await self._is_rollback(run)
                if rolled_back:
                    await self._claims.take_back(run)
                try:
                    outcome = await self._claims.outcome(run, error)
                except _POSTGRES_AWAY:
                    raise
                except Exception as failure:  # a factory that fails must not keep its thread busy
                    log.error("the thread's state cannot be read", exc_info=failure)
                    status = "error" if status == "success" else status
                    outcome = await self._claims.outcome_without_state(run, error or public_error(failure))
                if last is None:  # as late as this: what is on its way has arrived meanwhile
                    last = await run_log.take_unwritten()
                if await self._claims.finish(run, Ending(status, outcome, last, rolled_back)):
                    run_log.ended(last)
                return status, outcome.status == "interrupted"
            except _POSTGRES_AWAY:
                if failures == len(_RETRY_SECONDS):
                    raise
                await asyncio.sleep(_RETRY_SECONDS[failures])
                failures += 1

    async def _is_rollback(self, run: Run) -> bool:
        return any(action == "rollback" for _, action in await self._claims.renew({run.run_id: run.attempt}))


async def _events(
    graph: AnyGraph, given: Any, config: RunnableConfig, run: Run, converter: Converter, batches: TokenBatches
) -> AsyncGenerator[list[Event], None]:
    options = {
        **_options(graph, run),
        "output_keys": graph.output_channels,  # of all channels, what the graph gives to whom runs it
        "stream_mode": graph_modes(run.kwargs["stream_mode"]),
        "subgraphs": run.kwargs["subgraphs"],
    }
    if "events" not in run.kwargs["stream_mode"]:
        async for chunk in graph.astream(given, config, **options):
            namespace, mode, payload = _parts(chunk)
            if events := converter.convert(namespace, mode, payload):
                yield events
            await batches.gathered(mode)
        return
    root = str(config.get("run_id"))
    async for record in graph.astream_events(given, config, version="v2", **options):
        if record["event"] == "on_chain_stream" and record["run_id"] == root:
            events = converter.convert(*_parts(record["data"]["chunk"]))
        else:
            events = converter.convert_record(record)
        if events:
            yield events


def _options(graph: AnyGraph, run: Run) -> dict[str, Any]:
    """How the graph is run, whatever it is to emit."""
    return {
        "context": _context(graph, run),
        "interrupt_before": run.kwargs["interrupt_before"],
        "interrupt_after": run.kwargs["interrupt_after"],
        "durability": run.kwargs["durability"],
    }


def _parts(chunk: Any) -> tuple[tuple[str, ...], str, Any]:
    """A chunk's namespace, mode and payload; without subgraphs, the graph leaves the namespace out."""
    if len(chunk) == 3:
        return chunk[0], chunk[1], chunk[2]
    return (), chunk[0], chunk[1]


def _context(graph: AnyGraph, run: Run) -> dict[str, Any] | None:
    """The run's context; a graph with a context schema also gets what `configurable` says of it."""
    context: dict[str, Any] = run.kwargs["context"]
    if graph.context_schema is None:
        return context or None
    return fitting(graph.context_schema, {**choices_in(run.kwargs["config"]), **context})


async def _resumed_input(graph: AnyGraph, run: Run) -> Any:
    """Where to go on: from the last checkpoint if this run wrote one, else from its input."""
    snapshot = await graph.aget_state({"configurable": {"thread_id": str(run.thread_id)}})
    metadata: dict[str, Any] = dict(snapshot.metadata or {})
    return None if metadata.get("run_id") == str(run.run_id) else graph_input(run)
