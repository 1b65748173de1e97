"""A conversation with the coach's real graph, on a real database, as a server would hold it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from langchain_core.messages import AIMessage, AIMessageChunk, AnyMessage, ToolMessage
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Command

from agent.plan.document import PlanDocument
from agent.plan.records import PlanVersion
from agent.plan_store import repository

PLAN = "I want an 8-week half marathon plan, I run 25 km a week, longest 10 km, 4 days"
EDIT = "move Tuesday's tempo in week 3 to Wednesday and make the long run 2 km longer"
NOW = "2026-04-01T09:00:00+01:00"


@dataclass
class Turn:
    """What came out of one run."""

    events: list[dict[str, Any]] = field(default_factory=list)
    spoken: list[tuple[str, AIMessageChunk | AIMessage]] = field(default_factory=list)
    nodes: list[str] = field(default_factory=list)
    interrupt: dict[str, Any] | None = None

    def of(self, event_type: str) -> list[dict[str, Any]]:
        return [event for event in self.events if event["type"] == event_type]

    @property
    def types(self) -> list[str]:
        return [event["type"] for event in self.events]

    @property
    def text(self) -> str:
        return "".join(chunk.text for _, chunk in self.spoken)


class Talk:
    """One thread with a compiled graph."""

    def __init__(self, graph: CompiledStateGraph[Any, Any, Any, Any], thread: str | None = None, **context: Any):
        self.graph = graph
        self.thread = thread or str(uuid4())
        self.context = {"now": NOW, "timezone": "Europe/London", **context}

    @property
    def config(self) -> dict[str, Any]:
        return {"configurable": {"thread_id": self.thread}}

    async def say(self, text: str) -> Turn:
        return await self.run({"messages": [{"role": "user", "content": text}]})

    async def decide(self, **decision: Any) -> Turn:
        return await self.run(Command(resume={"decisions": [decision]}))

    async def run(self, given: Any, config: dict[str, Any] | None = None) -> Turn:
        turn = Turn()
        stream = self.graph.astream(
            given, config or self.config, context=self.context, stream_mode=["messages", "custom", "updates"]
        )
        async for mode, part in stream:
            if mode == "custom":
                turn.events.append(part)
            elif mode == "messages":
                message, metadata = part
                if isinstance(message, AIMessage | AIMessageChunk):
                    turn.spoken.append((metadata["langgraph_node"], message))
            elif "__interrupt__" in part:
                turn.interrupt = next((one.value for one in part["__interrupt__"]), None)
            else:
                turn.nodes += list(part)
        return turn

    async def messages(self) -> list[AnyMessage]:
        return (await self.graph.aget_state(self.config)).values["messages"]

    async def state(self) -> dict[str, Any]:
        return (await self.graph.aget_state(self.config)).values

    async def version(self, number: int | None = None) -> PlanVersion:
        """A version of the thread's plan, the current one by default."""
        plan_id = UUID((await self.state())["plan_ref"]["plan_id"])
        plans = await repository()
        found = await (plans.head(plan_id) if number is None else plans.version(plan_id, number))
        assert found is not None
        return found

    async def document(self, number: int | None = None) -> PlanDocument:
        return (await self.version(number)).document

    async def unanswered(self) -> set[str]:
        """Ids of tool calls that have no tool message."""
        messages = await self.messages()
        asked = {str(call["id"]) for m in messages if isinstance(m, AIMessage) for call in m.tool_calls}
        answers = [m.tool_call_id for m in messages if isinstance(m, ToolMessage)]
        assert len(answers) == len(set(answers))
        return asked - set(answers)


def in_memory(builder: Any, **compiled_with: Any) -> CompiledStateGraph[Any, Any, Any, Any]:
    """A graph with a checkpointer in memory, as a server would give it one on Postgres."""
    return builder.compile(checkpointer=InMemorySaver(), **compiled_with)
