"""Plans and their versions in Postgres: append-only, one current version each, safe under concurrent commits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID, uuid5

from psycopg import AsyncConnection
from psycopg.rows import dict_row
from psycopg_pool import AsyncConnectionPool

from agent.plan import queries
from agent.plan.announcements import announce
from agent.plan.commit import Commit
from agent.plan.diff import diff
from agent.plan.document import Item, tree_problems
from agent.plan.problems import DocumentError
from agent.plan.records import (
    Committed,
    Conflicted,
    HeadMovedError,
    NothingToUndoError,
    OnConflict,
    Plan,
    PlanNotFoundError,
    PlanPlace,
    PlanVersion,
    Proposal,
    ProposalMismatchError,
    Revalidate,
    Settlement,
    Shown,
    Undo,
    VersionInfo,
)
from agent.plan.resolve import Choices, resolve

__all__ = [
    "Committed",
    "Conflicted",
    "HeadMovedError",
    "NothingToUndoError",
    "Plan",
    "PlanNotFoundError",
    "PlanPlace",
    "PlanRepository",
    "PlanVersion",
    "Proposal",
    "ProposalMismatchError",
    "Settlement",
    "Shown",
    "Undo",
    "VersionInfo",
]


MOST_TRIED = 50
"""Versions back that an undo without a version looks for a change that is still to be taken back."""


class PlanRepository:
    """Reads and commits plans through a pool of autocommitting connections."""

    def __init__(self, pool: AsyncConnectionPool[AsyncConnection[Any]]) -> None:
        self._pool = pool

    async def plan(self, plan_id: UUID | str) -> Plan | None:
        """The plan without its content; None if there is none."""
        rows = await self._rows(queries.PLAN, plan_id=_uuid(plan_id))
        return Plan.from_row(rows[0]) if rows else None

    async def plans(
        self,
        limit: int = 20,
        *,
        thread_id: UUID | None = None,
        owner_id: str | None = None,
        domain: str | None = None,
        before: PlanPlace | None = None,
    ) -> list[Plan]:
        """Up to `limit` plans, newest first; only those that were behind the place `before`."""
        return [
            Plan.from_row(row)
            for row in await self._rows(
                queries.PLANS,
                limit=limit,
                thread_id=thread_id,
                owner_id=owner_id,
                domain=domain,
                before_time=None if before is None else before.created_at,
                before_id=None if before is None else before.id,
            )
        ]

    async def for_thread(self, thread_id: UUID | str) -> list[Plan]:
        """The plans that were made in a thread, newest first."""
        return [Plan.from_row(row) for row in await self._rows(queries.PLANS_OF_THREAD, thread_id=_uuid(thread_id))]

    async def head(self, plan_id: UUID | str) -> PlanVersion | None:
        """The current version; None if there is no such plan."""
        rows = await self._rows(queries.CURRENT_VERSION, plan_id=_uuid(plan_id))
        return PlanVersion.from_row(rows[0]) if rows else None

    async def version(self, plan_id: UUID | str, number: int) -> PlanVersion | None:
        """One version; None if there is none of that number."""
        rows = await self._rows(queries.VERSION, plan_id=_uuid(plan_id), version=number)
        return PlanVersion.from_row(rows[0]) if rows else None

    async def version_with_hash(self, plan_id: UUID | str, content: str) -> PlanVersion | None:
        """The newest version with that content hash; None if there is none."""
        rows = await self._rows(queries.VERSION_WITH_HASH, plan_id=_uuid(plan_id), hash=content)
        return PlanVersion.from_row(rows[0]) if rows else None

    async def history(self, plan_id: UUID | str, limit: int = 20, before: int | None = None) -> list[VersionInfo]:
        """Up to `limit` versions without content, newest first; only those older than `before`."""
        rows = await self._rows(queries.HISTORY, plan_id=_uuid(plan_id), limit=limit, before=before)
        return [VersionInfo(**VersionInfo.fields_of(row)) for row in rows]

    async def retired_ids(self, plan_id: UUID | str) -> frozenset[str]:
        """Every item id that any version of the plan has had: none may be given to a new item."""
        return frozenset(row["item_id"] for row in await self._rows(queries.ITEM_IDS, plan_id=_uuid(plan_id)))

    async def removed_items(self, plan_id: UUID | str, number: int, limit: int = 500) -> dict[str, Item]:
        """Items that a version lacks and one of the `limit` before it had, as they were last, by id."""
        rows = await self._rows(queries.INVERSES, plan_id=_uuid(plan_id), version=number, limit=limit)
        back = [op for row in rows for op in row["inverse"] if op["op"] == "add" and op["path"].count("/") == 2]
        found: dict[str, Item] = {}
        for op in back:
            if op["path"].startswith("/items/"):
                found.setdefault(op["path"].removeprefix("/items/"), Item.trusted(op["value"]))
        version = await self.version(plan_id, number) if found else None
        there = version.document.items if version is not None else {}
        return {item_id: item for item_id, item in found.items() if item_id not in there}

    async def commit(
        self,
        proposal: Proposal,
        *,
        revalidate: Revalidate | None = None,
        on_conflict: OnConflict = "ask",
        settlement: Settlement | None = None,
        only_onto_base: bool = False,
        shown: Shown | None = None,
    ) -> Committed | Conflicted:
        """Make the proposal a version, in one transaction; merge it onto the head if that moved on from its base.

        With `on_conflict` "ask", changes that collide with the head's are answered by `Conflicted`, and the same
        proposal may be committed again with "theirs" (the head's side is kept) or "ours". `revalidate` judges every
        merge, also a smooth one: two good changes can make a bad plan. Committing a proposal again is harmless.
        `settlement` chooses for each conflict by itself, and all of them must be chosen unless `on_conflict` says the
        rest; if the plan has moved on from the version that it was made for, the conflicts are answered anew.
        With `only_onto_base` nothing is merged. What was `shown` before binds a merge: if it does anything else to the
        head than what was approved, or brings warnings that were not shown, it is answered by `Conflicted` too.
        Raises `PlanNotFoundError` for an unknown plan or base, `ProposalMismatchError`, `DocumentError`, `DiffError`,
        `ChoiceError` for a choice where nothing is in conflict, and `HeadMovedError` for a base that is not the head.
        """
        problems = tree_problems(proposal.document.items)
        if problems:
            raise DocumentError(problems)
        async with (
            self._pool.connection() as connection,
            connection.transaction(),
            connection.cursor(row_factory=dict_row) as cursor,
        ):
            outcome = await Commit(cursor, proposal).run(
                revalidate, on_conflict, settlement, only_onto_base=only_onto_base, shown=shown
            )
        if isinstance(outcome, Committed) and outcome.changed and not outcome.replayed:
            announce(outcome.version, outcome.tidied)
        return outcome

    async def undo_document(
        self, plan_id: UUID | str, version: int | None = None, choices: Choices | None = None
    ) -> Undo:
        """The head without the change that `version` made; later changes stay, save where `choices` says "ours".

        Without `version`, the newest change that is not itself an undo, has not been undone, and would still change
        something if it were: undoing again goes further back. An undo named by its version is undone too, which brings
        the change back. Raises `PlanNotFoundError`, `NothingToUndoError` for a plan's first version, or `ChoiceError`.
        """
        head = await self.head(plan_id)
        if head is None:
            raise PlanNotFoundError(f"there is no plan {plan_id}")
        if version is not None:
            return await self._undone(head, version, choices or {})
        covered: Undo | None = None
        for candidate in _undoable(await self._rows(queries.UNDO_MARKS, plan_id=_uuid(plan_id)))[:MOST_TRIED]:
            undo = await self._undone(head, candidate, choices or {})
            if not undo.changes_nothing:
                return undo
            covered = covered or undo
        if covered is None:
            raise NothingToUndoError("there is no change to undo: only the plan's first version is left")
        return covered

    async def _undone(self, head: PlanVersion, version: int, choices: Choices) -> Undo:
        plan_id = head.plan_id
        if version == 1:
            raise NothingToUndoError("there is no change to undo: only the plan's first version is left")
        undone = await self.version(plan_id, version)
        if undone is None or undone.parent is None:
            raise PlanNotFoundError(f"plan {plan_id} has no version {version}")
        earlier = await self.version(plan_id, undone.parent)
        if earlier is None:
            raise PlanNotFoundError(f"plan {plan_id} has no version {undone.parent}")
        merged = resolve(undone.document, earlier.document, head.document, choices)
        unchanged = diff(head.document, merged.document).is_empty
        return Undo(
            version, head.version, merged.document, undone.document, earlier.document, merged.conflicts, unchanged
        )

    async def copy(self, plan_id: UUID | str, version: int, to_thread: UUID | str) -> PlanVersion:
        """A new plan in another thread that starts with this version; copying it there again gives the same plan.

        Raises `PlanNotFoundError`.
        """
        source = await self.version(plan_id, version)
        plan = await self.plan(plan_id)
        if source is None or plan is None:
            raise PlanNotFoundError(f"plan {plan_id} has no version {version}")
        thread = _uuid(to_thread)
        copied = Proposal(
            id=uuid5(thread, f"copy-proposal/{plan.id}/{version}"),
            plan_id=uuid5(thread, f"copy/{plan.id}/{version}"),
            base_version=0,
            document=source.document,
            kind="import",
            author_kind=source.author_kind,
            author_id=source.author_id,
            owner_id=plan.owner_id,
            thread_id=thread,
            summary=f"Copied from version {version} of another plan",
        )
        outcome = await self.commit(copied)
        if isinstance(outcome, Conflicted):
            raise ProposalMismatchError(f"thread {thread} has another plan in the copy's place")
        return outcome.version

    async def _rows(self, query: str, **values: Any) -> list[dict[str, Any]]:
        async with self._pool.connection() as connection, connection.cursor(row_factory=dict_row) as cursor:
            await cursor.execute(query.encode(), values)
            return await cursor.fetchall()


def _undoable(marks: Sequence[Mapping[str, Any]]) -> list[int]:
    """The versions that are no undo, not cosmetic, and that no standing undo takes back. `marks` are newest first."""
    taken_back: set[int] = set()
    left: list[int] = []
    for mark in marks:
        number = int(mark["version"])
        if number in taken_back or mark["kind"] == "rebalance":
            continue
        if mark["undoes"] is None:
            left.append(number)
        else:
            taken_back.add(mark["undoes"])
    return left


def _uuid(value: UUID | str) -> UUID:
    return value if isinstance(value, UUID) else UUID(value)
