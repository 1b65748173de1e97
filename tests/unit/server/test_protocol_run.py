"""What a graph's run puts into its log for event streaming v2, in the shapes and the order in which clients read it."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Annotated, Any

import orjson
import pytest
from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessageChunk, BaseMessage, HumanMessage, ToolCallChunk
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.tools import tool
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.config import get_stream_writer
from langgraph.graph import START, MessagesState, StateGraph
from langgraph.prebuilt import ToolCallTransformer, ToolNode, ToolRuntime
from langgraph.stream import CustomTransformer, StreamChannel, StreamTransformer, UpdatesTransformer
from langgraph.types import interrupt
from typing_extensions import TypedDict

from server.events.protocol import parts_of
from server.events.types import Event
from server.runs.protocol_run import ProtocolRun

Shown = tuple[str, tuple[str, ...], Any]


class _Kept:
    """A log that keeps what it is given."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    async def append(self, events: Iterable[Event]) -> None:
        self.events += events

    def post(self, events: Iterable[Event]) -> None:
        self.events += events

    def shown(self, *methods: str) -> list[Shown]:
        """Method, namespace (without task ids) and data of the events, those of `methods` if any are named."""
        found = []
        for event in self.events:
            whole = orjson.loads(event.data)
            method, channel, namespace = parts_of(event.name)
            assert (whole["type"], whole["method"], tuple(whole["params"]["namespace"])) == ("event", method, namespace)
            assert channel is None or whole["params"]["data"]["name"] == channel
            if not methods or method in methods:
                found.append((method, tuple(one.partition(":")[0] for one in namespace), whole["params"]["data"]))
        return found

    def data(self, method: str) -> list[Any]:
        return [data for _, _, data in self.shown(method)]


class _Speaker(BaseChatModel):
    """Streams these pieces, then waits if it is told to."""

    pieces: list[AIMessageChunk]
    meets: Any = None

    @property
    def _llm_type(self) -> str:
        return "speaker"

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        whole, *rest = self.pieces
        for piece in rest:
            whole = whole + piece
        return ChatResult(generations=[ChatGeneration(message=whole)])

    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        for piece in self.pieces:
            chunk = ChatGenerationChunk(message=piece)
            if run_manager is not None:
                await run_manager.on_llm_new_token(str(piece.content), chunk=chunk)
            yield chunk
            if self.meets is not None:
                await self.meets.wait()


def _saying(*words: str, meets: Any = None) -> Any:
    model = _Speaker(pieces=[AIMessageChunk(content=word) for word in words], meets=meets)

    async def node(state: MessagesState) -> dict[str, list[BaseMessage]]:
        return {"messages": [await model.ainvoke(state["messages"])]}

    return node


def _calling(name: str, **args: Any) -> Any:
    written = orjson.dumps(args).decode()
    halves = [
        ToolCallChunk(name=name, args=written[:3], id="call_1", index=0),
        ToolCallChunk(name=None, args=written[3:], id=None, index=0),
    ]
    model = _Speaker(pieces=[AIMessageChunk(content="", tool_call_chunks=[half]) for half in halves])

    async def node(state: MessagesState) -> dict[str, list[BaseMessage]]:
        return {"messages": [await model.ainvoke(state["messages"])]}

    return node


@tool
def adder(a: int, b: int, runtime: ToolRuntime) -> str:
    """Add two numbers."""
    runtime.emit_output_delta("almost")
    runtime.emit_output_delta({"is": a + b})
    return str(a + b)


@tool
def leaky(a: int) -> str:
    """Fail with what nobody should read."""
    raise OSError("postgres://user:password@host")


def _line(*nodes: tuple[str, Any]) -> StateGraph[Any]:
    graph = StateGraph(MessagesState)
    before = START
    for name, node in nodes:
        graph.add_node(name, node)
        graph.add_edge(before, name)
        before = name
    return graph


async def _run(graph: StateGraph[Any], given: Any, *, transformers: Sequence[Any] = (), config: Any = None) -> _Kept:
    kept = _Kept()
    compiled = graph.compile(checkpointer=InMemorySaver(), transformers=transformers)
    await ProtocolRun(compiled, "tested", kept).drive(given, {"configurable": {"thread_id": "1"}, **(config or {})}, {})
    return kept


SAID = {"messages": [HumanMessage("hi", id="h")]}


async def test_a_streamed_message_comes_block_by_block_and_lies_in_the_state_compact() -> None:
    kept = await _run(_line(("model", _saying("You ", "said"))), SAID)
    start, *pieces = kept.data("messages")
    assert start == {"event": "message-start", "role": "ai", "id": start["id"]}
    assert pieces == [
        {"event": "content-block-start", "index": 0, "content": {"type": "text", "text": ""}},
        {"event": "content-block-delta", "index": 0, "delta": {"type": "text-delta", "text": "You "}},
        {"event": "content-block-delta", "index": 0, "delta": {"type": "text-delta", "text": "said"}},
        {"event": "content-block-finish", "index": 0, "content": {"type": "text", "text": "You said"}},
        {"event": "message-finish"},
    ]
    said = {
        "type": "ai",
        "content": [{"type": "text", "text": "You said", "index": 0}],
        "id": start["id"],
        "response_metadata": {"output_version": "v1"},
    }
    assert kept.data("values")[-1] == {"messages": [{"type": "human", "content": "hi", "id": "h"}, said]}
    assert kept.data("updates") == [{"model": {"messages": [said]}}]


async def test_each_checkpoint_is_named_right_before_the_values_that_it_holds() -> None:
    kept = await _run(_line(("a", _saying("a")), ("b", _saying("b"))), SAID)
    order = [(method, data.get("step")) for method, _, data in kept.shown("checkpoints", "values")]
    assert order == [
        ("checkpoints", -1), ("checkpoints", 0), ("values", None), ("checkpoints", 1), ("values", None),
        ("checkpoints", 2), ("values", None),
    ]  # fmt: skip
    checkpoints = kept.data("checkpoints")
    assert [one.get("parent_id") for one in checkpoints] == [None, *(one["id"] for one in checkpoints[:-1])]
    assert [one["source"] for one in checkpoints] == ["input", "loop", "loop", "loop"]


@pytest.mark.parametrize(
    "transformers", [(), (UpdatesTransformer, CustomTransformer, ToolCallTransformer)], ids=["plain", "compiled in"]
)
async def test_a_tool_call_shows_its_progress_and_its_result_as_a_message(transformers: Sequence[Any]) -> None:
    graph = _line(("model", _calling("adder", a=1, b=2)), ("tools", ToolNode([adder])))
    kept = await _run(graph, SAID, transformers=transformers)
    *progress, finished = kept.data("tools")
    assert progress == [
        {"event": "tool-started", "tool_call_id": "call_1", "tool_name": "adder", "input": {"a": 1, "b": 2}},
        {"event": "tool-output-delta", "tool_call_id": "call_1", "delta": "almost"},
        {"event": "tool-output-delta", "tool_call_id": "call_1", "delta": '{"is":3}'},
    ]
    assert (finished["event"], finished["output"]["content"], finished["output"]["status"]) == (
        "tool-finished", "3", "success",
    )  # fmt: skip
    of_model = [data for _, namespace, data in kept.shown("messages") if not namespace]
    assert of_model[1]["content"] == {
        "type": "tool_call_chunk",
        "id": "call_1",
        "name": "adder",
        "args": "",
        "index": 0,
    }
    assert of_model[-2]["content"] == {"type": "tool_call", "id": "call_1", "name": "adder", "args": {"a": 1, "b": 2}}
    of_tool = [data for _, namespace, data in kept.shown("messages") if namespace == ("tools",)]
    assert of_tool[0] == {"event": "message-start", "role": "tool", "id": "tool-call_1", "tool_call_id": "call_1"}
    assert of_tool[2]["content"]["text"] == of_tool[2]["delta"]["text"] == of_tool[3]["content"]["text"] == "3"
    assert len(kept.data("updates")) == 2


async def test_failures_of_tools_tasks_and_subgraphs_tell_only_what_callers_may_read() -> None:
    inner = _line(("model", _calling("leaky", a=1)), ("tools", ToolNode([leaky], handle_tool_errors=False)))
    kept = _Kept()
    graph = _line(("child", inner.compile())).compile(checkpointer=InMemorySaver())
    with pytest.raises(OSError):
        await ProtocolRun(graph, "tested", kept).drive(SAID, {"configurable": {"thread_id": "1"}}, {})
    masked = "An internal error occurred"
    assert kept.data("tools")[-1] == {"event": "tool-error", "tool_call_id": "call_1", "message": masked}
    assert [data["error"] for data in kept.data("tasks") if data.get("error")] == [masked, masked]
    assert kept.shown("lifecycle")[-1] == (
        "lifecycle", ("child",), {"event": "failed", "graph_name": "child", "error": masked},
    )  # fmt: skip
    assert all(b"password" not in event.data for event in kept.events)


async def test_messages_that_stream_at_once_are_told_apart_by_node_and_id() -> None:
    both = asyncio.Barrier(2)
    graph = StateGraph(MessagesState)
    for name in ("left", "right"):
        graph.add_node(name, _saying(f"{name} 1 ", f"{name} 2", meets=both))
        graph.add_edge(START, name)
    kept = await _run(graph, SAID)
    pieces = [orjson.loads(event.data)["params"] for event in kept.events if event.name == "messages"]
    ids = {one["data"]["id"]: one["node"] for one in pieces if one["data"]["event"] == "message-start"}
    assert sorted(ids.values()) == ["left", "right"]
    deltas = [one for one in pieces if one["data"]["event"] == "content-block-delta"]
    assert {one["node"] for one in deltas} == {"left", "right"}
    ambiguous = [one for one in pieces if "message_id" in one["data"]]
    assert ambiguous and all(ids[one["data"]["message_id"]] == one["node"] for one in ambiguous)


class _Answers(TypedDict, total=False):
    answers: Annotated[list[str], lambda before, after: before + after]


async def test_each_question_is_asked_once_and_where_it_was_raised() -> None:
    inner = StateGraph(_Answers)
    inner.add_node("ask", lambda _: {"answers": [interrupt("go on?")]})
    inner.add_edge(START, "ask")
    outer = StateGraph(_Answers)
    outer.add_node("child", inner.compile())
    outer.add_edge(START, "child")
    kept = await _run(outer, {"answers": []})
    shown = kept.shown("input.requested", "lifecycle", "values")
    asked = next(data for method, _, data in shown if method == "input.requested")
    assert shown[-4:] == [
        (
            "input.requested",
            ("child",),
            {"interrupt_id": asked["interrupt_id"], "payload": "go on?", "value": "go on?"},
        ),
        ("values", ("child",), {"answers": []}),
        ("values", (), {"answers": []}),
        ("lifecycle", ("child",), {"event": "interrupted", "graph_name": "child"}),
    ]
    started = next(data for method, _, data in shown if method == "lifecycle")
    assert started == {
        "event": "started",
        "namespace": [f"child:{started['trigger_call_id']}"],
        "graph_name": "child",
        "trigger_call_id": started["trigger_call_id"],
    }
    assert kept.data("updates") == []  # an interrupt changes nothing


class _Stats(StreamTransformer):
    """A project's own transformer, with a channel of its own and a name that ours must not take."""

    required_stream_modes = ("updates",)

    def __init__(self, scope: tuple[str, ...] = ()) -> None:
        super().__init__(scope)
        self._channel: StreamChannel[dict[str, int]] = StreamChannel("stats")

    def init(self) -> dict[str, Any]:
        return {"updates": self._channel}

    def process(self, event: Any) -> bool:
        if event["method"] == "updates":
            self._channel.push({"updates": 1})
        return True


async def test_custom_events_are_bare_and_those_of_a_projects_own_channel_are_named() -> None:
    def write(_: MessagesState) -> dict[str, Any]:
        get_stream_writer()({"number": 1})
        get_stream_writer()("a bare string")
        return {}

    kept = await _run(_line(("write", write)), SAID, transformers=[_Stats])
    assert kept.data("custom") == [{"number": 1}, "a bare string", {"name": "stats", "payload": {"updates": 1}}]
    assert kept.events[[event.name for event in kept.events].index("custom:stats")]


async def test_a_cancelled_run_returns_when_its_graph_has_stopped_and_lets_nothing_fall() -> None:
    begun, stopped = asyncio.Event(), asyncio.Event()

    async def hang(_: MessagesState) -> dict[str, Any]:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            stopped.set()
        return {}

    kept = _Kept()
    graph = _line(("hang", hang)).compile(checkpointer=InMemorySaver())
    driving = asyncio.create_task(
        ProtocolRun(graph, "tested", kept).drive(SAID, {"configurable": {"thread_id": "1"}}, {})
    )
    await begun.wait()
    driving.cancel()
    with pytest.raises(asyncio.CancelledError):
        await driving
    assert stopped.is_set()
    assert kept.data("values") == [{"messages": [{"type": "human", "content": "hi", "id": "h"}]}]
