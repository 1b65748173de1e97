"""Whose plans a caller may see: all of them where nobody is authenticated, else their own."""

import httpx
import pytest
from starlette.types import ASGIApp

from tests.acceptance.product.conftest import authenticated, half_marathon, stored


@pytest.fixture
def product() -> ASGIApp:
    return authenticated


async def test_a_user_sees_and_changes_their_own_plans_only(http: httpx.AsyncClient) -> None:
    hers, nobodys = await stored(half_marathon(), owner_id="ada"), await stored(half_marathon())
    path, other = f"/plans/{hers.plan_id}", f"/plans/{nobodys.plan_id}"
    ada, ben = {"x-user": "ada"}, {"x-user": "ben"}

    assert [one["plan_id"] for one in (await http.get("/plans", headers=ada)).json()["plans"]] == [str(hers.plan_id)]
    assert (await http.get("/plans", headers=ben)).json()["plans"] == []
    assert (await http.get("/plans", headers=ben, params={"owner": "ada"})).json()["plans"] == []
    assert (await http.get(other, headers=ada)).status_code == 404

    edit = {"ops": [{"op": "update_item", "id": "w3-long", "title": "Hers"}]}
    for method, url, body in (
        ("GET", path, None),
        ("GET", f"{path}/versions", None),
        ("GET", f"{path}/diff", None),
        ("PATCH", path, edit),
        ("POST", f"{path}/undo", {}),
        ("POST", f"{path}/restore", {"version": 1}),
    ):
        refused = await http.request(method, url, json=body, headers={**ben, "if-match": "*"})
        assert (refused.status_code, refused.json()["detail"]) == (404, f"there is no plan {hers.plan_id}")

    changed = await http.patch(path, json=edit, headers={**ada, "if-match": "*"})
    assert (changed.status_code, changed.json()["version"]["author_id"]) == (200, "ada")


async def test_where_nobody_is_authenticated_all_plans_are_seen(http: httpx.AsyncClient) -> None:
    hers = await stored(half_marathon(), owner_id="ada")
    assert (await http.get(f"/plans/{hers.plan_id}")).status_code == 200
    assert len((await http.get("/plans")).json()["plans"]) == 1


async def test_the_plan_of_a_thread_is_its_owners(http: httpx.AsyncClient) -> None:
    hers = await stored(half_marathon(), owner_id="ada", thread_id="5c3b3e4e-6d6a-4f0e-9a7f-2b1f0a6f7c11")
    path = "/threads/5c3b3e4e-6d6a-4f0e-9a7f-2b1f0a6f7c11/plan"
    assert (await http.get(path, headers={"x-user": "ada"})).json()["plan_id"] == str(hers.plan_id)
    assert (await http.get(path, headers={"x-user": "ben"})).status_code == 404
