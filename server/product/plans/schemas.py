"""The bodies of the plans' routes."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Discriminator, Field, SkipValidation, Tag, model_validator

from agent.plan.changes import change_list
from agent.plan.diff import diff
from agent.plan.merge import Side
from agent.plan.ops import Op
from agent.plan.records import Plan, PlanPlace, VersionInfo
from agent.plan.render import render
from server.errors import Malformed
from server.product.plans.service import Changed, Compared, Read

JsonObject = dict[str, Any]
Patch = list[JsonObject]
Resolutions = Annotated[
    dict[str, Side],
    Field(description="For each conflict, by its `pointer`, whose change is kept: ours (this request's) or theirs."),
]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class PlanEdit(_Body):
    """A change with its reason: typed operations (as the agent's), or an RFC 6902 patch."""

    ops: list[Annotated[Op, SkipValidation]] | None = Field(
        None, min_length=1, description="Typed operations, in order."
    )
    patch: Patch | None = Field(None, description="RFC 6902 operations, instead of ops.")
    rationale: str = Field("", max_length=2000, description="Why, in a sentence; it is kept with the version.")
    resolutions: Resolutions = {}
    head: int | None = Field(
        None, ge=1, description="The `head` of the 409 that the resolutions answer: they hold for that version only."
    )

    @model_validator(mode="after")
    def _one_of_both(self) -> PlanEdit:
        if (self.ops is None) == (self.patch is None):
            raise ValueError("give either ops or patch")
        return self


def _form_of(body: object) -> str:
    return "patch" if isinstance(body, list) else "edit"


PlanChange = Annotated[
    Annotated[Patch, Tag("patch")] | Annotated[PlanEdit, Tag("edit")],
    Discriminator(_form_of),
]


class UndoBody(_Body):
    """Which change to take back."""

    version: int | None = Field(
        None,
        ge=1,
        le=2**31 - 1,
        description="The version whose change goes; without it, the newest one not undone yet.",
    )
    resolutions: Resolutions = {}


class RestoreBody(_Body):
    """Which version's content becomes the plan again."""

    version: int = Field(ge=1, le=2**31 - 1)


class VersionOut(BaseModel):
    """A version without its content."""

    version: int
    is_current: bool
    kind: str = Field(description="create, edit, merge, undo, restore, import or rebalance")
    hash: str = Field(description="SHA-256 of the content's canonical JSON; the ETag.")
    parent: int | None = Field(description="The version before it.")
    merged_from: int | None = Field(
        description="The older version that its author saw, if others had changed it since."
    )
    undoes: int | None = Field(description="The version whose change it takes back.")
    summary: str
    rationale: str
    issues: list[JsonObject] = Field(description="What the domain's rules said of the change.")
    author_kind: str = Field(description="agent, person or system")
    author_id: str | None
    run_id: UUID | None
    checkpoint_id: str | None
    created_at: datetime

    @classmethod
    def of(cls, version: VersionInfo) -> Self:
        """The record's fields."""
        return cls.model_validate({name: getattr(version, name) for name in cls.model_fields})


class VersionWithChange(VersionOut):
    """A version with what it changed; all three are null in a plan's first version."""

    ops: list[JsonObject] | None = Field(description="The operations, if it was made by operations.")
    patch: Patch | None = Field(description="From its parent to it, as RFC 6902, guarded by tests.")
    inverse: Patch | None = Field(description="The patch back.")


class PlanOut(BaseModel):
    """A plan without its content."""

    plan_id: UUID
    thread_id: UUID | None
    owner_id: str | None
    domain: str
    title: str
    head: int = Field(description="The number of the current version.")
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, plan: Plan) -> PlanOut:
        """The record's fields."""
        return cls(plan_id=plan.id, **{name: getattr(plan, name) for name in cls.model_fields if name != "plan_id"})


class PlanWithContent(PlanOut):
    """A plan with one version of it, the current one by default."""

    version: VersionOut
    document: JsonObject = Field(description="The plan: schema, domain, meta, and items by id.")

    @classmethod
    def of_read(cls, read: Read) -> PlanWithContent:
        """A plan and its version."""
        return cls(
            **PlanOut.of(read.plan).model_dump(),
            version=VersionOut.of(read.version),
            document=read.version.document.to_json(),
        )


class PlanPage(BaseModel):
    """Plans, newest first."""

    plans: list[PlanOut]
    next: str | None = Field(description="The `cursor` of the next page; null on the last.")


class VersionPage(BaseModel):
    """Versions, newest first."""

    versions: list[VersionOut]
    next: int | None = Field(description="The `before` of the next page; null on the last.")


class ComparisonOut(BaseModel):
    """What differs between two versions."""

    model_config = ConfigDict(populate_by_name=True)

    plan_id: UUID
    start: int = Field(alias="from")
    end: int = Field(alias="to")
    summary: str
    stats: dict[str, int] = Field(description="How many items were added, removed, changed and moved.")
    changes: list[JsonObject] = Field(description="Each change as a person would tell it: {id, title, kind, text, …}.")

    @classmethod
    def of(cls, compared: Compared) -> ComparisonOut:
        """The comparison in words."""
        before, after = compared.before, compared.after
        return cls(
            plan_id=after.plan_id,
            start=before.version,
            end=after.version,
            summary=render(compared.change, before.document, after.document),
            stats=compared.change.stats,
            changes=change_list(compared.change, before.document, after.document),
        )


class ChangedOut(BaseModel):
    """What a change came to."""

    plan_id: UUID
    changed: bool = Field(description="Whether there is a new version.")
    message: str
    version: VersionOut = Field(
        description="The version that the plan is now. Seldom it is not current: a cosmetic one, with shorter ranks, "
        "followed at once; the ETag is that one's."
    )
    changes: list[JsonObject] = Field(description="What is different from the version before.")
    patch: Patch = Field(description="The same as RFC 6902, guarded by tests.")
    inverse: Patch = Field(description="The patch back.")
    conflicts: list[JsonObject] = Field(description="Conflicts that were settled, each with the side that was kept.")

    @classmethod
    def of(cls, done: Changed) -> ChangedOut:
        """The outcome of a change."""
        version = done.version
        change = diff(done.before, version.document)
        return cls(
            plan_id=version.plan_id,
            changed=done.changed,
            message=done.message,
            version=VersionOut.of(version if done.tidied is None else replace(version, is_current=False)),
            changes=change_list(change, done.before, version.document),
            patch=(version.patch or []) if done.changed else [],
            inverse=(version.inverse or []) if done.changed else [],
            conflicts=[one.to_json() for one in done.conflicts],
        )


class Refusal(BaseModel):
    """Why not, and what to change."""

    detail: str


class ProblemsRefusal(Refusal):
    """What is wrong with the operations, or which rules forbid the change."""

    problems: list[JsonObject] = Field([], description="{op_index, code, message, nearest} each.")
    issues: list[JsonObject] = Field([], description="{code, severity, ids, message, source, fix} each.")


class ConflictRefusal(Refusal):
    """What collides with which version."""

    head: int
    conflicts: list[JsonObject] = Field(description="{kind, id, path, pointer, base, ours, theirs, kept} each.")
    issues: list[JsonObject]


class MovedRefusal(Refusal):
    """The plan is at another version."""

    head: int


def cursor_of(plan: Plan) -> str:
    """Where the page after this plan begins."""
    return base64.urlsafe_b64encode(f"{plan.created_at.isoformat()} {plan.id}".encode()).decode().rstrip("=")


def place_of(cursor: str) -> PlanPlace:
    """What `cursor_of` wrote. Raises `Malformed`."""
    try:
        created_at, plan_id = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().rsplit(" ", 1)
        place = PlanPlace(datetime.fromisoformat(created_at), UUID(plan_id))
    except ValueError as error:
        raise Malformed("cursor: is not one that this list gave; begin without one") from error
    if place.created_at.tzinfo is None:
        raise Malformed("cursor: is not one that this list gave; begin without one")
    return place


Format = Literal["json", "markdown", "ics"]
DiffFormat = Literal["json", "patch", "markdown", "terminal", "plain"]
