"""A server that traces to a stand-in for LangSmith: what arrives of runs that are started, stopped and judged over HTTP."""

import asyncio
import io
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from langgraph_sdk import get_client
from langgraph_sdk.client import LangGraphClient
from langsmith import Client
from rich.console import Console

from server.errors import PlanloomError
from server.review.command import Request, review
from server.review.langsmith_reader import LangSmithReader
from server.review.server_reader import ServerReader
from tests.acceptance.server.live import REPO, Planloom, fresh_database, serve
from tests.acceptance.server.running import named, new_thread, said, started
from tests.langsmith_server import LangSmithServer, QueriedLangSmith

PROJECT = REPO / "tests" / "project" / "traced" / "langgraph.json"
ABOVE = "20261121T152513314104Z01a1feb6-28cf-7739-a89a-c41521c6c2dc"
CALLER = {
    "langsmith-trace": ABOVE,
    "baggage": "langsmith-metadata=%7B%22team%22%3A%22blue%22%7D,langsmith-project=theirs",
}


@pytest.fixture(scope="module")
def langsmith() -> Iterator[QueriedLangSmith]:
    """Where the traces go, and are read again."""
    with QueriedLangSmith() as server:
        yield server


@pytest.fixture(scope="module")
def database(postgres_url: str, template_database: str) -> Iterator[str]:
    """The database of this module's servers."""
    with fresh_database(postgres_url, template_database) as url:
        yield url


@pytest.fixture(scope="module")
def traced(database: str, langsmith: LangSmithServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Planloom]:
    """A server whose runs are traced."""
    folder: Path = tmp_path_factory.mktemp("traced")
    environment = langsmith.environment(LANGSMITH_PROJECT="reviews", REVISION_ID="rev-7")
    with serve(database, folder, config=PROJECT, environment=environment) as server:
        assert server.url
        yield server


def known(server: Planloom, name: str = "ann", **headers: str) -> Any:
    """The SDK's client of somebody."""
    return get_client(url=server.url, headers={"authorization": f"Bearer {name}", **headers})


@pytest.fixture
async def client(traced: Planloom) -> AsyncIterator[LangGraphClient]:
    """Ann's client."""
    async with known(traced) as client:
        yield client


@pytest.fixture
async def http(traced: Planloom) -> AsyncIterator[httpx.AsyncClient]:
    """Ann's, without the SDK."""
    async with httpx.AsyncClient(base_url=traced.url, headers={"authorization": "Bearer ann"}, timeout=60) as http:
        yield http


async def test_a_runs_trace_has_its_id_and_says_who_ran_what(
    client: LangGraphClient, langsmith: LangSmithServer
) -> None:
    assistant = await client.assistants.create("echo", name="mine")
    await client.assistants.update(assistant["assistant_id"], name="mine again")
    thread_id = await new_thread(client)
    run = await client.runs.create(
        thread_id, assistant["assistant_id"], input=said("hi"), metadata={"session_id": "forged", "team": "red"}
    )
    await client.runs.join(thread_id, run["run_id"])
    root = langsmith.trace(run["run_id"])
    assert langsmith.tree(root) == ["chain echo", "  chain model", "    llm GenericFakeChatModel"]
    assert (root["trace_id"], root["session_name"]) == (run["run_id"], "reviews")
    told = root.metadata
    assert (told["thread_id"], told["session_id"], told["assistant_id"]) == (
        thread_id, thread_id, assistant["assistant_id"],
    )  # fmt: skip
    assert (told["assistant_version"], told["run_attempt"], told["revision_id"]) == (2, 1, "rev-7")
    assert (told["team"], told["run_status"]) == ("red", "success")
    assert told["owner"] == told["user_hash"] != "ann", "the thread's owner is ann"
    assert len(told["request_id"]) == 32
    assert "trace" not in (await client.runs.get(thread_id, run["run_id"]))["kwargs"]


async def test_a_streamed_answer_shows_the_time_of_its_first_token(
    client: LangGraphClient, langsmith: LangSmithServer
) -> None:
    thread_id = await new_thread(client)
    parts = [
        part async for part in client.runs.stream(thread_id, "echo", input=said("hi"), stream_mode="messages-tuple")
    ]
    root = langsmith.trace(named(parts, "metadata")[0]["run_id"])
    assert langsmith.below(root)[-1].events == ["start", "new_token", "end"]


async def test_a_resumed_runs_trace_names_the_one_that_asked(
    client: LangGraphClient, langsmith: LangSmithServer
) -> None:
    thread_id = await new_thread(client)
    asked = await client.runs.create(thread_id, "ask", input={"question": "which colour?"})
    await client.runs.join(thread_id, asked["run_id"])
    resumed = await client.runs.create(thread_id, "ask", command={"resume": "red"})
    await client.runs.join(thread_id, resumed["run_id"])
    first, second = langsmith.trace(asked["run_id"]), langsmith.trace(resumed["run_id"])
    assert (first.metadata["run_status"], first.tags[-1], first.get("error")) == ("interrupted", "interrupted", None)
    assert second.metadata["previous_run_id"] == asked["run_id"]
    assert (second.metadata["run_status"], second["outputs"]["answer"]) == ("success", "red")


async def test_a_run_of_event_streaming_is_traced_like_any_other(
    client: LangGraphClient, http: httpx.AsyncClient, langsmith: LangSmithServer
) -> None:
    thread_id = await new_thread(client)
    params = {"assistant_id": "ask", "input": {"question": "which colour?"}}
    answer = await http.post(f"/threads/{thread_id}/commands", json={"id": 1, "method": "run.start", "params": params})
    run_id = answer.json()["result"]["run_id"]
    await client.runs.join(thread_id, run_id)
    root = langsmith.trace(run_id)
    assert (root.metadata["run_status"], root.get("error")) == ("interrupted", None)
    assert [step.name for step in langsmith.below(root)] == ["ask"]


async def test_a_cancelled_runs_trace_says_so(client: LangGraphClient, langsmith: LangSmithServer) -> None:
    thread_id = await new_thread(client)
    run_id = await started(client, thread_id)
    await client.runs.cancel(thread_id, run_id, wait=True)
    root = langsmith.trace(run_id)
    assert [step.name for step in langsmith.below(root)] == ["before", "sleep"]
    for one in (root, langsmith.below(root)[-1]):
        assert (one.metadata["status"], one.get("error")) == ("cancelled", None)
    assert root["session_name"] == "naps", "what langgraph.json says of this graph"


async def test_langgraph_json_says_what_is_hidden_and_what_is_left_out(
    client: LangGraphClient, langsmith: LangSmithServer
) -> None:
    thread_id = await new_thread(client)
    slow = await client.runs.create(thread_id, "slow", input={"seconds": 0})
    await client.runs.join(thread_id, slow["run_id"])
    assert langsmith.trace(slow["run_id"])["outputs"]["log"] == "excluded: list of 3"
    thread_id = await new_thread(client)
    failed = await client.runs.create(thread_id, "fails", input={"kind": "secret"}, metadata={"note": "private"})
    await client.runs.join(thread_id, failed["run_id"])
    root = langsmith.trace(failed["run_id"])
    assert root["error"] == "SecretError"
    assert root.metadata["run_status"] == "error"
    for step in (root, *langsmith.below(root)):
        assert "secret" not in str(step["inputs"])
        assert "note" not in step.metadata


async def test_a_run_goes_where_its_caller_says(client: LangGraphClient, langsmith: LangSmithServer) -> None:
    thread_id, example = await new_thread(client), str(uuid4())
    chosen: Any = {"project_name": "evals", "example_id": example}
    run = await client.runs.create(thread_id, "echo", input=said("hi"), langsmith_tracing=chosen)
    await client.runs.join(thread_id, run["run_id"])
    root = langsmith.trace(run["run_id"])
    assert (root["session_name"], root["reference_example_id"]) == ("evals", example)
    assert (await client.runs.get(thread_id, run["run_id"]))["langsmith_session_name"] == "evals"


async def test_an_example_that_is_no_id_is_refused(http: httpx.AsyncClient) -> None:
    body = {"assistant_id": "echo", "input": said("hi"), "langsmith_tracer": {"example_id": "the third"}}
    answer = await http.post("/runs/wait", json=body)
    assert answer.status_code == 422
    assert "example_id" in answer.text


async def test_a_known_callers_trace_goes_on_here_but_not_where_it_says(
    traced: Planloom, langsmith: LangSmithServer
) -> None:
    async with known(traced, **CALLER) as client:
        run = await client.runs.create(None, "echo", input=said("hi"))
    root = langsmith.until("echo", run_id=run["run_id"])
    assert root["dotted_order"].startswith(ABOVE + ".")
    assert (root["parent_run_id"], root["session_name"]) == (ABOVE[-36:], "reviews")
    assert root.metadata["team"] == "blue"


async def test_feedback_urls_come_after_the_answer(client: LangGraphClient, langsmith: LangSmithServer) -> None:
    parts = [
        part
        async for part in client.runs.stream(
            None, "echo", input=said("hi"), stream_mode=["values"], feedback_keys=["helpful", "tone"]
        )
    ]
    assert [part.event for part in parts][-1] == "feedback"
    (urls,) = named(parts, "feedback")
    assert list(urls) == ["helpful", "tone"]
    assert all(url.startswith(f"{langsmith.url}/feedback/tokens/") for url in urls.values())
    run_id = named(parts, "metadata")[0]["run_id"]
    assert [(one["run_id"], one["feedback_key"]) for one in langsmith.token_requests[-2:]] == [
        (run_id, "helpful"),
        (run_id, "tone"),
    ]


async def test_a_run_that_cannot_be_traced_ends_like_any_other(client: LangGraphClient) -> None:
    odd = await client.assistants.create("echo", config={"metadata": "no object"})  # type: ignore[typeddict-unknown-key]
    thread_id = await new_thread(client)
    run = await client.runs.create(thread_id, odd["assistant_id"], input=said("hi"))
    async with asyncio.timeout(60):
        await client.runs.join(thread_id, run["run_id"])
    assert (await client.runs.get(thread_id, run["run_id"]))["status"] == "error"


async def test_feedback_is_recorded_against_the_trace(
    client: LangGraphClient, http: httpx.AsyncClient, langsmith: LangSmithServer
) -> None:
    thread_id = await new_thread(client)
    run = await client.runs.create(thread_id, "echo", input=said("hi"))
    await client.runs.join(thread_id, run["run_id"])
    judged = {"key": "helpful", "score": 0.5, "comment": "half of it, with sk-abcdefghijklmnop"}
    for path in (f"/threads/{thread_id}/runs/{run['run_id']}/feedback", f"/runs/{run['run_id']}/feedback"):
        answer = await http.post(path, json=judged)
        assert answer.status_code == 201, answer.text
        given = answer.json()
        assert (given["run_id"], given["key"], UUID(given["feedback_id"]).version) == (run["run_id"], "helpful", 7)
        (recorded,) = [one for one in langsmith.feedback if one["id"] == given["feedback_id"]]
        assert recorded["run_id"] == recorded["trace_id"] == run["run_id"]
        assert {name: recorded[name] for name in judged} == {**judged, "comment": "half of it, with [secret]"}
        source = recorded["feedback_source"]["metadata"]
        assert (source["run_id"], source["graph_id"]) == (run["run_id"], "echo")
        assert len(source["user_hash"]) == 24


async def test_feedback_that_says_nothing_or_is_on_nothing_is_refused(
    client: LangGraphClient, http: httpx.AsyncClient
) -> None:
    thread_id = await new_thread(client)
    run_id = (await client.runs.create(thread_id, "echo", input=said("hi"), after_seconds=3600))["run_id"]
    early = await http.post(f"/runs/{run_id}/feedback", json={"key": "helpful", "score": 1})
    assert (early.status_code, "has not started" in early.json()["detail"]) == (409, True)
    empty = await http.post(f"/runs/{run_id}/feedback", json={"key": "helpful"})
    assert (empty.status_code, "score" in empty.text) == (422, True)
    gone = await client.runs.create(None, "echo", input=said("hi"))
    await client.runs.join(gone["thread_id"], gone["run_id"])
    elsewhere = f"/threads/{await new_thread(client)}/runs/{run_id}/feedback"
    for path in (f"/runs/{uuid4()}/feedback", f"/runs/{gone['run_id']}/feedback", elsewhere):
        answer = await http.post(path, json={"key": "helpful", "score": 1})
        assert (answer.status_code, "feedback_keys" in answer.json()["detail"]) == (404, True), path


async def test_a_langsmith_that_does_not_answer_costs_no_run_and_says_so_to_feedback(
    client: LangGraphClient, http: httpx.AsyncClient, langsmith: LangSmithServer
) -> None:
    thread_id = await new_thread(client)
    langsmith.refuse_with = 500
    try:
        parts = [
            part
            async for part in client.runs.stream(
                thread_id, "echo", input=said("hi"), stream_mode="values", feedback_keys=["helpful"]
            )
        ]
        assert [part.event for part in parts] == ["metadata", "values", "values"]
        run_id = named(parts, "metadata")[0]["run_id"]
        answer = await http.post(f"/threads/{thread_id}/runs/{run_id}/feedback", json={"key": "helpful", "score": 1})
        assert (answer.status_code, "not recorded" in answer.json()["detail"]) == (503, True)
        health = (await http.get("/health/details")).json()
        assert (health["status"], health["dependencies"]["langsmith"]["status"]) == ("degraded", "degraded")
    finally:
        langsmith.recover()
    dropped = (await http.get("/metrics")).text
    assert "traces_dropped_total" in dropped
    assert (await http.get("/info")).json()["flags"]["langsmith"] is True


async def test_a_review_of_the_traces_tells_what_one_of_the_server_tells(
    client: LangGraphClient,
    http: httpx.AsyncClient,
    traced: Planloom,
    langsmith: QueriedLangSmith,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in langsmith.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("LANGSMITH_TRACING", "false")
    thread_id = await new_thread(client)
    await client.runs.wait(thread_id, "ask", input={"question": "why?"})
    await client.runs.wait(thread_id, "ask", command={"resume": "because"})
    asking, answering = (str(run["run_id"]) for run in reversed(await client.runs.list(thread_id)))
    langsmith.trace(asking)
    langsmith.trace(answering)
    assert (await http.post(f"/runs/{answering}/feedback", json={"key": "helpful", "score": 1})).is_success
    theirs = LangSmithReader(Client(auto_batch_tracing=False), "reviews")
    by_traces = (await theirs.thread(thread_id)).runs
    by_server = (await ServerReader(http).thread(thread_id)).runs
    for traces, server in zip(by_traces, by_server, strict=True):
        assert (traces.run_id, traces.graph, traces.outcome) == (server.run_id, server.graph, server.outcome)
        assert (traces.asked, traces.questions) == (server.asked, server.questions)
        assert [(span.name, span.status) for span in traces.spans] == [
            (span.name, span.status) for span in server.spans
        ]
    assert by_traces[0].questions[0].answer == "because"
    assert [one.text for one in by_traces[1].happenings] == [f"from run {asking}", "helpful: 1"]
    shown = io.StringIO()
    request = Request(traced.url, headers=["authorization: Bearer ann"], run=asking)
    await review(request, Console(file=shown, width=120))
    assert f"answered by run {answering}: because" in shown.getvalue()
    with pytest.raises(PlanloomError, match="who are you"):
        await review(Request(traced.url, run=asking), Console(file=shown))


async def test_what_is_left_is_sent_before_the_end(
    traced: Planloom, client: LangGraphClient, langsmith: LangSmithServer
) -> None:
    thread_id = await new_thread(client)
    run = await client.runs.create(thread_id, "echo", input=said("bye"))
    await client.runs.join(thread_id, run["run_id"])
    assert traced.stop() == 0
    assert any(one["id"] == run["run_id"] and one.is_ended for one in langsmith.runs)


async def test_a_key_alone_traces_nothing_and_is_told_how(
    database: str, langsmith: LangSmithServer, tmp_path: Path
) -> None:
    before = len(langsmith.requests)
    key_alone = {**langsmith.environment(), "LANGCHAIN_ENDPOINT": langsmith.url}
    del key_alone["LANGSMITH_TRACING"]
    with serve(database, tmp_path, config=PROJECT, environment=key_alone) as server:
        server.until("LANGSMITH_TRACING=true turns that on")
        async with known(server) as client:
            thread_id = await new_thread(client)
            parts = [
                part
                async for part in client.runs.stream(
                    thread_id, "echo", input=said("hi"), stream_mode="values", feedback_keys=["helpful"]
                )
            ]
            assert [part.event for part in parts] == ["metadata", "values", "values"]
            run_id = named(parts, "metadata")[0]["run_id"]
        headers = {"authorization": "Bearer ann"}
        async with httpx.AsyncClient(base_url=server.url, headers=headers, timeout=60) as http:
            answer = await http.post(f"/runs/{run_id}/feedback", json={"key": "helpful", "score": 1})
            assert (answer.status_code, "LANGSMITH_TRACING=true" in answer.json()["detail"]) == (409, True)
            assert (await http.get("/info")).json()["flags"]["langsmith"] is False
    assert len(langsmith.requests) == before
