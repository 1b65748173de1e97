"""Crons where users have threads and crons of their own."""

import asyncio
from typing import Any
from uuid import uuid4

from tests.conformance.case import Cases
from tests.conformance.cases.auth import ANN, BEN
from tests.conformance.peer import Answer, Peer

cases = Cases("crons with auth", project="guarded")

CRONS = "/runs/crons"
CRON = {"assistant_id": "chat", "schedule": "0 9 1 1 *"}

_FIRED_WITHIN = 50  # seconds: the official server takes some after the moment


async def _as(who: dict[str, str], peer: Peer, method: str, path: str, body: Any = None) -> Answer:
    return await peer.ask(method, path, body, headers=who)


async def _thread(peer: Peer) -> str:
    """A thread of ann's."""
    return str((await _as(ANN, peer, "POST", "/threads", {})).body["thread_id"])


@cases.same()
async def nobody_makes_or_finds_crons_without_a_name(peer: Peer) -> Any:
    asked = ((CRONS, CRON), (f"{CRONS}/search", {}), (f"{CRONS}/count", {}))
    return [(await peer.ask("POST", path, body)).shown() for path, body in asked]


@cases.same()
async def a_cron_is_its_makers_and_keeps_what_a_handler_stamps(peer: Peer) -> Any:
    cron = (await _as(ANN, peer, "POST", CRONS, {**CRON, "metadata": {"owner": "ben", "m": 1}})).shown()
    change = {"metadata": {"owner": "ben", "n": 2}}
    return [cron, (await _as(ANN, peer, "PATCH", f"{CRONS}/{cron['body']['cron_id']}", change)).shown()]


@cases.same()
async def anothers_cron_is_as_if_it_were_not_there(peer: Peer) -> Any:
    thread_id = await _thread(peer)
    cron = (await _as(ANN, peer, "POST", f"/threads/{thread_id}/runs/crons", CRON)).body
    path = f"{CRONS}/{cron['cron_id']}"
    tried = (
        ("GET", path, None),
        ("PATCH", path, {"enabled": False}),
        ("DELETE", path, None),
        ("POST", f"{CRONS}/search", {"thread_id": thread_id}),
        ("POST", f"{CRONS}/count", {"thread_id": thread_id}),
    )
    seen = [(await _as(BEN, peer, *request)).shown() for request in tried]
    return [seen, (await _as(ANN, peer, "GET", path)).body == cron]


@cases.same()
async def a_cron_on_anothers_thread_is_not_made(peer: Peer) -> Any:
    answer = await _as(BEN, peer, "POST", f"/threads/{await _thread(peer)}/runs/crons", CRON)
    return answer.refusal()


@cases.same()
async def a_cron_of_anothers_assistant_is_not_made(peer: Peer) -> Any:
    made = (await _as(ANN, peer, "POST", "/assistants", {"graph_id": "chat"})).body
    return (await _as(BEN, peer, "POST", CRONS, {**CRON, "assistant_id": made["assistant_id"]})).refusal()


@cases.same()
async def ones_own_crons_are_found(peer: Peer) -> Any:
    mark = {"metadata": {"mark": str(uuid4())}}
    for who in (ANN, ANN, BEN):
        await _as(who, peer, "POST", CRONS, {**CRON, **mark})
    return [
        [len((await _as(who, peer, "POST", f"{CRONS}/search", mark)).body) for who in (ANN, BEN)],
        [(await _as(who, peer, "POST", f"{CRONS}/count", mark)).body for who in (ANN, BEN)],
    ]


async def _said(peer: Peer) -> Any:
    """What the graph of a cron of ann's says of who asked, and whose the thread is, once it has fired."""
    thread_id = await _thread(peer)
    body = {**CRON, "schedule": "* * * * * *", "input": {}, "multitask_strategy": "reject"}
    cron = (await _as(ANN, peer, "POST", f"/threads/{thread_id}/runs/crons", body)).body
    for _ in range(_FIRED_WITHIN * 5):
        thread = (await _as(ANN, peer, "GET", f"/threads/{thread_id}")).body
        if thread["values"]:
            break
        await asyncio.sleep(0.2)
    await _as(ANN, peer, "DELETE", f"{CRONS}/{cron['cron_id']}")
    return thread["values"]["said"]


@cases.same()
async def a_run_of_a_cron_is_for_who_made_it(peer: Peer) -> Any:
    return (await _said(peer))["user_id"]


@cases.ours(
    {"permissions": ["is:ann"], "team": "team of ann", "user_id": "ann"},
    because="the official server forgets the permissions and the other fields of the user who made a cron",
)
async def a_run_of_a_cron_knows_all_that_is_known_of_who_made_it(peer: Peer) -> Any:
    return await _said(peer)
