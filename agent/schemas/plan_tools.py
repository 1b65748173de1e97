"""The tools that a model gets for plans, and how their arguments are read.

Nothing is executed here: a call of a changing tool becomes a proposal, which nodes check and commit.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import BaseModel, ConfigDict, Field

from agent.plan.ops import Op
from agent.schemas.strict_edits import plain_op, strict_ops
from agent.schemas.strict_schema import plain, strict_schema

BUILD = "build_plan"
EDIT = "edit_plan"
PATCH = "patch_plan"
UNDO = "undo_plan"
RESTORE = "restore_plan"
SHOW = "show_plan"
COMPARE = "compare_versions"
HISTORY = "plan_history"

CHANGING = frozenset({BUILD, EDIT, PATCH, UNDO, RESTORE})
READING = frozenset({SHOW, COMPARE, HISTORY})


class _Arguments(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class EditPlan(_Arguments):
    """Change the plan: all operations of a request in one call. They are carried out together or not at all."""

    base_version: int = Field(ge=0, description="The version of the plan that you saw.")
    rationale: str = Field(max_length=2000, description="Why, in a sentence.")
    ops: list[Op] = Field(min_length=1, max_length=200, description="The operations, in order.")


class EditCall(_Arguments):
    """An edit call as received: its operations are read by the plan's compiler, which names what is wrong with each.

    `base_version` is what the model believes; the edit starts from the version that its prompt showed.
    """

    base_version: int | None = Field(default=None, ge=0)
    rationale: str = ""
    ops: list[Any] = Field(min_length=1, max_length=500)


class PatchOperation(_Arguments):
    """One operation of a JSON Patch."""

    op: Literal["add", "remove", "replace", "test"]
    path: str = Field(description="A JSON Pointer: /items/<id>/data/<field>, /items/<id> or /meta/<field>.")
    value: Any = Field(default=None, description="The new value (add, replace), or the one expected (test).")


class PatchPlan(_Arguments):
    """Change the plan by a JSON Patch (RFC 6902): only for what edit_plan's operations cannot say.

    Put a test before every replace and remove. An item is `{kind, parent, rank, title, data}`.
    """

    base_version: int = Field(ge=0, description="The version of the plan that you saw.")
    rationale: str = Field(max_length=2000, description="Why, in a sentence.")
    patch: list[PatchOperation] = Field(min_length=1, max_length=200, description="The operations, in order.")


class PatchCall(_Arguments):
    """A patch call as received: its operations are read by the plan's patcher, which names what is wrong with each."""

    base_version: int | None = Field(default=None, ge=0)
    rationale: str = ""
    patch: list[Any] = Field(min_length=1, max_length=500)


class UndoPlan(_Arguments):
    """Undo a change of the plan; changes made after it stay."""

    version: int | None = Field(default=None, ge=1, description="The version to undo; leave out for the last change.")


class RestorePlan(_Arguments):
    """Bring back the plan as it was in a version, as a new version."""

    version: int = Field(ge=1, description="The version to bring back.")


class ShowPlan(_Arguments):
    """Show the plan, or one group of it (a week, a day, a phase), as it is or as it was in a version."""

    week: int | None = Field(
        default=None, ge=1, description="The number of the group, from 1; leave out for the whole plan."
    )
    version: int | None = Field(default=None, ge=1, description="A version; leave out for the current plan.")


class CompareVersions(_Arguments):
    """Say what differs between two versions of the plan."""

    a: int = Field(ge=1, description="The earlier version.")
    b: int = Field(ge=1, description="The later version.")


class PlanHistory(_Arguments):
    """List the versions of the plan, newest first."""


_MODELS: Mapping[str, type[BaseModel]] = {
    UNDO: UndoPlan,
    RESTORE: RestorePlan,
    SHOW: ShowPlan,
    COMPARE: CompareVersions,
    HISTORY: PlanHistory,
}


def plan_tools(
    build_request: type[BaseModel] | None,
    injected: frozenset[str],
    kinds: Mapping[str, type[BaseModel]],
    *,
    can_replan: bool = False,
    replan_request: type[BaseModel] | None = None,
) -> list[dict[str, Any]]:
    """The plan tools as a model is told of them (OpenAI's function format), in strict schemas where they can be.

    None without kinds of items; no builder's without something to build from.
    """
    if not kinds:
        return []
    edit = _edit_tool(kinds, strict_ops(kinds, replan_request, can_replan=can_replan))
    tools = [edit, _loose(PATCH, PatchPlan), *(_strict(name, model) for name, model in _MODELS.items())]
    return [_build_tool(build_request, injected), *tools] if build_request is not None else tools


def read_arguments(name: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """A call's arguments as the plan's tools take them, whether they came in strict form or not."""
    if name == PATCH or name not in CHANGING | READING:
        return dict(arguments)  # a patch's null is a value
    read: dict[str, Any] = plain(arguments)
    if name == EDIT and isinstance(arguments.get("ops"), list):
        read["ops"] = [plain_op(op) for op in arguments["ops"]]
    return read


def _edit_tool(kinds: Mapping[str, type[BaseModel]], ops: dict[str, Any]) -> dict[str, Any]:
    tool = _strict(EDIT, EditPlan)
    function = tool["function"]
    function["parameters"]["properties"]["ops"] = ops
    function["description"] += (
        " Null leaves a field as it is; unset removes one. Fields of the items by kind:\n"
        + "\n".join(f"- {kind}: {_fields(model)}" for kind, model in kinds.items())
    )
    return tool


def _strict(name: str, model: type[BaseModel]) -> dict[str, Any]:
    tool = _loose(name, model)
    tool["function"]["parameters"] = strict_schema(model.model_json_schema())
    tool["function"]["strict"] = True
    return tool


def _loose(name: str, model: type[BaseModel]) -> dict[str, Any]:
    tool = convert_to_openai_tool(model)
    tool["function"]["name"] = name
    return tool


def _build_tool(build_request: type[BaseModel], injected: frozenset[str]) -> dict[str, Any]:
    tool = _loose(BUILD, build_request)
    function, schema = tool["function"], build_request.model_json_schema()
    function["description"] = "Build a new plan. Give only what the person said. " + function["description"]
    schema["properties"] = {k: v for k, v in schema["properties"].items() if k not in injected}
    schema["required"] = [name for name in schema.get("required", []) if name not in injected]
    function["parameters"] = strict_schema(schema)
    function["strict"] = True
    return tool


def _fields(model: type[BaseModel]) -> str:
    """A kind's fields in a line: 'date (string), km (number), type (easy|long|…), note? (string)'."""
    schema = model.model_json_schema()
    required = set(schema.get("required", []))
    return ", ".join(
        f"{name}{'' if name in required else '?'} ({_type_name(field, schema)})"
        for name, field in schema["properties"].items()
    )


def _type_name(field: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    if "$ref" in field:
        field = schema["$defs"][field["$ref"].rsplit("/", 1)[-1]]
    if "enum" in field:
        return "|".join(map(str, field["enum"]))
    if "anyOf" in field:
        return " or ".join(_type_name(one, schema) for one in field["anyOf"] if one.get("type") != "null")
    if field.get("type") == "object":
        return "{" + ", ".join(field.get("properties", {})) + "}"
    return str(field.get("description") or field.get("type", "value"))
