"""A2A: cards, the calls of both dialects, streams, questions and answers, tasks."""

import asyncio
from typing import Any
from uuid import uuid4

from tests.conformance.a2a_calls import (
    TAKES_BOTH,
    ask,
    body_of,
    call,
    code_of,
    data_part,
    id_of,
    names_of,
    said,
    said_now,
    streamed,
)
from tests.conformance.case import Cases
from tests.conformance.peer import Peer

cases = Cases("A2A")

MESSAGE_IDS = {
    "messageId": "messages are streamed whoever asks, for those who subscribe later; the library names those otherwise"
}
SAID_OF_STATUS = {
    "status.message": "the official server says of a finished task that it is finished, and of one that needs input "
    "nothing; ours shows the question"
}
HISTORY = {"history": "the official server tells no history of what it cancels or what fails"}


async def _working(peer: Peer, params: dict[str, Any]) -> tuple[asyncio.Task[Any], dict[str, Any]]:
    """A call that waits for a task of `slow`, and that task, which works by now."""
    context_id = str(uuid4())
    params["message"]["contextId"] = context_id
    waiting = asyncio.create_task(call(peer, "slow", "message/send", params))
    for _ in range(600):
        tasks = (await call(peer, "slow", "ListTasks", {"contextId": context_id}))["tasks"]
        if tasks and tasks[0]["status"]["state"] == "TASK_STATE_WORKING":
            return waiting, tasks[0]
        await asyncio.sleep(0.05)
    raise AssertionError("the task does not get to work")


# --- cards

_OF_THE_SERVER = {
    "version": "it is the server's",
    "preferredTransport": "clients of dialect 0.3 want to be told",
    "protocolVersion": "clients of dialect 0.3 want to be told",
    "supportedInterfaces": "the official server offers 1.0 alone, though it speaks 0.3 as well; ours offers both",
    "capabilities.pushNotifications": "ours are sent",
    "capabilities.extendedAgentCard": "both serve it, ours says so",
    "supportsAuthenticatedExtendedCard": "both serve it, ours says so",
}


@cases.same(but_for=_OF_THE_SERVER)
async def a_card_tells_what_an_assistant_does(peer: Peer) -> Any:
    card = (await peer.ask("GET", f"/a2a/{id_of('writes')}")).body
    return [card, card["supportedInterfaces"][0]]


@cases.same(but_for=_OF_THE_SERVER)
async def a_card_is_found_at_three_addresses(peer: Peer) -> Any:
    of = id_of("steps")
    paths = (f"/a2a/{of}", f"/a2a/{of}/.well-known/agent-card.json", f"/.well-known/agent-card.json?assistant_id={of}")
    return [(await peer.ask("GET", path)).shown() for path in paths]


@cases.same()
async def there_is_no_card_without_an_assistant(peer: Peer) -> Any:
    paths = ("/.well-known/agent-card.json", f"/.well-known/agent-card.json?assistant_id={uuid4()}", f"/a2a/{uuid4()}")
    return [(await peer.ask("GET", path)).shown() for path in paths]


@cases.ours(
    [[200, "steps"], [200, "steps"], [200, None]],
    because="wherever an assistant's id is taken, a graph's name is, as in runs; the official server wants a UUID",
)
async def a_graphs_name_is_an_address(peer: Peer) -> Any:
    cards = [await peer.ask("GET", path) for path in ("/a2a/steps", "/.well-known/agent-card.json?assistant_id=steps")]
    called = await ask(peer, "", "message/send", said({"note": "n"}), path="/a2a/steps")
    return [
        *([card.status, card.body.get("name")] for card in cards),
        [called.status, code_of(called.body.get("error"))],
    ]


@cases.same(but_for=_OF_THE_SERVER)
async def the_extended_card_is_the_card(peer: Peer) -> Any:
    return await call(peer, "steps", "GetExtendedAgentCard", {})


# --- envelopes

for _sentence, _content in (
    ("no JSON", b"{"),
    ("a list", b'[{"jsonrpc": "2.0", "id": 1, "method": "tasks/get"}]'),
    ("no version", b'{"id": 1, "method": "tasks/get", "params": {}}'),
    ("another version", b'{"jsonrpc": "1.0", "id": 1, "method": "tasks/get", "params": {}}'),
    ("no method", b'{"jsonrpc": "2.0", "id": 1, "params": {}}'),
    ("a method that is no text", b'{"jsonrpc": "2.0", "id": 1, "method": 5, "params": {}}'),
    ("no id", b'{"jsonrpc": "2.0", "method": "tasks/get", "params": {"id": "x"}}'),
    ("an id that is an object", b'{"jsonrpc": "2.0", "id": {}, "method": "tasks/get", "params": {"id": "x"}}'),
):

    async def _envelope(peer: Peer, content: bytes = _content) -> Any:
        answer = await peer.ask("POST", f"/a2a/{id_of('steps')}", content=content, headers=TAKES_BOTH)
        return [answer.status, answer.headers, answer.body["jsonrpc"], answer.body["id"], answer.body["error"]["code"]]

    cases.row(f"a call with {_sentence} is refused by its code", _envelope)


@cases.ours(
    [200, -32602], because="the official server answers 500 to params that are no object, and breaks the connection"
)
async def params_are_an_object(peer: Peer) -> Any:
    async with peer.fresh_http() as http:
        answer = await http.post(f"/a2a/{id_of('steps')}", json=body_of("tasks/get", []))
    return [answer.status_code, answer.json()["error"]["code"] if answer.status_code == 200 else None]


@cases.same()
async def an_answer_must_be_acceptable(peer: Peer) -> Any:
    asked = (("tasks/get", "text/html"), ("tasks/get", "text/event-stream"), ("message/stream", "application/json"))
    return [
        (await ask(peer, "steps", method, said({"note": "n"}), {"accept": accept})).shown() for method, accept in asked
    ]


@cases.same()
async def an_unknown_method_is_refused_by_its_name(peer: Peer) -> Any:
    return (await ask(peer, "steps", "bogus", {})).shown()


@cases.same()
async def an_assistant_that_is_not_there_is_refused(peer: Peer) -> Any:
    return (await ask(peer, "", "message/send", said("x"), path=f"/a2a/{uuid4()}")).body


@cases.ours(
    [["mine", "https://93.184.216.34/hook"], [{"id": "mine", "url": "https://93.184.216.34/hook"}]],
    because="push notifications are sent; the official server does not know the methods, and forgets the configuration of a "
    "message",
)
async def push_notifications_are_configured(peer: Peer) -> Any:
    hook = {"id": "mine", "url": "https://93.184.216.34/hook"}
    task = await call(peer, "steps", "message/send", said({"note": "n"}))
    params = {"taskId": task["id"], "pushNotificationConfig": hook}
    kept = await call(peer, "steps", "tasks/pushNotificationConfig/set", params)
    listed = await call(peer, "steps", "ListTaskPushNotificationConfigs", {"taskId": task["id"]})
    if "code" in kept:
        return [kept["code"], listed["code"]]
    shown = kept["pushNotificationConfig"]
    return [[shown["id"], shown["url"]], [{key: one[key] for key in ("id", "url")} for one in listed["configs"]]]


# --- messages

for _sentence, _change in (
    ("no message", {"message": None}),
    ("no parts", {"parts": []}),
    ("no id", {"messageId": None}),
    ("no role", {"role": None}),
    ("an unknown part", {"parts": [{"kind": "bogus"}]}),
    ("data that is no object", {"parts": [{"kind": "data", "data": [1]}]}),
    ("a context that is no id", {"contextId": "abc"}),
    ("a task that is not there", {"taskId": "abc"}),
):

    async def _malformed(peer: Peer, change: dict[str, Any] = _change) -> Any:
        params = said("x")
        for key, value in change.items():
            target = params if key == "message" else params["message"]
            if value is None:
                del target[key]
            else:
                target[key] = value
        return code_of(await call(peer, "chat", "message/send", params))

    cases.row(f"a message with {_sentence} is refused by its code", _malformed)


@cases.ours(-32602, because="a role that there is not is refused; the official server takes it for the agent's")
async def a_role_must_be_known(peer: Peer) -> Any:
    return code_of(await call(peer, "chat", "message/send", said("x", role="bogus")))


@cases.same(but_for=MESSAGE_IDS)
async def a_message_is_answered_by_a_finished_task(peer: Peer) -> Any:
    return (await ask(peer, "chat", "message/send", said("hi there"))).shown()


@cases.same()
async def the_callers_message_keeps_its_id(peer: Peer) -> Any:
    message = said("x")
    task = await call(peer, "chat", "message/send", message)
    return task["history"][0]["messageId"] == message["message"]["messageId"]


@cases.same(but_for=MESSAGE_IDS)
async def a_context_is_one_conversation(peer: Peer) -> Any:
    first = await call(peer, "chat", "message/send", said("one"))
    again = said("two", contextId=first["contextId"])
    second = await call(peer, "chat", "message/send", again)
    alone = await call(peer, "chat", "tasks/get", {"id": first["id"]}, {"LangGraph-A2A-History-Scope": "task"})
    return [second, first["id"] == second["id"], alone["history"]]


@cases.same()
async def an_unknown_history_scope_is_refused(peer: Peer) -> Any:
    return code_of(await call(peer, "chat", "message/send", said("x"), {"LangGraph-A2A-History-Scope": "bogus"}))


@cases.same(but_for=MESSAGE_IDS)
async def a_history_is_as_long_as_is_asked_for(peer: Peer) -> Any:
    given = {"configuration": {"historyLength": 1}}
    task = await call(peer, "chat", "message/send", {**said("hi"), **given})
    told = [await call(peer, "chat", "tasks/get", {"id": task["id"], "historyLength": length}) for length in (0, 1)]
    wrong = await call(peer, "chat", "tasks/get", {"id": task["id"], "historyLength": -1})
    return [task["history"], *("history" in one for one in told), told[1]["history"], code_of(wrong)]


@cases.same(but_for=MESSAGE_IDS)
async def what_tools_answered_is_data_in_the_history(peer: Peer) -> Any:
    return (await call(peer, "chat", "message/send", said("add 1 2")))["history"]


@cases.same(but_for=MESSAGE_IDS)
async def files_are_shown_as_they_came(peer: Peer) -> Any:
    picture = {"kind": "file", "file": {"bytes": "aGk=", "mimeType": "image/png", "name": "x.png"}}
    linked = {"kind": "file", "file": {"uri": "https://example.com/y.pdf", "mimeType": "application/pdf"}}
    task = await call(peer, "chat", "message/send", said("look", picture, linked))
    values = (await peer.sdk.threads.get_state(task["contextId"]))["values"]
    content = values["messages"][0]["content"]  # type: ignore[call-overload]
    return [task["history"][0]["parts"], content]


@cases.ours(["one\ntwo", "You said: one\ntwo"], because="the official server keeps only the last of several text parts")
async def several_texts_are_one_message(peer: Peer) -> Any:
    task = await call(peer, "chat", "message/send", said("one", "two"))
    return [part["text"] for message in task["history"] for part in message["parts"]]


@cases.same()
async def words_need_a_graph_with_messages(peer: Peer) -> Any:
    refused = await ask(peer, "steps", "message/send", said("x"))
    told = await streamed(peer, "steps", "message/stream", said("x"))
    return [refused.status, refused.body["error"]["code"], [code_of(one) for one in told]]


@cases.ours(
    ["completed", [data_part({"log": ["a", "b", "c"], "note": "m"})]],
    because="of a graph without messages the official server shows its output as Python writes it; ours as JSON",
)
async def data_are_a_graphs_input_and_its_output(peer: Peer) -> Any:
    task = await call(peer, "steps", "message/send", said({"note": "n"}, {"note": "m"}))
    return [task["status"]["state"], task["artifacts"][0]["parts"]]


@cases.ours("submitted", because="the official server waits though it is asked not to")
async def who_does_not_want_to_wait_need_not(peer: Peer) -> Any:
    later = {"configuration": {"blocking": False}}
    task = await call(peer, "slow", "message/send", {**said({"secs": 1}), **later})
    return task["status"]["state"]


@cases.ours(
    ["failed", "Error executing assistant: ValueError: the secret message", True],
    because="of a failure the official server tells the class here, the text in a stream, and neither when it is asked "
    "later; ours tells both everywhere, and since when",
)
async def a_failure_is_told(peer: Peer) -> Any:
    task = await call(peer, "errs", "message/send", said({"x": "ValueError"}))
    found = await call(peer, "errs", "tasks/get", {"id": task["id"]})
    told = task["status"]["message"]["parts"][0]["text"]
    return [task["status"]["state"], told, found["status"] == task["status"]]


# --- dialect 1.0


@cases.same()
async def the_newer_dialect_tells_the_same_in_its_own_words(peer: Peer) -> Any:
    task = (await call(peer, "chat", "SendMessage", said_now({"text": "hi"})))["task"]
    told = [[message["role"], message["parts"][0]["text"]] for message in task["history"]]
    return [task["status"]["state"], told, task["artifacts"][0]["parts"][0]["text"]]


@cases.ours(
    [False, [{"text": "hi"}]],
    because="in dialect 1.0 the key says what an object is; the official server goes on writing `kind`, which 1.0 does not "
    "know",
)
async def the_newer_dialect_has_no_kinds(peer: Peer) -> Any:
    task = (await call(peer, "chat", "SendMessage", said_now({"text": "hi"})))["task"]
    return ["kind" in task, task["history"][0]["parts"]]


@cases.ours(
    ["task", "statusUpdate", "artifactUpdate", "statusUpdate"],
    because="in dialect 1.0 a stream's results are wrapped by what they are; the official server wraps the first only, and "
    "its own dialect's client sees nothing of the rest",
)
async def the_newer_dialect_wraps_what_it_streams(peer: Peer) -> Any:
    told = [
        next(iter(sorted(one))) for one in await streamed(peer, "chat", "SendStreamingMessage", said_now({"text": "x"}))
    ]
    return [told[0], *dict.fromkeys(told[1:-2]), *told[-2:]]


@cases.ours(
    [{"raw": "aGk=", "mediaType": "text/plain"}, {"url": "https://example.com/y.pdf", "mediaType": "application/pdf"}],
    because="the official server knows files in dialect 0.3 only",
)
async def the_newer_dialect_has_files(peer: Peer) -> Any:
    parts = (
        {"raw": "aGk=", "mediaType": "text/plain"},
        {"url": "https://example.com/y.pdf", "mediaType": "application/pdf"},
    )
    answer = await call(peer, "chat", "SendMessage", said_now({"text": "see"}, *parts))
    return answer["task"]["history"][0]["parts"][1:] if "task" in answer else answer


# --- streams


@cases.same(but_for=MESSAGE_IDS)
async def a_stream_tells_a_task_what_is_said_its_artifact_and_its_end(peer: Peer) -> Any:
    told = await streamed(peer, "chat", "message/stream", said("hi you"))
    # how many pieces the words come in is the server's business
    return [told[0], told[-3], told[-2], told[-1], {one["status"]["state"] for one in told[1:-2]} == {"working"}]


@cases.same(but_for=MESSAGE_IDS)
async def a_stream_tells_what_tools_answer(peer: Peer) -> Any:
    told = await streamed(peer, "chat", "message/stream", said("add 1 2"))
    return [one["status"]["message"]["parts"] for one in told[1:-2] if "data" in str(one["status"]["message"]["parts"])]


@cases.same(
    but_for={
        **MESSAGE_IDS,
        **SAID_OF_STATUS,
        "append": "the official server does not say it of questions",
        "lastChunk": "the official server does not say it of questions",
    }
)
async def a_stream_ends_with_a_question(peer: Peer) -> Any:
    return await streamed(peer, "hitl", "message/stream", said({"q": "Q"}))


@cases.ours(
    [["task", "artifact-update", "status-update"], "completed"],
    because="who lost its stream, or never had one, may hear how a task goes on; the official server knows no such method",
)
async def a_task_is_subscribed_to(peer: Peer) -> Any:
    waiting, task = await _working(peer, said({"secs": 0.5}))
    told = await streamed(peer, "slow", "tasks/resubscribe", {"id": task["id"]})
    await waiting
    return [[one.get("kind") for one in told], told[-1]["status"]["state"] if told else None]


# --- questions


@cases.same(but_for=SAID_OF_STATUS)
async def a_question_is_an_artifact(peer: Peer) -> Any:
    return await call(peer, "hitl", "message/send", said({"q": "Q"}))


async def _answered(peer: Peer, *answer: Any) -> Any:
    asked = await call(peer, "hitl", "message/send", said({"q": "Q"}))
    task = await call(peer, "hitl", "message/send", said(*answer, **names_of(asked)))
    values = (await peer.sdk.threads.get_state(asked["contextId"]))["values"]
    return [task.get("id") == asked["id"], task.get("status", {}).get("state"), values]


@cases.same()
async def data_answer_a_question_in_its_task(peer: Peer) -> Any:
    return await _answered(peer, {"resume": {"deep": [1, None]}})


@cases.ours(
    [True, "completed", {"a": "A", "b": "done", "q": "Q"}],
    because="words answer a question of any graph; the official server wants a graph with messages for them, though it does "
    "not make messages of answers",
)
async def words_answer_a_question_in_its_task(peer: Peer) -> Any:
    return await _answered(peer, "A")


@cases.same()
async def an_answer_names_its_task(peer: Peer) -> Any:
    asked = await call(peer, "hitl", "message/send", said({"q": "Q"}))
    answer = said({"resume": "A"}, contextId=asked["contextId"])
    return await call(peer, "hitl", "message/send", answer)


@cases.same()
async def a_finished_task_takes_no_message(peer: Peer) -> Any:
    task = await call(peer, "chat", "message/send", said("x"))
    return await call(peer, "chat", "message/send", said("y", **names_of(task)))


@cases.same()
async def two_questions_are_parts_of_one_artifact(peer: Peer) -> Any:
    asked = await call(peer, "hitl2", "message/send", said({"log": []}))
    ids = {part["data"]["value"]: part["data"]["id"] for part in asked["artifacts"][0]["parts"]}
    one = await call(peer, "hitl2", "message/send", said({"resume": {ids["one"]: "A"}}, **names_of(asked)))
    left = [part["data"]["value"] for part in one["artifacts"][0]["parts"]]
    both = await call(peer, "hitl2", "message/send", said({"resume": "B"}, **names_of(asked)))
    return [sorted(ids), one["status"]["state"], left, both["status"]["state"]]


@cases.ours(
    ["canceled", "input-required"],
    because="a question that nobody can answer any more, as its context went on without it, is cancelled; the official "
    "server calls that task completed",
)
async def a_new_task_leaves_a_question_behind(peer: Peer) -> Any:
    first = await call(peer, "hitl", "message/send", said({"q": "Q"}))
    second = await call(peer, "hitl", "message/send", said({"q": "R"}, contextId=first["contextId"]))
    found = await call(peer, "hitl", "tasks/get", {"id": first["id"]})
    return [found["status"]["state"], second["status"]["state"]]


# --- tasks


@cases.same()
async def a_task_that_is_not_there_is_not_found(peer: Peer) -> Any:
    task = await call(peer, "chat", "message/send", said("x"))
    asked = ("nothing", f"{uuid4()}:{uuid4()}", f"{task['contextId']}:{uuid4()}")
    told = [await call(peer, "chat", "tasks/get", {"id": task_id}) for task_id in asked]
    return [told, await call(peer, "steps", "tasks/get", {"id": task["id"]})]


@cases.ours(
    [True, True],
    because="a task found later is what it was when it ended; the official server forgets its artifacts, also when it is "
    "asked for them",
)
async def a_task_keeps_its_artifacts(peer: Peer) -> Any:
    task = await call(peer, "chat", "message/send", said("x"))
    found = await call(peer, "chat", "tasks/get", {"id": task["id"]})
    asked = {"contextId": task["contextId"], "includeArtifacts": True}
    listed = (await call(peer, "chat", "ListTasks", asked))["tasks"][0]
    return [found.get("artifacts") == task["artifacts"], bool(listed.get("artifacts"))]


@cases.same()
async def tasks_are_listed_the_newest_first_in_pages(peer: Peer) -> Any:
    context_id = str(uuid4())
    made = [await call(peer, "chat", "message/send", said(text, contextId=context_id)) for text in ("a", "b", "c")]
    asked = {"contextId": context_id, "pageSize": 2, "historyLength": 1}
    first = await call(peer, "chat", "ListTasks", asked)
    rest = await call(peer, "chat", "ListTasks", {**asked, "pageToken": first["nextPageToken"]})
    found = [task["id"] for task in (*first["tasks"], *rest["tasks"])]
    sizes = [[page["totalSize"], page["pageSize"], page["nextPageToken"] == ""] for page in (first, rest)]
    return [found == [task["id"] for task in reversed(made)], sizes, [len(task["history"]) for task in first["tasks"]]]


@cases.same()
async def tasks_are_listed_by_their_state(peer: Peer) -> Any:
    task = await call(peer, "hitl", "message/send", said({"q": "Q"}))
    here = {"contextId": task["contextId"]}
    states = ("TASK_STATE_INPUT_REQUIRED", "TASK_STATE_COMPLETED")
    found = [(await call(peer, "hitl", "ListTasks", {**here, "status": state}))["totalSize"] for state in states]
    later = {**here, "statusTimestampAfter": "2100-01-01T00:00:00Z"}
    return [found, (await call(peer, "hitl", "ListTasks", later))["totalSize"]]


@cases.same()
async def a_list_that_cannot_be_is_refused(peer: Peer) -> Any:
    asked: tuple[dict[str, Any], ...] = (
        {"status": "bogus"},
        {"pageToken": "bogus"},
        {"pageSize": 0},
        {"pageSize": 1000},
        {"statusTimestampAfter": "bogus"},
        {"contextId": "bogus"},
    )
    return [(await call(peer, "chat", "ListTasks", {"pageSize": 1, **one})).get("code") for one in asked]


@cases.same(but_for={**HISTORY, **SAID_OF_STATUS})
async def a_question_is_cancelled(peer: Peer) -> Any:
    asked = await call(peer, "hitl", "message/send", said({"q": "Q"}))
    cancelled = await call(peer, "hitl", "tasks/cancel", {"id": asked["id"]})
    thread = await peer.sdk.threads.get(asked["contextId"])
    answer = await call(peer, "hitl", "message/send", said({"resume": "A"}, **names_of(asked)))
    return [cancelled, thread["status"], thread["interrupts"], answer]


@cases.same()
async def a_finished_task_cannot_be_cancelled(peer: Peer) -> Any:
    task = await call(peer, "chat", "message/send", said("x"))
    return await call(peer, "chat", "CancelTask", {"id": task["id"]})


@cases.ours(
    ["canceled", "canceled"],
    because="who waits for a task that somebody cancels hears that it is cancelled; the official server says completed",
)
async def a_task_at_work_is_cancelled(peer: Peer) -> Any:
    waiting, task = await _working(peer, said({"secs": 60}))
    cancelled = await call(peer, "slow", "tasks/cancel", {"id": task["id"]})
    return [cancelled["status"]["state"], (await waiting)["status"]["state"]]
