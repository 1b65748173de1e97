"""Reading plans over HTTP: lists, versions, forms, entity tags, comparisons."""

from uuid import uuid4

import httpx
import pytest

from agent.plan.document import PlanDocument
from tests.acceptance.product.conftest import LONG, Client, half_marathon, stored


async def test_a_plan_is_read_with_its_version_and_its_content_hash_as_etag(plan: Client) -> None:
    response = await plan.http.get(plan.path)
    body = response.json()
    assert response.headers["etag"] == f'"{plan.first.hash}"'
    assert response.headers["x-plan-version"] == "1"
    assert (body["plan_id"], body["head"], body["version"]["kind"]) == (str(plan.first.plan_id), 1, "create")
    assert body["document"] == plan.first.document.to_json()


async def test_what_the_client_has_already_is_not_sent_again(plan: Client) -> None:
    again = await plan.http.get(plan.path, headers={"if-none-match": f'W/"other", {await plan.etag()}'})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == await plan.etag()
    await plan.set_km(12.5)
    changed = await plan.http.get(plan.path, headers={"if-none-match": f'"{plan.first.hash}"'})
    assert changed.status_code == 200


async def test_an_older_version_is_read_by_its_number(plan: Client) -> None:
    before = await plan.km()
    await plan.set_km(before + 0.5)
    old = (await plan.http.get(plan.path, params={"version": 1})).json()
    assert old["document"]["items"]["w3-long"]["data"]["km"] == before
    assert (old["head"], old["version"]["version"], old["version"]["is_current"]) == (2, 1, False)


@pytest.mark.parametrize(
    ("headers", "params"),
    [({"accept": "text/markdown"}, {}), ({}, {"format": "markdown"}), ({"accept": "text/*, */*;q=0.1"}, {})],
)
async def test_a_plan_is_a_markdown_page_when_asked(plan: Client, headers: dict, params: dict) -> None:
    response = await plan.http.get(plan.path, headers=headers, params=params)
    assert response.headers["content-type"] == "text/markdown; charset=utf-8"
    assert response.headers["etag"].startswith("W/")
    assert response.text.startswith("# ")
    assert "## Week 3 (Mon 20 Apr" in response.text
    assert "| Tue 21 Apr | Tempo |" in response.text


async def test_a_plan_is_a_calendar_when_asked(plan: Client) -> None:
    response = await plan.http.get(plan.path, params={"format": "ics"})
    assert response.headers["content-type"] == "text/calendar; charset=utf-8"
    assert f"UID:w3-tempo@{plan.first.plan_id}\r\n" in response.text
    assert "DTSTART;VALUE=DATE:20260421" in response.text


async def test_what_a_later_version_removed_is_cancelled_in_its_calendar(plan: Client) -> None:
    await plan.set_km(9, item="w3-tempo")
    removed = await plan.edit({"op": "remove_item", "id": "w3-tempo"})
    assert removed.status_code == 200
    calendar = (await plan.http.get(plan.path, params={"format": "ics"})).text
    event = next(one for one in calendar.split("BEGIN:VEVENT") if f"UID:w3-tempo@{plan.first.plan_id}" in one)
    assert "STATUS:CANCELLED" in event
    assert "SEQUENCE:3" in event
    assert calendar.count("STATUS:CANCELLED") == 1
    old = (await plan.http.get(plan.path, params={"format": "ics", "version": 2})).text
    assert "STATUS:CANCELLED" not in old


async def test_a_browser_gets_json_and_an_impossible_accept_is_told_what_there_is(plan: Client) -> None:
    browser = await plan.http.get(plan.path, headers={"accept": "text/html,application/xml;q=0.9,*/*;q=0.8"})
    assert browser.headers["content-type"] == "application/json"
    refused = await plan.http.get(plan.path, headers={"accept": "image/png"})
    assert refused.status_code == 406
    assert "text/markdown" in refused.json()["detail"]


@pytest.mark.parametrize("path", ["", "/versions", "/diff"])
async def test_an_unknown_plan_is_not_found_and_a_malformed_id_is_named(http: httpx.AsyncClient, path: str) -> None:
    missing = await http.get(f"/plans/{uuid4()}{path}")
    assert (missing.status_code, missing.json()["detail"][:16]) == (404, "there is no plan")
    malformed = await http.get(f"/plans/17{path}")
    assert (malformed.status_code, malformed.json()) == (422, {"detail": "Invalid plan ID: must be a UUID"})


async def test_an_unknown_version_names_those_that_there_are(plan: Client) -> None:
    response = await plan.http.get(plan.path, params={"version": 7})
    assert response.status_code == 404
    assert "has no version 7; its versions are 1 to 1" in response.json()["detail"]


async def test_plans_are_filtered_and_come_in_pages_newest_first(http: httpx.AsyncClient) -> None:
    thread = uuid4()
    trip = PlanDocument.empty("travel")
    mine = [await stored(half_marathon(), owner_id="ada", thread_id=thread) for _ in range(3)]
    others = [await stored(trip, owner_id="ben"), await stored(trip, owner_id="ada")]

    async def ids(**params: object) -> list[str]:
        return [one["plan_id"] for one in (await http.get("/plans", params=params)).json()["plans"]]

    newest_first = [str(one.plan_id) for one in reversed([*mine, *others])]
    assert await ids() == newest_first
    assert await ids(thread_id=thread) == [str(one.plan_id) for one in reversed(mine)]
    assert await ids(domain="travel", owner="ada") == [str(others[1].plan_id)]
    assert await ids(owner="nobody") == []

    first = (await http.get("/plans", params={"limit": 2})).json()
    second = (await http.get("/plans", params={"limit": 2, "cursor": first["next"]})).json()
    third = (await http.get("/plans", params={"limit": 2, "cursor": second["next"]})).json()
    paged = [one["plan_id"] for page in (first, second, third) for one in page["plans"]]
    assert (paged, third["next"]) == (newest_first, None)


@pytest.mark.parametrize("cursor", ["x", "%00", "MjAyNg", "2026-04-01"])
async def test_a_cursor_from_elsewhere_is_refused(http: httpx.AsyncClient, cursor: str) -> None:
    response = await http.get("/plans", params={"cursor": cursor})
    assert response.status_code == 422
    assert response.json()["detail"].startswith("cursor: ")


async def test_versions_come_in_pages_newest_first(plan: Client) -> None:
    for km in (10.5, 11, 11.5, 12):
        assert (await plan.set_km(km)).status_code == 200
    first = (await plan.http.get(f"{plan.path}/versions", params={"limit": 3})).json()
    second = (await plan.http.get(f"{plan.path}/versions", params={"limit": 3, "before": first["next"]})).json()
    assert [one["version"] for one in first["versions"]] == [5, 4, 3]
    assert ([one["version"] for one in second["versions"]], second["next"]) == ([2, 1], None)
    assert first["versions"][0]["author_kind"] == "person"
    assert "document" not in first["versions"][0]


async def test_the_plan_of_a_thread_is_the_one_that_was_made_last_in_it(http: httpx.AsyncClient) -> None:
    thread = uuid4()
    empty = await http.get(f"/threads/{thread}/plan")
    assert (empty.status_code, "has no plan" in empty.json()["detail"]) == (404, True)
    await stored(half_marathon(), thread_id=thread)
    newest = await stored(half_marathon(), thread_id=thread)
    assert (await http.get(f"/threads/{thread}/plan")).json()["plan_id"] == str(newest.plan_id)


async def test_versions_are_compared_in_every_form(plan: Client) -> None:
    before = await plan.km()
    await plan.set_km(before + 0.5)
    await plan.edit({"op": "move_item", "id": "w3-tempo", "date": "2026-04-22"})

    async def compared(**params: object) -> httpx.Response:
        return await plan.http.get(f"{plan.path}/diff", params=params)

    whole = (await compared(**{"from": 1, "to": 3})).json()
    assert (whole["from"], whole["to"]) == (1, 3)
    assert whole["stats"] == {"added": 0, "removed": 0, "changed": 2, "moved": 0}
    assert {one["id"]: one["kind"] for one in whole["changes"]} == {"w3-tempo": "moved", "w3-long": "changed"}
    last = (await compared()).json()
    assert (last["from"], last["to"], last["summary"]) == (2, 3, "Moved Tempo from Tue 21 Apr to Wed 22 Apr")

    patch = await compared(**{"from": 1, "to": 2, "format": "patch"})
    assert patch.headers["content-type"] == "application/json-patch+json"
    assert patch.json() == [
        {"op": "test", "path": LONG, "value": before},
        {"op": "replace", "path": LONG, "value": before + 0.5},
    ]
    table = await compared(**{"from": 1, "to": 2, "format": "markdown"})
    assert table.text.startswith("| Item | Change | Before | After |")
    lines = (await compared(**{"from": 3, "to": 1, "format": "terminal"})).text.splitlines()
    assert "+ Tue 21 Apr  Tempo" in "\n".join(lines)
    assert (await plan.http.get(f"{plan.path}/diff", headers={"accept": "text/plain"})).text == last["summary"] + "\n"


async def test_a_version_tells_its_operations_and_its_patches_both_ways(plan: Client) -> None:
    before = await plan.km()
    ops = [{"op": "update_item", "id": "w3-long", "set": {"km": before + 0.5}}]
    assert (await plan.edit(*ops, rationale="there is time")).status_code == 200
    told = (await plan.http.get(f"{plan.path}/versions/2")).json()
    assert (told["ops"], told["rationale"], told["author_kind"]) == (ops, "there is time", "person")
    assert [one["value"] for one in (*told["patch"], *told["inverse"])] == [before, before + 0.5, before + 0.5, before]
    first = (await plan.http.get(f"{plan.path}/versions/1")).json()
    assert (first["ops"], first["patch"], first["inverse"]) == (None, None, None)
    assert (await plan.http.get(f"{plan.path}/versions/3")).status_code == 404


async def test_openapi_documents_every_route_with_examples(http: httpx.AsyncClient) -> None:
    document = (await http.get("/openapi.json")).json()
    routes = {(path, method) for path, methods in document["paths"].items() for method in methods}
    assert {one for one in routes if not one[0].startswith("/memories")} == {
        ("/plans", "get"),
        ("/plans/{plan_id}", "get"),
        ("/plans/{plan_id}", "patch"),
        ("/plans/{plan_id}/versions", "get"),
        ("/plans/{plan_id}/versions/{version}", "get"),
        ("/plans/{plan_id}/diff", "get"),
        ("/plans/{plan_id}/undo", "post"),
        ("/plans/{plan_id}/restore", "post"),
        ("/threads/{thread_id}/plan", "get"),
    }
    change = document["paths"]["/plans/{plan_id}"]["patch"]
    assert set(change["requestBody"]["content"]) == {"application/json", "application/json-patch+json"}
    assert {"200", "404", "409", "412", "422", "428"} <= set(change["responses"])
    assert "AddItem" in document["components"]["schemas"]
