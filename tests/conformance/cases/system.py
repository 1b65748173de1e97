"""What every server tells of itself, and how it refuses."""

from typing import Any
from uuid import uuid4

from tests.conformance.case import Cases
from tests.conformance.peer import Peer

cases = Cases("system and refusals")


@cases.same()
async def the_server_is_ok(peer: Peer) -> Any:
    return [(await peer.ask("GET", path)).shown() for path in ("/ok", "/ok?check_db=1", "/")]


@cases.same()
async def info_tells_what_a_chat_ui_looks_for(peer: Peer) -> Any:
    answer = await peer.ask("GET", "/info")
    return [answer.status, answer.headers, {"version", "langgraph_py_version", "flags"} <= set(answer.body)]


@cases.same()
async def info_tells_which_version_of_the_api_is_served(peer: Peer) -> Any:
    """Studio decides by the version, and by the last flag, what it offers."""
    told = (await peer.ask("GET", "/info")).body
    named = ("assistants", "crons", "langsmith", "langsmith_tracing_session_on_runs")
    return [told["version"], {name: told["flags"][name] for name in named}, told["host"]]


@cases.same()
async def the_openapi_document_is_served(peer: Peer) -> Any:
    answer = await peer.ask("GET", "/openapi.json")
    return [answer.status, answer.body["openapi"][:3]]


@cases.same()
async def the_reference_is_served_as_a_page(peer: Peer) -> Any:
    answer = await peer.ask("GET", "/docs")
    return [answer.status, answer.headers["content-type"]]


@cases.same()
async def every_answer_varies_by_origin(peer: Peer) -> Any:
    response = await peer.http.get("/ok", headers={"origin": "https://example.com"})
    return [response.headers.get("vary"), response.headers.get("access-control-allow-origin")]


@cases.same()
async def a_browser_may_ask_first(peer: Peer) -> Any:
    headers = {
        "origin": "https://example.com",
        "access-control-request-method": "POST",
        "access-control-request-headers": "content-type,x-mine",
    }
    response = await peer.http.options("/threads", headers=headers)
    return [
        response.status_code,
        response.text,
        response.headers.get("access-control-allow-origin"),
        response.headers.get("access-control-max-age"),
        "x-mine" in response.headers.get("access-control-allow-headers", ""),
        {"DELETE", "GET", "PATCH", "POST", "PUT"}
        <= set(response.headers.get("access-control-allow-methods", "").replace(" ", "").split(",")),
    ]


@cases.ours(
    [200, "true"],
    because="the official server answers such a preflight with 400 and the permission in one, so that a browser stops there",
)
async def a_hosted_page_may_talk_to_a_local_server(peer: Peer) -> Any:
    headers = {
        "origin": "https://smith.langchain.com",
        "access-control-request-method": "POST",
        "access-control-request-private-network": "true",
    }
    response = await peer.http.options("/threads", headers=headers)
    return [response.status_code, response.headers.get("access-control-allow-private-network")]


@cases.same()
async def a_browser_may_read_the_headers_that_clients_need(peer: Peer) -> Any:
    response = await peer.http.get("/ok", headers={"origin": "https://example.com"})
    exposed = response.headers.get("access-control-expose-headers", "").replace(" ", "").split(",")
    return {"x-pagination-total", "x-pagination-next", "content-location"} <= set(exposed)


T = "00000000-0000-4000-8000-000000000000"
"""An id that nothing has."""

for _sentence, _method, _path, _body in (
    ("an unknown route is not found", "GET", "/nowhere", None),
    ("a known route refuses another verb", "PUT", "/threads", {}),
    ("a run is no route of its own", "GET", f"/runs/{T}", None),
    ("a thread id must be a UUID", "GET", "/threads/xx", None),
    ("a thread id to patch must be a UUID", "PATCH", "/threads/xx", {"metadata": {}}),
    ("a thread id to delete must be a UUID", "DELETE", "/threads/xx", None),
    ("a state's thread id must be a UUID", "GET", "/threads/xx/state", None),
    ("a history's thread id must be a UUID", "POST", "/threads/xx/history", {}),
    ("a run id must be a UUID", "GET", f"/threads/{T}/runs/xx", None),
    ("a run on an unknown thread is not found by id", "GET", f"/threads/{T}/runs/{T}", None),
    ("an assistant must be named", "POST", f"/threads/{T}/runs", {"input": {}}),
    ("metadata of a thread must be an object", "POST", "/threads", {"metadata": "text"}),
    ("an unknown way to treat an existing thread", "POST", "/threads", {"if_exists": "bogus"}),
    ("a thread id to create must be a UUID", "POST", "/threads", {"thread_id": "xx"}),
    ("a run's config must be an object", "POST", f"/threads/{T}/runs", {"assistant_id": "steps", "config": 1}),
    ("a run's metadata must be an object", "POST", f"/threads/{T}/runs", {"assistant_id": "steps", "metadata": 1}),
    ("a stateless run needs an assistant", "POST", "/runs/wait", {"input": {}}),
    ("a stateless run of an unknown graph is refused", "POST", "/runs/stream", {"assistant_id": "nope"}),
    ("a body must be an object", "POST", "/threads", [1]),
    ("an unknown disconnect rule", "POST", "/runs/wait", {"assistant_id": "steps", "on_disconnect": "bogus"}),
    ("an unknown completion rule", "POST", "/runs", {"assistant_id": "steps", "on_completion": "bogus"}),
    ("an unknown durability", "POST", "/runs", {"assistant_id": "steps", "durability": "bogus"}),
    ("a delay must be a number", "POST", "/runs", {"assistant_id": "steps", "after_seconds": "soon"}),
    ("stream_subgraphs must be a truth value", "POST", "/runs", {"assistant_id": "steps", "stream_subgraphs": "x"}),
):

    async def _refused(peer: Peer, method: str = _method, path: str = _path, body: Any = _body) -> Any:
        answer = await peer.ask(method, path, body)
        return answer.refusal() if answer.status == 422 and "must be a UUID" not in str(answer.body) else answer.shown()

    cases.row(_sentence, _refused)

for _sentence, _content in {
    "no body": b"",
    "text": b"hello",
    "an open bracket": b'{"metadata":',
    "NaN": b'{"metadata":{"x":NaN}}',
}.items():

    async def _no_json(peer: Peer, content: bytes = _content) -> Any:
        return (await peer.ask("POST", "/threads", content=content)).shown()

    cases.row(f"{_sentence} is no JSON", _no_json)


@cases.same()
async def a_trailing_slash_is_redirected(peer: Peer) -> Any:
    answer = await peer.ask("POST", "/threads/", {})
    return [answer.status, answer.headers.get("location", "").replace(peer.url, "")]


@cases.same()
async def what_is_not_there_is_not_found_alike(peer: Peer) -> Any:
    missing = uuid4()
    return [
        (await peer.ask("POST", f"/threads/{missing}/runs/{way}", {"assistant_id": "steps"})).shown()
        for way in ("wait", "stream")
    ]
