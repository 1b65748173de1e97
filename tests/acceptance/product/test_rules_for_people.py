"""What people write is held against the kinds and rules of the plan's domain, once its graph is loaded."""

from datetime import date

import httpx
import pytest

from agent.plan.document import PlanDocument
from agent.plan.domains import DomainRules, register, rules_for
from agent.plan.kind_data import checked
from graphs.coach import COACH
from tests.acceptance.product.conftest import LONG, Client, half_marathon, stored


async def test_people_plan_the_rest_anew_by_the_domains_builder(http: httpx.AsyncClient) -> None:
    plan = Client(http, await stored(half_marathon(today=date(2096, 4, 1))))
    week_5 = plan.first.document.items["w5"].data["start"]
    response = await plan.edit({"op": "replan", "from_date": week_5, "constraints": {"days_per_week": 3}})
    assert response.status_code == 200, response.text
    after = (await http.get(plan.path)).json()["document"]
    before = plan.first.document.to_json()
    early = [item_id for item_id in before["items"] if item_id[:2] in ("w1", "w2", "w3", "w4")]
    assert len(early) == 4 * 5
    assert [after["items"][item_id] for item_id in early] == [before["items"][item_id] for item_id in early]
    assert after["meta"]["days_per_week"] == 3
    assert (await plan.edit({"op": "replan", "from_date": "2096-05-20"})).json()["problems"][0][
        "code"
    ] == "cannot_replan"
    strange = await plan.edit({"op": "replan", "from_date": week_5, "constraints": {"days": 3}})
    assert strange.json()["problems"][0]["code"] == "bad_constraints"


@pytest.mark.parametrize("km", [-3, 0, "far"])
async def test_data_that_its_kind_does_not_allow_is_refused(plan: Client, km: object) -> None:
    typed = await plan.edit({"op": "update_item", "id": "w3-long", "set": {"km": km}})
    patched = await plan.http.patch(
        plan.path, json=[{"op": "replace", "path": LONG, "value": km}], headers={"if-match": "*"}
    )
    for response in (typed, patched):
        assert (response.status_code, response.json()["problems"][0]["code"]) == (422, "invalid_data")


async def test_an_unknown_kind_names_those_that_there_are(plan: Client) -> None:
    response = await plan.edit({"op": "add_item", "kind": "runn", "title": "Extra", "data": {}})
    assert response.status_code == 422
    assert response.json()["problems"][0]["nearest"] == ["run"]


async def test_what_the_rules_forbid_is_refused_with_the_rule_and_its_source(plan: Client) -> None:
    response = await plan.set_km(40)
    issues = response.json()["issues"]
    assert response.status_code == 422
    assert "the plan's rules forbid this" in response.json()["detail"]
    assert all(issue["source"] for issue in issues)
    assert "error" in {issue["severity"] for issue in issues}
    assert await plan.etag() == f'"{plan.first.hash}"'


async def test_what_the_rules_warn_of_is_done_and_kept_with_the_version(plan: Client) -> None:
    before = await plan.km()
    response = await plan.set_km(round(before * 1.35, 1))
    warned = response.json()["version"]["issues"]
    assert (response.status_code, {issue["severity"] for issue in warned} >= {"warning"}) == (200, True)
    listed = (await plan.http.get(f"{plan.path}/versions")).json()["versions"][0]
    assert listed["issues"] == warned


async def test_a_merge_that_the_rules_forbid_is_a_conflict_though_each_change_alone_is_fine(plan: Client) -> None:
    """Two runs in a week that both grow: each is bearable, both together are not."""
    stale, long, easy = await plan.etag(), await plan.km(), await plan.km("w3-easy1")
    grown_long, grown_easy = round(long * 1.3, 1), round(easy + long * 0.3, 1)
    assert (await plan.set_km(grown_long)).status_code == 200
    response = await plan.set_km(grown_easy, item="w3-easy1", etag=stale, merge=True)
    assert response.status_code == 409
    assert "error" in {issue["severity"] for issue in response.json()["issues"]}
    assert response.json()["conflicts"] == []


async def test_a_plan_of_a_domain_that_is_not_loaded_is_still_checked_in_its_structure(plan: Client) -> None:
    item = {"kind": "stop", "parent": None, "rank": "a0", "title": "Museum", "data": {"cost": 12}}
    visit = PlanDocument.from_json({"schema": 1, "domain": "gardening", "meta": {}, "items": {"d1-museum": item}})
    client = Client(plan.http, await stored(visit))
    paid = await client.edit({"op": "update_item", "id": "d1-museum", "set": {"cost": 15, "booked": True}})
    assert paid.status_code == 200
    stray = await client.edit({"op": "add_item", "kind": "stop", "title": "Café", "parent": "d9"})
    assert (stray.status_code, stray.json()["problems"][0]["code"]) == (422, "unknown_id")
    orphan = {"op": "add", "path": "/items/d2", "value": {**item, "parent": "nowhere"}}
    patched = await client.http.patch(client.path, json=[orphan], headers={"if-match": "*"})
    assert (patched.status_code, patched.json()["problems"][0]["code"]) == (422, "no_parent")


def test_registering_a_domain_again_replaces_its_rules() -> None:
    document = PlanDocument.empty("registered twice")
    assert not rules_for(document).registered
    for kinds in ({}, COACH.kinds):
        register(DomainRules(document.domain, kinds, lambda before, after, now: ()))
    assert rules_for(document).kinds is COACH.kinds
    assert checked("rest", {"date": "2026-04-07"}, rules_for(document).kinds) == {"date": "2026-04-07"}
