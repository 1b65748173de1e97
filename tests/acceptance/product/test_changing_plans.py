"""A person changes plans over HTTP: preconditions, merges, conflicts, undo, restore, and what is refused."""

import asyncio
from typing import Any

import httpx
import pytest

from tests.acceptance.product.conftest import LONG, Client

JSON_PATCH = {"content-type": "application/json-patch+json"}


async def test_a_json_patch_makes_a_version_by_a_person(plan: Client) -> None:
    before = await plan.km()
    patch = [{"op": "test", "path": LONG, "value": before}, {"op": "replace", "path": LONG, "value": before + 0.5}]
    response = await plan.http.patch(plan.path, json=patch, headers={**JSON_PATCH, "if-match": await plan.etag()})
    body = response.json()
    assert response.status_code == 200
    assert response.headers["etag"] == f'"{body["version"]["hash"]}"' == await plan.etag()
    assert (body["changed"], body["version"]["version"], body["message"]) == (True, 2, "the plan is now version 2")
    assert (body["version"]["author_kind"], body["version"]["parent"]) == ("person", 1)
    assert [change["after"] for change in body["changes"]] == [before + 0.5]
    assert (body["patch"], body["inverse"][-1]["value"]) == (patch, before)
    assert await plan.km() == before + 0.5


async def test_typed_operations_keep_their_rationale_and_touch_nothing_else(plan: Client) -> None:
    before = (await plan.http.get(plan.path)).json()["document"]["items"]
    response = await plan.edit(
        {"op": "move_item", "id": "w3-tempo", "date": "2026-04-22"}, rationale="Club night is on Tuesday"
    )
    version = response.json()["version"]
    assert (version["rationale"], version["summary"]) == (
        "Club night is on Tuesday",
        "Moved Tempo from Tue 21 Apr to Wed 22 Apr",
    )
    after = (await plan.http.get(plan.path)).json()["document"]["items"]
    assert {item for item in before if before[item] != after[item]} == {"w3-tempo"}


async def test_a_change_must_say_which_plan_it_is_for(plan: Client) -> None:
    patch = [{"op": "replace", "path": LONG, "value": 12}]
    silent = await plan.http.patch(plan.path, json=patch)
    assert (silent.status_code, "If-Match" in silent.json()["detail"]) == (428, True)
    whatever = await plan.http.patch(plan.path, json=patch, headers={"if-match": "*"})
    assert whatever.status_code == 200


async def test_the_weak_etag_of_another_form_is_as_good(plan: Client) -> None:
    weak = (await plan.http.get(plan.path, params={"format": "markdown"})).headers["etag"]
    assert weak.startswith("W/")
    assert (await plan.set_km(12, etag=weak)).status_code == 200


async def test_a_stale_change_is_refused_with_the_current_etag(plan: Client) -> None:
    stale = await plan.etag()
    await plan.set_km(12)
    response = await plan.set_km(13, etag=stale)
    assert (response.status_code, response.json()["head"]) == (412, 2)
    assert response.headers["etag"] == await plan.etag()
    assert await plan.km() == 12


async def test_a_stale_change_is_merged_when_asked(plan: Client) -> None:
    stale = await plan.etag()
    await plan.edit({"op": "move_item", "id": "w3-tempo", "date": "2026-04-22"})
    response = await plan.set_km(12, etag=stale, merge=True)
    version = response.json()["version"]
    assert (version["kind"], version["parent"], version["merged_from"]) == ("merge", 2, 1)
    assert [one["id"] for one in response.json()["changes"]] == ["w3-long"]
    document = (await plan.http.get(plan.path)).json()["document"]["items"]
    assert (document["w3-tempo"]["data"]["date"], document["w3-long"]["data"]["km"]) == ("2026-04-22", 12)


async def test_a_merge_with_an_etag_that_the_plan_never_had_is_refused(plan: Client) -> None:
    response = await plan.set_km(12, etag=f'"{"0" * 64}"', merge=True)
    assert response.status_code == 412


async def test_a_conflict_is_reported_by_field_and_settled_by_choice(plan: Client) -> None:
    stale, before = await plan.etag(), await plan.km()
    await plan.edit(
        {"op": "update_item", "id": "w3-long", "set": {"km": 12}},
        {"op": "update_item", "id": "w3-tempo", "title": "Theirs"},
    )
    ops = (
        {"op": "update_item", "id": "w3-long", "set": {"km": 11}},
        {"op": "update_item", "id": "w3-tempo", "title": "Ours"},
    )
    refused = await plan.edit(*ops, etag=stale, merge=True)
    told = {one["pointer"]: one for one in refused.json()["conflicts"]}
    assert (refused.status_code, refused.json()["head"]) == (409, 2)
    assert set(told) == {LONG, "/items/w3-tempo/title"}
    assert (told[LONG]["base"], told[LONG]["ours"], told[LONG]["theirs"]) == (before, 11, 12)
    assert "resolutions" in refused.json()["detail"]

    half = await plan.edit(*ops, etag=stale, merge=True, resolutions={LONG: "ours"}, head=2)
    assert half.status_code == 409

    choices = {LONG: "ours", "/items/w3-tempo/title": "theirs"}
    settled = await plan.edit(*ops, etag=stale, merge=True, resolutions=choices, head=2)
    assert settled.status_code == 200
    assert {one["pointer"]: one["kept"] for one in settled.json()["conflicts"]} == choices
    items = (await plan.http.get(plan.path)).json()["document"]["items"]
    assert (items["w3-long"]["data"]["km"], items["w3-tempo"]["title"]) == (11, "Theirs")


async def test_choices_do_not_hold_for_a_version_that_nobody_has_seen(plan: Client) -> None:
    stale = await plan.etag()
    await plan.set_km(12)
    assert (await plan.set_km(11, etag=stale, merge=True)).json()["head"] == 2
    await plan.set_km(12.5)
    response = await plan.set_km(11, etag=stale, merge=True, resolutions={LONG: "ours"}, head=2)
    assert (response.status_code, response.json()["head"]) == (409, 3)
    assert response.json()["conflicts"][0]["theirs"] == 12.5


async def test_a_choice_where_nothing_is_in_conflict_is_refused(plan: Client) -> None:
    response = await plan.set_km(12, resolutions={LONG: "ours"})
    assert response.status_code == 422
    assert response.json()["problems"][0]["code"] == "no_conflict"


@pytest.mark.parametrize(
    ("change", "status", "detail"),
    [
        ([{"op": "replace", "path": "/items/w3-lnog/data/km", "value": 1}], 422, "nearest: w3-long"),
        ([{"op": "test", "path": LONG, "value": 99}], 409, "is not what the patch expects"),
        ([{"op": "replace", "path": "/schema", "value": 2}], 422, "/schema cannot be written"),
        ([{"op": "remove", "path": ""}], 422, "only /meta/… and /items/<id>"),
        ({"ops": [{"op": "update_item", "id": "w3-lnog", "set": {"km": 1}}]}, 422, "op 0: there is no item"),
        ({"ops": [{"op": "fly"}]}, 422, "op 0"),
        ({"ops": ["move"]}, 422, "op 0"),
        ({"ops": []}, 422, "ops"),
        ({}, 422, "give either ops or patch"),
        ({"ops": [{"op": "remove_item", "id": "w3"}], "why": "x"}, 422, "why"),
        ("text", 422, "body"),
        (None, 422, "body"),
    ],
)
async def test_what_cannot_be_done_is_refused_with_what_to_change(
    plan: Client, change: Any, status: int, detail: str
) -> None:
    response = await plan.http.patch(plan.path, json=change, headers={"if-match": "*"})
    assert response.status_code == status
    assert detail in response.json()["detail"]
    assert await plan.etag() == f'"{plan.first.hash}"'


@pytest.mark.parametrize(("content", "status"), [(b"{", 422), (b"[" * 300 + b"]" * 300, 422), (b" " * 2_000_000, 413)])
async def test_a_body_that_is_no_json_or_too_large_is_refused(plan: Client, content: bytes, status: int) -> None:
    response = await plan.http.patch(plan.path, content=content, headers={"if-match": "*", **JSON_PATCH})
    assert response.status_code == status
    assert response.json()["detail"]


async def test_the_id_of_a_removed_item_is_not_used_again(plan: Client) -> None:
    item = (await plan.http.get(plan.path)).json()["document"]["items"]["w3-easy1"]
    await plan.edit({"op": "remove_item", "id": "w3-easy1"})
    patch = [{"op": "add", "path": "/items/w3-easy1", "value": item}]
    response = await plan.http.patch(plan.path, json=patch, headers={"if-match": "*"})
    assert (response.status_code, response.json()["problems"][0]["code"]) == (422, "id_retired")


async def test_a_change_that_changes_nothing_makes_no_version(plan: Client) -> None:
    empty = await plan.http.patch(plan.path, json=[], headers={"if-match": "*"})
    assert (empty.status_code, empty.json()["changed"]) == (200, False)
    response = await plan.set_km(await plan.km())
    body = response.json()
    assert (response.status_code, body["changed"], body["changes"], body["patch"]) == (200, False, [], [])
    assert body["message"] == "nothing changed: the plan is like that already; it stays at version 1"


async def test_undo_takes_back_one_change_and_keeps_later_ones(plan: Client) -> None:
    before = await plan.km()
    await plan.set_km(12)
    await plan.edit({"op": "move_item", "id": "w3-tempo", "date": "2026-04-22"})
    body = (await plan.http.post(f"{plan.path}/undo", json={"version": 2})).json()
    assert (body["version"]["kind"], body["version"]["undoes"], body["version"]["version"]) == ("undo", 2, 4)
    assert await plan.km() == before
    last = (await plan.http.post(f"{plan.path}/undo")).json()
    assert last["version"]["undoes"] == 3
    assert await plan.etag() == f'"{plan.first.hash}"'
    nothing = await plan.http.post(f"{plan.path}/undo")
    assert (nothing.status_code, "no change to undo" in nothing.json()["detail"]) == (409, True)


async def test_an_undo_that_later_changes_cover_says_so_and_can_be_insisted_on(plan: Client) -> None:
    before = await plan.km()
    await plan.set_km(12)
    await plan.set_km(12.5)
    covered = (await plan.http.post(f"{plan.path}/undo", json={"version": 2})).json()
    assert (covered["changed"], covered["version"]["version"]) == (False, 3)
    assert "later versions changed again what version 2 did" in covered["message"]
    assert [one["pointer"] for one in covered["conflicts"]] == [LONG]
    insisted = await plan.http.post(f"{plan.path}/undo", json={"version": 2, "resolutions": {LONG: "ours"}})
    assert (insisted.json()["changed"], await plan.km()) == (True, before)
    again = (await plan.http.post(f"{plan.path}/undo", json={"version": 2})).json()
    assert again["message"] == "nothing changed: what version 2 did is no longer in the plan"


async def test_restore_makes_an_old_version_the_plan_again(plan: Client) -> None:
    await plan.set_km(12)
    await plan.edit({"op": "remove_item", "id": "w3-easy1"})
    restored = (await plan.http.post(f"{plan.path}/restore", json={"version": 1})).json()
    assert (restored["version"]["version"], restored["version"]["kind"]) == (4, "restore")
    assert await plan.etag() == f'"{plan.first.hash}"'
    again = (await plan.http.post(f"{plan.path}/restore", json={"version": 1})).json()
    assert (again["changed"], again["version"]["version"]) == (False, 4)
    missing = await plan.http.post(f"{plan.path}/restore", json={"version": 9})
    assert (missing.status_code, "its versions are 1 to 4" in missing.json()["detail"]) == (404, True)


@pytest.mark.parametrize("path", ["undo", "restore"])
async def test_going_back_heeds_if_match_where_it_is_given(plan: Client, path: str) -> None:
    stale = await plan.etag()
    await plan.set_km(12)
    response = await plan.http.post(f"{plan.path}/{path}", json={"version": 1}, headers={"if-match": stale})
    assert (response.status_code, await plan.km()) == (412, 12)


async def test_of_changes_at_the_same_time_exactly_one_gets_in_unless_they_are_merged(plan: Client) -> None:
    etag = await plan.etag()

    async def rename(week: int, *, merge: bool) -> httpx.Response:
        op = {"op": "update_item", "id": f"w{week}-long", "title": f"Sunday {week}"}
        return await plan.edit(op, etag=etag, merge=merge)

    alone = await asyncio.gather(*(rename(week, merge=False) for week in range(1, 6)))
    assert sorted(one.status_code for one in alone) == [200, 412, 412, 412, 412]
    together = await asyncio.gather(*(rename(week, merge=True) for week in range(1, 6)))
    assert [one.status_code for one in together] == [200] * 5
    items = (await plan.http.get(plan.path)).json()["document"]["items"]
    assert [items[f"w{week}-long"]["title"] for week in range(1, 6)] == [f"Sunday {week}" for week in range(1, 6)]
