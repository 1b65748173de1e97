"""Plans of a live server's conversations: changed over HTTP, seen in the next turn, merged with what the agent does."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

PLAN = "I want an 8-week half marathon plan, I run 25 km a week, longest 10 km, 4 days"
TITLE = {"op": "update_item", "id": "w3-long", "title": "Long run with Sam"}


class Conversation:
    """One thread with the coach of a live server."""

    def __init__(self, http: httpx.AsyncClient, thread_id: str) -> None:
        self.http, self.thread_id = http, thread_id

    async def run(self, **given: Any) -> str:
        """The last words of a run."""
        body = {"assistant_id": "coach", "context": {"now": "2026-04-01T09:00:00+01:00"}, **given}
        response = await self.http.post(f"/threads/{self.thread_id}/runs/wait", json=body)
        return str(response.json()["messages"][-1]["content"])

    async def say(self, text: str, approval: str = "auto") -> str:
        context = {"now": "2026-04-01T09:00:00+01:00", "approval": approval}
        return await self.run(input={"messages": [{"role": "user", "content": text}]}, context=context)

    async def plan(self) -> dict[str, Any]:
        return dict((await self.http.get(f"/threads/{self.thread_id}/plan")).json())

    async def change(self, *ops: dict[str, Any]) -> httpx.Response:
        plan = await self.plan()
        headers = {"if-match": f'"{plan["version"]["hash"]}"'}
        return await self.http.patch(f"/plans/{plan['plan_id']}", json={"ops": ops}, headers=headers)


@pytest.fixture
async def talk(own_server: str) -> AsyncIterator[Conversation]:
    """A conversation that has a plan."""
    async with httpx.AsyncClient(base_url=own_server, timeout=60) as http:
        thread = (await http.post("/threads", json={})).json()
        conversation = Conversation(http, thread["thread_id"])
        await conversation.say(PLAN)
        yield conversation


async def test_what_a_person_changes_is_told_in_the_next_turn_and_can_be_undone_there(talk: Conversation) -> None:
    first = await talk.plan()
    changed = await talk.change({"op": "move_item", "id": "w3-tempo", "date": "2026-04-22"})
    assert (changed.status_code, changed.headers["x-plan-version"]) == (200, "2")
    answer = await talk.say("hello")
    assert "Meanwhile the plan was changed outside this conversation: Moved Tempo from Tue 21 Apr" in answer
    assert "Version 2 is undone" in await talk.say("undo that")
    undone = await talk.plan()
    assert (undone["version"]["version"], undone["version"]["hash"]) == (3, first["version"]["hash"])


async def test_a_persons_change_while_the_agent_waits_is_merged_with_the_agents(talk: Conversation) -> None:
    await talk.say("move the tempo in week 3 to Wednesday", approval="always")
    assert (await talk.change(TITLE)).status_code == 200
    await talk.run(command={"resume": {"decisions": [{"type": "approve"}]}})
    plan = await talk.plan()
    items = plan["document"]["items"]
    assert (plan["version"]["kind"], plan["version"]["merged_from"]) == ("merge", 1)
    assert items["w3-tempo"]["data"]["date"] == "2026-04-22"
    assert items["w3-long"]["title"] == "Long run with Sam"


async def test_a_persons_change_is_held_against_the_rules_of_the_graph_that_the_server_loaded(
    talk: Conversation,
) -> None:
    refused = await talk.change({"op": "update_item", "id": "w3-long", "set": {"km": 40}})
    assert refused.status_code == 422
    assert refused.json()["issues"]
    assert (await talk.plan())["head"] == 1


async def test_the_servers_openapi_document_has_the_plans_routes(own_server: str) -> None:
    async with httpx.AsyncClient(base_url=own_server, timeout=60) as http:
        paths = (await http.get("/openapi.json")).json()["paths"]
        missing = await http.get("/plans/17")
    assert {"/plans", "/plans/{plan_id}", "/plans/{plan_id}/diff", "/threads/{thread_id}/plan"} <= paths.keys()
    assert "examples" in paths["/plans/{plan_id}"]["patch"]["requestBody"]["content"]["application/json"]
    assert missing.json() == {"detail": "Invalid plan ID: must be a UUID"}
