"""Plans as they are stored: the plan, its versions, and what becomes of a proposal to change it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from agent.plan.document import PlanDocument
from agent.plan.json_values import Json
from agent.plan.merge import Conflict
from agent.plan.resolve import Choices

VersionKind = Literal["create", "edit", "merge", "undo", "restore", "import", "rebalance"]
AuthorKind = Literal["agent", "person", "system"]
OnConflict = Literal["ask", "theirs", "ours"]
Revalidate = Callable[[PlanDocument, PlanDocument], Sequence[Mapping[str, Json]]]
"""(merged document, head document) → issues as JSON; one of severity "error" stops the commit."""


class PlanNotFoundError(LookupError):
    """There is no such plan, or no such version of it."""


class NothingToUndoError(LookupError):
    """The plan has no change that could be taken back."""


class HeadMovedError(RuntimeError):
    """The plan is no longer at the version that a change was made for; `head` is the one that it is at."""

    def __init__(self, head: int) -> None:
        super().__init__(f"the plan is at version {head} by now")
        self.head = head


class ProposalMismatchError(ValueError):
    """A proposal's id was used for another plan."""


@dataclass(frozen=True)
class Plan:
    """A plan without its content; `head` is the number of the current version."""

    id: UUID
    owner_id: str | None
    thread_id: UUID | None
    domain: str
    title: str
    head: int
    created_at: datetime
    updated_at: datetime

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> Plan:
        """The record of a row of `plans`."""
        return cls(**{name: row[name] for name in cls.__dataclass_fields__})


@dataclass(frozen=True)
class PlanPlace:
    """A plan's place in the list of all plans, newest first: where the next page begins."""

    created_at: datetime
    id: UUID


@dataclass(frozen=True, kw_only=True)
class VersionInfo:
    """A version without its content.

    `parent` is the version before it; `merged_from` the older one that its author saw, if the two differ; `undoes` the
    one whose change it takes back. `hash` is the SHA-256 of the document's canonical JSON.
    """

    plan_id: UUID
    version: int
    is_current: bool
    parent: int | None
    merged_from: int | None
    undoes: int | None
    kind: VersionKind
    hash: str
    summary: str
    rationale: str
    issues: tuple[dict[str, Json], ...]
    author_kind: AuthorKind
    author_id: str | None
    proposal_id: UUID
    run_id: UUID | None
    checkpoint_id: str | None
    created_at: datetime

    @classmethod
    def fields_of(cls, row: Mapping[str, Any]) -> dict[str, Any]:
        """The constructor's arguments from a row of `plan_versions`."""
        fields = {name: row[name] for name in VersionInfo.__dataclass_fields__}
        fields["issues"] = tuple(row["issues"])
        return fields


@dataclass(frozen=True, kw_only=True)
class PlanVersion(VersionInfo):
    """A version. `patch` and `inverse` are RFC 6902, from and back to `parent`; both are null in version 1."""

    document: PlanDocument
    ops: list[dict[str, Json]] | None
    patch: list[dict[str, Json]] | None
    inverse: list[dict[str, Json]] | None

    @classmethod
    def from_row(cls, row: Mapping[str, Any]) -> PlanVersion:
        """The record of a whole row of `plan_versions`."""
        return cls(
            **cls.fields_of(row),
            document=PlanDocument.trusted(row["doc"]),
            ops=row["ops"],
            patch=row["patch"],
            inverse=row["inverse"],
        )


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """A change somebody wants in a plan: the whole document as it would be, made from version `base_version`.

    `base_version` 0 starts a new plan, under the given id. Committing one `id` twice stores it once, so the id must
    come from the act (thread, task, call), not from the content. `merged_from` is the older version that the change was
    first made from, if it was carried over to `base_version` before it came here.
    """

    id: UUID
    plan_id: UUID
    base_version: int
    document: PlanDocument
    kind: VersionKind = "edit"
    author_kind: AuthorKind = "agent"
    author_id: str | None = None
    owner_id: str | None = None
    thread_id: UUID | None = None
    run_id: UUID | None = None
    checkpoint_id: str | None = None
    ops: Sequence[Mapping[str, Json]] | None = None
    summary: str = ""
    rationale: str = ""
    issues: Sequence[Mapping[str, Json]] = ()
    undoes: int | None = None
    merged_from: int | None = None


@dataclass(frozen=True)
class Settlement:
    """A person's choices in the conflicts with version `head`; they hold for no other version, which nobody has seen."""

    choices: Choices
    head: int | None = None


@dataclass(frozen=True)
class Shown:
    """What was shown of a change before it was committed: it holds for nothing else.

    `diff_hash` is that of the diff that a person approved, None if nobody was asked; `warnings` are the messages of
    the issues of severity "warning" that are known to it.
    """

    diff_hash: str | None = None
    warnings: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Committed:
    """The proposal is in the plan, as `version`.

    `changed` is False if the plan already was as proposed (then no version was made), `replayed` is True if this
    proposal had been committed before. `conflicts` are those that the caller chose to settle one way. `tidied` is the
    cosmetic version after it, if ranks had grown too long: the plan's current one then.
    """

    version: PlanVersion
    changed: bool = True
    replayed: bool = False
    conflicts: tuple[Conflict, ...] = ()
    tidied: PlanVersion | None = None

    @property
    def current(self) -> PlanVersion:
        """The version that the plan was left at."""
        return self.tidied or self.version


@dataclass(frozen=True)
class Conflicted:
    """The proposal is not in the plan: others changed the same things, or the merge of both would be invalid, or it
    is not what was shown.

    `merged` is what it would be with theirs kept in every conflict; `head` is the version it was merged onto. `issues`
    are all that the merge brings; `invalid` says that one of them is an error.
    """

    head: int
    merged: PlanDocument
    conflicts: tuple[Conflict, ...] = ()
    issues: tuple[dict[str, Json], ...] = ()
    invalid: bool = False


@dataclass(frozen=True)
class Undo:
    """What a plan is without the change of version `undoes`: commit `document` on base `head` with kind `undo`.

    `undone` is that version and `earlier` the one before it. `conflicts` are later changes of the same things, which
    stay. `changes_nothing` says that the plan is like that already: the change was taken back before, or later ones
    cover all of it.
    """

    undoes: int
    head: int
    document: PlanDocument
    undone: PlanDocument
    earlier: PlanDocument
    conflicts: tuple[Conflict, ...] = ()
    changes_nothing: bool = False
