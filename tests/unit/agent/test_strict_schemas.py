"""Strict schemas of any domain's operations, and reading back what follows them."""

import json
from typing import Any, Literal

import pytest
from pydantic import BaseModel

from agent.domain import Domain
from agent.schemas.plan_tools import plan_tools, read_arguments
from benchmarks.plan_edits.corpora import corpora
from tests.openai_server.validation import problem_with_strict


class Place(BaseModel):
    lat: float
    lon: float


class Visit(BaseModel):
    start: str
    place: Place | None = None
    tags: list[str] = []
    options: dict[str, Any] = {}
    cost: int | float | None = None


class Flight(BaseModel):
    start: str
    cost: str
    seat: Literal["aisle", "window"] = "aisle"


class Trip(BaseModel):
    days: int
    stops: tuple[str, ...] = ()


def parameters() -> dict[str, dict[str, Any]]:
    tools = plan_tools(Trip, frozenset(), {"visit": Visit, "flight": Flight}, can_replan=True, replan_request=Trip)
    return {tool["function"]["name"]: tool["function"]["parameters"] for tool in tools}


@pytest.mark.parametrize("name", sorted(parameters().keys() - {"patch_plan"}))
def test_the_schemas_are_strict_whatever_the_kinds_are(name: str) -> None:
    assert problem_with_strict(parameters()[name]) is None


@pytest.mark.parametrize("domain", [one.domain for one in corpora().values()], ids=corpora())
def test_the_tools_of_every_domain_are_strict_and_no_burden_to_a_prompt(domain: Domain) -> None:
    replan = {"can_replan": domain.replan is not None, "replan_request": domain.replan_request}
    tools = plan_tools(domain.build_request, domain.injected, domain.kinds, **replan)
    functions = [tool["function"] for tool in tools]
    problems = [problem_with_strict(one["parameters"]) for one in functions if one.get("strict")]
    assert problems == [None] * (len(functions) - 1)
    assert len(json.dumps(tools)) < 30_000


def test_an_update_offers_every_field_of_every_kind_with_all_its_types() -> None:
    choices = parameters()["edit_plan"]["properties"]["ops"]["items"]["anyOf"]
    [update] = [one for one in choices if one["properties"]["op"]["enum"] == ["update_item"]]
    [fields, null] = update["properties"]["set"]["anyOf"]
    assert null == {"type": "null"}
    assert fields["properties"].keys() == {"start", "place", "tags", "options", "cost", "seat"}
    assert {one["type"] for one in fields["properties"]["cost"]["anyOf"]} == {"integer", "number", "string", "null"}
    adds = [one["properties"]["kind"]["enum"] for one in choices if one["properties"]["op"]["enum"] == ["add_item"]]
    assert adds == [["visit"], ["flight"]]


def test_nulls_are_left_out_and_pairs_become_objects() -> None:
    ops = [
        {"op": "move_item", "id": "a", "date": None, "parent": "", "after": None, "before": None},
        {"op": "set_meta", "set": [{"field": "goal.time", "value": "1:45"}, {"field": "goal.km", "value": 21}]},
        {"op": "scale", "field": "cost", "factor": 2, "where": {"ids": None, "match": [{"field": "x.y", "value": 1}]}},
    ]
    assert read_arguments("edit_plan", {"base_version": None, "rationale": "", "ops": ops}) == {
        "rationale": "",
        "ops": [
            {"op": "move_item", "id": "a", "parent": None},
            {"op": "set_meta", "set": {"goal": {"time": "1:45", "km": 21}}},
            {"op": "scale", "field": "cost", "factor": 2, "where": {"match": {"x.y": 1}}},
        ],
    }


def test_a_patchs_null_and_other_tools_arguments_stay_as_they_are() -> None:
    patch = {"patch": [{"op": "replace", "path": "/meta/goal", "value": None}]}
    assert read_arguments("patch_plan", patch) == patch
    assert read_arguments("training_paces", {"time": None}) == {"time": None}
