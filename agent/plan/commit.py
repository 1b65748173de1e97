"""How a proposal becomes a plan's next version: lock, recognise, merge if need be, store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import uuid5

import orjson
from psycopg import AsyncCursor
from psycopg.types.json import Jsonb

from agent.plan import queries
from agent.plan.diff import Diff, diff, diff_hash, invert
from agent.plan.document import PlanDocument, content_hash
from agent.plan.json_patch import to_json_patch
from agent.plan.json_values import Json
from agent.plan.merge import Merged, merge
from agent.plan.rebalance import TIDIED, rebalanced
from agent.plan.records import (
    Committed,
    Conflicted,
    HeadMovedError,
    OnConflict,
    Plan,
    PlanNotFoundError,
    PlanVersion,
    Proposal,
    ProposalMismatchError,
    Revalidate,
    Settlement,
    Shown,
)
from agent.plan.resolve import Choices, refuse_strays, resolve, unsettled

_Cursor = AsyncCursor[dict[str, Any]]


class Commit:
    """One commit under way, inside its transaction. The plan's row is locked first, so commits queue up per plan."""

    def __init__(self, cursor: _Cursor, proposal: Proposal) -> None:
        self._cursor = cursor
        self._proposal = proposal

    async def run(
        self,
        revalidate: Revalidate | None,
        on_conflict: OnConflict,
        settlement: Settlement | None,
        *,
        only_onto_base: bool,
        shown: Shown | None,
    ) -> Committed | Conflicted:
        """Store, merge or refuse the proposal; see `PlanRepository.commit`."""
        outcome = await self._decide(revalidate, on_conflict, settlement, only_onto_base=only_onto_base, shown=shown)
        if isinstance(outcome, Conflicted) or outcome.replayed or not outcome.changed:
            return outcome
        return replace(outcome, tidied=await self._tidied(outcome.version))

    async def _decide(
        self,
        revalidate: Revalidate | None,
        on_conflict: OnConflict,
        settlement: Settlement | None,
        *,
        only_onto_base: bool,
        shown: Shown | None,
    ) -> Committed | Conflicted:
        proposal = self._proposal
        plan = await self._lock()
        earlier = await self._register()
        if earlier is not None:
            return Committed(await self._version(earlier), replayed=True)
        if not 0 <= proposal.base_version <= plan.head:
            raise PlanNotFoundError(f"plan {plan.id} has no version {proposal.base_version}")
        if only_onto_base and plan.head != proposal.base_version:
            raise HeadMovedError(plan.head)
        if settlement is not None and plan.head == proposal.base_version:
            refuse_strays(settlement.choices, ())
        if plan.head == 0:
            return Committed(await self._store(None, proposal.document, proposal.issues, merged_from=None))
        head = await self._version(plan.head)
        if plan.head == proposal.base_version:
            carried = proposal.merged_from
            return await self._store_changes(head, Merged(proposal.document, ()), proposal.issues, merged_from=carried)
        return await self._merge(head, revalidate, on_conflict, _choices(settlement, head), shown)

    async def _merge(
        self,
        head: PlanVersion,
        revalidate: Revalidate | None,
        on_conflict: OnConflict,
        choices: Choices,
        shown: Shown | None,
    ) -> Committed | Conflicted:
        proposal = self._proposal
        base = (
            (await self._version(proposal.base_version)).document
            if proposal.base_version
            else PlanDocument.empty(head.document.domain)
        )
        if on_conflict == "ours":
            merged = merge(base, proposal.document, head.document, prefer="ours")
        else:
            merged = resolve(base, proposal.document, head.document, choices)
        issues = proposal.issues if revalidate is None else tuple(revalidate(merged.document, head.document))
        invalid = revalidate is not None and any(issue.get("severity") == "error" for issue in issues)
        unsure = on_conflict == "ask" and unsettled(merged.conflicts, choices)
        if invalid or unsure or not _is_as_shown(shown, head.document, merged.document, issues):
            await self._settle("conflict", None, [conflict.to_json() for conflict in merged.conflicts], None)
            told = tuple(dict(issue) for issue in issues)
            return Conflicted(head.version, merged.document, merged.conflicts, told, invalid)
        return await self._store_changes(head, merged, issues, merged_from=proposal.base_version)

    async def _store_changes(
        self, head: PlanVersion, merged: Merged, issues: Sequence[Mapping[str, Json]], merged_from: int | None
    ) -> Committed:
        conflicts = [conflict.to_json() for conflict in merged.conflicts]
        if diff(head.document, merged.document).is_empty:
            await self._settle("committed", head.version, conflicts, [])
            return Committed(head, changed=False, conflicts=merged.conflicts)
        stored = await self._store(head, merged.document, issues, merged_from=merged_from, conflicts=conflicts)
        return Committed(stored, conflicts=merged.conflicts)

    async def _tidied(self, version: PlanVersion) -> PlanVersion | None:
        """The cosmetic version after this one, if ranks have grown too long to go on with; nothing else differs in it."""
        document = rebalanced(version.document)
        if document is None:
            return None
        proposal = self._proposal
        tidy = Proposal(
            id=uuid5(proposal.id, "rebalance"),
            plan_id=proposal.plan_id,
            base_version=version.version,
            document=document,
            kind="rebalance",
            author_kind="system",
            thread_id=proposal.thread_id,
            run_id=proposal.run_id,
            summary=TIDIED,
        )
        after = Commit(self._cursor, tidy)
        await after._register()
        return await after._store(version, document, (), merged_from=None)

    async def _store(
        self,
        head: PlanVersion | None,
        document: PlanDocument,
        issues: Sequence[Mapping[str, Json]],
        *,
        merged_from: int | None,
        conflicts: Sequence[Json] = (),
    ) -> PlanVersion:
        """Write the next version and point everything at it."""
        change = None if head is None else diff(head.document, document)
        version = 1 if head is None else head.version + 1
        plan_id = self._proposal.plan_id
        await self._execute(queries.RETIRE_CURRENT, plan_id=plan_id)
        values = self._version_values(document, change, merged_from)
        await self._execute(
            queries.INSERT_VERSION,
            **values,
            version=version,
            parent=None if head is None else head.version,
            issues=_jsonb([dict(issue) for issue in issues]),
        )
        row = await self._cursor.fetchone()
        assert row is not None  # noqa: S101  `returning` gives the row that was inserted
        title = document.meta.get("title")
        await self._execute(
            queries.ADVANCE_HEAD, plan_id=plan_id, version=version, title=title if isinstance(title, str) else ""
        )
        new_ids = list(document.items if change is None else change.added)
        await self._execute(queries.NOTE_ITEM_IDS, plan_id=plan_id, item_ids=new_ids)
        patch = None if change is None else to_json_patch(change)
        await self._settle("committed", version, list(conflicts), patch)
        return PlanVersion.from_row(row)

    def _version_values(self, document: PlanDocument, change: Diff | None, merged_from: int | None) -> dict[str, Any]:
        proposal = self._proposal
        kind = proposal.kind
        if kind == "edit" and change is None:
            kind = "create"
        elif kind == "edit" and merged_from is not None:
            kind = "merge"
        return {
            "plan_id": proposal.plan_id,
            "merged_from": merged_from,
            "undoes": proposal.undoes,
            "kind": kind,
            "doc": _jsonb(document.to_json()),
            "hash": content_hash(document),
            "ops": _ops(proposal),
            "patch": None if change is None else _jsonb(to_json_patch(change)),
            "inverse": None if change is None else _jsonb(to_json_patch(invert(change))),
            "summary": proposal.summary,
            "rationale": proposal.rationale,
            "author_kind": proposal.author_kind,
            "author_id": proposal.author_id,
            "proposal_id": proposal.id,
            "run_id": proposal.run_id,
            "checkpoint_id": proposal.checkpoint_id,
        }

    async def _lock(self) -> Plan:
        proposal = self._proposal
        if proposal.base_version == 0:
            await self._execute(
                queries.CREATE_PLAN,
                plan_id=proposal.plan_id,
                owner_id=proposal.owner_id,
                thread_id=proposal.thread_id,
                domain=proposal.document.domain,
            )
        row = await self._one(queries.LOCK_PLAN, plan_id=proposal.plan_id)
        if row is None:
            raise PlanNotFoundError(f"there is no plan {proposal.plan_id}")
        return Plan.from_row(row)

    async def _register(self) -> int | None:
        """Note the proposal; the number of the version that it already became, if it did."""
        proposal = self._proposal
        await self._execute(
            queries.REGISTER_PROPOSAL,
            id=proposal.id,
            plan_id=proposal.plan_id,
            base_version=proposal.base_version,
            ops=_ops(proposal),
            thread_id=proposal.thread_id,
        )
        row = await self._one(queries.PROPOSAL, id=proposal.id)
        if row is None or row["plan_id"] != proposal.plan_id:
            raise ProposalMismatchError(f"proposal {proposal.id} belongs to another plan")
        committed: int | None = row["committed_version"]
        return committed

    async def _version(self, number: int) -> PlanVersion:
        row = await self._one(queries.VERSION, plan_id=self._proposal.plan_id, version=number)
        if row is None:
            raise PlanNotFoundError(f"plan {self._proposal.plan_id} has no version {number}")
        return PlanVersion.from_row(row)

    async def _settle(self, status: str, version: int | None, conflicts: list[Json], patch: Json) -> None:
        await self._execute(
            queries.SETTLE_PROPOSAL,
            id=self._proposal.id,
            status=status,
            version=version,
            conflicts=_jsonb(conflicts),
            patch=None if patch is None else _jsonb(patch),
        )

    async def _one(self, query: str, **values: Any) -> dict[str, Any] | None:
        await self._execute(query, **values)
        return await self._cursor.fetchone()

    async def _execute(self, query: str, **values: Any) -> None:
        await self._cursor.execute(query.encode(), values)


def _choices(settlement: Settlement | None, head: PlanVersion) -> Choices:
    """The choices that were made with this very head in view."""
    if settlement is None or settlement.head not in (None, head.version):
        return {}
    return settlement.choices


def _is_as_shown(
    shown: Shown | None, head: PlanDocument, merged: PlanDocument, issues: Sequence[Mapping[str, Json]]
) -> bool:
    """Whether a merge does to the head just what was shown, and the rules warn of nothing that was not."""
    if shown is None:
        return True
    if shown.diff_hash is not None and diff_hash(diff(head, merged)) != shown.diff_hash:
        return False
    return {one.get("message") for one in issues if one.get("severity") == "warning"} <= shown.warnings


def _ops(proposal: Proposal) -> Jsonb | None:
    return None if proposal.ops is None else _jsonb([dict(op) for op in proposal.ops])


def _jsonb(value: Json) -> Jsonb:
    return Jsonb(value, dumps=orjson.dumps)
