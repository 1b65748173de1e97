"""Event streaming v2 over a WebSocket: commands, their replies, and the events of several subscriptions."""

import json
from typing import Any
from uuid import uuid4

import websockets

from tests.conformance.case import Cases
from tests.conformance.peer import Peer
from tests.conformance.protocol import Socket, Thread, is_end, shown

cases = Cases("event streaming: WebSocket")


def _replies(messages: list[Any]) -> list[Any]:
    return shown([message for message in messages if message["type"] != "event"])


def _events(messages: list[Any]) -> list[Any]:
    return shown([message for message in messages if message["type"] == "event"])


def _ends(message: Any) -> bool:
    return message["type"] == "event" and is_end(message)


async def _subscribed(socket: Socket, *channels: str, **params: Any) -> str:
    *_, reply = await socket.command("subscription.subscribe", channels=list(channels), **params)
    return str(reply["result"]["subscription_id"])


@cases.same()
async def what_is_no_command_is_refused_and_the_connection_stays(peer: Peer) -> Any:
    said = (
        "{bad",
        '{"channels": ["values"]}',
        "[1]",
        "5",
        "null",
        '{"id": "a", "method": "x"}',
        '{"id": 7, "method": "x"}',
    )
    async with Thread(peer).socket() as socket:
        return [_replies(await socket.says(text)) for text in said]


@cases.ours(
    [["error", None, "invalid_argument"], ["error", 1, "unknown_command"]],
    because="a binary frame kills the connection of the official server",
)
async def a_binary_frame_is_refused_and_the_connection_stays(peer: Peer) -> Any:
    async with Thread(peer).socket() as socket:
        try:
            replies = [*await socket.says(b"\x00"), *await socket.command("nope")]
        except websockets.ConnectionClosed:
            return "closed"
    return [[reply["type"], reply["id"], reply["error"]] for reply in replies]


@cases.same()
async def a_subscription_may_be_wrong(peer: Peer) -> Any:
    given: tuple[dict[str, Any], ...] = (
        {}, {"channels": []}, {"channels": "values"}, {"channels": ["debug"]}, {"channels": ["values", 5]},
    )  # fmt: skip
    async with Thread(peer).socket() as socket:
        return [_replies(await socket.command("subscription.subscribe", **params)) for params in given]


@cases.same()
async def a_subscription_that_there_is_not_cannot_be_given_up(peer: Peer) -> Any:
    async with Thread(peer).socket() as socket:
        return [
            _replies(await socket.command("subscription.unsubscribe", **params))
            for params in ({}, {"subscription_id": 5}, {"subscription_id": "x"})
        ]


@cases.same()
async def a_run_is_started_and_watched_on_one_connection(peer: Peer) -> Any:
    async with Thread(peer).socket() as socket:
        seen = [*await socket.command("subscription.subscribe", channels=["lifecycle", "values"])]
        seen += await socket.command("run.start", assistant_id="sub", input={"foo": "x"})
        seen += await socket.came(_ends) if not any(map(_ends, seen)) else []
    return [_replies(seen), _events(seen)]


@cases.same()
async def a_later_subscription_gets_what_it_missed_before_its_reply(peer: Peer) -> Any:
    async with Thread(peer).socket() as socket:
        await _subscribed(socket, "lifecycle")
        seen = await socket.command("run.start", assistant_id="sub", input={"foo": "x"})
        if not any(map(_ends, seen)):
            await socket.came(_ends)
        *replayed, reply = await socket.command("subscription.subscribe", channels=["lifecycle", "values"])
    return [_events(replayed), reply["type"], reply["result"]["replayed_events"] == len(replayed)]


@cases.same()
async def an_event_comes_once_however_many_want_it(peer: Peer) -> Any:
    thread = Thread(peer)
    async with thread.socket() as socket:
        for channels in (["lifecycle"], ["lifecycle", "values"], ["values"]):
            await _subscribed(socket, *channels)
        await thread.over("steps", {"note": "n"})
        return _events(await socket.came(_ends))


@cases.same()
async def what_is_given_up_comes_no_more(peer: Peer) -> Any:
    thread = Thread(peer)
    async with thread.socket() as socket:
        values = await _subscribed(socket, "values")
        await _subscribed(socket, "lifecycle")
        replies = _replies(await socket.command("subscription.unsubscribe", subscription_id=values))
        await thread.over("steps", {"note": "n"})
        events = _events(await socket.came(_ends))
        replies += _replies(await socket.command("subscription.unsubscribe", subscription_id=values))
        return [replies, events]


@cases.same()
async def a_question_is_asked_and_answered_on_one_connection(peer: Peer) -> Any:
    async with Thread(peer).socket() as socket:
        await _subscribed(socket, "lifecycle", "input")
        seen = await socket.command("run.start", assistant_id="hitl", input={"q": "Q"})
        seen += await socket.came(_ends) if not any(map(_ends, seen)) else []
        [question] = [one["params"]["data"]["interrupt_id"] for one in seen if one.get("method") == "input.requested"]
        seen = await socket.command("input.respond", namespace=[], interrupt_id=question, response="A")
        seen += await socket.came(_ends) if not any(map(_ends, seen)) else []
        return [_replies(seen), _events(seen)]


@cases.same()
async def a_connection_goes_on_after_a_number(peer: Peer) -> Any:
    async with Thread(peer).socket() as socket:
        await _subscribed(socket, "lifecycle", "values")
        seen = await socket.command("run.start", assistant_id="steps", input={"note": "n"})
        seen += await socket.came(_ends) if not any(map(_ends, seen)) else []
        place = [one["seq"] for one in seen if one["type"] == "event"][2]
        *rest, reply = await socket.command("subscription.reconnect", channels=["lifecycle", "values"], since=place)
        wrong = [
            _replies(await socket.command("subscription.reconnect", **params))
            for params in ({"run_id": "x"}, {"channels": ["values"]}, {"channels": ["values"], "since": -1})
        ]
    return [_events(rest), reply["type"], reply["result"]["replayed_events"] == len(rest), wrong]


@cases.same()
async def where_nothing_ran_there_is_nothing_to_come_back_to(peer: Peer) -> Any:
    async with Thread(peer).socket() as socket:
        return _replies(await socket.command("subscription.reconnect", channels=["values"], since=0))


@cases.same()
async def a_connections_tree_has_the_newest_runs_graphs(peer: Peer) -> Any:
    async with Thread(peer).socket() as socket:
        trees = [_replies(await socket.command("agent.getTree"))]
        await _subscribed(socket, "lifecycle")
        for graph, given in (("sub", {"foo": "x"}), ("subhitl", {"foo": "y"})):
            seen = await socket.command("run.start", assistant_id=graph, input=given)
            if not any(map(_ends, seen)):
                await socket.came(_ends)
            trees.append(_replies(await socket.command("agent.getTree")))
    return trees


@cases.ours(
    [["running", "completed", "running", "completed"], True, True],
    because="the official server keeps a thread's last run only for a new connection, does not look at `since` there, and "
    "knows of no run that could be reconnected to",
)
async def a_new_connection_gets_all_runs_or_what_came_after_a_number(peer: Peer) -> Any:
    thread = Thread(peer)
    for _ in range(2):
        await thread.over("steps", {})
    seen = []
    for method, params in (("subscribe", {}), ("subscribe", {"since": 1}), ("reconnect", {"since": 1})):
        async with thread.socket() as socket:
            came = await socket.command(f"subscription.{method}", channels=["lifecycle"], **params)
        seen.append([message for message in came if message["type"] == "event"])
    whole, *rest = ([event["event_id"] for event in events] for events in seen)
    return [[event["params"]["data"]["event"] for event in seen[0]], *(events == whole[1:] for events in rest)]


@cases.ours(
    [4422, True],
    because="the official server closes such a connection as if it had failed, and clients try again",
)
async def a_connection_to_what_is_no_thread_is_closed_for_good(peer: Peer) -> Any:
    async with websockets.connect(f"{peer.url.replace('http', 'ws', 1)}/threads/nope/stream/events") as connection:
        told = []
        try:
            while True:
                told.append(json.loads(await connection.recv()))
        except websockets.ConnectionClosed as closed:
            code = closed.rcvd.code if closed.rcvd else None
    return [code, [one["id"] for one in told] == [None]]


@cases.same()
async def other_paths_have_no_connection(peer: Peer) -> Any:
    refused = []
    for path in (f"/threads/{uuid4()}/commands", f"/threads/{uuid4()}/stream", "/nope"):
        try:
            async with websockets.connect(peer.url.replace("http", "ws", 1) + path):
                refused.append(101)
        except websockets.InvalidStatus as error:
            refused.append(error.response.status_code)
    return refused
