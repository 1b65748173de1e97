"""Webhooks: which URLs a run may name, and what its receiver is told.

Receivers are routes of the project's own app: both servers reach those in their own process.
"""

import asyncio
from typing import Any
from uuid import uuid4

from tests.conformance.case import Cases
from tests.conformance.peer import Peer

cases = Cases("webhooks", project="configured")
_by_default = Cases("webhooks")


async def _asked(peer: Peer, url: Any) -> Any:
    return await peer.ask("POST", "/runs", {"assistant_id": "chat", "input": {}, "webhook": url})


for _sentence, _url in (
    ("this machine by address is refused", "https://127.0.0.1/x"),
    ("this machine by another address of its own is refused", "https://127.8.8.8/x"),
    ("this machine by a number is refused", "https://2130706433/x"),
    ("this machine by name is refused", "https://localhost:8000/x"),
    ("an address of the link is refused", "https://169.254.1.1/x"),
    ("the metadata of clouds is refused", "https://169.254.169.254/latest/meta-data"),
    ("nobody's address is refused", "https://0.0.0.0/x"),
    ("an address of documents is refused", "https://192.0.2.7/x"),
    ("a local address of IPv6 is refused", "https://[fe80::1]/x"),
    ("a host that nobody has is refused", "https://nobody.invalid/x"),
    ("another scheme is refused", "ftp://files.example/x"),
    ("a URL without a host is refused", "https:///x"),
    ("a path without its slash is refused", "own/hook"),
    ("a script is refused", "javascript:alert(1)"),
    ("a URL that is too long is refused", "https://8.8.8.8/" + "a" * 5000),
):

    async def _refused(peer: Peer, url: str = _url) -> Any:
        return (await _asked(peer, url)).shown()

    _by_default.row(_sentence, _refused)


@_by_default.same()
async def a_webhook_that_is_no_text_is_refused(peer: Peer) -> Any:
    return [(await _asked(peer, url)).refusal() for url in ("", 5, ["https://8.8.8.8/"])]


@_by_default.same()
async def a_public_https_url_is_kept_with_the_run(peer: Peer) -> Any:
    return (await _asked(peer, "https://8.8.8.8/x")).body["kwargs"]["webhook"]


@_by_default.same()
async def a_path_of_ones_own_is_refused_unless_the_project_allows_it(peer: Peer) -> Any:
    answer = await _asked(peer, "/own/hook")
    return [answer.status, answer.body["detail"].partition(".")[0]]


for _sentence, _url, _truth, _because in (
    (
        "plain http is refused",
        "http://8.8.8.8/x",
        "Webhook must use https, unless webhooks.url.require_https is false in langgraph.json",
        "What a run says goes over the network: unencrypted only where the project says so",
    ),
    (
        "a private network is refused",
        "https://10.0.0.1/x",
        "Webhook host blocked: blocked IP range",
        "Whoever may start runs could reach the servers beside this one; hosts that `allowed_domains` names are reached",
    ),
    (
        "a carriers network is refused",
        "https://100.64.0.1/x",
        "Webhook host blocked: blocked IP range",
        "A cloud keeps its metadata there, and nobody a receiver",
    ),
    (
        "a user in a URL is refused",
        "https://ann:word@8.8.8.8/x",
        "Webhook URL must not hold a user or password; see webhooks.headers in langgraph.json",
        "The run shows its webhook to everybody who may read it",
    ),
    (
        "a port that there is not is refused as other URLs are",
        "https://8.8.8.8:99999/x",
        "Invalid webhook URL: there is no port 99999",
        "Every URL that cannot be one is refused with 422",
    ),
):

    async def _refused_by_ours(peer: Peer, url: str = _url) -> Any:
        answer = await _asked(peer, url)
        return [answer.status, answer.body.get("detail")]

    _by_default.row(_sentence, _refused_by_ours, truth=[422, _truth], because=_because)


# --- what is told


async def _told(peer: Peer, name: str, seconds: float = 30) -> list[Any]:
    """What the project's route was told under that name, once it was."""
    for _ in range(int(seconds / 0.1)):
        if told := (await peer.ask("GET", f"/own/told/{name}")).body:
            return list(told)
        await asyncio.sleep(0.1)
    return []


def _shown(told: list[Any]) -> Any:
    of_interest = ("status", "error", "values", "multitask_strategy")
    return [
        {
            "keys": sorted(one["body"]),
            "headers": one["headers"],
            **{key: one["body"].get(key) for key in of_interest},
            "mine": one["body"]["metadata"].get("mine"),
            "webhook": one["body"]["kwargs"]["webhook"].partition("?")[0],
        }
        for one in told
    ]


async def _start(peer: Peer, thread_id: str | None, **body: Any) -> tuple[str, str]:
    name = f"n{uuid4().hex}"
    path = "/runs" if thread_id is None else f"/threads/{thread_id}/runs"
    asked = {"assistant_id": "does", "input": {}, "webhook": f"/own/hook?as={name}", **body}
    return str((await peer.ask("POST", path, asked)).body["run_id"]), name


for _sentence, _body in (
    ("a run that succeeded is told of", {"input": {"said": "hello"}, "metadata": {"mine": 1}}),
    ("a run that failed is told of", {"input": {"said": "fail"}}),
    ("a run that failed in secret is told of", {"input": {"said": "fail in secret"}}),
    ("a run that asks something is told of", {"input": {"said": "ask"}}),
):

    async def _ended(peer: Peer, body: dict[str, Any] = _body) -> Any:
        _, name = await _start(peer, await peer.thread(), **body)
        return _shown(await _told(peer, name))

    cases.row(_sentence, _ended)


@cases.same()
async def runs_without_a_thread_are_told_of_with_values_only_if_it_is_kept(peer: Peer) -> Any:
    names = [(await _start(peer, None))[1], (await _start(peer, None, on_completion="keep"))[1]]
    return [_shown(await _told(peer, name)) for name in names]


@cases.same()
async def a_run_that_is_cancelled_is_told_of(peer: Peer) -> Any:
    told = []
    for action in ("interrupt", "rollback"):
        thread_id = await peer.thread()
        run_id, name = await _start(peer, thread_id, input={"said": "sleep"})
        for _ in range(600):
            if (await peer.sdk.threads.get_state(thread_id))["next"]:
                break
            await asyncio.sleep(0.05)
        await peer.ask("POST", f"/threads/{thread_id}/runs/{run_id}/cancel?wait=true&action={action}", {})
        told.append(_shown(await _told(peer, name)))
    return told


@cases.ours(
    ["interrupted", "UserInterrupt"], because="Who waits for a webhook waits for the end of the run, and that is one"
)
async def a_run_that_is_cancelled_before_it_began_is_told_of(peer: Peer) -> Any:
    thread_id = await peer.thread()
    run_id, name = await _start(peer, thread_id, after_seconds=100)
    await peer.ask("POST", f"/threads/{thread_id}/runs/{run_id}/cancel", {})
    told = await _told(peer, name, 3 if peer.name == "official" else 30)
    return [told[0]["body"]["status"], told[0]["body"]["error"]["error"]] if told else []


@cases.same()
async def however_a_run_is_started_it_is_told_of(peer: Peer) -> Any:
    told = []
    for way in ("runs/wait", "runs/stream", "runs/batch"):
        name = f"n{uuid4().hex}"
        asked = {"assistant_id": "does", "input": {"said": "hello"}, "webhook": f"/own/hook?as={name}"}
        answer = await peer.http.post(f"/{way}", json=[asked] if way == "runs/batch" else asked)
        told.append([answer.status_code, _shown(await _told(peer, name))])
    return told


@cases.same()
async def what_is_not_taken_is_told_again(peer: Peer) -> Any:
    name = f"n{uuid4().hex}"
    await peer.ask("POST", "/runs", {"assistant_id": "does", "input": {}, "webhook": f"/own/moody?as={name}"})
    for _ in range(150):
        if len(told := await _told(peer, name)) > 1:
            return [len({one["body"]["run_id"] for one in told}), told[0]["body"]["status"]]
        await asyncio.sleep(0.1)
    return "told once"


cases.all += _by_default.all
