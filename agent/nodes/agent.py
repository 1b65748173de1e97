"""Ask the model: it answers, or calls tools."""

from __future__ import annotations

import asyncio
from typing import Any

from langchain_core.messages import SystemMessage
from langchain_core.tools import BaseTool
from langgraph.runtime import Runtime

from agent.context import Context, context_of
from agent.domain import Domain
from agent.external.tools import ExternalTool, external_tools
from agent.history import relevant_messages
from agent.memory.tool_calls import memory_tools
from agent.models import make_model
from agent.nodes.node import Node
from agent.persona import Persona
from agent.plan.outline import outline
from agent.plan_store import Base, referred, repository
from agent.plan_text import title
from agent.prompts import system_prompt
from agent.schemas.events import tools_unavailable
from agent.schemas.plan_tools import plan_tools
from agent.state import State
from agent.turn import is_notice, since_last_human

PASSAGES = frozenset({"article", "document"})


def agent_node(domain: Domain) -> Node:
    """The node that speaks for a domain."""
    tools: list[dict[str, Any] | BaseTool] = [
        *plan_tools(
            domain.build_request,
            domain.injected,
            domain.kinds,
            can_replan=domain.replan is not None,
            replan_request=domain.replan_request,
        ),
        *memory_tools(),
        *domain.tools,
    ]

    async def agent(state: State, runtime: Runtime[Context]) -> dict[str, Any]:
        context = context_of(runtime)
        base = await referred(state, runtime, await repository()) if domain.plans else None
        others = await external_tools(domain.assistant, domain.tools)
        if others.unavailable and all(is_notice(one) for one in since_last_human(state["messages"])):
            runtime.stream_writer(tools_unavailable(others.unavailable))
        found = state.get("retrieved") or []
        told = system_prompt(
            _role(domain, context.persona),
            plan=_plan(base, domain, state.get("meanwhile")),
            passages=[hit for hit in found if hit["kind"] in PASSAGES],
            facts=state.get("memories"),
            earlier=[hit for hit in found if hit["kind"] == "message"],
            summary=state.get("summary"),
            known=state.get("facts") or {},
            safety=_safety(state),
            unavailable=others.unavailable,
            now=context.moment(),
        )
        # Making a client reads certificates from disk.
        model = await asyncio.to_thread(make_model, domain.phrases, context.model)
        messages = [SystemMessage(told), *relevant_messages(state["messages"])]
        bound = model.bind_tools(_allowed([*tools, *others.tools], domain, context.persona))
        return {"messages": [await bound.ainvoke(messages)]}

    return agent


def _role(domain: Domain, persona: Persona | None) -> str:
    """Who the model is: the domain's role, and the persona on top."""
    if persona is None:
        return domain.role
    return f"{domain.role}\nIn this room you are called {persona.name}. {persona.prompt}".rstrip()


def _allowed(
    tools: list[dict[str, Any] | BaseTool], domain: Domain, persona: Persona | None
) -> list[dict[str, Any] | BaseTool]:
    """The tools of a persona: of the domain's own and of other servers' those that it names, if it names any."""
    if persona is None or persona.tools is None:
        return tools
    own = {tool.name for tool in domain.tools} | {tool.name for tool in tools if isinstance(tool, ExternalTool)}
    barred = own - set(persona.tools)
    return [tool for tool in tools if not isinstance(tool, BaseTool) or tool.name not in barred]


def _safety(state: State) -> dict[str, Any] | None:
    """What a model must know of the safety rules: words to say first, and whether plan edits are held."""
    told = state.get("safety") or {}
    if not told.get("advice") and not told.get("active"):
        return None
    return {"say_first": told.get("advice"), "plan_edits_held": bool(told.get("active"))}


def _plan(base: Base | None, domain: Domain, meanwhile: str | None) -> dict[str, Any] | None:
    if base is None or base.version is None:
        return None
    document = base.document(domain.name)
    return {
        "version": base.number,
        "last_change": base.version.kind,
        "changed_meanwhile": meanwhile,
        "title": title(document),
        "items": outline(document),
    }
