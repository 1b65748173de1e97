"""`planloom chat` on a live server: changes chosen one by one, a conflict, and the plan's history by commands."""

import io
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from langgraph_sdk import get_client
from rich.console import Console

from server.chat.session import Session
from server.chat.terminal import Terminal

PLAN = "I want an 8-week half marathon plan, I run 25 km a week, longest 10 km, 4 days"
EDIT = "move Tuesday's tempo in week 3 to Wednesday and make the long run 2 km longer"
CONTEXT = {"now": "2026-04-01T09:00:00+01:00", "approval": "warnings"}


class Typed(io.StringIO):
    """Lines as somebody types them; a callable among them is something that somebody else does meanwhile."""

    def __init__(self, lines: list[str | Callable[[], None]]) -> None:
        super().__init__()
        self._lines = lines

    def readline(self, size: int | None = -1) -> str:
        while self._lines and not isinstance(self._lines[0], str):
            self._lines.pop(0)()
        return f"{self._lines.pop(0)}\n" if self._lines else ""


Chat = Callable[..., Awaitable[str]]


@pytest.fixture
def chat(own_server: str) -> Chat:
    async def run(*lines: str | Callable[[str], None]) -> str:
        out = io.StringIO()
        client = get_client(url=own_server, api_key=None)
        thread = (await client.threads.create())["thread_id"]
        console = Console(file=out, highlight=False, markup=False, emoji=False, width=200)
        typed = [one if isinstance(one, str) else (lambda does=one: does(thread)) for one in lines]
        async with client:
            assert await Session(client, Terminal(Typed(typed), console), "coach").run(thread, CONTEXT) == 0
        return out.getvalue()

    return run


def longer(own_server: str, km: float) -> Callable[[str], None]:
    """Somebody sets the long run of week 3 of the thread's plan over HTTP."""

    def does(thread: str) -> None:
        plan: dict[str, Any] = httpx.get(f"{own_server}/threads/{thread}/plan", timeout=60).json()
        ops = [{"op": "update_item", "id": "w3-long", "set": {"km": km}}]
        headers = {"if-match": f'"{plan["version"]["hash"]}"'}
        answer = httpx.patch(f"{own_server}/plans/{plan['plan_id']}", json={"ops": ops}, headers=headers, timeout=60)
        assert answer.status_code == 200, answer.text

    return does


async def test_changes_are_chosen_and_the_history_is_walked_by_commands(chat: Chat) -> None:
    output = await chat(
        PLAN, EDIT, "a not 1", "/versions", "/compare 1 2", "/undo", "/restore 2", "/compare", "/plan 1", "/undo 9"
    )
    assert "  1 ~ Moved Tempo from Tue 21 Apr to Wed 22 Apr\n  2 ~ Long run 13.5 → 15.5 km\n" in output
    assert "plan saved as version 2 (edit)" in output
    assert "The person left out: Moved Tempo from Tue 21 Apr to Wed 22 Apr." in output
    assert (
        "> /versions\nversion 2 (edit, agent, current): Long run 13.5 → 15.5 km\nversion 1 (create, agent): " in output
    )
    assert "> /compare 1 2\nfrom version 1 to 2:\n  ~ w3-long  Long run 13.5 → 15.5 km\n" in output
    assert "> /undo\nthe plan is now version 3\n  ~ w3-long  Long run 15.5 → 13.5 km\n" in output
    assert "> /restore 2\nthe plan is now version 4\n  ~ w3-long  Long run 13.5 → 15.5 km\n" in output
    assert "from version 3 to 4:" in output
    assert "## Week 3" in output
    assert output.rstrip().splitlines()[-1].startswith("The server refused: plan ")


async def test_a_conflict_is_settled_by_choice(chat: Chat, own_server: str) -> None:
    output = await chat(PLAN, EDIT, longer(own_server, 14.5), "a", "a", "o", "/undo 2", "t")
    assert "others changed the same meanwhile:\n  ! w3-long km: 15.5 here, 14.5 there; kept theirs" in output
    assert "The plan changed while this waited" in output
    assert "whose w3-long km is kept? [o]urs: 15.5, [t]heirs: 14.5 (before: 13.5)\nkeep> o" in output
    assert "plan saved as version 3 (merge)" in output
    # version 3 changed again what version 2 had changed
    assert "> /undo 2\nwhose w3-long km is kept? [o]urs: 13.5, [t]heirs: 15.5 (before: 14.5)\nkeep> t\n" in output
    assert "nothing changed: later versions changed again what version 2 did" in output


async def test_a_choice_that_is_no_answer_is_refused_with_422_and_the_thread_goes_on_waiting(own_server: str) -> None:
    async with httpx.AsyncClient(base_url=own_server, timeout=60) as http:
        thread = (await http.post("/threads", json={})).json()["thread_id"]

        async def run(**given: Any) -> httpx.Response:
            body = {"assistant_id": "coach", "context": CONTEXT, **given}
            return await http.post(f"/threads/{thread}/runs/wait", json=body)

        for text in (PLAN, EDIT):
            await run(input={"messages": [{"role": "user", "content": text}]})
        for wrong, told in (
            ({"decisions": []}, "less than 1 item"),
            ({"decisions": [{"type": "maybe"}]}, '"maybe" is not one of'),
            ({"decisions": [{"type": "approve", "accept": ["/items/w9"]}]}, '"/items/w9" is not one of'),
            ({"decisions": [{"type": "approve", "accept": [], "reject": []}]}, "give accept or reject, not both"),
        ):
            refused = await run(command={"resume": wrong})
            assert refused.status_code == 422
            assert told in refused.json()["detail"]
        assert (await http.get(f"/threads/{thread}")).json()["status"] == "interrupted"
        approved = await run(
            command={"resume": {"decisions": [{"type": "accept", "accept": ["/items/w3-long/data/km"]}]}}
        )
        assert "The plan is now version 2" in approved.json()["messages"][-1]["content"]
