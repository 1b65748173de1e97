"""Where a thread's plan is: one plan per thread, and copy-on-write for a thread that was copied from another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from langgraph.runtime import Runtime

from agent.context import Context, user_of
from agent.plan import connections
from agent.plan.document import PlanDocument
from agent.plan.records import Plan, PlanNotFoundError, PlanVersion
from agent.plan.repository import PlanRepository
from agent.state import Json, State

_THREADS = uuid5(NAMESPACE_URL, "planloom:threads")


class NoThreadError(RuntimeError):
    """A run has no thread, so a plan has nowhere to belong."""


class NotMigratedError(RuntimeError):
    """The database of DATABASE_URL is not prepared for plans."""


@dataclass(frozen=True)
class Base:
    """What a change starts from: a stored version, or nothing yet.

    `foreign` says that the version belongs to another thread's plan, from which this thread was copied; the first
    change then copies it. `plan_id` is that of the plan that is read.
    """

    plan_id: UUID
    version: PlanVersion | None
    foreign: bool = False

    @property
    def number(self) -> int:
        return self.version.version if self.version is not None else 0

    def document(self, domain: str) -> PlanDocument:
        return self.version.document if self.version is not None else PlanDocument.empty(domain)


async def repository() -> PlanRepository:
    """The plans in DATABASE_URL. Raises `agent.plan.connections.NoDatabaseError` when it is not set."""
    return PlanRepository(await connections.pool())


def thread_of(runtime: Runtime[Context]) -> UUID:
    """The run's thread as a UUID; a thread whose id is none gets one made from it. Raises NoThreadError."""
    info = runtime.execution_info
    if info is None or not info.thread_id:
        raise NoThreadError("plans belong to threads: run the graph with configurable.thread_id")
    try:
        return UUID(str(info.thread_id))
    except ValueError:
        return uuid5(_THREADS, str(info.thread_id))


def own_plan_id(runtime: Runtime[Context]) -> UUID:
    """The id of the plan that begins in a run's thread; in a room every assistant has its own. Raises NoThreadError."""
    room = _room_part(runtime)
    return uuid5(thread_of(runtime), f"plan:{room}" if room else "plan")


def _room_part(runtime: Runtime[Context]) -> str:
    """Within a room, the name of the node that this graph answers in; empty for a graph on its own."""
    info = runtime.execution_info
    outer, _, inner = (info.checkpoint_ns if info and info.checkpoint_ns else "").partition("|")
    return outer.partition(":")[0] if inner else ""


async def newest(state: State, runtime: Runtime[Context], plans: PlanRepository) -> Base:
    """The thread's plan as it is now: its head, or the version that a copied thread came with."""
    thread, ref = thread_of(runtime), state.get("plan_ref")
    plan = await _visible(ref, thread, runtime, plans)
    if plan is None or ref is None:
        plan_id = own_plan_id(runtime)
        return Base(plan_id, await plans.head(plan_id))
    if plan.thread_id == thread:
        return Base(plan.id, await plans.head(plan.id))
    return Base(plan.id, await plans.version(plan.id, ref["version"]), foreign=True)


async def referred(state: State, runtime: Runtime[Context], plans: PlanRepository) -> Base:
    """The version that the conversation has seen: what its outline showed and its edits start from.

    Raises PlanNotFoundError when it has been deleted since.
    """
    thread, ref = thread_of(runtime), state.get("plan_ref")
    if ref is None:
        return await newest(state, runtime, plans)
    plan = await _visible(ref, thread, runtime, plans)
    version = await plans.version(plan.id, ref["version"]) if plan is not None else None
    if plan is None or version is None:
        raise PlanNotFoundError(f"version {ref['version']} of plan {ref['plan_id']} is no longer there")
    return Base(plan.id, version, foreign=plan.thread_id != thread)


async def base_of(proposal: Json, runtime: Runtime[Context], plans: PlanRepository) -> Base:
    """The version that a proposal was made from, whatever has become of the plan since (a replay, a fork).

    Raises PlanNotFoundError when it has been deleted since.
    """
    plan_id, number = UUID(proposal["plan_id"]), proposal["base_version"]
    if number == 0:
        return Base(plan_id, None)
    return await referred({"messages": [], "plan_ref": {"plan_id": plan_id, "version": number}}, runtime, plans)


async def _visible(ref: Json | None, thread: UUID, runtime: Runtime[Context], plans: PlanRepository) -> Plan | None:
    """The plan that a state points at, unless it is another user's: a state can be written by its client."""
    plan = await plans.plan(ref["plan_id"]) if ref is not None else None
    if plan is None or plan.thread_id == thread or plan.owner_id in (None, user_of(runtime)):
        return plan
    return None


def reference(version: PlanVersion | None) -> dict[str, Any] | None:
    """A pointer to a version, as the state keeps it."""
    if version is None:
        return None
    return {"plan_id": str(version.plan_id), "version": version.version, "hash": version.hash}
