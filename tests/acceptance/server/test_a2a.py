"""A2A end to end: the official client in both of its dialects against a live server, and two processes on one database."""

from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from a2a.client.errors import A2AClientError
from a2a.types import (
    CancelTaskRequest,
    GetExtendedAgentCardRequest,
    GetTaskRequest,
    ListTasksRequest,
    Message,
    Part,
    Role,
    StreamResponse,
    SubscribeToTaskRequest,
    Task,
    TaskState,
)
from a2a.utils.errors import (
    InvalidParamsError,
    TaskNotCancelableError,
    TaskNotFoundError,
    UnsupportedOperationError,
)
from google.protobuf.json_format import MessageToDict
from langgraph_sdk.client import LangGraphClient

from tests.acceptance.server.a2a_talk import card_of, client_of, data_part, said, send
from tests.acceptance.server.live import serve

DIALECTS = pytest.mark.parametrize("dialect", ["1.0", "0.3"])


async def _stream(events: AsyncIterator[StreamResponse]) -> list[StreamResponse]:
    return [event async for event in events]


def _texts(*messages: Message) -> list[str]:
    return [part.text for message in messages for part in message.parts]


@DIALECTS
async def test_a_message_is_answered_by_a_finished_task(http: httpx.AsyncClient, dialect: str) -> None:
    client = await client_of(http, "echo", dialect)
    task = await send(client, said("good morning"))
    assert task.status.state == TaskState.TASK_STATE_COMPLETED
    assert _texts(*task.history) == ["good morning", "You said: good morning"]
    assert [message.role for message in task.history] == [Role.ROLE_USER, Role.ROLE_AGENT]
    assert _texts(*(Message(parts=one.parts) for one in task.artifacts)) == ["You said: good morning"]
    assert await client.get_task(GetTaskRequest(id=task.id)) == task


@DIALECTS
async def test_a_stream_tells_the_words_as_they_come_then_the_artifact_then_the_end(
    http: httpx.AsyncClient, dialect: str
) -> None:
    client = await client_of(http, "echo", dialect, streaming=True)
    events = await _stream(client.send_message(said("one two three")))
    assert events[0].task.status.state == TaskState.TASK_STATE_SUBMITTED
    working = [event.status_update.status for event in events[1:-2]]
    assert {status.state for status in working} == {TaskState.TASK_STATE_WORKING}
    texts = _texts(*(status.message for status in working))
    assert texts[-1] == "You said: one two three"
    assert all(later.startswith(earlier) for earlier, later in pairwise(texts))
    assert events[-2].artifact_update.artifact.parts[0].text == "You said: one two three"
    assert events[-2].artifact_update.last_chunk
    assert events[-1].status_update.status.state == TaskState.TASK_STATE_COMPLETED


@DIALECTS
async def test_a_question_is_answered_in_the_same_task(http: httpx.AsyncClient, dialect: str) -> None:
    client = await client_of(http, "advise", dialect)
    asked = await send(client, said("the door"))
    assert asked.status.state == TaskState.TASK_STATE_INPUT_REQUIRED
    assert _texts(asked.status.message) == ["which colour for the door?"]
    question = MessageToDict(asked.artifacts[0].parts[0].data)
    assert asked.artifacts[0].name == "Interrupt"
    assert question["value"] == {"question": "which colour for the door?"}
    answered = await send(client, said(data_part({"resume": "red"}), task=asked))
    assert answered.id == asked.id
    assert answered.status.state == TaskState.TASK_STATE_COMPLETED
    assert _texts(*answered.history) == ["the door", "paint it red"]
    with pytest.raises(UnsupportedOperationError, match="terminal"):
        await send(client, said("blue then", task=answered))


async def test_words_answer_a_question_too_and_are_streamed(http: httpx.AsyncClient) -> None:
    client = await client_of(http, "advise", streaming=True)
    asked = await _stream(client.send_message(said("the gate")))
    assert asked[-1].status_update.status.state == TaskState.TASK_STATE_INPUT_REQUIRED
    answered = await _stream(client.send_message(said("green", task=asked[0].task)))
    assert {event.task.id or event.status_update.task_id or event.artifact_update.task_id for event in answered} == {
        asked[0].task.id
    }
    assert answered[-2].artifact_update.artifact.parts[0].text == "paint it green"
    assert answered[-1].status_update.status.state == TaskState.TASK_STATE_COMPLETED


async def test_several_questions_are_answered_by_their_ids(http: httpx.AsyncClient) -> None:
    client = await client_of(http, "asks_twice")
    asked = await send(client, said(data_part({"answers": []})))
    ids = {data["value"]: data["id"] for part in asked.artifacts[0].parts if (data := MessageToDict(part.data))}
    one = await send(client, said(data_part({"resume": {ids["left?"]: "L"}}), task=asked))
    assert _texts(one.status.message) == ["right?"]
    both = await send(client, said("R", task=one))
    assert both.status.state == TaskState.TASK_STATE_COMPLETED
    assert MessageToDict(both.artifacts[0].parts[0].data) == {"answers": ["left L", "right R"]}


async def test_an_answer_that_the_question_does_not_take_leaves_it_open(http: httpx.AsyncClient) -> None:
    client = await client_of(http, "rates")
    asked = await send(client, said(data_part({"ratings": []})))
    with pytest.raises(InvalidParamsError, match="stars"):
        await send(client, said(data_part({"resume": {"stars": 9}}), task=asked))
    assert (await client.get_task(GetTaskRequest(id=asked.id))).status == asked.status


@DIALECTS
async def test_a_task_is_cancelled_while_it_works(http: httpx.AsyncClient, dialect: str) -> None:
    client = await client_of(http, "slow", dialect)
    later = {"return_immediately": True}
    task = await send(client, said(data_part({"seconds": 60}), **later))
    assert task.status.state == TaskState.TASK_STATE_SUBMITTED
    cancelled = await client.cancel_task(CancelTaskRequest(id=task.id))
    assert cancelled.status.state == TaskState.TASK_STATE_CANCELED
    assert (await client.get_task(GetTaskRequest(id=task.id))).status == cancelled.status
    with pytest.raises(TaskNotCancelableError):
        await client.cancel_task(CancelTaskRequest(id=task.id))


async def test_a_cancelled_question_cannot_be_answered_any_more(
    http: httpx.AsyncClient, client: LangGraphClient
) -> None:
    agent = await client_of(http, "advise")
    asked = await send(agent, said("the wall"))
    cancelled = await agent.cancel_task(CancelTaskRequest(id=asked.id))
    assert cancelled.status.state == TaskState.TASK_STATE_CANCELED
    thread = await client.threads.get(asked.context_id)
    assert (thread["status"], thread["interrupts"]) == ("idle", {})
    with pytest.raises(UnsupportedOperationError):
        await send(agent, said("red", task=asked))


async def test_a_question_that_a_new_task_leaves_behind_is_cancelled(http: httpx.AsyncClient) -> None:
    client = await client_of(http, "advise")
    first = await send(client, said("the wall"))
    request = said("the floor")
    request.message.context_id = first.context_id
    second = await send(client, request)
    assert second.context_id == first.context_id
    states = [(await client.get_task(GetTaskRequest(id=one.id))).status.state for one in (first, second)]
    assert states == [TaskState.TASK_STATE_CANCELED, TaskState.TASK_STATE_INPUT_REQUIRED]


async def test_a_question_that_a_person_answers_elsewhere_completes_the_task(
    http: httpx.AsyncClient, client: LangGraphClient
) -> None:
    agent = await client_of(http, "advise")
    asked = await send(agent, said("the roof"))
    await client.runs.wait(asked.context_id, "advise", command={"resume": "slate"})
    task = await agent.get_task(GetTaskRequest(id=asked.id))
    assert task.status.state == TaskState.TASK_STATE_COMPLETED
    assert task.artifacts[0].parts[0].text == "paint it slate"


@DIALECTS
async def test_whoever_comes_later_hears_how_a_task_ends(http: httpx.AsyncClient, dialect: str) -> None:
    client = await client_of(http, "slow", dialect)
    listener = await client_of(http, "slow", dialect, streaming=True)
    task = await send(client, said(data_part({"seconds": 0.5}), return_immediately=True))
    events = await _stream(listener.subscribe(SubscribeToTaskRequest(id=task.id)))
    assert events[0].task.id == task.id
    assert MessageToDict(events[-2].artifact_update.artifact.parts[0].data)["log"] == ["before", "slept", "after"]
    assert events[-1].status_update.status.state == TaskState.TASK_STATE_COMPLETED
    with pytest.raises(UnsupportedOperationError):
        await _stream(listener.subscribe(SubscribeToTaskRequest(id=task.id)))


async def test_a_run_that_another_protocol_started_is_told_of_as_any(http: httpx.AsyncClient) -> None:
    listener = await client_of(http, "echo", streaming=True)
    params = {"assistant_id": "echo", "input": {"messages": "one two three"}, "after_seconds": 1}
    thread_id = uuid4()
    command = {"id": 1, "method": "run.start", "params": params}
    started = (await http.post(f"/threads/{thread_id}/commands", json=command)).json()["result"]
    events = await _stream(listener.subscribe(SubscribeToTaskRequest(id=f"{thread_id}:{started['run_id']}")))
    texts = _texts(*(event.status_update.status.message for event in events[1:-2]))
    assert texts[-1] == "You said: one two three"
    assert events[-1].status_update.status.state == TaskState.TASK_STATE_COMPLETED


async def test_a_message_to_a_task_at_work_is_taken_when_it_has_worked(http: httpx.AsyncClient) -> None:
    client = await client_of(http, "slow")
    task = await send(client, said(data_part({"seconds": 0.5}), return_immediately=True))
    more = await send(client, said(data_part({"seconds": 0}), task=task))
    assert (more.id, more.status.state) == (task.id, TaskState.TASK_STATE_COMPLETED)
    assert len(MessageToDict(more.artifacts[0].parts[0].data)["log"]) == 6


@DIALECTS
async def test_a_failure_is_told_without_secrets(http: httpx.AsyncClient, dialect: str) -> None:
    client = await client_of(http, "fails", dialect)
    told = [
        _texts((await send(client, said(data_part({"kind": kind})))).status.message)[0] for kind in ("value", "secret")
    ]
    assert told[0] == "Error executing assistant: ValueError: shown to the caller"
    assert told[1] == "Error executing assistant: SecretError: An internal error occurred"


async def test_the_tasks_of_an_assistant_are_listed_in_pages(http: httpx.AsyncClient, client: LangGraphClient) -> None:
    assistant = (await client.assistants.create("advise", name="of this test"))["assistant_id"]
    agent = await client_of(http, assistant)
    tasks = [await send(agent, said(text)) for text in ("a", "b", "c")]
    await send(agent, said("red", task=tasks[0]))
    seen, token = list[Task](), ""
    for _ in range(3):
        page = await agent.list_tasks(ListTasksRequest(page_size=1, page_token=token, history_length=1))
        assert (page.total_size, len(page.tasks)) == (3, 1)
        seen, token = [*seen, *page.tasks], page.next_page_token
    assert token == ""
    assert [task.id for task in seen] == [task.id for task in reversed(tasks)]
    assert [_texts(*task.history) for task in seen] == [["c"], ["b"], ["paint it red"]]
    assert not any(task.artifacts for task in seen)
    waiting = ListTasksRequest(status=TaskState.TASK_STATE_INPUT_REQUIRED, include_artifacts=True)
    waits = await agent.list_tasks(waiting)
    assert [task.id for task in waits.tasks] == [tasks[2].id, tasks[1].id]
    assert all(task.artifacts for task in waits.tasks)
    here = await agent.list_tasks(ListTasksRequest(context_id=tasks[1].context_id))
    assert [task.id for task in here.tasks] == [tasks[1].id]
    since = ListTasksRequest()
    since.status_timestamp_after.CopyFrom(tasks[2].status.timestamp)
    assert [task.id for task in (await agent.list_tasks(since)).tasks] == [tasks[0].id]
    with pytest.raises(InvalidParamsError, match="pageToken"):
        await agent.list_tasks(ListTasksRequest(page_token="elsewhere"))


async def test_a_history_may_be_of_the_task_alone(http: httpx.AsyncClient) -> None:
    client = await client_of(http, "echo")
    first = await send(client, said("one"))
    request = said("two")
    request.message.context_id = first.context_id
    second = await send(client, request)
    assert _texts(*second.history) == ["one", "You said: one", "two", "You said: two"]
    assert [message.task_id for message in second.history] == [first.id, first.id, second.id, second.id]
    body = {"jsonrpc": "2.0", "id": 1, "method": "GetTask", "params": {"id": first.id}}
    alone = await http.post("/a2a/echo", json=body, headers={"LangGraph-A2A-History-Scope": "task"})
    assert [message["parts"] for message in alone.json()["result"]["history"]] == [
        [{"text": "one"}],
        [{"text": "You said: one"}],
    ]


@DIALECTS
async def test_files_reach_the_graph_and_come_back_in_the_history(
    http: httpx.AsyncClient, client: LangGraphClient, dialect: str
) -> None:
    agent = await client_of(http, "echo", dialect)
    picture = Part(raw=b"\x89PNG", media_type="image/png", filename="x.png")
    paper = Part(url="https://example.com/y.pdf", media_type="application/pdf")
    task = await send(agent, said("look", picture, paper))
    state = await client.threads.get_state(task.context_id)
    assert state["values"]["messages"][0]["content"] == [  # type: ignore[call-overload]
        {"type": "text", "text": "look"},
        {"type": "image", "base64": "iVBORw==", "mime_type": "image/png", "extras": {"filename": "x.png"}},
        {"type": "file", "url": "https://example.com/y.pdf", "mime_type": "application/pdf"},
    ]
    assert list(task.history[0].parts) == [Part(text="look"), picture, paper]


async def test_what_is_not_there_or_not_served_is_refused_by_its_code(http: httpx.AsyncClient) -> None:
    client = await client_of(http, "echo")
    task = await send(client, said("x"))
    other = await client_of(http, "advise")
    for agent, task_id in ((client, "nothing"), (client, f"{uuid4()}:{uuid4()}"), (other, task.id)):
        with pytest.raises(TaskNotFoundError):
            await agent.get_task(GetTaskRequest(id=task_id))
    with pytest.raises(InvalidParamsError, match="'messages' field"):
        await send(await client_of(http, "slow"), said("words"))
    with pytest.raises(A2AClientError):
        await card_of(http, str(uuid4()))
    elsewhere = said("x")
    elsewhere.message.context_id = "no uuid"
    with pytest.raises(InvalidParamsError, match="contextId"):
        await send(client, elsewhere)


@DIALECTS
async def test_the_extended_card_is_the_card(http: httpx.AsyncClient, dialect: str) -> None:
    card = await card_of(http, "echo")
    assert card.capabilities.extended_agent_card
    client = await client_of(http, "echo", dialect)
    assert (await client.get_extended_agent_card(GetExtendedAgentCardRequest())).skills == card.skills
    body = {"jsonrpc": "2.0", "id": 1, "method": "GetExtendedAgentCard"}
    extended = (await http.post("/a2a/echo", json=body)).json()["result"]
    assert extended == (await http.get("/.well-known/agent-card.json?assistant_id=echo")).json()


async def test_a_version_that_is_not_spoken_is_refused_by_its_code(http: httpx.AsyncClient) -> None:
    body = {"jsonrpc": "2.0", "id": 1, "method": "ListTasks", "params": {}}

    async def code(version: str) -> int | None:
        answer = await http.post("/a2a/echo", json=body, headers={"A2A-Version": version})
        found: int | None = answer.json().get("error", {}).get("code")
        return found

    assert [await code(one) for one in ("", "0.3", "0.3.0", "1.0", "1.0.7", "99.0", "1")] == [None] * 5 + [-32009] * 2


async def test_a_task_goes_on_in_another_process(http: httpx.AsyncClient, live_database: str, tmp_path: Path) -> None:
    asked = await send(await client_of(http, "advise"), said("the door"))
    with serve(live_database, tmp_path, "--workers", "2") as other:
        async with httpx.AsyncClient(base_url=other.url, timeout=60) as there:
            client = await client_of(there, "advise", "0.3")
            found = await client.get_task(GetTaskRequest(id=asked.id))
            assert (found.status, found.artifacts) == (asked.status, asked.artifacts)
            answered = await send(client, said("red", task=found))
    assert (answered.id, answered.status.state) == (asked.id, TaskState.TASK_STATE_COMPLETED)
    here = await (await client_of(http, "advise")).get_task(GetTaskRequest(id=asked.id))
    assert here.artifacts[0].parts[0].text == "paint it red"
