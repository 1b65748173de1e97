"""Carry out the calls that change nothing: the domain's tools, and looking at the plan and its versions."""

from __future__ import annotations

import asyncio
from typing import Any

from langchain_core.messages import ToolMessage
from langchain_core.tools import BaseTool, ToolException
from langchain_core.utils.pydantic import get_fields
from langgraph.config import get_config
from langgraph.prebuilt import ToolRuntime
from langgraph.runtime import Runtime
from pydantic import ValidationError

from agent import plan_views
from agent.context import Context, context_of, user_of
from agent.domain import Domain
from agent.external.tools import external_tools
from agent.injected import injected
from agent.memory import tool_calls
from agent.memory.tool_calls import MEMORY_TOOLS
from agent.nodes.node import Node
from agent.nodes.remember import source_of
from agent.plan.ops import validation_lines
from agent.plan_store import referred, repository
from agent.results import failed
from agent.schemas.plan_tools import CHANGING, READING
from agent.state import State
from agent.trace import as_tool
from agent.turn import PlanCall, open_calls, unreadable_calls


def tools_node(domain: Domain) -> Node:
    """The node that answers calls; every call gets exactly one tool message."""
    own = {tool.name: tool for tool in domain.tools}

    async def tools(state: State, runtime: Runtime[Context]) -> dict[str, Any]:
        others = {tool.name: tool for tool in (await external_tools(domain.assistant, domain.tools)).tools}
        answers = [
            failed(PlanCall(call_id, name, {}), f"The arguments of {name} cannot be read: {error}")
            for call_id, name, error in unreadable_calls(state["messages"])
        ]
        calls = [call for call in open_calls(state["messages"]) if call.name not in CHANGING or not domain.plans]
        persona = context_of(runtime).persona
        there: dict[str, BaseTool] = {**own, **others}
        barred = set(there) - set(persona.tools) if persona is not None and persona.tools is not None else set()
        theirs = {name: tool for name, tool in there.items() if name not in barred}
        answers += await asyncio.gather(*(_answer(call, domain, theirs, state, runtime) for call in calls))
        return {"messages": answers}

    return tools


async def _answer(
    call: PlanCall, domain: Domain, own: dict[str, BaseTool], state: State, runtime: Runtime[Context]
) -> ToolMessage:
    if call.name in READING and domain.plans:
        plans = await repository()
        return await as_tool(call, plan_views.look(call, await referred(state, runtime, plans), plans, domain))
    if call.name in MEMORY_TOOLS:
        source = source_of(state, runtime, domain, by_tool=True)
        return await as_tool(call, tool_calls.answer(call, user_of(runtime), source, runtime.stream_writer))
    tool = own.get(call.name)
    if tool is None:
        known = ", ".join(sorted([*own, *MEMORY_TOOLS, *(CHANGING | READING if domain.plans else ())]))
        return failed(call, f"There is no tool {call.name!r}. There are: {known}.")
    # Whatever a model sent under an injected name is overwritten.
    args = {**call.args, **await injected(tool, state, runtime)}
    if wants_runtime(tool):
        # Whatever a model sent under that name is overwritten: whose run it is, no model decides.
        args["runtime"] = _tool_runtime(call, state, runtime)
    try:
        answer = await tool.ainvoke({"type": "tool_call", "id": call.id, "name": call.name, "args": args})
    except ValidationError as error:
        return failed(call, "; ".join(validation_lines(error)))
    except (ToolException, ValueError) as error:
        return failed(call, str(error))
    return answer if isinstance(answer, ToolMessage) else failed(call, f"{call.name} gave no answer.")


def wants_runtime(tool: BaseTool) -> bool:
    """Whether a tool has a `runtime: ToolRuntime`: who calls, when, and the store; models don't see it."""
    return "runtime" in get_fields(tool.get_input_schema()) and "runtime" not in tool.args


def _tool_runtime(call: PlanCall, state: State, runtime: Runtime[Context]) -> ToolRuntime[Context, State]:
    return ToolRuntime(
        state=state,
        context=context_of(runtime),
        config=get_config(),
        stream_writer=runtime.stream_writer,
        tool_call_id=call.id,
        store=runtime.store,
        execution_info=runtime.execution_info,
        server_info=runtime.server_info,
    )
