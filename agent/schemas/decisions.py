"""A person's answer to a proposed change, and the JSON Schema of the answers that one proposal takes.

The shape is that of LangChain's human-in-the-loop middleware (`decisions`, one for each action). Beside its four
decisions, an approval may accept or leave out changes one by one, and settle conflicts one by one. Inboxes of the
shape before that answer with a list of responses (`type` and `args`), which are read as decisions.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, GetJsonSchemaHandler, field_validator, model_validator
from pydantic_core import CoreSchema

from agent.plan.merge import Side

DecisionType = Literal["approve", "edit", "reject", "respond"]
_ALIASES: Mapping[str, DecisionType] = {"accept": "approve", "ignore": "reject", "response": "respond"}
"""What other inboxes call the same decisions."""
_RESPONSES: Mapping[str, Any] = {
    "minItems": 1,
    "maxItems": 1,
    "items": {
        "type": "object",
        "properties": {
            "type": {"enum": ["accept", "edit", "ignore", "response"]},
            "args": {"type": ["object", "string", "null"], "properties": {"args": {"type": "object"}}},
        },
        "required": ["type"],
    },
}
"""The answers of older inboxes, which are a list."""


class Decision(BaseModel):
    """A person's answer to one proposed change."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    type: DecisionType = Field(description="What to do with the change.")
    message: str | None = Field(default=None, description="Why not, or what to say back (reject, respond).")
    edited_action: dict[str, Any] | None = Field(
        default=None, description="The call to make instead (edit): name and args."
    )
    accept: list[str] | None = Field(default=None, description="Only these changes go in (approve): `change_id`s.")
    reject: list[str] | None = Field(default=None, description="All changes but these go in (approve): `change_id`s.")
    resolutions: dict[str, Side] | None = Field(
        default=None, description="Whose side is kept in a conflict, by its `pointer` (approve); theirs if not named."
    )

    @field_validator("type", mode="before")
    @classmethod
    def _by_its_name_here(cls, value: object) -> object:
        return _ALIASES.get(value, value) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.accept is not None and self.reject is not None:
            raise ValueError("give accept or reject, not both")
        return self

    def left_out(self, changes: Sequence[str]) -> frozenset[str]:
        """Which of these changes are not to go in."""
        if self.accept is not None:
            return frozenset(changes) - frozenset(self.accept)
        return frozenset(self.reject or ())


class Decisions(BaseModel):
    """One decision for the one change that waits."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    decisions: list[Decision] = Field(min_length=1, max_length=1)

    @model_validator(mode="before")
    @classmethod
    def _of_responses(cls, value: object) -> object:
        return {"decisions": [_of_response(one) for one in value]} if isinstance(value, list) else value


def _of_response(response: object) -> object:
    """A decision from a response of the older inboxes: what was written, or the action as it was edited, is in `args`."""
    if not isinstance(response, Mapping):
        return response
    args = response.get("args")
    if isinstance(args, str):
        return {"type": response.get("type"), "message": args}
    if isinstance(args, Mapping):
        return {
            "type": response.get("type"),
            "edited_action": {"name": args.get("action"), "args": args.get("args")},
        }
    return {"type": response.get("type")}


def as_proposed(edited: Mapping[str, Any], proposed: Mapping[str, Any]) -> dict[str, Any]:
    """Edited arguments with the types of the proposed ones: inboxes give back as text what they showed in a text box.

    A text that is no JSON stays one, for whoever reads the arguments to refuse.
    """
    return {
        name: _read(value) if isinstance(value, str) and not isinstance(proposed.get(name, ""), str) else value
        for name, value in edited.items()
    }


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def decisions_about(changes: Sequence[Mapping[str, Any]], conflicts: Sequence[Mapping[str, Any]]) -> type[Decisions]:
    """The answers that a proposal with these changes and conflicts takes; others fail to validate, by name.

    Its JSON Schema says the same. Where a change needs another one, the schema has the sentence about it as
    `errorMessage`.
    """
    schema = _schema(changes, [str(one["pointer"]) for one in conflicts])
    known = {str(one["change_id"]) for one in changes}
    pointers = {str(one["pointer"]) for one in conflicts}

    class Bound(Decisions):
        """The answers to this proposal."""

        @model_validator(mode="after")
        def _fits(self) -> Self:
            decision = self.decisions[0]
            strays = {*(decision.accept or ()), *(decision.reject or ())} - known
            strays |= (decision.resolutions or {}).keys() - pointers
            if strays:
                raise ValueError(f"there is nothing called {', '.join(sorted(strays))} in this proposal")
            missing = missing_needs(decision, changes)
            if missing:
                raise ValueError("; ".join(missing))
            return self

        @classmethod
        def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
            return schema

    return Bound


def missing_needs(decision: Decision, changes: Sequence[Mapping[str, Any]]) -> list[str]:
    """For each change that would go in without one that it needs, a sentence that names both."""
    texts = {one["change_id"]: one["text"] for one in changes}
    out = decision.left_out(list(texts))
    return [
        _needs_text(one["text"], texts[other])
        for one in changes
        if one["change_id"] not in out
        for other in one.get("needs", ())
        if other in out
    ]


def _needs_text(text: str, needed: str) -> str:
    return f"“{text}” needs “{needed}”: accept both, or neither"


def _schema(changes: Sequence[Mapping[str, Any]], pointers: Sequence[str]) -> dict[str, Any]:
    some: dict[str, Any] = {"type": ["array", "null"], "uniqueItems": True}
    some |= {"items": {"enum": [one["change_id"] for one in changes]}} if changes else {"maxItems": 0}
    sides: dict[str, Any] = {"type": ["object", "null"], "additionalProperties": {"enum": ["ours", "theirs"]}}
    sides |= {"propertyNames": {"enum": list(pointers)}} if pointers else {"maxProperties": 0}
    fields = Decision.model_fields
    decision = {
        "type": "object",
        "properties": {
            "type": {
                "enum": ["approve", "edit", "reject", "respond", *_ALIASES],
                "description": f"{fields['type'].description} accept is approve, ignore is reject, response is respond.",
            },
            "message": {"type": ["string", "null"], "description": fields["message"].description},
            "edited_action": {
                "type": ["object", "null"],
                "properties": {"name": {"type": "string"}, "args": {"type": "object"}},
                "description": fields["edited_action"].description,
            },
            "accept": {**some, "description": fields["accept"].description},
            "reject": {**some, "description": fields["reject"].description},
            "resolutions": {**sides, "description": fields["resolutions"].description},
        },
        "required": ["type"],
        "allOf": [_either(), *_dependencies(changes)],
    }
    return {
        "title": "Decisions",
        "description": "One decision for the one change that waits.",
        "type": ["object", "array"],
        "properties": {"decisions": {"type": "array", "minItems": 1, "maxItems": 1, "items": decision}},
        "required": ["decisions"],
        **_RESPONSES,
    }


def _either() -> dict[str, Any]:
    lists = {"accept": {"type": "array"}, "reject": {"type": "array"}}
    both = {"properties": lists, "required": ["accept", "reject"]}
    return {"not": both, "errorMessage": "give accept or reject, not both"}


def _dependencies(changes: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Per change that others need: where one of those goes in, it must too."""
    texts = {one["change_id"]: one["text"] for one in changes}
    needing: dict[str, list[str]] = {}
    for one in changes:
        for other in one.get("needs", ()):
            needing.setdefault(other, []).append(one["change_id"])
    rules: list[dict[str, Any]] = []
    for needed, ids in needing.items():
        named = " and ".join(f"“{texts[one]}”" for one in ids[:3]) + (" and others" if len(ids) > 3 else "")
        told = f"{named} {'needs' if len(ids) == 1 else 'need'} “{texts[needed]}”: accept both, or neither"
        rules.append(
            {
                "if": {"properties": {"accept": _has({"enum": ids})}, "required": ["accept"]},
                "then": {"properties": {"accept": _has({"const": needed})}},
                "errorMessage": told,
            }
        )
        rules.append(
            {
                "if": {"properties": {"reject": _has({"const": needed})}, "required": ["reject"]},
                "then": {"properties": {"reject": {"allOf": [_has({"const": one}) for one in ids]}}},
                "errorMessage": told,
            }
        )
    return rules


def _has(one: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "contains": one}
