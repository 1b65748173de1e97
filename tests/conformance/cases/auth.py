"""Two users of a project with `auth`: who may come in, and what one sees of the other's."""

from typing import Any
from uuid import uuid4

from tests.conformance.case import Cases
from tests.conformance.peer import Answer, Peer

cases = Cases("auth", project="guarded")

ANN = {"authorization": "Bearer ann"}
BEN = {"authorization": "Bearer ben"}


async def _as(who: dict[str, str], peer: Peer, method: str, path: str, body: Any = None) -> Answer:
    return await peer.ask(method, path, body, headers=who)


async def _thread(peer: Peer, who: dict[str, str] = ANN, **body: Any) -> str:
    return str((await _as(who, peer, "POST", "/threads", body)).body["thread_id"])


async def _ran(peer: Peer, graph: str = "asks") -> tuple[str, str]:
    """A thread of ann's and its run."""
    thread_id = await _thread(peer)
    answer = await _as(ANN, peer, "POST", f"/threads/{thread_id}/runs/wait", {"assistant_id": graph, "input": {}})
    return thread_id, answer.headers["content-location"].rsplit("/", 1)[-1]


async def _assistant(peer: Peer, who: dict[str, str] = ANN, **body: Any) -> str:
    return str((await _as(who, peer, "POST", "/assistants", {"graph_id": "chat", **body})).body["assistant_id"])


@cases.same()
async def nobody_comes_in_without_a_name(peer: Peer) -> Any:
    return [
        (await peer.ask(method, path, body)).shown()
        for method, path, body in (
            ("POST", "/threads", {}),
            ("POST", "/threads/search", {}),
            ("POST", "/assistants/search", {}),
            ("POST", "/runs/wait", {"assistant_id": "chat"}),
            ("GET", "/store/items?key=k&namespace=a", None),
            ("GET", "/nowhere", None),
        )
    ]


@cases.same()
async def a_wrong_name_is_none(peer: Peer) -> Any:
    return (await _as({"authorization": "Bearer eve"}, peer, "POST", "/threads", {})).shown()


@cases.same()
async def what_tells_that_the_server_is_there_is_open(peer: Peer) -> Any:
    return [(await peer.ask("GET", path)).status for path in ("/ok", "/", "/info", "/docs", "/openapi.json")]


@cases.same()
async def a_browser_may_ask_first_without_a_name(peer: Peer) -> Any:
    headers = {"origin": "https://example.com", "access-control-request-method": "POST"}
    return (await peer.http.options("/threads", headers=headers)).status_code


@cases.same()
async def a_thread_is_stamped_by_its_handler(peer: Peer) -> Any:
    return (await _as(ANN, peer, "POST", "/threads", {"metadata": {"mine": 1}})).body["metadata"]


@cases.same()
async def the_graph_knows_who_asked(peer: Peer) -> Any:
    thread_id = await _thread(peer, BEN)
    return (await _as(BEN, peer, "POST", f"/threads/{thread_id}/runs/wait", {"assistant_id": "chat", "input": {}})).body


for _sentence, _method, _tail, _body in (
    ("read", "GET", "", None),
    ("patched", "PATCH", "", {"metadata": {"x": 1}}),
    ("read in its state", "GET", "/state", None),
    ("read in its history", "GET", "/history", None),
    ("searched in its history", "POST", "/history", {}),
    ("written", "POST", "/state", {"values": {"said": "x"}}),
    ("copied", "POST", "/copy", None),
    ("listed in its runs", "GET", "/runs", None),
    ("run on", "POST", "/runs", {"assistant_id": "chat", "input": {}}),
    ("run on and waited for", "POST", "/runs/wait", {"assistant_id": "chat", "input": {}}),
    ("run on and streamed", "POST", "/runs/stream", {"assistant_id": "chat", "input": {}}),
    (
        "made by a run",
        "POST",
        "/runs",
        {"assistant_id": "chat", "input": {}, "if_not_exists": "create"},
    ),
    ("resumed", "POST", "/runs/wait", {"assistant_id": "asks", "command": {"resume": "x"}}),
    ("deleted", "DELETE", "", None),
):

    async def _theirs(peer: Peer, method: str = _method, tail: str = _tail, body: Any = _body) -> Any:
        thread_id, _ = await _ran(peer)
        answer = await _as(BEN, peer, method, f"/threads/{thread_id}{tail}", body)
        mine = await _as(ANN, peer, "GET", f"/threads/{thread_id}/state")
        return [answer.shown(), mine.body["values"], mine.body["next"]]

    cases.row(f"another's thread is not {_sentence}", _theirs)

for _sentence, _method, _tail in (
    ("read", "GET", ""),
    ("cancelled", "POST", "/cancel"),
    ("deleted", "DELETE", ""),
):

    async def _their_run(peer: Peer, method: str = _method, tail: str = _tail) -> Any:
        thread_id, run_id = await _ran(peer)
        answer = await _as(BEN, peer, method, f"/threads/{thread_id}/runs/{run_id}{tail}")
        mine = await _as(ANN, peer, "GET", f"/threads/{thread_id}/runs/{run_id}")
        return [answer.shown(), mine.body["status"]]

    cases.row(f"another's run is not {_sentence}", _their_run)


@cases.ours(
    [200, {"__error__": {"error": "HTTPException", "message": "404: Run not found"}}],
    because="to somebody else a run is as if it were not there, word for word; the official server's words tell a "
    "hidden thread from a missing run",
)
async def anothers_run_is_not_joined(peer: Peer) -> Any:
    thread_id, run_id = await _ran(peer)
    answer = await _as(BEN, peer, "GET", f"/threads/{thread_id}/runs/{run_id}/join")
    return [answer.status, answer.body]


@cases.ours(
    [200, [["error", {"error": "HTTPException", "message": "404: Run not found"}]]],
    because="to somebody else a run is as if it were not there, word for word; the official server's words tell a "
    "hidden thread from a missing run",
)
async def anothers_run_is_not_streamed(peer: Peer) -> Any:
    thread_id, run_id = await _ran(peer)
    streamed = await peer.stream("GET", f"/threads/{thread_id}/runs/{run_id}/stream", headers=BEN)
    return [streamed.status, streamed.events()]


@cases.same()
async def a_taken_id_of_anothers_thread_conflicts(peer: Peer) -> Any:
    thread_id = await _thread(peer)
    return [
        (await _as(BEN, peer, "POST", "/threads", {"thread_id": thread_id, "if_exists": rule})).shown()
        for rule in ("raise", "do_nothing")
    ]


@cases.same()
async def a_search_finds_ones_own_threads_only(peer: Peer) -> Any:
    family = str(uuid4())
    for who in (ANN, ANN, BEN):
        await _thread(peer, who, metadata={"family": family})
    asked = {"metadata": {"family": family}}
    return [
        [
            len((await _as(who, peer, "POST", "/threads/search", asked)).body),
            (await _as(who, peer, "POST", "/threads/count", asked)).body,
        ]
        for who in (ANN, BEN)
    ]


@cases.same()
async def one_may_not_delete_what_the_handler_forbids(peer: Peer) -> Any:
    return (await _as(BEN, peer, "DELETE", f"/threads/{await _thread(peer, BEN)}")).shown()


@cases.same()
async def one_deletes_ones_own_thread(peer: Peer) -> Any:
    return (await _as(ANN, peer, "DELETE", f"/threads/{await _thread(peer)}")).shown()


for _sentence, _method, _tail, _body in (
    ("read", "GET", "", None),
    ("patched", "PATCH", "", {"name": "x"}),
    ("deleted", "DELETE", "", None),
    ("drawn", "GET", "/graph", None),
    ("told", "GET", "/schemas", None),
    ("listed in its versions", "POST", "/versions", {}),
    ("set to a version", "POST", "/latest", {"version": 1}),
):

    async def _their_assistant(peer: Peer, method: str = _method, tail: str = _tail, body: Any = _body) -> Any:
        assistant_id = await _assistant(peer)
        answer = await _as(BEN, peer, method, f"/assistants/{assistant_id}{tail}", body)
        return [answer.shown(), (await _as(ANN, peer, "GET", f"/assistants/{assistant_id}")).status]

    cases.row(f"another's assistant is not {_sentence}", _their_assistant)


@cases.same()
async def anothers_assistant_is_not_run(peer: Peer) -> Any:
    asked = {"assistant_id": await _assistant(peer), "input": {}}
    return (await _as(BEN, peer, "POST", f"/threads/{await _thread(peer, BEN)}/runs/wait", asked)).shown()


@cases.same()
async def ones_own_assistant_is_run(peer: Peer) -> Any:
    asked = {"assistant_id": await _assistant(peer, BEN), "input": {}}
    return (await _as(BEN, peer, "POST", f"/threads/{await _thread(peer, BEN)}/runs/wait", asked)).body


@cases.same()
async def a_search_finds_ones_own_assistants_only(peer: Peer) -> Any:
    family = str(uuid4())
    for who in (ANN, ANN, BEN):
        await _assistant(peer, who, metadata={"family": family})
    asked = {"metadata": {"family": family}}
    return [len((await _as(who, peer, "POST", "/assistants/search", asked)).body) for who in (ANN, BEN)]


@cases.same()
async def the_store_is_everybodys_own(peer: Peer) -> Any:
    key = str(uuid4())
    for who, value in ((ANN, {"of": "ann"}), (BEN, {"of": "ben"})):
        await _as(who, peer, "PUT", "/store/items", {"namespace": ["notes"], "key": key, "value": value})
    return [(await _as(who, peer, "GET", f"/store/items?namespace=notes&key={key}")).body for who in (ANN, BEN)]


@cases.same()
async def a_search_of_the_store_is_of_ones_own(peer: Peer) -> Any:
    space = str(uuid4())
    await _as(ANN, peer, "PUT", "/store/items", {"namespace": [space], "key": "k", "value": {}})
    asked = {"namespace_prefix": [space]}
    return [len((await _as(who, peer, "POST", "/store/items/search", asked)).body["items"]) for who in (ANN, BEN)]


@cases.same()
async def bulk_cancelling_anothers_runs_finds_none(peer: Peer) -> Any:
    thread_id = await _thread(peer)
    run = await _as(ANN, peer, "POST", f"/threads/{thread_id}/runs", {"assistant_id": "slow", "input": {}})
    asked = {"thread_id": thread_id, "run_ids": [run.body["run_id"]]}
    answer = await _as(BEN, peer, "POST", "/runs/cancel", asked)
    await _as(ANN, peer, "POST", f"/threads/{thread_id}/runs/{run.body['run_id']}/cancel?wait=1")
    return answer.shown()


# --- event streaming v2


async def _commanded(peer: Peer, who: dict[str, str], thread_id: str, method: str, **params: Any) -> Any:
    body = {"id": 1, "method": method, "params": params}
    return (await _as(who, peer, "POST", f"/threads/{thread_id}/commands", body)).shown()


@cases.same()
async def a_command_on_anothers_thread_finds_none(peer: Peer) -> Any:
    thread_id, _ = await _ran(peer)
    return [
        await _commanded(peer, BEN, thread_id, "run.start", assistant_id="chat", input={}),
        await _commanded(peer, BEN, thread_id, "input.respond", interrupt_id="x", response=1),
        (await peer.ask("POST", f"/threads/{thread_id}/commands", {"id": 1, "method": "run.start"})).shown(),
    ]
