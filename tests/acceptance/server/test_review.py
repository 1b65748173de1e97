"""`planloom review` of runs on a live server: what it reads from records, events and checkpoints."""

import io
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from langgraph_sdk.client import LangGraphClient
from langgraph_sdk.schema import StreamMode
from rich.console import Console

from server.errors import PlanloomError
from server.review.command import Request, review
from server.review.model import RunReview, Span
from server.review.run_facts import NO_RECORD
from server.review.server_reader import ServerReader
from tests.acceptance.server.live import Planloom
from tests.acceptance.server.running import new_thread, said, started


class _WithoutRecords(httpx.AsyncHTTPTransport):
    """A LangGraph server that is not ours."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/record"):
            return httpx.Response(404, json={"detail": "Not Found"})
        return await super().handle_async_request(request)


@pytest.fixture
async def reader(http: httpx.AsyncClient) -> ServerReader:
    return ServerReader(http)


@pytest.fixture
async def foreign(live: Planloom) -> AsyncIterator[ServerReader]:
    async with httpx.AsyncClient(base_url=live.url, transport=_WithoutRecords(), timeout=60) as http:
        yield ServerReader(http)


async def _shown(live: Planloom, html: Path | None = None, **asked: object) -> str:
    screen = io.StringIO()
    await review(Request(live.url, html=html, **asked), Console(file=screen, width=120, highlight=False))  # type: ignore[arg-type]
    return screen.getvalue()


def _named(run: RunReview, name: str) -> Span:
    return next(span for _, span in run.flat() if span.name == name)


async def test_a_run_that_nobody_streamed_is_shown_node_by_node_from_its_checkpoints(
    client: LangGraphClient, reader: ServerReader
) -> None:
    thread_id = await new_thread(client)
    await client.runs.wait(thread_id, "parent", input={"log": []})
    (run,) = (await reader.thread(thread_id)).runs
    assert [(depth, span.name, span.status) for depth, span in run.flat()] == [
        (0, "first", "ok"),
        (0, "child", "ok"),
        (1, "child_step", "ok"),
    ]
    child, step = _named(run, "child"), _named(run, "child_step")
    assert run.seconds is not None and child.seconds is not None and step.seconds is not None
    assert 0 < step.seconds <= child.seconds <= run.seconds
    assert child.wrote == ("log",)
    assert (run.outcome, run.attempts, run.error) == ("success", 1, None)


async def test_a_question_in_a_subgraph_is_shown_with_the_answer_that_a_later_run_brought(
    client: LangGraphClient, reader: ServerReader
) -> None:
    thread_id = await new_thread(client)
    await client.runs.wait(thread_id, "outer", input={"question": "why?"})
    (run,) = (await reader.thread(thread_id)).runs
    assert (run.outcome, [question.is_answered for question in run.questions]) == ("interrupted", [False])
    await client.runs.wait(thread_id, "outer", command={"resume": "because"})
    asking, answering = (await reader.thread(thread_id)).runs
    (question,) = asking.questions
    assert (question.node, question.value, question.answer) == ("ask", {"question": "why?"}, "because")
    assert question.answered_by == answering.run_id
    assert [(span.name, span.status) for _, span in asking.flat()] == [("inner", "interrupted"), ("ask", "interrupted")]
    assert [span.name for _, span in answering.flat()] == ["inner", "ask", "close"]
    assert (answering.outcome, answering.asked, answering.questions) == ("success", "answered: because", ())


async def test_each_of_two_answers_goes_to_its_own_question(client: LangGraphClient, reader: ServerReader) -> None:
    thread_id = await new_thread(client)
    await client.runs.wait(thread_id, "asks_twice", input={})
    asked = (await client.threads.get_state(thread_id))["interrupts"]
    answers = {str(one["id"]): one["value"].upper() for one in asked}
    await client.runs.wait(thread_id, "asks_twice", command={"resume": answers})
    asking, _ = (await reader.thread(thread_id)).runs
    assert {question.value: question.answer for question in asking.questions} == {"left?": "LEFT?", "right?": "RIGHT?"}


async def test_a_cancelled_run_shows_what_it_was_stopped_in(client: LangGraphClient, reader: ServerReader) -> None:
    thread_id = await new_thread(client)
    run_id = await started(client, thread_id)
    (going,) = (await reader.run(run_id)).runs
    assert (going.outcome, going.ended_at) == ("running", None)
    await client.runs.cancel(thread_id, run_id, wait=True)
    (run,) = (await reader.run(run_id)).runs
    assert (run.outcome, _named(run, "before").status, _named(run, "sleep").status) == ("cancelled", "ok", "cancelled")
    assert [(one.name, one.text) for one in run.happenings] == [("cancelled", "stopped by a cancel (interrupt)")]


async def test_a_failure_is_shown_where_it_happened(client: LangGraphClient, reader: ServerReader) -> None:
    thread_id = await new_thread(client)
    await client.runs.wait(thread_id, "fails", input={"kind": "value"}, raise_error=False)
    (run,) = (await reader.thread(thread_id)).runs
    assert (run.outcome, run.error) == ("error", "ValueError: shown to the caller")
    assert (_named(run, "fail").status, _named(run, "fail").error) == ("error", "ValueError('shown to the caller')")


async def test_what_was_streamed_tells_the_first_token_and_the_graphs_own_events(
    client: LangGraphClient, reader: ServerReader
) -> None:
    thread_id = await new_thread(client)
    for modes in (["messages-tuple", "custom"], ["events"], ["values"]):
        async for _ in client.runs.stream(thread_id, "echo", input=said(f"by {modes[0]}"), stream_mode=modes):
            pass
    by_messages, by_events, by_values = (await reader.thread(thread_id)).runs
    assert [one.text for one in by_messages.happenings] == ["by messages-tuple"]
    assert by_messages.first_token_seconds is not None and by_messages.models[0].seconds is None
    assert by_events.models[0].seconds is not None and by_events.first_token_seconds is not None
    assert by_values.first_token_seconds is None
    assert any("nobody streamed `messages` of this run (it streamed values)" in line for line in by_values.missing)
    assert [run.said for run in (by_messages, by_values)] == ["You said: by messages-tuple", "You said: by values"]
    assert all(len(run.models) == 1 for run in (by_messages, by_events, by_values))  # not those of the runs before


async def test_a_run_of_event_streaming_v2_is_told_from_its_own_events(
    client: LangGraphClient, http: httpx.AsyncClient, reader: ServerReader
) -> None:
    thread_id = await new_thread(client)
    params = {"assistant_id": "echo", "input": said("two words")}
    command = {"id": 1, "method": "run.start", "params": params}
    began = (await http.post(f"/threads/{thread_id}/commands", json=command)).json()
    run_id = began["result"]["run_id"]
    await client.runs.join(thread_id, run_id)
    (run,) = (await reader.run(run_id)).runs
    assert (run.said, [one.name for one in run.happenings]) == ("You said: two words", ["heard"])
    assert run.first_token_seconds is not None
    assert [(depth, span.kind) for depth, span in run.flat()] == [(0, "node"), (1, "model")]


async def test_a_long_log_is_read_page_by_page(client: LangGraphClient, reader: ServerReader) -> None:
    thread_id = await new_thread(client)
    async for _ in client.runs.stream(thread_id, "flood", input={"count": 1100}, stream_mode="custom"):
        pass
    (run,) = (await reader.thread(thread_id)).runs
    assert [one.data["number"] for one in run.happenings] == list(range(1100))


async def test_durability_exit_leaves_no_nodes_unless_tasks_were_streamed(
    client: LangGraphClient, reader: ServerReader
) -> None:
    thread_id = await new_thread(client)
    modes: tuple[StreamMode, StreamMode] = ("values", "tasks")
    for mode in modes:
        async for _ in client.runs.stream(thread_id, "slow", input={"seconds": 0}, durability="exit", stream_mode=mode):
            pass
    unknown, told = (await reader.thread(thread_id)).runs
    assert unknown.spans == () and any("durability is `exit`" in line for line in unknown.missing)
    assert [(span.name, span.seconds is not None) for span in told.spans] == [
        ("before", True),
        ("sleep", True),
        ("after", True),
    ]


async def test_runs_of_a_server_that_keeps_no_records_are_reviewed_by_their_checkpoints(
    client: LangGraphClient, foreign: ServerReader
) -> None:
    thread_id = await new_thread(client)
    await client.runs.wait(thread_id, "slow", input={"seconds": 0})
    (run,) = (await foreign.thread(thread_id)).runs
    assert ([span.name for span in run.spans], run.graph, run.missing[0]) == (
        ["before", "sleep", "after"],
        "slow",
        NO_RECORD,
    )


async def test_two_runs_are_put_side_by_side(client: LangGraphClient, live: Planloom, tmp_path: Path) -> None:
    thread_id = await new_thread(client)
    for words in ("one and the same", "one and another"):
        await client.runs.wait(thread_id, "echo", input=said(words))
    ids = [run["run_id"] for run in reversed(await client.runs.list(thread_id))]
    page = tmp_path / "compared.html"
    shown = await _shown(live, html=page, compare=tuple(ids))
    assert "[-the same]" in shown and "[+another]" in shown
    assert '<span class="left">the same</span><span class="right">another</span>' in page.read_text(encoding="utf-8")


async def test_the_report_is_one_file_that_loads_nothing_and_shows_markup_as_text(
    client: LangGraphClient, live: Planloom, tmp_path: Path
) -> None:
    thread_id = await new_thread(client)
    await client.runs.wait(thread_id, "echo", input=said("<script>alert(1)</script> & <b>bold</b>"))
    page = tmp_path / "review.html"
    shown = await _shown(live, html=page, thread=thread_id)
    assert "You said: <script>alert(1)</script>" in shown and f"wrote {page}" in shown
    text = page.read_text(encoding="utf-8")
    assert "<script" not in text and "&lt;script&gt;alert(1)&lt;/script&gt; &amp; &lt;b&gt;" in text
    assert "default-src &#x27;none&#x27;" in text
    assert not any(loaded in text for loaded in ("src=", "<link", "@import", "url("))


async def test_without_options_the_newest_run_is_shown(client: LangGraphClient, live: Planloom) -> None:
    thread_id = await new_thread(client)
    await client.runs.wait(thread_id, "echo", input=said("before"))
    await client.runs.wait(thread_id, "echo", input=said("the newest of all"))
    shown = await _shown(live)
    assert "> the newest of all" in shown and "> before" not in shown


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"run": "01a1fe99-0000-7000-8000-000000000000"}, "has no run 01a1fe99-0000-7000-8000-000000000000"),
        ({"thread": "01a1fe99-0000-7000-8000-000000000000"}, "has no thread 01a1fe99-0000-7000-8000-000000000000"),
        ({"run": "nonsense"}, "Invalid run ID: must be a UUID"),
        ({"run": "a", "compare": ("a", "b")}, "name one of both"),
        ({"headers": ["nonsense"]}, "--header has something that is no header"),
    ],
)
async def test_what_is_not_there_is_said_in_a_line(live: Planloom, asked: dict[str, object], told: str) -> None:
    with pytest.raises(PlanloomError, match=told):
        await _shown(live, **asked)


async def test_a_server_that_does_not_answer_is_named() -> None:
    with pytest.raises(PlanloomError, match=r"No server answers at http://127\.0\.0\.1:9"):
        await review(Request("http://127.0.0.1:9"), Console(file=io.StringIO()))
