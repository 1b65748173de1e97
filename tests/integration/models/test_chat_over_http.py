"""The real ChatOpenAI, over real HTTP, against the stand-in: what a graph's model call goes through."""

import asyncio
import json
import threading
from typing import Any

import openai
import pytest
from langchain_core.messages import AIMessage, AIMessageChunk, HumanMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI

from tests.openai_server import OpenAIServer, Reply, ToolCall


@tool
def training_paces(vdot: float, units: str = "km") -> str:
    """Training paces of a runner with this VDOT."""
    return f"paces for {vdot} in {units}"


def chat_model(server: OpenAIServer, **options: Any) -> ChatOpenAI:
    settings: dict[str, Any] = {"model": "gpt-4o-mini", "api_key": "test", "max_retries": 0, **options}
    return ChatOpenAI(base_url=server.base_url, **settings)


async def test_an_answer_arrives_whole(openai_server: OpenAIServer) -> None:
    openai_server.reply(text="Two weeks of taper.")
    answer = await chat_model(openai_server).ainvoke("How long?")
    assert answer.content == "Two weeks of taper."
    assert answer.response_metadata["finish_reason"] == "stop"
    assert answer.usage_metadata is not None
    assert answer.usage_metadata["output_tokens"] == 4


async def test_the_request_is_what_openai_documents(openai_server: OpenAIServer) -> None:
    openai_server.reply(text="Yes.")
    await chat_model(openai_server, temperature=0).ainvoke([("system", "Be brief."), ("human", "Is it?")])
    (request,) = openai_server.requests
    assert request.path == "/chat/completions"
    assert request.headers["authorization"] == "Bearer test"
    assert request.body["model"] == "gpt-4o-mini"
    assert request.body["temperature"] == 0
    assert request.body["messages"] == [
        {"content": "Be brief.", "role": "system"},
        {"content": "Is it?", "role": "user"},
    ]


async def test_tokens_come_as_they_are_said(openai_server: OpenAIServer) -> None:
    gate = threading.Event()
    openai_server.reply(text="Run easy on Tuesday.", gate=gate)
    words: list[str] = []
    async for chunk in chat_model(openai_server).astream("When?"):
        if chunk.text:
            # The server holds the rest back until the first word is here.
            gate.set()
            words.append(chunk.text)
    assert words == ["Run", " easy", " on", " Tuesday."]


async def test_a_slow_stream_is_read_to_its_end(openai_server: OpenAIServer) -> None:
    openai_server.reply(text="one two three four five", pause=0.05)
    chunks = [chunk async for chunk in chat_model(openai_server, timeout=10).astream("Count.")]
    assert "".join(chunk.text for chunk in chunks) == "one two three four five"


async def test_a_stream_slower_than_the_timeout_is_given_up(openai_server: OpenAIServer) -> None:
    openai_server.reply(text="too late", gate=threading.Event())
    with pytest.raises(openai.APITimeoutError):
        _ = [chunk async for chunk in chat_model(openai_server, timeout=0.3).astream("Count.")]


async def test_streamed_tool_calls_are_put_together(openai_server: OpenAIServer) -> None:
    openai_server.reply(
        text="Let me see.",
        tool_calls=[
            ToolCall("training_paces", {"vdot": 45.5, "units": "mile"}, id="call_paces"),
            ToolCall("training_paces", {"vdot": 50}),
        ],
    )
    model = chat_model(openai_server).bind_tools([training_paces])
    whole = AIMessageChunk(content="")
    pieces = 0
    async for chunk in model.astream("What are my paces?"):
        pieces += len(chunk.tool_call_chunks)
        whole += chunk
    assert pieces > 6
    assert whole.content == "Let me see."
    assert [(call["name"], call["args"]) for call in whole.tool_calls] == [
        ("training_paces", {"vdot": 45.5, "units": "mile"}),
        ("training_paces", {"vdot": 50}),
    ]
    assert whole.tool_calls[0]["id"] == "call_paces"
    assert whole.response_metadata["finish_reason"] == "tool_calls"
    (function,) = [item["function"] for item in openai_server.chat_requests[0]["tools"]]
    assert function["name"] == "training_paces"
    assert function["parameters"]["properties"]["vdot"]["type"] == "number"


async def test_a_tool_call_and_its_result_go_back_to_the_model(openai_server: OpenAIServer) -> None:
    openai_server.reply(tool_calls=[ToolCall("training_paces", {"vdot": 45})])
    openai_server.reply(text="Easy is 5:40.")
    model = chat_model(openai_server).bind_tools([training_paces])
    question = HumanMessage("What are my paces?")
    asked = await model.ainvoke([question])
    result = await training_paces.ainvoke(asked.tool_calls[0])
    answer = await model.ainvoke([question, asked, result])
    assert answer.content == "Easy is 5:40."
    sent = openai_server.chat_requests[1]["messages"]
    assert [message["role"] for message in sent] == ["user", "assistant", "tool"]
    assert json.loads(sent[1]["tool_calls"][0]["function"]["arguments"]) == {"vdot": 45}
    assert sent[2]["tool_call_id"] == asked.tool_calls[0]["id"]


async def test_malformed_arguments_are_kept_apart_from_calls(openai_server: OpenAIServer) -> None:
    openai_server.reply(tool_calls=[ToolCall("training_paces", "{vdot: forty-five")])
    model = chat_model(openai_server).bind_tools([training_paces])
    answer = await model.ainvoke("What are my paces?")
    assert isinstance(answer, AIMessage)
    assert answer.tool_calls == []
    assert answer.invalid_tool_calls[0]["args"] == "{vdot: forty-five"


@pytest.mark.parametrize(
    ("status", "error", "words"),
    [
        (400, openai.BadRequestError, "malformed"),
        (401, openai.AuthenticationError, "Incorrect API key"),
        (404, openai.NotFoundError, "does not exist"),
        (429, openai.RateLimitError, "Rate limit reached"),
        (500, openai.InternalServerError, "server had an error"),
    ],
)
@pytest.mark.parametrize("streaming", [False, True])
async def test_failures_keep_their_kind_and_message(
    openai_server: OpenAIServer, status: int, error: type[openai.APIStatusError], words: str, streaming: bool
) -> None:
    openai_server.fail(status)
    with pytest.raises(error, match=words) as caught:
        await chat_model(openai_server, streaming=streaming).ainvoke("Hello")
    assert caught.value.status_code == status


async def test_a_rate_limit_is_retried_as_the_server_asks(openai_server: OpenAIServer) -> None:
    openai_server.fail(429, headers={"retry-after-ms": "1"})
    openai_server.reply(text="Now.")
    answer = await chat_model(openai_server, max_retries=1).ainvoke("Hello")
    assert answer.content == "Now."
    assert len(openai_server.chat_requests) == 2


async def test_a_wrong_key_is_refused() -> None:
    with OpenAIServer(api_key="right") as server:
        server.reply(text="Welcome.")
        with pytest.raises(openai.AuthenticationError):
            await chat_model(server, api_key="wrong").ainvoke("Hello")
        assert (await chat_model(server, api_key="right").ainvoke("Hello")).content == "Welcome."


async def test_a_connection_cut_in_mid_stream_is_an_error_after_what_was_said(openai_server: OpenAIServer) -> None:
    openai_server.reply(text="one two three four", cut_after=3)
    said: list[str] = []
    with pytest.raises(openai.APIConnectionError):
        async for chunk in chat_model(openai_server).astream("Count."):
            said += [chunk.text]
    assert "".join(said) == "one two"


async def test_a_client_that_goes_away_ends_the_servers_stream(openai_server: OpenAIServer) -> None:
    openai_server.reply(text="one two three", gate=threading.Event())
    stream = chat_model(openai_server).astream("Count.")
    async for chunk in stream:
        if chunk.text:
            break
    await stream.aclose()  # type: ignore[attr-defined]
    assert await asyncio.to_thread(openai_server.was_abandoned)


async def test_usage_is_streamed_only_when_asked_for(openai_server: OpenAIServer) -> None:
    for wanted in (False, True):
        openai_server.reply(text="one two")
        whole = AIMessageChunk(content="")
        async for chunk in chat_model(openai_server, stream_usage=wanted).astream("Count to two."):
            whole += chunk
        assert ("stream_options" in openai_server.chat_requests[-1]) is wanted
        assert (whole.usage_metadata is not None) is wanted
    assert whole.usage_metadata is not None
    assert whole.usage_metadata["total_tokens"] == 5


async def test_a_hook_answers_what_no_reply_is_queued_for(openai_server: OpenAIServer) -> None:
    openai_server.respond = lambda request: Reply(text=request["messages"][-1]["content"].upper())
    openai_server.reply(text="queued")
    model = chat_model(openai_server)
    assert (await model.ainvoke("hello")).content == "queued"
    assert (await model.ainvoke("hello")).content == "HELLO"


async def test_an_unscripted_request_fails_and_says_so(openai_server: OpenAIServer) -> None:
    with pytest.raises(openai.BadRequestError, match="scripted no reply"):
        await chat_model(openai_server).ainvoke("Hello")


@pytest.mark.parametrize(
    "messages",
    [
        [AIMessage("", tool_calls=[{"name": "training_paces", "args": {}, "id": "a"}]), HumanMessage("Well?")],
        [HumanMessage("Hi"), ToolMessage("paces", tool_call_id="b")],
        [AIMessage("", tool_calls=[{"name": "training_paces", "args": {}, "id": "a"}])],
    ],
)
async def test_conversations_that_openai_refuses_are_refused(openai_server: OpenAIServer, messages: list[Any]) -> None:
    openai_server.reply(text="never said")
    with pytest.raises(openai.BadRequestError, match="tool"):
        await chat_model(openai_server).ainvoke(messages)


async def test_many_conversations_at_once_do_not_mix(openai_server: OpenAIServer) -> None:
    openai_server.respond = lambda request: Reply(text=f"re: {request['messages'][-1]['content']}")
    model = chat_model(openai_server, streaming=True)
    answers = await asyncio.gather(*(model.ainvoke(f"question {index}") for index in range(20)))
    assert [answer.content for answer in answers] == [f"re: question {index}" for index in range(20)]


async def test_the_models_are_listed(openai_server: OpenAIServer) -> None:
    async with openai.AsyncOpenAI(base_url=openai_server.base_url, api_key="test") as client:
        names = [model.id async for model in client.models.list()]
    assert "gpt-4o-mini" in names
