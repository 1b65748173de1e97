"""Keep what was said in this turn: both messages as vectors, and a fact that the person asked to remember."""

from __future__ import annotations

from typing import Any

from langchain_core.messages import AIMessage, AnyMessage, HumanMessage
from langgraph.runtime import Runtime

from agent.context import Context, context_of, user_of
from agent.domain import Domain
from agent.memory import vector_table
from agent.memory.facts import Source
from agent.memory.failures import FAILURES, reason
from agent.memory.keeping import keep
from agent.memory.stated import kind_of, stated_fact
from agent.memory.tool_calls import MEMORY_TOOLS
from agent.memory.vector_table import Remembered, opened
from agent.nodes.node import Node
from agent.schemas import events
from agent.state import State
from agent.turn import last_said, since_last_human


def remember_node(domain: Domain) -> Node:
    """The node that ends a turn. What cannot be remembered is said in an event, and the turn ends as it would have."""

    async def remember(state: State, runtime: Runtime[Context]) -> dict[str, Any]:
        try:
            await (await opened("messages")).keep(_turn(state, runtime, domain))
            await _fact(state, runtime, domain)
        except FAILURES as error:
            vector_table.reopen()
            runtime.stream_writer(events.memory_failed(reason(error)))
        return {}

    return remember


def source_of(state: State, runtime: Runtime[Context], domain: Domain, *, by_tool: bool) -> Source:
    """Where a fact of this turn comes from."""
    info = runtime.execution_info
    human = _last(state["messages"])
    return Source(
        graph=domain.assistant,
        by="tool" if by_tool else "rule",
        said_at=context_of(runtime).moment().isoformat(timespec="seconds"),
        thread_id=info.thread_id if info else None,
        message_id=human.id if human else None,
        run_id=info.run_id if info else None,
    )


def _turn(state: State, runtime: Runtime[Context], domain: Domain) -> list[Remembered]:
    """The person's message and the assistant's answer; tool calls and their results are no part of what was said."""
    spoken = [m for m in since_last_human(state["messages"]) if isinstance(m, AIMessage) and m.text.strip()]
    said: list[tuple[str, AnyMessage]] = [("user", human)] if (human := _last(state["messages"])) else []
    said += [("assistant", spoken[-1])] if spoken else []
    info = runtime.execution_info
    return [
        Remembered(
            user_id=user_of(runtime),
            message_id=message.id,
            text=message.text.strip(),
            role=role,
            thread_id=(info.thread_id or "") if info else "",
            graph=domain.assistant,
            said_at=context_of(runtime).moment().isoformat(timespec="seconds"),
        )
        for role, message in said
        if message.id and message.text.strip()
    ]


async def _fact(state: State, runtime: Runtime[Context], domain: Domain) -> None:
    """What a known form of words asks to remember, unless the model has called a tool for it."""
    called = {
        call["name"] for m in since_last_human(state["messages"]) if isinstance(m, AIMessage) for call in m.tool_calls
    }
    text = stated_fact(last_said(state["messages"]))
    if text is None or called & MEMORY_TOOLS:
        return
    source = source_of(state, runtime, domain, by_tool=False)
    fact = await keep(user_of(runtime), text, kind_of(text), source)
    if fact is not None:
        runtime.stream_writer(events.memory_saved(fact))


def _last(messages: list[AnyMessage]) -> HumanMessage | None:
    return next((message for message in reversed(messages) if isinstance(message, HumanMessage)), None)
