"""The typed edit operations that a model or a person writes; `edits.compile_edits` carries them out.

The descriptions are part of what a model reads: they become the JSON Schema of its tool.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from agent.plan.problems import EditError, Problem

ItemId = Annotated[str, Field(min_length=1, max_length=80, description="Id of an item in the plan.")]
Fields = dict[str, Any]


class _Op(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class AddItem(_Op):
    """Add one item."""

    op: Literal["add_item"]
    id: str | None = Field(default=None, description="Leave out to have an id made. Ids are never used twice.")
    kind: str = Field(description="Kind of the item.")
    parent: str | None = Field(default=None, description="Id of the item it goes under; null for the top level.")
    after: str | None = Field(default=None, description="Id of the sibling it comes right after.")
    before: str | None = Field(default=None, description="Id of the sibling it comes right before.")
    title: str = Field(min_length=1, description="Short, without numbers or dates.")
    data: Fields = Field(default_factory=dict, description="The fields of its kind.")

    @model_validator(mode="after")
    def _one_neighbour(self) -> AddItem:
        _check_neighbours(self.after, self.before)
        return self


class UpdateItem(_Op):
    """Change some fields of one item; every other field stays as it is."""

    op: Literal["update_item"]
    id: ItemId
    title: str | None = Field(default=None, min_length=1, description="A new title.")
    set: Fields = Field(default_factory=dict, description="Only the fields that change, with their new values.")
    unset: list[str] = Field(default_factory=list, description="Optional fields to remove; dots go inwards.")

    @model_validator(mode="after")
    def _something(self) -> UpdateItem:
        if self.title is None and not self.set and not self.unset:
            raise ValueError("give at least one of title, set and unset")
        return self


class MoveItem(_Op):
    """Move one item to another day, under another item, or to another place among its siblings."""

    op: Literal["move_item"]
    id: ItemId
    date: str | None = Field(default=None, description="The new day, YYYY-MM-DD.")
    parent: str | None = Field(default=None, description="Id of the item it goes under; null for the top level.")
    after: str | None = Field(default=None, description="Id of the sibling it comes right after.")
    before: str | None = Field(default=None, description="Id of the sibling it comes right before.")

    @model_validator(mode="after")
    def _somewhere(self) -> MoveItem:
        if not self.model_fields_set & {"date", "parent", "after", "before"}:
            raise ValueError("give at least one of date, parent, after and before")
        if self.date is not None:
            date.fromisoformat(self.date)
        _check_neighbours(self.after, self.before)
        return self


class RemoveItem(_Op):
    """Remove one item."""

    op: Literal["remove_item"]
    id: ItemId
    reason: str | None = Field(default=None, description="Why it goes.")
    with_children: bool = Field(default=False, description="Also remove everything under it.")


class SetMeta(_Op):
    """Change the plan's own facts, such as its title or goal."""

    op: Literal["set_meta"]
    set: Fields = Field(default_factory=dict, description="Only the facts that change.")
    unset: list[str] = Field(default_factory=list, description="Facts to remove; dots go inwards.")


class ShiftDates(_Op):
    """Move dated items by whole days: those named, or from an item's day on, or in a range of days."""

    op: Literal["shift_dates"]
    days: int = Field(ge=-3650, le=3650, description="Positive is later.")
    ids: list[str] = Field(default_factory=list, description="Exactly these items.")
    from_id: str | None = Field(default=None, description="This item and everything on or after its day.")
    from_date: date | None = Field(default=None, description="First day of the range.")
    to_date: date | None = Field(default=None, description="Last day of the range.")

    @model_validator(mode="after")
    def _one_choice(self) -> ShiftDates:
        in_range = self.from_date is not None or self.to_date is not None
        if [bool(self.ids), self.from_id is not None, in_range].count(True) != 1:
            raise ValueError("give exactly one of ids, from_id, and a range (from_date and/or to_date)")
        return self


class Where(_Op):
    """Which items: all conditions given must hold."""

    ids: list[str] = Field(default_factory=list, description="One of these ids.")
    kind: str | None = Field(default=None, description="Of this kind.")
    parent: str | None = Field(default=None, description="Directly under this item.")
    from_date: date | None = Field(default=None, description="On or after this day.")
    to_date: date | None = Field(default=None, description="On or before this day.")
    match: Fields = Field(default_factory=dict, description='Fields with exactly these values, e.g. {"type": "easy"}.')


class Scale(_Op):
    """Multiply one number of several items by a factor, e.g. 0.9 for ten per cent less."""

    op: Literal["scale"]
    field: str = Field(min_length=1, description="The field; dots go inwards.")
    factor: float = Field(gt=0, le=100)
    where: Where = Field(description="Which items.")
    round_to: float = Field(default=0.1, gt=0, description="Results are rounded to a multiple of this.")


class Swap(_Op):
    """Exchange the days (or, without days, the places) of two items."""

    op: Literal["swap"]
    a: ItemId
    b: ItemId


class Replan(_Op):
    """Build the plan anew from a day on; everything before that day stays exactly as it is."""

    op: Literal["replan"]
    from_date: date = Field(description="The first day to plan anew, YYYY-MM-DD.")
    constraints: Fields = Field(default_factory=dict, description="What is different from now on; only what was said.")


Op = Annotated[
    AddItem | UpdateItem | MoveItem | RemoveItem | SetMeta | ShiftDates | Scale | Swap | Replan,
    Field(discriminator="op"),
]
OP_NAMES = (
    "add_item",
    "update_item",
    "move_item",
    "remove_item",
    "set_meta",
    "shift_dates",
    "scale",
    "swap",
    "replan",
)
_ADAPTER: TypeAdapter[Op] = TypeAdapter(Op)


def parse_ops(raw: Sequence[Any]) -> list[Op]:
    """Read ops from plain JSON (or pass typed ones through). Raises `EditError` naming each op that cannot be read."""
    ops: list[Op] = []
    problems: list[Problem] = []
    for index, one in enumerate(raw):
        try:
            ops.append(_ADAPTER.validate_python(one))
        except ValidationError as error:
            problems += [Problem(index, "bad_op", line) for line in validation_lines(error)]
    if problems:
        raise EditError(problems)
    return ops


def validation_lines(error: ValidationError) -> list[str]:
    """A pydantic error as one line per field, without its class names and links."""
    lines = []
    for one in error.errors(include_url=False, include_context=False, include_input=False):
        path = ".".join(str(part) for part in one["loc"] if part not in OP_NAMES)
        message = one["msg"].removeprefix("Value error, ")
        lines.append(f"{path}: {message}" if path else message)
    return lines


def _check_neighbours(after: str | None, before: str | None) -> None:
    if after is not None and before is not None:
        raise ValueError("give after or before, not both")
