"""What a person may do with plans: every change is checked like an agent's, and becomes a version like an agent's."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from agent.plan.diff import Diff, diff
from agent.plan.document import Item, PlanDocument
from agent.plan.domains import rules_for
from agent.plan.edits import compile_edits
from agent.plan.json_patch import apply_json_patch
from agent.plan.json_values import Json
from agent.plan.merge import Conflict
from agent.plan.records import Conflicted, Plan, PlanNotFoundError, PlanPlace, PlanVersion, Proposal, Settlement
from agent.plan.render import render
from agent.plan.repository import PlanRepository
from agent.plan.resolve import Choices
from server.product.plans.errors import ForbiddenByRules, PlanConflict, PreconditionFailed
from server.product.plans.preconditions import Precondition

Issues = tuple[dict[str, Json], ...]


@dataclass(frozen=True)
class Edit:
    """A change that a person wrote: typed operations, or an RFC 6902 patch; and why."""

    ops: Sequence[Any] | None
    patch: Sequence[Mapping[str, Any]] | None
    rationale: str = ""


@dataclass(frozen=True)
class Read:
    """A plan with one version of it."""

    plan: Plan
    version: PlanVersion


@dataclass(frozen=True)
class Compared:
    """Two versions of a plan and what differs."""

    before: PlanVersion
    after: PlanVersion
    change: Diff


@dataclass(frozen=True)
class Changed:
    """What a change came to: the version that the plan is now, and whether that is a new one.

    `before` is the content that it was applied to; `conflicts` are those that were settled, with the side that was kept.
    `tidied` is the cosmetic version that followed at once, if one did.
    """

    before: PlanDocument
    version: PlanVersion
    changed: bool
    message: str
    conflicts: tuple[Conflict, ...] = ()
    tidied: PlanVersion | None = None

    @property
    def current(self) -> PlanVersion:
        """The version that the plan was left at."""
        return self.tidied or self.version


@dataclass(frozen=True)
class PlanService:
    """Plans as one caller sees them: all of them where nobody is authenticated, else their own."""

    plans: PlanRepository
    now: Callable[[], datetime]
    user: str | None = None

    async def page(
        self, limit: int, thread_id: UUID | None, domain: str | None, owner: str | None, before: PlanPlace | None
    ) -> list[Plan]:
        """Up to `limit` plans, newest first."""
        if self.user is not None and owner not in (None, self.user):
            return []
        return await self.plans.plans(
            limit, thread_id=thread_id, domain=domain, owner_id=owner or self.user, before=before
        )

    async def read(self, plan_id: UUID, number: int | None = None) -> Read:
        """The plan with its current version, or with another one. Raises `PlanNotFoundError`."""
        plan = await self._plan(plan_id)
        return Read(plan, await self._version(plan, number))

    async def of_thread(self, thread_id: UUID) -> Read:
        """The plan that was made last in a thread. Raises `PlanNotFoundError`."""
        found = [plan for plan in await self.plans.for_thread(thread_id) if self._is_visible(plan)]
        if not found:
            raise PlanNotFoundError(f"thread {thread_id} has no plan; it gets one in the conversation")
        return Read(found[0], await self._version(found[0], None))

    async def removed(self, read: Read) -> dict[str, Item]:
        """What the plan had before that version and the version has no more, as it was last, by id."""
        return await self.plans.removed_items(read.plan.id, read.version.version)

    async def versions(self, plan_id: UUID, limit: int, before: int | None) -> Sequence[Any]:
        """Up to `limit` versions without content, newest first. Raises `PlanNotFoundError`."""
        await self._plan(plan_id)
        return await self.plans.history(plan_id, limit, before)

    async def compare(self, plan_id: UUID, start: int | None, end: int | None) -> Compared:
        """Two versions: by default the current one, and the one before the later of the two.

        Raises `PlanNotFoundError`.
        """
        plan = await self._plan(plan_id)
        after = await self._version(plan, end)
        before = await self._version(plan, start if start is not None else after.parent or after.version)
        return Compared(before, after, diff(before.document, after.document))

    async def edit(
        self, plan_id: UUID, edit: Edit, expected: Precondition, *, merge: bool, settlement: Settlement | None
    ) -> Changed:
        """Apply a change to the version that it was made for, and with `merge` carry it over to the current one.

        Raises `PreconditionFailed`, `PlanConflict`, `ForbiddenByRules`, `PlanNotFoundError`, and the kernel's
        `EditError`, `PatchError` and `ChoiceError`.
        """
        plan = await self._plan(plan_id)
        head = await self._version(plan, None)
        base = await self._base(head, expected, merge=merge)
        retired, rules = await self.plans.retired_ids(plan_id), rules_for(head.document)
        kinds = rules.kinds
        proposal_id = uuid4()
        if edit.patch is not None:
            document = apply_json_patch(base.document, edit.patch, kinds=kinds, retired_ids=retired)
        else:
            replanner = rules.replanner(base.document, self.now())
            document = compile_edits(
                base.document, edit.ops or (), kinds, retired, seed=str(proposal_id), replanner=replanner
            )
        issues = self._judge(base.document, document) if base.version == head.version else ()
        proposal = Proposal(
            id=proposal_id,
            plan_id=plan_id,
            base_version=base.version,
            document=document,
            author_kind="person",
            author_id=self.user,
            ops=None if edit.ops is None else [dict(op) for op in edit.ops],
            summary=render(diff(base.document, document), base.document, document),
            rationale=edit.rationale,
            issues=issues,
        )
        return await self._commit(proposal, head, settlement, merge=merge)

    async def undo(
        self, plan_id: UUID, version: int | None, expected: Precondition | None, choices: Choices
    ) -> Changed:
        """Take back one version's change and keep the later ones; where they touch the same, `choices` decide.

        Raises `NothingToUndoError`, and as `edit` does.
        """
        plan = await self._plan(plan_id)
        head = await self._version(plan, None)
        await self._base(head, expected, merge=False)
        undo = await self.plans.undo_document(plan_id, version, choices)
        if undo.changes_nothing:
            return Changed(head.document, head, False, _nothing_undone(undo.undoes, undo.conflicts), undo.conflicts)
        proposal = self._going_back("undo", undo.document, head, f"Undo version {undo.undoes}: ", undoes=undo.undoes)
        done = await self._commit(proposal, head, None, merge=expected is None)
        return replace(done, conflicts=(*undo.conflicts, *done.conflicts))

    async def restore(self, plan_id: UUID, version: int, expected: Precondition | None) -> Changed:
        """Make an earlier version's content the plan again. Raises as `edit` does."""
        plan = await self._plan(plan_id)
        head = await self._version(plan, None)
        await self._base(head, expected, merge=False)
        wanted = await self._version(plan, version)
        proposal = self._going_back("restore", wanted.document, head, f"Restore version {version}: ")
        return await self._commit(proposal, head, None, merge=False)

    def _going_back(
        self, kind: Any, document: PlanDocument, head: PlanVersion, told: str, undoes: int | None = None
    ) -> Proposal:
        return Proposal(
            id=uuid4(),
            plan_id=head.plan_id,
            base_version=head.version,
            document=document,
            kind=kind,
            author_kind="person",
            author_id=self.user,
            summary=told + render(diff(head.document, document), head.document, document),
            issues=self._judge(head.document, document),
            undoes=undoes,
        )

    async def _commit(
        self, proposal: Proposal, head: PlanVersion, settlement: Settlement | None, *, merge: bool
    ) -> Changed:
        rules, now = rules_for(proposal.document), self.now()

        def judged(merged: PlanDocument, there: PlanDocument) -> Sequence[Mapping[str, Json]]:
            return rules.check(there, merged, now)

        outcome = await self.plans.commit(proposal, revalidate=judged, settlement=settlement, only_onto_base=not merge)
        if isinstance(outcome, Conflicted):
            raise PlanConflict(outcome)
        version = outcome.version
        if not outcome.changed:
            message = f"nothing changed: the plan is like that already; it stays at version {version.version}"
            return Changed(version.document, version, False, message, outcome.conflicts)
        before = (
            head if version.parent == head.version else await self.plans.version(version.plan_id, version.parent or 1)
        )
        message = f"the plan is now version {outcome.current.version}"
        return Changed((before or head).document, version, True, message, outcome.conflicts, outcome.tidied)

    def _judge(self, before: PlanDocument, after: PlanDocument) -> Issues:
        """The issues that a change brings. Raises `ForbiddenByRules` if one is an error."""
        issues = tuple(dict(one) for one in rules_for(after).check(before, after, self.now()))
        if any(one.get("severity") == "error" for one in issues):
            raise ForbiddenByRules(issues)
        return issues

    async def _base(self, head: PlanVersion, expected: Precondition | None, *, merge: bool) -> PlanVersion:
        """The version that a change was made for. Raises `PreconditionFailed` if that may not be the one it is."""
        if expected is None or expected.holds_for(head.hash):
            return head
        if merge:
            for content in expected.hashes:
                found = await self.plans.version_with_hash(head.plan_id, content)
                if found is not None:
                    return found
        raise PreconditionFailed(head.version, head.hash)

    async def _plan(self, plan_id: UUID) -> Plan:
        plan = await self.plans.plan(plan_id)
        if plan is None or not self._is_visible(plan):
            raise PlanNotFoundError(f"there is no plan {plan_id}")
        return plan

    async def _version(self, plan: Plan, number: int | None) -> PlanVersion:
        version = await (self.plans.head(plan.id) if number is None else self.plans.version(plan.id, number))
        if version is None:
            raise PlanNotFoundError(f"plan {plan.id} has no version {number}; its versions are 1 to {plan.head}")
        return version

    def _is_visible(self, plan: Plan) -> bool:
        return self.user is None or plan.owner_id == self.user


def _nothing_undone(undoes: int, conflicts: Sequence[Conflict]) -> str:
    if not conflicts:
        return f"nothing changed: what version {undoes} did is no longer in the plan"
    names = ", ".join(dict.fromkeys(one.pointer for one in conflicts))
    return (
        f"nothing changed: later versions changed again what version {undoes} did ({names}), and theirs are kept; "
        "resolutions with ours take it back all the same"
    )
