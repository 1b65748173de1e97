"""A2A where users have assistants and threads of their own."""

from typing import Any

from tests.conformance.a2a_calls import ask, code_of, id_of, said
from tests.conformance.case import Cases
from tests.conformance.cases.auth import ANN, BEN
from tests.conformance.peer import Peer

cases = Cases("A2A with auth", project="guarded")


async def _own(peer: Peer, who: dict[str, str], graph: str = "chat") -> str:
    """The address of an assistant of that user."""
    made = await peer.ask("POST", "/assistants", {"graph_id": graph, "name": "mine"}, headers=who)
    return f"/a2a/{made.body['assistant_id']}"


@cases.same()
async def nobody_talks_without_a_name(peer: Peer) -> Any:
    of = id_of("chat")
    return [
        (await peer.ask("GET", f"/a2a/{of}")).shown(),
        (await peer.ask("GET", f"/.well-known/agent-card.json?assistant_id={of}")).shown(),
        (await ask(peer, "chat", "message/send", said({"said": "x"}))).shown(),
    ]


@cases.same()
async def anothers_assistant_has_no_card_and_does_not_listen(peer: Peer) -> Any:
    address = await _own(peer, ANN)
    card = await peer.ask("GET", address, headers=BEN)
    called = await ask(peer, "", "message/send", said({"said": "x"}), BEN, address)
    return [card.shown(), called.shown(), (await peer.ask("GET", address, headers=ANN)).status]


@cases.same()
async def anothers_tasks_and_contexts_are_not_there(peer: Peer) -> Any:
    anns, bens = await _own(peer, ANN), await _own(peer, BEN)
    task = (await ask(peer, "", "message/send", said({"said": "x"}), ANN, anns)).body["result"]
    asked: tuple[tuple[str, Any], ...] = (
        ("tasks/get", {"id": task["id"]}),
        ("tasks/cancel", {"id": task["id"]}),
        ("message/send", said({"said": "y"}, contextId=task["contextId"])),
        ("ListTasks", {}),
    )
    told = [(await ask(peer, "", method, params, BEN, bens)).body for method, params in asked]
    mine = (await ask(peer, "", "ListTasks", {}, ANN, anns)).body["result"]
    return [[code_of(one.get("error")) for one in told], told[-1]["result"]["totalSize"], mine["totalSize"]]


@cases.ours(
    [200, "completed"],
    because="a graph's own assistant belongs to nobody, and who may run it may talk to it; the official server hides it",
)
async def a_graphs_own_assistant_listens_to_every_user(peer: Peer) -> Any:
    card = await peer.ask("GET", f"/a2a/{id_of('chat')}", headers=ANN)
    called = (await ask(peer, "chat", "message/send", said({"said": "x"}), ANN)).body
    return [card.status, called.get("result", {}).get("status", {}).get("state")]
