"""A change on its way into the plan: from the model's calls to one proposal, and back to documents.

All calls of one message become one proposal, in their order. The proposal is plain JSON in the state; it carries the
diff, not the document.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from agent.domain import Domain
from agent.plan.diff import Diff, diff
from agent.plan.document import PlanDocument
from agent.plan.edits import compile_edits
from agent.plan.json_patch import apply_json_patch
from agent.plan.merge import Conflict, merge
from agent.plan.ops import validation_lines
from agent.plan.problems import PlanError, Problem
from agent.plan.records import NothingToUndoError, PlanNotFoundError
from agent.plan.replanning import Replanner
from agent.plan.repository import PlanRepository
from agent.plan_store import Base
from agent.schemas.plan_tools import (
    BUILD,
    EDIT,
    PATCH,
    RESTORE,
    UNDO,
    EditCall,
    PatchCall,
    RestorePlan,
    UndoPlan,
)
from agent.state import State
from agent.turn import PlanCall, changing_calls


class CallRefused(Exception):
    """A call cannot be carried out; `text` is for the model and the person, `problems` say what to put right."""

    def __init__(self, call: PlanCall, text: str, problems: Sequence[Problem] = ()) -> None:
        super().__init__(text)
        self.call = call
        self.text = text
        self.problems = tuple(problems)


@dataclass
class Composition:
    """The document that calls add up to, starting from `base`.

    `undoes` is the version whose change an undo takes back; `conflicts` are later changes of the same things, which
    stay, and `undo_change` is what it would do without them.
    """

    domain: Domain
    plans: PlanRepository
    base: Base
    retired: frozenset[str]
    seed: str
    draft: Mapping[str, Any] | None
    replanner: Replanner | None = None
    before: PlanDocument = field(init=False)
    document: PlanDocument = field(init=False)
    kind: str = "edit"
    undoes: int | None = None
    conflicts: tuple[Conflict, ...] = ()
    undo_change: Diff | None = None
    rationales: list[str] = field(default_factory=list)
    ops: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.before = self.document = self.base.document(self.domain.name)

    async def take(self, calls: Sequence[PlanCall]) -> None:
        """Carry out calls in order. Raises CallRefused for the first that cannot be."""
        for call in calls:
            try:
                await self._take(call, index=len(self.ops))
            except ValidationError as error:
                problems = [Problem(None, "bad_arguments", line) for line in validation_lines(error)]
                raise CallRefused(call, _told(problems), problems) from error
            except PlanError as error:
                raise CallRefused(call, _told(error.problems), error.problems) from error
            except (NothingToUndoError, PlanNotFoundError) as error:
                problem = Problem(None, "no_such_version", str(error))
                raise CallRefused(call, f"{error}.", [problem]) from error
        if len(calls) > 1:
            self.conflicts, self.undo_change = (), None
        elif calls[0].name == UNDO:
            self.kind = "undo"
        elif calls[0].name == RESTORE:
            self.kind = "restore"

    async def _take(self, call: PlanCall, index: int) -> None:
        if call.name == BUILD:
            if self.draft is None:
                raise CallRefused(call, "No plan was drafted.")
            self.document = PlanDocument.from_json(self.draft["document"])
        elif self.base.version is None and call.name != EDIT:
            raise PlanNotFoundError("there is no plan yet")
        elif call.name == EDIT:
            self._edit(EditCall.model_validate(call.args), call)
        elif call.name == PATCH:
            patch = PatchCall.model_validate(call.args)
            self.document = apply_json_patch(
                self.document,
                patch.patch,
                kinds=self.domain.kinds,
                retired_ids=self.retired - self.document.items.keys(),
            )
            self.rationales.append(patch.rationale)
        elif call.name == UNDO:
            await self._undo(UndoPlan.model_validate(call.args).version)
        elif call.name == RESTORE:
            await self._restore(RestorePlan.model_validate(call.args).version)
        else:
            raise CallRefused(call, f"{call.name} does not change a plan.")

    def _edit(self, edit: EditCall, call: PlanCall) -> None:
        if self.base.version is None and not self.document.items and self.domain.build is not None:
            raise CallRefused(call, "There is no plan to change yet; build one first.")
        seed = f"{self.seed}/{len(self.ops)}"
        self.document = compile_edits(
            self.document, edit.ops, self.domain.kinds, self.retired, seed=seed, replanner=self.replanner
        )
        self.rationales.append(edit.rationale)
        self.ops += edit.ops

    async def _undo(self, version: int | None) -> None:
        if self.base.foreign:
            # The copy that this will be made in begins with one version: there is none in it that this undoes.
            self._turn_to(await self._foreign_undo(version))
            return
        undo = await self.plans.undo_document(self.base.plan_id, version)
        alone = self.document is self.before
        self._turn_to(undo.document)
        self.undoes = undo.undoes
        if undo.conflicts and alone and undo.head == self.base.number:
            self.conflicts, self.undo_change = undo.conflicts, diff(undo.undone, undo.earlier)

    async def _foreign_undo(self, version: int | None) -> PlanDocument:
        """Undo in a thread that was copied: relative to the version that it came with, not to the other's head."""
        number = version if version is not None else self.base.number
        undone = await self.plans.version(self.base.plan_id, number)
        if undone is None or number > self.base.number:
            raise PlanNotFoundError(f"the plan has no version {number}")
        earlier = await self.plans.version(self.base.plan_id, undone.parent) if undone.parent else None
        if earlier is None:
            raise NothingToUndoError("there is no change to undo: only the plan's first version is left")
        return merge(base=undone.document, ours=earlier.document, theirs=self.before).document

    async def _restore(self, number: int) -> None:
        wanted = await self.plans.version(self.base.plan_id, number)
        if wanted is None or (self.base.foreign and number > self.base.number):
            raise PlanNotFoundError(f"the plan has no version {number}")
        self._turn_to(wanted.document)

    def _turn_to(self, target: PlanDocument) -> None:
        """Become `target`, keeping what earlier calls of the same message did."""
        self.document = target if self.document is self.before else self._merged(target)

    def _merged(self, target: PlanDocument) -> PlanDocument:
        return merge(base=self.before, ours=self.document, theirs=target).document


def calls_of(state: State) -> list[PlanCall]:
    """The calls to carry out: those of the last message, or what a reviewer put in their place."""
    calls = changing_calls(state["messages"])
    edited = (state.get("proposal") or {}).get("edited")
    return [PlanCall(calls[0].id, edited["name"], edited["args"])] if edited else calls


def _told(problems: Sequence[Problem]) -> str:
    return "; ".join(str(problem) for problem in problems)
